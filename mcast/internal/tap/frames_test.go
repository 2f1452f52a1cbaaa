package tap

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/bpf"
)

// udp4 and udp6 are UDP to a port of a group, from 10.0.0.1 and fe80::1. fragment is an offset, in 8 bytes.
func udp4(to string, port, fragment uint16) []byte {
	b := ipv4(17, to)
	binary.BigEndian.PutUint16(b[6:], fragment)
	copy(b[12:], []byte{10, 0, 0, 1})
	return append(b[:24], binary.BigEndian.AppendUint16([]byte{0, 9}, port)...) // behind four bytes of options
}

func udp6(to string, next byte, extension []byte, port uint16) []byte {
	b := ipv6(next, extension, binary.BigEndian.AppendUint16([]byte{0, 9}, port)...)
	copy(b[8:], netip.MustParseAddr("fe80::1").AsSlice())
	copy(b[24:], netip.MustParseAddr(to).AsSlice())
	return b
}

func TestFrameFilter(t *testing.T) {
	group := func(addr string, port uint16, source string) FrameGroup {
		g := FrameGroup{Addr: netip.MustParseAddr(addr), Port: port}
		if source != "" {
			g.Source = netip.MustParseAddr(source)
		}
		return g
	}
	alert := []byte{58, 0, 5, 2, 0, 0, 1, 0}
	options := append([]byte{17}, alert[1:]...)
	first, later := []byte{17, 0, 0, 1, 0, 0, 0, 9}, []byte{17, 0, 0, 8, 0, 0, 0, 9}
	other := netip.MustParseAddr("fe80::2").AsSlice()
	icmp4 := func(kind byte) []byte { return append(ipv4(1, "10.0.0.1")[:24], kind, 0) }
	filters := map[string]FrameFilter{
		"any": {}, "all": {All: true},
		"group":  {Groups: []FrameGroup{group("239.9.9.9", 7, ""), group("239.1.2.3", 0, ""), group("ff05::1", 0, "")}},
		"port":   {Groups: []FrameGroup{group("239.1.2.3", 5000, ""), group("239.1.2.3", 5001, ""), group("ff05::1", 5000, ""), group("ff05::1", 5001, "")}},
		"source": {Groups: []FrameGroup{group("232.1.2.3", 5000, "10.0.0.1"), group("ff35::1", 5000, "fe80::1")}},
	}
	for _, tt := range []struct {
		name   string
		packet []byte
		taken  string // by which filters, beside all
	}{
		{"IGMP", ipv4(2, "224.0.0.22"), "any group port source"},
		{"unreachable", icmp4(3), "any group port source"},
		{"echo", icmp4(8), ""},
		{"MLD", ipv6(0, alert, 143, 0), "any group port source"},
		{"MLD query", ipv6(58, nil, 130, 0), "any group port source"},
		{"unreachable6", ipv6(58, nil, 1, 0), "any group port source"},
		{"neighbour", ipv6(58, nil, 135, 0), ""},
		{"too big", ipv6(58, nil, 2, 0), ""},
		{"TCP", ipv4(6, "10.0.0.1"), ""},
		{"unicast UDP", udp4("10.0.0.2", 5000, 0), ""},
		{"unicast UDP6", udp6("fe80::2", 17, nil, 5000), ""},
		{"another group", udp4("239.1.2.4", 5000, 0), "any"},
		{"the group", udp4("239.1.2.3", 5000, 0), "any group port"},
		{"its second port", udp4("239.1.2.3", 5001, 0), "any group port"},
		{"another port", udp4("239.1.2.3", 5002, 0), "any group"},
		{"a fragment", udp4("239.1.2.3", 5002, 99), "any group port"},
		{"more fragments", udp4("239.1.2.3", 5002, 0x2000), "any group"},
		{"another protocol", ipv4(103, "239.1.2.3"), "group"},
		{"cut", udp4("239.1.2.3", 5000, 0)[:26], "any group"},
		{"source", udp4("232.1.2.3", 5000, 0), "any source"},
		{"source, another port", udp4("232.1.2.3", 5001, 0), "any"},
		{"another source", slices.Concat(udp4("232.1.2.3", 5000, 0)[:12], []byte{10, 0, 0, 9}, udp4("232.1.2.3", 5000, 0)[16:]), "any"},
		{"the group6", udp6("ff05::1", 17, nil, 5000), "any group port"},
		{"its second port6", udp6("ff05::1", 17, nil, 5001), "any group port"},
		{"another port6", udp6("ff05::1", 17, nil, 5002), "any group"},
		{"another group6", udp6("ff05::1:1", 17, nil, 5000), "any"},
		{"behind options", udp6("ff05::1", 0, options, 5002), "any group port"},
		{"first fragment", udp6("ff05::1", 44, first, 5001), "any group port"},
		{"first fragment, another port", udp6("ff05::1", 44, first, 5002), "any group"},
		{"later fragment", udp6("ff05::1", 44, later, 5002), "any group port"},
		{"another protocol6", udp6("ff05::1", 103, nil, 0), "group"},
		{"source6", udp6("ff35::1", 17, nil, 5000), "any source"},
		{"another source6", slices.Concat(udp6("ff35::1", 17, nil, 5000)[:8], other, udp6("ff35::1", 17, nil, 5000)[24:]), "any"},
		{"nothing", nil, ""},
		{"ARP", []byte{0, 1, 8, 0, 6, 4, 0, 1}, ""},
	} {
		kind := []byte{0x08, 0x00}
		if len(tt.packet) > 0 && tt.packet[0]>>4 == 6 {
			kind = []byte{0x86, 0xdd}
		} else if tt.name == "ARP" {
			kind = []byte{0x08, 0x06}
		}
		macs := make([]byte, 12)
		for layer, packet := range map[string][]byte{
			"IP": tt.packet, "Ethernet": slices.Concat(macs, kind, tt.packet),
			"VLAN": slices.Concat(macs, []byte{0x81, 0, 0, 5}, kind, tt.packet), "QinQ's outer": slices.Concat(macs, []byte{0x88, 0xa8, 0, 5}, kind, tt.packet),
		} {
			for name, filter := range filters {
				want := slices.Contains(strings.Fields(tt.taken), name) || name == "all"
				if got := takes(t, filter, layer != "IP", packet); got != want {
					t.Errorf("%s over %s, filter %s: taken %v, want %v", tt.name, layer, name, got, want)
				}
			}
		}
	}
}

