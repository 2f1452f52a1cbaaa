package session

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/igmp"
)

// Wire is what was seen on an interface of IGMP, or of MLD where the group is one
// of IPv6: the querier, and the reports for the group. Fields that were not seen
// are zero.
type Wire struct {
	Since    time.Time // when looking began; zero: nobody looks, and nothing is known
	Querier  Querier   // the elected one, or a switch where there is none; zero: none is known
	Unasked  time.Time // since when nobody has asked; zero: somebody does, or the interface is down
	Reported Report    // this host's latest report that was seen leaving; it may have left since
	Others   []Report  // those of other hosts that are members, the lowest address first; not to be changed
	More     int       // members beyond those
	AtLeast  bool      // members silence each other (IGMPv1, IGMPv2, MLDv1): there may be more
	SeesAll  bool      // reports of other hosts reach this one, as a recent one proves
}

// Querier is the host that sends the queries.
type Querier struct {
	Addr       netip.Addr    // 0.0.0.0 or :: is a switch that asks without being a router
	Version    int           // of IGMP or MLD; 0: there is no querier
	Interval   time.Duration // between two queries; 0: not known yet
	Robustness int
	Last       time.Time // the latest query
	Self       bool      // it is this host
}

// Report is what a host said of the group.
type Report struct {
	Host    netip.Addr // invalid: it reports from 0.0.0.0 or ::
	Version int        // of IGMP or MLD; 0: there is no report
	Last    time.Time  // the latest one
}

// MaxReports is how many members are named.
const MaxReports = 64

// Bounds of the looking.
const (
	maxWires   = 16                     // interfaces that are looked at
	lookAtOnce = 500 * time.Millisecond // least time between two looks
	lookEvery  = 2 * time.Second        // between two where nothing has changed
)

// wires look at the wires of the interfaces that are joined. A nil one looks at
// none, and is what an unprivileged program has.
type wires struct {
	life context.Context

	mu      sync.Mutex
	watcher *igmp.Watcher // nil: there was nothing to look at yet
	looking []string      // names of the interfaces
	over    bool          // it is not allowed, or has ended

	known known // of the goroutine that looks
}

type wire struct {
	ifIndex int
	family  igmp.Family
}

type reported struct {
	wire
	group netip.Addr
}

func newWires(life context.Context) *wires {
	return &wires{life: life, known: newKnown()}
}

// add looks at interfaces from now on. Where that is not possible, nothing is known:
// that is no error of a conversation.
func (w *wires) add(on ...host.Interface) {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, i := range on {
		switch {
		case w.over || i.Index <= 0 || i.Loopback() || len(w.looking) >= maxWires || slices.Contains(w.looking, i.Name):
			continue
		case w.watcher != nil:
			if err := w.watcher.Add(i); err != nil {
				continue // it is gone again, or another look will show that all is over
			}
		default:
			watcher, err := igmp.Watch(w.life, igmp.Options{Interfaces: []host.Interface{i}})
			if errors.Is(err, host.ErrNoInterface) {
				continue
			}
			if err != nil {
				w.over = true
				return
			}
			w.watcher = watcher
		}
		w.looking = append(w.looking, i.Name)
	}
}

// close ends the looking.
func (w *wires) close() {
	if w == nil {
		return
	}
	w.mu.Lock()
	w.over = true
	watcher := w.watcher
	w.mu.Unlock()
	if watcher != nil {
		watcher.Close()
	}
}

func (w *wires) isOver() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.over
}

// wait returns when something has changed, or after a while; false: all is over.
func (w *wires) wait() bool {
	w.mu.Lock()
	watcher := w.watcher
	w.mu.Unlock()
	ctx, cancel := context.WithTimeout(w.life, lookEvery)
	defer cancel()
	switch {
	case w.isOver():
		return false
	case watcher == nil:
		<-ctx.Done()
	default:
		if _, err := watcher.Next(ctx); err != nil && ctx.Err() == nil {
			return false
		}
	}
	return w.life.Err() == nil
}

