package host

import (
	"bytes"
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"syscall"

	"github.com/groupcast/groupcast/mcast/internal/rtnl"
	"golang.org/x/sys/unix"
)

// apply returns the interfaces as they are after a message of the kernel. It
// shares with list what did not change, and changes nothing in it.
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

func applyLink(list []Interface, m syscall.NetlinkMessage) []Interface {
	index := int(int32(binary.NativeEndian.Uint32(m.Data[4:])))
	n, found := search(list, index)
	if m.Header.Type == unix.RTM_DELLINK {
		if !found {
			return list
		}
		return slices.Concat(list[:n], list[n+1:])
	}
	i := Interface{Index: index}
	if found {
		i = list[n]
	}
	i.Flags = linkFlags(binary.NativeEndian.Uint32(m.Data[8:]))
	for kind, v := range rtnl.Attributes(m.Data[unix.SizeofIfInfomsg:]) {
		switch kind {
		case unix.IFLA_IFNAME:
			i.Name = string(bytes.TrimRight(v, "\x00"))
		case unix.IFLA_MTU:
			i.MTU = int(rtnl.Uint32(v))
		}
	}
	if !found {
		return slices.Concat(list[:n], []Interface{i}, list[n:])
	}
	return replaced(list, n, i)
}

func applyAddr(list []Interface, m syscall.NetlinkMessage) []Interface {
	index := int(binary.NativeEndian.Uint32(m.Data[4:]))
	n, found := search(list, index)
	p, ok := messageAddr(m.Data)
	if !found || !ok {
		return list
	}
	i := list[n]
	at := slices.Index(i.Addrs, p)
	switch {
	case m.Header.Type == unix.RTM_NEWADDR && at < 0:
		i.Addrs = slices.Concat(i.Addrs, []netip.Prefix{p})
	case m.Header.Type == unix.RTM_DELADDR && at >= 0:
		i.Addrs = slices.Concat(i.Addrs[:at], i.Addrs[at+1:])
	default: // a known address with another lifetime, or fit for use now
		return list
	}
	return replaced(list, n, i)
}

// messageAddr reads an address from an ifaddrmsg and its attributes. With a
// peer the host's own address is IFA_LOCAL, and IFA_ADDRESS the peer's.
func messageAddr(b []byte) (netip.Prefix, bool) {
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

func replaced(list []Interface, n int, i Interface) []Interface {
	list = slices.Clone(list)
	list[n] = i
	return list
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
