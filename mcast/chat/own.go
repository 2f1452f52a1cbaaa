package chat

import (
	"cmp"
	"hash/maphash"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast"
)

// maxOwnLines bounds the own lines that are remembered, so that their copies are
// recognised, also copies that come late or twice.
const maxOwnLines = 4096

// maxLate is how long after the send a copy still completes its line. A later copy
// is more likely the second one of an equal line.
const maxLate = 10 * time.Second

// maxOwnBytes bounds the texts of own lines that are kept, since one can have
// 65,507 bytes and more as text. A text is kept while a copy may still bring its
// line again; beyond the bound of the oldest only the beginning, cutBytes of it.
const (
	maxOwnBytes = 4 << 20
	cutBytes    = 256
)

// ownLine is a line that was said here.
type ownLine struct {
	line    Line // as it was last returned; without Text when it will not be returned again
	sent    time.Time
	payload payloadKey
	source  netip.Addr // the one it was to carry
	size    int        // bytes of what was said
	awaited bool       // it is not known that all members have it
}

// settled reports whether the line will not be returned again.
func (o *ownLine) settled() bool {
	return !o.awaited && o.line.Copy != CopyPending && o.line.Copy != CopyMissing
}

// payloadKey stands for a payload: it is too long to be kept.
type payloadKey struct {
	hash uint64
	size int
}

func (o *ownLine) isPending() bool { return o.line.Copy == CopyPending }

// ownLines remembers the last lines said here, finds the one that a copy
// belongs to, and those whose copy does not come.
type ownLines struct {
	lines   []*ownLine // in the order of sending, and so of sent; the oldest are forgotten
	waiting int        // lines[:waiting] are not pending
	pending int
	bytes   int // of the texts of lines
	whole   int // lines[:whole] have no text that could be cut
	seed    maphash.Seed
	said    map[payloadKey]*samePayload
	sources map[netip.Addr]int // how many of lines were to carry this source
	gaveUp  []Line             // forgotten while pending; the next expire returns them
}

// samePayload is the own lines with one payload, each kind in order of sending.
type samePayload struct {
	pending []*ownLine
	late    []*ownLine // missing: the copy is not waited for, but may come until maxLate
	count   int        // all that are remembered, also those whose copy is back
}

func newOwnLines() ownLines {
	return ownLines{seed: maphash.MakeSeed(), said: make(map[payloadKey]*samePayload), sources: make(map[netip.Addr]int)}
}

// add remembers a line. It reports whether it had to give up waiting for the
// copy of the oldest to do so.
func (s *ownLines) add(at time.Time, payload string, l Line, size int, awaited bool) (gaveUp bool) {
	s.turnBack(at)
	if len(s.lines) == maxOwnLines {
		gaveUp = s.forgetOldest()
	}
	key := payloadKey{maphash.String(s.seed, payload), len(payload)}
	o := &ownLine{line: l, sent: at, payload: key, source: l.Source, size: size, awaited: awaited}
	s.bytes += len(l.Text.s)
	u := s.said[key]
	if u == nil {
		u = new(samePayload)
		s.said[key] = u
	}
	if o.isPending() {
		u.pending = append(u.pending, o)
		s.pending++
	}
	u.count++
	s.sources[l.Source]++
	s.lines = append(s.lines, o)
	for ; s.bytes > maxOwnBytes && s.whole < len(s.lines); s.whole++ {
		s.cut(s.lines[s.whole])
	}
	return gaveUp
}

// cut keeps the beginning of a line's text.
func (s *ownLines) cut(o *ownLine) {
	if text := o.line.Text.s; len(text) > cutBytes {
		s.setText(o, strings.ToValidUTF8(text[:cutBytes], "")+"…")
		o.line.Cut = true
	}
}

// release lets go of the text of a line that is not returned again.
func (s *ownLines) release(o *ownLine) { s.setText(o, "") }

func (s *ownLines) setText(o *ownLine, text string) {
	s.bytes += len(text) - len(o.line.Text.s)
	o.line.Text = Text{strings.Clone(text)} // or the whole would be kept
}

