package echo

import (
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"
)

// A filter is set, replaced and taken away. A silence is proved by a datagram
// that was sent later and does arrive.
func TestFilter(t *testing.T) {
	at, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer at.Close()
	raw, err := at.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	source := func(host int) string { return fmt.Sprintf("127.0.0.%d", host) }
	send := func(host int) {
		t.Helper()
		c, err := net.DialUDP("udp4", &net.UDPAddr{IP: net.ParseIP(source(host))}, at.LocalAddr().(*net.UDPAddr))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Write([]byte("hello")); err != nil {
			t.Fatal(err)
		}
	}
	var many []int
	for host := range maxFlooding {
		many = append(many, host+2)
	}
	for _, step := range []struct {
		name string
		out  []int
	}{
		{"one source", []int{2}}, {"another", []int{3}}, {"both", []int{3, 2}}, {"none", nil}, {"as many as there may be", many}, {"none again", nil},
	} {
		var list []netip.Prefix
		out := map[string]bool{}
		for _, host := range step.out {
			list = append(list, netip.PrefixFrom(netip.MustParseAddr(source(host)), 32))
			out[source(host)] = true
		}
		if err := setFilter(raw, list); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		var want []string
		for host := 2; host < 20; host++ {
			send(host)
			if !out[source(host)] {
				want = append(want, source(host))
			}
		}
		at.SetReadDeadline(time.Now().Add(5 * time.Second))
		for _, w := range want {
			b := make([]byte, 100)
			n, from, err := at.ReadFromUDPAddrPort(b)
			if err != nil || from.Addr().Unmap().String() != w || string(b[:n]) != "hello" {
				t.Fatalf("%s shut out: heard %q of %s (%v), want hello of %s", step.name, b[:n], from, err, w)
			}
		}
	}
}
