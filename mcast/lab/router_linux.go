package lab

import (
	"cmp"
	"errors"
	"maps"
	"net/netip"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/groupcast/groupcast/mcast/igmp"
)

// A router asks more often than real ones, which do every 125 s: a member that left
// without a word is forgotten as much sooner. See RFC 3376, section 8.
const (
	queryInterval   = 2 * time.Second
	queryRobustness = 3
	startupInterval = queryInterval / 4
	memberLife      = queryRobustness*queryInterval + queryResponse // as long as its report is believed
	lastMemberLife  = queryRobustness * queryResponse               // and from a leave on
)

const (
	// patience is how long a datagram that nobody wants waits for a member, so that a
	// join counts from its report on, and not from the last router's on its way up.
	patience    = 200 * time.Millisecond
	maxPatience = 5    // datagrams; the kernel lets 10 flows wait
	maxEntries  = 4096 // of the kernel's cache; with more it begins anew
	idleRounds  = 5    // general queries, until an entry that nothing uses is deleted
)

var (
	allSystems = netip.AddrFrom4([4]byte{224, 0, 0, 1})
	allRouters = netip.AddrFrom4([4]byte{224, 0, 0, 2})
	allReports = netip.AddrFrom4([4]byte{224, 0, 0, 22}) // IGMPv3 reports go there
)

// groupRouter forwards IPv4 groups between the interfaces of a host, as a proxy
// (RFC 4605): on its upstream interface it is a host that has joined what is
// wanted below, and on the others the router that asks who is a member. The
// kernel asks it about each source and group that it has not seen.
type groupRouter struct {
	mroute
	node  *Node
	flood bool // to every other interface, and ask nobody
	done  sync.WaitGroup

	mu      sync.Mutex
	vifs    []*vif // at their numbers in the kernel
	entries map[flow]*mfcEntry
	waiting map[flow]waitingFlow
	joined  map[netip.Addr]membership // upstream
	rounds  time.Time                 // when unused entries are looked for
}

// vif is an interface of a groupRouter.
type vif struct {
	Interface
	role
	number  uint16
	index   int // 0: it is not there
	version int // of IGMP, in which it asks
	members members
	hears   []membership // what a router hears reports and leaves by

	query     time.Time // when it asks next; the zero time: never
	startup   int       // how many of the next queries follow soon
	other     time.Time // until when another one is the querier
	questions map[netip.Addr]question
}

// question is about a group that a member has left.
type question struct {
	at   time.Time
	left int
}

type mfcEntry struct {
	from uint16
	out  []uint16
	used uint64 // datagrams
	idle int    // rounds
}

type waitingFlow struct {
	from uint16
	end  time.Time
}

// routeGroups starts forwarding groups. It ends with the host's process. The
// router asks for members from ask on.
func (n *Node) routeGroups(h Host, t Topology) error {
	r := &groupRouter{
		node: n, flood: h.Flood,
		entries: map[flow]*mfcEntry{}, waiting: map[flow]waitingFlow{}, joined: map[netip.Addr]membership{},
	}
	roles := t.roles(h)
	for number, i := range h.Interfaces {
		r.vifs = append(r.vifs, &vif{
			Interface: i, role: roles[i.Name], number: uint16(number), version: cmp.Or(h.IGMP, t.igmpOn(i.Switch), 3),
			members: members{}, questions: map[netip.Addr]question{},
		})
	}
	err := n.Do(func() (err error) {
		r.mroute, err = openMroute()
		return err
	})
	if err != nil {
		return err
	}
	n.groups = r
	r.done.Go(r.run)
	go func() {
		<-n.gone
		r.file.Close()
	}()
	for _, i := range h.Interfaces {
		if err := n.Link(i.Name).change("route groups by", r.add); err != nil {
			return err
		}
	}
	return nil
}

// close waits for the end of the goroutine, which the host's end brings.
func (r *groupRouter) close() {
	if r == nil {
		return
	}
	r.file.Close()
	r.done.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.joined {
		m.Close()
	}
	for _, v := range r.vifs {
		v.deaf()
	}
}

// add makes an interface one to forward from and to, also one that was made again.
func (r *groupRouter) add(link netlink.Link) error {
	a := link.Attrs()
	r.mu.Lock()
	defer r.mu.Unlock()
	at := slices.IndexFunc(r.vifs, func(v *vif) bool { return v.Name == a.Name })
	if at < 0 {
		return os.ErrNotExist
	}
	v := r.vifs[at]
	v.index = a.Index
	if err := r.addVIF(v.number, a.Index); err != nil {
		return err
	}
	// Entries made while the interface was not there leave it out.
	if err := r.forget(); err != nil {
		return err
	}
	clear(r.entries)
	clear(r.waiting)
	switch {
	case r.flood || v.role == apart:
		return nil
	case v.role == upstream:
		for group, m := range r.joined {
			m.Close()
			delete(r.joined, group)
		}
		r.joinAll()
		return nil
	}
	v.deaf()
	for _, group := range []netip.Addr{allRouters, allReports} {
		m, err := r.node.join(v.index, group, filter{all: true})
		if err != nil {
			return err
		}
		v.hears = append(v.hears, m)
	}
	return nil
}

