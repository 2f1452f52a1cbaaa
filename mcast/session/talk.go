package session

import (
	"bytes"
	crand "crypto/rand"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/members"
	"github.com/groupcast/groupcast/mcast/ping"
)

// talk is the session's part in one conversation, as a member of it.
type talk struct {
	s    *Session
	at   netip.AddrPort // the group, without a zone, and its port
	name string         // of the conversation
	port uint16         // of frames

	// Session.mu guards these.
	never   bool      // no frames are sent there, whatever happens
	off     string    // why they are not; "": they are
	since   time.Time // when they began
	plain   bool      // off because the user or the group wants it so
	sealed  bool
	tags    []uint16 // of its rooms
	notices []string // what stays to be said
	others  []OtherRoom

	wake chan struct{} // something is to be sent, perhaps
	over chan struct{} // closed when the group is left

	// mu is held before Session.mu, never after.
	mu       sync.Mutex
	conv     *members.Conversation // nil: frames are off
	begun    time.Time
	left     bool
	due      time.Time // when run looks next; it was not yet: the zero time
	news     news
	view     members.Snapshot
	viewed   time.Time // when view was made
	dirty    bool      // something happened since
	ends     bothEnds
	measured measurement
	tried    bool           // that other ways are tried was told
	refused  bool           // that no sign of life is let out was told
	chosen   int            // the interface that sends leave by; 0: not known
	names    map[int]string // of the interfaces that the group is joined on, safe to show
}

// viewEvery is how often the view of a conversation is made anew.
const viewEvery = 250 * time.Millisecond

// triesAfter is how long answers may take before it is told that other ways are tried.
const triesAfter = 3 * time.Second

// leastWait is the least time between two looks at what is due.
const leastWait = time.Millisecond

// isFrame reports whether a datagram has the magic of frames.
func isFrame(data []byte) bool { return bytes.HasPrefix(data, []byte("\xfeMC")) }

// isOurKind reports whether a datagram has the magic of anything that groupcast sends
// to the port of frames beside frames: FE 47.
func isOurKind(data []byte) bool { return bytes.HasPrefix(data, []byte("\xfeG")) }

// begin makes the conversation and its goroutine. The caller holds s.mu.
func (t *talk) begin(rooms []*frame.Room) {
	cfg := t.s.cfg.Members
	seed := [32]byte{}
	crand.Read(seed[:])
	author := func() frame.Author {
		half := [8]byte{}
		crand.Read(half[:])
		return frame.NewAuthor(cfg.Identity, half)
	}
	c := members.Config{
		Rooms:  rooms,
		Author: author(),
		Anew:   author,
		Nick:   t.s.nick,
		Random: rand.New(rand.NewChaCha8(seed)),
		Pins:   cfg.Pins,
		Ours:   func(a netip.Addr) bool { return t.s.own.Load().Ours(a) },
	}
	if cfg.Brief {
		c.Bits |= frame.BitBrief
	}
	if cfg.HostName && t.s.nick == cfg.Nick {
		c.Bits |= frame.BitHostName
	}
	if cfg.History != nil {
		c.Bits |= frame.BitLog
		c.Kept = t.keep
	}
	t.ends.begin(cfg, t.s.agreed, &c)
	t.measured.begin(t, &c)
	now := time.Now()
	t.conv = members.New(c, now)
	t.measured.use(t.conv)
	t.begun = now
	t.news.begin(now)
	t.s.done.Go(t.run)
}

// run sends what is due, and tells what happened, until the group is left.
func (t *talk) run() {
	defer t.s.recoverPanic()
	t.load()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-t.s.life.Done():
			return
		case <-t.over:
			return
		case <-t.wake:
		case <-timer.C:
		}
		timer.Reset(t.step())
	}
}

// step does what is due now, and returns how long it takes until something else is.
func (t *talk) step() time.Duration {
	t.mu.Lock()
	if t.left {
		t.mu.Unlock()
		return time.Hour
	}
	now := time.Now()
	asks := t.ask(now)
	numbered, next := t.measured.due(now) // which queues frames
	outs, due := t.conv.Due(now)
	if next.Before(due) {
		due = next
	}
	if asks.Before(due) {
		due = asks
	}
	t.tell(nil)
	if next := t.gossip(now); next.Before(due) {
		due = next
	}
	if len(outs) > 0 {
		t.dirty = true
	}
	t.due = due
	t.mu.Unlock()
	t.sendNumbered(numbered)
	if len(outs) > 0 {
		errs := t.send(outs)
		t.mu.Lock()
		t.ends.sent(outs, errs)
		t.notSent(now, outs, errs)
		t.tellTries(now, outs, errs)
		t.tellRefused(outs, errs)
		t.mu.Unlock()
	}
	return max(time.Until(due), leastWait)
}

