package chat

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"pgregory.net/rapid"
)

// talk drives a Room at random, and keeps what a screen would.
type talk struct {
	room  *Room
	now   time.Time
	rows  map[uint64]Line // the last line shown with each ID
	said  []uint64
	read  uint64
	bytes uint64
}

var (
	words   = rapid.SampledFrom([]string{"", "a", "b", "test", "\xfeMC", "\x1b[2J", "\n"})
	sources = rapid.SampledFrom([]netip.AddrPort{
		ourSocket, netip.AddrPortFrom(eth1Addr, ourPort), netip.AddrPortFrom(eth0Addr, 1234),
		bob, netip.AddrPortFrom(bob.Addr(), ourPort),
	})
	steps = rapid.SampledFrom([]time.Duration{0, time.Microsecond, 300 * time.Millisecond, time.Second, -time.Second, -time.Hour})
)

func (k *talk) say(t *rapid.T) {
	via := byEth0
	via.Loopback = rapid.Bool().Draw(t, "loopback")
	k.show(t, k.room.Say(k.now, words.Draw(t, "text"), via))
	k.said = append(k.said, k.room.lastID)
}

func (k *talk) receive(t *rapid.T) {
	d := mcast.Datagram{
		At:      k.now,
		From:    sources.Draw(t, "from"),
		To:      rapid.SampledFrom([]netip.Addr{group, other, eth0Addr, {}}).Draw(t, "to"),
		IfIndex: rapid.IntRange(0, 3).Draw(t, "interface"),
		Data:    []byte(words.Draw(t, "payload")),
	}
	k.read++
	k.bytes += uint64(len(d.Data))
	if l, _ := k.room.Receive(d); l.ID != 0 {
		k.show(t, l)
	}
}

func (k *talk) fail(t *rapid.T) {
	if len(k.said) == 0 {
		return
	}
	if l := k.room.Failed(rapid.SampledFrom(k.said).Draw(t, "failed"), "no route to host", ""); l.ID != 0 {
		k.show(t, l)
	}
}

func (k *talk) expire(t *rapid.T) {
	for _, l := range k.room.Expire(k.now) {
		k.show(t, l)
	}
	if again := k.room.Expire(k.now); len(again) != 0 {
		t.Fatalf("%d lines expire a second time, want each once", len(again))
	}
}

// show is the screen: it checks what may follow what.
func (k *talk) show(t *rapid.T, l Line) {
	before, again := k.rows[l.ID]
	k.rows[l.ID] = l
	if !again {
		if l.ID != uint64(len(k.rows)) {
			t.Fatalf("a new line has the ID %d, want %d", l.ID, len(k.rows))
		}
		return
	}
	if l.Kind != Own || before.Kind != Own || l.Text != before.Text || !l.At.Equal(before.At) {
		t.Fatalf("%+v replaces %+v: only an own line may change, and not what was said", l, before)
	}
	if l.After < 0 {
		t.Fatalf("a copy was back after %v", l.After)
	}
	type change struct{ from, to Copy }
	switch (change{before.Copy, l.Copy}) {
	case change{CopyPending, CopyBack}, change{CopyPending, CopyMissing}, change{CopyPending, CopyNone},
		change{CopyMissing, CopyBack}, change{CopyMissing, CopyNone},
		change{CopyOff, CopyBack}, change{CopyOff, CopyNone}:
	default:
		t.Fatalf("line %d goes from copy state %d to %d", l.ID, before.Copy, l.Copy)
	}
}

