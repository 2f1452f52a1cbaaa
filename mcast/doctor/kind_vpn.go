package doctor

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/groupcast/groupcast/mcast/host"
)

var vpnPage = KindPage{
	Name:  "vpn",
	Title: "a host that sends groups via a VPN, or that reaches the other host via a VPN",
	Known: "The interface is a tunnel (tun, tap, WireGuard, PPP, XFRM, VTI) or a point-to-point link. Or it has a route for half of all addresses (0.0.0.0/1 and 128.0.0.0/1, " +
		"which VPNs add to the default route). Or it has the name of a tunnel, and the default route of a table that a rule puts before main, as exit nodes do. " +
		"It is reported only if the kernel's route to the group, or to the host of --from or --to, leads via this interface.",
	Carries: "The LAN, via an interface of its own (-i eth0). The VPN carries groups only if both ends are set up for it: with a tap device that is bridged with the far LAN, " +
		"with a tunnel that carries Ethernet over it (VXLAN, GRETAP), or with a relay at both ends. A tun device or WireGuard alone carries no groups.",
}

// tunnelKinds are the kinds of interfaces that VPNs make, and tunnelNames how they
// name others. A tap device is of kind tun, and no point-to-point link.
var (
	tunnelKinds = []string{"tun", "wireguard", "ppp", "xfrm", "vti", "vti6"}
	tunnelNames = []string{"tun", "tap", "wg", "ppp", "tailscale", "vpn", "utun", "nordlynx", "proton", "zt"}
)

func isVPN(f Facts, in Intent) (k Kind, ok bool) {
	if far, i, ok := f.farBy(in); ok {
		k.Title = fmt.Sprintf("the way to %s is by what looks like a VPN, %s: groups cross it only where both of its ends pass them on", far, i.Name)
		return f.byVPN(in, k, i, f.tunnel(i, f.Back[far].Route.Match)), true
	}
	i, listed := f.egress(in)
	match := f.Send.Route.Match
	if in.chose() {
		match = host.Match{}
	}
	why := f.tunnel(i, match)
	if !listed || why == "" {
		return k, false
	}
	k.Title = fmt.Sprintf("%s looks like a VPN, and takes what is sent to %s: groups cross it only where both of its ends pass them on", i.Name, in.Group.Addr)
	return f.byVPN(in, k, i, f.choice(in)+"; "+why), true
}

// byVPN completes a kind. Who was heard by the VPN is a proof that it passes
// groups.
func (f Facts) byVPN(in Intent, k Kind, i host.Interface, why string) Kind {
	k.Evidence = why
	if best, ok := f.best(in.Group); ok && best.Index != i.Index && best.Index != in.Send && !best.Loopback() && f.tunnel(best, host.Match{}) == "" {
		k.Carries = append(k.Carries, fmt.Sprintf("the network of %s: -i %s", describe(best, in.Group), best.Name))
	}
	if f.Links[i.Index].Kind == "tun" && i.Flags&net.FlagPointToPoint == 0 {
		k.Carries = append(k.Carries, fmt.Sprintf("%s itself, which is a tap device, where its far end is bridged with the LAN there", i.Name))
	}
	k.Carries = append(k.Carries, "by the VPN: a tunnel that carries Ethernet over it, such as VXLAN or GRETAP, or a relay at both ends")
	for _, s := range f.Observed.Senders {
		if s.IfIndex == i.Index && !s.Local {
			k.Evidence += "; groups come by it all the same: " + f.heardText(in, s)
			k.Carries = nil
			break
		}
	}
	return k
}

// tunnel says why an interface looks like a VPN, given the route that leads by it;
// "" where nothing says so.
func (f Facts) tunnel(i host.Interface, m host.Match) string {
	kind := f.Links[i.Index].Kind
	var why []string
	switch {
	case slices.Contains(tunnelKinds, kind) && (kind != "tun" || i.Flags&net.FlagPointToPoint != 0):
		why = append(why, fmt.Sprintf("%s is a tunnel (%s)", i.Name, kind))
	case kind == "tun":
		why = append(why, fmt.Sprintf("%s is a tap device", i.Name))
	case i.Flags&net.FlagPointToPoint != 0:
		why = append(why, fmt.Sprintf("%s is a point-to-point link", i.Name))
	}
	if m.Found && m.Dst.Bits() == 1 {
		why = append(why, fmt.Sprintf("it has half of all addresses (%s), as VPNs take them beside the default route", m))
	}
	if ownTable(m) && (tunnelNamed(i) || len(why) > 0) {
		why = append(why, fmt.Sprintf("the %s is in a table of its own, which a rule puts before main, as exit nodes have it", m))
	}
	return strings.Join(why, "; ")
}

// ownTable reports whether a route for everything is in a table that only a rule
// leads to.
func ownTable(m host.Match) bool {
	const mainTable, localTable = 254, 255
	return m.Found && m.Dst.Bits() <= 1 && m.Table != 0 && m.Table != mainTable && m.Table != localTable
}

func tunnelNamed(i host.Interface) bool {
	return slices.ContainsFunc(tunnelNames, func(n string) bool { return strings.HasPrefix(i.Name, n) })
}

// exitNode reports whether the kernel sends groups by a VPN's default route in a
// table of its own.
func (f Facts) exitNode(i host.Interface) bool {
	m := f.Send.Route.Match
	return i.Index == f.Send.Route.IfIndex && ownTable(m) && (slices.Contains(tunnelKinds, f.Links[i.Index].Kind) || tunnelNamed(i))
}

// farBy is a host that was asked about, was not heard, and is reached by what
// looks like a VPN; ok is false when there is none. A host of another interface's
// network is not: its groups come by that one, whatever the way back to it.
func (f Facts) farBy(in Intent) (far netip.Addr, by host.Interface, ok bool) {
	for _, a := range in.asked() {
		back, known := f.Back[a]
		i, listed := host.ByIndex(f.Interfaces, back.Route.IfIndex)
		near := slices.ContainsFunc(f.Interfaces, func(other host.Interface) bool { return other.Index != i.Index && covers(other, a) })
		if known && back.Err == nil && listed && !near && !f.met(in, a) && f.tunnel(i, back.Route.Match) != "" {
			return a, i, true
		}
	}
	return netip.Addr{}, host.Interface{}, false
}
