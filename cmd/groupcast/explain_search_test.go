package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

// What engineers and students type, and a page or lesson, or one of several, that is
// among the first three answers. "lab NAME" is a lesson.
var typedWords = []struct{ typed, want string }{
	// errors
	{"EADDRINUSE", "port-taken"},
	{"address already in use", "port-taken"},
	{"OSError: [Errno 98] Address already in use", "port-taken"},
	{"bind: address already in use", "port-taken"},
	{"ECONNREFUSED", "udp-refused"},
	{"connection refused", "udp-refused"},
	{"ENETUNREACH", "no-route"},
	{"network is unreachable", "no-route"},
	{"OSError: [Errno 101] Network is unreachable", "no-route"},
	{"connect ENETUNREACH 224.0.0.114:1234", "no-route"},
	{"EHOSTUNREACH", "udp-refused"},
	{"no route to host", "no-route"},
	{"ENODEV", "no-route"},
	{"no such device", "no-route"},
	{"EPERM", "firewall-out"},
	{"operation not permitted", "firewall-out"},
	{"EACCES", "no-route"},
	{"permission denied", "no-route"},
	{"EMSGSIZE", "over-mtu"},
	{"message too long", "over-mtu"},
	{"EAGAIN", "send-queue-full"},
	{"ENOBUFS", "too-many-groups"},
	{"no buffer space available", "too-many-groups"},
	{"EINVAL", "wrong-egress"},
	{"port unreachable", "udp-refused"},
	{"ICMP", "udp-refused"},
	{"RFC 4541", "igmp"},
	{"timeout", "udp-silence"},
	// socket options and calls
	{"IP_MULTICAST_LOOP", "loopback-off"},
	{"IP_ADD_MEMBERSHIP", "join-send-mismatch"},
	{"ip_mreqn", "join-send-mismatch"},
	{"mreqn", "join-send-mismatch"},
	{"addMembership", "join-send-mismatch"},
	{"setMulticastInterface", "wrong-egress"},
	{"IP_MULTICAST_IF", "wrong-egress"},
	{"IP_MULTICAST_ALL", "others-groups"},
	{"IP_MULTICAST_TTL", "hops-too-small"},
	{"IP_PKTINFO", "wrong-egress"},
	{"IP_RECVERR", "udp-refused"},
	{"SO_REUSEADDR", "port-taken"},
	{"SO_REUSEPORT", "port-shared"},
	{"SO_BINDTODEVICE", "wrong-device"},
	{"SO_BROADCAST", "no-route"},
	{"SO_RCVBUF", "receive-overflow"},
	{"SO_SNDBUF", "send-queue-full"},
	{"rmem_max", "receive-overflow"},
	{"igmp_max_memberships", "too-many-groups"},
	{"netdev_max_backlog", "receive-path"},
	{"force_igmp_version", "igmp-version"},
	{"bind to the group address", "unicast-bind"},
	{"INADDR_ANY", "unicast-bind"},
	{"connected UDP", "udp-connect"},
	{"connected UDP socket", "udp-connect"},
	{"truncated", "receive-path"},
	{"ephemeral port", "wrong-port"},
	{"getaddrinfo", "glossary"},
	// interfaces and routes
	{"loopback", "loopback-off"},
	{"egress", "wrong-egress"},
	{"outgoing interface", "wrong-egress"},
	{"which interface does multicast use", "wrong-egress"},
	{"two network cards", "wrong-egress"},
	{"169.254", "wrong-egress"},
	{"169.254.x.x", "wrong-egress"},
	{"default route", "wrong-egress"},
	{"224.0.0.0/4", "wrong-egress"},
	{"rp_filter", "reverse-path"},
	{"reverse path filter", "reverse-path"},
	{"martian source", "reverse-path"},
	{"promiscuous", "glossary"},
	{"allmulti", "lab same-mac"},
	{"NO-CARRIER", "interface-down"},
	{"docker", "virtual-network"},
	{"docker container multicast", "virtual-network"},
	{"kubernetes", "virtual-network"},
	{"wsl", "virtual-network"},
	{"WSL2", "virtual-network"},
	{"aws multicast", "virtual-network"},
	{"vmware bridge", "virtual-network"},
	{"virtualbox", "virtual-network"},
	{"wifi", "virtual-network"},
	{"Wi-Fi", "virtual-network"},
	{"VLAN", "interface-down"},
	{"macvlan", "macvlan"},
	{"bonding", "bridge-port"},
	{"wireguard", "virtual-network"},
	{"vpn", "wrong-egress"},
	{"hop limit", "hops-too-small"},
	{"TTL", "hops-too-small"},
	{"ttl 1", "hops-too-small"},
	// groups
	{"querier", "no-querier"},
	{"IGMP snooping", "no-querier"},
	{"snooping", "lab snooping-no-querier"},
	{"stops after 4 minutes", "no-querier"},
	{"membership report", "igmp"},
	{"MLD", "igmp"},
	{"IGMPv2", "igmp-version"},
	{"leave", "igmp"},
	{"PIM", "no-multicast-router"},
	{"SSM", "ssm-over-asm"},
	{"source-specific", "ssm-over-asm"},
	{"source specific multicast", "ssm-over-asm"},
	{"232/8", "ssm-over-asm"},
	{"239/8", "never-routed"},
	{"choosing a group", "never-routed"},
	{"224.0.0.1", "never-routed"},
	{"scope", "no-zone"},
	{"scope id", "no-zone"},
	{"zone", "no-zone"},
	{"ff02", "no-zone"},
	{"mDNS", "reflected"},
	{"5353", "reflected"},
	{"other program's group", "others-groups"},
	// several LANs
	{"groupcast bridge", "beyond-one-lan"},
	{"bridge two LANs", "beyond-one-lan"},
	{"NATS server", "beyond-one-lan"},
	{"second-hub", "beyond-one-lan"},
	{"mDNS proxy", "beyond-one-lan"},
	{"reflector", "joined-already"},
	{"loop", "joined-already"},
	{"M-SEARCH", "answers-stay-behind"},
	{"UPnP", "answers-stay-behind"},
	// frames and packets
	{"duplicate", "two-on-one-lan"},
	{"every message twice", "two-on-one-lan"},
	{"reorder", "who-is-there"},
	{"out of order", "who-is-there"},
	{"jitter", "glossary"},
	{"fragment", "over-mtu"},
	{"fragmentation", "over-mtu"},
	{"MTU", "over-mtu"},
	{"jumbo frames", "over-mtu"},
	{"checksum offload", "bad-checksum"},
	{"unicast flood", "igmp"},
	{"32:1", "same-mac"},
	{"MAC address", "same-mac"},
	{"01:00:5e", "same-mac"},
	{"01:00:5e:00:00:72", "same-mac"},
	{"ARP", "udp-silence"},
	{"packet loss", "receive-overflow"},
	{"dropped datagrams", "receive-overflow"},
	{"tcpdump sees it but my program does not", "receive-path"},
	{"wireshark", "receive-path"},
	{"broadcast", "no-route"},
	// filters
	{"firewall", "firewall-in"},
	{"iptables", "firewall-in"},
	{"nftables", "firewall-in"},
	{"ufw", "firewall-in"},
	{"conntrack", "answers-blocked"},
	// questions
	{"why is there no reply", "udp-silence"},
	{"how do I know that the UDP peer is gone", "udp-silence"},
	{"send succeeds but nothing arrives", "wrong-egress"},
	{"do I receive my own multicast?", "loopback-not-proof"},
	{"nc says succeeded", "udp-silence"},
	{"is UDP connect a handshake", "udp-connect"},
	{"echo server", "lab echo"},
	{"amplification", "lab echo-storm"},
	{"ping a group", "lab ping-a-group"},
	{"who receives me", "who-is-there"},
	{"ip maddr", "join-send-mismatch"},
	{"interface deleted", "membership-lost"},
	// lessons that have no page of their own
	{"article", "lab article"},
	// Chinese, as the articles are
	{"回环", "loopback-off"},
	{"出接口", "wrong-egress"},
	{"查询器", "no-querier"},
	// mistyped
	{"snoping", "no-querier"},
	{"loopbak", "loopback-off"},
	{"mulitcast interface", "wrong-egress"},
	{"igpm", "igmp"},
	{"fragmnt", "over-mtu"},
	{"firewal", "firewall-in"},
	{"querrier", "no-querier"},
	{"wrong-egres", "wrong-egress"},
}

