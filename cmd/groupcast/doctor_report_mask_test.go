package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/stream"
)

// Networks stay within each other and keep their kind, and hosts stay in them.
func TestMaskAddresses(t *testing.T) {
	m := newAddressMask(labtest.Prefixes("10.20.0.0/16", "10.20.30.0/24", "10.20.31.0/24", "192.168.77.0/24", "8.8.8.0/24", "2a00:1:2:3::/64", "fe80::/64", "0.0.0.0/1", "0.0.0.0/0"), false)
	for _, c := range []struct{ from, want string }{
		{"10.20.30.9", "10.1.1.1"}, {"10.20.30.200", "10.1.1.2"}, {"10.20.31.9", "10.1.2.1"}, {"10.20.99.9", "10.1.0.1"}, {"10.99.0.1", "10.0.0.1"},
		{"10.20.30.255", "10.1.1.255"}, {"10.20.30.0", "10.1.1.0"}, {"10.20.30.9", "10.1.1.1"},
		{"192.168.77.3", "192.168.1.1"}, {"192.168.78.3", "192.168.0.1"}, {"169.254.1.2", "169.254.0.1"}, {"100.99.1.2", "100.64.0.1"}, {"172.30.9.9", "172.16.0.1"},
		{"8.8.8.8", "198.18.1.1"}, {"9.9.9.9", "198.18.0.1"}, {"2a00:1:2:3:4::5", "2001:db8:0:1::1"}, {"2a02::5", "2001:db8::1"}, {"fd12:3456::1", "fd00::1"},
		{"fe80::aabb:ccff:fedd:eeff", "fe80::1"}, {"::ffff:10.20.30.9", "::ffff:10.1.1.1"},
		{"127.0.0.1", "127.0.0.1"}, {"::1", "::1"}, {"0.0.0.0", "0.0.0.0"}, {"255.255.255.255", "255.255.255.255"}, {"239.1.2.3", "239.1.2.3"}, {"ff02::114", "ff02::114"},
		{"ff02::1:ffab:cdef", "ff02::1:ff00:1"}, {"ff02::1:ff00:9", "ff02::1:ff00:2"}, {"ff15::1234", "ff15::1234"}, {"234.8.8.9", "234.0.1.1"},
		{"ff35:40:2a00:1:2:3:0:77", "ff35:40:2001:db8:ffff:1:0:77"}, {"ff7e:b40:2a00:1:2:3:0:77", "ff7e:140:2001:db8:ffff:2:0:77"}, {"ff3e::8000:77", "ff3e::8000:77"},
	} {
		if got := m.addr(labtest.Addr(c.from)); got.String() != c.want {
			t.Errorf("%s becomes %s, want %s", c.from, got, c.want)
		}
	}
	for from, want := range map[string]string{
		"10.20.0.0/16": "10.1.0.0/16", "10.20.30.0/24": "10.1.1.0/24", "10.20.30.9/24": "10.1.1.1/24", "0.0.0.0/0": "0.0.0.0/0", "128.0.0.0/1": "128.0.0.0/1",
		"10.0.0.0/8": "10.0.0.0/8", "8.8.8.0/24": "198.18.1.0/24", "224.0.0.0/4": "224.0.0.0/4", "fe80::/64": "fe80::/64", "10.20.30.9/32": "10.1.1.1/32",
		"77.88.99.11/4": "198.18.0.2/4", "ff02::1:ff00:0/104": "ff02::1:ff00:0/104", "ff35:40:2a00:1:2:3::/96": "ff35:40:2001:db8:ffff:1::/96", "239.1.2.0/24": "239.1.2.0/24",
	} {
		if got := m.prefix(labtest.Prefix(from)); got.String() != want {
			t.Errorf("%s becomes %s, want %s", from, got, want)
		}
	}
	m = newAddressMask(nil, true)
	for _, c := range []struct{ from, want string }{
		{"239.1.2.3", "239.0.1.1"}, {"232.1.2.3", "232.0.1.1"}, {"239.129.2.3", "239.128.1.1"}, {"239.7.7.7", "239.0.1.2"}, {"224.0.0.22", "224.0.0.22"},
		{"ff02::16", "ff02::16"}, {"ff15:1:2::3:4", "ff15::103"}, {"ff02::1:ffab:cdef", "ff02::1:ff00:1"}, {"ff35:40:2a00:1:2:3:0:77", "ff35:40:2001:db8:ffff:1:0:77"},
	} {
		if got := m.addr(labtest.Addr(c.from)); got.String() != c.want {
			t.Errorf("the group %s becomes %s, want %s", c.from, got, c.want)
		}
	}
	if got := m.mac([6]byte{1, 0, 0x5e, 1, 2, 3}, nil); got != "01:00:5e:00:01:01" { // as that of 239.1.2.3
		t.Errorf("its hardware address is %s", got)
	}
	if got := newAddressMask(nil, false).mac([6]byte{0x33, 0x33, 0xff, 0xab, 0xcd, 0xef}, nil); got != "33:33:ff:00:00:01" {
		t.Errorf("the hardware address of a solicited-node group is %s", got)
	}
}