func takes(t testing.TB, f FrameFilter, ethernet bool, packet []byte) bool {
	t.Helper()
	program, err := f.program(ethernet)
	if err != nil {
		t.Fatal(err)
	}
	vm, err := bpf.NewVM(program)
	if err != nil {
		t.Fatal(err)
	}
	n, err := vm.Run(packet)
	if err != nil {
		t.Fatal(err)
	}
	return n > 0
}

// As many groups as there may be still are a program, and each is found.
func TestManyFrameGroups(t *testing.T) {
	var f FrameFilter
	for i := range MaxFrameGroups {
		g := FrameGroup{Addr: netip.AddrFrom4([4]byte{239, 1, 1, byte(i)}), Port: 5000, Source: netip.MustParseAddr("10.0.0.1")}
		if i%2 == 0 {
			g = FrameGroup{Addr: netip.MustParseAddr(fmt.Sprintf("ff35::%x", i+1)), Port: 5000, Source: netip.MustParseAddr("fe80::1")}
		}
		f.Groups = append(f.Groups, g)
	}
	for i, g := range f.Groups {
		packet := udp4
		if g.Addr.Is6() {
			packet = func(to string, port, _ uint16) []byte { return udp6(to, 17, nil, port) }
		}
		if !takes(t, f, false, packet(g.Addr.String(), 5000, 0)) || takes(t, f, false, packet(g.Addr.String(), 5001, 0)) {
			t.Errorf("group %d: %s", i, g.Addr)
		}
	}
	f.Groups = append(f.Groups, f.Groups[0])
	if _, err := f.program(true); err == nil {
		t.Error("one more group is taken")
	}
	for _, bad := range []FrameGroup{{}, {Addr: netip.MustParseAddr("10.0.0.1")}, {Addr: netip.MustParseAddr("239.1.2.3"), Source: netip.MustParseAddr("fe80::1")}} {
		if _, err := (FrameFilter{Groups: []FrameGroup{bad}}).program(true); err == nil {
			t.Errorf("%+v is taken for a group", bad)
		}
	}
}
