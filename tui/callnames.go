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
	joinNot = "It does not choose the outgoing interface: each send names one, or the routing table decides. And the socket receives the group on this interface only."
	takeAll = "On: the socket receives every group that any program of this host has joined, if the port fits. Off: only its own groups. The default of Linux is on."
	hopsDo  = "Sets the TTL (IPv6: hop limit) of multicast datagrams. Each router takes one off. With 1, the default, a datagram stays on its own network."
	loopDo  = "On: the kernel makes a loopback copy of each sent datagram for the members on this host, before the wire."
	loopNot = "It changes nothing on the wire, and a copy that came back does not prove that anything left."
	errDo   = "Lets the kernel report datagrams that it accepted and then could not queue or send."
	infoDo  = "Asks the kernel to add to each datagram its destination and the interface that received it."
	leftDo  = "Asks the kernel to add to each datagram the TTL (hop limit) that was left."
	infoNot = "It shows neither the MAC addresses nor the router that forwarded the datagram."
	viaDo   = "Chooses the outgoing interface of multicast for the whole socket. Where the system can, groupcast chooses it with each datagram instead (IP_PKTINFO)."
	viaNot  = "It joins nothing, and two senders on one socket that want two interfaces disturb each other."
	ttlDo   = "Sets the TTL of unicast and broadcast datagrams, mostly 64."
	ttlNot  = "It does not change the TTL of multicast."
	leaveDo = "Ends the socket's membership on this interface. When the last member of the host has left, the kernel reports that to the network and removes the group's MAC address from the NIC's filter."
)

