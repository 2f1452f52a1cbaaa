package watch

import (
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast/stream"
)

// FewLosses is how many streams of an interface tell a loss each at the same time.
const FewLosses = 8

// Gather makes fewer events of those that [Watcher.Events] gave, for people to
// read. First and Found of a stream with the same time are a First with the
// Format. Losses of more than [FewLosses] streams of an interface with the same
// time are one Loss: Each has them, the worst first, Group is that of the worst,
// and Key has the interface alone.
func Gather(events []Event) []Event {
	type second struct {
		told    time.Time
		ifIndex int
	}
	lossy := map[second]int{}
	for _, e := range events {
		if e.Kind == stream.Loss {
			lossy[second{e.Told, e.IfIndex}]++
		}
	}
	at := map[second]int{} // place in out
	out := make([]Event, 0, len(events))
	for n, e := range events {
		key := second{e.Told, e.IfIndex}
		switch {
		case e.Kind == stream.Found && n > 0 && events[n-1].Kind == stream.First && events[n-1].Key == e.Key && events[n-1].Told.Equal(e.Told):
			out[len(out)-1].Format = e.Format
		case e.Kind != stream.Loss || lossy[key] <= FewLosses:
			out = append(out, e)
		default:
			first, known := at[key]
			if !known {
				at[key] = len(out)
				all := e
				all.Key, all.Each = stream.Key{IfIndex: e.IfIndex}, []stream.Event{e.Event}
				out = append(out, all)
				continue
			}
			all := &out[first]
			if e.Lost > all.Each[0].Lost {
				all.Group = e.Group
				all.Each = slices.Insert(all.Each, 0, e.Event)
			} else {
				all.Each = append(all.Each, e.Event)
			}
			all.Lost += e.Lost
			all.Kernel += e.Kernel
			all.AtLeast = all.AtLeast || e.AtLeast
			all.About = all.About || e.About
		}
	}
	return out
}
