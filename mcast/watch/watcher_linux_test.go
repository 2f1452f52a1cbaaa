package watch

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// begin runs a watch until the test ends.
func begin(t *testing.T, cfg Config, targets ...string) *Watcher {
	t.Helper()
	for _, text := range targets {
		cfg.Targets = append(cfg.Targets, Target{Group: labtest.Group(text)})
	}
	w, err := New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		w.Close()
	})
	return w
}

// sayer sends to groups by an interface of this host.
func sayer(t *testing.T, group, by string) (say func(text string), from mcast.Group) {
	t.Helper()
	g := labtest.Group(group)
	c, err := mcast.Listen(t.Context(), mcast.Config{Addr: host.Unspecified(g.Addr)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	list, err := host.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	on, err := host.Find(list, by)
	if err != nil {
		t.Fatal(err)
	}
	return func(text string) {
		t.Helper()
		if err := c.Send([]byte(text), g.AddrPort(), mcast.ViaInterface(on, g.Addr)); err != nil {
			t.Fatal(err)
		}
	}, mcast.Group{Addr: on.Addr(g.Addr), Port: c.LocalAddr().Port()}
}

func TestWatcherHearsEachGroup(t *testing.T) {
	if !labtest.InHost(t, lab.Article, "B") {
		return
	}
	targets := []string{"239.1.1.1:5004", "239.1.1.1:5006", "239.1.1.2:5004", "192.168.8.226@232.1.1.1:5004", "192.168.8.99@232.1.1.1:5004", "[ff15::1]:5004", "fe80::1%eth0@[ff3e::9]:5004"}
	w := begin(t, Config{Interfaces: []string{"eth0"}}, append(targets, targets[0])...)
	if len(w.ears) != 3 {
		t.Errorf("%d sockets for three ports", len(w.ears))
	}
	says := map[string]func(string){}
	for _, group := range []string{"239.1.1.1:5004", "239.1.1.1:5006", "232.1.1.1:5004", "[ff15::1]:5004", "239.1.1.9:5004"} {
		says[group], _ = sayer(t, group, "eth0")
	}
	labtest.Eventually(t, "each of four groups has a stream", func() bool {
		for _, say := range says {
			say(strings.Repeat("x", 3000)) // longer than what is kept
		}
		return len(w.Snapshot().Streams) >= 4
	})
	labtest.Eventually(t, "what came is summed", func() bool { return w.Snapshot().Rate > 0 })
	s := w.Snapshot()
	var heard []string
	for _, g := range s.Groups {
		if g.Ever != (g.Heard > 0) || g.Ever != (g.Datagrams > 0) {
			t.Errorf("%+v", g)
		}
		if !slices.Equal(g.Joined, []string{"eth0"}) {
			t.Errorf("%s is joined on %v", g.Target.Group, g.Joined)
		}
		if g.Ever {
			heard = append(heard, g.Target.Group.String())
		}
	}
	if want := []string{targets[0], targets[1], targets[3], targets[5]}; !slices.Equal(heard, want) {
		t.Errorf("heard of %q, want %q", heard, want)
	}
	for _, one := range s.Streams {
		if one.Interface != "eth0" || one.Bytes != uint64(3000*one.Datagrams) || !one.Local || one.HopsMin != 1 {
			t.Errorf("%+v", one)
		}
	}
	if !slices.IsSortedFunc(s.Streams, byKey) || s.Began.IsZero() || s.At.Before(s.Began) {
		t.Error("a snapshot without an order")
	}
	if n, c := w.Names(), w.Counts(); len(n.Groups) != len(s.Groups) || n.Groups[1].Target != s.Groups[1].Target || n.Streams != nil ||
		len(c.Streams) != len(s.Streams) || c.Streams[0].Datagrams == 0 || c.Streams[0].History != nil {
		t.Errorf("names %+v, counts %+v", n, c.Streams)
	}
}

// A group of which there is no interface is told of; with none that can be joined
// there is no watch.
func TestWatcherNeedsAGroup(t *testing.T) {
	if !labtest.InHost(t, lab.Article, "B") {
		return
	}
	if _, err := New(t.Context(), Config{}); err == nil {
		t.Error("a watch of nothing")
	}
	one := Target{Group: labtest.Group("239.1.1.1")}
	if _, err := New(t.Context(), Config{Targets: []Target{one}, Interfaces: []string{"eth9"}}); !errors.Is(err, host.ErrNoInterface) {
		t.Errorf("on no interface: %v", err)
	}
	many := Config{}
	for n := range MaxPorts + 1 {
		many.Targets = append(many.Targets, Target{Group: mcast.Group{Addr: one.Group.Addr, Port: uint16(5000 + n)}})
	}
	if _, err := New(t.Context(), many); !errors.Is(err, ErrTooMuch) {
		t.Errorf("%d ports: %v", MaxPorts+1, err)
	}
	w := begin(t, Config{}, "239.1.1.1", "192.168.8.226@239.1.1.1")
	if g := w.Snapshot().Groups; g[0].Err != nil || !errors.Is(g[1].Err, mcast.ErrMixedModes) {
		t.Errorf("%v, %v", g[0].Err, g[1].Err)
	}
}

// JoinOnly is a member, and reads nothing.
func TestWatcherOnlyJoins(t *testing.T) {
	if !labtest.InHost(t, lab.Article, "B") {
		return
	}
	w := begin(t, Config{JoinOnly: true, Interfaces: []string{"eth0"}}, "239.1.1.1:5004")
	say, _ := sayer(t, "239.1.1.1:5004", "eth0")
	other := begin(t, Config{Interfaces: []string{"eth0"}}, "239.1.1.1:5004")
	labtest.Eventually(t, "another watch hears it", func() bool {
		say("x")
		return other.Snapshot().Rate > 0
	})
	if s := w.Snapshot(); len(s.Streams) > 0 || !slices.Equal(s.Groups[0].Joined, []string{"eth0"}) {
		t.Errorf("%+v", s)
	}
}
