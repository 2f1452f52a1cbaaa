package host

import "net/netip"

// Networks answers what an address is to this host, from its interfaces as they
// were when they were read. Answers take the same time however many interfaces
// there are, but for those about an unknown interface.
type Networks struct {
	list      []Interface
	by        map[int]*Interface
	own       map[netip.Addr]bool
	loopback  []netip.Prefix
	broadcast map[netip.Addr]bool
	ends      [4]uint64 // the last bytes of the broadcast addresses, a bit for each value
}

// ReadNetworks reads the interfaces of the network namespace, and gives the
// networks that they are on. The error is that of Interfaces.
func ReadNetworks() (Networks, error) {
	list, err := Interfaces()
	return NetworksOf(list), err
}

// NetworksOf are the networks that interfaces are on.
func NetworksOf(list []Interface) Networks {
	n := Networks{
		list: list, by: make(map[int]*Interface, len(list)),
		own: make(map[netip.Addr]bool, len(list)), broadcast: map[netip.Addr]bool{everyone: true},
	}
	for i := range list {
		n.by[list[i].Index] = &list[i]
		for _, p := range list[i].Addrs {
			n.own[p.Addr().WithZone("")] = true
			if list[i].Loopback() {
				n.loopback = append(n.loopback, p.Masked())
			} else if last, ok := BroadcastOf(p); ok {
				n.broadcast[last] = true
			}
		}
	}
	for a := range n.broadcast {
		end := a.As4()[3]
		n.ends[end/64] |= 1 << (end % 64)
	}
	return n
}

// everyone is the limited broadcast address (RFC 919, section 7).
var everyone = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// Ours reports whether a is an address of this host, in whatever zone. All of
// a loopback interface's network is: 127.0.0.0/8 never leaves the host
// (RFC 1122, section 3.2.1.3).
func (n Networks) Ours(a netip.Addr) bool {
	a = a.WithZone("")
	if n.own[a] {
		return true
	}
	for _, p := range n.loopback {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// OnLink reports whether a is on a network of an interface, where it is found
// by ARP or neighbour discovery. Index 0 asks about every interface that is up.
func (n Networks) OnLink(a netip.Addr, index int) bool {
	a = a.WithZone("") // a Prefix contains none with a zone
	if index != 0 {
		return n.by[index].on(a)
	}
	for i := range n.list {
		if n.list[i].Up() && n.list[i].on(a) {
			return true
		}
	}
	return false
}

func (i *Interface) on(a netip.Addr) bool {
	if i == nil {
		return false
	}
	for _, p := range i.Addrs {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// Outside reports whether a datagram from source, received on an interface, came
// from beyond its networks: a router forwarded it, or the source is forged. It is
// false where nothing is known: the interface has no address of that IP version,
// or the source is link-local, which is on every link, or the unspecified
// address, which a host without an address sends with.
func (n Networks) Outside(source netip.Addr, index int) bool {
	if source.IsLinkLocalUnicast() || source.IsUnspecified() || n.OnLink(source, index) {
		return false
	}
	i := n.by[index]
	return index != 0 && i != nil && i.Addr(source).IsValid()
}

// ByIndex is the interface with that index.
func (n Networks) ByIndex(index int) (Interface, bool) {
	if i := n.by[index]; i != nil {
		return *i, true
	}
	return Interface{}, false
}

// Broadcast reports whether a is for all hosts of a network of this host, or of
// every network (255.255.255.255).
func (n Networks) Broadcast(a netip.Addr) bool {
	return a.Is4() && n.mayBroadcast(a.As4()[3]) && n.broadcast[a]
}

// mayBroadcast tells most addresses from broadcast addresses by their last byte:
// a server asks about each datagram.
func (n *Networks) mayBroadcast(end byte) bool { return n.ends[end/64]&(1<<(end%64)) != 0 }

// Unspecified is the wildcard address of an address's IP version: 0.0.0.0 or
// ::, where a socket is bound that takes what comes to any address.
func Unspecified(like netip.Addr) netip.Addr {
	if like.Is4() {
		return netip.IPv4Unspecified()
	}
	return netip.IPv6Unspecified()
}