// callNames has every call and option that a Conn makes and sets.
var callNames = map[string]callName{
	"socket": {
		"createSocket", "socket(2)",
		"Makes a UDP socket, of IPv4 or of IPv6.",
		"It has no port yet, and receives nothing.", "socket(2), udp(7)"},
	"bind": {
		"bind", "bind(2)",
		"Gives the socket an address and a port: datagrams to that port are put into its buffer. Port 0 lets the kernel choose one.",
		"It joins no group: multicast to the port is not received yet.", "bind(2), udp(7)"},
	"connect": {
		"connect", "connect(2)",
		"Stores the address of one peer: sends go there by default, and the socket receives from that peer only.",
		"It sends nothing: the peer does not learn of it.", "connect(2), udp(7)"},
	"close": {
		"close", "close(2)",
		"Gives the socket back. The kernel leaves all its groups, as if each had been left.", "", "close(2)"},
	"sendmsg": {
		"send", "sendmsg(2), with IP_PKTINFO for the outgoing interface",
		"Gives the kernel one datagram. An interface or a source in its control message overrides the routing table and the socket's options, for this datagram only.",
		"It joins nothing. A call that succeeds proves neither that the datagram left nor that anyone received it.", "sendmsg(2), ip(7)"},
	"recvmmsg": {
		"on 'message'", "recvmmsg(2)",
		"Takes up to 64 datagrams out of the socket's buffer in one call, with what the kernel reports about each: sender, destination, interface, TTL, time.",
		"It does not see datagrams that found the buffer full: the kernel drops and counts those.", "recvmmsg(2), ip(7)"},
	"recvmsg": {
		"on 'message'", "recvmsg(2)",
		"Takes a datagram out of the socket's buffer, with what the kernel reports about it: sender, destination, interface, TTL.",
		"It does not see datagrams that found the buffer full: the kernel drops those.", "recvmsg(2), ip(7)"},

	"recvfrom": {
		"none", "recvfrom(2)",
		"Discards unread datagrams, one a call, before the socket is closed, so that they can be counted.", "", "recvfrom(2)"},

	"SO_REUSEADDR": {
		"createSocket {reuseAddr: true}", "",
		"Allows several sockets on one port, if each sets the option before bind. Each gets a copy of every multicast datagram.",
		"Unicast is not copied: only one of the sockets gets it.", "socket(7)"},
	"SO_REUSEPORT": {
		"createSocket {reuseAddr: true}", "",
		"The BSDs and macOS need it, besides SO_REUSEADDR, before several sockets can share a multicast port.", "", "setsockopt(2)"},
	"SO_EXCLUSIVEADDRUSE": {
		"none", "",
		"Keeps the port from other sockets: on Windows, another socket with SO_REUSEADDR could take it otherwise.", "", "Winsock, SO_EXCLUSIVEADDRUSE"},
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
		"Multicast does not need it.", "socket(7)"},
	"SO_TIMESTAMPNS": {
		"none", "",
		"Asks the kernel to add to each datagram the time of its arrival, so that the time in the buffer does not count.", "", "socket(7)"},
	"UDP_GRO": {
		"none", "",
		"Lets the kernel hand over consecutive datagrams of one sender in one piece, with the length of each. groupcast splits them again.",
		"It does not wait for more of them.", "udp(7)"},
	"SO_RXQ_OVFL": {
		"none", "",
		"Asks the kernel to add to each datagram the number of datagrams that it dropped before, because the buffer was full. There is no number before the first drop.",
		"It does not count what was lost in the network.", "socket(7)"},
	"IP_RECVERR":         {"none", "", errDo, "", "ip(7)"},
	"IPV6_RECVERR":       {"none", "", errDo, "", "ipv6(7)"},
	"IP_MULTICAST_ALL":   {"none: left on", "", takeAll, "It does not change the NIC's filter: the frames still reach this host.", "ip(7)"},
	"IPV6_MULTICAST_ALL": {"none: left on", "", takeAll, "It does not change the NIC's filter: the frames still reach this host.", "ipv6(7)"},

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
		"Joins a group on one interface: the kernel sends a report (IGMP, MLD), adds the group's MAC address to the NIC's filter, and gives this socket the datagrams that the interface receives.",
		joinNot, "RFC 3678, section 5.1; ip(7); RFC 3376"},
	"IP_ADD_MEMBERSHIP": {
		"addMembership", "",
		"Joins an IPv4 group on one interface: the system sends an IGMP report and receives the group.",
		joinNot, "ip(4)"},
	"IPV6_JOIN_GROUP": {
		"addMembership", "",
		"Joins an IPv6 group on one interface: the system sends an MLD report and receives the group.",
		joinNot, "RFC 3493, section 5.2"},
	"MCAST_LEAVE_GROUP": {
		"dropMembership", "IP_DROP_MEMBERSHIP or IPV6_LEAVE_GROUP", leaveDo,
		"The host goes on receiving the group while another of its programs is a member.", "RFC 3678, section 5.1; RFC 3376"},
	"IP_DROP_MEMBERSHIP": {"dropMembership", "", leaveDo, "", "ip(4)"},
	"IPV6_LEAVE_GROUP":   {"dropMembership", "", leaveDo, "", "RFC 3493, section 5.2"},
	"MCAST_JOIN_SOURCE_GROUP": {
		"addSourceSpecificMembership", "IP_ADD_SOURCE_MEMBERSHIP",
		"Joins a group for one source (source-specific): this socket receives from the group only what that source sends. IGMPv3 and MLDv2 report that to the network, too.",
		"It does not add to a membership for all sources (any-source): a socket has one or the other. And the NIC filters by the group only.", "RFC 3678, section 5.1; RFC 4607"},
	"MCAST_LEAVE_SOURCE_GROUP": {
		"dropSourceSpecificMembership", "IP_DROP_SOURCE_MEMBERSHIP",
		"Removes one source. With the last of them the membership ends.", "", "RFC 3678, section 5.1; RFC 4607"},
	"MCAST_BLOCK_SOURCE": {
		"none", "IP_BLOCK_SOURCE",
		"Blocks one source of a group that is joined for all sources.",
		"It does not keep the datagrams off the wire, unless every member does the same.", "RFC 3678, section 5.1; RFC 3376"},
	"MCAST_UNBLOCK_SOURCE": {
		"none", "IP_UNBLOCK_SOURCE",
		"Receives a blocked source again.", "", "RFC 3678, section 5.1; RFC 3376"},
}
