package mcast_test

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// version is one of IP's, with the numbers that the tests below use for
// addresses: source(1) to source(11) and source(65) are A's on eth0,
// source(100) is A's on eth1.
type version struct {
	name          string
	group, marker string // the marker's end a list of what was heard
	sources       string // the first of them, less one
	most          int    // sources of one membership
	groups        func() ([]host.InterfaceGroups, error)
	filters       string // the kernel's sources, by interface and group
}

var versions = []version{
	{"IPv4", "232.1.1.1:4000", "239.9.9.9:4000", "10.0.0.0", 10, host.IGMP, "mcfilter"},
	{"IPv6", "[ff35::8000:1]:4000", "[ff15::9]:4000", "2001:db8::", 64, host.MLD, "mcfilter6"},
}

func (v version) source(n int) netip.Addr {
	b := labtest.Addr(v.sources).AsSlice()
	b[len(b)-1] = byte(n)
	a, _ := netip.AddrFromSlice(b)
	return a
}

// twoWires is two hosts that share two switches.
func twoWires() lab.Topology {
	onWire := func(host int, numbers ...int) (list []netip.Prefix) {
		for _, v := range versions {
			for _, n := range numbers {
				list = append(list, netip.PrefixFrom(v.source(n+host), v.source(1).BitLen()-8))
			}
		}
		return list
	}
	return lab.Topology{
		Switches: []lab.Switch{{Name: "one"}, {Name: "two"}},
		Hosts: []lab.Host{
			{Name: "A", Interfaces: []lab.Interface{
				{Name: "eth0", Switch: "one", Addrs: onWire(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 65)},
				{Name: "eth1", Switch: "two", Addrs: onWire(0, 100)},
			}},
			{Name: "B", Interfaces: []lab.Interface{
				{Name: "eth0", Switch: "one", Addrs: onWire(0, 200)},
				{Name: "eth1", Switch: "two", Addrs: onWire(0, 201)},
			}, Routes: []lab.Route{{Dst: labtest.Prefix("224.0.0.0/4"), Dev: "eth1"}}},
		},
	}
}

// talk is the group of a version between A, who speaks with many addresses,
// and B, who listens.
type talk struct {
	version
	*testing.T
	a, b       *lab.Node
	eth0, eth1 host.Interface // of B
	from       *mcast.Conn
	by0, by1   int // A's interfaces
	g, mark    mcast.Group
}

// eachVersion runs a test with IPv4 and with IPv6.
func eachVersion(t *testing.T, test func(t *talk)) {
	for _, v := range versions {
		t.Run(v.name, func(t *testing.T) {
			l := labtest.Build(t, twoWires())
			a, b := l.Host("A"), l.Host("B")
			g := group(t, v.group)
			test(&talk{
				version: v, T: t, a: a, b: b, eth0: labtest.Device(t, b, "eth0"), eth1: labtest.Device(t, b, "eth1"),
				from: labtest.Socket(t, a, mcast.Config{Addr: anyOf(g)}),
				by0:  labtest.Device(t, a, "eth0").Index, by1: labtest.Device(t, a, "eth1").Index,
				g: g, mark: group(t, v.marker),
			})
		})
	}
}

// listen opens a Conn of B's that hears the marker.
func (t *talk) listen() *mcast.Conn {
	t.Helper()
	c := labtest.Socket(t.T, t.b, mcast.Config{Addr: anyOf(t.g), Port: t.g.Port})
	join(t.T, t.b, c, t.mark, t.eth0)
	return c
}

// only is the group with that source.
func (t *talk) only(n int) mcast.Group {
	g := t.g
	g.Source = t.source(n)
	return g
}

func (t *talk) must(op func(mcast.Group, host.Interface) error, g mcast.Group, on host.Interface) {
	t.Helper()
	labtest.In(t.T, t.b, func() error { return op(g, on) })
}

// refuses checks that a call fails with want.
func (t *talk) refuses(what string, op func(mcast.Group, host.Interface) error, g mcast.Group, on host.Interface, want error) {
	t.Helper()
	var err error
	labtest.In(t.T, t.b, func() error { err = op(g, on); return nil })
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

// say sends the source's number to a group.
func (t *talk) say(to mcast.Group, n int) {
	t.Helper()
	via := mcast.Via{IfIndex: t.by0, Source: t.source(n)}
	if n >= 100 {
		via.IfIndex = t.by1
	}
	labtest.In(t.T, t.a, func() error { return t.from.Send([]byte(strconv.Itoa(n)), to.AddrPort(), via) })
}

// hears sends to the group from these sources, and checks which of them c
// hears without a mark and, if any, which as strays.
func (t *talk) hears(what string, c *mcast.Conn, sources, want []int, strays ...int) {
	t.Helper()
	for _, n := range sources {
		t.say(t.g, n)
	}
	t.say(t.mark, 1)
	var heard, marked []int
	for {
		d, text := labtest.Next(t.T, c)
		n, _ := strconv.Atoi(text)
		switch {
		case d.To == t.mark.Addr:
			if !slices.Equal(heard, want) || !slices.Equal(marked, strays) {
				t.Errorf("%s: heard sources %v and strays %v of %v, want %v and %v", what, heard, marked, sources, want, strays)
			}
			return
		case d.From.Addr() != t.source(n):
			t.Errorf("%s: %q is from %s", what, text, d.From)
		case d.Stray:
			marked = append(marked, n)
		default:
			heard = append(heard, n)
		}
	}
}

// kernelHas checks the group's sources in B's kernel on eth0, as "source in"
// for included and "source out" for excluded ones.
func (t *talk) kernelHas(what string, want ...string) {
	t.Helper()
	var got []string
	labtest.In(t.T, t.b, func() error {
		text, err := os.ReadFile("/proc/thread-self/net/" + t.filters)
		for line := range strings.Lines(string(text)) {
			f := strings.Fields(line) // index, interface, group, source, times included, times excluded
			if len(f) != 6 || f[1] != "eth0" || hexAddr(f[2]) != t.g.Addr {
				continue
			}
			for i, mode := range []string{" in", " out"} {
				if f[4+i] != "0" {
					got = append(got, hexAddr(f[3]).String()+mode)
				}
			}
		}
		return err
	})
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s: /proc/net/%s has %q, want %q", what, t.filters, got, want)
	}
}

// hexAddr reads 0xe8010101 or ff350000000000000000000080000001.
func hexAddr(s string) netip.Addr {
	var b []byte
	fmt.Sscanf(strings.TrimPrefix(s, "0x"), "%x", &b)
	a, _ := netip.AddrFromSlice(b)
	return a
}

// joined lists where B's kernel has the group.
func (t *talk) joined() (names []string) {
	t.Helper()
	labtest.In(t.T, t.b, func() error {
		list, err := t.groups()
		for _, i := range list {
			if i.Has(t.g.Addr) {
				names = append(names, i.Name)
			}
		}
		return err
	})
	return names
}

// nth is one of many groups.
func (v version) nth(n int) mcast.Group {
	b := [16]byte{0xff, 0x15, 14: byte(n >> 8), 15: byte(n)}
	if v.name == "IPv4" {
		return mcast.Group{Addr: netip.AddrFrom4([4]byte{239, 1, byte(n >> 8), byte(n)}), Port: 4000}
	}
	b[13] = 1
	return mcast.Group{Addr: netip.AddrFrom16(b), Port: 4000}
}
