package host_test

import (
	"context"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/vishvananda/netlink"
	"go.uber.org/goleak"
)

// oneWire is a host with nothing but lo and eth0.
var oneWire = lab.Topology{
	Switches: []lab.Switch{{Name: "lan"}},
	Hosts: []lab.Host{{Name: "A", Interfaces: []lab.Interface{
		{Name: "eth0", Switch: "lan", Addrs: []netip.Prefix{labtest.Prefix("192.168.8.164/24")}},
	}}},
}

var oneWireTold = []string{
	"lo appeared", "lo up", "lo address added 127.0.0.1/8", "lo address added ::1/128",
	"eth0 appeared", "eth0 up", "eth0 address added 192.168.8.164/24",
}

func TestWatchTellsWhatHappens(t *testing.T) {
	a := labtest.Build(t, oneWire).Host("A")
	eth0 := a.Link("eth0")
	w := watch(t, a)
	w.tells(t, "at first", oneWireTold...)

	four, six := labtest.Prefix("10.1.2.3/8"), labtest.Prefix("2001:db8::1/64")
	for _, step := range []struct {
		name string
		do   []func() error
		want []string
	}{
		{"switched off", steps(eth0.SetDown), []string{"eth0 down"}},
		{"switched on", steps(eth0.SetUp), []string{"eth0 up"}},
		{"off and on in a moment", steps(eth0.SetDown, eth0.SetUp), []string{"eth0 down", "eth0 up"}},
		{"IPv4 address added", steps(with(four, eth0.AddAddr)), []string{"eth0 address added 10.1.2.3/8"}},
		{"IPv4 address deleted", steps(with(four, eth0.DelAddr)), []string{"eth0 address removed 10.1.2.3/8"}},
		{"IPv6 address added", steps(with(six, eth0.AddAddr)), []string{"eth0 address added 2001:db8::1/64"}},
		{"IPv6 address deleted", steps(with(six, eth0.DelAddr)), []string{"eth0 address removed 2001:db8::1/64"}},
		{
			"an interface made", steps(inHost(a, plugIn("eth1")), a.Link("eth1").SetUp, with(four, a.Link("eth1").AddAddr)),
			[]string{"eth1 appeared", "eth1 up", "eth1 address added 10.1.2.3/8"},
		},
		{
			"deleted and made again", steps(inHost(a, linkDel("eth1")), inHost(a, plugIn("eth1")), a.Link("eth1").SetUp),
			[]string{"eth1 down", "eth1 address removed 10.1.2.3/8", "eth1 gone", "eth1 appeared", "eth1 up"},
		},
		{
			"in and out of a bridge", steps(inHost(a, bridgeAndBack("eth1")), inHost(a, linkDel("br0"))),
			[]string{"br0 appeared", "br0 gone"},
		},
		{"a bridge's port is still there", steps(a.Link("eth1").SetDown), []string{"eth1 down"}},
		{"renamed", steps(inHost(a, rename("eth1", "wan0")), a.Link("wan0").SetUp), []string{"wan0 renamed", "wan0 up"}},
	} {
		for _, do := range step.do {
			if err := do(); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
		}
		w.tells(t, step.name, step.want...)
	}
	w.end(t)
}

// The interface that a change carries is the one to join on again.
func TestWatchTellsTheNewIndex(t *testing.T) {
	a := labtest.Build(t, lab.Topology{Hosts: []lab.Host{{Name: "A"}}}).Host("A")
	labtest.In(t, a, plugIn("eth0"))
	old := labtest.Device(t, a, "eth0")
	w := watch(t, a)
	w.tells(t, "at first", "lo appeared", "lo up", "lo address added 127.0.0.1/8", "lo address added ::1/128")
	if c := w.next(t); c.Kind != host.Appeared || !reflect.DeepEqual(c.Interface, old) {
		t.Errorf("at first told %q of %+v, want appeared of %+v", c.Kind, c.Interface, old)
	}
	labtest.In(t, a, linkDel("eth0"))
	labtest.In(t, a, plugIn("eth0"))
	now := labtest.Device(t, a, "eth0")
	if c := w.next(t); c.Kind != host.Gone || !reflect.DeepEqual(c.Interface, old) {
		t.Errorf("when deleted told %q of %+v, want gone of %+v", c.Kind, c.Interface, old)
	}
	if c := w.next(t); c.Kind != host.Appeared || !reflect.DeepEqual(c.Interface, now) {
		t.Errorf("when made again told %q of %+v, want appeared of %+v", c.Kind, c.Interface, now)
	}
	w.end(t)
}