// notSent tells the conversation what could not be sent; the caller holds t.mu.
func (t *talk) notSent(now time.Time, outs []members.Out, errs []error) {
	for n, err := range errs {
		if err != nil && t.conv != nil && !t.left {
			t.conv.NotSent(now, outs[n].Data)
		}
	}
}

// tellRefused says once that a firewall of this host lets no sign of life out, so that no
// member can list this one. The caller holds t.mu.
func (t *talk) tellRefused(outs []members.Out, errs []error) {
	if t.refused || t.measured.engine != nil { // which says what it cannot send
		return
	}
	for n, out := range outs {
		said := !out.To.IsValid() && (out.IfIndex == 0 || out.IfIndex == t.chosen) // by the way of what is said
		if said && errors.Is(errs[n], syscall.EPERM) && isHello(out.Data) {
			t.refused = true
			t.s.Problem(fmt.Errorf("no member can hear of this one%s: %w", t.in(), errs[n]))
			return
		}
	}
}

// tellTries says once that signs of life leave by other ways than what is said, when
// they did; the caller holds t.mu.
func (t *talk) tellTries(now time.Time, outs []members.Out, errs []error) {
	var by []string
	for n, out := range outs {
		if errs[n] == nil && out.IfIndex != 0 && out.IfIndex != t.chosen && !out.To.IsValid() && isHello(out.Data) {
			by = append(by, t.names[out.IfIndex])
		}
	}
	if len(by) == 0 || t.tried || now.Sub(t.begun) < triesAfter {
		return
	}
	t.tried = true
	slices.Sort(by)
	nowhere := t.nowhere()
	if nowhere && t.measured.engine != nil {
		return // nothing is said in a measurement, and that sends go nowhere was told
	}
	text, hint := triesText(t.names[t.chosen], slices.Compact(by), nowhere)
	t.s.notice(text+t.in(), hint)
}

// nowhere reports whether what is said in the group does not leave at all, as far as
// that is known.
func (t *talk) nowhere() bool {
	t.s.mu.Lock()
	defer t.s.mu.Unlock()
	return conversation(t.s.group) == t.at && t.s.out.Err != nil
}

// triesText says by which interfaces signs of life leave beside the chosen one, "" if
// that is not known, while nobody answers.
func triesText(chosen string, by []string, nowhere bool) (text, hint string) {
	names := strings.Join(by, ", ")
	if nowhere {
		return "what you say is not sent; only signs of life leave, via " + names, "choose the outgoing interface: /interface NAME"
	}
	what := "nobody has answered yet"
	if chosen != "" {
		what = "nobody has answered via " + chosen
	}
	return fmt.Sprintf("%s: signs of life leave via %s, too", what, names), "what you say does not: /interface NAME chooses the outgoing interface"
}

func isHello(data []byte) bool {
	h, err := frame.Parse(data)
	return err == nil && h.Kind == frame.KindHello
}

// poke makes run look at what is due.
func (t *talk) poke() {
	select {
	case t.wake <- struct{}{}:
	default: // it will look
	}
}

// take gives the conversation a datagram, and tells what that brought.
func (t *talk) take(d *mcast.Datagram) members.Outcome {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.conv == nil || t.left {
		return members.NotFrame
	}
	now := time.Now()
	var age time.Duration
	if !d.At.IsZero() {
		age = now.Sub(d.At) // the kernel's time and ours are of one clock
	}
	out := t.conv.Receive(now, members.Datagram{Data: d.Data, From: d.From, IfIndex: d.IfIndex, Age: age})
	t.dirty = true
	t.tell(d)
	t.direct(now, d)
	switch out {
	case members.Taken, members.Repair, members.Again:
		if t.conv.NextDue(now).Before(t.due) { // nothing else makes anything due
			t.poke()
		}
	}
	return out
}

