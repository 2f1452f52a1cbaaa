package doctor

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
)

// route is the kernel's answer that leads to i by a route, through a gateway if
// it is not "".
func route(i host.Interface, dst, gateway string, table int) RouteResult {
	a := by(i)
	a.Route.Match = host.Match{Found: true, Dst: netip.MustParsePrefix(dst), Table: table}
	if gateway != "" {
		a.Route.Match.Gateway = addr(gateway)
	}
	return a
}

// namespace is a host whose only way out is a veth, as containers, pods and the
// hosts of a lab have it.
func namespace(i host.Interface, gateway string, beyond ...string) Facts {
	all := "0.0.0.0/0"
	if addr(gateway).Is6() {
		all = "::/0"
	}
	f := facts(route(i, all, gateway, 254), i)
	f.Links = map[int]Link{1: {}, i.Index: {Kind: "veth", Parent: 17, Elsewhere: true, OperState: "up"}}
	f.Machine = &Machine{Vendor: "QEMU"}
	f.Settings, f.Router = map[string]int{"net.ipv4.ip_forward": 1, "net.ipv6.conf.all.forwarding": 1}, []int{}
	f.Back = map[netip.Addr]RouteResult{}
	for _, b := range beyond {
		f.Back[addr(b)] = f.Send
	}
	return f
}

func thenHeard(f Facts, i host.Interface, from string, outside bool) Facts {
	f.Observed.Senders = append(slices.Clone(f.Observed.Senders), Sender{From: netip.AddrPortFrom(addr(from), 5000), IfIndex: i.Index, Hops: 1, Datagrams: 40, Outside: outside})
	return f
}

func quiet(f Facts) Facts {
	now := time.Now()
	f.Observed = Observed{For: 3 * time.Second, Probed: true, Listen: Listened{Since: now.Add(-3 * time.Second), Until: now, On: []int{2}}}
	return f
}

