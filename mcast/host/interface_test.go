package host

import (
	"errors"
	"net"
	"net/netip"
	"testing"
)

const running = net.FlagUp | net.FlagRunning | net.FlagMulticast

func iface(index int, name string, flags net.Flags, addrs ...string) Interface {
	i := Interface{Index: index, Name: name, Flags: flags, MTU: 1500}
	for _, a := range addrs {
		i.Addrs = append(i.Addrs, netip.MustParsePrefix(a))
	}
	return i
}

func TestFindInterface(t *testing.T) {
	list := []Interface{
		iface(1, "lo", net.FlagLoopback, "127.0.0.1/8"),
		iface(2, "eth0", running, "192.168.8.164/24"),
		iface(7, "3", running, "10.0.0.1/8"), // a name that looks like an index
		iface(3, "eth1", running, "fe80::1/64"),
	}
	for key, want := range map[string]int{"eth0": 2, "2": 2, "192.168.8.164": 2, "3": 7, "7": 7, "fe80::1": 3} {
		got, err := Find(list, key)
		if err != nil || got.Index != want {
			t.Errorf("FindInterface(%q) = %v, %v; want index %d", key, got, err, want)
		}
	}
	for _, key := range []string{"", "eth9", "99", "192.168.8.1", "eth"} {
		if got, err := Find(list, key); !errors.Is(err, ErrNoInterface) {
			t.Errorf("FindInterface(%q) = %v, %v; want ErrNoInterface", key, got, err)
		}
	}
}

func TestReady(t *testing.T) {
	tests := []struct {
		i      Interface
		ready  error
		usable bool
	}{
		{iface(2, "eth0", running, "192.168.8.164/24"), nil, true},
		{iface(2, "eth0", running, "169.254.1.1/16"), nil, true},
		{iface(2, "eth0", running), ErrNoAddress, false},
		{iface(2, "eth0", running, "fe80::1/64"), ErrNoAddress, false},
		{iface(2, "eth0", net.FlagMulticast, "192.168.8.164/24"), ErrInterfaceDown, false},
		{iface(2, "eth0", net.FlagUp|net.FlagMulticast, "192.168.8.164/24"), ErrInterfaceDown, false}, // no carrier
		{iface(2, "ppp0", net.FlagUp|net.FlagRunning, "10.0.0.1/32"), nil, false},                     // multicast switched off
		{iface(1, "lo", net.FlagUp|net.FlagRunning|net.FlagLoopback, "127.0.0.1/8"), nil, false},
		{iface(1, "lo", net.FlagLoopback), ErrInterfaceDown, false},
	}
	for _, tt := range tests {
		if err := tt.i.Ready(testGroup); !errors.Is(err, tt.ready) {
			t.Errorf("%s %s %v: Ready() = %v, want %v", tt.i.Name, tt.i.Flags, tt.i.Addrs, err, tt.ready)
		}
		if got := tt.i.Usable(testGroup); got != tt.usable {
			t.Errorf("%s %s %v: Usable() = %v, want %v", tt.i.Name, tt.i.Flags, tt.i.Addrs, got, tt.usable)
		}
	}
}

func TestAddrPrefersRoutable(t *testing.T) {
	i := iface(2, "eth0", running, "fe80::1/64", "169.254.1.1/16", "192.168.8.164/24", "2001:db8::1/64")
	for group, want := range map[string]string{"224.0.0.114": "192.168.8.164", "ff02::114": "2001:db8::1"} {
		if got := i.Addr(netip.MustParseAddr(group)).String(); got != want {
			t.Errorf("Addr(%s) = %s, want %s", group, got, want)
		}
	}
}

func TestReadyForIPv6(t *testing.T) {
	group := netip.MustParseAddr("ff02::114")
	if err := iface(2, "eth0", running, "192.168.8.164/24").Ready(group); !errors.Is(err, ErrNoAddress) {
		t.Errorf("with an IPv4 address only: %v, want ErrNoAddress", err)
	}
	if err := iface(2, "eth0", running, "fe80::1/64").Ready(group); err != nil {
		t.Errorf("with a link-local address: %v", err)
	}
}

func TestBroadcastOf(t *testing.T) {
	for network, want := range map[string]string{
		"192.168.8.226/24": "192.168.8.255",
		"169.254.1.2/16":   "169.254.255.255",
		"10.1.2.3/30":      "10.1.2.3",
		"10.1.2.9/29":      "10.1.2.15",
		"127.0.0.1/8":      "127.255.255.255",
		"10.1.2.3/31":      "",
		"10.1.2.3/32":      "",
		"2001:db8::1/64":   "",
	} {
		got, ok := BroadcastOf(netip.MustParsePrefix(network))
		if ok != (want != "") || ok && got.String() != want {
			t.Errorf("the broadcast address of %s is %v, %v; want %q", network, got, ok, want)
		}
	}
}

// testGroup is the group that groupcast joins when it is told no other.
var testGroup = netip.MustParseAddr("224.0.0.114")

// Who sends nothing needs no address. What is left out is what could be named.
func TestChooseToListen(t *testing.T) {
	port := iface(4, "veth0", running)
	port.Master = 9
	list := []Interface{
		iface(1, "lo", net.FlagLoopback|net.FlagUp|net.FlagRunning, "127.0.0.1/8"), iface(2, "eth0", running, "192.168.8.164/24"), iface(3, "na0", running),
		port, iface(5, "down0", net.FlagMulticast), iface(6, "tun0", net.FlagUp|net.FlagRunning),
	}
	group := netip.MustParseAddr("239.1.2.3")
	if c, err := ChooseToListen(list, []string{"na0", "eth0"}, group); err != nil || len(c.Joins) != 2 || c.Joins[0].Name != "na0" {
		t.Errorf("to listen: %+v, %v", c, err)
	}
	if _, err := Choose(list, []string{"na0"}, group); !errors.Is(err, ErrNoAddress) {
		t.Errorf("to send: %v, want ErrNoAddress", err)
	}
	if _, err := ChooseToListen(list, []string{"down0"}, group); !errors.Is(err, ErrInterfaceDown) {
		t.Errorf("an interface that is down: %v, want ErrInterfaceDown", err)
	}
	if c, err := ChooseToListen(list, nil, group); err != nil || len(c.Joins) != 1 || c.Joins[0].Name != "eth0" {
		t.Errorf("without names: %+v, %v", c, err)
	}
	if out := LeftOut(list, group); len(out) != 1 || out[0].Name != "na0" {
		t.Errorf("left out: %+v, want na0", out)
	}
}
