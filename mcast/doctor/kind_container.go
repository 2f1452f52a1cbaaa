package doctor

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/groupcast/groupcast/mcast/host"
)

var podPage = KindPage{
	Name:  "pod",
	Title: "a pod that has its next hop alone on its link",
	Known: "The outgoing interface is a veth whose other end is in another network namespace. All of its addresses are of one host (/32, /128), and none of its networks contains the gateway. " +
		"Calico's gateway is 169.254.1.1, Cilium's is an address of the node. The node routes each datagram, so no group comes in, whatever its TTL.",
	Carries: "The node's network (hostNetwork: true), a second interface of kind macvlan (Multus), or a relay in a pod that has the node's network.",
}

var containerPage = KindPage{
	Name:  "container",
	Title: "a container behind the NAT of its host",
	Known: "The outgoing interface is a veth whose other end is in another network namespace. This is true for every namespace. It looks like a container if there are the marks of a runtime " +
		"(/.dockerenv, /run/.containerenv, KUBERNETES_SERVICE_HOST) and process 1 is in the same network namespace, or if the network is one that a container engine makes by default: " +
		"172.16.0.0/12 with /16 and 192.168.0.0/16 with /20 (Docker), 10.88.0.0/16 and 10.89.0.0/16 (Podman), 10.0.3.0/24 (LXC), 10.42.0.0/16 and 10.244.0.0/16 with /24 (flannel). " +
		"It may be one if the network is private and its gateway is the first address. This is reported only if --from or --to names a host beyond the gateway. NAT itself cannot be seen from inside.",
	Carries: "The host's network (docker run --network host), a network of kind macvlan or ipvlan, or a relay on the host that is joined on both sides. No TTL helps: the host forwards only unicast, unless a daemon for multicast routing runs on it.",
}

// box is a network namespace whose way out is a veth: its other end is all that
// it is connected to.
type box struct {
	by      host.Interface
	gateway netip.Addr // the zero Addr: not known
	pod     bool
	engine  string // that it looks like a container of; "": it may be none
	why     string // what else it is known by
}

// boxed is the namespace that this host is; ok is false where the way out is none.
func (f Facts) boxed(in Intent) (b box, ok bool) {
	b.by, b.gateway, ok = f.wayOut(in)
	link := f.Links[b.by.Index]
	if !ok || link.Kind != "veth" || !link.Elsewhere || link.Master != 0 {
		return box{}, false
	}
	engine, why := f.engineOf(b)
	switch {
	case b.gateway.IsValid() && onlyHost(b.by, b.gateway):
		b.pod, b.engine = true, "Kubernetes"
		b.why = fmt.Sprintf("its addresses are of one host each (%s), and the gateway is %s", prefixes(b.by), b.gateway)
	case engine != "":
		b.engine, b.why = engine, why
	case b.gateway.IsValid() && first(b.by, b.gateway) && b.gateway.IsPrivate():
		b.why = fmt.Sprintf("its gateway %s is the first address of a private network", b.gateway)
	default:
		return box{}, false
	}
	return b, true
}

// wayOut is the interface that leads to a host that is asked about, or else where
// groups leave, and the gateway there.
func (f Facts) wayOut(in Intent) (i host.Interface, gateway netip.Addr, ok bool) {
	var ways []host.Route
	for _, a := range in.asked() {
		if back, known := f.Back[a]; known && back.Err == nil {
			ways = append(ways, back.Route)
		}
	}
	if f.Send.Err == nil {
		ways = append(ways, f.Send.Route)
	}
	for _, way := range ways {
		if i, ok = host.ByIndex(f.Interfaces, way.IfIndex); ok && !i.Loopback() && (in.Send == 0 || in.Send == way.IfIndex) {
			return i, way.Match.Gateway, true
		}
	}
	i, ok = host.ByIndex(f.Interfaces, in.Send)
	return i, gateway, ok
}

// onlyHost reports whether an interface has nothing but single addresses of the
// gateway's IP version, and the gateway is none of them.
func onlyHost(i host.Interface, gateway netip.Addr) bool {
	any := false
	for _, p := range i.Addrs {
		if p.Addr().IsLinkLocalUnicast() || p.Addr().Is4() != gateway.Is4() && !gateway.IsLinkLocalUnicast() {
			continue
		}
		if !p.IsSingleIP() {
			return false
		}
		any = true
	}
	return any && !owns(i, gateway)
}

// first reports whether an address is the first of a network of the interface, and
// not its own.
func first(i host.Interface, a netip.Addr) bool {
	return !owns(i, a) && slices.ContainsFunc(i.Addrs, func(p netip.Prefix) bool { return p.Masked().Addr().Next() == a })
}

