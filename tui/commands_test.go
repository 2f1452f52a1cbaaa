package tui

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/session"
)

func TestCommands(t *testing.T) {
	s := before()
	other, err := mcast.ParseGroup("239.1.2.3:5000")
	if err != nil {
		t.Fatal(err)
	}
	s.Groups = append(s.Groups, other)
	s.Blocked = []netip.Addr{netip.MustParseAddr("192.168.8.9")}
	for _, tc := range []struct {
		line string
		want order
	}{
		{"", nil},
		{"  ", nil},
		{"hello", session.Say{Text: "hello"}},
		{" /ttl 3", session.Say{Text: " /ttl 3"}},
		{"//ttl 3", session.Say{Text: "/ttl 3"}},
		{"/join 239.1.2.3:5000", session.Join{Group: other}},
		{"/join 239.1.2.3:5000 eth0", session.Join{Group: other, Interface: "eth0"}},
		{"/join 239.1.2.3:5000 3", session.Join{Group: other, Interface: "eth1"}},
		{"/join", openPicker{pickGroup}},
		{"/look 239.1.2.3:5000", session.Join{Group: other, ListenOnly: true}},
		{"/look 239.1.2.3:5000 eth0", session.Join{Group: other, Interface: "eth0", ListenOnly: true}},
		{"/source", openPicker{pickSource}},
		{"/source any", session.Source{}},
		{"/source 192.168.8.226", session.Source{Addr: hostB.Addr()}},
		{"/source ::ffff:192.168.8.226", session.Source{Addr: hostB.Addr()}},
		{"/block", openPicker{pickSource}},
		{"/block 192.168.8.226", session.Block{Addr: hostB.Addr(), On: true}},
		{"/unblock 192.168.8.9", session.Block{Addr: s.Blocked[0], On: false}},
		{"/who", showWho{}},
		{"/clear", clearTalk{}},
		{"/leave", session.Leave{}},
		{"/leave eth1", session.Leave{Interface: "eth1"}},
		{"/leave 239.1.2.3", session.Leave{Group: other}},
		{"/leave 239.1.2.3:5000 eth0", session.Leave{Group: other, Interface: "eth0"}},
		{"/interface", openPicker{pickInterface}},
		{"/interface eth0", session.UseInterface{Interface: "eth0"}},
		{"/interface 192.168.8.164", session.UseInterface{Interface: "eth0"}},
		{"/interface default", session.UseInterface{Interface: "default"}},
		{"/loopback on", session.SetLoopback{On: true}},
		{"/loopback off", session.SetLoopback{On: false}},
		{"/ttl 0", session.SetHops{Hops: 0}},
		{"/hops 255", session.SetHops{Hops: 255}},
		{"/help", showHelp{}},
		{"/quit", quit{}},
	} {
		got, err := parse(tc.line, s)
		if err != nil || got != tc.want {
			t.Errorf("%q means %#v (%v), want %#v", tc.line, got, err, tc.want)
		}
	}
}

func TestSaveTakesTheRestOfTheLine(t *testing.T) {
	for line, want := range map[string]string{
		"/save talk.txt":           "talk.txt",
		"/save  my  own talk.txt ": "my  own talk.txt",
	} {
		if got, err := parse(line, before()); err != nil || !reflect.DeepEqual(got, session.Save{File: want}) {
			t.Errorf("%q means %#v (%v), want the file %q", line, got, err, want)
		}
	}
}

func TestSourcesOfAnIPv6Group(t *testing.T) {
	s := before()
	s.Group = known("[ff02::114]:1234")
	want := netip.MustParseAddr("fe80::1%eth0")
	if got, err := parse("/source fe80::1%eth0", s); err != nil || got != (session.Source{Addr: want}) {
		t.Errorf("a link-local source with its zone: %#v (%v), want %v", got, err, want)
	}
	s.Blocked = []netip.Addr{netip.MustParseAddr("fe80::1")}
	if got, err := parse("/unblock fe80::1%eth0", s); err != nil || got != (session.Block{Addr: want}) {
		t.Errorf("/unblock with a zone: %#v (%v), want %v heard again", got, err, want)
	}
	_, err := parse("/block 192.168.8.226", s)
	if err == nil || !strings.Contains(err.Error(), "is IPv4, and the group ff02::114 is IPv6") {
		t.Errorf("blocking an IPv4 source of an IPv6 group: %v", err)
	}
}

func TestBlockingWhereOneSourceIsHeard(t *testing.T) {
	s := before()
	s.Group.Source = hostB.Addr()
	_, err := parse("/block 192.168.8.9", s)
	if err == nil || !strings.Contains(Hint(err), "/source any") {
		t.Errorf("want the advice to hear all first, got %v (%s)", err, Hint(err))
	}
}

