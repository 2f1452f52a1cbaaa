package doctor

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

const up = net.FlagUp | net.FlagRunning | net.FlagMulticast

func iface(index int, name string, flags net.Flags, addrs ...string) host.Interface {
	i := host.Interface{Index: index, Name: name, Flags: flags, MTU: 1500}
	for _, a := range addrs {
		i.Addrs = append(i.Addrs, netip.MustParsePrefix(a))
	}
	return i
}

var (
	lo   = iface(1, "lo", net.FlagUp|net.FlagRunning|net.FlagLoopback, "127.0.0.1/8")
	eth0 = iface(2, "eth0", up, "192.168.8.164/24")
	eth1 = iface(3, "eth1", up, "169.254.167.41/16")
	tun0 = iface(4, "tun0", up|net.FlagPointToPoint, "10.8.0.2/24")
	bare = iface(5, "eth2", up)
	dead = iface(6, "eth3", net.FlagMulticast, "10.0.0.1/8")
	six  = iface(2, "eth0", up, "2001:db8::1/64")
	cut  = iface(7, "eth4", net.FlagUp|net.FlagMulticast, "10.0.0.1/8")
)

// by is the kernel's answer that leads to i.
func by(i host.Interface) RouteResult {
	source := i.Addr(mcast.DefaultGroup.Addr)
	if !source.IsValid() {
		source = i.Addr(netip.IPv6Unspecified())
	}
	return RouteResult{Route: host.Route{
		IfIndex: i.Index, Interface: i.Name, Source: source,
		Match: host.Match{Found: true, Dst: netip.MustParsePrefix("0.0.0.0/0")},
	}}
}

func nowhere(err error) RouteResult {
	return RouteResult{Err: &mcast.OpError{Op: "route to", Err: err}}
}

func facts(send RouteResult, list ...host.Interface) Facts {
	return Facts{Interfaces: append([]host.Interface{lo}, list...), Join: send, Send: send}
}

func heard(f Facts, counts map[int]uint64) Facts {
	f.Heard = counts
	return f
}

