package main

import (
	"slices"
	"strings"
)

// reports are the networks of TestReports.
var reports = slices.Concat(silentReports, elsewhereReports, addressReports, routerReports, copiesReports, countedReports)

// aSends is A, which sends ten datagrams a second.
const aSends = "A& hold -to 239.20.1.1:5500 0.0.0.0:0\n"

// fastLeave is B and C at one port of a switch, which forgets the port with the
// first of them that leaves. With IGMPv2 it is the last that joined who says so.
const fastLeave = "switch lan snooping querier igmp 2 fastleave\nswitch hub on lan\nhost A\neth0 on lan 10.20.0.1/24\n" +
	"host B\neth0 on hub 10.20.0.2/24\n" + onEth0 + "\nhost C\neth0 on hub 10.20.0.3/24"

// joinsAndLeaves is C after B.
const joinsAndLeaves = "C& hold -join 239.20.1.1 -after 1s -leave 3s 0.0.0.0:5500"

// Nothing is heard, and no rule of this host's is broken.
var silentReports = []reported{
	{name: "a switch floods nothing, 224.0.0.x neither",
		where: drawn("switch lan flood off\nhost A\neth0 on lan 10.20.0.1/24\nhost B\neth0 on lan 10.20.0.2/24\nroute 224.0.0.0/4 dev eth0"),
		setup: aSends + "A& hold -to 224.0.0.77:5501 0.0.0.0:0",
		asked: []inquiry{
			{what: "B: nobody groupcast doctor --probe --watch 3s --from 10.20.0.1 239.20.1.1:5500", finds: "not-heard",
				says: []string{"10.20.0.1: not heard: not a datagram in 3", "what is sent to it alone reaches it", "the network between drops groups"}, never: []string{"nothing found"}},
			{what: "B: groupcast doctor --probe --watch 3s --from 10.20.0.1 224.0.0.77:5501", finds: "not-heard", says: []string{"nobody else was heard in the group either"}},
		}},
	{name: "fast leave behind a hub",
		where: drawn(fastLeave),
		setup: aSends + "B& hold -join 239.20.1.1 0.0.0.0:5500",
		asked: []inquiry{{what: "B: groupcast doctor --probe --watch 10s --from 10.20.0.1 239.20.1.1:5500", meanwhile: joinsAndLeaves, finds: "stopped",
			says: []string{"10.20.0.1: stopped at ", "s before the end", "another member of the group behind the same port left it (fast leave)"}}}},
	{name: "fast leave behind a hub, and the doctor joins again",
		where: drawn(fastLeave), setup: aSends + "A& hold -to 224.0.0.114:1234 0.0.0.0:0",
		asked: []inquiry{{what: "B: groupcast doctor --probe --watch 10s --from 10.20.0.1 239.20.1.1:5500", meanwhile: joinsAndLeaves, finds: "no-querier", says: []string{"forgets that this host is a member\n", "that port has fast leave: switch it off there"}}}},
	{name: "MLD reports dropped",
		where: drawn("switch lan snooping flood off\nhost A\neth0 on lan fd20::1/64\nhost B\neth0 on lan fd20::2/64"),
		setup: "A& hold -to [ff15::77]:5500 [::]:0\n" +
			"B: nft 'add table ip6 f; add chain ip6 f out { type filter hook output priority 0; }; add rule ip6 f out icmpv6 type { 131, 143 } drop'",
		asked: []inquiry{{what: "B: groupcast doctor --probe --from fd20::1 [ff15::77]:5500", finds: "not-heard reports-blocked", says: []string{"fd20::1: not heard"}}}},
	{name: "a host with only lo", where: drawn("host A"), asked: []inquiry{
		{what: "A: groupcast doctor 239.20.1.1", finds: "no-route"},
		{what: "A: groupcast doctor ff15::77", finds: "no-route"},
		{what: "A: nobody groupcast doctor --probe --watch 2s --from 10.20.0.9 239.20.1.1", finds: "no-route not-heard", says: []string{"bring up a network: this host has none"}, never: []string{"--ttl"}},
		{what: "A: groupcast doctor -i lo 239.20.1.1", says: []string{"nothing found"}},
	}},
	{name: "nobody at all is heard where all is well", where: lanOf(""), asked: []inquiry{
		{what: "A: nobody groupcast doctor --probe --watch 2s 239.20.1.1", says: []string{"nobody but this host was heard in 2", "nothing found"}},
	}},
	{name: "IPv6 is dropped here, and nobody may look at the rules", where: pair("fd20::1/64", "fd20::2/64", ""),
		setup: "A: nft 'add table ip6 f; add chain ip6 f in { type filter hook input priority 0; }; add rule ip6 f in ip6 daddr ff15::77 drop'\nB& hold -to [ff15::77]:5500 [::]:0",
		asked: []inquiry{{what: "A: nobody groupcast doctor -i eth0 --probe --from fd20::2 [ff15::77]:5500", finds: "firewall-in not-heard",
			says: []string{"own copies did not come either: 0 of 3", "first let the group in here"}, never: []string{"snooping"}}}},
	{name: "a host that sends to a link's group from another address", where: pair("fd20::1/64", "fd20::2/64", ""), setup: "B& hold -to [ff02::77]:5500 [::]:0",
		asked: []inquiry{{what: "A: groupcast doctor --probe --from fd20::2 [ff02::77%eth0]:5500", says: []string{"fd20::2: not known: what is sent to ff02::77 comes from link-local addresses", "fe80::"}}}},
	{name: "five groups, two of them silent", where: pair("10.20.0.2/24", "10.20.0.1/24", onEth0),
		setup: "B& hold -to 239.20.1.1:5500 0.0.0.0:0\nB& hold -to 239.20.1.2:5500 0.0.0.0:0\nB& hold -to 239.20.1.3:5500 0.0.0.0:0",
		asked: []inquiry{{what: "A: groupcast listen -t 1s 239.20.1.1:5500 239.20.1.2:5500 239.20.1.3:5500 239.20.1.4:5500 239.20.1.5:5500",
			says: []string{"nothing heard of 239.20.1.4:5500", "nothing heard of 239.20.1.5:5500"}, never: []string{"nothing heard of 239.20.1.1", "nothing heard of 239.20.1.2", "nothing heard of 239.20.1.3"}}}},
}

