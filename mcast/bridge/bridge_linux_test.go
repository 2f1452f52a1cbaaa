package bridge

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"testing"

	"github.com/vishvananda/netlink"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// told collects events.
type told struct {
	mu   sync.Mutex
	list []Event
}

func (t *told) tell(e Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.list = append(t.list, e)
}

func (t *told) finding(name FindingName) (f Finding) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range t.list {
		if e.Finding != nil && e.Finding.Name == name {
			return *e.Finding
		}
	}
	return Finding{}
}

// member joins a group on one interface of this host.
func member(t *testing.T, g mcast.Group, on host.Interface) *mcast.Conn {
	t.Helper()
	at := g.Wildcard()
	c, err := mcast.Listen(t.Context(), mcast.Config{Addr: at.Addr(), Port: at.Port()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.Join(g, on); err != nil {
		t.Fatal(err)
	}
	return c
}

// next is the next datagram that came by the interface the Conn is joined on.
func next(t *testing.T, c *mcast.Conn) (mcast.Datagram, string) {
	t.Helper()
	for {
		if d, text := labtest.Next(t, c); !d.Stray {
			return d, text
		}
	}
}

func say(t *testing.T, c *mcast.Conn, text string, g mcast.Group, by host.Interface) {
	t.Helper()
	if err := c.Send([]byte(text), g.AddrPort(), mcast.ViaInterface(by, g.Addr)); err != nil {
		t.Fatal(err)
	}
}

// Two LANs of one host, IPv4 and IPv6: what is said on one is heard once on the other,
// from port Mark, by this host too; answers to the bridge are told; a bridge whose LAN is
// cut off does not pretend to lead.
func TestBridgeJoinsTwoLANs(t *testing.T) {
	if !labtest.InHost(t, lab.Article, "A") {
		return
	}
	list, err := host.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	eth0, err0 := host.Find(list, "eth0")
	eth1, err1 := host.Find(list, "eth1")
	if err := errors.Join(err0, err1); err != nil {
		t.Fatal(err)
	}
	groups := []mcast.Group{labtest.Group("239.1.2.3:5001"), labtest.Group("[ff15::5]:5002"), labtest.Group("224.0.0.114:5001")}
	var wire Wire
	var all told
	b, err := Open(t.Context(), Config{
		Groups: groups, Ports: []Port{{"eth0", "eth0"}, {"169.254.167.41", "eth1"}}, Link: wire.Join(), Tell: all.tell, Rate: DefaultRate,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	for _, g := range groups {
		here, there := member(t, g, eth0), member(t, g, eth1)
		for _, text := range []string{"one", "", "three"} {
			say(t, here, text, g, eth0)
			next(t, here) // the own copy
			d, got := next(t, there)
			if got != text || d.From.Port() != Mark || g.Addr.Is4() && d.From.Addr() != eth1.Addr(g.Addr) || d.Hops != 1 {
				t.Errorf("%s: on eth1 %q arrives from %s with TTL %d", g, got, d.From, d.Hops)
			}
		}
		say(t, there, "back", g, eth1)
		if d, got := next(t, here); got != "back" || d.From.Port() != Mark {
			t.Errorf("%s: on eth0 %q arrives from %s", g, got, d.From)
		}
		if _, got := next(t, there); got != "back" {
			t.Errorf("%s: on eth1 %q is heard, and not the own copy", g, got)
		}
	}
	answer := member(t, groups[0], eth1)
	if err := answer.Send([]byte("answer"), netip.AddrPortFrom(eth1.Addr(groups[0].Addr), Mark), mcast.Via{}); err != nil {
		t.Fatal(err)
	}
	labtest.Eventually(t, "an answer is told", func() bool { return all.finding(AnswersStay).Count == 1 })

	for _, s := range b.Status() {
		carried := uint64(1)
		if s.Site == "eth0" {
			carried = 3
		}
		if !s.Leads || s.Heard != 4 || s.AtLAN[Carried] != carried || s.AtLAN[Own] != 4-carried || s.Arrived != 4 || s.AtSites[Resent] != 4-carried {
			t.Errorf("%+v", s)
		}
	}
	link, err := netlink.LinkByName("eth1")
	if err != nil {
		t.Fatal(err)
	}
	if err := netlink.LinkSetDown(link); err != nil {
		t.Fatal(err)
	}
	labtest.Eventually(t, "the LAN is not ready", func() bool { return !b.engine.lans[1].able() })
	if err := netlink.LinkSetUp(link); err != nil {
		t.Fatal(err)
	}
	labtest.Eventually(t, "the LAN is ready again", func() bool { return b.engine.lans[1].able() })
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestOpenErrors(t *testing.T) {
	if !labtest.InHost(t, lab.Article, "A") {
		return
	}
	g := labtest.Group("239.1.2.3:5001")
	two := []Port{{"eth0", "a"}, {"eth1", "b"}}
	held, err := mcast.Listen(t.Context(), mcast.Config{Port: Mark, Exclusive: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		cfg  Config
		want error
	}{
		{Config{Ports: two}, ErrNoGroup},
		{Config{Ports: two, Groups: slices.Repeat([]mcast.Group{g}, MaxGroups+1)}, ErrManyGroups},
		{Config{Ports: []Port{{"eth0", "a"}, {"192.168.8.164", "b"}}, Groups: []mcast.Group{g}}, ErrTwoOfOne},
		{Config{Ports: []Port{{"eth7", "a"}}, Groups: []mcast.Group{g}}, host.ErrNoInterface},
		{Config{Ports: two, Groups: []mcast.Group{g}}, mcast.ErrPortInUse},
	} {
		b, err := Open(t.Context(), test.cfg)
		if !errors.Is(err, test.want) {
			t.Errorf("%v, want %v", err, test.want)
		}
		if err == nil {
			b.Close()
		}
	}
	held.Close()

	// A program has the port of frames for itself: plain datagrams are carried all the same.
	held, err = mcast.Listen(t.Context(), mcast.Config{Port: g.Port + 1, Exclusive: true})
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	var wire Wire
	var all told
	b, err := Open(t.Context(), Config{Ports: two, Groups: []mcast.Group{g, labtest.Group("239.1.2.3:6001")}, Link: wire.Join(), Tell: all.tell})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for _, s := range b.Status() {
		if (s.NoFrames == "") != (s.Group.Port == 6001) {
			t.Errorf("%s: frames are not carried because of %q", s.Group, s.NoFrames)
		}
	}
	lacks := slices.DeleteFunc(all.list, func(e Event) bool {
		e2, ok := errors.AsType[*NoFramesError](e.Err)
		return !ok || e2.Group != g || !errors.Is(e.Err, mcast.ErrPortInUse)
	})
	if len(lacks) != 2 {
		t.Errorf("told: %+v, want it of both ports", all.list)
	}

	// Their port is another group's, or there is none.
	all.list = nil
	b, err = Open(t.Context(), Config{Ports: two[:1], Groups: []mcast.Group{labtest.Group("239.1.2.3:7000"), labtest.Group("239.1.2.3:7001"), labtest.Group("239.1.2.3:65535")}, Link: wire.Join(), Tell: all.tell})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	var why []string
	for _, e := range all.list {
		why = append(why, fmt.Sprint(e.Err))
	}
	if want := []string{
		"frames of 239.1.2.3:7000 are not carried: their port is that of 239.1.2.3:7001, which is carried, too",
		"frames of 239.1.2.3:65535 are not carried: no port is left for them after 65535",
	}; !slices.Equal(why, want) {
		t.Errorf("told: %q, want %q", why, want)
	}
}
