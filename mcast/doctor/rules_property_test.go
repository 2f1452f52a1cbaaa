package doctor

import (
	"errors"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// Whatever the facts are, a rule finds something, in its own name, and never
// calls fine what it cannot have seen.
func TestRulesOfAnyFacts(t *testing.T) {
	watched := func(f Facts) bool { return f.Observed.Grown != nil }
	rules := []struct {
		name string
		rule func(Facts, Intent) []Finding
		seen func(Facts, Intent) bool // what OK cannot do without
	}{
		{"membership-lost", membershipLost, func(f Facts, in Intent) bool { return f.Groups != nil && (in.Live || f.Sockets != nil) }},
		{"too-many-groups", tooManyGroups, func(f Facts, in Intent) bool {
			return in.Group.Addr.Is6() || f.Groups != nil && f.Settings != nil
		}},
		{"same-mac", sameMAC, func(f Facts, _ Intent) bool { return f.Groups != nil }},
		{"others-groups", othersGroups, func(f Facts, in Intent) bool { return !in.MulticastAll || f.Groups != nil }},
		{"ssm-over-asm", ssmOverASM, func(f Facts, in Intent) bool {
			return in.Group.Source.IsValid() || f.Filters != nil && f.Groups != nil
		}},
		{"source-blocked", sourceBlocked, func(f Facts, _ Intent) bool { return f.Filters != nil && f.Groups != nil }},
		{"unicast-bind", unicastBind, func(f Facts, _ Intent) bool { return f.Sockets != nil }},
		{"wrong-device", wrongDevice, func(f Facts, _ Intent) bool { return f.Sockets != nil && f.Devices != nil && f.Groups != nil }},
		{"port-shared", portShared, func(f Facts, _ Intent) bool { return f.Sockets != nil }},
		{"wrong-port", wrongPort, func(f Facts, _ Intent) bool { return f.Counters != nil || watched(f) }},
		{"receive-overflow", receiveOverflow, func(f Facts, _ Intent) bool { return f.Sockets != nil }},
		{"firewall-in", firewallIn, func(f Facts, _ Intent) bool {
			return len(f.Observed.Sent) > 0 || len(f.Observed.Senders) > 0 || len(f.Heard) > 0
		}},
		{"reverse-path", reversePath, func(f Facts, in Intent) bool { return in.Group.Addr.Is6() || f.Settings != nil }},
		{"no-querier", noQuerier, func(f Facts, in Intent) bool {
			return neverPruned(in.Group.Addr.WithZone("")) || f.Links != nil || f.Observed.Probed || len(f.Interfaces) > 0 && onlyWithoutSwitch(f, in)
		}},
		{"one-way", oneWay, func(f Facts, _ Intent) bool {
			return f.Observed.Members != nil && len(f.Observed.Members.Members) > 0
		}},
		{"duplicate-address", duplicateAddress, func(f Facts, in Intent) bool { return !in.Group.Addr.Is4() && f.Links != nil }},
	}
	rapid.Check(t, func(t *rapid.T) {
		f, in := drawFacts(t), drawIntent(t)
		for _, r := range rules {
			found := r.rule(f, in)
			if len(found) == 0 {
				t.Errorf("%s found nothing at all", r.name)
			}
			checkForm(t, found)
			for _, finding := range found {
				switch {
				case finding.Name != r.name:
					t.Errorf("%s found %s", r.name, finding.Name)
				case severity(finding.Verdict) < 0:
					t.Errorf("%s has the verdict %q", r.name, finding.Verdict)
				case finding.Verdict == OK && !r.seen(f, in):
					t.Errorf("%s is called fine, and was not looked at: %s", r.name, finding.Evidence)
				}
			}
		}
	})
}

func onlyWithoutSwitch(f Facts, in Intent) bool {
	for _, index := range in.concerns(f) {
		if i, ok := host.ByIndex(f.Interfaces, index); ok && i.Flags&(net.FlagLoopback|net.FlagPointToPoint) == 0 {
			return false
		}
	}
	return true
}

func drawIntent(t *rapid.T) Intent {
	groups := []mcast.Group{{}, group, inGroup("225.0.0.114").Group, inGroup("10.0.0.1@232.1.1.1").Group, inGroup("232.1.1.1:5353").Group,
		inGroup("ff02::114%eth0").Group, inGroup("ff3e::1").Group, inGroup("ff02::1").Group}
	return Intent{
		Group:        rapid.SampledFrom(groups).Draw(t, "group"),
		Joined:       rapid.SliceOfN(rapid.IntRange(0, 9), 0, 3).Draw(t, "joined"),
		Loopback:     rapid.Bool().Draw(t, "loopback"),
		From:         rapid.SampledFrom([]netip.Addr{{}, addr("169.254.167.41"), addr("2001:db8::9")}).Draw(t, "from"),
		MulticastAll: rapid.Bool().Draw(t, "multicast all"),
		Live:         rapid.Bool().Draw(t, "live"),
		Memberships: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) mcast.Membership {
			return mcast.Membership{Group: rapid.SampledFrom(groups).Draw(t, "group"), Interface: rapid.SampledFrom(anyInterfaces).Draw(t, "on")}
		}), 0, 3).Draw(t, "memberships"),
		ReadBuffer: rapid.IntRange(0, 1<<20).Draw(t, "buffer"),
	}
}

