package doctor

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/igmp"
)

// Whatever the host and the program say, every pitfall gets an answer that a
// person can use.
func TestDiagnoseAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, in := anyFacts(t), anyIntent(t)
		findings := Diagnose(f, in)
		for _, name := range Names() {
			if !slices.ContainsFunc(findings, func(f Finding) bool { return f.Name == name }) {
				t.Errorf("nothing is said of %s", name)
			}
		}
		for _, f := range findings {
			complete(t, f)
			if !slices.Contains(Names(), f.Name) {
				t.Errorf("%s is not in the catalogue", f.Name)
			}
		}
		if k, ok := Network(f, in); ok {
			checkKind(t, k)
			if _, heard := f.heardHost(in.wants()); heard && (k.Name == "container" || k.Name == "pod") && len(k.Carries) > 0 {
				t.Errorf("%s was heard, and %s says what would carry it", in.wants(), k.Title)
			}
		}
		if !slices.IsSortedFunc(findings, func(a, b Finding) int { return severity(b.Verdict) - severity(a.Verdict) }) {
			t.Errorf("not worst first: %s", summary(findings))
		}
	})
}

// What a program's own settings alone decide may be fine when nothing is known
// of the host; nothing else may.
func TestDiagnoseNothing(t *testing.T) {
	own := []string{
		"no-route", "join-send-mismatch", "no-zone", "loopback-off", "hops-too-small", "never-routed", "two-on-one-lan",
		"too-many-groups", "others-groups", "ssm-over-asm", "no-querier", "reverse-path", "igmp-version", "reports-blocked",
		"no-multicast-router", "port-taken",
	}
	rapid.Check(t, func(t *rapid.T) {
		for _, f := range Diagnose(Facts{}, anyIntent(t)) {
			if f.Verdict == OK && !slices.Contains(own, f.Name) {
				t.Errorf("%s is fine, and nothing is known: %s", f.Name, f.Evidence)
			}
		}
	})
}

func TestRulesAreTheCatalogue(t *testing.T) {
	var names []string
	for _, r := range rules {
		names = append(names, r.name)
		for _, f := range r.check(Facts{}, Intent{Group: mcast.DefaultGroup}) {
			if f.Name != r.name {
				t.Errorf("the rule of %s finds %s", r.name, f.Name)
			}
		}
	}
	if !slices.Equal(names, Names()) {
		t.Errorf("the rules are %q,\nwant %q", names, Names())
	}
}

var (
	someAddrs = []string{
		"", "127.0.0.1", "192.168.8.164", "192.168.8.226", "169.254.167.41", "10.8.0.2", "203.0.113.7", "224.0.0.1", "224.0.0.114",
		"239.1.2.3", "232.1.1.1", "::1", "fe80::1", "2001:db8::1", "ff01::114", "ff02::114", "ff02::114%eth0", "ff05::114", "ff3e::8000:1",
	}
	someErrors = []error{
		nil, nil, syscall.EPERM, syscall.ENOBUFS, syscall.ENETUNREACH, errors.ErrUnsupported, host.ErrNoInterface,
		&mcast.OpError{Op: "route to", Err: syscall.EHOSTUNREACH},
	}
	someNames = []string{"lo", "eth0", "eth1", "wlan0", "tun0", "br0"}
)

// anyOf draws a nil slice, which is not known, as well as an empty one.
func anyOf[E any](t *rapid.T, label string, one func(*rapid.T) E) []E {
	if rapid.Bool().Draw(t, label+" not known") {
		return nil
	}
	list := make([]E, rapid.IntRange(0, 4).Draw(t, label))
	for n := range list {
		list[n] = one(t)
	}
	return list
}

// anyMap is the same of a map.
func anyMap[K comparable, V any](t *rapid.T, label string, key func(*rapid.T) K, value func(*rapid.T) V) map[K]V {
	keys := anyOf(t, label, key)
	if keys == nil {
		return nil
	}
	m := map[K]V{}
	for _, k := range keys {
		m[k] = value(t)
	}
	return m
}

func anyIndex(t *rapid.T) int     { return rapid.IntRange(0, 6).Draw(t, "index") }
func anyCount(t *rapid.T) int     { return rapid.IntRange(0, 9).Draw(t, "count") }
func anyNumber(t *rapid.T) uint64 { return uint64(anyCount(t)) }
func anyBool(t *rapid.T) bool     { return rapid.Bool().Draw(t, "bool") }
func anyError(t *rapid.T) error   { return rapid.SampledFrom(someErrors).Draw(t, "error") }
func anyName(t *rapid.T) string   { return rapid.SampledFrom(someNames).Draw(t, "name") }