// means says whether frames bring plain text too.
func (t *talk) means(d *mcast.Datagram, m *chat.Means) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.conv == nil {
		return
	}
	now := time.Now()
	m.Twin = t.conv.Speaks(now, d.From)
	if frame.Marked(d.From) && !ping.IsRequest(d.Data) {
		m.Await, m.Again = t.conv.Bridged(now), t.conv.Doubled(now)
	}
}

// leave says that this member is gone, and ends its part.
func (t *talk) leave() {
	t.mu.Lock()
	if t.conv == nil || t.left {
		t.mu.Unlock()
		return
	}
	t.left = true
	outs := t.conv.Leave(time.Now())
	t.mu.Unlock()
	t.send(outs)
	close(t.over)
}

// setWays says where the group is joined, and by which interface sends leave.
func (t *talk) setWays(on []members.Interface, chosen int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.conv == nil || t.left {
		return
	}
	t.conv.SetInterfaces(time.Now(), on, chosen)
	t.chosen, t.names = chosen, map[int]string{}
	for _, i := range on {
		t.names[i.Index] = chat.CleanRow(i.Name)
	}
	t.dirty = true
	t.poke()
}

// send sends frames, and returns what the kernel refused them with. It does not wait:
// what finds the send buffer full is lost, as anything can be, and said again.
func (t *talk) send(outs []members.Out) []error {
	if len(outs) == 0 {
		return nil
	}
	s := t.s
	s.mu.Lock()
	sender := s.senders[host.Unspecified(t.at.Addr())]
	now, list, told := time.Now(), make([]mcast.Outgoing, len(outs)), make([]Datagram, len(outs))
	for n, out := range outs {
		list[n] = mcast.Outgoing{Data: out.Data, To: out.To, Via: s.viaOf(t, out)}
		if !out.To.IsValid() {
			list[n].To = netip.AddrPortFrom(t.at.Addr(), t.port)
		}
		by := list[n].Via.IfIndex
		if by == 0 && !out.To.IsValid() && s.group.AddrPort() == t.at {
			by = s.out.IfIndex
		}
		told[n] = Datagram{
			At: now, To: list[n].To, IfIndex: by, Interface: s.room.InterfaceName(by), Hops: s.hops, Data: out.Data,
		}
		if sender != nil {
			source := list[n].Via.Source
			if !source.IsValid() && by == s.out.IfIndex {
				source = s.out.Source
			}
			told[n].From = netip.AddrPortFrom(source, sender.LocalAddr().Port())
		}
	}
	s.mu.Unlock()
	errs := make([]error, len(outs))
	if sender == nil {
		return errs
	}
	for n := 0; n < len(list); {
		sent, err := sender.TrySendBatch(list[n:])
		n += sent
		if err == nil && sent > 0 || n == len(list) {
			continue
		}
		errs[n] = err
		n++
	}
	for n := range told {
		told[n].Err = errs[n]
		s.capture.sent(told[n])
	}
	return errs
}

// viaOf is the way of a frame; the caller holds s.mu.
func (s *Session) viaOf(t *talk, out members.Out) mcast.Via {
	switch chosen := mcast.ViaChoice(s.choice(), t.at.Addr()); {
	case out.To.IsValid():
		return mcast.Via{IfIndex: out.IfIndex}
	case out.IfIndex == 0 || out.IfIndex == chosen.IfIndex:
		return chosen
	}
	if i, ok := host.ByIndex(s.facts.Interfaces, out.IfIndex); ok {
		return mcast.ViaInterface(i, t.at.Addr())
	}
	return mcast.Via{IfIndex: out.IfIndex}
}

// self is this member, as last seen; the caller holds t.mu.
func (t *talk) self() members.Who {
	me := t.look(time.Now()).Self.Who
	if me.Nick == "" {
		key := t.s.cfg.Members.Identity.Public()
		me = members.Who{Nick: t.s.nickNow(), Key: key, Fingerprint: frame.Fingerprint(key), Self: true}
	}
	return me
}

// look is the view of the conversation, which is made anew when something happened
// and it is old; the caller holds t.mu.
func (t *talk) look(now time.Time) members.Snapshot {
	if t.conv != nil && (t.viewed.IsZero() || t.dirty && now.Sub(t.viewed) >= viewEvery) {
		t.view, t.viewed, t.dirty = t.conv.Snapshot(now), now, false
	}
	return t.view
}