func TestNetwork(t *testing.T) {
	docker := iface(2, "eth0", up, "172.19.0.7/16")
	podman := iface(2, "eth0", up, "10.89.4.7/24")
	calico := iface(2, "eth0", up, "10.1.200.7/32")
	cilium6 := iface(2, "eth0", up, "fd00::a8/128", "fe80::1/64")
	lxc := iface(2, "eth0", up, "10.0.3.7/24")
	private := iface(2, "eth0", up, "192.168.77.5/24")
	ula := iface(2, "eth0", up, "fd12:77::5/64", "172.19.0.7/16", "fe80::1/64")
	public := iface(2, "eth0", up, "203.0.113.7/24")
	slash32 := iface(2, "eth0", up, "10.66.0.1/32")
	const x, x6 = "198.51.100.9", "2001:db8::9"
	in, in6 := talk("239.1.2.3", 2), talk("ff05::114", 2)
	kind := func(f Facts, index int, l Link) Facts {
		f.Links[index] = l
		return f
	}
	with := func(f Facts, m Machine) Facts {
		f.Machine = &m
		return f
	}
	tap := iface(4, "tap0", up, "10.8.0.2/24")
	wg := iface(4, "wg0", net.FlagUp|net.FlagRunning|net.FlagPointToPoint, "10.8.0.2/32")
	second := iface(3, "eth1", up, "10.1.0.2/24")
	beside := func(i host.Interface, l Link, send RouteResult) Facts {
		f := facts(send, eth0, i)
		f.Links = map[int]Link{1: {}, 2: {OperState: "up"}, i.Index: l}
		return f
	}
	to := func(f Facts, host string, r RouteResult) Facts {
		f.Back = map[netip.Addr]RouteResult{addr(host): r}
		return f
	}
	asking := func(in Intent, to string) Intent {
		in.To = addr(to)
		return in
	}
	cable := iface(2, "eth0", up)
	six2 := iface(2, "eth0", up, "fe80::2/64")
	routing := facts(by(eth0), eth0, second)
	routing.Router = []int{2, 3}

	for _, tt := range []struct {
		name  string
		f     Facts
		in    Intent
		want  string // the kind, and "note" where nothing would have to carry groups
		words string
	}{
		{"nothing is known", Facts{}, in, "", ""},
		{"a LAN", facts(by(eth0), eth0), in, "", ""},
		{"a host of the lab, behind a router", namespace(private, "192.168.77.1"), in, "", ""},

		{"Docker", namespace(docker, "172.19.0.1"), in, "container", "looks like|172.19.0.0/16|docker run --network host|macvlan|relay"},
		{"Docker, asked for a host beyond", namespace(docker, "172.19.0.1", x), asksAbout(in, x), "container", "looks like"},
		{"Docker, by IPv6", to(facts(by(ula), ula), x6, route(ula, "::/0", "fd12:77::1", 254)), asksAbout(in6, x6), "", ""},
		{"Docker, by IPv6, with its link", func() Facts {
			f := namespace(ula, "fd12:77::1", x6)
			f.Send = route(ula, "ff00::/8", "", 255)
			return f
		}(), asksAbout(in6, x6), "container", "172.19.0.0/16"},
		{"Podman", namespace(podman, "10.89.4.1"), in, "container", "podman run --network host"},
		{"LXC", namespace(lxc, "10.0.3.1"), in, "container", "lxc"},
		{"what Docker would give, by another gateway", namespace(docker, "172.19.0.9"), in, "", ""},
		{"what Docker would give, on a card", kind(namespace(docker, "172.19.0.1"), 2, Link{OperState: "up"}), in, "", ""},
		{"what Docker would give, on a veth of this namespace", kind(namespace(docker, "172.19.0.1"), 2, Link{Kind: "veth", Parent: 3}), in, "", ""},
		{"marks of a runtime, in its namespace", with(namespace(public, "203.0.113.1"), Machine{Container: "docker", Here: true}), in, "container", "files"},
		{"marks of a runtime, and perhaps another namespace", with(namespace(public, "203.0.113.1"), Machine{Container: "docker"}), in, "", ""},
		{"a private network, asked for a host beyond", namespace(private, "192.168.77.1", x), asksAbout(in, x), "container", "may be|192.168.77.1 is the first"},
		{"the same, and a host beyond that may not hear", namespace(private, "192.168.77.1", x), asking(in, x), "container", "may be"},
		{"a private network, asked for a neighbour", to(namespace(private, "192.168.77.1"), "192.168.77.9", route(private, "192.168.77.0/24", "", 254)),
			asksAbout(in, "192.168.77.9"), "", ""},
		{"a public network, asked for a host beyond", namespace(public, "203.0.113.1", x), asksAbout(in, x), "", ""},
		{"Docker, and the host beyond is heard", thenHeard(namespace(docker, "172.19.0.1", x), docker, x, true), asksAbout(in, x), "container note", "is heard by eth0"},
		{"Docker, and the host beyond has answered", func() Facts {
			f := namespace(docker, "172.19.0.1", x)
			f.Observed.Answers = []netip.Addr{addr(x)}
			return f
		}(), asking(in, x), "container note", "hears this host"},
		{"Docker, and its neighbour is heard", thenHeard(namespace(docker, "172.19.0.1", x), docker, "172.19.0.8", false), asksAbout(in, x), "container", ""},
		{"a private network, and the host beyond is heard", thenHeard(namespace(private, "192.168.77.1", x), private, x, true), asksAbout(in, x), "", ""},

		{"a pod of Calico", namespace(calico, "169.254.1.1", x), asksAbout(in, x), "pod", "looks like|10.1.200.7/32|169.254.1.1|hostNetwork: true|macvlan"},
		{"a pod of Cilium, by IPv6", namespace(cilium6, "fd00::1", x6), asksAbout(in6, x6), "pod", "fd00::a8/128"},
		{"a pod of Calico, by IPv6", namespace(cilium6, "fe80::ecee:eeff:feee:eeee", x6), asksAbout(in6, x6), "pod", ""},
		{"a pod, and the host beyond is heard", thenHeard(namespace(calico, "169.254.1.1", x), calico, x, true), asksAbout(in, x), "pod note", ""},
		{"/32 with a route on the link", facts(route(slash32, "224.0.0.0/4", "", 254), slash32), in, "", ""},
		{"/32 on a card", kind(namespace(calico, "169.254.1.1"), 2, Link{OperState: "up"}), in, "", ""},
		{"flannel", namespace(iface(2, "eth0", up, "10.244.3.7/24"), "10.244.3.1"), in, "container", "hostNetwork: true"},

		{"a macvlan child", kind(namespace(private, "192.168.77.1"), 2, Link{Kind: "macvlan", Parent: 3, Elsewhere: true}), in, "macvlan", "the only host it never hears"},
		{"a macvlan beside its parent", beside(iface(4, "mac0", up, "192.168.8.9/24"), Link{Kind: "macvlan", Parent: 2}, by(eth0)), in, "", ""},

		{"tun", beside(tun0, Link{Kind: "tun"}, by(tun0)), in, "vpn", "looks like|-i eth0|VXLAN"},
		{"tun, and the LAN was chosen", beside(tun0, Link{Kind: "tun"}, by(tun0)), sendBy(in, eth0), "", ""},
		{"tun, chosen", beside(tun0, Link{Kind: "tun"}, by(eth0)), sendBy(in, tun0), "vpn", "you chose it"},
		{"tun, and somebody is heard by it", thenHeard(beside(tun0, Link{Kind: "tun"}, by(tun0)), tun0, "10.8.0.9", false), in, "vpn note", "10.8.0.9 is heard"},
		{"WireGuard for its own network", beside(wg, Link{Kind: "wireguard"}, by(eth0)), in, "", ""},
		{"WireGuard, asked for a host beyond", to(beside(wg, Link{Kind: "wireguard"}, by(eth0)), x, route(wg, "198.51.100.0/24", "", 254)), asksAbout(in, x), "vpn", "the way to " + x},
		{"tap with half of all addresses", beside(tap, Link{Kind: "tun"}, route(tap, "128.0.0.0/1", "10.8.0.1", 254)), in, "vpn", "tap device|half of all addresses|bridged"},
		{"a card with half of all addresses", beside(second, Link{}, route(second, "128.0.0.0/1", "10.1.0.1", 254)), in, "vpn", "half of all addresses"},
		{"an exit node's table, asked for a host of the LAN", to(beside(wg, Link{Kind: "wireguard"}, by(eth0)), "192.168.8.9", route(wg, "0.0.0.0/0", "", 52)),
			asksAbout(in, "192.168.8.9"), "", ""},
		{"an exit node's table, asked for a host beyond", to(beside(wg, Link{Kind: "wireguard"}, by(eth0)), x, route(wg, "0.0.0.0/0", "", 52)),
			asksAbout(in, x), "vpn", "the way to " + x},
		{"an exit node's table", beside(wg, Link{Kind: "wireguard"}, route(wg, "0.0.0.0/0", "", 52)), in, "vpn", "table 52|exit node"},
		{"an uplink's table", beside(second, Link{}, route(second, "0.0.0.0/0", "10.1.0.1", 100)), in, "", ""},

		{"a multicast router", routing, in, "multicast-router", "eth0 (192.168.8.164), eth1 (10.1.0.2)|TTL above 1"},
		{"a multicast router, and a group of the link", routing, talk("224.0.0.114", 2), "multicast-router", "no router forwards it"},
		{"lo alone", facts(nowhere(syscall.ENETUNREACH)), talk("239.1.2.3", 1), "alone", "lo is its only interface"},
		{"lo alone, asked for", facts(by(lo)), sendBy(talk("239.1.2.3", 1), lo), "", ""},
		{"a cable and no address", facts(nowhere(syscall.ENETUNREACH), cable), talk("239.1.2.3"), "no-address", "DHCP"},
		{"a cable and no IPv4 address", facts(by(lo), six2), talk("239.1.2.3", 1), "no-address", "DHCP|ff02::114%eth0"},
		{"a cable and no IPv6 address", facts(nowhere(syscall.ENETUNREACH), eth0), talk("ff02::114"), "no-address", "IPv6 address"},
		{"no cable, no address", facts(nowhere(syscall.ENETUNREACH), iface(2, "eth0", net.FlagUp|net.FlagMulticast)), talk("239.1.2.3"), "", ""},
		{"a card without an address beside the LAN's", facts(by(eth0), eth0, bare), in, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k, ok := Network(tt.f, tt.in)
			got := k.Name
			if ok && k.Carries == nil {
				got += " note"
			}
			if got != tt.want || ok != (tt.want != "") {
				t.Fatalf("%q, want %q: %+v", got, tt.want, k)
			}
			if !ok {
				return
			}
			checkKind(t, k)
			text := k.Title + "\n" + k.Evidence + "\n" + strings.Join(k.Carries, "\n")
			for word := range strings.SplitSeq(tt.words, "|") {
				if !strings.Contains(text, word) {
					t.Errorf("it does not say %q:\n%s", word, text)
				}
			}
		})
	}
}