func anyAddress(t *rapid.T) netip.Addr {
	a, _ := netip.ParseAddr(rapid.SampledFrom(someAddrs).Draw(t, "address"))
	return a
}

func anyAddrPort(t *rapid.T) netip.AddrPort {
	return netip.AddrPortFrom(anyAddress(t), rapid.SampledFrom([]uint16{0, 1234, 4000}).Draw(t, "port"))
}

func anyPrefix(t *rapid.T) netip.Prefix {
	return netip.PrefixFrom(anyAddress(t).WithZone(""), rapid.SampledFrom([]int{-1, 0, 8, 24, 32, 64, 128}).Draw(t, "bits"))
}

func anyInterface(t *rapid.T) host.Interface {
	return host.Interface{
		Index: anyIndex(t), Name: anyName(t), MTU: rapid.SampledFrom([]int{0, 20, 1280, 1500, 65536}).Draw(t, "mtu"),
		Flags: net.Flags(rapid.IntRange(0, 63).Draw(t, "flags")), Addrs: anyOf(t, "addresses", anyPrefix),
	}
}

func anyAnswer(t *rapid.T) RouteResult {
	return RouteResult{Err: anyError(t), Route: host.Route{
		Interface: anyName(t), IfIndex: anyIndex(t), Source: anyAddress(t),
		Match: host.Match{Found: anyBool(t), Dst: anyPrefix(t), Gateway: anyAddress(t)},
	}}
}

func anyLink(t *rapid.T) Link {
	l := Link{
		Kind: rapid.SampledFrom([]string{"", "veth", "bridge", "bond", "macvlan", "tun", "odd"}).Draw(t, "kind"), Wireless: anyBool(t),
		Master: anyIndex(t), Parent: anyIndex(t), Elsewhere: anyBool(t), QueueDrops: anyNumber(t), SendDrops: anyNumber(t),
		Duplicate: anyOf(t, "duplicates", anyAddress),
	}
	if anyBool(t) {
		l.Bridge = &Bridge{Snooping: anyBool(t), Querier: anyBool(t), Heard: anyBool(t), Ports: anyOf(t, "ports", anyIndex)}
	}
	return l
}

func anySent(t *rapid.T) Sent {
	s := Sent{Tried: anyCount(t), Err: anyError(t), Copies: anyCount(t), Queue: anyNumber(t)}
	if n := anyCount(t); n > 0 {
		s.Left = &n
	}
	return s
}

func anyCounter(t *rapid.T) string {
	return rapid.SampledFrom([]string{
		"Ip.ReasmFails", "Ip6.ReasmFails", "Udp.IgnoredMulti", "Udp.InDatagrams", "IpExt.InMcastPkts", "TcpExt.IPReversePathFilter",
	}).Draw(t, "counter")
}

func anySetting(t *rapid.T) string {
	return rapid.SampledFrom([]string{
		"net.ipv4.conf.all.rp_filter", "net.ipv4.conf.eth0.rp_filter", "net.ipv4.igmp_max_memberships", "net.core.rmem_max",
	}).Draw(t, "setting")
}