// The words of the lessons that are written, as soon as they are.
var typedLessons = []struct{ typed, want string }{
	{"ESTAB", "lab who-is-connected"},
	{"UNCONN", "lab who-is-connected"},
	{"three-way handshake", "lab udp-connect-and-tcp"},
	{"short read", "lab truncation"},
	{"MSG_TRUNC", "lab truncation"},
	{"send buffer", "lab buffers"},
	{"RFC 6724", "lab names-and-addresses"},
	{"name resolution", "lab names-and-addresses"},
	{"MLD", "lab mld"},
	{"querier election", "lab querier-election"},
	{"promiscuous mode", "lab nic-modes"},
	{"IFF_ALLMULTI", "lab nic-modes"},
	{"address plan", "lab choosing-a-group"},
	{"tunnel", "lab private-vpn"},
	{"two rooms", "lab two-rooms"},
	{"hearing matrix", "lab two-sided"},
	{"passphrase", "lab sealed-room"},
}

func TestSearch(t *testing.T) {
	rows := slices.Clone(typedWords)
	for _, row := range typedLessons {
		if _, err := lesson.Find(strings.TrimPrefix(row.want, "lab ")); err == nil {
			rows = append(rows, row)
		}
	}
	if len(rows) < 80 {
		t.Errorf("%d rows: want 80", len(rows))
	}
	for _, row := range rows {
		var first []string
		for _, a := range search(row.typed).answers {
			name := strings.NewReplacer("groupcast explain ", "", "groupcast lab run ", "lab ").Replace(a.command())
			first = append(first, name)
		}
		all := first
		if len(first) > 3 {
			first = first[:3]
		}
		if !slices.Contains(first, row.want) {
			t.Errorf("%q: %q, want %q among the first three", row.typed, all, row.want)
		}
	}
}

