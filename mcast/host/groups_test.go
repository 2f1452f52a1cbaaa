package host

import (
	"encoding/binary"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"
)

// procIGMP is /proc/net/igmp of a little-endian host.
const procIGMP = `Idx	Device    : Count Querier	Group    Users Timer	Reporter
1	lo        :     1      V3
				010000E0     1 0:00000000		0
2	eth0      :     2      V2
				720000E0     2 1:0000012C		1
				010000E0     1 0:00000000		0
31	eth0:1    :     0      V3
32	wide n  :     0      V3
`

func TestParseIGMP(t *testing.T) {
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		t.Skip("the sample is from a little-endian host")
	}
	all := netip.MustParseAddr("224.0.0.1")
	want := []InterfaceGroups{
		{1, "lo", 3, []JoinedGroup{{Addr: all, Users: 1}}},
		{2, "eth0", 2, []JoinedGroup{{Addr: testGroup, Users: 2, Reporting: true, Due: 3 * time.Second, Reporter: true}, {Addr: all, Users: 1}}},
		{31, "eth0:1", 3, nil},
		{32, "wide\u2003n", 3, nil},
	}
	got, err := parseIGMP(strings.NewReader(procIGMP))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("parseIGMP = %v, %v; want %v", got, err, want)
	}
}

func TestParseIGMPErrors(t *testing.T) {
	const head = "Idx\tDevice\n"
	for _, text := range []string{
		head + "2\teth0\n",
		head + "x\teth0 : 1 V3\n",
		head + "2\teth0 : 1 Vx\n",
		head + "2\teth0 : 1 V3\n\t\tnothex 1\n",
		head + "2\teth0 : 1 V3\n\t\t010000E0\n",
		head + "2\teth0 : 1 V3\n\t\t010000E0 many\n",
		head + "2\teth0 : 1 V3\n\t\t010000E0 1 soon 0\n",
		head + strings.Repeat("x", 1<<17),
	} {
		if got, err := parseIGMP(strings.NewReader(text)); err == nil {
			t.Errorf("parseIGMP(%q) = %v, want an error", text, got)
		}
	}
}

func FuzzParseIGMP(f *testing.F) {
	f.Add(procIGMP)
	f.Fuzz(func(t *testing.T, text string) {
		list, err := parseIGMP(strings.NewReader(text))
		if err != nil && list != nil {
			t.Errorf("both %v and %v", list, err)
		}
	})
}

func TestParseMLD(t *testing.T) {
	const text = "1    lo              ff020000000000000000000000000001     1 0000000C 0\n" +
		"2    eth0            ff020000000000000000000000000114     2 00000007 250\n" +
		"2    eth0            ff020000000000000000000000000001     1 0000000C 0\n"
	addr := netip.MustParseAddr
	want := []InterfaceGroups{
		{1, "lo", 0, []JoinedGroup{{Addr: addr("ff02::1"), Users: 1}}},
		{2, "eth0", 0, []JoinedGroup{{Addr: addr("ff02::114"), Users: 2, Reporting: true, Due: 2500 * time.Millisecond, Reporter: true}, {Addr: addr("ff02::1"), Users: 1}}},
	}
	got, err := parseMLD(strings.NewReader(text))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("parseMLD = %v, %v; want %v", got, err, want)
	}
	for _, text := range []string{"2 eth0 ff02", "x eth0 ff020000000000000000000000000001 1", "2 eth0 ff02 1", "2 eth0 zz 1", "2 eth0 ff020000000000000000000000000001 1 zz 0", strings.Repeat("x", 1<<17)} {
		if got, err := parseMLD(strings.NewReader(text)); err == nil {
			t.Errorf("parseMLD(%.20q) = %v, want an error", text, got)
		}
	}
}

func FuzzParseMLD(f *testing.F) {
	f.Add("2    eth0            ff020000000000000000000000000114     2 00000004 0\n")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := parseMLD(strings.NewReader(text))
		if err != nil && list != nil {
			t.Errorf("both %v and %v", list, err)
		}
	})
}