func TestWatchTellsOfTheCarrier(t *testing.T) {
	a := labtest.Build(t, lab.Topology{Hosts: []lab.Host{{Name: "A"}}}).Host("A")
	labtest.In(t, a, plugIn("eth0"))
	if err := a.Link("eth0").SetUp(); err != nil {
		t.Fatal(err)
	}
	w := watch(t, a)
	w.tells(t, "at first", "lo appeared", "lo up", "lo address added 127.0.0.1/8", "lo address added ::1/128", "eth0 appeared", "eth0 up")
	for range 2 {
		if err := a.Link("far").SetDown(); err != nil {
			t.Fatal(err)
		}
		w.tells(t, "cable out", "eth0 no carrier")
		if err := a.Link("far").SetUp(); err != nil {
			t.Fatal(err)
		}
		w.tells(t, "cable in", "eth0 up")
	}
	w.end(t)
}

// The kernel drops what does not fit in the socket's buffer while report
// blocks. In the end the state is right all the same.
func TestWatchRecoversFromAFlood(t *testing.T) {
	a := labtest.Build(t, oneWire).Host("A")
	w := watch(t, a)
	w.tells(t, "at first", oneWireTold...)
	const flood = 1000
	labtest.In(t, a, func() error {
		eth0, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		address := func(n int) *netlink.Addr {
			addr, _ := netlink.ParseAddr(fmt.Sprintf("10.0.%d.%d/32", n/250, n%250))
			return addr
		}
		for n := range flood {
			if err := netlink.AddrAdd(eth0, address(n)); err != nil {
				return err
			}
		}
		for n := range flood - 1 {
			if err := netlink.AddrDel(eth0, address(n)); err != nil {
				return err
			}
		}
		return plugIn("last")()
	})
	told := 0
	var eth0 host.Interface
	for {
		c := w.next(t)
		if c.Interface.Name == "last" {
			break
		}
		told, eth0 = told+1, c.Interface
	}
	if made := 2*flood - 1; told >= made {
		t.Errorf("all %d changes are told: there was no flood", made)
	}
	sorted := func(i host.Interface) string {
		text := []string{i.Name, i.Flags.String()}
		for _, p := range i.Addrs {
			text = append(text, p.String())
		}
		slices.Sort(text[2:])
		return strings.Join(text, " ")
	}
	if got, want := sorted(eth0), sorted(labtest.Device(t, a, "eth0")); got != want {
		t.Errorf("after the flood eth0 is %s, want %s", got, want)
	}
	if err := a.Link("eth0").SetDown(); err != nil {
		t.Fatal(err)
	}
	w.tells(t, "after the flood", "eth0 down")
	w.end(t)
}

func TestWatchEnds(t *testing.T) {
	a := labtest.Build(t, oneWire).Host("A")
	others := goleak.IgnoreCurrent()
	files := labtest.OpenFiles(t)

	waiting := watch(t, a)
	waiting.tells(t, "at first", oneWireTold...)
	waiting.end(t)

	reporting := watch(t, a)
	reporting.next(t)
	reporting.end(t)

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	labtest.In(t, a, func() error {
		return host.Watch(ended, func(c host.Change) { t.Errorf("%s is told after the end", c.Kind) })
	})

	goleak.VerifyNone(t, others)
	if now := labtest.OpenFiles(t); now != files {
		t.Errorf("%d files are open, want the %d of before", now, files)
	}
}