const onEth0 = "route 224.0.0.0/4 dev eth0"

// two is A, with two networks, and a host on each.
const two = "switch one\nswitch two\nhost B\neth0 on one 10.30.0.2/24 fd30::2/64\nhost C\neth0 on two 10.31.0.3/24 fd31::3/64\n" +
	"host A\neth0 on one 10.30.0.1/24 fd30::1/64\neth1 on two 10.31.0.1/24 fd31::1/64\n" + onEth0

// The group is joined, and not where it is sent.
var elsewhereReports = []reported{
	{name: "node joined on eth0 only, the sender is at eth1", where: drawn(two),
		setup: "A& node member.js 239.30.1.1 5600 10.30.0.1\nB& hold -to 239.30.1.1:5600 0.0.0.0:0\nC& hold -to 239.30.1.1:5600 0.0.0.0:0",
		asked: []inquiry{
			{what: "A: groupcast doctor --from 10.31.0.3 239.30.1.1:5600", finds: "joined-elsewhere", says: []string{"by other programs on eth0 only, and 10.31.0.3 is behind eth1"}},
			{what: "A: nobody groupcast doctor --probe --from 10.31.0.3 239.30.1.1:5600", finds: "joined-elsewhere", says: []string{"by other programs on eth0 only, and 10.31.0.3 is behind eth1"}},
			{what: "A: nobody groupcast doctor -i eth0 --probe --from 10.31.0.3 239.30.1.1:5600", finds: "joined-elsewhere not-heard", says: []string{"10.31.0.3: not heard"}},
			{what: "A: groupcast doctor -i eth0 --from 10.31.0.3 239.30.1.1:5600", finds: "joined-elsewhere"},
			{what: "A: groupcast doctor --from 10.30.0.2 239.30.1.1:5600", says: []string{"nothing found"}},
		}},
	{name: "a container is heard by the bridge, and the LAN is silent",
		where: drawn("switch lan\nswitch inside\nhost A\neth0 on lan 192.168.1.10/24\nc0 on inside\nroute default via 192.168.1.1\n" +
			"host box\neth0 on inside 172.17.0.2/16\nroute default via 172.17.0.1"),
		setup: "A: ip link add docker0 type bridge && ip link set c0 master docker0 && ip addr add 172.17.0.1/16 dev docker0 && ip link set docker0 up && until ip link show dev docker0 up | grep -q LOWER_UP; do sleep 0.02; done\n" +
			"box& hold -to 239.30.1.1:5600 0.0.0.0:0",
		asked: []inquiry{{what: "A: nobody groupcast doctor --probe 239.30.1.1:5600", says: []string{"heard: 172.17.0.2:", "nothing found"}}}},
	{name: "the sender is at eth1, and sends leave by eth0", where: drawn(two), setup: "C& hold -to 239.30.1.1:5600 0.0.0.0:0",
		asked: []inquiry{{what: "A: groupcast doctor --probe --from 10.31.0.3 239.30.1.1:5600", says: []string{"10.31.0.3: heard: ", "nothing found"}}}},
	{name: "the same by IPv6", where: drawn(two),
		setup: "A& hold -join ff15::30 [::]:5600\nC& hold -to [ff15::30]:5600 [::]:0",
		asked: []inquiry{
			{what: "A: nobody groupcast doctor --from fd31::3 [ff15::30]:5600", finds: "joined-elsewhere no-zone", says: []string{"by other programs on eth0 only, and fd31::3 is behind eth1"}},
			{what: "A: groupcast doctor -i eth0 --probe --from fd31::3 [ff15::30]:5600", finds: "joined-elsewhere not-heard"},
		}},
	{name: "python joined on lan0 and sends by mgmt7",
		where: drawn("switch lan\nswitch mgmt\nhost A\nlan0 on lan 10.30.0.1/24\nmgmt7 on mgmt 10.7.0.1/24\nroute default via 10.7.0.254"),
		setup: "A& python3 member.py 239.30.1.1 5600 10.30.0.1",
		asked: []inquiry{
			{what: "A: groupcast doctor --all 239.30.1.1:5600", says: []string{"another program joined 239.30.1.1 on lan0; what it sends would leave by mgmt7"}},
			{what: "A: nobody groupcast doctor --all --probe 239.30.1.1:5600", says: []string{"another program joined 239.30.1.1 on lan0; what it sends would leave by mgmt7"}},
		}},
}

