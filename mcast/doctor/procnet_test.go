package doctor

import (
	"encoding/binary"
	"io"
	"maps"
	"net/netip"
	"reflect"
	"strings"
	"testing"
)

const (
	udpText = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops            \n" +
		" 4371: 0100007F:04D2 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 12345 2 0000000000000000 17           \n" +
		" 4372: 00000000:0000 00000000:0000 07 00000000:00000000 00:00000000 00000000 4294967294        0 18446744073709551615 2 0000000000000000 0\n"
	udp6Text = "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n" +
		" 1: 00000000000000000000000001000000:04D3 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 7 2 0000000000000000 0\n" +
		" 2: 0000000000000000FFFF00000100007F:04D4 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 8 2 0000000000000000 0\n"
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

// littleEndian is where the texts were recorded.
func littleEndian(t *testing.T) {
	t.Helper()
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		t.Skip("the texts are of a little-endian host")
	}
}

func TestParseSockets(t *testing.T) {
	littleEndian(t)
	for _, tt := range []struct {
		text string
		want []Socket
	}{
		{"", []Socket{}},
		{udpText, []Socket{
			{Local: netip.MustParseAddrPort("127.0.0.1:1234"), UID: 1000, Inode: 12345, Drops: 17},
			{Local: netip.MustParseAddrPort("0.0.0.0:0"), UID: 4294967294, Inode: 18446744073709551615},
		}},
		{udp6Text, []Socket{
			{Local: netip.MustParseAddrPort("[::1]:1235"), Inode: 7},
			{Local: netip.MustParseAddrPort("127.0.0.1:1236"), Inode: 8},
		}},
	} {
		got, err := parseSockets(strings.NewReader(tt.text))
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s\n%v, %v, want %v", tt.text, got, err, tt.want)
		}
	}
}

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
	got, err := parseCounters(strings.NewReader(counterText))
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
}

// A table that is cut or does not read is not known at all.
func TestBrokenTables(t *testing.T) {
	socketsOf := func(r io.Reader) (any, error) { return parseSockets(r) }
	filtersOf := func(r io.Reader) (any, error) { return parseFilters(r) }
	hardwareOf := func(r io.Reader) (any, error) { return parseHardwareGroups(r) }
	for _, tt := range []struct {
		name, text string
		parse      func(io.Reader) (any, error)
	}{
		{"a socket that is cut", udpText[:200], socketsOf},
		{"a port of 17 bits", strings.Replace(udpText, "04D2", "104D2", 1), socketsOf},
		{"an address of 5 bytes", strings.Replace(udpText, "0100007F", "0100007F00", 1), socketsOf},
		{"a negative uid", strings.Replace(udpText, "  1000", "    -1", 1), socketsOf},
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

func FuzzSockets(f *testing.F) {
	fuzzText(f, func(r io.Reader) error { _, err := parseSockets(r); return err }, udpText, udp6Text)
}

func FuzzFilters(f *testing.F) {
	fuzzText(f, func(r io.Reader) error { _, err := parseFilters(r); return err }, filterText, filter6Text)
}

func FuzzHardwareGroups(f *testing.F) {
	fuzzText(f, func(r io.Reader) error { _, err := parseHardwareGroups(r); return err }, hardwareText)
}

func FuzzCounters(f *testing.F) {
	fuzzText(f, func(r io.Reader) error { _, err := parseCounters(r); return err }, counterText)
}
