package doctor

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
)

var errFull = errors.New("no buffer space available")

// forged is the nth of many senders.
func forged(n int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}), 4000)
}

// Of own datagrams no more is counted than the counters can show.
func TestEvidenceSent(t *testing.T) {
	type datagram struct {
		at      time.Duration
		by      int
		outcome *Outcome // nil: not known yet
	}
	back, missing := &Outcome{Copied: true, IfIndex: 2}, &Outcome{}
	tests := []struct {
		name string
		sent []datagram
		now  time.Duration
		want Sent // by eth0, which is 2
	}{
		{"copies that came back", []datagram{{time.Second, 2, back}, {2 * time.Second, 2, back}}, 6 * time.Second, Sent{Tried: 2, Copies: 2}},
		{"a copy that did not", []datagram{{time.Second, 2, missing}}, 6 * time.Second, Sent{Tried: 1}},
		{"a copy that is awaited", []datagram{{time.Second, 2, nil}}, 6 * time.Second, Sent{}},
		{"too new for the counters", []datagram{{5 * time.Second, 2, back}}, 6 * time.Second, Sent{}},
		{"refused, which is known at once", []datagram{{6 * time.Second, 2, &Outcome{Err: errFull}}}, 6 * time.Second, Sent{Tried: 1, Err: errFull}},
		{"before the first reading", []datagram{{-time.Second, 2, back}}, 6 * time.Second, Sent{}},
		{"over", []datagram{{time.Second, 2, back}}, 12 * time.Second, Sent{}},
		{"where the group is not joined no copy comes", []datagram{{time.Second, 3, missing}}, 6 * time.Second, Sent{}},
		{"by another interface", []datagram{{time.Second, 4, &Outcome{Copied: true, IfIndex: 4}}}, 6 * time.Second, Sent{}},
		{"back by another than it was to leave by", []datagram{{time.Second, 4, back}}, 6 * time.Second, Sent{Tried: 1, Copies: 1}},
		{"by an interface that is not known", []datagram{{time.Second, 0, missing}}, 6 * time.Second, Sent{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := NewEvidence()
			e.Read(Facts{}, began)
			for n, d := range tt.sent {
				id := uint64(n + 1)
				e.Send(Outgoing{ID: id, At: after(d.at), IfIndex: d.by, Size: 5})
				if d.outcome != nil {
					e.Outcome(id, *d.outcome)
				}
			}
			got := e.Sent(after(tt.now), []int{2, 4})
			if got[2] != tt.want || got[3] != (Sent{}) {
				t.Errorf("sent by eth0: %+v, and by eth1, not joined: %+v; want %+v and nothing", got[2], got[3], tt.want)
			}
		})
	}
}

// Without a copy to wait for, the outcome of a datagram is known at once. A copy
// may come late, and of a datagram that was refused.
func TestEvidenceOutcome(t *testing.T) {
	e := NewEvidence()
	e.Read(Facts{}, began)
	e.Send(Outgoing{ID: 7, At: after(time.Second), IfIndex: 2, NoCopy: true})
	e.Send(Outgoing{ID: 9, At: after(time.Second), IfIndex: 2})
	e.Outcome(8, Outcome{Err: errFull}) // nobody sent it
	e.Outcome(9, Outcome{})
	if got := e.Sent(after(6*time.Second), []int{2})[2]; got != (Sent{Tried: 2}) {
		t.Errorf("sent %+v, want 2 without a copy", got)
	}
	e.Outcome(9, Outcome{Copied: true, IfIndex: 2})
	if got := e.Sent(after(6*time.Second), []int{2})[2]; got != (Sent{Tried: 2, Copies: 1}) {
		t.Errorf("sent %+v, want 2 and the copy that came late", got)
	}
	e.Outcome(9, Outcome{Err: errFull})
	if got := e.Sent(after(6*time.Second), []int{2})[2]; got != (Sent{Tried: 2, Copies: 1, Err: errFull}) {
		t.Errorf("sent %+v, want the copy and the error as well", got)
	}
	e.Outcome(7, Outcome{Err: errFull})
	e.Outcome(7, Outcome{Copied: true})
	if got := e.Sent(after(6*time.Second), []int{2})[2]; got != (Sent{Tried: 2, Copies: 2, Err: errFull}) {
		t.Errorf("sent %+v, want two copies and the error", got)
	}
}

