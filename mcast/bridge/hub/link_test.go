package hub

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge"
	"github.com/groupcast/groupcast/mcast/bridge/natslink"
)

// A bridge's own link does all it has to with the permissions that a site has, also with
// several LANs, and learns that its key was taken back.
func TestLinkOfASite(t *testing.T) {
	h := startHub(t, t.TempDir(), func(text string) { t.Log(text) })
	link := func(site string) *natslink.Client {
		c, err := natslink.Dial(t.Context(), natslink.Config{File: invite(t, h, site)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	a, b := link("room-1"), link("room-2")
	group, err := mcast.ParseGroup("239.1.2.3:1234")
	if err != nil {
		t.Fatal(err)
	}
	from, err := a.Link([]mcast.Group{group})
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	to, err := b.Link([]mcast.Group{group})
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	// The answer comes after the server has read the subscriptions.
	if e, err := b.Register("room-2").Get(t.Context()); err != nil || e.Revision != 0 {
		t.Fatalf("a lease that nobody has: %+v, %v", e, err)
	}

	for n, site := range []string{"room-1", "room-1/eth1"} {
		m := bridge.Message{Group: group, Site: site, Bridge: bridge.NewName(), Seq: uint64(n + 1), From: netip.MustParseAddrPort("10.1.0.7:5000"), Hops: 1, Data: []byte(site)}
		if err := from.Publish(m); err != nil {
			t.Fatal(err)
		}
		select {
		case got := <-to.Arrivals():
			if got.Message == nil || got.Message.Site != site || string(got.Message.Data) != site {
				t.Errorf("of %s arrives %+v", site, got)
			}
		case <-time.After(patience):
			t.Fatalf("of %s nothing arrives; %d made no sense", site, b.Malformed())
		}
		lease := a.Register(site)
		revision, err := lease.Update(t.Context(), bridge.NewName(), 0)
		if err == nil {
			revision, err = lease.Update(t.Context(), m.Bridge, revision)
		}
		if err != nil {
			t.Errorf("the lease of %s: %v", site, err)
		}
		if e, err := b.Register(site).Get(t.Context()); err != nil || e.Holder != m.Bridge {
			t.Errorf("the lease of %s, as another site reads it: %+v, %v", site, e, err)
		}
		if err := lease.Delete(t.Context(), revision); err != nil {
			t.Errorf("the lease of %s: %v", site, err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := a.Register("room-2").Update(ctx, bridge.NewName(), 0); err == nil {
		t.Error("room-1 took the lease of room-2")
	}

	if err := b.Serve(func() []bridge.Status {
		return []bridge.Status{{Site: "room-2", Bridge: "0123456789abcdef", Group: group, Since: time.Now()}}
	}); err != nil {
		t.Fatal(err)
	}
	answered := false
	for end := time.Now().Add(patience); !answered && time.Now().Before(end); {
		list, err := a.Statuses(t.Context(), 100*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		answered = len(list) == 1 && list[0].Site == "room-2"
	}
	if !answered {
		t.Error("no bridge says how it stands")
	}

	if err := h.Remove("room-2"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-b.Refused():
		if !errors.Is(b.Err(), natslink.ErrKey) {
			t.Errorf("refused: %v", b.Err())
		}
	case <-time.After(patience):
		t.Error("a removed site does not learn it")
	}
	if !a.Reached() {
		t.Error("the site that stays is cut")
	}
}
