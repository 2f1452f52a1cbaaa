package main

import (
	"testing"

	"github.com/groupcast/groupcast/mcast/stream"
	"github.com/groupcast/groupcast/mcast/watch"
)

// Somebody is wanted for what goes wrong, and for kinds of events that are not sorted
// yet; nobody for its end.
func TestAlarms(t *testing.T) {
	for _, kind := range []stream.EventKind{
		stream.Silent, stream.OnOff, stream.Stopped, stream.Loss, stream.NotRead, stream.Copies, stream.Reflection, stream.Storm,
		watch.Slow, watch.Failed, watch.Drops, watch.Unpaired, watch.BothLoss, "of a later version",
	} {
		if quietEvents[kind] {
			t.Errorf("%q is no alarm", kind)
		}
	}
	for _, kind := range []stream.EventKind{
		stream.First, stream.Found, stream.Dropped, stream.Restart, stream.End, stream.Back, stream.CopiesEnded, stream.ReflectionEnded,
		stream.StormEnded, watch.Enough, watch.Changed, watch.Bulk, watch.Paired,
	} {
		if !quietEvents[kind] {
			t.Errorf("%q is an alarm", kind)
		}
	}
}