// What an interface sent is what its counter grew by since the reading that is
// ten seconds old.
func TestEvidenceCounters(t *testing.T) {
	facts := func(sent, dropped uint64) Facts {
		return Facts{Links: map[int]Link{2: {Sent: sent, QueueDrops: dropped}}}
	}
	e := NewEvidence()
	e.Read(facts(100, 7), began)
	if got := e.Observed(nil); got.For != 0 {
		t.Errorf("the first reading says what happened in %s", got.For)
	}
	for n := range 10 {
		now := after(time.Duration(n+1) * 2 * time.Second)
		e.Forget(now)
		e.Read(facts(100+10*uint64(n+1), 7), now)
		got := e.Observed(map[int]Sent{2: {Tried: 1}})
		steps := min(n+1, 5)
		if one := got.Sent[2]; got.For != time.Duration(steps)*2*time.Second || one.Left == nil || *one.Left != 10*steps || one.Queue != 0 {
			t.Errorf("after %d readings: %s, %+v; want those of the last %d", n+1, got.For, one, steps)
		}
	}
	if got := len(e.readings); got > 7 {
		t.Errorf("%d readings are kept", got)
	}
}

// However often the host is read, the readings are bounded, and the latest
// counts.
func TestEvidenceReadings(t *testing.T) {
	e := NewEvidence()
	for n := range 1000 {
		now := after(time.Duration(n) * 100 * time.Millisecond)
		e.Forget(now)
		e.Read(Facts{Counters: map[string]uint64{"n": uint64(n)}}, now)
	}
	if got := len(e.readings); got > 12 {
		t.Errorf("%d readings are kept", got)
	}
	if got := e.Observed(nil); got.For < EvidenceTime || got.Grown["n"] != uint64(got.For/(100*time.Millisecond)) {
		t.Errorf("it grew by %d in %s", got.Grown["n"], got.For)
	}
}

// Datagrams that come twice, by two interfaces, are counted; the same payload
// sent again is not.
func TestEvidenceDoubled(t *testing.T) {
	b := netip.MustParseAddrPort("192.168.8.226:1234")
	type came struct {
		from netip.AddrPort
		at   time.Duration
		by   int
		text string
	}
	zone := func(name string) netip.AddrPort { return netip.MustParseAddrPort("[fe80::1%" + name + "]:1234") }
	tests := []struct {
		name string
		came []came
		want int
	}{
		{"once each", []came{{b, 0, 2, "x"}, {b, 0, 3, "y"}}, 0},
		{"twice, by two", []came{{b, 0, 2, "x"}, {b, ms, 3, "x"}}, 1},
		{"twice, by two, in any order", []came{{b, 0, 2, "x"}, {b, ms, 3, "x"}, {b, time.Second, 3, "y"}, {b, 1001 * ms, 2, "y"}}, 2},
		{"each of two, by two", []came{{b, 0, 2, "x"}, {b, 0, 2, "y"}, {b, 1, 3, "x"}, {b, 1, 3, "y"}}, 2},
		{"a link-local sender, whose zone differs", []came{{zone("eth0"), 0, 2, "x"}, {zone("eth1"), 1, 3, "x"}}, 1},
		{"sent twice", []came{{b, 0, 2, "x"}, {b, ms, 2, "x"}}, 0},
		{"again and again", []came{{b, 0, 2, "x"}, {b, ms, 2, "x"}, {b, 2 * ms, 2, "x"}}, 0},
		{"again and again, by two", []came{{b, 0, 2, "x"}, {b, 1, 2, "x"}, {b, 2, 3, "x"}, {b, 3, 3, "x"}}, 2},
		{"another payload", []came{{b, 0, 2, "x"}, {b, ms, 3, "y"}}, 0},
		{"another sender", []came{{b, 0, 2, "x"}, {zone("eth1"), ms, 3, "x"}}, 0},
		{"long apart", []came{{b, 0, 2, "x"}, {b, 1500 * ms, 3, "x"}}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := NewEvidence()
			hear := func(d came, local bool) {
				e.Hear(Received{At: after(d.at), From: d.from, To: mcast.DefaultGroup.Addr, IfIndex: d.by, Content: e.Hash([]byte(d.text)), Local: local})
			}
			for _, d := range tt.came {
				hear(d, false)
			}
			got := 0
			for _, d := range e.listDoubled() {
				if d.From.Addr().Zone() != "" || d.Interfaces != [2]int{2, 3} {
					t.Errorf("found %v on %v", d.From, d.Interfaces)
				}
				got += d.Datagrams
			}
			if got != tt.want {
				t.Errorf("%d datagrams came twice, want %d", got, tt.want)
			}
			e = NewEvidence()
			for _, d := range tt.came {
				hear(d, true)
			}
			if list := e.listDoubled(); len(list) > 0 {
				t.Errorf("a program of this host counts as %+v", list)
			}
		})
	}
}