// Two networks that have no room for numbers of hosts before them keep their places.
func TestMaskFullNetwork(t *testing.T) {
	known := labtest.Prefixes("10.1.1.0/24", "10.1.1.0/25", "10.1.1.128/25", "10.1.1.252/30")
	m := newAddressMask(known, false)
	seen := map[netip.Addr]netip.Addr{}
	for n := range 256 {
		a := netip.AddrFrom4([4]byte{10, 1, 1, byte(n)})
		to := m.addr(a)
		if other, twice := seen[to]; twice {
			t.Errorf("%s and %s become %s", a, other, to)
		}
		seen[to] = a
		for _, p := range known {
			if p.Contains(a) != m.prefix(p).Contains(to) {
				t.Errorf("%s becomes %s, and %s %s", a, to, p, m.prefix(p))
			}
		}
	}
}

func TestMaskText(t *testing.T) {
	f := doctor.Facts{Interfaces: []host.Interface{
		{Index: 1, Name: "lo", Flags: net.FlagLoopback | net.FlagUp}, {Index: 2, Name: "enx001122334455", Addrs: labtest.Prefixes("192.168.7.8/24")},
		{Index: 3, Name: "secret.100"}, {Index: 4, Name: "a`b|c"}, {Index: 5, Name: "wlp3s0"}, {Index: 6, Name: "docker0"},
		{Index: 7, Name: "c\xffrp"}, {Index: 8, Name: "c\x1b\u202erp"},
	}}
	m := newReportMask(f, doctor.Intent{}, false, "Ada-Laptop.example.org", "ada")
	for from, want := range map[string]string{
		"join 239.1.2.3:5000 on enx001122334455: no such device":     "join 239.1.2.3:5000 on eth1: no such device",
		"via 192.168.7.8, dev secret.100; on a`b|c":                  "via 192.168.1.1, dev if2; on if3",
		"[fe80::1%wlp3s0]:1234, from 192.168.7.9:5.":                 "[fe80::1%wlan4]:1234, from 192.168.1.2:5.",
		"192.168.7.8:cause x192.168.7.9y 192.168.7.0/24":             "192.168.1.1:cause x192.168.1.2y 192.168.1.0/24",
		"00:11:22:33:44:55 and 00-11-22-33-44-66, 00:11:22:33:44:55": "02:00:00:00:00:01 and 02:00:00:00:00:02, 02:00:00:00:00:01",
		"run-ADA-laptop of /home/ada/x":                              "run-NAME of /home/NAME/x",
		"docker0 lo 1.2.3 12:30:05 version 1.26.8":                   "docker0 lo 1.2.3 12:30:05 version 1.26.8",
		"joins on c\xffrp, c\x1b\u202erp":                            "joins on if5, if6",
		"joins on " + chat.Clean("c\xffrp, c\x1b\u202erp"):           "joins on if5, if6",
		`interface "c\xffrp", "c\x1b\u202erp"`:                       `interface "if5", "if6"`,
		"::1 fe80:: ::":                                              "::1 fe80:: ::",
	} {
		if got := m.text(from); got != want {
			t.Errorf("%q becomes\n%q, want\n%q", from, got, want)
		}
	}
	for from, want := range map[string]string{
		"net.ipv4.conf.enx001122334455.rp_filter": "net.ipv4.conf.eth1.rp_filter", "net.ipv4.conf.secret/100.rp_filter": "net.ipv4.conf.if2.rp_filter",
		"net.ipv4.conf.all.rp_filter": "net.ipv4.conf.all.rp_filter", "net.ipv4.ip_forward": "net.ipv4.ip_forward",
	} {
		if got := m.setting(from); got != want {
			t.Errorf("the setting %s becomes %s, want %s", from, got, want)
		}
	}
	err := m.err(&mcast.OpError{Op: "route back to", Target: "192.168.7.9", Interface: "wlp3s0", Err: syscall.ENETUNREACH})
	if err.Error() != "mcast: route back to 192.168.1.2 on wlan4: network is unreachable" || !errors.Is(err, syscall.ENETUNREACH) {
		t.Errorf("the error becomes %v", err)
	}
}

