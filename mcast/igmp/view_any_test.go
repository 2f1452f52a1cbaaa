package igmp

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever is heard, a View stays within its bounds, in order, and true to itself.
func TestAnyMessages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bounds := limits{groups: 3, members: 5, own: 2, each: 3, sources: 8, queriers: 3, hosts: 2}
		v := &View{limits: bounds}
		v.prepare()
		m := watcher{groups: map[string]bool{}, members: map[string]bool{}}
		at := began
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				at = at.Add(pause(t))
				msg, seen := anyMessage(t), anySeen(t, at)
				bad := refused(v)
				evicted := forgotten(v)
				events := v.Add(msg, seen)
				if refused(v) > bad && len(events) > 0 {
					t.Fatalf("a bad message made %d events", len(events))
				}
				m.take(t, events, forgotten(v) > evicted)
			},
			"bad": func(t *rapid.T) { v.Bad(IGMP, rapid.StringN(0, 9, 9).Draw(t, "reason"), anySeen(t, at)) },
			"neighbour": func(t *rapid.T) {
				at = at.Add(pause(t))
				m.take(t, v.Neighbour(Neighbour{Interface: 2, Addr: anyAddr(t), At: at.Add(-pause(t))}), false)
			},
			"expire": func(t *rapid.T) {
				at = at.Add(pause(t))
				m.take(t, v.Expire(at), false)
			},
			"expire when due": func(t *rapid.T) {
				next := v.Next()
				if next.IsZero() {
					return
				}
				m.take(t, v.Expire(next), false)
				if after := v.Next(); !after.IsZero() && !after.After(next) {
					t.Fatalf("Next is %s, and after Expire %s", next, after)
				}
				if next.After(at) {
					at = next
				}
			},
			"": func(t *rapid.T) { check(t, v, bounds, at) },
		})
		for range 1000 {
			next := v.Next()
			if next.IsZero() {
				break
			}
			m.take(t, v.Expire(next), false)
		}
		if next := v.Next(); !next.IsZero() || v.others.Len()+v.own.Len()+len(v.timers) > 0 {
			t.Fatalf("nothing was heard any more, and %d members are left; next at %s", len(v.timers), next)
		}
	})
}

// watcher follows the events, and knows from them what there is.
type watcher struct {
	groups, members map[string]bool
}

func (w *watcher) take(t *rapid.T, events []Event, evicted bool) {
	if evicted { // which is counted, and no event
		clear(w.groups)
		clear(w.members)
	}
	for _, e := range events {
		if e.Why == "" || e.At.IsZero() || e.Family == 0 {
			t.Fatalf("an event says too little: %+v", e)
		}
		group := fmt.Sprint(e.Interface, e.Family, e.Group)
		member := fmt.Sprint(group, e.Host, e.Self)
		if !e.Host.IsValid() {
			member += e.Link.String()
		}
		step := func(set map[string]bool, key string, on bool) {
			if was, known := set[key]; known && was == on {
				t.Fatalf("%s of %s twice", e.Kind, key)
			}
			set[key] = on
		}
		switch e.Kind {
		case GroupFirst, GroupLast:
			step(w.groups, group, e.Kind == GroupFirst)
		case MemberJoined, MemberLeft, MemberExpired:
			step(w.members, member, e.Kind == MemberJoined)
		}
	}
}

func pause(t *rapid.T) time.Duration {
	return rapid.SampledFrom([]time.Duration{0, time.Millisecond, time.Second, 40 * time.Second, 3 * time.Minute, -time.Second}).Draw(t, "pause")
}

func anyAddr(t *rapid.T) netip.Addr {
	return netip.MustParseAddr(rapid.SampledFrom([]string{
		"0.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "::", "fe80::1", "fe80::2", "fe80::3", "2001:db8::1", "224.0.0.1", "::ffff:10.0.0.1",
	}).Draw(t, "address"))
}

func anyGroup(t *rapid.T) netip.Addr {
	return netip.MustParseAddr(rapid.SampledFrom([]string{
		"239.0.0.1", "239.0.0.2", "239.0.0.3", "239.0.0.4", "224.0.0.106", "224.0.0.251", "ff15::1", "ff15::2", "ff02::6a", "10.0.0.1",
	}).Draw(t, "group"))
}

func anySources(t *rapid.T) []netip.Addr {
	return rapid.SliceOfN(rapid.Custom(anyAddr), 0, 5).Draw(t, "sources")
}

func anySeen(t *rapid.T, at time.Time) Seen {
	s := Seen{At: at, Interface: rapid.IntRange(2, 3).Draw(t, "interface"), Out: rapid.Bool().Draw(t, "out")}
	if rapid.Bool().Draw(t, "link") {
		s.Link = net.HardwareAddr{2, 0, 0, 0, 0, rapid.ByteRange(1, 2).Draw(t, "mac")}
	}
	return s
}

