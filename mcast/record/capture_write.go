package record

import (
	"encoding/binary"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/internal/tap"
)

// ring is what a [tap.Ring] offers.
type ring interface {
	Ethernet() bool
	Wait(ready func()) error
	Mark(now int64)
	Peek() (at, seen int64, ok bool)
	Frame() tap.Frame
	Advance()
	Pressed() bool
	Stop()
	Filling() bool
	Stats() (tap.RingStats, uint64)
	Close() error
}

// source is an interface that is captured.
type source struct {
	ring ring
	on   host.Interface
	of   *described
	id   int         // of the interface in the file
	gone atomic.Bool // the interface is
}

// hold is how long a frame waits for earlier ones of other interfaces. The kernel
// has given those by then, but for what its timers are late.
const hold = int64(tap.Retire + 30*time.Millisecond)

// pick finds the source whose next frame is the earliest. Its frames up to the time bound may be
// written before it is asked again, as long as their block is the same. None may be
// written before the monotonic time at, if it is not 0.
//
// A block that the kernel still fills may hold an earlier frame. So frames are held
// until each interface has a later one, or hold is over; not if their own ring is
// half full, nor if flush says that nothing more comes.
func pick(list []*source, now int64, flush bool) (first *source, bound, at int64) {
	var firstAt, firstSeen int64
	bound, complete := math.MaxInt64, true
	for _, s := range list {
		t, seen, ok := s.ring.Peek()
		switch {
		case !ok:
			complete = false
		case first == nil || t < firstAt:
			if first != nil {
				bound = firstAt
			}
			first, firstAt, firstSeen = s, t, seen
		default:
			bound = min(bound, t)
		}
	}
	if first == nil || complete || flush || now >= firstSeen+hold || first.ring.Pressed() {
		return first, bound, 0
	}
	return nil, 0, firstSeen + hold
}

// drainWait is how long the end of a capture waits for the kernel to give the blocks
// that it was filling.
const drainWait = int64(time.Second)

// write is the goroutine that writes.
func (c *Capture) write() {
	w := &captureWriter{Capture: c, second: time.NewTimer(time.Hour), later: time.NewTimer(time.Hour)}
	w.second.Stop()
	w.later.Stop()
	defer close(c.done)
	for !w.round() {
		select {
		case <-c.wake:
		case <-w.second.C:
			w.due = true
		case <-w.later.C:
		}
	}
	c.mu.Lock()
	arrived := c.arrived // while the last of it was written
	c.mu.Unlock()
	for _, s := range append(w.list, arrived...) {
		s.ring.Close()
	}
	c.cancel()
	c.others.Wait()
}

// captureWriter is the state of the goroutine that writes.
type captureWriter struct {
	*Capture
	list   []*source
	failed error
	due    bool // the second is over
	second *time.Timer
	later  *time.Timer // when frames are held no longer

	unflushed bool
	stopped   bool
	deadline  int64 // of the end
	after     int64 // frames that came after failed
	lost      int64 // by the kernel
}

// round writes what there is, and reports whether that was the last of it.
func (w *captureWriter) round() bool {
	w.mu.Lock()
	arrived, stop := w.arrived, w.stop
	w.arrived = nil
	w.mu.Unlock()
	for _, s := range arrived {
		w.add(s)
	}
	if stop && !w.stopped {
		w.halt()
	}
	now := monotonic()
	for _, s := range w.list {
		s.ring.Mark(now)
	}
	flush := w.stopped && (now >= w.deadline || !slices.ContainsFunc(w.list, func(s *source) bool { return s.ring.Filling() }))
	before, recorded := w.failed, w.out.recorded
	w.drain(now, flush)
	if !w.stopped && w.enough() {
		w.halt()
	}
	ended := w.stopped && (flush || w.enough())
	w.settle(ended)
	switch {
	case w.failed != nil:
	case ended:
		w.failed = w.out.finish()
	case w.due || w.out.live || w.o.Live:
		w.failed = w.out.flush()
		w.unflushed = false
	case !w.unflushed && w.out.recorded > recorded:
		w.unflushed = true
		w.second.Reset(time.Second)
	}
	w.due = false
	w.tell(before)
	return ended
}

// enough reports whether as many frames are recorded as were wanted.
func (w *captureWriter) enough() bool { return w.o.Count > 0 && w.out.recorded >= w.o.Count }

// add takes a source in. One of the same name and kind is described already.
func (w *captureWriter) add(s *source) {
	w.list = append(w.list, s)
	s.id = slices.IndexFunc(w.out.list, func(d *described) bool { return d == s.of || d.name == s.of.name && d.raw == s.of.raw })
	if s.id >= 0 {
		s.of = w.out.list[s.id]
		return
	}
	if w.failed == nil {
		w.failed = w.out.room(descriptionBytes + statisticsBytes)
	}
	s.id = len(w.out.list)
	w.out.list = append(w.out.list, s.of)
	if w.failed == nil {
		_, w.failed = w.out.writer.AddInterface(s.of.block())
	}
}