var anyInterfaces = []host.Interface{{}, lo, eth0, eth1, tun0, bare, iface(9, "eth0", up, "192.168.8.164/24")}

var anyAddrs = []netip.Addr{{}, addr("0.0.0.0"), addr("::"), addr("192.168.8.164"), addr("192.168.8.226"), addr("169.254.167.41"), addr("127.0.0.1"),
	addr("224.0.0.1"), addr("224.0.0.114"), addr("225.0.0.114"), addr("232.1.1.1"), addr("fe80::1%eth0"), addr("ff02::1"), addr("ff02::114"), addr("ff3e::1")}

// drawFacts is what a host may say, some of it not known.
func drawFacts(t *rapid.T) Facts {
	index := rapid.IntRange(0, 9)
	address := rapid.SampledFrom(anyAddrs)
	port := rapid.SampledFrom([]uint16{0, 1234, 5353})
	endpoint := rapid.Custom(func(t *rapid.T) netip.AddrPort {
		return netip.AddrPortFrom(address.Draw(t, "address"), port.Draw(t, "port"))
	})
	problem := rapid.SampledFrom([]error{nil, syscall.ENETUNREACH, syscall.EPERM, syscall.ENOBUFS, errors.ErrUnsupported})
	number := rapid.Uint64Range(0, 50)
	result := rapid.Custom(func(t *rapid.T) RouteResult {
		return RouteResult{Route: host.Route{IfIndex: index.Draw(t, "index")}, Err: problem.Draw(t, "error")}
	})
	counters := optionalMap(rapid.SampledFrom([]string{"Udp.IgnoredMulti", "Udp.InDatagrams", "Udp6.IgnoredMulti", "Udp6.InDatagrams", "Ip.InDelivers",
		"IpExt.InMcastPkts", "IpExt.InBcastPkts", "Ip6.InMcastPkts", "TcpExt.IPReversePathFilter"}), number)
	f := Facts{
		Interfaces: optional(rapid.SampledFrom(anyInterfaces)).Draw(t, "interfaces"),
		Links: optionalMap(index, rapid.Custom(func(t *rapid.T) Link {
			l := Link{Kind: rapid.SampledFrom([]string{"", "veth", "bridge"}).Draw(t, "kind"), Master: index.Draw(t, "master"), Duplicate: optional(address).Draw(t, "duplicate")}
			if l.Kind == "bridge" {
				l.Bridge = &Bridge{Snooping: rapid.Bool().Draw(t, "snooping"), Querier: rapid.Bool().Draw(t, "querier"), Heard: rapid.Bool().Draw(t, "heard"), Ports: optional(index).Draw(t, "ports")}
			}
			return l
		})).Draw(t, "links"),
		Send: result.Draw(t, "send"),
		Back: optionalMap(address, result).Draw(t, "back"),
		Groups: optional(rapid.Custom(func(t *rapid.T) host.InterfaceGroups {
			return host.InterfaceGroups{Index: index.Draw(t, "index"), Groups: optional(rapid.Custom(func(t *rapid.T) host.JoinedGroup {
				return host.JoinedGroup{Addr: address.Draw(t, "group"), Users: rapid.IntRange(0, 30).Draw(t, "users")}
			})).Draw(t, "groups")}
		})).Draw(t, "groups"),
		Filters: optional(rapid.Custom(func(t *rapid.T) Filter {
			return Filter{IfIndex: index.Draw(t, "index"), Group: address.Draw(t, "group"), Source: address.Draw(t, "source"), Include: rapid.IntRange(0, 2).Draw(t, "include"), Exclude: rapid.IntRange(0, 2).Draw(t, "exclude")}
		})).Draw(t, "filters"),
		Sockets: optional(rapid.Custom(func(t *rapid.T) host.Socket {
			return host.Socket{Local: endpoint.Draw(t, "local"), Inode: number.Draw(t, "inode"), Drops: number.Draw(t, "drops"), Own: rapid.Bool().Draw(t, "own"),
				Program: rapid.SampledFrom([]string{"", "a (1)", "b (2)"}).Draw(t, "program")}
		})).Draw(t, "sockets"),
		Devices: optionalMap(number, index).Draw(t, "devices"),
		Settings: optionalMap(rapid.SampledFrom([]string{"net.ipv4.conf.all.rp_filter", "net.ipv4.conf.eth0.rp_filter", "net.ipv4.igmp_max_memberships",
			"net.core.rmem_max"}), rapid.IntRange(-1, 30)).Draw(t, "settings"),
		Counters: counters.Draw(t, "counters"),
		Heard:    optionalMap(index, number).Draw(t, "heard"),
	}
	if rapid.Bool().Draw(t, "observed") {
		f.Observed = Observed{
			For:    time.Duration(rapid.IntRange(0, 600).Draw(t, "seconds")) * time.Second,
			Probed: rapid.Bool().Draw(t, "probed"),
			Joined: problem.Draw(t, "joined"),
			Grown:  counters.Draw(t, "grown"),
			Drops:  optionalMap(number, number).Draw(t, "drops"),
			Sent: optionalMap(index, rapid.Custom(func(t *rapid.T) Sent {
				return Sent{Tried: rapid.IntRange(0, 3).Draw(t, "tried"), Err: problem.Draw(t, "error"), Copies: rapid.IntRange(0, 3).Draw(t, "copies")}
			})).Draw(t, "sent"),
			Senders: optional(rapid.Custom(func(t *rapid.T) Sender {
				return Sender{From: endpoint.Draw(t, "from"), IfIndex: index.Draw(t, "index"), Local: rapid.Bool().Draw(t, "local")}
			})).Draw(t, "senders"),
			Strays:  optionalMap(address, rapid.IntRange(0, 3)).Draw(t, "strays"),
			Lost:    optional(rapid.SampledFrom(anyInterfaces)).Draw(t, "lost"),
			Revived: optional(rapid.Just(Revived{IfIndex: 2, Times: 1})).Draw(t, "revived"),
			Refused: optional(endpoint).Draw(t, "refused"),
			Members: anyMembers(t),
		}
	}
	return f
}

// optional is a slice that may be nil.
func optional[T any](of *rapid.Generator[T]) *rapid.Generator[[]T] {
	return rapid.OneOf(rapid.Just([]T(nil)), rapid.SliceOfN(of, 0, 3))
}

func optionalMap[K comparable, V any](keys *rapid.Generator[K], values *rapid.Generator[V]) *rapid.Generator[map[K]V] {
	return rapid.OneOf(rapid.Just(map[K]V(nil)), rapid.MapOfN(keys, values, 0, 4))
}
