package echo

import (
	"hash/maphash"
	"net/netip"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/internal/lru"
)

// The limits of a source and of a group, in answers a second, for a [Config]
// that names none.
const (
	DefaultPerSource = 50
	DefaultTotal     = 500
)

// maxSources is how many sources, and how many peers, a guard remembers.
const maxSources = 1024

// isService reports whether a server is likely to be on a port: one below 1024,
// or one of those below the ports that systems give to clients. The servers
// there answer what they do not understand, or answer with much. One datagram
// with such a forged source can make two servers answer each other without end
// (CVE-2024-2169: TFTP, DNS, NTP, echo, chargen and others, all below 1024), or
// make one of them flood a third host.
func isService(port uint16) bool {
	switch port {
	case
		1194,  // OpenVPN
		1434,  // SQL Server browser
		1900,  // SSDP
		3283,  // Apple Remote Desktop
		3478,  // STUN
		3702,  // WS-Discovery
		5060,  // SIP
		5351,  // NAT-PMP
		5353,  // mDNS
		5355,  // LLMNR
		5683,  // CoAP
		6881,  // BitTorrent
		10001, // Ubiquiti discovery
		11211, // memcached
		27015, // Source engine
		27960: // Quake III
		return true
	}
	return port < 1024
}

// guard decides which datagrams are answered. It has no socket and no clock.
// It remembers at most maxSources sources and as many peers. Only one goroutine
// may use it.
type guard struct {
	port      uint16
	group     bool
	unlimited bool
	perSource float64
	total     float64
	shutOut   time.Duration

	networks host.Networks
	fine     way   // of the last datagram that refuses let pass
	again    bool  // the present datagram comes the same way
	peer     *peer // of fine.from, if it is not nil

	epoch   time.Time // an hour before the first datagram
	seed    maphash.Seed
	sources *lru.Map[netip.Prefix, source]
	peers   *lru.Map[netip.AddrPort, peer]
	all     bucket

	flooding []flooder
	news     bool // flooding has changed since flooders was called
}

// newGuard returns the guard of a server on that UDP port. The server answers
// a group or, if group is false, unicast.
func newGuard(cfg Config, port uint16, group bool) *guard {
	g := &guard{
		port: port, group: group, unlimited: cfg.Unlimited && !group,
		perSource: cfg.PerSource, total: cfg.Total, shutOut: cfg.shutOut,
		seed:    maphash.MakeSeed(),
		sources: lru.New[netip.Prefix, source](maxSources),
		peers:   lru.New[netip.AddrPort, peer](maxSources),
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

// setInterfaces replaces the networks of this host. A group answers only
// sources on them.
func (g *guard) setInterfaces(list []host.Interface) {
	g.networks, g.fine = host.NetworksOf(list), way{}
}

// check decides about a datagram. The caller read it at the time now, and sends
// the answer if the Reason is Answer: the answer counts against the limits.
func (g *guard) check(now time.Time, d *mcast.Datagram) Reason {
	refused := g.refuses(d)
	// A peer whose port is ours may be another echo server.
	server := d.From.Port() == g.port || isService(d.From.Port())
	switch {
	case refused == NoReturn:
		return NoReturn
	case g.unlimited && refused != Answer:
		return refused
	}
	at := g.since(now)
	if g.unlimited && !server {
		if g.loops(at, d, server) {
			return Loop
		}
		return Answer
	}
	key := sourceOf(d.From.Addr())
	from, _ := g.sources.Ensure(key)
	switch {
	case refused != Answer:
	case !from.fill(at, g.perSource):
		refused = RateLimited
	case g.group && !g.all.fill(at, g.total):
		return TotalLimited
	// The loop rule comes last. A datagram that another rule has refused cannot
	// go on in a circle.
	case g.loops(at, d, server):
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

// loops applies the loop rule.
func (g *guard) loops(at time.Duration, d *mcast.Datagram, server bool) bool {
	if g.peer == nil {
		g.peer, _ = g.peers.Ensure(d.From)
	}
	return g.peer.loops(at, maphash.Bytes(g.seed, d.Data), server)
}

// since is the time for the rules: since an hour before the first datagram.
func (g *guard) since(now time.Time) time.Duration {
	if g.epoch.IsZero() {
		g.epoch = now.Add(-time.Hour)
	}
	return now.Sub(g.epoch)
}

// way is what the rules look at that need no memory, but for what a datagram
// itself may be: truncated, or a stray.
type way struct {
	from    netip.AddrPort
	to      netip.Addr
	ifIndex int
}

// refuses applies the rules that need no memory, once for all datagrams in a row
// that come the same way.
func (g *guard) refuses(d *mcast.Datagram) Reason {
	g.again = d.From == g.fine.from && d.To == g.fine.to && d.IfIndex == g.fine.ifIndex && !d.Truncated && !d.Stray &&
		g.fine.from.IsValid()
	if g.again {
		return Answer
	}
	g.peer = nil
	reason := g.judge(d)
	if reason == Answer {
		g.fine = way{d.From, d.To, d.IfIndex}
	}
	return reason
}

// judge is refuses without a memory.
func (g *guard) judge(d *mcast.Datagram) Reason {
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

// onLink reports whether a source is on a network of the interface that
// received its datagram. A datagram by lo is our own and may carry any of our
// addresses. Index 0 means that the system does not name the interface: then
// the networks of all interfaces count.
func (g *guard) onLink(from netip.Addr, index int) bool {
	by, ok := g.networks.ByIndex(index)
	return g.networks.OnLink(from, index) || ok && by.Loopback() && g.networks.Ours(from)
}

// shut adds a source to the flooders, if there is room.
func (g *guard) shut(s netip.Prefix, at time.Duration) {
	known := slices.ContainsFunc(g.flooding, func(f flooder) bool { return f.source == s })
	if known || len(g.flooding) == maxFlooding {
		return
	}
	g.flooding = append(g.flooding, flooder{source: s, until: at + g.shutOut})
	g.news = true
}

// flooders lists the sources to shut out, at most maxFlooding: IPv4 addresses,
// IPv6 networks of 64 bits, and link-local IPv6 addresses. If the list is the
// same as at the call before, it is nil and changed is false.
func (g *guard) flooders(now time.Time) (list []netip.Prefix, changed bool) {
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