// Of two words each answer has both.
func TestSearchNarrows(t *testing.T) {
	names := func(words string) (list []string) {
		for _, a := range search(words).answers {
			list = append(list, a.command())
		}
		return list
	}
	for _, tt := range []struct{ wide, more string }{{"port", "ephemeral"}, {"igmp", "firewall"}, {"wifi", "power"}} {
		narrow := search(tt.wide + " " + tt.more)
		if len(narrow.answers) == 0 || slices.Equal(names(tt.wide), names(narrow.words)) {
			t.Errorf("%q has %q, and so has %q", tt.wide, names(tt.wide), narrow.words)
		}
		for _, a := range narrow.answers {
			tx := library().find(indexed{a.name(), a.lesson != nil})
			if tx.about(stems(tt.wide)) == 0 || tx.about(stems(tt.more)) == 0 {
				t.Errorf("%q finds %s, which has not both words", narrow.words, a.command())
			}
		}
	}
	for _, nothing := range []string{"", " ", "(", "xyzzyx", "?"} {
		if got := names(nothing); len(got) > 0 {
			t.Errorf("%q has %q", nothing, got)
		}
	}
}

// The index leads to pages and lessons that there are and that have the word, and has
// no word twice.
func TestFieldIndex(t *testing.T) {
	lib := library()
	if n := len(fieldIndex()); n < 80 {
		t.Errorf("the index has %d entries: they are not read", n)
	}
	seen := map[string]bool{}
	for _, e := range fieldIndex() {
		for _, term := range e.terms {
			key := strings.Join(stems(term), " ")
			if seen[key] {
				t.Errorf("the index has %q twice", term)
			}
			seen[key] = true
		}
		for _, i := range e.texts {
			tx := lib.find(i)
			if tx == nil {
				if _, planned := lesson.BlockOf(i.name); !i.lesson || !planned {
					t.Errorf("%q leads to %q, which is no page or lesson", e.terms, i.name)
				}
				continue
			}
			said := slices.Concat(tx.named, tx.titled, tx.headed, tx.rest)
			if !slices.ContainsFunc(e.terms, func(term string) bool { return count(said, stems(term)) > 0 }) {
				t.Errorf("%q leads to %q, which has none of these words", e.terms, i.name)
			}
		}
	}
}

// Each lesson is found by its name, and each page is.
func TestSearchFindsAllNames(t *testing.T) {
	for _, p := range allPages() {
		if f := search(p.Name); len(f.answers) == 0 || f.answers[0].page == nil || f.answers[0].name() != p.Name {
			t.Errorf("%s does not find its page first: %+v", p.Name, f)
		}
	}
	for _, l := range lesson.All() {
		if _, err := doctor.FindPage(l.Name); err == nil {
			continue // it leads to the lesson
		}
		if f := search(l.Name); len(f.answers) == 0 || f.answers[0].lesson == nil || f.answers[0].name() != l.Name {
			t.Errorf("%s does not find its lesson first", l.Name)
		}
	}
}
