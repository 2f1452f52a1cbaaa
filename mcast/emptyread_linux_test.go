package mcast_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// A Read into nothing reads nothing, and a Trace sees no call.
func TestReadIntoNothing(t *testing.T) {
	eachVersion(t, func(t *talk) {
		var calls calls
		c := labtest.Socket(t.T, t.b, mcast.Config{Addr: anyOf(t.g), Port: 4000, Trace: calls.trace()})
		t.must(c.Join, t.mark, t.eth0)
		t.say(t.mark, 7)
		before := len(calls.list)
		if n, err := c.Read(t.Context(), nil); n != 0 || err != nil {
			t.Errorf("Read: %d, %v; want 0, nil", n, err)
		}
		for batch, err := range c.Batches(t.Context(), nil) {
			if len(batch) != 0 || err != nil {
				t.Errorf("Batches: %v, %v; want nothing", batch, err)
			}
			break
		}
		if got := calls.list[before:]; len(got) != 0 {
			t.Errorf("the calls are %v, want none", got)
		}
		labtest.Hears(t.T, c, "7")
	})
}

// A Trace names the interface as the socket's network namespace does, whatever
// thread reads: it asks the socket, and only once.
func TestTraceNamesTheSocketsInterface(t *testing.T) {
	eachVersion(t, func(t *talk) {
		var calls calls
		c := labtest.Socket(t.T, t.b, mcast.Config{Addr: anyOf(t.g), Port: 4711, Trace: calls.trace()})
		to := netip.AddrPortFrom(t.source(200), 4711)
		for range 3 {
			labtest.In(t.T, t.a, func() error { return t.from.Send([]byte("to you alone"), to, mcast.Via{}) })
			labtest.Hears(t.T, c, "to you alone") // this thread is in neither host
		}
		reads := slices.DeleteFunc(calls.list, func(call mcast.Call) bool { return call.Name != "recvmmsg" })
		if len(reads) != 3 {
			t.Fatalf("%d reads are traced, want 3", len(reads))
		}
		for _, call := range reads {
			if !strings.Contains(call.Arguments(), " on eth0 (") {
				t.Errorf("the interface is not eth0: %s", call)
			}
		}
	})
}