// Whatever comes, memory has bounds, and what is over is forgotten.
func TestEvidenceForgets(t *testing.T) {
	e := NewEvidence()
	e.Read(Facts{}, began)
	const many = 4 * maxArrivals
	for n := range many {
		d := Received{At: began, From: forged(n), Outside: true, Content: uint64(n)}
		for d.IfIndex = range 2 {
			e.Hear(d)
		}
		e.HearStray(netip.AddrFrom4([4]byte{239, 0, byte(n >> 8), byte(n)}), began)
		e.Send(Outgoing{ID: uint64(n + 1), At: began, Size: n})
	}
	for name, n := range map[string]int{"senders": e.senders.Len(), "strays": e.strays.Len(), "doubled": e.doubled.Len(), "sent": len(e.sent)} {
		if n != maxEvidence {
			t.Errorf("%d %s are kept, want %d", n, name, maxEvidence)
		}
	}
	if n := e.arrivals.Len(); n != maxArrivals {
		t.Errorf("%d arrivals are kept, want %d", n, maxArrivals)
	}
	if got := e.LargestSent(began); got != many-1 {
		t.Errorf("the largest payload has %d bytes, want %d", got, many-1)
	}
	e.Read(Facts{}, after(2*time.Second))
	seen := e.Observed(nil)
	if len(seen.Senders) != maxEvidence || len(seen.Strays) != maxEvidence || len(seen.Doubled) != maxEvidence || !seen.Senders[0].Outside {
		t.Errorf("seen are %d senders, %d strays, %d doubled", len(seen.Senders), len(seen.Strays), len(seen.Doubled))
	}
	minute := after(time.Minute)
	e.Forget(minute)
	if s, d, sent := len(e.Strays()), len(e.listDoubled()), e.LargestSent(minute); s+d+sent > 0 || len(e.listSenders()) != maxEvidence {
		t.Errorf("a minute later there are %d strays, %d doubled, a payload of %d bytes, and %d senders; want the senders only", s, d, sent, len(e.listSenders()))
	}
	e.Forget(after(time.Hour))
	if n := len(e.listSenders()); n > 0 {
		t.Errorf("an hour later there are %d senders", n)
	}
}

// Forged senders, however many, push out nobody who goes on sending.
func TestEvidenceFlood(t *testing.T) {
	e := NewEvidence()
	genuine := netip.MustParseAddrPort("192.168.8.226:1234")
	group := netip.MustParseAddr("224.0.1.1")
	const floods = 100
	for n := range floods {
		now := after(time.Duration(n) * time.Second)
		for _, by := range []int{2, 3} {
			e.Hear(Received{At: now, From: genuine, IfIndex: by, Content: uint64(n)})
		}
		e.HearStray(group, now)
		for k := range maxEvidence - 1 {
			k += n * maxEvidence
			for _, by := range []int{2, 3} {
				e.Hear(Received{At: now, From: forged(k), IfIndex: by})
			}
			e.HearStray(netip.AddrFrom4([4]byte{239, byte(k >> 16), byte(k >> 8), byte(k)}), now)
		}
		e.Forget(now)
	}
	var sender Sender
	for _, s := range e.listSenders() {
		if s.From == genuine {
			sender = s
		}
	}
	var doubled Doubled
	for _, d := range e.listDoubled() {
		if d.From == genuine {
			doubled = d
		}
	}
	if sender.Datagrams != 2*floods || doubled.Datagrams != floods || e.Strays()[group] != floods {
		t.Errorf("through %d floods the sender is %+v, doubled %+v, and %d strays; want all of it", floods, sender, doubled, e.Strays()[group])
	}
}

// The way back is asked of other hosts, the latest first.
func TestEvidenceHosts(t *testing.T) {
	e := NewEvidence()
	heard := func(from string, at time.Duration, local bool) {
		e.Hear(Received{At: after(at), From: netip.MustParseAddrPort(from), IfIndex: 2, Local: local})
	}
	heard("192.168.8.226:1000", 0, false)
	heard("192.168.8.7:1000", time.Second, false)
	heard("192.168.8.226:2000", 2*time.Second, false)
	heard("192.168.8.164:1000", 3*time.Second, true)
	if got := fmt.Sprint(e.Hosts(16)); got != "[192.168.8.226 192.168.8.7]" {
		t.Errorf("hosts are %s, want B and the one before, once each, and not this host", got)
	}
	for n := range 64 {
		heard(fmt.Sprintf("10.0.0.%d:1000", n+1), time.Minute, false)
	}
	if got := len(e.Hosts(16)); got != 16 {
		t.Errorf("%d hosts are listed, want 16 at the most", got)
	}
}

// A fix ended what let strays in.
func TestEvidenceForgetsStrays(t *testing.T) {
	e := NewEvidence()
	e.HearStray(netip.MustParseAddr("239.9.9.9"), began)
	e.ForgetStrays()
	if got := e.Strays(); got == nil || len(got) > 0 {
		t.Errorf("strays are %v, want none, and that known", got)
	}
}
