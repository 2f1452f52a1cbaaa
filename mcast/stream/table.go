package stream

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
	"net/netip"
	"time"
)

// maxStreams is how many streams one socket may send.
const maxStreams = 4

// Others adds up the streams that had to make room for others.
type Others struct {
	Streams    int // that made room; one that came again counts again
	Datagrams  uint64
	Bytes      uint64
	Distinct   uint64
	Lost       uint64
	LostKernel uint64
	Gone       uint64
	Duplicates uint64
	Reordered  uint64
	Silences   int
	AtLeast    bool // Lost is a lower bound
	About      bool // Lost is partly estimated
}

// Plus is the sum of two.
func (o Others) Plus(p Others) Others {
	o.Streams += p.Streams
	o.Datagrams += p.Datagrams
	o.Bytes += p.Bytes
	o.Distinct += p.Distinct
	o.Lost += p.Lost
	o.LostKernel += p.LostKernel
	o.Gone += p.Gone
	o.Duplicates += p.Duplicates
	o.Reordered += p.Reordered
	o.Silences += p.Silences
	o.AtLeast = o.AtLeast || p.AtLeast
	o.About = o.About || p.About
	return o
}

// table holds the rows: by socket the first stream of each, which knows its others.
type table struct {
	most, perHost int
	index         []*row // by hash: the first of a chain
	latest        *row   // that was found; nil: none, or it is gone
	secret        [4]uint64
	serial        uint32 // of the latest row
	count         int    // rows, with those of further streams
	all           ages
	hosts         map[netip.Addr]*ages // nil: a host may have all
	kept          map[netip.AddrPort]*int
	lone          int // rows that stay, the last ones of their groups
	free          []*row
	others        Others
	now           time.Time // of the datagram that needs a row
	busy          *row      // its socket, which must not make room
}

// newTable returns an empty table.
func newTable(most, perHost int) table {
	t := table{most: most, perHost: perHost, hosts: map[netip.Addr]*ages{}, index: make([]*row, 64)}
	for n := range t.secret {
		t.secret[n] = rand.Uint64()
	}
	return t
}

// hash is of a socket. Strangers choose its address and port, and do not know the
// secret.
func (t *table) hash(group, from netip.AddrPort, ifIndex int) uint32 {
	f, g := from.Addr().As16(), group.Addr().As16()
	h := fold(binary.LittleEndian.Uint64(f[:])^t.secret[0], binary.LittleEndian.Uint64(f[8:])^t.secret[1])
	h = fold(binary.LittleEndian.Uint64(g[:])^t.secret[2]^h, binary.LittleEndian.Uint64(g[8:])^t.secret[3])
	h = fold(h^t.secret[0], uint64(from.Port())<<48^uint64(group.Port())<<32^uint64(uint32(ifIndex))^t.secret[2])
	return uint32(h ^ h>>32)
}

func fold(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	return high ^ low
}

// find returns the row of a socket, or nil.
func (t *table) find(group, from netip.AddrPort, ifIndex int) *row {
	if r := t.latest; r != nil && r.is(group, from, ifIndex) {
		return r
	}
	r := t.index[int(t.hash(group, from, ifIndex))&(len(t.index)-1)]
	for r != nil && !r.is(group, from, ifIndex) {
		r = r.next
	}
	if r != nil {
		t.latest = r
	}
	return r
}

func (r *row) is(group, from netip.AddrPort, ifIndex int) bool {
	return r.From == from && r.Group == group && r.IfIndex == ifIndex
}

// put makes a row one that is found.
func (t *table) put(r *row) {
	r.hash = t.hash(r.Group, r.From, r.IfIndex)
	if len(t.all.list) >= len(t.index) {
		t.index = make([]*row, 2*len(t.index))
		for _, r := range t.all.list {
			t.chain(r)
		}
	}
	t.chain(r)
}

func (t *table) chain(r *row) {
	at := &t.index[int(r.hash)&(len(t.index)-1)]
	r.next, *at = *at, r
}

// take ends that.
func (t *table) take(r *row) {
	at := &t.index[int(r.hash)&(len(t.index)-1)]
	for *at != r {
		at = &(*at).next
	}
	*at, r.next = r.next, nil
	if t.latest == r {
		t.latest = nil
	}
}

// make returns a new row of a socket, or nil if there is no room, since all rows
// must stay.
func (t *table) make(d *Datagram) *row {
	t.now = d.At
	if t.perHost > 0 {
		if h := t.hosts[hostOf(d.From)]; h != nil && len(h.list) >= t.perHost {
			if !t.makeRoom(h) {
				return nil
			}
		}
	}
	for t.count >= t.most {
		if !t.makeRoom(&t.all) {
			return nil
		}
	}
	r := t.row()
	r.Key, r.placed = Key{Group: d.Group, From: d.From, IfIndex: d.IfIndex}, d.At
	t.put(r)
	t.all.push(r)
	if t.perHost > 0 {
		host := hostOf(d.From)
		h := t.hosts[host]
		if h == nil {
			h = &ages{of: 1}
			t.hosts[host] = h
		}
		h.push(r)
	}
	if n := t.kept[r.Group]; n != nil {
		t.group(n, 1)
	}
	return r
}

