package main

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// Wherever a drop stands, what the doctor prints lets the group through, and it
// names no chain that lets it pass already.
func TestFirewallHintsWork(t *testing.T) {
	const in, out = "firewall-in", "firewall-out"
	for _, tt := range []struct {
		what, finds, group string
		rules              string
		chains             []string // that the command names
	}{
		{"a policy", in, "239.1.2.3", `table inet filter {
			chain input { type filter hook input priority filter; policy drop; iif lo accept; ip protocol igmp accept; }
			chain output { type filter hook output priority filter; policy accept; }
		}`, []string{"inet filter input"}},
		{"a chain that is jumped to", in, "239.1.2.3", `table ip filter {
			chain guard { udp dport 22 accept; udp dport 1-2000 drop; }
			chain INPUT { type filter hook input priority filter; jump guard; }
		}`, []string{"ip filter INPUT"}},
		{"two chains, and an accept in one does not undo the other", in, "239.1.2.3", `table ip early {
			chain pre { type filter hook prerouting priority raw; iif != lo udp dport 1234 drop; }
		}
		table inet filter { chain input { type filter hook input priority filter; iif != lo meta l4proto udp drop; } }`,
			[]string{"ip early pre", "inet filter input"}},
		{"a map of verdicts", in, "239.1.2.3", `table inet filter {
			chain input { type filter hook input priority filter; udp dport vmap { 22 : accept, 1234 : drop }; }
		}`, []string{"inet filter input"}},
		{"IPv6", in, "ff15::114", `table ip filter { chain INPUT { type filter hook input priority filter; policy drop; } }
		table ip6 filter { chain INPUT { type filter hook input priority filter; policy drop; meta l4proto icmpv6 accept; } }`,
			[]string{"ip6 filter INPUT"}},
		{"the way out", out, "239.1.2.3", `table inet filter {
			chain input { type filter hook input priority filter; udp dport 9 drop; }
			chain output { type filter hook output priority filter; policy drop; ip protocol igmp accept; }
		}`, []string{"inet filter output"}},
		{"the egress of an interface", out, "239.1.2.3", `table netdev guard {
			chain leaving { type filter hook egress device "eth0" priority filter; udp dport 1234 drop; }
		}`, []string{"netdev guard leaving"}},
		{"a reject on the way out", out, "ff15::114", `table inet filter {
			chain output { type filter hook output priority filter; oif != lo meta l4proto udp reject; }
		}`, []string{"inet filter output"}},
	} {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			topology := topologyNamed("classroom", 2)()
			a := &topology.Hosts[0]
			a.Interfaces = slices.Clone(a.Interfaces)
			a.Interfaces[0].Addrs = append(slices.Clone(a.Interfaces[0].Addrs), netip.MustParsePrefix("fd00::1/64"))
			host := labtest.Build(t, topology).Host(a.Name)
			executeIn(t, host, "nft", strings.ReplaceAll(tt.rules, "} }", "}\n}"))
			args := []string{"doctor", "--probe", "--json", "-i", "eth0", tt.group}
			commands := commandsAbout(t, tt.finds, executeIn(t, host, executable(t), args...))
			if len(commands) != 1 || strings.Count(commands[0], "nft insert rule ") != len(tt.chains) {
				t.Fatalf("%q, want one for %q", commands, tt.chains)
			}
			if not := slices.IndexFunc(tt.chains, func(c string) bool { return !strings.Contains(commands[0], "nft insert rule "+c+" ") }); not >= 0 {
				t.Errorf("%q says nothing of %s", commands, tt.chains[not])
			}
			executeIn(t, host, "sh", "-e", "-c", commands[0])
			if again := executeIn(t, host, executable(t), args...); findingsAbout(t, tt.finds, again) != nil {
				t.Errorf("found after %q as well:\n%s", commands[0], again)
			}
		})
	}
}

// A member whose frames a firewall of its own host refuses is told that it cannot be heard
// of, once, and what to look at: it lists the others, who cannot list it.
func TestWhoBehindAFirewall(t *testing.T) {
	t.Parallel()
	labtest.Program(t, "nft")
	topology := topologyNamed("classroom", 2)()
	l := labtest.Build(t, topology)
	a, b := l.Host(topology.Hosts[0].Name), l.Host(topology.Hosts[1].Name)
	other := start(t, b, "groupcast", "--plain", "--json", "--plain-only=false", "-i", "eth0", "--name", "bob", "239.1.2.3")
	other.prints("joined 239.1.2.3")
	executeIn(t, a, "nft", "table inet guard { chain leaving { type filter hook output priority filter; udp dport 1235 drop; }\n}")
	p := start(t, a, "groupcast", "who", "-i", "eth0", "-t", "8", "--name", "ann", "239.1.2.3")
	p.remarks("no member can hear of this one")
	if got := p.status(); got != exitDoubt {
		t.Errorf("exit status %d, want %d", got, exitDoubt)
	}
	said := p.err.String() + p.out.String()
	if n := strings.Count(said, "no member can hear of this one"); n != 1 || !strings.Contains(said, "operation not permitted") || !strings.Contains(said, "nft list ruleset") {
		t.Errorf("said %d times:\n%s", n, said)
	}
}