// onTop is A with a macvlan device on eth0, and an address of the LAN on both.
const onTop = "A: ip link add link eth0 name mac0 type macvlan && ip addr add 192.168.1.20/24 dev mac0 && ip link set mac0 up\n"

// Addresses and TTLs that look wrong, and are not.
var addressReports = []reported{
	{name: "a peer on the wire outside the prefix is heard in 224.0.0.x", where: pair("", "10.66.0.2/32", onEth0),
		setup: "A: ip addr add 10.66.0.1 peer 10.66.0.2/32 dev eth0\nB: ip route add 10.66.0.1/32 dev eth0\nB& hold -to 224.0.0.66:6600 0.0.0.0:0",
		asked: []inquiry{{what: "A: groupcast doctor --probe --from 10.66.0.2 224.0.0.66:6600", says: []string{"10.66.0.2: heard: ", "nothing found"}}}},
	{name: "a host of another subnet of the wire is heard in 224.0.0.x", where: pair("10.66.1.1/24", "10.66.2.2/24", onEth0),
		setup: "B: ip route add 10.66.1.0/24 dev eth0\nA: ip route add 10.66.2.0/24 dev eth0\nB& hold -to 224.0.0.66:6600 0.0.0.0:0",
		asked: []inquiry{{what: "A: groupcast doctor --probe --from 10.66.2.2 224.0.0.66:6600", says: []string{"10.66.2.2: heard: ", "nothing found"}}}},
	{name: "a host of another network with a route on the link, by IPv6", where: pair("fd66::1/128", "fd67::2/128", "route fd67::2/128 dev eth0"),
		setup: "B: ip route add fd66::1/128 dev eth0\nB& hold -to [ff15::66]:6600 [::]:0",
		asked: []inquiry{{what: "A: groupcast doctor -i eth0 --probe --from fd67::2 [ff15::66]:6600", says: []string{"fd67::2: heard: ", "nothing found"}}}},
	{name: "a strict firewall with this group open, by IPv6", where: pair("fd66::1/64", "fd66::2/64", ""),
		setup: "A: nft 'add table ip6 f; add chain ip6 f in { type filter hook input priority 0; policy drop; }; add rule ip6 f in iif lo accept; " +
			"add rule ip6 f in meta l4proto ipv6-icmp accept; add rule ip6 f in ip6 daddr ff15::66 udp dport 6600 accept'\nA& hold -join ff15::99 [::]:6699\nB& hold -to [ff15::99]:6699 [::]:0",
		asked: []inquiry{
			{what: "A: nobody groupcast doctor -i eth0 --probe --watch 2s [ff15::66]:6600", says: []string{"nobody but this host was heard", "nothing found"}},
			{what: "A: groupcast doctor -i eth0 --probe --watch 2s [ff15::66]:6601", finds: "firewall-in"},
		}},
	{name: "a macvlan device and its parent hear the same", where: lanOf(""), setup: onTop + bSends,
		asked: []inquiry{{what: "A: groupcast doctor --probe 239.1.2.3", finds: "macvlan two-on-one-lan"}, {what: "A: nobody groupcast doctor -i mac0 --probe 239.1.2.3"}}},
	{name: "mDNS by IPv6 with its TTL of 255", where: pair("fd20::1/64", "fd20::2/64", ""),
		setup: "B& hold -to [ff02::fb]:5353 [::]:5353",
		asked: []inquiry{{what: "A: groupcast doctor --probe --ttl 255 [ff02::fb%eth0]:5353", says: []string{"nothing found"}}}},
}

