package host

import (
	"encoding/binary"
	"fmt"
	"io/fs"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
)

const (
	udpText = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops            \n" +
		" 4371: 0100007F:04D2 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 12345 2 0000000000000000 17           \n" +
		" 4372: 00000000:0000 00000000:0000 07 00000000:00000000 00:00000000 00000000 4294967294        0 18446744073709551615 2 0000000000000000 0\n"
	udp6Text = "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n" +
		" 1: 00000000000000000000000001000000:04D3 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 7 2 0000000000000000 0\n" +
		" 2: 0000000000000000FFFF00000100007F:04D4 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 8 2 0000000000000000 0\n"
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

// A table that is cut or does not read is not known at all.
func TestBrokenSockets(t *testing.T) {
	for _, tt := range []struct{ name, text string }{
		{"a socket that is cut", udpText[:200]},
		{"a port of 17 bits", strings.Replace(udpText, "04D2", "104D2", 1)},
		{"an address of 5 bytes", strings.Replace(udpText, "0100007F", "0100007F00", 1)},
		{"a negative uid", strings.Replace(udpText, "  1000", "    -1", 1)},
	} {
		if got, err := parseSockets(strings.NewReader(tt.text)); err == nil {
			t.Errorf("%s is read as %v, want an error", tt.name, got)
		}
	}
}

func FuzzSockets(f *testing.F) {
	for _, s := range []string{udpText, udp6Text} {
		f.Add(s)
		f.Add(s[:len(s)*2/3])
	}
	f.Fuzz(func(t *testing.T, text string) { _, _ = parseSockets(strings.NewReader(text)) })
}

// A program is found by the files that it has open. Those of other users are
// not told, and a process may end while it is looked at.
func TestPrograms(t *testing.T) {
	link := func(target string) *fstest.MapFile {
		return &fstest.MapFile{Mode: fs.ModeSymlink, Data: []byte(target)}
	}
	root := fstest.MapFS{
		"proc/self/fd/3": link("socket:[77]"),
		"proc/self/comm": {Data: []byte("groupcast\n")},
		"proc/12/fd/0":   link("/dev/null"),
		"proc/12/fd/9":   link("socket:[78]"),
		"proc/12/comm":   {Data: []byte("py\x1b[2Jthon\n")},
		"proc/13/fd/9":   link("socket:[x"),
		"proc/14/comm":   {Data: []byte("another user's")},
		"proc/15/fd/1":   link("socket:[79]"),
		"proc/uptime":    {Data: []byte("1")},
	}
	at := func(port uint16, inode uint64) Socket {
		return Socket{Local: netip.AddrPortFrom(netip.IPv4Unspecified(), port), Inode: inode}
	}
	sockets := []Socket{at(1234, 77), at(1234, 78), at(9, 78), at(1234, 79), at(1234, 80), at(1234, 0)}
	NameSockets(root, sockets, 1234)
	for n, want := range []string{"groupcast (", "py\ufffd[2Jthon (12)", "", " (15)", "", ""} {
		if got := sockets[n].Program; want == "" && got != "" || !strings.HasPrefix(got, want) {
			t.Errorf("socket %d is of %q, want %q", n, got, want)
		}
		if sockets[n].Own != (n == 0) {
			t.Errorf("socket %d is our own: %t", n, sockets[n].Own)
		}
	}
}

// Where there are too many processes to look at, none is looked at.
func TestManyProcesses(t *testing.T) {
	root := fstest.MapFS{"proc/1/fd/3": {Mode: fs.ModeSymlink, Data: []byte("socket:[78]")}}
	for n := range maxProcesses {
		root[fmt.Sprintf("proc/%d/comm", n+2)] = &fstest.MapFile{}
	}
	sockets := []Socket{{Inode: 78}}
	if NameSockets(root, sockets, 0); sockets[0].Program != "" {
		t.Errorf("the program is %q, want none", sockets[0].Program)
	}
}
