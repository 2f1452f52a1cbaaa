package mcast_test

import (
	"errors"
	"net/netip"
	"runtime"
	"syscall"
	"testing"

	"github.com/groupcast/groupcast/mcast"
)

func TestPeerErrorReads(t *testing.T) {
	four, six := netip.MustParseAddrPort("192.168.1.11:9"), netip.MustParseAddrPort("[fd00:1::11]:9")
	for want, e := range map[string]mcast.PeerError{
		"192.168.1.11:9 refused it: ICMP port unreachable (3, 3) from 192.168.1.11": {
			To: four, From: four.Addr(), Type: 3, Code: 3, Err: syscall.ECONNREFUSED},
		"192.168.1.11:9 is unreachable: ICMP administratively prohibited (3, 13) from 192.168.1.1": {
			To: four, From: netip.MustParseAddr("192.168.1.1"), Type: 3, Code: 13, Err: syscall.EHOSTUNREACH},
		"192.168.1.11:9 is unreachable: no route to host, says this host": {
			To: four, Err: syscall.EHOSTUNREACH},
		"192.168.1.11:9 is behind a path with a smaller MTU than the datagram: ICMP fragmentation needed (3, 4) from 192.168.1.1": {
			To: four, From: netip.MustParseAddr("192.168.1.1"), Type: 3, Code: 4, Err: syscall.EMSGSIZE},
		"192.168.1.11:9 is unreachable: ICMP protocol error (99, 1) from 192.168.1.1": {
			To: four, From: netip.MustParseAddr("192.168.1.1"), Type: 99, Code: 1, Err: errors.New("protocol error")},
		"[fd00:1::11]:9 refused it: ICMPv6 port unreachable (1, 4) from fd00:1::11": {
			To: six, From: six.Addr(), Type: 1, Code: 4, Err: syscall.ECONNREFUSED},
	} {
		if got := e.String(); got != want {
			t.Errorf("%+v reads\n%s\nwant\n%s", e, got, want)
		}
		if e.Local() != (e.From == netip.Addr{}) {
			t.Errorf("%s: Local() = %v", want, e.Local())
		}
	}
}

// Where there is no error queue, only a connected Conn may be asked for it.
func TestPeerErrorElsewhere(t *testing.T) {
	if runtime.GOOS == "linux" {
		t.Skip("Linux has it")
	}
	cfg := mcast.Config{Addr: netip.MustParseAddr("127.0.0.1"), PeerError: func(mcast.PeerError) {}}
	if _, err := mcast.Listen(t.Context(), cfg); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("not connected: %v, want %v", err, errors.ErrUnsupported)
	}
	cfg.Remote = netip.MustParseAddrPort("127.0.0.1:9")
	c, err := mcast.Listen(t.Context(), cfg)
	if err != nil {
		t.Fatalf("connected: %v", err)
	}
	c.Close()
}
