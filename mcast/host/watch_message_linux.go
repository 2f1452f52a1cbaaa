package host

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"syscall"

	"github.com/groupcast/groupcast/mcast/internal/rtnl"
	"golang.org/x/sys/unix"
)

// apply changes list by a message of the kernel, and returns it. The Addrs of
// an interface are not changed in place, because reported changes have them too.
func apply(list []Interface, m syscall.NetlinkMessage) []Interface {
	switch m.Header.Type {
	case unix.RTM_NEWLINK, unix.RTM_DELLINK:
		// Bridges tell of their ports in the same group, as AF_BRIDGE: a port
		// that leaves its bridge is not an interface that is deleted.
		if len(m.Data) >= unix.SizeofIfInfomsg && m.Data[0] == unix.AF_UNSPEC {
			return applyLink(list, m)
		}
	case unix.RTM_NEWADDR, unix.RTM_DELADDR:
		if len(m.Data) >= unix.SizeofIfAddrmsg {
			return applyAddr(list, m)
		}
	}
	return list
}

// indexIn is the index of the interface that a message is about: it stands at
// the same place in an ifinfomsg and in an ifaddrmsg.
func indexIn(m syscall.NetlinkMessage) int {
	if len(m.Data) < unix.SizeofIfAddrmsg {
		return 0
	}
	return int(int32(binary.NativeEndian.Uint32(m.Data[4:])))
}

func applyLink(list []Interface, m syscall.NetlinkMessage) []Interface {
	n, found := search(list, indexIn(m))
	switch {
	case m.Header.Type == unix.RTM_DELLINK && found:
		return slices.Delete(list, n, n+1)
	case m.Header.Type == unix.RTM_DELLINK:
		return list
	case !found:
		return slices.Insert(list, n, parseLink(m.Data, Interface{}))
	}
	list[n] = parseLink(m.Data, list[n])
	return list
}

// parseLink reads an ifinfomsg and its attributes. What they do not say is as
// in known.
func parseLink(b []byte, known Interface) Interface {
	i := known
	i.Index = int(int32(binary.NativeEndian.Uint32(b[4:])))
	i.Flags = linkFlags(binary.NativeEndian.Uint32(b[8:]))
	master := 0
	for kind, v := range rtnl.Attributes(b[unix.SizeofIfInfomsg:]) {
		switch kind {
		case unix.IFLA_MASTER:
			master = int(rtnl.Uint32(v))
		case unix.IFLA_IFNAME:
			i.Name = rtnl.Text(v)
		case unix.IFLA_MTU:
			i.MTU, i.Master = int(rtnl.Uint32(v)), 0 // all is told
		}
	}
	if master != 0 {
		i.Master = master
	}
	return i
}

func applyAddr(list []Interface, m syscall.NetlinkMessage) []Interface {
	n, found := search(list, indexIn(m))
	p, ok := parseAddr(m.Data)
	if !found || !ok {
		return list
	}
	addrs := &list[n].Addrs
	at := slices.Index(*addrs, p)
	switch {
	case m.Header.Type == unix.RTM_NEWADDR && at < 0:
		*addrs = slices.Concat(*addrs, []netip.Prefix{p})
	case m.Header.Type == unix.RTM_DELADDR && at >= 0:
		*addrs = slices.Concat((*addrs)[:at], (*addrs)[at+1:])
	} // else a known address with another lifetime, or fit for use now
	return list
}

// parseAddr reads an address from an ifaddrmsg and its attributes. With a
// peer the host's own address is IFA_LOCAL, and IFA_ADDRESS the peer's.
func parseAddr(b []byte) (netip.Prefix, bool) {
	var addr, local netip.Addr
	for kind, v := range rtnl.Attributes(b[unix.SizeofIfAddrmsg:]) {
		switch kind {
		case unix.IFA_ADDRESS:
			addr, _ = netip.AddrFromSlice(v)
		case unix.IFA_LOCAL:
			local, _ = netip.AddrFromSlice(v)
		}
	}
	if local.IsValid() {
		addr = local
	}
	p := netip.PrefixFrom(addr, int(b[1]))
	return p, p.IsValid()
}

// linkFlags translates the kernel's flags (netdevice(7)).
func linkFlags(kernel uint32) net.Flags {
	var flags net.Flags
	for _, f := range []struct {
		kernel uint32
		flag   net.Flags
	}{
		{unix.IFF_UP, net.FlagUp},
		{unix.IFF_RUNNING, net.FlagRunning},
		{unix.IFF_BROADCAST, net.FlagBroadcast},
		{unix.IFF_LOOPBACK, net.FlagLoopback},
		{unix.IFF_POINTOPOINT, net.FlagPointToPoint},
		{unix.IFF_MULTICAST, net.FlagMulticast},
	} {
		if kernel&f.kernel != 0 {
			flags |= f.flag
		}
	}
	return flags
}