// Every text of the facts is listed with what becomes of it, and nothing is in a field
// that cannot be copied.
func TestEveryFactIsMasked(t *testing.T) {
	listed, seen := maps.Clone(maskedFields), map[reflect.Type]bool{}
	var visit func(field string, v reflect.Type)
	visit = func(field string, v reflect.Type) {
		switch v {
		case addrType, prefixType, addrPortType, timeType, errorType:
			return
		}
		switch v.Kind() {
		case reflect.String:
			if maskedFields[field] == nil {
				t.Errorf("%s is a text, and maskedFields does not say what becomes of it", field)
			}
			delete(listed, field)
		case reflect.Struct:
			if seen[v] {
				return
			}
			seen[v] = true
			for i := range v.NumField() {
				f := v.Field(i)
				if !f.IsExported() {
					t.Errorf("%s.%s is not exported: it is left out", v, f.Name)
				}
				visit(v.String()+"."+f.Name, f.Type)
			}
		case reflect.Map:
			visit(field, v.Key())
			visit(field, v.Elem())
		case reflect.Slice, reflect.Array, reflect.Pointer:
			visit(field, v.Elem())
		case reflect.Interface, reflect.Func, reflect.Chan:
			t.Errorf("%s is of type %s, which is not copied", field, v)
		}
	}
	visit("", reflect.TypeFor[doctor.Intent]())
	visit("", reflect.TypeFor[doctor.Facts]())
	for field := range listed {
		t.Errorf("%s is listed, and there is no such field", field)
	}
}

// reportShape is what a masked report may tell of a host.
type reportShape struct {
	Interfaces []shapeOfInterface
	Firewall   bool
}

type shapeOfInterface struct {
	Stem, Kind int // of ifaceStems, of addressKinds
	Bits       int // more than the kind's
	Hosts      int
}

// leading is a byte whose first n bits are set.
func leading(n int) byte { return byte(uint16(0xff00) >> max(0, min(8, n))) }

// drawShape draws what two hosts have in common.
func drawShape(t *rapid.T) (s reportShape) {
	for range rapid.IntRange(1, 4).Draw(t, "interfaces") {
		s.Interfaces = append(s.Interfaces, shapeOfInterface{
			Stem: rapid.IntRange(-1, len(ifaceStems)-1).Draw(t, "stem"), Kind: rapid.SampledFrom([]int{0, 1, 2, 3, 5, 7}).Draw(t, "kind"),
			Bits: rapid.IntRange(8, 12).Draw(t, "bits"), Hosts: rapid.IntRange(1, 5).Draw(t, "hosts"),
		})
	}
	s.Firewall = rapid.Bool().Draw(t, "firewall")
	return s
}

