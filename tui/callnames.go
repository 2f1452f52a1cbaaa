package tui

import "strings"

// callName says what a call or an option does, and its names elsewhere.
type callName struct {
	node string // the method of node's dgram, as docs/dgram.md has it
	c    string // what programs in C write, when that is something else
	does string
	not  string // what it is often thought to do
	read string
}

// callKey is the key of a call in callNames: its option or, if it sets none,
// its name.
func callKey(c callRow) string {
	if c.Option != "" {
		return c.Option
	}
	return c.Name
}

// nodeName is the method of node's dgram for the same purpose. groupcast chooses
// the interface for each datagram, node for the socket: a send by an interface
// stands for two of its methods.
func nodeName(c callRow) string {
	name := callNames[callKey(c)].node
	if c.Name == "sendmsg" && strings.Contains(c.Arguments(), " by ") {
		name += ", setMulticastInterface"
	}
	return name
}

const (
	joinNot = "It does not choose where sends leave: that is asked for with each send, or decided by the routing table. And it takes in what comes by this interface only."
	takeAll = "On, the socket hears every group that any program of this host has joined, if the port fits; off, only its own groups. Linux starts with on."
	hopsDo  = "Sets how many networks a multicast datagram may cross: each router takes one off. 1, the default, stays on the network it is sent to."
	loopDo  = "On, the kernel makes a copy of each sent datagram for this host's own members, before the wire."
	loopNot = "It changes nothing on the wire, and a copy that came back does not prove that anything left."
	errDo   = "Lets the kernel tell of datagrams that it took and then could not queue or send."
	infoDo  = "Asks the kernel to tell with each datagram its destination and the interface that it came by."
	leftDo  = "Asks the kernel to tell with each datagram the TTL (hop limit) that was left."
	infoNot = "It does not tell the MAC addresses, nor who passed the datagram on."
	viaDo   = "Chooses the interface of multicast sends for the whole socket. Where the system can, groupcast chooses it with each datagram instead (IP_PKTINFO)."
	viaNot  = "It joins nothing, and two senders on one socket that want two interfaces disturb each other."
	ttlDo   = "Sets the TTL that unicast and broadcast datagrams begin with, mostly 64."
	ttlNot  = "It does not change that of multicast."
	leaveDo = "Ends the socket's membership on this interface. After the host's last member, the kernel tells the network and takes the group's address out of the card's filter."
)

