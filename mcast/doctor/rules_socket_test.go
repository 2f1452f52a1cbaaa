package doctor

import (
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
)

func hostWith(sockets ...host.Socket) Facts {
	return lan(func(f *Facts) { f.Sockets = append([]host.Socket{}, sockets...) })
}

func TestUnicastBind(t *testing.T) {
	here := socket("192.168.8.164:1234", "python3 (4711)", 0)
	joined := func(s host.Socket, groups ...string) Facts {
		f := hostWith(s)
		f.Groups = []host.InterfaceGroups{groupsAt(eth0, groups...)}
		return f
	}
	runRule(t, unicastBind, []ruleCase{
		{"nothing is known", Facts{}, plain, "unknown", nil},
		{"nobody", hostWith(), plain, "ok", nil},
		{"bound to an address of eth0", hostWith(here), plain, "warning eth0", []string{"python3 (4711)", "192.168.8.164:1234", "uid 1000"}},
		{"by another user, whose programs are not seen", hostWith(socket("192.168.8.164:1234", "", 0)), plain, "warning eth0", []string{"user 1000"}},
		{"at another port", hostWith(socket("192.168.8.164:1235", "python3 (4711)", 0)), plain, "ok", nil},
		{"to the wildcard and to the group", hostWith(socket("0.0.0.0:1234", "", 0), socket("[::]:1234", "", 0), socket("224.0.0.114:1234", "", 0)), plain, "ok", nil},
		{"its own", hostWith(own(here)), plain, "ok", nil},
		{"nobody has joined the group: a client or a server", joined(here), plain, "ok", nil},
		{"another has joined it", joined(here, "224.0.0.114"), plain, "warning eth0", nil},
		{"a server of this host alone", hostWith(socket("127.0.0.1:1234", "python3 (4711)", 0)), plain, "ok", nil},
		{"a responder: it hears by another socket", hostWith(here, socket("0.0.0.0:1234", "python3 (4711)", 0)), plain, "ok", nil},
		{"beside another program, which hears", hostWith(here, socket("0.0.0.0:1234", "avahi (7)", 0)), plain, "warning eth0", nil},
		{"IPv6", hostWith(socket("[2001:db8::1]:1234", "python3 (4711)", 0)), inGroup("ff02::114%eth0"), "warning", []string{"2001:db8::1"}},
	})
}

func TestPortShared(t *testing.T) {
	wild := func(program string) host.Socket { return socket("0.0.0.0:1234", program, 0) }
	onDevices := func(a, b int) Facts {
		f := hostWith(wild("a (1)"), wild("b (2)"))
		f.Devices = map[uint64]int{f.Sockets[0].Inode: a, f.Sockets[1].Inode: b}
		return f
	}
	mdns := hostWith(socket("0.0.0.0:5353", "", 0), socket("0.0.0.0:5353", "chrome (12)", 0), socket("224.0.0.251:5353", "chrome (12)", 0))
	runRule(t, portShared, []ruleCase{
		{"nothing is known", Facts{}, plain, "unknown", nil},
		{"two groupcasts on one host: ours and one other", hostWith(own(wild("groupcast (1)")), wild("groupcast (2)")), plain, "ok", nil},
		{"two others", hostWith(wild("groupcast (1)"), wild("python3 (4711)")), plain, "warning", []string{"2 programs", "groupcast (1), python3 (4711)", "0.0.0.0:1234"}},
		{"two of one program", hostWith(wild("python3 (4711)"), wild("python3 (4711)")), plain, "ok", nil},
		{"two that are not seen", hostWith(wild(""), wild("")), plain, "unknown", []string{"2 sockets"}},
		{"two groupcasts", hostWith(wild("groupcast (1)"), wild("groupcast (2)")), plain, "ok", nil},
		{"two by the name that this program has", hostWith(wild("groupcast (1)"), wild(ownName()+" (2)"), wild(ownName()+" (3)")), plain, "ok", nil},
		{"one that begins as groupcast does", hostWith(wild("groupcast (1)"), wild("groupcaster (2)")), plain, "warning", nil},
		{"one that calls itself groupcast, and another", hostWith(wild("groupcast (x) (1)"), wild("groupcast (2)")), plain, "warning", nil},
		{"bound to the group, which gets no unicast", hostWith(socket("224.0.0.114:1234", "a (1)", 0), socket("224.0.0.114:1234", "b (2)", 0)), plain, "ok", nil},
		{"one address each", hostWith(wild("a (1)"), socket("192.168.8.164:1234", "b (2)", 0)), plain, "ok", nil},
		{"one address for both", hostWith(socket("192.168.8.164:1234", "a (1)", 0), socket("192.168.8.164:1234", "b (2)", 0)), plain, "warning eth0", nil},
		{"IPv6's wildcard loses against IPv4's", hostWith(wild("a (1)"), socket("[::]:1234", "b (2)", 0)), plain, "ok", nil},
		{"two on two interfaces", onDevices(2, 3), plain, "ok", nil},
		{"two on one interface", onDevices(2, 2), plain, "warning", nil},
		{"two of IPv6", hostWith(socket("[::]:1234", "a (1)", 0), socket("[::]:1234", "b (2)", 0)), inGroup("ff02::114%eth0"), "warning", nil},
		{"mDNS", mdns, inGroup("224.0.0.251:5353"), "unknown", []string{"chrome (12)"}},
		{"mDNS is not our port", mdns, plain, "ok", nil},
	})
}

func TestReceiveOverflow(t *testing.T) {
	const limit = 212992 // net.core.rmem_max of many systems
	python := socket("0.0.0.0:1234", "python3 (4711)", 12)
	ours := own(python)
	capped := func(f Facts) Facts {
		f.Settings = map[string]int{"net.core.rmem_max": limit}
		return f
	}
	watched := func(f Facts, drops uint64) Facts {
		f.Observed.For = 10 * time.Second
		f.Observed.Drops = map[uint64]uint64{python.Inode: drops}
		return f
	}
	buffer := func(n int) Intent { return intent(func(in *Intent) { in.Live, in.ReadBuffer = true, n }) }
	runRule(t, receiveOverflow, []ruleCase{
		{"nothing is known", Facts{}, plain, "unknown", nil},
		{"nobody listens", hostWith(), plain, "ok", nil},
		{"nothing was dropped", hostWith(socket("0.0.0.0:1234", "", 0)), plain, "ok", nil},
		{"since it was opened", hostWith(python), plain, "warning", []string{"dropped 12 since", "python3 (4711)"}},
		{"now", watched(hostWith(python), 5), plain, "failure", []string{"12 since it was opened, 5 of them in the last 10s"}},
		{"once, but no more", watched(hostWith(python), 0), plain, "ok", []string{"10s"}},
		{"what never hears the group", hostWith(socket("192.168.8.164:1234", "", 9), socket("0.0.0.0:53", "", 9)), plain, "ok", nil},
		{"IPv6's wildcard may hear IPv4", hostWith(socket("[::]:1234", "java (1)", 1)), plain, "warning", nil},
		{"ours, and there is more to be had", capped(hostWith(ours)), buffer(limit), "warning buffer=212992", []string{"groupcast itself"}},
		{"ours, and it has all: Linux reports the double", capped(hostWith(ours)), buffer(2 * limit), "warning", nil},
		{"ours, and the limit is not known", hostWith(ours), buffer(limit), "warning", nil},
	})
}