// read is what is known of the interfaces on which a group is joined.
func (w *wires) read(group netip.Addr, on []host.Interface, now time.Time) map[int]Wire {
	w.mu.Lock()
	watcher := w.watcher
	w.mu.Unlock()
	if watcher == nil {
		return nil
	}
	list := map[int]Wire{}
	known := newKnown()
	for key, at := range w.known.asked { // of those where the group is not joined now
		if _, there := watcher.Look(key.ifIndex, key.family); there {
			known.asked[key] = at
		}
	}
	for _, i := range on {
		for _, family := range []igmp.Family{igmp.IGMP, igmp.MLD} {
			link, there := watcher.Look(i.Index, family, group)
			if !there {
				continue
			}
			seen := w.known.take(known, link, group, i.Up() && i.Carrier(), now)
			if group.Is4() == (family == igmp.IGMP) {
				list[i.Index] = seen
			}
		}
	}
	w.known = known
	return list
}

// known is what is remembered from one look to the next.
type known struct {
	asked    map[wire]time.Time // the latest query, or when the interface was down
	reported map[reported]Report
}

func newKnown() known { return known{map[wire]time.Time{}, map[reported]Report{}} }

// take makes a Wire of what is seen now and what was known before, and puts what is
// known now into next. Works is that queries can arrive.
func (k known) take(next known, link igmp.Link, group netip.Addr, works bool, now time.Time) Wire {
	key := wire{link.Interface, link.Family}
	latest := later(k.asked[key], link.Since)
	if !works {
		latest = later(latest, now)
	}
	for _, q := range link.Queriers {
		latest = later(latest, q.Last)
	}
	next.asked[key] = latest
	seen := wireOf(link)
	if len(link.Queriers) == 0 && works {
		seen.Unasked = latest
	}
	// A View forgets a report that was not repeated; it has left all the same.
	if seen.Reported.Version == 0 {
		seen.Reported = k.reported[reported{key, group}]
	}
	next.reported[reported{key, group}] = seen.Reported
	return seen
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// wireOf makes a Wire of a link that has no group but that of the talk.
func wireOf(link igmp.Link) Wire {
	known := Wire{Since: link.Since, SeesAll: link.Sight == igmp.SightAll}
	if len(link.Queriers) > 0 {
		q := link.Queriers[0]
		known.Querier = Querier{Addr: q.Addr, Version: q.Version, Interval: q.Interval, Robustness: q.Robustness, Last: q.Last, Self: q.Self}
	}
	for _, g := range link.Groups {
		known.AtLeast = g.AtLeast
		for _, m := range g.Members {
			r := Report{Host: m.Host, Version: m.Version, Last: m.Last}
			switch {
			case m.Self && r.Last.After(known.Reported.Last):
				known.Reported = r
			case m.Self:
			case len(known.Others) < MaxReports:
				known.Others = append(known.Others, r)
			default:
				known.More++
			}
		}
	}
	return known
}

// look keeps what is known of the wires up to date. Why it ends is nobody's matter:
// then nothing is known any more.
func (s *Session) look() {
	defer s.recoverPanic()
	for {
		began := time.Now()
		s.mu.Lock()
		group := s.group
		on := s.keep.On(group)
		for n := range on {
			if now, there := host.ByIndex(s.facts.Interfaces, on[n].Index); there {
				on[n] = now
			}
		}
		s.mu.Unlock()
		s.wires.add(on...)
		known := s.wires.read(group.Addr, on, began)
		s.mu.Lock()
		if s.group == group {
			s.onWires = known
		}
		s.mu.Unlock()
		rest := time.NewTimer(max(lookAtOnce, min(20*time.Since(began), refreshAtLeast)))
		select {
		case <-s.life.Done():
		case <-rest.C:
		}
		rest.Stop()
		if !s.wires.wait() {
			break
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onWires = nil
}

// askedIn is the version of IGMP in which the kernel has heard a query lately, where
// that is sure: 1 or 2, which it speaks for no other reason. It speaks 3 also where
// never a query was heard.
func askedIn(f doctor.Facts, i host.Interface, version int) int {
	if version != 1 && version != 2 {
		return 0
	}
	for _, where := range []string{"all", strings.ReplaceAll(i.Name, ".", "/")} { // the kernel looks at both (ip-sysctl)
		forced, known := f.Settings["net.ipv4.conf."+where+".force_igmp_version"]
		if !known || forced == version {
			return 0
		}
	}
	return version
}