func (s *ownLines) forgetOldest() (gaveUp bool) {
	o := s.lines[0]
	s.lines = slices.Delete(s.lines, 0, 1)
	s.waiting = max(0, s.waiting-1)
	s.whole = max(0, s.whole-1)
	s.cut(o)
	s.bytes -= len(o.line.Text.s)
	if gaveUp = o.isPending(); gaveUp {
		s.pending--
		o.line.Copy = CopyMissing
		s.gaveUp = append(s.gaveUp, o.line)
		if len(s.gaveUp) > maxOwnLines {
			s.gaveUp = s.gaveUp[1:]
		}
	}
	u := s.said[o.payload]
	u.remove(o)
	if u.count--; u.count == 0 {
		delete(s.said, o.payload)
	}
	if s.sources[o.source]--; s.sources[o.source] == 0 {
		delete(s.sources, o.source)
	}
	return gaveUp
}

// says reports whether a payload is that of a line that is remembered.
func (s *ownLines) says(payload string) bool {
	return s.said[payloadKey{maphash.String(s.seed, payload), len(payload)}] != nil
}

// match finds the line that a datagram with our port is the copy of: the
// oldest that is pending, else the oldest whose copy is late but not too late,
// else nil. known is false when we said no such thing from that address.
func (s *ownLines) match(d mcast.Datagram, ours func(netip.Addr) bool) (known bool, o *ownLine) {
	u, from := s.said[payloadKey{maphash.Bytes(s.seed, d.Data), len(d.Data)}], d.From.Addr().WithZone("")
	if u == nil || !ours(from) && s.sources[from] == 0 {
		return false, nil
	}
	u.late = slices.DeleteFunc(u.late, func(o *ownLine) bool { return d.At.Sub(o.sent) > maxLate })
	switch {
	case len(u.pending) > 0:
		o = likeliest(u.pending, d)
		s.pending--
	case len(u.late) > 0:
		o = likeliest(u.late, d)
	default:
		return true, nil
	}
	u.remove(o)
	return true, o
}

// likeliest is the oldest of the lines that was to leave by the interface that
// the copy came by, else the oldest.
func likeliest(lines []*ownLine, d mcast.Datagram) *ownLine {
	for _, o := range lines {
		if o.line.IfIndex == d.IfIndex {
			return o
		}
	}
	return lines[0]
}

// fail finds the line that the kernel refused, for which no copy is expected
// from now on. It returns nil when there is no such line or its copy is back.
func (s *ownLines) fail(id uint64) *ownLine {
	o := s.find(id)
	if o == nil || o.line.Copy == CopyBack || o.line.Copy == CopyNone {
		return nil
	}
	if o.isPending() {
		s.pending--
	}
	s.said[o.payload].remove(o)
	return o
}

// find is the line with an ID, or nil.
func (s *ownLines) find(id uint64) *ownLine {
	i, found := slices.BinarySearchFunc(s.lines, id, func(o *ownLine, id uint64) int {
		return cmp.Compare(o.line.ID, id)
	})
	if !found {
		return nil
	}
	return s.lines[i]
}

// expire returns the lines whose copy is overdue, and how many of them were
// not counted by add.
func (s *ownLines) expire(now time.Time) (lines []Line, late int) {
	s.turnBack(now)
	lines, s.gaveUp = s.gaveUp, nil
	for o := s.oldestPending(); o != nil && !now.Before(o.sent.Add(CopyTimeout)); o = s.oldestPending() {
		u := s.said[o.payload]
		u.remove(o)
		u.late = append(u.late, o)
		o.line.Copy = CopyMissing
		s.pending--
		lines = append(lines, o.line)
		late++
	}
	return lines, late
}

func (s *ownLines) oldestPending() *ownLine {
	for ; s.waiting < len(s.lines); s.waiting++ {
		if o := s.lines[s.waiting]; o.isPending() {
			return o
		}
	}
	return nil
}

// turnBack keeps the lines in order of sent when the clock was set back: what
// would have been sent after now counts as sent now.
func (s *ownLines) turnBack(now time.Time) {
	for i := len(s.lines) - 1; i >= 0 && s.lines[i].sent.After(now); i-- {
		s.lines[i].sent = now
	}
}

// remove removes o from those that may still get a copy.
func (u *samePayload) remove(o *ownLine) {
	if i := slices.Index(u.pending, o); i >= 0 {
		u.pending = slices.Delete(u.pending, i, i+1)
	} else if i := slices.Index(u.late, o); i >= 0 {
		u.late = slices.Delete(u.late, i, i+1)
	}
}
