package doctor

import (
	"net/netip"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/stream"
)

func TestNoQuerier(t *testing.T) {
	docker0 := iface(8, "docker0", up, "172.17.0.1/16")
	site := inGroup("239.1.2.3")
	on := func(index int) Intent {
		in := site
		in.Joined = []int{index}
		return in
	}
	bridge := func(b Bridge, port string) Facts {
		f := facts(by(eth0), eth0, docker0)
		b.Ports = []int{2}
		f.Links = map[int]Link{2: {Kind: port, Master: 8}, 8: {Kind: "bridge", Bridge: &b}}
		return f
	}
	revived := func(r Revived) Facts { return lan(func(f *Facts) { f.Observed.Revived = []Revived{r} }) }
	minutes := func(n int, change ...func(*Facts)) Facts {
		f := seen(nil, append(change, withProbe)...)
		f.Observed.For = time.Duration(n) * time.Minute
		return f
	}
	const x, other = "192.168.8.226:5004", "192.168.8.9:5004"
	fell := func(users string, control ...stream.Row) Facts {
		f := listened(20*time.Second, func(o *Observed) { o.Control = control }, heardRow(x, 5*time.Second, silent))
		f.Groups = []host.InterfaceGroups{groupsAt(eth0, "239.1.2.3"+users)}
		f.Groups[0].Version = 2
		return f
	}
	unheld := fell("", heardRow(x, 19*time.Second, nil))
	unheld.Groups = []host.InterfaceGroups{groupsAt(eth0)}
	elsewhere := fell("", heardRow(x, 19*time.Second, func(r *stream.Row) { r.IfIndex = 9 }))
	back := fell("", heardRow(x, 19*time.Second, nil))
	back.Observed.Heard = append(back.Observed.Heard, heardRow("192.168.8.226:9", 19*time.Second, nil))
	runRule(t, noQuerier, []ruleCase{
		{"a program holds the group, and the sender's 224.0.0.x goes on", fell("", heardRow(x, 19*time.Second, nil)), site, "warning eth0",
			[]string{"may have forgotten", "stopped at 12:04:05, 15 s before the end", "224.0.0.114 from it went on", "could not be tried", "IGMPv2"}},
		{"nobody holds it, so that the probe has tried", unheld, site, "unknown", nil},
		{"only another host's goes on", fell("", heardRow(other, 19*time.Second, nil)), site, "unknown", nil},
		{"its own stopped with the group", fell("", heardRow(x, 5*time.Second, nil)), site, "unknown", nil},
		{"it goes on by another interface", elsewhere, site, "unknown", nil},
		{"the sender goes on from another port", back, site, "unknown", nil},
		{"a group of 224.0.0.0/24", fell("", heardRow(x, 19*time.Second, nil)), plain, "ok", nil},
		{"nothing is known", Facts{}, site, "unknown", nil},
		{"224.0.0.0/24 is never pruned", Facts{}, plain, "ok", []string{"RFC 4541"}},
		{"a network card", lan(func(f *Facts) { f.Links = map[int]Link{2: {}} }), site, "unknown", []string{"eth0"}},
		{"lo", facts(by(lo)), on(1), "ok", nil},
		{"docker0: snooping, no querier: it floods", bridge(Bridge{Snooping: true}, "veth"), on(8), "ok", []string{"docker0", "every port"}},
		{"the host is at a port of it", bridge(Bridge{Snooping: true}, "veth"), on(2), "ok", []string{"docker0"}},
		{"a bridge without snooping", bridge(Bridge{}, "veth"), on(8), "ok", []string{"mcast_snooping 0"}},
		{"a bridge that asks itself", bridge(Bridge{Snooping: true, Querier: true, Heard: true}, "veth"), on(8), "ok", []string{"mcast_querier 1"}},
		{"a bridge that relies on another", bridge(Bridge{Snooping: true, Heard: true}, "veth"), on(8), "unknown", []string{"elsewhere"}},
		{"a bridge with a network card: other switches", bridge(Bridge{}, ""), on(8), "unknown", nil},
		{"heard again after a new join", revived(Revived{IfIndex: 2, Silent: 270 * time.Second, Times: 1}), site, "warning eth0", []string{"4m30s"}},
		{"twice", revived(Revived{IfIndex: 2, Silent: 270 * time.Second, Times: 2}), site, "failure eth0", []string{"2 times"}},
		{"while 224.0.0.0/24 went on", revived(Revived{IfIndex: 2, Silent: time.Minute, Times: 1, Control: true}), site, "failure eth0", []string{"224.0.0.0/24"}},
		{"watched for five minutes", minutes(5, heardSender), site, "ok", []string{"5m0s"}},
		{"watched for five minutes, and nobody was heard", minutes(5), site, "unknown", nil},
		{"watched for one", minutes(1, heardSender), site, "unknown", nil},
		{"IPv6: all nodes", Facts{}, inGroup("ff02::1%eth0"), "ok", nil},
		{"IPv6: link scope is pruned", Facts{}, inGroup("ff02::114%eth0"), "unknown", nil},
	})
}

func TestDuplicateAddress(t *testing.T) {
	v6 := inGroup("ff02::114%eth0")
	links := func(list []netip.Addr) Facts {
		return lan(func(f *Facts) { f.Links = map[int]Link{2: {Duplicate: list}} })
	}
	onLo := v6
	onLo.Joined = []int{lo.Index}
	runRule(t, duplicateAddress, []ruleCase{
		{"nothing is known", Facts{}, plain, "unknown", nil},
		{"IPv4: the kernel does not look", links([]netip.Addr{}), plain, "unknown", nil},
		{"IPv6: the kernel looked", links([]netip.Addr{}), v6, "ok", []string{"eth0"}},
		{"IPv6: not known", links(nil), v6, "unknown", nil},
		{"IPv6: lo alone", Facts{Interfaces: []host.Interface{lo}, Links: map[int]Link{1: {}}}, onLo, "unknown", []string{"leads to other hosts"}},
		{"IPv6: found", links([]netip.Addr{addr("2001:db8::1")}), v6, "failure eth0", []string{"2001:db8::1", "RFC 4862"}},
		{"a sender whose host denies it", lan(func(f *Facts) {
			f.Observed.Refused = []netip.AddrPort{netip.MustParseAddrPort("192.168.8.226:40000")}
		}), plain, "warning", []string{"192.168.8.226", "port 40000"}},
	})
	held := links([]netip.Addr{addr("2001:db8:5::7")})
	held.Interfaces[0] = iface(2, "eth0", up, "fe80::7/64", "2001:db8:5::7/56")
	for hint, f := range map[string]Facts{
		"take it from this host, and then give it another: ip addr del 2001:db8:5::7/56 dev eth0":            held,
		"take it from this host, with the prefix length that ip addr show dev eth0 has, and give it another": links([]netip.Addr{addr("2001:db8:5::7")}),
	} {
		if got := duplicateAddress(f, v6)[0].Hints; len(got) != 1 || got[0] != hint {
			t.Errorf("%q, want %q", got, hint)
		}
	}
	gone := v6
	gone.Joined, gone.Wanted = []int{99}, []host.Interface{}
	runRule(t, duplicateAddress, []ruleCase{{"no such interface", links([]netip.Addr{}), gone, "ok", nil}})
}
