package lab_test

import (
	"net/netip"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// oneHost is a topology of a switch "lan" and a host "A".
func oneHost(interfaces []lab.Interface, routes ...lab.Route) lab.Topology {
	return lab.Topology{
		Switches: []lab.Switch{{Name: "lan"}},
		Hosts:    []lab.Host{{Name: "A", Interfaces: interfaces, Routes: routes}},
	}
}

func withSysctl(name, value string) lab.Topology {
	return lab.Topology{Hosts: []lab.Host{{Name: "A", Sysctls: map[string]string{name: value}}}}
}

func TestValidate(t *testing.T) {
	eth0 := lab.Interface{Name: "eth0", Switch: "lan", Addrs: labtest.Prefixes("192.0.2.1/24")}
	byDefault := netip.MustParsePrefix("0.0.0.0/0")
	gateway := netip.MustParseAddr("192.0.2.254")
	for _, test := range []struct {
		name     string
		topology lab.Topology
		want     string // "": it can be built
	}{
		{"the article's LAN", lab.Article, ""},
		{"nothing at all", lab.Topology{}, ""},
		{"the same address on two switches", lab.Topology{
			Switches: []lab.Switch{{Name: "lan"}, {Name: "other"}},
			Hosts: []lab.Host{{Name: "A", Interfaces: []lab.Interface{eth0,
				{Name: "eth1", Switch: "other", Addrs: labtest.Prefixes("192.0.2.1/24")}}}},
		}, ""},
		{"no switch, so no neighbour with the address", oneHost([]lab.Interface{eth0, {Name: "tun0", Addrs: labtest.Prefixes("192.0.2.1/32")}}), ""},
		{"route by lo", oneHost(nil, lab.Route{Dst: netip.MustParsePrefix("224.0.0.0/4"), Dev: "lo"}), ""},

		{"two switches of one name", lab.Topology{Switches: []lab.Switch{{Name: "lan"}, {Name: "lan"}}},
			`switch "lan": there are two of that name`},
		{"two hosts of one name", lab.Topology{Hosts: []lab.Host{{Name: "A"}, {Name: "A"}}},
			`host "A": there are two of that name`},
		{"two interfaces of one name", oneHost([]lab.Interface{eth0, {Name: "eth0", Switch: "lan"}}),
			`host "A": interface "eth0": there are two of that name`},
		{"unknown switch", oneHost([]lab.Interface{{Name: "eth0", Switch: "wan"}}),
			`host "A": interface "eth0": no switch "wan" (did you mean lan?)`},
		{"16 bytes", oneHost([]lab.Interface{{Name: "abcdefghijklmnop", Switch: "lan"}}),
			`host "A": interface "abcdefghijklmnop": the name is 16 bytes long: at most 15`},
		{"no name", lab.Topology{Hosts: []lab.Host{{}}}, `host "": the name is empty`},
		{"a second lo", oneHost([]lab.Interface{{Name: "lo"}}), `host "A": interface "lo": the name is taken`},
		{"an option for a name", lab.Topology{Hosts: []lab.Host{{Name: "-rf"}}}, `host "-rf": the name begins like an option`},
		{"a path for a name", lab.Topology{Hosts: []lab.Host{{Name: "a/b"}}},
			`host "a/b": '/' in the name: letters, digits and -_. only`},
		{"one address twice on a switch", lab.Topology{
			Switches: []lab.Switch{{Name: "lan"}},
			Hosts:    []lab.Host{{Name: "A", Interfaces: []lab.Interface{eth0}}, {Name: "B", Interfaces: []lab.Interface{eth0}}},
		}, `host "B": interface "eth0": address 192.0.2.1 is also that of A eth0, on the same switch "lan"`},
		{"the zero prefix", oneHost([]lab.Interface{{Name: "eth0", Addrs: []netip.Prefix{{}}}}),
			`host "A": interface "eth0": an address is missing or has no prefix length`},
		{"a group for an address", oneHost([]lab.Interface{{Name: "eth0", Addrs: labtest.Prefixes("224.0.0.114/24")}}),
			`host "A": interface "eth0": 224.0.0.114 is not a unicast address`},
		{"route by no interface", oneHost([]lab.Interface{eth0}, lab.Route{Dst: byDefault, Via: gateway, Dev: "eth1"}),
			`host "A": route 0.0.0.0/0: no interface "eth1"`},
		{"route by an interface that is down", oneHost([]lab.Interface{{Name: "eth0", Switch: "lan", Down: true}}, lab.Route{Dst: byDefault, Dev: "eth0"}),
			`host "A": route 0.0.0.0/0: interface "eth0" is down, so the kernel refuses the route`},
		{"route to nowhere", oneHost([]lab.Interface{eth0}, lab.Route{Dst: byDefault}),
			`host "A": route 0.0.0.0/0: neither an interface nor a gateway`},
		{"blackhole by an interface", oneHost([]lab.Interface{eth0}, lab.Route{Dst: byDefault, Dev: "eth0", Type: lab.Blackhole}),
			`host "A": route 0.0.0.0/0: type blackhole leads nowhere, and takes no interface and no gateway`},
		{"unknown type", oneHost(nil, lab.Route{Dst: byDefault, Type: "nat"}),
			`host "A": route 0.0.0.0/0: unknown type "nat": want unreachable, blackhole, prohibit, throw or none`},
		{"bits beyond the prefix", oneHost([]lab.Interface{eth0}, lab.Route{Dst: netip.MustParsePrefix("224.0.0.1/4"), Dev: "eth0"}),
			`host "A": route 224.0.0.1/4: 224.0.0.1/4 has bits beyond its prefix length: want 224.0.0.0/4`},
		{"IPv6 by an IPv4 gateway", oneHost([]lab.Interface{eth0}, lab.Route{Dst: netip.MustParsePrefix("::/0"), Via: gateway}),
			`host "A": route ::/0: gateway 192.0.2.254 is of another IP version`},
		{"IPv6 source of an IPv4 route", oneHost([]lab.Interface{eth0}, lab.Route{Dst: byDefault, Dev: "eth0", Src: netip.MustParseAddr("2001:db8::1")}),
			`host "A": route 0.0.0.0/0: source 2001:db8::1 is not an address of this IP version`},
		{"negative table", oneHost([]lab.Interface{eth0}, lab.Route{Dst: byDefault, Dev: "eth0", Table: -1}),
			`host "A": route 0.0.0.0/0: table -1 is not a table`},
		{"gateway with a zone", oneHost([]lab.Interface{eth0}, lab.Route{Dst: netip.MustParsePrefix("::/0"), Via: netip.MustParseAddr("fe80::1%eth0")}),
			`host "A": route ::/0: gateway fe80::1%eth0 has a zone: name the interface instead`},
		{"a switch that is nearly right", lab.Topology{
			Switches: []lab.Switch{{Name: "lan"}, {Name: "other"}},
			Hosts:    []lab.Host{{Name: "A", Interfaces: []lab.Interface{{Name: "eth0", Switch: "othr"}}}},
		}, `host "A": interface "eth0": no switch "othr" (did you mean other?)`},
		{"a querier that does not snoop", lab.Topology{Switches: []lab.Switch{{Name: "lan", Querier: true}}},
			`switch "lan": only a snooping switch can be the querier`},
		{"an IGMP of no host", lab.Topology{Hosts: []lab.Host{{Name: "A", IGMP: 4}}}, `host "A": IGMP version 4: want 1 or 2; a host speaks 3 unless its querier speaks 2`},
		{"an IGMP of no switch", lab.Topology{Switches: []lab.Switch{{Name: "lan", Snooping: true, Querier: true, IGMP: 4}}},
			`switch "lan": IGMP version 4: want 2 or 3`},
		{"a host with a dot", lab.Topology{Hosts: []lab.Host{{Name: "A.b"}}},
			`host "A.b": a dot in the name: HOST.INTERFACE is how interfaces are named`},
		{"a word for an interface", oneHost([]lab.Interface{{Name: "route"}}),
			`host "A": interface "route": the name is a word of the text format`},
		{"an address twice", oneHost([]lab.Interface{{Name: "eth0", Addrs: labtest.Prefixes("192.0.2.1/24", "192.0.2.1/24")}}),
			`host "A": interface "eth0": address 192.0.2.1/24 is there twice`},
		{"IPv4 in IPv6", oneHost([]lab.Interface{{Name: "eth0", Addrs: labtest.Prefixes("::ffff:192.0.2.1/120")}}),
			`host "A": interface "eth0": ::ffff:192.0.2.1 is an IPv4 address: write 192.0.2.1`},
		{"small MTU", oneHost([]lab.Interface{{Name: "eth0", MTU: 575}}), `host "A": interface "eth0": MTU 575: want 576 to 9000`},
		{"large MTU", oneHost([]lab.Interface{{Name: "eth0", MTU: 9001}}), `host "A": interface "eth0": MTU 9001: want 576 to 9000`},
		{"MTU for IPv4", oneHost([]lab.Interface{{Name: "eth0", MTU: 576, Addrs: labtest.Prefixes("192.0.2.1/24")}}), ""},
		{"MTU for IPv6", oneHost([]lab.Interface{{Name: "eth0", MTU: 1279, Addrs: labtest.Prefixes("2001:db8::1/64")}}),
			`host "A": interface "eth0": MTU 1279: IPv6 needs 1280 or more`},
		{"loss of more than all", oneHost([]lab.Interface{{Name: "eth0", Loss: 101}}), `host "A": interface "eth0": loss 101%: want 0 to 100`},
		{"delay before it is sent", oneHost([]lab.Interface{{Name: "eth0", Delay: -1}}), `host "A": interface "eth0": delay -1ns: want 0 to 10s`},
		{"a setting of the computer", withSysctl("kernel.hostname", "x"), `host "A": sysctl "kernel.hostname": not the name of a setting below net`},
		{"a way out of net", withSysctl("net/../kernel/hostname", "x"), `host "A": sysctl "net/../kernel/hostname": not the name of a setting below net`},
		{"an absolute way out", withSysctl("net//../x", "1"), `host "A": sysctl "net//../x": not the name of a setting below net`},
		{"a setting of no interface", withSysctl("net.ipv4.conf.eth0.rp_filter", "1"), `host "A": sysctl "net.ipv4.conf.eth0.rp_filter": no interface "eth0"`},
		{"a setting of lo", withSysctl("net.ipv4.conf.lo.rp_filter", "1"), ""},
		{"two lines for a value", withSysctl("net.ipv4.ip_forward", "1\n0"), `host "A": sysctl "net.ipv4.ip_forward": the value has a character that no setting takes`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := ""
			if err := test.topology.Validate(); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("Validate:\n got %q\nwant %q", got, test.want)
			}
		})
	}
}