// checkKind wants lines that a person can read.
func checkKind(t failer, k Kind) {
	known := slices.ContainsFunc(Kinds(), func(p KindPage) bool { return p.Name == k.Name })
	if text := k.Title + k.Evidence + strings.Join(k.Carries, ""); !known || k.Title == "" || k.Evidence == "" || strings.ContainsAny(text, "\n\r") || strings.Contains(text, "%!") {
		t.Errorf("not a kind that can be read: %+v", k)
	}
}

// In a container and in a pod one finding speaks, and none of those that would
// blame the TTL or the group.
func TestShutNetworks(t *testing.T) {
	docker, calico := iface(2, "eth0", up, "172.19.0.7/16"), iface(2, "eth0", up, "10.1.200.7/32")
	private := iface(2, "eth0", up, "192.168.77.5/24")
	const x = "198.51.100.9"
	asks := func(group string) Intent { return asksAbout(talk(group, 2), x) }
	to := talk("239.1.2.3", 2)
	to.To = addr(x)
	for _, tt := range []struct {
		name string
		f    Facts
		in   Intent
		want string
	}{
		{"a container", namespace(docker, "172.19.0.1", x), asks("239.1.2.3"), "virtual-network warning eth0 -"},
		{"a container, listened", quiet(namespace(docker, "172.19.0.1", x)), asks("239.1.2.3"), "not-heard failure - -; virtual-network warning eth0 -"},
		{"a container, and a group of the link", namespace(docker, "172.19.0.1", x), asks("224.0.0.114"), "virtual-network warning eth0 -"},
		{"a container, and who may not hear", namespace(docker, "172.19.0.1", x), to, "virtual-network warning eth0 -"},
		{"a container, and who may not hear has answered", func() Facts {
			f := quiet(namespace(docker, "172.19.0.1", x))
			f.Observed.Answers = []netip.Addr{addr(x)}
			return f
		}(), to, ""},
		{"a container, and nobody is asked about", namespace(docker, "172.19.0.1"), talk("239.1.2.3", 2), ""},
		{"a container that groups do come into", thenHeard(quiet(namespace(docker, "172.19.0.1", x)), docker, "198.51.100.8", true), asks("239.1.2.3"), "not-heard failure - -; hops-too-small warning - -"},
		{"a pod", namespace(calico, "169.254.1.1", x), asks("239.1.2.3"), "virtual-network warning eth0 -"},
		{"a pod, listened", quiet(namespace(calico, "169.254.1.1", x)), asks("239.1.2.3"), "not-heard failure - -; virtual-network warning eth0 -"},
		{"what may be a container", quiet(namespace(private, "192.168.77.1", x)), asks("239.1.2.3"), "not-heard failure - -; hops-too-small warning - -"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			seen := Seen(Diagnose(tt.f, tt.in))
			if got := summary(seen); got != tt.want {
				t.Errorf("found %q, want %q", got, tt.want)
			}
			for _, f := range seen {
				if text := strings.Join(f.Hints, "\n"); !strings.Contains(tt.want, "hops-too-small") && strings.Contains(text, "--ttl") {
					t.Errorf("%s speaks of the TTL: %s", f.Name, text)
				}
			}
		})
	}
}