// drawHost draws a host of that shape, with names and addresses of its own.
func drawHost(t *rapid.T, s reportShape) (f doctor.Facts, in doctor.Intent, names []string) {
	label := func(of string) string {
		return rapid.SampledFrom([]string{"q", "Z", "_", "x"}).Draw(t, of) + rapid.StringMatching("[0-9a-z.:`*<>|'\"#\u202e\\-]{3,7}").Draw(t, of) + "q"
	}
	hostName := "q" + rapid.StringMatching(`[a-z]{6,10}`).Draw(t, "host name")
	names = []string{hostName + ".example", "z" + rapid.StringMatching(`[a-z0-9]{5,8}`).Draw(t, "user")}
	used, usedNames := []netip.Prefix{}, map[string]bool{}
	f.Interfaces = []host.Interface{{Index: 1, Name: "lo", Flags: net.FlagUp | net.FlagLoopback | net.FlagRunning, MTU: 65536, Addrs: labtest.Prefixes("127.0.0.1/8")}}
	f.Links, f.Settings, f.Routing = map[int]doctor.Link{}, map[string]int{}, &host.Routing{}
	in = doctor.Intent{Group: labtest.Group("239.1.2.3:5000"), Loopback: true, Hops: 1}
	for n, one := range s.Interfaces {
		name := ""
		for name == "" || usedNames[name] {
			if name = label("name"); one.Stem >= 0 {
				name = ifaceStems[one.Stem].from + name
			}
		}
		usedNames[name] = true
		kind := addressKinds[one.Kind].from
		bits := max(kind.Bits()+one.Bits, 20)
		var network netip.Prefix
		for !network.IsValid() || slices.ContainsFunc(used, network.Overlaps) {
			a := kind.Addr().As4()
			if one.Kind == 7 { // public ones
				a = [4]byte{byte(rapid.SampledFrom([]int{8, 20, 99, 150, 200}).Draw(t, "public"))}
			}
			for i := range a {
				a[i] |= rapid.Byte().Draw(t, "byte") &^ leading(max(kind.Bits(), 8)-8*i)
			}
			network = netip.PrefixFrom(netip.AddrFrom4(a), bits).Masked()
		}
		used = append(used, network)
		var hosts []netip.Addr
		for len(hosts) < one.Hosts {
			b := network.Addr().As4()
			b[3] |= byte(rapid.IntRange(1, 254).Draw(t, "number")) &^ leading(bits-24)
			b[2] |= rapid.Byte().Draw(t, "number") &^ leading(bits-16)
			a := netip.AddrFrom4(b)
			if last, _ := host.BroadcastOf(network); a != last && a != network.Addr() && !slices.Contains(hosts, a) {
				hosts = append(hosts, a)
			}
		}
		index := n + 2
		f.Interfaces = append(f.Interfaces, host.Interface{
			Index: index, Name: name, Flags: net.FlagUp | net.FlagBroadcast | net.FlagMulticast | net.FlagRunning, MTU: 1500, Addrs: []netip.Prefix{netip.PrefixFrom(hosts[0], bits)},
		})
		// An address of IPv6 that is made from the network card's, and the groups that are made from it.
		mac := [6]byte{0, 0x1b, 0x21, rapid.Byte().Draw(t, "mac"), rapid.Byte().Draw(t, "mac"), byte(index)}
		six := [16]byte{0x2a, 2, rapid.Byte().Draw(t, "byte"), 1, 0, 0, 0, byte(index), mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5]}
		solicited := [16]byte{0: 0xff, 1: 2, 11: 1, 12: 0xff, 13: mac[3], 14: mac[4], 15: mac[5]}
		fromPrefix := [16]byte{0: 0xff, 1: 0x35, 3: 64, 15: 77}
		copy(fromPrefix[4:], six[:8])
		f.Interfaces[n+1].Addrs = append(f.Interfaces[n+1].Addrs, netip.PrefixFrom(netip.AddrFrom16(six), 64))
		f.Links[index] = doctor.Link{Kind: "veth", OperState: "up", Groups: []doctor.HardwareGroup{{Address: "01:00:5e:01:02:03", Users: 1}}}
		f.Groups = append(f.Groups, host.InterfaceGroups{Index: index, Name: name, Version: 3, Groups: []host.JoinedGroup{
			{Addr: in.Group.Addr, Users: 1}, {Addr: netip.AddrFrom16(solicited), Users: 1}, {Addr: netip.AddrFrom16(fromPrefix), Users: 1},
		}})
		f.Settings["net.ipv4.conf."+strings.ReplaceAll(name, ".", "/")+".rp_filter"] = 1
		f.Routing.Routes = append(f.Routing.Routes, host.Entry{Dst: network, Table: 254, Kind: host.Unicast, On: []int{index}, Source: hosts[0]})
		f.Routing.Rules = append(f.Routing.Rules, host.Rule{Priority: 100 + n, From: netip.PrefixFrom(hosts[0], 32), In: name, Table: 254})
		in.Joined, in.Wanted = append(in.Joined, index), append(in.Wanted, f.Interfaces[n+1])
		told := fmt.Sprintf("%s on %s at %s (00:1b:%02x:%02x:00:01) via %s", hostName, name, hosts[0], rapid.Byte().Draw(t, "mac"), n, names[1])
		f.Sockets = append(f.Sockets, host.Socket{Local: netip.AddrPortFrom(hosts[0], 5000), UID: 1000, Inode: uint64(index), Program: told})
		for _, a := range hosts[1:] {
			f.Observed.Senders = append(f.Observed.Senders, doctor.Sender{From: netip.AddrPortFrom(a, 999), IfIndex: index, Datagrams: 3})
			f.Observed.Heard = append(f.Observed.Heard, stream.Row{Key: stream.Key{Group: in.Group.AddrPort(), From: netip.AddrPortFrom(a, 999), IfIndex: index}, Datagrams: 3})
		}
		if n == 0 {
			f.Send.Err = &mcast.OpError{Op: "route to", Target: hosts[0].String(), Interface: name, Err: syscall.ENETUNREACH}
			f.Join.Route = host.Route{Interface: name, IfIndex: index, Source: hosts[0]}
			f.Unread = map[doctor.Origin]error{doctor.FromGroups: fmt.Errorf("of %s on %s: %w", hosts[0], name, syscall.EPERM)}
			f.Observed.Listen = doctor.Listened{Since: time.Unix(100, 0), Until: time.Unix(105, 0), On: []int{index}}
			in.From = hosts[len(hosts)-1]
			f.Back = map[netip.Addr]doctor.RouteResult{in.From: {Route: f.Join.Route}}
		}
	}
	if s.Firewall {
		f.Firewall = []doctor.FirewallChain{{Family: "inet", Table: label("table"), Name: label("chain"), In: true, Policy: true}, {Family: "ip", Table: "filter", Name: "INPUT", In: true}}
	}
	return f, in, names
}