// roomBeside makes room for another stream of a socket.
func (t *table) roomBeside(r *row, d *Datagram) bool {
	if t.count < t.most {
		return true
	}
	t.now, t.busy = d.At, r
	defer func() { t.busy = nil }()
	return t.makeRoom(&t.all)
}

// row returns an empty row that counts.
func (t *table) row() *row {
	t.count++
	t.serial++
	n := len(t.free)
	if n == 0 {
		r := &row{serial: t.serial}
		r.w.Numbers = &r.Numbers
		return r
	}
	r := t.free[n-1]
	t.free = t.free[:n-1]
	*r = row{serial: t.serial}
	r.w.Numbers = &r.Numbers
	return r
}

// group counts the rows of a group that stays.
func (t *table) group(n *int, more int) {
	if *n == 1 {
		t.lone--
	}
	if *n += more; *n == 1 {
		t.lone++
	}
}

// keep lets the last row of a group stay.
func (t *table) keep(group netip.AddrPort) {
	if t.kept[group] != nil {
		return
	}
	if t.kept == nil {
		t.kept = map[netip.AddrPort]*int{}
	}
	n := new(int)
	t.kept[group] = n
	for _, r := range t.all.list {
		if r.Group == group {
			t.group(n, 1)
		}
	}
}

// makeRoom puts the socket of those that is silent longest with the others.
func (t *table) makeRoom(of *ages) bool {
	for range 2 * len(of.list) {
		r := of.list[0]
		n := t.kept[r.Group]
		if stays := n != nil && *n == 1 || r == t.busy; stays || r.heard().After(r.placed) {
			if stays && t.lone >= len(of.list) {
				return false
			}
			// It was heard since it got its place, or counts as if.
			if r.placed = r.heard(); stays {
				r.placed = t.now
			}
			t.moved(r)
			continue
		}
		t.others.add(r)
		t.remove(r)
		return true
	}
	return false
}

func (o *Others) add(root *row) {
	for _, r := range root.streams() {
		n := r.w.numbers()
		one := Others{
			Datagrams: uint64(r.Datagrams), Bytes: r.Bytes, Distinct: n.Distinct, Lost: n.Lost, LostKernel: n.LostKernel, Gone: n.Gone,
			Duplicates: n.Duplicates, Reordered: n.Reordered, Silences: r.Silences, AtLeast: n.AtLeast, About: n.About,
		}
		if !r.tentative {
			one.Streams = 1
		}
		*o = o.Plus(one)
	}
}

// moved finds the new place of a row that was placed anew.
func (t *table) moved(r *row) {
	t.all.fix(r)
	if t.perHost > 0 {
		t.hosts[hostOf(r.From)].fix(r)
	}
}

// remove forgets a socket.
func (t *table) remove(r *row) {
	for _, s := range r.subs {
		t.release(s)
	}
	r.subs = nil
	if t.perHost > 0 {
		host := hostOf(r.From)
		h := t.hosts[host]
		if h.remove(r); len(h.list) == 0 {
			delete(t.hosts, host)
		}
	}
	t.all.remove(r)
	t.take(r)
	if n := t.kept[r.Group]; n != nil {
		t.group(n, -1)
	}
	t.release(r)
}

// release takes back a row that nothing refers to any more.
func (t *table) release(r *row) {
	t.count--
	r.serial, r.copied, r.mirror = 0, nil, nil // what remembers it forgets it
	if r.recogniser.bench != nil {
		r.recogniser.giveUp()
		r.recogniser.forget()
	}
	if len(t.free) < 64 {
		t.free = append(t.free, r)
	}
}

func hostOf(from netip.AddrPort) netip.Addr { return from.Addr().Unmap().WithZone("") }

// ages is a heap of rows, the one that was placed longest ago first. A row that is
// heard is not moved: who looks for the oldest sees that, and places it anew.
type ages struct {
	list []*row
	of   int // which of a row's places is meant
}

func (a *ages) push(r *row) {
	r.place[a.of] = int32(len(a.list))
	a.list = append(a.list, r)
	a.up(len(a.list) - 1)
}

func (a *ages) remove(r *row) {
	at, last := int(r.place[a.of]), len(a.list)-1
	a.swap(at, last)
	a.list[last] = nil
	if a.list = a.list[:last]; at < last {
		a.fix(a.list[at])
	}
}

func (a *ages) fix(r *row) {
	a.down(int(r.place[a.of]))
	a.up(int(r.place[a.of]))
}

func (a *ages) swap(n, m int) {
	l := a.list
	l[n], l[m] = l[m], l[n]
	l[n].place[a.of], l[m].place[a.of] = int32(n), int32(m)
}

func (a *ages) up(n int) {
	for n > 0 {
		above := (n - 1) / 2
		if !a.list[n].placed.Before(a.list[above].placed) {
			return
		}
		a.swap(n, above)
		n = above
	}
}

func (a *ages) down(n int) {
	for {
		least := 2*n + 1
		if least >= len(a.list) {
			return
		}
		if right := least + 1; right < len(a.list) && a.list[right].placed.Before(a.list[least].placed) {
			least = right
		}
		if !a.list[least].placed.Before(a.list[n].placed) {
			return
		}
		a.swap(n, least)
		n = least
	}
}