// halt lets no more frames in.
func (w *captureWriter) halt() {
	w.stopped, w.deadline = true, monotonic()+drainWait
	for _, s := range w.list {
		s.ring.Stop()
	}
	w.end()
}

// drain writes the frames that may be written now: all there are, if nothing more
// comes.
func (w *captureWriter) drain(now int64, flush bool) {
	w.later.Stop()
	if w.stopped && !flush {
		w.later.Reset(10 * time.Millisecond) // should nobody tell that the last block was given
	}
	for {
		s, bound, at := pick(w.list, now, flush)
		if at != 0 && !w.stopped {
			w.later.Reset(time.Duration(max(at-now, int64(time.Millisecond))))
		}
		if s == nil {
			break
		}
		_, block, _ := s.ring.Peek()
		for {
			at, seen, ok := s.ring.Peek()
			if !ok || at > bound || seen != block {
				break
			}
			if w.enough() {
				return
			}
			f := s.ring.Frame()
			w.lost += int64(f.Lost)
			if w.failed == nil {
				w.failed = w.out.frame(s, &f, w.notesFor(f.At))
			}
			if w.failed != nil {
				w.after++
			}
			s.ring.Advance()
		}
	}
}

// settle closes the rings of interfaces that are gone, and at the end asks the
// kernel for its losses.
func (w *captureWriter) settle(ended bool) {
	w.list = slices.DeleteFunc(w.list, func(s *source) bool {
		_, _, waits := s.ring.Peek()
		over := s.gone.Load() && !waits && !s.ring.Filling()
		if over || ended {
			_, lost := s.ring.Stats()
			s.of.dropped += lost
			s.of.received += lost
			w.lost += int64(lost)
		}
		if over {
			s.ring.Close()
		}
		return over
	})
}

// tell lets others know what is recorded. before is why it had failed before this
// round.
func (w *captureWriter) tell(before error) {
	recorded := w.out.recorded
	if w.failed != nil && before == nil {
		w.out.stop()
		w.second.Stop()
	}
	w.after += recorded - w.out.recorded
	w.mu.Lock()
	w.out.tell(&w.summary)
	w.summary.After, w.summary.KernelLost = w.after, w.lost
	if w.failed != nil && w.summary.Stopped == nil {
		w.summary.Stopped = w.failed
	}
	w.mu.Unlock()
	if w.failed != nil && before == nil && w.o.Stopped != nil {
		w.o.Stopped(w.failed)
	}
}

// Bytes of an enhanced packet block, and of its options (draft-ietf-opsawg-pcapng,
// section 4.3).
const (
	blockEnhanced = 6
	packetBytes   = 28
	optionFlags   = 2
	optionDrops   = 4
)

// frame writes one frame, with comments, its direction, whom it was for, and what was lost
// before it.
func (o *output) frame(s *source, f *tap.Frame, comments []string) error {
	padded := (len(f.Data) + 3) &^ 3
	options := commentsSize(comments) + 8 + 4
	if f.Lost > 0 {
		options += 12
	}
	size := packetBytes + padded + options + 4
	if err := o.room(int64(size)); err != nil {
		return err
	}
	at := uint64(f.At.UnixNano())
	le := binary.LittleEndian
	b := append(o.scratch[:0], blockEnhanced, 0, 0, 0)
	for _, v := range [...]uint32{uint32(size), uint32(s.id), uint32(at >> 32), uint32(at), uint32(len(f.Data)), uint32(f.Size)} {
		b = le.AppendUint32(b, v)
	}
	tail := append(b[packetBytes:], 0, 0, 0)[:padded-len(f.Data)]
	tail = appendComments(tail, comments)
	tail = le.AppendUint32(le.AppendUint16(le.AppendUint16(tail, optionFlags), 4), flags(f.To))
	if f.Lost > 0 {
		tail = le.AppendUint64(le.AppendUint16(le.AppendUint16(tail, optionDrops), 8), f.Lost)
	}
	tail = le.AppendUint32(le.AppendUint32(tail, 0), uint32(size))
	for _, part := range [...][]byte{b, f.Data, tail} {
		if _, err := o.buffer.Write(part); err != nil {
			return err
		}
	}
	d := s.of
	o.recorded++
	o.inFile++
	d.total++
	d.dropped += f.Lost
	d.received += f.Lost + 1
	o.mark(d)
	return nil
}

// flags are those of epb_flags: the direction, and the kind of reception.
func flags(to tap.Reception) uint32 {
	const inbound, outbound = 1, 2
	switch to {
	case tap.ToHost:
		return inbound | 1<<2 // unicast
	case tap.ToGroup:
		return inbound | 2<<2
	case tap.ToAll:
		return inbound | 3<<2
	case tap.ToOther:
		return inbound | 4<<2 // promiscuous
	case tap.ItselfSends:
		return outbound
	}
	return 0
}