func anyFacts(t *rapid.T) Facts {
	f := Facts{
		Interfaces: anyOf(t, "interfaces", anyInterface),
		Links:      anyMap(t, "links", anyIndex, anyLink),
		Join:       anyAnswer(t), Send: anyAnswer(t),
		By:   anyMap(t, "by", anyIndex, anyAnswer),
		Back: anyMap(t, "back", anyAddress, anyAnswer),
		Groups: anyOf(t, "groups", func(t *rapid.T) host.InterfaceGroups {
			return host.InterfaceGroups{Index: anyIndex(t), Name: anyName(t), Groups: anyOf(t, "joined", func(t *rapid.T) host.JoinedGroup {
				return host.JoinedGroup{Addr: anyAddress(t), Users: anyCount(t)}
			})}
		}),
		Filters: anyOf(t, "filters", func(t *rapid.T) Filter {
			return Filter{IfIndex: anyIndex(t), Group: anyAddress(t), Source: anyAddress(t), Include: anyCount(t), Exclude: anyCount(t)}
		}),
		Sockets: anyOf(t, "sockets", func(t *rapid.T) host.Socket {
			return host.Socket{Local: anyAddrPort(t), UID: uint32(anyNumber(t)), Inode: anyNumber(t), Drops: anyNumber(t), Own: anyBool(t)}
		}),
		Devices:  anyMap(t, "devices", anyNumber, anyIndex),
		Settings: anyMap(t, "settings", anySetting, anyCount),
		Counters: anyMap(t, "counters", anyCounter, anyNumber),
		Heard:    anyMap(t, "heard", anyIndex, anyNumber),
		Unread: anyMap(t, "unread", func(t *rapid.T) Origin {
			return rapid.SampledFrom([]Origin{FromLinks, FromRoutes, FromSockets, FromMachine}).Draw(t, "source")
		}, anyError),
		Observed: Observed{
			Bound: rapid.SampledFrom([]error{nil, nil, &mcast.OpError{Op: "listen", Err: mcast.ErrPortInUse}}).Draw(t, "bound"),
			For:   time.Duration(anyCount(t)) * time.Second, Probed: anyBool(t), Joined: anyError(t),
			Grown: anyMap(t, "grown", anyCounter, anyNumber),
			Drops: anyMap(t, "drops", anyNumber, anyNumber),
			Sent:  anyMap(t, "sent", anyIndex, anySent),
			Senders: anyOf(t, "senders", func(t *rapid.T) Sender {
				return Sender{From: anyAddrPort(t), IfIndex: anyIndex(t), Hops: anyCount(t), Datagrams: anyCount(t), Local: anyBool(t), Outside: anyBool(t)}
			}),
			Strays: anyMap(t, "strays", anyAddress, anyCount),
			Doubled: anyOf(t, "doubled", func(t *rapid.T) Doubled {
				return Doubled{From: anyAddrPort(t), Interfaces: [2]int{anyIndex(t), anyIndex(t)}, Datagrams: anyCount(t)}
			}),
			Lost: anyOf(t, "lost", anyInterface),
			Revived: anyOf(t, "revived", func(t *rapid.T) Revived {
				return Revived{IfIndex: anyIndex(t), Silent: time.Minute, Control: anyBool(t), Times: anyCount(t)}
			}),
			Refused: anyOf(t, "refused", anyAddrPort),
			Wire: anyOf(t, "wire", func(t *rapid.T) Wire {
				w := Wire{IfIndex: anyIndex(t), Since: time.Unix(100, 0), Until: time.Unix(int64(100+anyCount(t)), 0), First: anyBool(t), Lost: anyBool(t),
					Joined: time.Unix(int64(anyCount(t)), 0), AtLeast: anyBool(t), Sight: rapid.SampledFrom([]igmp.Sight{igmp.SightUnknown, igmp.SightOwn, igmp.SightAll}).Draw(t, "sight"),
					Asked: anyOf(t, "asked", func(t *rapid.T) Asked {
						return Asked{At: time.Unix(int64(anyCount(t)), 0), From: anyAddress(t), Version: rapid.IntRange(0, 3).Draw(t, "version"), Within: 10 * time.Second, Silenced: anyBool(t)}
					}),
					Members: anyOf(t, "members", func(t *rapid.T) igmp.Member { return igmp.Member{Host: anyAddress(t), Version: 2} })}
				if anyBool(t) {
					w.Reported, w.Version = time.Unix(int64(anyCount(t)), 0), rapid.IntRange(1, 3).Draw(t, "version")
				}
				return w
			}),
		},
	}
	if anyBool(t) {
		f.Routing = anyRouting(t)
	}
	if anyBool(t) {
		f.Machine = &Machine{
			Vendor:    rapid.SampledFrom([]string{"", "QEMU", "Amazon EC2", "Google", "LENOVO"}).Draw(t, "vendor"),
			WSL:       anyBool(t),
			Container: rapid.SampledFrom([]string{"", "docker", "kubernetes"}).Draw(t, "container"),
			Here:      anyBool(t),
		}
	}
	return f
}

func anyIntent(t *rapid.T) Intent {
	return Intent{
		Group: mcast.Group{Addr: anyAddress(t), Port: 1234, Source: anyAddress(t)}, Joined: anyOf(t, "joined on", anyIndex),
		Wanted: anyOf(t, "wanted", anyInterface), Send: anyIndex(t), Loopback: anyBool(t), Hops: anyCount(t),
		Size: rapid.SampledFrom([]int{0, 1, 1200, 1472, 4000, 65508, 1 << 30}).Draw(t, "size"), From: anyAddress(t),
		MulticastAll: anyBool(t), Live: anyBool(t), ReadBuffer: anyCount(t), Asked: anyCount(t),
		Memberships: anyOf(t, "memberships", func(t *rapid.T) mcast.Membership {
			return mcast.Membership{Group: mcast.Group{Addr: anyAddress(t), Port: 1234}, Interface: anyInterface(t)}
		}),
	}
}
