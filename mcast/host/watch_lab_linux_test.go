package host_test

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/vishvananda/netlink"
)

// watching is a Watch that runs in a host.
type watching struct {
	changes chan host.Change // not buffered: Watch is kept waiting until its changes are looked at
	cancel  context.CancelFunc
	ended   chan error
}

func watch(t *testing.T, node *lab.Node) *watching {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	w := &watching{changes: make(chan host.Change), cancel: cancel, ended: make(chan error, 1)}
	go func() {
		w.ended <- node.Do(func() error {
			return host.Watch(ctx, func(c host.Change) {
				select {
				case w.changes <- c:
				case <-ctx.Done():
				}
			})
		})
	}()
	t.Cleanup(cancel)
	return w
}

// next is the next change. Those of IPv6's link-local addresses, which come
// and go by themselves, and those of a cable's far end are passed over.
func (w *watching) next(t *testing.T) host.Change {
	t.Helper()
	deadline := time.After(5 * time.Second)
	for {
		select {
		case c := <-w.changes:
			if linkLocal := c.Addr.Addr().Is6() && c.Addr.Addr().IsLinkLocalUnicast(); !linkLocal && c.Interface.Name != "far" {
				return c
			}
		case err := <-w.ended:
			t.Fatalf("Watch ended early: %v", err)
		case <-deadline:
			t.Fatal("no change is reported")
		}
	}
}

// tells checks that the next changes are these, in order. A lack of carrier
// need not be named: it is there for a moment when an interface comes up.
func (w *watching) tells(t *testing.T, what string, want ...string) {
	t.Helper()
	for len(want) > 0 {
		c := w.next(t)
		got := c.Interface.Name + " " + c.Kind.String()
		if c.Addr.IsValid() {
			got += " " + c.Addr.String()
		}
		if c.Kind == host.NoCarrier && got != want[0] {
			continue
		}
		if got != want[0] {
			t.Fatalf("%s: told %q, want %q", what, got, want[0])
		}
		if age := time.Since(c.At); age < 0 || age > time.Minute {
			t.Errorf("%s: %q is said to have been at %v", what, got, c.At)
		}
		want = want[1:]
	}
}

// end cancels the Watch, which must return nil at once.
func (w *watching) end(t *testing.T) {
	t.Helper()
	w.cancel()
	select {
	case err := <-w.ended:
		if err != nil {
			t.Errorf("Watch ended with %v, want nil", err)
		}
	case <-time.After(time.Second):
		t.Error("Watch goes on after its context ended")
	}
}

func steps(list ...func() error) []func() error { return list }

func with(p netip.Prefix, change func(netip.Prefix) error) func() error {
	return func() error { return change(p) }
}

func inHost(host *lab.Node, fn func() error) func() error {
	return func() error { return host.Do(fn) }
}

// plugIn makes an interface with a cable to another one, far, which is on.
func plugIn(name string) func() error {
	return func() error {
		cable := netlink.NewVeth(netlink.LinkAttrs{Name: name})
		cable.PeerName = "far"
		if err := netlink.LinkAdd(cable); err != nil {
			return err
		}
		far, err := netlink.LinkByName("far")
		if err != nil {
			return err
		}
		return netlink.LinkSetUp(far)
	}
}

func rename(name, to string) func() error {
	return func() error {
		link, err := netlink.LinkByName(name)
		if err != nil {
			return err
		}
		return netlink.LinkSetName(link, to)
	}
}

// bridgeAndBack makes a bridge, br0, and the interface its port for a moment.
func bridgeAndBack(name string) func() error {
	return func() error {
		bridge := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "br0"}}
		if err := netlink.LinkAdd(bridge); err != nil {
			return err
		}
		port, err := netlink.LinkByName(name)
		if err != nil {
			return err
		}
		if err := netlink.LinkSetMaster(port, bridge); err != nil {
			return err
		}
		return netlink.LinkSetNoMaster(port)
	}
}

func linkDel(name string) func() error {
	return func() error {
		link, err := netlink.LinkByName(name)
		if err != nil {
			return err
		}
		return netlink.LinkDel(link)
	}
}
