package echo

import (
	"hash/maphash"
	"net/netip"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// What a Guard limits a source and a group to when its Config does not say, in
// answers a second.
const (
	DefaultPerSource = 50
	DefaultTotal     = 500
)

// maxSources is how many sources, and how many peers, a Guard remembers.
const maxSources = 1024

// servicePorts are ports from 1024 up, below those that systems give to
// clients, where servers answer what they do not understand, or answer with
// much. A datagram that was forged to come from there would make two servers
// talk to each other for good (CVE-2024-2169: TFTP, DNS, NTP, echo, chargen
// and the like, which are below 1024), or one of them talk a third to death.
var servicePorts = map[uint16]bool{
	1194:  true, // OpenVPN
	1434:  true, // SQL Server browser
	1900:  true, // SSDP
	3283:  true, // Apple Remote Desktop
	3478:  true, // STUN
	3702:  true, // WS-Discovery
	5060:  true, // SIP
	5351:  true, // NAT-PMP
	5353:  true, // mDNS
	5355:  true, // LLMNR
	5683:  true, // CoAP
	6881:  true, // BitTorrent
	10001: true, // Ubiquiti discovery
	11211: true, // memcached
	27015: true, // Source engine
	27960: true, // Quake III
}

func isService(port uint16) bool { return port < 1024 || servicePorts[port] }

// Guard decides which datagrams are answered. It has no socket and no clock,
// and remembers at most 1,024 sources and as many peers. Only one goroutine
// may use it.
type Guard struct {
	port      uint16
	group     bool
	unlimited bool
	perSource float64
	total     float64
	shutOut   time.Duration

	networks host.Networks

	epoch   time.Time // an hour before the first datagram
	seed    maphash.Seed
	sources *recent[netip.Prefix, source]
	peers   *recent[netip.AddrPort, peer]
	all     bucket

	flooding []flooder
	news     bool // flooding has changed since Flooding was called
}

// NewGuard returns the Guard of a server on that UDP port, of a group or of
// unicast.
func NewGuard(cfg Config, port uint16, group bool) *Guard {
	g := &Guard{
		port: port, group: group, unlimited: cfg.Unlimited && !group,
		perSource: cfg.PerSource, total: cfg.Total, shutOut: cfg.shutOut,
		seed:    maphash.MakeSeed(),
		sources: newRecent[netip.Prefix, source](maxSources),
		peers:   newRecent[netip.AddrPort, peer](maxSources),
	}
	if g.perSource <= 0 {
		g.perSource = DefaultPerSource
	}
	if g.total <= 0 {
		g.total = DefaultTotal
	}
	if g.shutOut <= 0 {
		g.shutOut = floodTime
	}
	return g
}

// SetInterfaces tells what networks the host is on: sources elsewhere get no
// answer from a group.
func (g *Guard) SetInterfaces(list []host.Interface) {
	g.networks = host.NetworksOf(list)
}

// Check decides about a datagram that is read at now, and takes an answer for
// given.
func (g *Guard) Check(now time.Time, d *mcast.Datagram) Reason {
	refused := g.refuses(d)
	// A peer on our own port may be one like us.
	server := d.From.Port() == g.port || isService(d.From.Port())
	switch {
	case refused == NoReturn:
		return NoReturn
	case g.unlimited && (refused != Answer || !server):
		return refused
	}
	at := g.since(now)
	key := sourceOf(d.From.Addr())
	from := g.sources.get(key)
	switch {
	case refused != Answer:
	case !from.fill(at, g.perSource):
		refused = RateLimited
	case g.group && !g.all.fill(at, g.total):
		return TotalLimited
	// Last, because what is not answered is not on its way any more.
	case g.peers.get(d.From).loops(at, maphash.Bytes(g.seed, d.Data), server):
		refused = Loop
	default:
		from.tokens--
		g.all.tokens--
		return Answer
	}
	if !g.unlimited && from.floods(at, g.perSource) {
		g.shut(key, at)
	}
	return refused
}

// since is the time as the rules take it.
func (g *Guard) since(now time.Time) time.Duration {
	if g.epoch.IsZero() {
		g.epoch = now.Add(-time.Hour)
	}
	return now.Sub(g.epoch)
}

// refuses is the part that needs no memory.
func (g *Guard) refuses(d *mcast.Datagram) Reason {
	from := d.From.Addr()
	switch {
	case !from.IsValid() || from.IsUnspecified() || from.IsMulticast() || d.From.Port() == 0,
		g.networks.Broadcast(from):
		return NoReturn
	case d.Truncated:
		return Cut
	case !g.group && (d.To.IsMulticast() || g.networks.Broadcast(d.To)):
		return Broadcast
	case !g.group:
		return Answer
	case d.To.IsValid() && !d.To.IsMulticast():
		return Unicast
	case d.Stray:
		return Stray
	case isService(d.From.Port()):
		return ServicePort
	case !g.onLink(from, d.IfIndex):
		return OffLink
	}
	return Answer
}

// onLink reports whether a source is of a network of the interface that its
// datagram came by. What comes by lo is our own, with any of our addresses. A
// system that does not tell the interface is asked about all of them.
func (g *Guard) onLink(from netip.Addr, index int) bool {
	by, ok := g.networks.ByIndex(index)
	return g.networks.OnLink(from, index) || ok && by.Loopback() && g.networks.Ours(from)
}

// shut adds a source to those that flood.
func (g *Guard) shut(s netip.Prefix, at time.Duration) {
	known := slices.ContainsFunc(g.flooding, func(f flooder) bool { return f.source == s })
	if known || len(g.flooding) == maxFlooding {
		return
	}
	g.flooding = append(g.flooding, flooder{source: s, until: at + g.shutOut})
	g.news = true
}

// Flooding lists the sources, at most 16, that send so much beyond their limit
// that they had better not be heard for now: IPv4 addresses, IPv6 networks of
// 64 bits, and link-local addresses. changed tells whether the list is another
// than at the call before; if not, it is nil.
func (g *Guard) Flooding(now time.Time) (list []netip.Prefix, changed bool) {
	if len(g.flooding) == 0 && !g.news {
		return nil, false
	}
	at, before := g.since(now), len(g.flooding)
	g.flooding = slices.DeleteFunc(g.flooding, func(f flooder) bool { return at >= f.until })
	if len(g.flooding) == before && !g.news {
		return nil, false
	}
	g.news = false
	for _, f := range g.flooding {
		list = append(list, f.source)
	}
	return list, true
}
