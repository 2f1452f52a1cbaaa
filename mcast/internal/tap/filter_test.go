package tap

import (
	"net/netip"
	"slices"
	"testing"

	"golang.org/x/net/bpf"
)

// ipv4 is a header with a protocol and a destination.
func ipv4(protocol byte, to string) []byte {
	b := append(make([]byte, 16), netip.MustParseAddr(to).AsSlice()...)
	b[0], b[9] = 0x46, protocol
	return append(b, 0x94, 4, 0, 0, 0x16, 0, 0, 0)
}

// ipv6 is a header, what follows it, and the first byte of ICMPv6.
func ipv6(next byte, extension []byte, icmp ...byte) []byte {
	b := make([]byte, 40)
	b[0], b[6] = 0x60, next
	return slices.Concat(b, extension, icmp)
}

func runs(t *testing.T, f Filter, packet []byte) bool {
	t.Helper()
	vm, err := bpf.NewVM(f.program)
	if err != nil {
		t.Fatal(err)
	}
	n, err := vm.Run(packet)
	if err != nil {
		t.Fatal(err)
	}
	return n > 0
}

func TestMembershipFilter(t *testing.T) {
	alert := []byte{58, 0, 5, 2, 0, 0, 1, 0}                  // hop-by-hop of 8 bytes: router alert
	long := append([]byte{58, 2, 1, 20}, make([]byte, 20)...) // of 24 bytes
	for _, tt := range []struct {
		name   string
		packet []byte
		want   bool
	}{
		{"IGMP", ipv4(2, "224.0.0.22"), true},
		{"IGMP to one host", ipv4(2, "10.0.0.1"), true},
		{"UDP", ipv4(17, "224.0.0.22"), false},
		{"ICMP", ipv4(1, "224.0.0.1"), false},
		{"no version", append([]byte{0x26}, ipv4(2, "224.0.0.22")[1:]...), false},
		{"MLD query", ipv6(0, alert, 130, 0), true},
		{"MLD report", ipv6(0, alert, 131, 0), true},
		{"MLD done", ipv6(0, alert, 132, 0), true},
		{"MLDv2 report", ipv6(0, alert, 143, 0), true},
		{"MLD without hop-by-hop", ipv6(58, nil, 143, 0), true},
		{"MLD behind long options", ipv6(0, long, 130, 0), true},
		{"router solicitation", ipv6(58, nil, 133, 0), false},
		{"packet too big", ipv6(58, nil, 2, 0), false},
		{"129", ipv6(0, alert, 129, 0), false},
		{"142", ipv6(0, alert, 142, 0), false},
		{"144", ipv6(0, alert, 144, 0), false},
		{"UDP behind hop-by-hop", ipv6(0, append([]byte{17}, alert[1:]...), 130, 0), false},
		{"UDP6", ipv6(17, nil, 130, 0), false},
		{"options that say they are longer than the packet", ipv6(0, []byte{58, 255, 5, 2, 0, 0, 1, 0}, 130), false},
		{"cut in the header", ipv6(0, nil), false},
		{"nothing", nil, false},
	} {
		if got := runs(t, Membership(), tt.packet); got != tt.want {
			t.Errorf("%s: taken %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestSentToFilter(t *testing.T) {
	f, err := SentTo(netip.MustParseAddr("224.0.0.251"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		packet []byte
		want   bool
	}{
		{ipv4(17, "224.0.0.251"), true},
		{ipv4(17, "224.0.0.252"), false},
		{ipv6(17, nil, 0), false},
		{ipv4(17, "224.0.0.251")[:18], false},
	} {
		if got := runs(t, f, tt.packet); got != tt.want {
			t.Errorf("% x: taken %v, want %v", tt.packet, got, tt.want)
		}
	}
	for _, bad := range []netip.Addr{{}, netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("ff02::fb")} {
		if _, err := SentTo(bad); err == nil {
			t.Errorf("%v is taken for an IPv4 group", bad)
		}
	}
}

// What a filter says of a packet never fails, whatever is in the packet.
func FuzzMembershipFilter(f *testing.F) {
	f.Add(ipv4(2, "224.0.0.22"))
	f.Add(ipv6(0, []byte{58, 0, 5, 2, 0, 0, 1, 0}, 143))
	f.Fuzz(func(t *testing.T, packet []byte) { runs(t, Membership(), packet) })
}