func TestDiagnose(t *testing.T) {
	healthy := Intent{Group: mcast.DefaultGroup, Joined: []int{2}, Loopback: true, Hops: 1}
	with := func(change func(*Intent)) Intent {
		in := healthy
		change(&in)
		return in
	}
	joined := func(on ...int) Intent { return with(func(in *Intent) { in.Joined = on }) }

	tests := []struct {
		name string
		f    Facts
		in   Intent
		want string // NAME VERDICT INTERFACE FIX, a finding a line; "-" for none of a kind
	}{
		{"a healthy LAN", facts(by(eth0), eth0), healthy, ""},
		{"a healthy LAN with a dead interface that nobody uses", facts(by(eth0), eth0, dead, bare), healthy, ""},
		{"offline, on lo by choice", facts(nowhere(syscall.ENETUNREACH)), with(func(in *Intent) { in.Joined, in.Send, in.Wanted = []int{1}, 1, wanted(lo) }), ""},

		{"the article: link-local by the default route", facts(by(eth1), eth0, eth1), joined(2, 3),
			"wrong-egress warning eth1 use eth0"},
		{"the article, and the other side is heard", heard(facts(by(eth1), eth0, eth1), map[int]uint64{2: 5}), joined(2, 3),
			"wrong-egress failure eth1 use eth0"},
		{"the article, after the fix", heard(facts(by(eth1), eth0, eth1), map[int]uint64{2: 5}),
			with(func(in *Intent) { in.Joined, in.Send, in.Wanted = []int{2, 3}, 2, wanted(eth0) }), ""},
		{"the article's half fix: joined by address alone", facts(by(eth1), eth0, eth1), joined(2),
			"wrong-egress warning eth1 use eth0; join-send-mismatch warning eth1 use eth0"},
		{"-i default: both where the kernel says", facts(by(eth1), eth0, eth1), joined(3),
			"wrong-egress warning eth1 use eth0"},
		{"a VPN takes the group", facts(by(tun0), eth0, tun0), joined(2, 4),
			"wrong-egress warning tun0 use eth0"},
		{"a VPN chosen by the user", facts(by(eth0), eth0, tun0),
			with(func(in *Intent) { in.Joined, in.Send, in.Wanted = []int{4}, 4, wanted(tun0) }),
			"wrong-egress warning tun0 use eth0"},
		{"a VPN chosen by the user, and somebody is heard by it", heard(facts(by(eth0), eth0, tun0), map[int]uint64{4: 1}),
			with(func(in *Intent) { in.Joined, in.Send, in.Wanted = []int{4}, 4, wanted(tun0) }), ""},
		{"the user's choice, but everyone is elsewhere", heard(facts(by(eth0), eth0, tun0), map[int]uint64{2: 1}),
			with(func(in *Intent) { in.Joined, in.Send, in.Wanted = []int{2, 4}, 4, wanted(tun0) }),
			"wrong-egress failure tun0 use eth0"},
		{"members on both wires", heard(facts(by(eth1), eth0, eth1), map[int]uint64{2: 9, 3: 1}), joined(2, 3),
			"wrong-egress warning eth1 use eth0"},
		{"everyone is on the link-local wire", heard(facts(by(eth1), eth0, eth1), map[int]uint64{3: 4}), joined(2, 3), ""},

		{"sends elsewhere than it listens", facts(by(eth0), eth0, eth1),
			with(func(in *Intent) { in.Joined, in.Send, in.Wanted = []int{2}, 3, wanted(eth0, eth1) }),
			"wrong-egress warning eth1 use eth0; join-send-mismatch warning eth1 use eth1"},
		{"joined on lo and elsewhere", facts(by(eth1), eth0, eth1),
			with(func(in *Intent) { in.Joined = []int{2, 1} }),
			"wrong-egress warning eth1 use eth0; join-send-mismatch warning eth1 use eth0"},
		{"joined on lo alone", facts(by(eth0), eth0), with(func(in *Intent) { in.Joined = []int{1} }),
			"join-send-mismatch warning eth0 use eth0"},
		{"sends by lo, but the group is joined on the LAN", facts(by(eth0), eth0),
			with(func(in *Intent) { in.Joined, in.Send, in.Wanted = []int{2}, 1, wanted(lo) }),
			"join-send-mismatch warning lo use eth0"},

		{"no route at all", facts(nowhere(syscall.ENETUNREACH), eth0), healthy, "no-route failure - use eth0"},
		{"no route, nothing usable", facts(nowhere(syscall.EHOSTUNREACH)), joined(), "no-route failure - -"},
		{"no route, but an interface chosen", facts(nowhere(syscall.ENETUNREACH), eth0),
			with(func(in *Intent) { in.Send = 2 }), ""},

		{"loopback off", facts(by(eth0), eth0), with(func(in *Intent) { in.Loopback = false }), "loopback-off warning - on"},
		{"loopback off on lo, where it is ignored", facts(nowhere(syscall.ENETUNREACH)),
			with(func(in *Intent) { in.Joined, in.Send, in.Wanted, in.Loopback = []int{1}, 1, wanted(lo), false }), ""},
		{"hops that no router will use", facts(by(eth0), eth0), with(func(in *Intent) { in.Hops = 8 }), "never-routed warning - -"},
		{"hops in a group that is routed", facts(by(eth0), eth0), with(func(in *Intent) {
			in.Group.Addr, in.Hops = netip.MustParseAddr("239.1.2.3"), 8
		}), ""},

		{"a group that stays on its host", facts(by(six), six), with(func(in *Intent) {
			in.Group.Addr = netip.MustParseAddr("ff01::114")
		}), "never-routed warning - -"},

		{"the interface went down", facts(by(eth0), eth0, dead), joined(2, 6), "interface-down failure eth3 -"},
		{"the cable was pulled", facts(by(eth0), eth0, cut), joined(2, 7), "interface-down failure eth4 -"},
		{"the interface is gone", facts(by(eth0), eth0), joined(2, 99), "interface-down failure #99 -"},
		{"the interface that was named is gone", facts(by(eth0), eth0),
			with(func(in *Intent) { in.Joined, in.Send, in.Wanted = nil, 7, wanted(cut) }), "interface-down failure eth4 -"},
		{"no address", facts(by(eth0), eth0, bare), joined(2, 5), "no-address warning eth2 -"},
		{"all is down", facts(nowhere(syscall.ENETUNREACH), dead), joined(),
			"no-route failure - -; interface-down failure eth3 -"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			findings := Seen(Diagnose(tt.f, tt.in))
			if got := summary(findings); got != tt.want {
				t.Errorf("found %q\n want %q", got, tt.want)
			}
			for _, f := range findings {
				complete(t, f)
			}
			if !slices.IsSortedFunc(findings, func(a, b Finding) int { return severity(b.Verdict) - severity(a.Verdict) }) {
				t.Errorf("not worst first: %q", summary(findings))
			}
		})
	}
}

