package tui

import (
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast"
)

func TestCommands(t *testing.T) {
	s := before()
	other, err := mcast.ParseGroup("239.1.2.3:5000")
	if err != nil {
		t.Fatal(err)
	}
	s.Groups = append(s.Groups, other)
	for _, tc := range []struct {
		line string
		want Action
	}{
		{"", nil},
		{"  ", nil},
		{"hello", Say{"hello"}},
		{" /ttl 3", Say{" /ttl 3"}},
		{"//ttl 3", Say{"/ttl 3"}},
		{"/join 239.1.2.3:5000", Join{Group: other}},
		{"/join 239.1.2.3:5000 eth0", Join{Group: other, Interface: "eth0"}},
		{"/join 239.1.2.3:5000 3", Join{Group: other, Interface: "eth1"}},
		{"/leave", Leave{}},
		{"/leave eth1", Leave{Interface: "eth1"}},
		{"/leave 239.1.2.3", Leave{Group: other}},
		{"/leave 239.1.2.3:5000 eth0", Leave{Group: other, Interface: "eth0"}},
		{"/interface eth0", UseInterface{"eth0"}},
		{"/interface 192.168.8.164", UseInterface{"eth0"}},
		{"/interface default", UseInterface{"default"}},
		{"/loopback on", SetLoopback{true}},
		{"/loopback off", SetLoopback{false}},
		{"/ttl 0", SetHops{0}},
		{"/hops 255", SetHops{255}},
		{"/help", showHelp{}},
		{"/quit", quit{}},
	} {
		got, err := parse(tc.line, s)
		if err != nil || got != tc.want {
			t.Errorf("%q means %#v (%v), want %#v", tc.line, got, err, tc.want)
		}
	}
}

func TestWrongCommands(t *testing.T) {
	s := before()
	for _, tc := range []struct{ line, err, hint string }{
		{"/join", "want a group", "usage: /join GROUP"},
		{"/join 10.0.0.1", "not a multicast address", "239.0.0.0 to 239.255.255.255"},
		{"/join 239.1.2.3:70000", "not a UDP port", "usage: /join"},
		{"/join 239.1.2.3 eth7", "no such interface", "there are: lo, eth0, eth1"},
		{"/leave 239.1.2.3", "is not joined", "joined: 224.0.0.114:1234"},
		{"/leave eth7", "no such interface", "eth0, eth1"},
		{"/leave 224.0.0.114 eth0 eth1", "too many", "usage: /leave"},
		{"/interface", "want one interface", "usage: /interface NAME"},
		{"/loopback maybe", "want on or off", "usage: /loopback on|off"},
		{"/ttl 256", "from 0 to 255", "router"},
		{"/ttl -1", "from 0 to 255", "router"},
		{"/intrface eth0", "no such command", "did you mean /interface?"},
		{"/hop 3", "no such command", "did you mean /ttl?"},
		{"/etc/hosts", "no such command", "//etc/hosts"},
	} {
		a, err := parse(tc.line, s)
		adv, ok := err.(advice)
		if !ok || a != nil || !strings.Contains(adv.Error(), tc.err) || !strings.Contains(adv.hint, tc.hint) {
			t.Errorf("%q: %#v, error %q, hint %q; want an error with %q and a hint with %q", tc.line, a, adv.error, adv.hint, tc.err, tc.hint)
		}
	}
}

func TestCompletion(t *testing.T) {
	s := before()
	for _, tc := range []struct {
		line, want string
		ok         bool
	}{
		{"", "", false},
		{"hello", "hello", false},
		{"/j", "/join ", true},
		{"/l", "/l", false},
		{"/le", "/leave ", true},
		{"/q", "/quit", true},
		{"//q", "//q", false},
		{"/interface e", "/interface eth", true},
		{"/interface eth", "/interface eth", false},
		{"/interface d", "/interface default", true},
		{"/loopback of", "/loopback off", true},
		{"/leave 2", "/leave 224.0.0.114:1234", true},
		{"/ttl ", "/ttl ", false},
	} {
		if got, ok := complete(tc.line, s); got != tc.want || ok != tc.ok {
			t.Errorf("tab behind %q gives %q, %v; want %q, %v", tc.line, got, ok, tc.want, tc.ok)
		}
	}
}