func (v *vif) deaf() {
	for _, m := range v.hears {
		m.Close()
	}
	v.hears = nil
}

// ask begins to ask for members. The links have to be there: a query that is lost
// is repeated half a second later.
func (r *groupRouter) ask() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, v := range r.vifs {
		if !r.flood && v.role == downstream {
			r.begin(v)
		}
	}
}

func (r *groupRouter) begin(v *vif) {
	v.query, v.startup = time.Now(), queryRobustness-1
	_ = r.file.SetReadDeadline(v.query) // wakes run
}

// run answers the kernel, hears the LANs and asks them, until the socket is closed.
func (r *groupRouter) run() {
	b := make([]byte, 1<<16)
	for {
		r.mu.Lock()
		next := r.tick(time.Now())
		_ = r.file.SetReadDeadline(next)
		r.mu.Unlock()
		err := r.read(b, func(message []byte, ifindex int) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.take(message, ifindex, time.Now())
		})
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
	}
}

// take takes a message of the kernel's or of a LAN.
func (r *groupRouter) take(b []byte, ifindex int, now time.Time) {
	// struct igmpmsg has the shape of an IP header with 0 for the protocol.
	if len(b) >= 20 && b[9] == 0 {
		if b[8] == noCache {
			f := flow{netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20]))}
			r.upcall(f, uint16(b[10])|uint16(b[11])<<8, now)
		}
		return
	}
	at := slices.IndexFunc(r.vifs, func(v *vif) bool { return v.index == ifindex && v.role == downstream })
	if r.flood || at < 0 {
		return
	}
	m, err := igmp.Decode(b)
	if err != nil || m.Hops != 1 {
		return
	}
	v := r.vifs[at]
	if m.Kind == igmp.Query {
		r.elect(v, m, now)
		return
	}
	changed, ask := v.members.add(m, now, memberLife, lastMemberLife)
	for _, group := range ask {
		if v.asks(now) && len(v.questions) < maxGroups {
			v.questions[group] = question{now, queryRobustness - 1}
		}
	}
	r.changed(changed)
}

// asks reports whether the router is the one that asks on a LAN and so the only one
// that forwards from it and to it (RFC 4605, section 4).
func (v *vif) asks(now time.Time) bool { return v.role == downstream && !now.Before(v.other) }

// elect lets another router ask that has a lower address (RFC 3376, section 6.6.2).
func (r *groupRouter) elect(v *vif, m igmp.Message, now time.Time) {
	own := v.addr()
	switch {
	case m.From.IsUnspecified() || own.IsValid() && !m.From.Less(own):
		return
	case !own.IsValid() && slices.ContainsFunc(r.vifs, func(v *vif) bool { return v.addr() == m.From }):
		return // its own, for want of an address from another interface's
	}
	was := v.asks(now)
	v.other = now.Add(otherQuerier(m))
	clear(v.questions)
	if m.Group.IsValid() { // its members have as long as it says
		v.members.shorten(m.Group, now.Add(lastMemberLife), func(memberState) bool { return true })
	}
	if was {
		r.changed(nil)
	}
}

// otherQuerier is how long a querier counts as there after its query: the other querier
// present interval. A query of IGMPv3 says how often there is one, or else it is 125 s (RFC
// 3376, sections 4.1.6, 4.1.7 and 8.5). Older ones say nothing, and a router goes by its
// own settings (RFC 2236, section 8.5).
func otherQuerier(m igmp.Message) time.Duration {
	if m.Version < 3 {
		return queryRobustness*queryInterval + queryResponse/2
	}
	return time.Duration(cmp.Or(m.Robustness, 2))*cmp.Or(m.Interval, 125*time.Second) + m.MaxResponse/2
}

// addr is the address that an interface has in the topology.
func (i Interface) addr() (a netip.Addr) {
	for _, p := range i.Addrs {
		if p.Addr().Is4() {
			return p.Addr()
		}
	}
	return a
}

// tick does what is due, and says when something will be.
func (r *groupRouter) tick(now time.Time) (next time.Time) {
	for _, v := range r.vifs {
		if changed := v.members.expire(now); changed != nil {
			r.changed(changed)
		}
		next = sooner(next, v.members.next())
		if !v.other.IsZero() && v.asks(now) {
			v.other = time.Time{}
			v.query = now
			r.changed(nil)
		}
		next = sooner(next, v.other)
		next = sooner(next, r.pose(v, now))
	}
	for f, w := range maps.Clone(r.waiting) {
		if now.Before(w.end) {
			next = sooner(next, w.end)
			continue
		}
		r.install(f, w.from, nil)
	}
	if len(r.entries) > 0 && !now.Before(r.rounds) {
		r.sweep()
		r.rounds = now.Add(queryInterval)
	}
	if len(r.entries) > 0 {
		next = sooner(next, r.rounds)
	}
	return next
}