func prefixes(i host.Interface) string {
	var list []string
	for _, p := range i.Addrs {
		if !p.Addr().IsLinkLocalUnicast() {
			list = append(list, p.String())
		}
	}
	return strings.Join(list, ", ")
}

// pools are the networks that engines make when they are told nothing else, and
// the length of each.
var pools = []struct {
	all    netip.Prefix
	bits   int
	engine string
}{
	{netip.MustParsePrefix("172.16.0.0/12"), 16, "Docker"},
	{netip.MustParsePrefix("192.168.0.0/16"), 20, "Docker"},
	{netip.MustParsePrefix("10.88.0.0/16"), 16, "Podman"},
	{netip.MustParsePrefix("10.89.0.0/16"), 24, "Podman"},
	{netip.MustParsePrefix("10.0.3.0/24"), 24, "LXC"},
	{netip.MustParsePrefix("10.42.0.0/16"), 24, "Kubernetes"},
	{netip.MustParsePrefix("10.244.0.0/16"), 24, "Kubernetes"},
}

// engineOf is the engine that a namespace looks like a container of, and why; ""
// where nothing says so.
func (f Facts) engineOf(b box) (engine, why string) {
	if m := f.Machine; m != nil && m.Container != "" && m.Here {
		return m.Container, "its files and its environment are those of a container (" + m.Container + ")"
	}
	for _, p := range b.by.Addrs {
		for _, pool := range pools {
			own := p.Masked().Addr().Next() == p.Addr() // which is the host's
			if p.Bits() == pool.bits && pool.all.Contains(p.Addr()) && !own && (!b.gateway.Is4() || p.Masked().Addr().Next() == b.gateway) {
				return pool.engine, fmt.Sprintf("%s is a network as %s makes them", p.Masked(), pool.engine)
			}
		}
	}
	return "", ""
}

func isPod(f Facts, in Intent) (k Kind, ok bool) {
	b, ok := f.boxed(in)
	if !ok || !b.pod {
		return k, false
	}
	return Kind{
		Title:    fmt.Sprintf("this looks like a pod: its node alone is on the link of %s, and passes no groups by itself", b.by.Name),
		Evidence: b.evidence(),
		Carries:  b.carries(),
	}.unlessHeard(f, in, b.by), true
}

func isContainer(f Facts, in Intent) (k Kind, ok bool) {
	b, ok := f.boxed(in)
	switch {
	case !ok || b.pod:
		return k, false
	case b.engine == "":
		beyond, asked := f.beyondBy(in, b.by)
		if !asked {
			return k, false
		}
		k.Title = fmt.Sprintf("this may be a container behind NAT; if it is, no group comes from %s, whatever its TTL", beyond)
	default:
		k.Title = fmt.Sprintf("this looks like a container behind NAT: groups come by %s from its own network (%s), and by themselves from none beyond", b.by.Name, b.networks())
	}
	k.Evidence, k.Carries = b.evidence(), b.carries()
	return k.unlessHeard(f, in, b.by), true
}

func (b box) networks() string {
	var list []string
	for _, p := range subnets(b.by) {
		list = append(list, p.String())
	}
	return enumerate(list)
}

func (b box) evidence() string {
	text := fmt.Sprintf("%s is a veth whose other end is in another network namespace; %s", b.by.Name, b.why)
	if !b.pod {
		text += "; NAT itself cannot be seen from inside"
	}
	return text
}

func (b box) carries() []string {
	share := "the host's network: docker run --network host, or podman run --network host"
	second := "a network of kind macvlan or ipvlan, in which it is a host of the LAN itself"
	relay := "a relay on the host, which joins on both sides and sends on"
	switch strings.ToLower(b.engine) {
	case "kubernetes":
		share, relay = "the node's network: hostNetwork: true", "a relay in a pod that has the node's network"
		second = "a second interface of kind macvlan, as Multus adds it"
	case "lxc":
		share = "a bridge of the host that has the LAN's card as a port (lxc.net.0.link)"
	case "docker", "podman":
		share = fmt.Sprintf("the host's network: %s run --network host", strings.ToLower(b.engine))
	}
	return []string{share, second, relay}
}

// shut is a namespace that groups do not enter from a host that is asked about: it
// is beyond, and nobody from beyond was heard. A box that may be no container is
// not enough.
func (f Facts) shut(in Intent) (b box, beyond netip.Addr, ok bool) {
	b, ok = f.boxed(in)
	if !ok || b.engine == "" {
		return b, beyond, false
	}
	if _, heard := f.enters(in, b.by); heard {
		return b, beyond, false
	}
	beyond, ok = f.beyondBy(in, b.by)
	return b, beyond, ok
}

func (b box) String() string {
	if b.pod {
		return "a pod"
	}
	return "a container behind NAT"
}

func (f Facts) isShut(in Intent) bool {
	_, _, ok := f.shut(in)
	return ok
}