func anyMessage(t *rapid.T) Message {
	m := Message{
		Family: Family(rapid.IntRange(0, 3).Draw(t, "family")), Kind: Kind(rapid.IntRange(0, 4).Draw(t, "kind")),
		Version: rapid.IntRange(0, 4).Draw(t, "version"), From: anyAddr(t), Hops: rapid.SampledFrom([]int{1, 1, 1, 1, 2}).Draw(t, "hops"),
		MaxResponse: time.Duration(rapid.IntRange(-1, 100).Draw(t, "response")) * 100 * time.Millisecond,
		Robustness:  rapid.IntRange(-1, 9).Draw(t, "robustness"),
		Interval:    time.Duration(rapid.IntRange(-1, 200).Draw(t, "interval")) * time.Second,
		Suppress:    rapid.Bool().Draw(t, "suppress"),
	}
	if rapid.Bool().Draw(t, "about one group") {
		m.Group, m.Sources = anyGroup(t), anySources(t)
	}
	m.Records = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Record {
		return Record{Type: RecordType(rapid.IntRange(0, 7).Draw(t, "type")), Group: anyGroup(t), Sources: anySources(t)}
	}), 0, 3).Draw(t, "records")
	return m
}

func sumOf(v *View, of func(Counters) uint64) (n uint64) {
	for _, l := range v.links {
		n += of(l.counters)
	}
	return n
}

func refused(v *View) uint64 {
	return sumOf(v, func(c Counters) (n uint64) {
		for _, k := range c.Bad {
			n += k
		}
		return n
	})
}

func forgotten(v *View) uint64 { return sumOf(v, func(c Counters) uint64 { return c.Evicted }) }

// check holds a View against its bounds, and its tables against each other.
func check(t *rapid.T, v *View, most limits, now time.Time) {
	if v.strange.Len() > most.groups || v.others.Len() > most.members || v.own.Len() > most.own || v.sources > most.sources {
		t.Fatalf("%d groups, %d members, %d own ones and %d sources, want at most %+v", v.strange.Len(), v.others.Len(), v.own.Len(), v.sources, most)
	}
	members, sources := 0, 0
	for i, l := range v.Snapshot(now).Links {
		if i > 0 && !less(v.Snapshot(now).Links[i-1], l) {
			t.Fatal("the links are not in order")
		}
		if len(v.links[linkKey{l.Interface, l.Family}].queriers) > most.queriers {
			t.Fatalf("%d queriers, want at most %d", len(l.Queriers), most.queriers)
		}
		for i, q := range l.Queriers {
			if q.Elected && (i > 0 || q.Addr.IsUnspecified()) || i > 1 && !l.Queriers[i-1].Addr.Less(q.Addr) {
				t.Fatalf("the queriers are not in order: %+v", l.Queriers)
			}
			if !q.Elected && !q.Addr.IsUnspecified() && (!l.Queriers[0].Elected || q.Addr.Less(l.Queriers[0].Addr)) {
				t.Fatalf("%s is not elected, and it is the lowest one", q.Addr)
			}
		}
		for i, g := range l.Groups {
			if len(g.Members) == 0 || i > 0 && !l.Groups[i-1].Addr.Less(g.Addr) {
				t.Fatalf("group %s: %d members, or not in its place", g.Addr, len(g.Members))
			}
			for i, m := range g.Members {
				if i > 0 && m.Host.Less(g.Members[i-1].Host) {
					t.Fatalf("the members of %s are not in order", g.Addr)
				}
				if len(m.Sources) > most.each || !slices.IsSortedFunc(m.Sources, netip.Addr.Compare) {
					t.Fatalf("sources %v, want at most %d in order", m.Sources, most.each)
				}
				if !m.Self {
					sources += len(m.Sources)
				}
				members++
			}
		}
		c := l.Counters
		bad := uint64(0)
		for _, n := range c.Bad {
			bad += n
		}
		if c.Messages != bad+c.Queries+c.Reports+c.Leaves || c.Reports != c.OwnReports+c.ReportsOfOthers {
			t.Fatalf("the counters do not add up: %+v", c)
		}
	}
	if members != v.others.Len()+v.own.Len() || members != len(v.timers) || sources != v.sources {
		t.Fatalf("%d members with %d sources are listed; %d and %d are kept with %d timers and %d sources",
			members, sources, v.others.Len(), v.own.Len(), len(v.timers), v.sources)
	}
	for _, m := range v.timers {
		if g := m.group; g.members[m.place] != m || (g.own > 0) != (v.strange.Peek(g) == nil) {
			t.Fatalf("a member of %s is not where it says, or its group is in the wrong table", g.addr)
		}
	}
}

func less(a, b Link) bool {
	return a.Interface < b.Interface || a.Interface == b.Interface && a.Family < b.Family
}