func wanted(list ...host.Interface) []host.Interface { return list }

func summary(findings []Finding) string {
	var lines []string
	for _, f := range findings {
		lines = append(lines, fmt.Sprintf("%s %s %s %s", f.Name, f.Verdict, cmp.Or(f.Interface, "-"), fixOf(f)))
	}
	return strings.Join(lines, "; ")
}

func fixOf(f Finding) string {
	switch {
	case f.Fix == nil:
		return "-"
	case f.Fix.UseInterface != "":
		return "use " + f.Fix.UseInterface
	case f.Fix.LoopbackOn:
		return "on"
	case f.Fix.Hops != 0:
		return fmt.Sprint("hops ", f.Fix.Hops)
	case f.Fix.Leave != nil:
		return "leave " + f.Fix.Leave.Interface
	}
	return "another fix"
}

// ruleTest is what one rule finds: "VERDICT INTERFACE FIX", a finding a line,
// and words of its titles and evidence.
type ruleTest struct {
	name  string
	f     Facts
	in    Intent
	want  string
	words string
}

func testRule(t *testing.T, rule string, tests []ruleTest) {
	t.Helper()
	for _, tt := range tests {
		t.Run(rule+": "+tt.name, func(t *testing.T) {
			findings := Diagnose(tt.f, tt.in)
			findings = slices.DeleteFunc(findings, func(f Finding) bool { return f.Name != rule })
			text := ""
			for _, f := range findings {
				complete(t, f)
				text += f.Title + "\n" + f.Evidence + "\n" + strings.Join(f.Hints, "\n") + "\n"
			}
			got := strings.ReplaceAll(summary(findings), rule+" ", "")
			got = strings.NewReplacer("ok - -", "ok", "unknown - -", "unknown").Replace(got)
			if got != tt.want {
				t.Errorf("%s is %q, want %q\n%s", rule, got, tt.want, text)
			}
			for word := range strings.SplitSeq(tt.words, "|") {
				if !strings.Contains(text, word) {
					t.Errorf("%s does not say %q:\n%s", rule, word, text)
				}
			}
		})
	}
}

// complete checks that a finding has all that a person needs.
func complete(t interface{ Errorf(string, ...any) }, f Finding) {
	bad := f.Verdict == Warning || f.Verdict == Failure
	switch {
	case f.Title == "" || f.Evidence == "" || f.Hints == nil, bad && len(f.Hints) == 0:
		t.Errorf("%s lacks a title, evidence or hint: %+v", f.Name, f)
	case strings.Contains(f.Title, "\n"), severity(f.Verdict) < 0:
		t.Errorf("%s is no finding: %+v", f.Name, f)
	case slices.Contains(f.Hints, ""):
		t.Errorf("%s has an empty hint: %+v", f.Name, f)
	}
}

// The evidence of the article's pitfall is the route, and the addresses.
func TestWrongEgressEvidence(t *testing.T) {
	f := Diagnose(facts(by(eth1), eth0, eth1), Intent{Group: mcast.DefaultGroup, Joined: []int{2, 3}, Loopback: true, Hops: 1})[0]
	for _, want := range []string{"default route", "169.254.167.41", "192.168.8.164"} {
		if !strings.Contains(f.Evidence, want) {
			t.Errorf("the evidence %q does not name %q", f.Evidence, want)
		}
	}
}

// Where nobody was heard and two interfaces are as good, neither is the LAN for
// certain.
func TestWrongEgressNamesAll(t *testing.T) {
	other := iface(9, "eth9", up, "10.0.0.9/8")
	in := Intent{Group: mcast.DefaultGroup, Joined: []int{2, 3, 9}, Loopback: true, Hops: 1}
	if f := Diagnose(facts(by(eth1), eth0, eth1, other), in); !strings.Contains(f[0].Title, "may be at eth0 or eth9") {
		t.Errorf("the title is %q", f[0].Title)
	}
	heardThere := heard(facts(by(eth1), eth0, eth1, other), map[int]uint64{9: 1})
	if f := Diagnose(heardThere, in); !strings.Contains(f[0].Title, "is at eth9") {
		t.Errorf("with somebody heard by eth9 the title is %q", f[0].Title)
	}
}