// callNames has every call and option that a Conn makes and sets.
var callNames = map[string]callName{
	"socket": {
		"createSocket", "socket(2)",
		"Makes a UDP socket, of IPv4 or of IPv6.",
		"It has no port yet, and hears nothing.", "socket(2), udp(7)"},
	"bind": {
		"bind", "bind(2)",
		"Gives the socket an address and a port: datagrams to that port are put into its buffer. Port 0 lets the kernel choose one.",
		"It joins no group: multicast to the port is not taken in yet.", "bind(2), udp(7)"},
	"connect": {
		"connect", "connect(2)",
		"Lets the socket send to one address only, and hear that one only.",
		"It sends nothing: nobody learns of the connection.", "connect(2), udp(7)"},
	"close": {
		"close", "close(2)",
		"Gives the socket back. The kernel leaves all its groups, as if each had been left.", "", "close(2)"},
	"sendmsg": {
		"send", "sendmsg(2), with IP_PKTINFO for the way out",
		"Gives the kernel one datagram. With an interface or a source in its control message it leaves that way, whatever the routing table and the socket's options say; the next one is free again.",
		"It joins nothing. And that the kernel took it does not say that it left, nor that anyone received it.", "sendmsg(2), ip(7)"},
	"recvmmsg": {
		"on 'message'", "recvmmsg(2)",
		"Takes up to 64 datagrams out of the socket's buffer in one call, with what the kernel says about each: sender, destination, interface, TTL, time.",
		"It does not see what found the buffer full: that is dropped, and counted.", "recvmmsg(2), ip(7)"},
	"recvmsg": {
		"on 'message'", "recvmsg(2)",
		"Takes a datagram out of the socket's buffer, with what the kernel says about it: sender, destination, interface, TTL.",
		"It does not see what found the buffer full: that is dropped.", "recvmsg(2), ip(7)"},

	"recvfrom": {
		"none", "recvfrom(2)",
		"Throws away what nobody has read, one datagram a call, before the socket is closed, so that it can be counted.", "", "recvfrom(2)"},

	"SO_REUSEADDR": {
		"createSocket {reuseAddr: true}", "",
		"Lets several sockets be bound to one port, if each asks for it before bind. Each gets a copy of every multicast datagram.",
		"Of unicast there is no copy: one of the sockets gets it.", "socket(7)"},
	"SO_REUSEPORT": {
		"createSocket {reuseAddr: true}", "",
		"What the BSDs and macOS ask for, besides SO_REUSEADDR, before several sockets share a multicast port.", "", "setsockopt(2)"},
	"SO_EXCLUSIVEADDRUSE": {
		"none", "",
		"Keeps the port from other sockets: on Windows, SO_REUSEADDR would take it away from one that does not say so.", "", "Winsock, SO_EXCLUSIVEADDRUSE"},
	"SO_RCVBUF": {
		"setRecvBufferSize", "",
		"Asks for room for datagrams that are not read yet. Linux grants at most net.core.rmem_max, and reports the double.",
		"It does not make reading faster: a program that is too slow for long still loses datagrams.", "socket(7)"},
	"SO_SNDBUF": {
		"setSendBufferSize", "",
		"Asks for room for datagrams that have not left yet. Linux grants at most net.core.wmem_max, and reports the double.", "", "socket(7)"},
	"SO_BROADCAST": {
		"setBroadcast", "",
		"Allows or forbids sends to broadcast addresses. Forbidden, they fail with EACCES.",
		"Multicast does not ask for it.", "socket(7)"},
	"SO_TIMESTAMPNS": {
		"none", "",
		"Asks the kernel to tell with each datagram when it took it in, so that waiting to be read does not count.", "", "socket(7)"},
	"IP_RECVERR":         {"none", "", errDo, "", "ip(7)"},
	"IPV6_RECVERR":       {"none", "", errDo, "", "ipv6(7)"},
	"IP_MULTICAST_ALL":   {"none: left on", "", takeAll, "It does not stop the card: the frames still reach this host.", "ip(7)"},
	"IPV6_MULTICAST_ALL": {"none: left on", "", takeAll, "It does not stop the card: the frames still reach this host.", "ipv6(7)"},

	"IP_PKTINFO":          {"none", "", infoDo, infoNot, "ip(7)"},
	"IPV6_RECVPKTINFO":    {"none", "", infoDo, infoNot, "RFC 3542, section 4; ipv6(7)"},
	"IP_RECVTTL":          {"none", "", leftDo, "", "ip(7)"},
	"IPV6_RECVHOPLIMIT":   {"none", "", leftDo, "", "RFC 3542, section 4; ipv6(7)"},
	"IPV6_V6ONLY":         {"createSocket {ipv6Only: true}", "", "Keeps an IPv6 socket from IPv4 datagrams, so that a socket of each version can have one port.", "", "ipv6(7); RFC 3493, section 5.3"},
	"IP_MULTICAST_LOOP":   {"setMulticastLoopback", "", loopDo, loopNot, "ip(7); RFC 1112, section 6.1"},
	"IPV6_MULTICAST_LOOP": {"setMulticastLoopback", "", loopDo, loopNot, "ipv6(7); RFC 3493, section 5.2"},
	"IP_MULTICAST_TTL":    {"setMulticastTTL", "", hopsDo, "It does not change the TTL of unicast. And routers never forward 224.0.0.x, whatever its TTL.", "ip(7); RFC 1112, section 6.1"},
	"IPV6_MULTICAST_HOPS": {"setMulticastTTL", "", hopsDo, "It does not change the hop limit of unicast. And routers never forward ff02::, whatever its hop limit.", "RFC 3493, section 5.2"},
	"IP_TTL":              {"setTTL", "", ttlDo, ttlNot, "ip(7)"},
	"IPV6_UNICAST_HOPS":   {"setTTL", "", ttlDo, ttlNot, "RFC 3493, section 5.1"},
	"IP_MULTICAST_IF":     {"setMulticastInterface", "", viaDo, viaNot, "ip(7)"},
	"IPV6_MULTICAST_IF":   {"setMulticastInterface", "", viaDo, viaNot, "RFC 3493, section 5.2"},

	"MCAST_JOIN_GROUP": {
		"addMembership", "IP_ADD_MEMBERSHIP or IPV6_JOIN_GROUP",
		"Joins a group on one interface: the kernel sends a report (IGMP, MLD), puts the group's MAC address into the card's filter, and gives this socket what comes by that interface.",
		joinNot, "RFC 3678, section 5.1; ip(7); RFC 3376"},
	"IP_ADD_MEMBERSHIP": {
		"addMembership", "",
		"Joins an IPv4 group on one interface: the system sends an IGMP report and takes the group in.",
		joinNot, "ip(4)"},
	"IPV6_JOIN_GROUP": {
		"addMembership", "",
		"Joins an IPv6 group on one interface: the system sends an MLD report and takes the group in.",
		joinNot, "RFC 3493, section 5.2"},
	"MCAST_LEAVE_GROUP": {
		"dropMembership", "IP_DROP_MEMBERSHIP or IPV6_LEAVE_GROUP", leaveDo,
		"It does not silence the group while another program of this host is in it.", "RFC 3678, section 5.1; RFC 3376"},
	"IP_DROP_MEMBERSHIP": {"dropMembership", "", leaveDo, "", "ip(4)"},
	"IPV6_LEAVE_GROUP":   {"dropMembership", "", leaveDo, "", "RFC 3493, section 5.2"},
	"MCAST_JOIN_SOURCE_GROUP": {
		"addSourceSpecificMembership", "IP_ADD_SOURCE_MEMBERSHIP",
		"Joins a group for one source: this socket hears from the group only what that source sends. With IGMPv3 or MLDv2 the network is told, too.",
		"It does not add to a membership for everybody: a socket has one or the other. And the card's filter knows the group only.", "RFC 3678, section 5.1; RFC 4607"},
	"MCAST_LEAVE_SOURCE_GROUP": {
		"dropSourceSpecificMembership", "IP_DROP_SOURCE_MEMBERSHIP",
		"Takes one source away. With the last of them the membership ends.", "", "RFC 3678, section 5.1; RFC 4607"},
	"MCAST_BLOCK_SOURCE": {
		"none", "IP_BLOCK_SOURCE",
		"Silences one source of a group that is joined for everybody.",
		"It does not keep the datagrams off the wire, unless every member asks for it.", "RFC 3678, section 5.1; RFC 3376"},
	"MCAST_UNBLOCK_SOURCE": {
		"none", "IP_UNBLOCK_SOURCE",
		"Lets a source that was silenced be heard again.", "", "RFC 3678, section 5.1; RFC 3376"},
}
