package mcast

import (
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"syscall"

	"github.com/groupcast/groupcast/mcast/host"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// protocol is what IPv4 and IPv6 do alike, each with options of its own.
type protocol interface {
	JoinGroup(ifi *net.Interface, group net.Addr) error
	LeaveGroup(ifi *net.Interface, group net.Addr) error
	JoinSourceSpecificGroup(ifi *net.Interface, group, source net.Addr) error
	LeaveSourceSpecificGroup(ifi *net.Interface, group, source net.Addr) error
	ExcludeSourceSpecificGroup(ifi *net.Interface, group, source net.Addr) error
	IncludeSourceSpecificGroup(ifi *net.Interface, group, source net.Addr) error
	SetMulticastInterface(ifi *net.Interface) error
	SetMulticastLoopback(on bool) error

	setHops(n int) error
	setUnicastHops(n int) error
	receiveHops(on bool) error
	receiveInfo() error
	control(via Via) []byte // nil where the system has no such message
	options() optionNames
}

// optionNames are what C calls the options.
type optionNames struct{ loopback, hops, unicastHops, outgoing, info, hopsInfo, join, leave string }

// groupReq tells whether x/net joins by the options of RFC 3678, which both IP
// versions have in common.
var groupReq = slices.Contains([]string{"linux", "darwin", "freebsd", "solaris", "aix", "zos"}, runtime.GOOS)

func (n optionNames) joinedBy(join, leave string) optionNames {
	n.join, n.leave = join, leave
	if groupReq {
		n.join, n.leave = "MCAST_JOIN_GROUP", "MCAST_LEAVE_GROUP"
	}
	return n
}

func protocolOf(udp *net.UDPConn, is4 bool) protocol {
	if is4 {
		return ip4{ipv4.NewPacketConn(udp)}
	}
	return ip6{ipv6.NewPacketConn(udp)}
}

type ip4 struct{ *ipv4.PacketConn }

func (p ip4) setHops(n int) error        { return p.SetMulticastTTL(n) }
func (p ip4) setUnicastHops(n int) error { return p.SetTTL(n) }
func (p ip4) receiveHops(on bool) error  { return p.SetControlMessage(ipv4.FlagTTL, on) }
func (p ip4) receiveInfo() error {
	return p.SetControlMessage(ipv4.FlagDst|ipv4.FlagInterface, true)
}

func (p ip4) control(via Via) []byte {
	return (&ipv4.ControlMessage{IfIndex: via.IfIndex, Src: via.Source.AsSlice()}).Marshal()
}

func (p ip4) options() optionNames {
	return optionNames{
		loopback: "IP_MULTICAST_LOOP", hops: "IP_MULTICAST_TTL", unicastHops: "IP_TTL", outgoing: "IP_MULTICAST_IF",
		info: "IP_PKTINFO", hopsInfo: "IP_RECVTTL",
	}.joinedBy("IP_ADD_MEMBERSHIP", "IP_DROP_MEMBERSHIP")
}

type ip6 struct{ *ipv6.PacketConn }

func (p ip6) setHops(n int) error        { return p.SetMulticastHopLimit(n) }
func (p ip6) setUnicastHops(n int) error { return p.SetHopLimit(n) }
func (p ip6) receiveHops(on bool) error  { return p.SetControlMessage(ipv6.FlagHopLimit, on) }
func (p ip6) receiveInfo() error {
	return p.SetControlMessage(ipv6.FlagDst|ipv6.FlagInterface, true)
}

func (p ip6) control(via Via) []byte {
	return (&ipv6.ControlMessage{IfIndex: via.IfIndex, Src: via.Source.AsSlice()}).Marshal()
}

func (p ip6) options() optionNames {
	return optionNames{
		loopback: "IPV6_MULTICAST_LOOP", hops: "IPV6_MULTICAST_HOPS", unicastHops: "IPV6_UNICAST_HOPS", outgoing: "IPV6_MULTICAST_IF",
		info: "IPV6_RECVPKTINFO", hopsInfo: "IPV6_RECVHOPLIMIT",
	}.joinedBy("IPV6_JOIN_GROUP", "IPV6_LEAVE_GROUP")
}

// socket is one of the kernel's sockets, with calls that a Trace can see.
type socket struct {
	protocol
	udp   *net.UDPConn
	raw   syscall.RawConn
	trace *Trace
	full  bool // no more groups fit; guarded by Conn.mu
}

func newSocket(udp *net.UDPConn, is4 bool, trace *Trace) (*socket, error) {
	raw, err := udp.SyscallConn()
	if err != nil {
		return nil, err
	}
	return &socket{protocol: protocolOf(udp, is4), udp: udp, raw: raw, trace: trace}, nil
}

// membership is the argument of the calls below, as a Trace shows it.
type membership struct {
	group Group
	on    host.Interface
}

func (m membership) String() string {
	s := m.group.Addr.WithZone("").String()
	if m.group.Source.IsValid() {
		s = m.group.Source.String() + "@" + s
	}
	if m.on.Index == 0 {
		return "{" + s + " as the kernel chooses}"
	}
	return fmt.Sprintf("{%s on %s (%d)}", s, m.on.Name, m.on.Index)
}

func (m membership) groupAddr() net.Addr  { return udpAddr(m.group.Addr) }
func (m membership) sourceAddr() net.Addr { return udpAddr(m.group.Source) }

func udpAddr(a netip.Addr) *net.UDPAddr { return &net.UDPAddr{IP: a.WithZone("").AsSlice()} }

func (s *socket) join(m membership) error {
	if m.group.Source.IsValid() {
		return s.trace.do("setsockopt", "MCAST_JOIN_SOURCE_GROUP", m, func() error {
			return s.JoinSourceSpecificGroup(netInterface(m.on), m.groupAddr(), m.sourceAddr())
		})
	}
	return s.trace.do("setsockopt", s.options().join, m, func() error {
		return s.JoinGroup(netInterface(m.on), m.groupAddr())
	})
}

func (s *socket) leave(m membership) error {
	if m.group.Source.IsValid() {
		return s.trace.do("setsockopt", "MCAST_LEAVE_SOURCE_GROUP", m, func() error {
			return s.LeaveSourceSpecificGroup(netInterface(m.on), m.groupAddr(), m.sourceAddr())
		})
	}
	return s.trace.do("setsockopt", s.options().leave, m, func() error {
		return s.LeaveGroup(netInterface(m.on), m.groupAddr())
	})
}

func (s *socket) block(m membership) error {
	return s.trace.do("setsockopt", "MCAST_BLOCK_SOURCE", m, func() error {
		return s.ExcludeSourceSpecificGroup(netInterface(m.on), m.groupAddr(), m.sourceAddr())
	})
}

func (s *socket) unblock(m membership) error {
	return s.trace.do("setsockopt", "MCAST_UNBLOCK_SOURCE", m, func() error {
		return s.IncludeSourceSpecificGroup(netInterface(m.on), m.groupAddr(), m.sourceAddr())
	})
}

// viaPerDatagram tells whether the system takes a Via with each datagram.
// FreeBSD and Windows do not.
var viaPerDatagram = len(ip4{}.control(Via{IfIndex: 1})) > 0

// flag is an option that is on or off, as the kernel takes it.
func flag(on bool) int {
	if on {
		return 1
	}
	return 0
}

// netInterface is the interface as x/net takes it; nil leaves it to the kernel.
func netInterface(i host.Interface) *net.Interface {
	if i.Index == 0 {
		return nil
	}
	return &net.Interface{Index: i.Index, Name: i.Name, MTU: i.MTU, Flags: i.Flags}
}