// plain is A, and B behind R, which forwards unicast and no groups.
const plain = "switch one\nswitch two\nhost A\neth0 on one 10.40.0.1/24\nroute default via 10.40.0.254\n" +
	"host R\neth0 on one 10.40.0.254/24\neth1 on two 10.41.0.254/24\nsysctl net.ipv4.ip_forward=1\nroute 224.0.0.0/4 dev eth1\n" +
	"host B\neth0 on two 10.41.0.1/24\nroute default via 10.41.0.254"

// routed is the same, and R forwards groups.
const routed = "switch one\nswitch two\nhost A\neth0 on one 10.40.0.1/24\nroute default via 10.40.0.254\n" +
	"router R\neth0 on one 10.40.0.254/24\neth1 on two 10.41.0.254/24\n" +
	"host B\neth0 on two 10.41.0.1/24\nroute default via 10.41.0.254"

// Routers are between, or this host is one.
var routerReports = []reported{
	{name: "the sender behind a router has TTL 1", where: drawn(routed), setup: "A& hold -to 239.40.1.1:5700 0.0.0.0:0",
		asked: []inquiry{
			{what: "B: nobody groupcast doctor --ttl 32 --probe --from 10.40.0.1 239.40.1.1:5700", finds: "hops-too-small not-heard",
				says: []string{"10.40.0.1: not heard", "raise the TTL at 10.40.0.1", "The TTL of this host does not matter"}, never: []string{"/hops"}},
			{what: "B: groupcast doctor --from 10.40.0.1 239.40.1.1:5700", never: []string{"--ttl"}},
			{what: "R: groupcast doctor -i eth0 --probe --from 10.40.0.1 239.40.1.1:5700", says: []string{"10.40.0.1: heard: ", "ttl 1\n"}},
		}},
	{name: "a router that forwards unicast only", where: drawn(plain), setup: "A& hold -hops 8 -to 239.40.1.1:5700 0.0.0.0:0",
		asked: []inquiry{
			{what: "R: nobody groupcast doctor -i eth1 --from 10.40.0.1 239.40.1.1:5700", finds: "joined-elsewhere no-multicast-router", says: []string{"what 10.40.0.1 sends ends at eth0"}},
			{what: "R: groupcast doctor -i eth1 --probe --from 10.40.0.1 239.40.1.1:5700", finds: "joined-elsewhere no-multicast-router not-heard"},
			{what: "B: groupcast doctor --probe --from 10.40.0.1 239.40.1.1:5700", finds: "hops-too-small not-heard", says: []string{"routers between have to forward groups"}},
		}},
	{name: "groups cross, and answers do not come back", where: pair("10.42.0.1/24", "10.43.0.1/24", onEth0), setup: "B& hold -to 239.40.1.1:5700 0.0.0.0:0",
		asked: []inquiry{
			{what: "A: nobody groupcast doctor --probe --from 10.43.0.1 239.40.1.1:5700", finds: "no-way-back", says: []string{"10.43.0.1: heard: ", "and cannot be answered"}},
			{what: "A: groupcast doctor --from 10.43.0.1 239.40.1.1:5700", finds: "no-way-back"},
		}},
	{name: "and by IPv6", where: pair("fd42::1/64", "fd43::1/64", ""), setup: "B& hold -to [ff15::40]:5700 [::]:0",
		asked: []inquiry{{what: "A: groupcast doctor --probe --from fd43::1 [ff15::40]:5700", finds: "no-way-back", says: []string{"fd43::1: heard: "}}}},
	{name: "multicast switched off on the interface", where: lanOf("eth1 on other 10.44.0.1/24"), setup: "A: ip link set eth1 multicast off",
		asked: []inquiry{
			{what: "A: nobody groupcast doctor -i eth1 239.40.1.1", finds: "flag-off", says: []string{"eth1 has multicast switched off"}},
			{what: "A: groupcast doctor 239.40.1.1"},
		}},
}