// check compares the room's account with the rows on the screen.
func (k *talk) check(t *rapid.T) {
	s := k.room.Snapshot(k.now)
	c := s.Counters
	if c.Read != k.read || c.Bytes != k.bytes || c.Texts+c.OwnCopies+c.Strays != k.read {
		t.Fatalf("read %d datagrams of %d bytes, counters %+v", k.read, k.bytes, c)
	}
	copies := make(map[Copy]int)
	heard := 0
	for _, l := range k.rows {
		switch l.Kind {
		case Heard:
			heard++
		case Own:
			copies[l.Copy]++
		}
	}
	if int(c.Texts) != heard {
		t.Fatalf("%d texts are counted, %d rows heard", c.Texts, heard)
	}
	if s.Pending != copies[CopyPending] || int(c.Missing) != copies[CopyMissing] ||
		int(c.Failed) != copies[CopyNone] || int(c.Sent) != len(k.said)-copies[CopyNone] {
		t.Fatalf("pending %d, counters %+v; rows by copy state %v", s.Pending, c, copies)
	}
	var datagrams uint64
	for _, who := range slices.Concat(s.Senders, s.Local) {
		datagrams += who.Datagrams
	}
	if datagrams != c.Texts {
		t.Fatalf("the senders have %d datagrams, %d texts are counted", datagrams, c.Texts)
	}
}

// Whatever happens in whatever order: every datagram is counted once, every
// own line is in one state, which the screen was told, and the tables agree.
func TestRoomProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := &talk{room: newTestRoom(), now: start, rows: make(map[uint64]Line)}
		t.Repeat(map[string]func(*rapid.T){
			"say":     k.say,
			"receive": k.receive,
			"fail":    k.fail,
			"expire":  k.expire,
			"wait":    func(t *rapid.T) { k.now = k.now.Add(steps.Draw(t, "time")) },
			"":        k.check,
		})
		k.expire(t) // the clock may have been set back since the last line
		k.now = k.now.Add(CopyTimeout)
		k.expire(t)
		k.check(t)
		if p := k.room.Snapshot(k.now).Pending; p != 0 {
			t.Fatalf("in the end %d lines are pending, want every one in a final state", p)
		}
	})
}

// Equal lines get their copies in the order in which they were said, however
// they are mixed with others.
func TestEqualLinesInOrderProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newTestRoom()
		waiting := make(map[string][]uint64)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			text := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "text")
			if rapid.Bool().Draw(t, "say") {
				waiting[text] = append(waiting[text], r.Say(start, text, byEth0).ID)
				continue
			}
			l, _ := r.Receive(from(ourSocket, text))
			show := l.ID != 0
			if show != (len(waiting[text]) > 0) && l.Kind != Heard {
				t.Fatalf("copy of %q: shown %t while %v wait", text, show, waiting[text])
			}
			if show && l.Kind == Own {
				if l.ID != waiting[text][0] {
					t.Fatalf("copy of %q went to line %d, want %d", text, l.ID, waiting[text][0])
				}
				waiting[text] = waiting[text][1:]
			}
		}
	})
}

// However much is heard and said, the tables keep to their bounds.
func TestTablesAreBoundedProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newTestRoom()
		seed := rapid.Uint32().Draw(t, "seed")
		for i := range rapid.Uint32Range(0, 3*maxOwnLines).Draw(t, "datagrams") {
			n := seed + i*2654435761 // visits addresses in a scattered order
			who := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}), 1)
			r.Receive(from(who, "x"))
			r.Say(start, string(rune('a'+n%26)), Via{Source: who.Addr(), Loopback: n%3 > 0})
			if n%5 == 0 {
				r.Receive(from(netip.AddrPortFrom(who.Addr(), ourPort), string(rune('a'+n%26))))
			}
		}
		if n := r.senders.Len(); n > MaxSenders {
			t.Fatalf("%d senders, want at most %d", n, MaxSenders)
		}
		o := r.own
		count, sources := 0, 0
		for _, u := range o.said {
			count += u.count
		}
		for _, n := range o.sources {
			sources += n
		}
		if len(o.lines) > maxOwnLines || count != len(o.lines) || sources != len(o.lines) || len(o.gaveUp) > maxOwnLines {
			t.Fatalf("%d own lines, %d by payload, %d by source, %d given up; want at most %d, and equal",
				len(o.lines), count, sources, len(o.gaveUp), maxOwnLines)
		}
	})
}
