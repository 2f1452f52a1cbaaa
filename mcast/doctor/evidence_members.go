package doctor

import (
	"net/netip"
	"time"
)

// Members is what the members of a group say of each other, by frames that are
// verified. What was not said is not known: nobody is called deaf for want of news.
type Members struct {
	Count    int           // others that are here
	Port     uint16        // that signs of life go to; 0: not known
	Interval time.Duration // between two signs of life of one
	Members  []Member      // at most 1,024
	Ways     []MembersWay  // of this host's interfaces, those that own signs of life can leave by

	// Members that are heard by a bridge are in none of the lists: the address is the
	// bridge's, and what they hear says little about this LAN. Ways have them.
	Sites []MembersSite
	Back  netip.Addr // the bridge that sent into this LAN lately what had been heard there; invalid: none did

	Left []netip.Addr // of members that are gone, and of none that is here

	// Unheard is for how long signs of life have left by the chosen interface, and no
	// member has said that it heard one there; [Evidence.Read] fills it in. 0: somebody
	// has, none left yet, or it is not known.
	Unheard time.Duration
}

// Member is another member. Its words come from the network: names are safe to show.
type Member struct {
	Name    string
	From    netip.AddrPort // of its last frame
	IfIndex int            // ours, that we hear it by
	Sends   string         // its own interface that it sends by, as it says; "": it does not
	Theirs  string         // its own interface that it hears us by; "": not known
	HearsUs bool           // it says so
	OneWay  bool           // we hear it, and its whole digest came without us: it does not hear us
	Quiet   bool           // not heard for three intervals
	LostIn  int            // per mille of its last 64 signs of life that did not come here; -1: not known
	LostOut int            // of ours that did not come there; -1: not known

	// Unproven: its signs of life name nothing that was sent lately. It hears nobody,
	// or somebody plays a recording of it.
	Unproven bool
	Hears    []string // other members that it hears, as it says; at most 16; nil: not known; empty: none
}

// MembersWay is an interface that own signs of life leave by.
type MembersWay struct {
	IfIndex int
	Chosen  bool     // what is said leaves by it
	Tried   bool     // a sign of life left by it
	Heard   []string // who hears us by it, as they say, programs of this host left out; at most 16
}

// HeardBy is how many members hear us by an interface of ours.
func (m *Members) HeardBy(ifIndex int) (n int) {
	for _, w := range m.Ways {
		if w.IfIndex == ifIndex {
			n += len(w.Heard)
		}
	}
	return n
}

// Deaf are the members that we hear and that do not hear us.
func (m *Members) Deaf() (list []Member) {
	for _, other := range m.Members {
		if other.OneWay {
			list = append(list, other)
		}
	}
	return list
}

// SetMembers notes what members say now; nil: there are none that could.
func (e *Evidence) SetMembers(m *Members) { e.members = m }

// chosen is the way of what is said.
func (m *Members) chosen() (w MembersWay, ok bool) {
	if m == nil {
		return w, false
	}
	for _, w := range m.Ways {
		if w.Chosen {
			return w, true
		}
	}
	return w, false
}

// unheard is since when nobody has heard signs of life by an interface.
type unheard struct {
	ifIndex int
	since   time.Time // the zero Time: somebody has, or none left there
}

// read takes in what members say at a time.
func (u *unheard) read(m *Members, at time.Time) {
	w, ok := m.chosen()
	switch {
	case !ok || !w.Tried || len(w.Heard) > 0:
		*u = unheard{}
	case u.since.IsZero() || u.ifIndex != w.IfIndex:
		*u = unheard{w.IfIndex, at}
	}
}
