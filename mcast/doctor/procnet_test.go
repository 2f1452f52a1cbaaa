package doctor

import (
	"io"
	"maps"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/internal/procfs"
)

const (
	filterText = "Idx Device        MCA        SRC    INC    EXC\n" +
		"  2 \u00a0\xffeth 0xe8010203 0xc0a808e2      1      0\n"
	filter6Text = "Idx Device                Multicast Address                   Source Address    INC    EXC\n" +
		"  2   eth0 ff3e0000000000000000000000000114 20010db8000000000000000000000007      0      3\n"
	hardwareText = "2    eth0            1     0     01005e000072\n" +
		"2    eth0            2     1     333300000001\n" +
		"3    tun0            1     0     \n" +
		"4    ib0             1     0     00ffffffff12401bffff00000000000000000001\n"
	counterText = "Udp: InDatagrams NoPorts Absurd\nUdp: 257 0 18446744073709551616\n" +
		"Tcp: MaxConn Cut\nTcp: -1\n" +
		"Lost: Names\nIpExt: InMcastPkts\nIpExt: 4\n" +
		"Ip6ReasmFails                   	3\nIcmp6InGroupMembQueries  x\nodd\n6\n6 6\n"
)

func TestParseFilters(t *testing.T) {
	for text, want := range map[string][]Filter{
		"": {},
		filterText: {{IfIndex: 2, Group: netip.MustParseAddr("232.1.2.3"), Source: netip.MustParseAddr("192.168.8.226"),
			Include: 1}},
		filter6Text: {{IfIndex: 2, Group: netip.MustParseAddr("ff3e::114"), Source: netip.MustParseAddr("2001:db8::7"),
			Exclude: 3}},
	} {
		got, err := parseFilters(strings.NewReader(text))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s\n%v, %v, want %v", text, got, err, want)
		}
	}
}

func TestParseHardwareGroups(t *testing.T) {
	want := map[int][]HardwareGroup{
		2: {{"01:00:5e:00:00:72", 1}, {"33:33:00:00:00:01", 2}},
		4: {{"00:ff:ff:ff:ff:12:40:1b:ff:ff:00:00:00:00:00:00:00:00:00:01", 1}},
	}
	got, err := parseHardwareGroups(strings.NewReader(hardwareText))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
}

func TestParseCounters(t *testing.T) {
	want := map[string]uint64{"Udp.InDatagrams": 257, "Udp.NoPorts": 0, "IpExt.InMcastPkts": 4, "Ip6.ReasmFails": 3}
	got, err := procfs.Counters(strings.NewReader(counterText))
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
}

// A table that is cut or does not read is not known at all.
func TestBrokenTables(t *testing.T) {
	filtersOf := func(r io.Reader) (any, error) { return parseFilters(r) }
	hardwareOf := func(r io.Reader) (any, error) { return parseHardwareGroups(r) }
	for _, tt := range []struct {
		name, text string
		parse      func(io.Reader) (any, error)
	}{
		{"a filter that is cut", filterText[:70], filtersOf},
		{"a group of 3 bytes", strings.Replace(filterText, "0xe8010203", "0xe80102", 1), filtersOf},
		{"an absurd count", strings.Replace(filterText, "      1", " 99999999999", 1), filtersOf},
		{"a hardware address that is cut", hardwareText[:len("2    eth0            1     0     01005e00007")], hardwareOf},
		{"no counts", "2 eth0\n", hardwareOf},
		{"a line without end", strings.Repeat("x", 1<<17), hardwareOf},
	} {
		if got, err := tt.parse(strings.NewReader(tt.text)); err == nil {
			t.Errorf("%s is read as %v, want an error", tt.name, got)
		}
	}
}

func fuzzText(f *testing.F, parse func(io.Reader) error, seeds ...string) {
	for _, s := range seeds {
		f.Add(s)
		f.Add(s[:len(s)*2/3])
	}
	f.Fuzz(func(t *testing.T, text string) { _ = parse(strings.NewReader(text)) })
}

func FuzzFilters(f *testing.F) {
	fuzzText(f, func(r io.Reader) error { _, err := parseFilters(r); return err }, filterText, filter6Text)
}

func FuzzHardwareGroups(f *testing.F) {
	fuzzText(f, func(r io.Reader) error { _, err := parseHardwareGroups(r); return err }, hardwareText)
}

func FuzzCounters(f *testing.F) {
	fuzzText(f, func(r io.Reader) error { _, err := procfs.Counters(r); return err }, counterText)
}
