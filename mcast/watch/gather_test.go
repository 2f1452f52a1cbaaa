package watch

import (
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/stream"
)

// gathered is an event that was told at a time, of a stream of an interface.
func gathered(kind stream.EventKind, group byte, ifIndex int, told time.Time) Event {
	e := lullEvent(kind, group, ifIndex, told)
	e.Told, e.Lost = told, uint64(group)
	return e
}

func TestGatherFirstAndFormat(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	found := gathered(stream.Found, 1, 2, now)
	found.Format = stream.Own
	late, other := found, found
	late.Told = now.Add(time.Second)
	other.Group = 2
	other.Key.Group = gathered(stream.Found, 2, 2, now).Key.Group
	first := gathered(stream.First, 1, 2, now)
	if got := Gather([]Event{first, found}); len(got) != 1 || got[0].Kind != stream.First || got[0].Format != stream.Own {
		t.Errorf("at the same time: %+v", got)
	}
	for _, second := range []Event{late, other} {
		if got := Gather([]Event{first, second}); len(got) != 2 || got[0].Format != "" || got[1].Kind != stream.Found {
			t.Errorf("they are two, and not %+v", got)
		}
	}
}

func TestGatherLosses(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	var events []Event
	var sum uint64
	for n := range byte(40) {
		events = append(events, gathered(stream.Loss, n*3%40+1, 2, now))
		sum += uint64(n) + 1
	}
	events = append(events, gathered(stream.Restart, 1, 2, now))
	for n := range byte(FewLosses) {
		events = append(events, gathered(stream.Loss, n+1, 3, now))
	}
	later := gathered(stream.Loss, 1, 2, now.Add(time.Second))
	got := Gather(append(events, later))
	if len(got) != 1+1+FewLosses+1 {
		t.Fatalf("%d events", len(got))
	}
	all := got[0]
	if len(all.Each) != 40 || all.Lost != sum || all.Each[0].Lost != 40 || all.Group != 40 || all.Key != (stream.Key{IfIndex: 2}) {
		t.Errorf("%d of 40 streams, the worst %d: lost %d, want %d", len(all.Each), all.Each[0].Lost, all.Lost, sum)
	}
	if got[1].Kind != stream.Restart || len(got[len(got)-1].Each) != 0 || len(got[3].Each) != 0 {
		t.Errorf("few, or at another time: %+v", got[1:])
	}
	if len(events[0].Each) != 0 || events[0].From != meterKey.From {
		t.Error("what it was given is changed")
	}
}