// relays is A on one network, and R and S between that and another.
const relays = "switch one\nswitch two\nhost A\neth0 on one 10.50.0.1/24\n" + onEth0 +
	"\nhost R\neth0 on one 10.50.0.7/24\neth1 on two 10.51.0.7/24\nhost S\neth0 on one 10.50.0.8/24\neth1 on two 10.51.0.8/24\n"

// What is said comes more than once.
var copiesReports = []reported{
	{name: "two relays between two LANs send in circles", where: drawn(relays),
		setup: "R& python3 relay.py 239.50.1.1 5800 10.50.0.7 10.51.0.7\nS& python3 relay.py 239.50.1.1 5800 10.50.0.8 10.51.0.8",
		asked: []inquiry{{what: "A: nobody groupcast doctor --probe 239.50.1.1:5800", finds: "reflected", says: []string{"own datagrams go in circles", "from 10.50.0.7, 10.50.0.8"}}}},
	{name: "a relay between two LANs, and this host on both", where: drawn(relays + "host B\neth0 on one 10.50.0.2/24\neth1 on two 10.51.0.2/24\n" + onEth0),
		setup: "R& python3 relay.py 239.50.1.1 5800 10.50.0.7 10.51.0.7",
		asked: []inquiry{{what: "B: groupcast doctor --probe 239.50.1.1:5800", finds: "reflected", says: []string{"as if they were from 10.50.0.7, 10.51.0.7"}}}},
	{name: "two routers bring each line twice", where: drawn(strings.Replace(routed, "10.41.0.254/24", "10.41.0.254/24\nflood on\nrouter S\nflood on\neth0 on one 10.40.0.253/24\neth1 on two 10.41.0.253/24", 1)),
		setup: "A& hold -hops 8 -to 239.50.1.1:5800 0.0.0.0:0",
		asked: []inquiry{{what: "B: nobody groupcast doctor --ttl 8 --probe --watch 3s --from 10.40.0.1 239.50.1.1:5800", finds: "doubled", says: []string{"10.40.0.1: heard: ", "comes twice by eth0", "two routers or relays"}}}},
}