func TestWrongCommands(t *testing.T) {
	s := before()
	for _, tc := range []struct{ line, err, hint string }{
		{"/join 239.1.2.3 eth0 eth1", "want a group", "usage: /join [GROUP"},
		{"/look", "want a group", "usage: /look GROUP"},
		{"/look 10.0.0.1", "not a multicast address", "such as /look 239.1.2.3:5000"},
		{"/source bob", "bob is not an IP address", "/who"},
		{"/source 192.168.8.226:1234", "has a port", "/source 192.168.8.226"},
		{"/source 224.0.0.114", "multicast address", "/who"},
		{"/source 0.0.0.0", "not the address of a host", "/who"},
		{"/source fe80::1", "is IPv6, and the group 224.0.0.114 is IPv4", "/who"},
		{"/source 10.0.0.1 10.0.0.2", "want one address", "usage: /source [ADDRESS|any]"},
		{"/block 10.0.0.1 10.0.0.2", "want one address", "usage: /block"},
		{"/unblock", "want one address", "nobody is blocked"},
		{"/unblock 192.168.8.226", "is not blocked", "nobody is blocked"},
		{"/save", "want the name of a file", "/save talk.txt"},
		{"/sorce any", "no such command", "did you mean /source?"},
		{"/join 10.0.0.1", "not a multicast address", "239.0.0.0 to 239.255.255.255"},
		{"/join 239.1.2.3:70000", "not a UDP port", "usage: /join"},
		{"/join 239.1.2.3 eth7", "no such interface", "there are: lo, eth0, eth1"},
		{"/leave 239.1.2.3", "is not joined", "joined: 224.0.0.114:1234"},
		{"/leave eth7", "no such interface", "eth0, eth1"},
		{"/leave 224.0.0.114 eth0 eth1", "too many", "usage: /leave"},
		{"/interface eth0 eth1", "want one interface", "usage: /interface [NAME"},
		{"/loopback maybe", "want on or off", "usage: /loopback on|off"},
		{"/ttl 256", "from 0 to 255", "router"},
		{"/ttl -1", "from 0 to 255", "router"},
		{"/intrface eth0", "no such command", "did you mean /interface?"},
		{"/hop 3", "no such command", "did you mean /ttl?"},
		{"/etc/hosts", "no such command", "//etc/hosts"},
	} {
		a, err := parse(tc.line, s)
		adv, ok := err.(*mcast.Advised)
		if !ok || a != nil || !strings.Contains(adv.Error(), tc.err) || !strings.Contains(adv.Advice, tc.hint) {
			t.Errorf("%q: %#v, error %q, hint %q; want an error with %q and a hint with %q", tc.line, a, adv.Err, adv.Advice, tc.err, tc.hint)
		}
	}
}

func TestCompletion(t *testing.T) {
	s := before()
	s.Blocked = []netip.Addr{netip.MustParseAddr("10.1.2.3")}
	s.Recent = []mcast.Group{known("239.7.7.7:7777")}
	for _, tc := range []struct {
		line, want string
		ok         bool
	}{
		{"", "", false},
		{"hello", "hello", false},
		{"/j", "/join ", true},
		{"/l", "/l", false},
		{"/lo", "/loo", true},
		{"/loo", "/loo", false},
		{"/join 239.7", "/join 239.7.7.7:7777", true},
		{"/join 224.2", "/join 224.2.127.254:9875", true},
		{"/look [ff02::f", "/look [ff02::fb]:5353", true},
		{"/look 239.7.7.7:7777 l", "/look 239.7.7.7:7777 lo", true},
		{"/join 239.7.7.7:7777 2", "/join 239.7.7.7:7777 2", false},
		{"/source 1", "/source 192.168.8.226", true},
		{"/source a", "/source any", true},
		{"/block 1", "/block 192.168.8.226", true},
		{"/unblock ", "/unblock 10.1.2.3", true},
		{"/save t", "/save t", false},
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

// Whatever is typed is an action, or an error that says something; what has no
// slash is said as it is.
func FuzzCommand(f *testing.F) {
	for _, c := range commands {
		f.Add(c.name + " 239.1.2.3:5000 eth0")
		f.Add(c.name)
	}
	f.Add("//etc/hosts")
	f.Add("/join [ff02::1%\x1b]:99999 \u202e")
	f.Fuzz(func(t *testing.T, line string) {
		a, text, quits, err := Command(line, before())
		said, isSaid := a.(session.Say)
		switch {
		case err != nil && (err.Error() == "" || a != nil || text != nil || quits):
			t.Errorf("%q: %v beside %v, %q, %v", line, err, a, text, quits)
		case !strings.HasPrefix(line, "/") && strings.TrimSpace(line) != "" && (!isSaid || said.Text != line):
			t.Errorf("%q is not said as it is, but %#v, %v", line, a, err)
		}
	})
}
