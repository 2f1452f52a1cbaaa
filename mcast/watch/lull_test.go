package watch

import (
	"net/netip"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/stream"
)

func lullEvent(kind stream.EventKind, group byte, ifIndex int, at time.Time) Event {
	key := meterKey
	key.Group, key.IfIndex = netip.AddrPortFrom(netip.AddrFrom4([4]byte{239, 1, 1, group}), 5004), ifIndex
	return Event{Event: stream.Event{Kind: kind, Key: key, At: at, For: time.Duration(group) * time.Second, Lost: 10}, Group: int(group)}
}

func none(Event) int { return 0 }

// A stream that sends beside others, and is not judged yet, is one of those that are
// to be heard: the others are not all.
func TestStreamsBesideALull(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	silent := stream.Row{Last: now.Add(-2 * time.Second), SilentSince: now.Add(-2 * time.Second)}
	ended := stream.Row{Last: now, Numbers: stream.Numbers{Ended: true}}
	for _, test := range []struct {
		row  stream.Row
		kind stream.EventKind
		want bool
	}{
		{stream.Row{Last: now.Add(-time.Second)}, stream.Silent, true},
		{stream.Row{Last: now.Add(-time.Hour)}, stream.Silent, false},
		{silent, stream.Silent, false}, {silent, stream.Back, true},
		{ended, stream.Silent, false}, {ended, stream.Back, false},
	} {
		if got := toBeHeard(&test.row, test.kind, now); got != test.want {
			t.Errorf("%s beside %+v: %t", test.kind, test.row, got)
		}
	}
	if got := downText(host.Interface{Name: "eth0"}, host.NoCarrier); got != "eth0 has no carrier" {
		t.Error(got)
	}
}

func TestAllStreamsOfAnInterfaceAreOneEvent(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	since := now.Add(-2 * time.Second)
	no := func(int) string { return "" }
	held := func(l *lulls, list ...Event) {
		t.Helper()
		for _, e := range list {
			if !l.put(e) {
				t.Errorf("%s is not held", e.Kind)
			}
		}
	}

	one := func(Event) int { return 1 }

	var l lulls
	held(&l, lullEvent(stream.Silent, 1, 2, since), lullEvent(stream.Silent, 2, 2, since.Add(-time.Millisecond)), lullEvent(stream.Silent, 3, 3, since))
	got := l.take(now, func(int) time.Time { return since }, no, one)
	if len(got) != 2 || len(got[0].Each) != 2 || got[0].Key != (stream.Key{IfIndex: 2}) || !got[0].At.Equal(since.Add(-time.Millisecond)) || got[0].Group != -1 || got[0].Of != 3 {
		t.Errorf("%+v", got)
	}
	if len(got[1].Each) != 0 || got[1].Group != 3 {
		t.Errorf("a stream that is alone: %+v", got[1])
	}

	held(&l, lullEvent(stream.Back, 1, 2, now), lullEvent(stream.Back, 2, 2, now))
	if l.put(lullEvent(stream.Back, 3, 3, now)) || l.put(lullEvent(stream.Loss, 1, 2, now)) {
		t.Error("what can be told at once is held")
	}
	got = l.take(now.Add(time.Second), nil, nil, none)
	if len(got) != 1 || got[0].Kind != stream.Back || len(got[0].Each) != 2 || got[0].For != 2*time.Second || got[0].Lost != 20 || got[0].Of != 2 {
		t.Errorf("%+v", got)
	}
	l.take(now.Add(10*time.Second), nil, nil, none)
	if l.put(lullEvent(stream.Back, 1, 2, now)) {
		t.Error("much later a single one is held")
	}
}

// Where others go on, each is told by itself, unless the interface is known to carry
// nothing.
func TestSomeStreamsOfAnInterfaceAreSeveral(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	just := func(int) time.Time { return now.Add(-10 * time.Millisecond) }
	var l lulls
	two := []Event{lullEvent(stream.Silent, 1, 2, now), lullEvent(stream.Silent, 2, 2, now)}
	for _, e := range two {
		l.put(e)
	}
	if got := l.take(now, just, func(int) string { return "" }, none); len(got) != 2 || got[0].Group != 1 {
		t.Errorf("%+v", got)
	}
	for _, e := range two {
		l.put(e)
	}
	if got := l.take(now, just, func(int) string { return "eth0 is down" }, none); len(got) != 1 || got[0].Text != "eth0 is down" {
		t.Errorf("%+v", got)
	}
}

// A loss that is told soon after the interface was down may be of that time.
func TestLossWhileDown(t *testing.T) {
	now := time.Now()
	w := &Watcher{down: map[int]string{3: "eth1 is down"}, upped: map[int]upAgain{2: {"eth0 is down", now}}}
	loss := func(ifIndex int) stream.Event {
		return stream.Event{Kind: stream.Loss, Key: stream.Key{IfIndex: ifIndex}}
	}
	if got, want := w.outage(loss(2), now.Add(3*time.Second)), "eth0 was down until "+now.Format(time.TimeOnly); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := w.outage(loss(3), now); got != "eth1 is down" {
		t.Errorf("while it is down: %q", got)
	}
	for what, got := range map[string]string{"later": w.outage(loss(2), now.Add(11*time.Second)), "another": w.outage(loss(4), now), "no loss": w.outage(stream.Event{Kind: stream.Back, Key: stream.Key{IfIndex: 2}}, now)} {
		if got != "" {
			t.Errorf("%s: %q", what, got)
		}
	}
}