// What only counters, errors and settings show.
var countedReports = []reported{
	{name: "TTL 0 leaves, and stays where the group is joined", where: pair("10.60.0.1/24", "10.60.0.2/24", onEth0), setup: "A& hold -hops 0 -to 239.60.1.1:5900 0.0.0.0:0",
		asked: []inquiry{
			{what: "B: groupcast listen -t 1s 239.60.1.1:5900", says: []string{"ttl 0"}},
			{what: "A: groupcast doctor --ttl 0 239.60.1.1:5900", finds: "hops-too-small", says: []string{"TTL 0"}},
			{what: "A: groupcast send --ttl 0 239.60.1.1:5900 x", says: []string{"TTL 0"}},
		}},
	{name: "a filter at the egress of the card", where: pair("10.60.0.1/24", "10.60.0.2/24", onEth0),
		setup: "A: nft 'add table netdev f; add chain netdev f out { type filter hook egress device eth0 priority 0; }; add rule netdev f out ip daddr 239.60.1.1 drop'",
		asked: []inquiry{{what: "A: groupcast doctor --probe 239.60.1.1:5900", finds: "firewall-out"}}},
	{name: "a VPN for everything, as a tap", where: lanOf("tap9 on - 10.9.0.2/24\nroute 0.0.0.0/1 dev tap9\nroute 128.0.0.0/1 dev tap9"),
		asked: []inquiry{{what: "A: nobody groupcast doctor 239.60.1.1", finds: "wrong-egress", says: []string{"eth0"}}}},
	{name: "groups go to a bridge of containers", where: lanOf(""),
		setup: "A: ip link add br-77 type bridge && ip link add v0 type veth peer name v1 && ip link set v0 master br-77 up && ip link set v1 up && " +
			"ip addr add 172.18.0.1/16 dev br-77 && ip link set br-77 up && ip route add 224.0.0.0/4 dev br-77",
		asked: []inquiry{{what: "A: nobody groupcast doctor 239.60.1.1", finds: "wrong-egress", says: []string{"br-77", "eth0"}}}},
	{name: "room for one source", where: lanOf("sysctl net.ipv4.igmp_max_msf=1"), setup: "B& hold -to 232.60.1.1:1234 0.0.0.0:0", asked: []inquiry{
		{what: "A: groupcast listen -c 1 192.168.1.11@232.60.1.1", says: []string{"from another program"}},
		{what: "A: groupcast doctor --probe --all 192.168.1.11@232.60.1.1", says: []string{"net.ipv4.igmp_max_msf", "nothing found"}},
	}},
	{name: "groups of 224.0.0.x are not reported", where: lanOf("sysctl net.ipv4.igmp_link_local_mcast_reports=0"),
		asked: []inquiry{{what: "A: nobody groupcast doctor --all 224.0.0.66:5900", says: []string{"igmp_link_local_mcast_reports = 0"}}}},
	{name: "answers are dropped", where: pair("10.60.0.1/24", "10.60.0.2/24", onEth0),
		setup: "B& hold -echo -join 239.60.1.1 0.0.0.0:5900\nA: nft 'add table inet f; add chain inet f in { type filter hook input priority 0; }; add rule inet f in meta pkttype host udp sport 5900 drop'",
		asked: []inquiry{{what: "A: groupcast doctor --probe --all 239.60.1.1:5900", says: []string{"handed to nobody: answers that a filter drops"}}}},
	{name: "a source is wanted, and MLDv1 spoken", where: pair("fd60::1/64", "fd60::2/64", "sysctl net.ipv6.conf.eth0.force_mld_version=1"),
		asked: []inquiry{{what: "A: nobody groupcast doctor -i eth0 fd60::2@ff35::60", finds: "igmp-version"}}},
	{name: "a router asks by IGMPv2, and a source is wanted", where: drawn("switch lan snooping querier igmp 2\nhost A\neth0 on lan 10.60.0.1/24\nhost B\neth0 on lan 10.60.0.2/24\n" + onEth0),
		asked: []inquiry{{what: "B: nobody groupcast doctor 10.60.0.1@239.60.1.1:5900", finds: "igmp-version"}}},
}
