package class

import (
	"cmp"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
)

// A network is asked how it is every so often, while somebody wants to know.
const (
	pollInterval = 500 * time.Millisecond
	wantedTime   = 6 * time.Second // after somebody asked for the last time
	askAgain     = 3 * time.Second // after which who may still want to know is woken
	firstTime    = time.Second     // for a first answer to come
	heardTime    = 10 * time.Second
)

// view is what a network was when it was last asked.
type view struct {
	state   *lab.Now // nil: it is not known
	at      time.Time
	wanted  time.Time     // when somebody last wanted to know
	polling chan struct{} // closed when the answer is there; nil: it is not asked
	arrows  []NetHeard    // when they were last looked at, without times
}

// poll asks how the network is, in the background, if nobody does.
func (n *network) poll() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.pollLocked()
}

func (n *network) pollLocked() {
	s := n.now
	if n.view.polling != nil || s.lab == nil {
		return
	}
	done := make(chan struct{})
	n.view.polling = done
	n.working.Go(func() {
		state, err := s.lab.now()
		n.mu.Lock()
		changed := false
		if n.view.polling, n.view.at = nil, time.Now(); err == nil && n.now.round == s.round {
			changed = n.view.state == nil || !reflect.DeepEqual(*n.view.state, state)
			n.view.state = &state
		}
		n.mu.Unlock()
		close(done)
		if changed {
			n.class.changes.wake()
		}
	})
}

// look asks how it is when that is due, and wakes who shows it when that is another.
func (n *network) look(now time.Time, seats []*Seat) {
	n.mu.Lock()
	since := now.Sub(n.view.wanted)
	if n.view.wanted.IsZero() || since >= wantedTime {
		n.mu.Unlock()
		return
	}
	n.pollLocked()
	n.mu.Unlock()
	arrows := n.heard(seats, now)
	for i := range arrows {
		arrows[i].Ago, arrows[i].Datagrams = 0, 0
	}
	n.mu.Lock()
	same := slices.Equal(arrows, n.view.arrows)
	n.view.arrows = arrows
	n.mu.Unlock()
	if !same || since >= askAgain {
		n.class.changes.wake()
	}
}

// Net is a network as it is now: that of a seat, or "": the shared LAN. The error is
// ErrSeat, also where nobody sits at the seat, or ErrOver. It may wait a second for a
// network that was not looked at before.
func (c *Class) Net(seat string) (Net, error) {
	n, seats, err := c.networkOf(seat)
	if err != nil {
		return Net{}, err
	}
	state := n.latest()
	now := time.Now()
	return n.show(state, seats, n.heard(seats, now)), nil
}

// latest is how the network was a moment ago; nil: it is not known.
func (n *network) latest() *lab.Now {
	now := time.Now()
	n.mu.Lock()
	n.view.wanted = now
	old := n.view.state == nil || now.Sub(n.view.at) >= askAgain
	if old {
		n.pollLocked()
	}
	polling := n.view.polling
	n.mu.Unlock()
	if old && polling != nil {
		late := time.NewTimer(firstTime)
		defer late.Stop()
		select {
		case <-polling:
		case <-late.C:
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.view.state
}

// show is a picture of a network; state nil: as it was designed.
func (n *network) show(state *lab.Now, seats []*Seat, heard []NetHeard) Net {
	p := Net{Hosts: []NetHost{}, Wires: []NetWire{}, Heard: heard}
	reports := reportsOf(seats)
	for _, h := range n.topology.Hosts {
		host := NetHost{Name: h.Name}
		if n.owner == "" {
			for _, s := range seats {
				if s.place == h.Name {
					host.Student = s.name
				}
			}
		}
		if r := reports[h.Name]; !r.at.IsZero() {
			host.Tells, host.Findings = true, r.findings
		}
		if state != nil {
			for _, f := range state.Faults[h.Name] {
				host.Dead = host.Dead || f.Kind == "kill"
				host.Faults = append(host.Faults, textOfFault(f))
			}
		}
		for _, i := range h.Interfaces {
			name := h.Name + "." + i.Name
			wire := NetWire{Name: name, Up: !i.Down, Whole: i.Switch != ""}
			if state != nil {
				c, there := state.Links[name]
				wire.Gone, wire.Up, wire.Packets = !there, c.Up, c.RxPackets+c.TxPackets
				for _, f := range state.Faults[name] {
					wire.Whole = wire.Whole && f.Kind != "cut"
					wire.Faults = append(wire.Faults, textOfFault(f))
				}
				for _, g := range state.Groups[name] {
					host.Groups = append(host.Groups, g.String()+" by "+i.Name)
				}
			}
			p.Wires = append(p.Wires, wire)
		}
		p.Hosts = append(p.Hosts, host)
	}
	return p
}

// textOfFault is a fault without its place.
func textOfFault(f lab.Fault) string { return strings.TrimSpace(f.Kind + " " + f.Value) }

// reportsOf are the last reports of programs that run, by their hosts.
func reportsOf(seats []*Seat) map[string]report {
	all := map[string]report{}
	for _, s := range seats {
		for _, t := range s.tabs {
			t.mu.Lock()
			if t.program != nil && !t.report.at.IsZero() {
				all[t.host] = t.report
			}
			t.mu.Unlock()
		}
	}
	return all
}

// heard is who hears whom by what programs tell, in the order of the hosts.
func (n *network) heard(seats []*Seat, now time.Time) []NetHeard {
	reports := reportsOf(seats)
	at := map[netip.Addr]string{}
	order := map[string]int{}
	for i, h := range n.topology.Hosts {
		order[h.Name] = i
		for _, i := range h.Interfaces {
			for _, a := range i.Addrs {
				at[a.Addr()] = h.Name
			}
		}
	}
	list := []NetHeard{}
	for by, r := range reports {
		var mine []NetHeard
		for _, h := range r.heard {
			from, known := at[h.from]
			ago := now.Sub(h.last)
			if !known || from == by || ago > heardTime {
				continue
			}
			i := slices.IndexFunc(mine, func(o NetHeard) bool { return o.From == from })
			if i < 0 {
				mine = append(mine, NetHeard{By: by, From: from, Ago: seconds(heardTime)})
				i = len(mine) - 1
			}
			mine[i].Datagrams += h.datagrams
			mine[i].Ago = min(mine[i].Ago, seconds(ago))
		}
		list = append(list, mine...)
	}
	slices.SortFunc(list, func(a, b NetHeard) int {
		return cmp.Or(order[a.By]-order[b.By], order[a.From]-order[b.From])
	})
	return list
}