// issueOf is the report of a host.
func issueOf(f doctor.Facts, in doctor.Intent, masked bool, names ...string) string {
	var out bytes.Buffer
	issue{
		report: report{group: in.Group, from: in.From, intent: in, facts: f, findings: doctor.Diagnose(f, in)},
		host:   hostVersions{groupcast: version{module: "v0.1.0", golang: "go1.26", system: "linux/amd64"}, kernel: "6.12.1", distribution: "Debian", names: names},
		probe:  true, watch: 5 * time.Second, masked: masked,
	}.write(&out)
	return out.String()
}

// A masked report tells the shape of a host and its network, and nothing else: two hosts
// of one shape have the same report, whatever their names and addresses are. So no
// address, hardware address or name of either is in it. The doctor finds the same.
func TestMaskedReportsTellTheShapeAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := drawShape(t)
		f, in, names := drawHost(t, shape)
		g, other, otherNames := drawHost(t, shape)
		one, two := issueOf(f, in, true, names...), issueOf(g, other, true, otherNames...)
		if one != two {
			a, b := strings.Split(one, "\n"), strings.Split(two, "\n")
			for n := range min(len(a), len(b)) {
				if a[n] != b[n] {
					t.Fatalf("two hosts of one shape differ:\n%s\n%s", a[n], b[n])
				}
			}
			t.Fatal("two hosts of one shape have reports of different lengths")
		}
		if strings.Contains(one, "With the true addresses") {
			t.Fatalf("the doctor finds something else in masked facts:\n%s", one)
		}
		if before := issueOf(f, in, false); !strings.Contains(before, in.From.String()) || !strings.Contains(one, "```") {
			t.Fatal("the report that is not masked lacks an address")
		}
	})
}
