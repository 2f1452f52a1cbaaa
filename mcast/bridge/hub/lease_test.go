package hub

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/bridge/natslink"
)

// What a site asks waits in a queue of its own, which has an end. Nobody else waits behind
// it, or loses a place.
func TestFloodOfOneSite(t *testing.T) {
	h := startHub(t, t.TempDir(), nil)
	a, b := connect(t, invite(t, h, "room-1")), connect(t, invite(t, h, "room-2"))
	flooder := h.leases.ask["room-1"]
	flooder.mu.Lock() // its requests are not taken any more
	ask := natslink.LeaseAPI("room-1") + ".STREAM.INFO." + stream
	for range 10 * maxAsked {
		if err := a.PublishRequest(ask, "_INBOX_room-1.x", nil); err != nil {
			t.Fatal(err)
		}
	}
	full := func() bool { n, _ := flooder.sub.Dropped(); return n > 8*maxAsked }
	for end := time.Now().Add(patience); ; {
		if _, err := b.put("room-2", "b"); err != nil {
			t.Fatalf("beside a flood: %v", err)
		}
		if full() || time.Now().After(end) {
			break
		}
	}
	if n, bytes, err := flooder.sub.Pending(); err != nil || n > maxAsked || bytes > maxAskedIn || !full() {
		t.Errorf("%d requests of %d bytes wait, %v", n, bytes, err)
	}
	if got := holder(t, b, "room-2"); got != "b" {
		t.Errorf("the lease is held by %q", got)
	}
	flooder.mu.Unlock()
	answered := errors.New("not asked")
	for end := time.Now().Add(patience); answered != nil && time.Now().Before(end); {
		_, answered = a.Request(ask, nil, 100*time.Millisecond) // the rest of the flood is before it
	}
	if _, err := a.put("room-1", "a"); err != nil {
		t.Errorf("after the flood: %v", err)
	}
}

// A hub can have all its sites at once, and takes the requests of each: also of one that
// has another key since, and after a restart.
func TestManySites(t *testing.T) {
	dir := t.TempDir()
	h := startHub(t, dir, nil)
	names := make([]string, MaxSites)
	for n := range names {
		names[n] = fmt.Sprintf("s-%d", n)
	}
	first, err := h.InviteAll(names)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.InviteAll([]string{"s-0", "more"}); !errors.Is(err, ErrTooMany) {
		t.Errorf("a site too many: %v", err)
	}
	if _, err := h.InviteAll([]string{"s-0", "s_1"}); err == nil {
		t.Error("a wrong name is accepted")
	}
	again, err := h.InviteAll([]string{"s-1", "s-2"})
	if err != nil {
		t.Fatal(err)
	}
	leads := func(url string) {
		t.Helper()
		for _, f := range []natslink.File{first[0], again[0], again[1], first[MaxSites-1]} {
			f.URL = url
			if _, err := connect(t, f).put(f.Site, "x"); err != nil {
				t.Errorf("%s: %v", f.Site, err)
			}
		}
	}
	leads(h.URL())
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	leads(startHub(t, dir, nil).URL())
}
