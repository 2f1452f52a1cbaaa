package kernel

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// Reasons are the kernel's reasons for a drop by their numbers.
type Reasons map[int]string

// reasonPair is one of the list in the format: { 16, "IP_RPFILTER" }.
// Few programs need it, so that not all of them compile it when they start.
var reasonPair = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\{ ?(0x[0-9a-fA-F]{1,8}|[0-9]{1,9}), ?"([A-Z][A-Z0-9_]{0,63})" ?\}`)
})

// maxReasons bounds a list: Linux 6.18 has 127.
const maxReasons = 1024

// ParseReasons reads the list from the text of events/skb/kfree_skb/format. It
// is empty before Linux 5.17, which gives no reasons.
func ParseReasons(format string) Reasons {
	list := Reasons{}
	_, symbols, _ := strings.Cut(format, "__print_symbolic(REC->reason")
	for _, pair := range reasonPair().FindAllStringSubmatch(symbols, maxReasons) {
		if n, err := strconv.ParseInt(pair[1], 0, 64); err == nil {
			list[int(n)] = pair[2]
		}
	}
	return list
}

// reasonOf is the reason as the event has it: a name, or a number where the
// kernel has no name for it.
func reasonOf(e Event) string {
	if _, reason, ok := strings.Cut(e.Fields, "reason: "); ok && reason != "" {
		reason, _, _ = strings.Cut(reason, " ")
		return reason
	}
	return "no reason given"
}

// freeing are the functions that free a buffer for others.
var freeing = []string{"sk_skb_reason_drop", "kfree_skb", "__kfree_skb", "kfree_skb_reason", "kfree_skb_list_reason", "__sk_skb_reason_drop", "kfree_skb_list"}

// droppedIn is the function that dropped it: the symbol of the event's location,
// else, where symbols are hidden, the innermost frame that does more than free.
func droppedIn(e Event) string {
	name, _, ok := strings.Cut(e.Field("location"), "+0x")
	if ok && isSymbol(name) {
		return plainName(name)
	}
	for _, frame := range e.Stack {
		if !has(freeing, frame) {
			return frame
		}
	}
	return "unknown"
}

// String is "IP_RPFILTER in ip_rcv_finish_core".
func (d Drop) String() string {
	if d.Function == "" {
		return d.Reason
	}
	return d.Reason + " in " + d.Function
}

// cause is what a reason means in a function.
type cause struct {
	reason, function string // function: "" for any
	pitfall          string // the page of groupcast explain; "" where none is meant
	meaning          string
}

const notMember = "nobody on that host is a member of the group on that interface"

// causes are what was seen on Linux 6.18, the particular ones first. A reason
// alone is often not enough: NOT_SPECIFIED is said where nobody is a member, and
// where nobody has the port.
var causes = []cause{
	{"SOCKET_RCVBUFF", "", "receive-overflow", "the socket's receive buffer is full"},
	{"PROTO_MEM", "", "receive-overflow", "all UDP sockets together use as much memory as net.ipv4.udp_mem allows"},
	{"IP_RPFILTER", "", "reverse-path", "the route back to the source leads via another interface, and rp_filter is on"},
	{"IP_LOCAL_SOURCE", "", "duplicate-address", "the source address is one of the receiving host"},
	{"NETFILTER_DROP", "", "firewall-in", "a firewall rule dropped it"},
	{"NO_SOCKET", "", "udp-refused", "no socket has the port; the host replies with ICMP port unreachable"},
	{"QDISC_DROP", "", "send-queue-full", "the interface's queue did not accept it: the queue is full, or the interface has no carrier"},
	{"QDISC_OVERLIMIT", "", "send-queue-full", "the interface's queue is full"},
	{"UDP_CSUM", "", "bad-checksum", "the UDP checksum is wrong"},
	{"SKB_CSUM", "", "bad-checksum", "the checksum is wrong"},
	{"SOCKET_FILTER", "", "", "a filter of the socket refused it"},
	{"IPV6DISABLED", "", "", "IPv6 is switched off on that interface"},
	{"OTHERHOST", "", "", "its link address is another host's"},
	{"IP_OUTNOROUTES", "", "no-route", "no route leads to the target"},
	{"IP_INNOROUTES", "", "", "the receiving host has no route for it"},
	{"UNICAST_IN_L2_MULTICAST", "", "", "a unicast address in a multicast frame"},
	{"NEIGH_FAILED", "", "", "nobody answered ARP or NDP for the target"},
	{"DEV_READY", "", "interface-down", "the interface is down"},
	{"NOT_SPECIFIED", "ip_rcv_finish_core", "", notMember},
	{"NOT_SPECIFIED", "ip_mc_input", "", notMember},
	{"NOT_SPECIFIED", "ip6_mc_input", "", notMember},
	{"NOT_SPECIFIED", "__udp4_lib_rcv", "wrong-port", "no socket for the group has the port"},
	{"NOT_SPECIFIED", "__udp6_lib_rcv", "wrong-port", "no socket for the group has the port"},
}

func (d Drop) cause() cause {
	for _, c := range causes {
		if c.reason == d.Reason && (c.function == "" || c.function == d.Function) {
			return c
		}
	}
	return cause{}
}

// Pitfall is the page that explains the drop, such as reverse-path; "" if no page
// is known to.
func (d Drop) Pitfall() string { return d.cause().pitfall }

// Meaning says in words why it was dropped; "" if that is not known.
func (d Drop) Meaning() string { return d.cause().meaning }

// NotForHost reports whether the datagram only reached a host where nobody is a
// member, or IPv6 is off. A switch that floods brings it to each: nothing is lost
// by that.
func (d Drop) NotForHost() bool { return d.Meaning() == notMember || d.Reason == "IPV6DISABLED" }

// Sentence is what is known of a drop, in one sentence.
func (d Drop) Sentence() string {
	text := fmt.Sprintf("the kernel dropped it: %s", d)
	if m := d.Meaning(); m != "" {
		text += ": " + m
	}
	if d.To != "" {
		text += " (" + d.To + ")"
	}
	return text
}
