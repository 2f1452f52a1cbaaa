package chat

import (
	"net/netip"
	"slices"
	"testing"
	"time"
)

// What is heard in a second is told for the seconds after it, by sender and by
// group.
func TestRates(t *testing.T) {
	r := newTestRoom()
	carol := netip.MustParseAddrPort("192.168.8.227:1234")
	hear := func(second int, who netip.AddrPort, to netip.Addr, payload string) {
		d := from(who, payload)
		d.At, d.To = start.Add(time.Duration(second)*time.Second), to
		r.Receive(d)
	}
	for second, n := range []int{3, 6, 0} {
		for range n {
			hear(second, bob, group, "x")
		}
		hear(second, carol, other, "hello")
	}
	for _, c := range []struct {
		after      time.Duration
		bob, carol []uint32 // the last three seconds
	}{
		{0, []uint32{0, 0, 0}, []uint32{0, 0, 0}},
		{time.Second, []uint32{0, 0, 3}, []uint32{0, 0, 1}},
		{3 * time.Second, []uint32{3, 6, 0}, []uint32{1, 1, 1}},
		{4*time.Second + 999*time.Millisecond, []uint32{6, 0, 0}, []uint32{1, 1, 0}},
		{time.Hour, []uint32{0, 0, 0}, []uint32{0, 0, 0}},
	} {
		s := r.Snapshot(start.Add(c.after))
		if len(s.Senders) != 2 || len(s.Groups) != 2 {
			t.Fatalf("%d senders and %d groups, want 2 and 2", len(s.Senders), len(s.Groups))
		}
		for _, got := range []struct {
			of      string
			rate    float64
			history []uint32
			want    []uint32
		}{
			{"carol", s.Senders[0].Rate, s.Senders[0].History, c.carol},
			{"bob", s.Senders[1].Rate, s.Senders[1].History, c.bob},
			{"the group", s.Groups[0].Rate, s.Groups[0].History, c.bob},
			{"the other group", s.Groups[1].Rate, s.Groups[1].History, c.carol},
		} {
			rate := float64(got.want[0]+got.want[1]+got.want[2]) / 3
			if len(got.history) != HistorySeconds || !slices.Equal(got.history[HistorySeconds-3:], got.want) || got.rate != rate {
				t.Errorf("after %v, %s: rate %v, history %v; want rate %v, and history to end in %v",
					c.after, got.of, got.rate, got.history, rate, got.want)
			}
		}
	}
}

// A sender that is forgotten and heard again begins anew.
func TestRateOfAForgottenSender(t *testing.T) {
	r := newTestRoom()
	r.Receive(from(bob, "x"))
	for i := range MaxSenders {
		r.Receive(from(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 1), "x"))
	}
	r.Receive(from(bob, "x"))
	if got := r.Snapshot(start.Add(time.Second)).Senders[0]; got.Addr != bob.Addr() || got.History[HistorySeconds-1] != 1 {
		t.Errorf("%v with history %v, want bob with 1 datagram in the last second", got.Addr, got.History)
	}
}

func TestTrafficByGroup(t *testing.T) {
	r := newTestRoom()
	for _, c := range []struct {
		from    netip.AddrPort
		to      netip.Addr
		payload string
		stray   bool
	}{
		{bob, other, "hello", false},
		{bob, group, "hello", false},
		{bob, group, "\xfeMC", false},        // a frame
		{bob, group, "hello", true},          // a stray
		{bob, group, "\xfeMC", true},         // both
		{bob, eth0Addr, "hello", false},      // to us alone
		{bob, netip.Addr{}, "hello", false},  // nobody knows where to
		{ourSocket, group, "said", false},    // an own copy
		{ourSocket, group, "said", false},    // and again
		{ourSocket, group, "not us!", false}, // another program's
	} {
		r.Say(start, "said", byEth0)
		d := from(c.from, c.payload)
		d.To, d.Stray = c.to, c.stray
		r.Receive(d)
	}
	got := r.Snapshot(start).Groups
	if len(got) != 2 || got[0].Group != group || got[0].Datagrams != 3 || got[0].Bytes != 15 || got[1].Group != other || got[1].Datagrams != 1 || got[1].Bytes != 5 {
		t.Errorf("groups %+v; want 3 datagrams of 15 bytes in %s, and 1 of 5 in %s", got, group, other)
	}
}

func TestGroupsAreBounded(t *testing.T) {
	r := newTestRoom()
	for i := range 2 * maxGroups {
		d := from(bob, "x")
		d.To = netip.AddrFrom4([4]byte{239, byte(i), byte(i >> 8), 1})
		r.Receive(d)
	}
	s := r.Snapshot(start)
	if len(s.Groups) != maxGroups || s.Counters.Texts != 2*maxGroups {
		t.Errorf("%d groups of %d texts, want %d of %d", len(s.Groups), s.Counters.Texts, maxGroups, 2*maxGroups)
	}
	if !slices.IsSortedFunc(s.Groups, func(a, b Traffic) int { return a.Group.Compare(b.Group) }) {
		t.Error("the groups are not in the order of their addresses")
	}
}
