package tui

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/members"
	"github.com/groupcast/groupcast/mcast/session"
)

// others are the hosts that are no members. Where a member lives and another program
// speaks as well, from a port that is none of the member's, both are listed.
func others(list []chat.Sender, m session.Members) []chat.Sender {
	if len(m.Members)+len(m.Gone)+len(m.Bridges) == 0 {
		return list
	}
	ports := map[netip.AddrPort]bool{}
	lives := map[netip.Addr]bool{}
	for _, member := range slices.Concat(m.Members, m.Gone, m.Bridges) {
		for _, a := range spokenFrom(member) {
			a = netip.AddrPortFrom(a.Addr().WithZone(""), a.Port())
			ports[a], lives[a.Addr()] = true, true
		}
	}
	return slices.DeleteFunc(slices.Clone(list), func(s chat.Sender) bool {
		addr := s.Addr.WithZone("")
		return lives[addr] && !slices.ContainsFunc(s.Ports, func(port uint16) bool { return !ports[netip.AddrPortFrom(addr, port)] })
	})
}

// spokenFrom are the addresses that a member sends from: it may do so by several
// interfaces.
func spokenFrom(m members.Member) []netip.AddrPort {
	return slices.DeleteFunc(append([]netip.AddrPort{m.From, m.Plain}, m.Speaks...), func(a netip.AddrPort) bool { return !a.IsValid() })
}

// formerPorts is where members sent from before they came back with other ports: their
// lines of that time are no other program's.
type formerPorts map[string][]netip.AddrPort // by the fingerprint

// remember adds to the members what is remembered of them, and remembers them.
func (f formerPorts) remember(m *session.Members) {
	const most, ofOne = 2048, 16
	shared := true // the list is the session's
	for i, one := range m.Members {
		if one.Afar {
			continue // the address is the bridge's
		}
		was, now := f[one.Fingerprint], spokenFrom(one)
		all := was
		for _, a := range now {
			if !slices.Contains(all, a) {
				all = append(slices.Clip(all), a)
			}
		}
		if len(all) > len(was) {
			if len(f) >= most {
				clear(f)
			}
			all = all[max(0, len(all)-ofOne):]
			f[one.Fingerprint] = all
		}
		if slices.ContainsFunc(all, func(a netip.AddrPort) bool { return !slices.Contains(now, a) }) {
			if shared {
				m.Members, shared = slices.Clone(m.Members), false
			}
			m.Members[i].Speaks = all
		}
	}
}

// hostOf is what was heard of the host that a member lives on, by its plain text.
func hostOf(room chat.Snapshot, m members.Member) (chat.Sender, bool) {
	if m.Afar {
		return chat.Sender{}, false // the address is the bridge's
	}
	for _, s := range everyHost(room) {
		for _, a := range []netip.AddrPort{m.From, m.Plain} {
			if a.IsValid() && a.Addr().WithZone("") == s.Addr.WithZone("") {
				return s, true
			}
		}
	}
	return chat.Sender{}, false
}

// withMembers is a snapshot among whose hosts are those of members, also of members
// that have said nothing yet in plain text.
func withMembers(s session.Snapshot) session.Snapshot {
	room := s.Room
	at := map[netip.Addr]bool{}
	for _, h := range everyHost(room) {
		at[h.Addr.WithZone("")] = true
	}
	room.Local, room.Senders = slices.Clip(room.Local), slices.Clip(room.Senders) // they are the session's
	silent := make([]uint32, chat.HistorySeconds)
	for _, m := range slices.Concat(s.Members.Members, s.Members.Bridges) {
		addr := m.From.Addr()
		if m.Afar || !addr.IsValid() || at[addr.WithZone("")] {
			continue
		}
		at[addr.WithZone("")] = true
		host := chat.Sender{Addr: addr, Ports: []uint16{m.From.Port()}, Interface: interfaceAt(s, m.IfIndex), IfIndex: m.IfIndex, First: m.Since, Last: m.Last, History: silent}
		own := func(i session.Interface) bool {
			return slices.ContainsFunc(i.Addrs, func(p netip.Prefix) bool { return p.Addr() == addr.WithZone("") })
		}
		if slices.ContainsFunc(s.Interfaces, own) {
			room.Local = append(room.Local, host)
			continue
		}
		room.Senders = append(room.Senders, host)
		room.SendersTotal++
	}
	s.Room = room
	return s
}

// namesAt are the members at an address, safe to show; "": there are none.
func namesAt(s session.Snapshot, addr netip.Addr) string {
	var names []string
	for _, m := range slices.Concat(s.Members.Members, s.Members.Bridges) {
		switch {
		case m.Afar || m.From.Addr().WithZone("") != addr.WithZone(""):
		case m.Bridge:
			names = append(names, "bridge "+label(m.Who))
		default:
			names = append(names, label(m.Who))
		}
	}
	return strings.Join(names, ", ")
}

// urgency is the order of what is to be seen first: who does not hear this host, and
// who is not heard.
var urgency = map[members.Presence]int{members.OneWay: -2, members.Quiet: -1}

// summary counts the members in a row, the worst first, where not all rows fit into a
// height; nil: they do, or there are not several members.
func (h *heard) summary(height int) []string {
	people := h.people()
	if height <= 0 || len(people) < 2 || h.count() <= height {
		return nil
	}
	n := map[members.Presence]int{}
	for _, m := range people {
		n[m.Presence]++
	}
	var said []string
	for _, p := range []members.Presence{members.OneWay, members.Quiet, members.Live, members.NotKnown, members.Gone} {
		if n[p] > 0 {
			said = append(said, h.styles.presenceStyle(p).Render(thousands(uint64(n[p]))+" "+presenceWords[p]))
		}
	}
	return []string{strings.Join(said, ", ")}
}

// sortedPeople are the members of a state in an order, with the filter that they passed.
type sortedPeople struct {
	made   bool
	order  int
	filter string
	list   []members.Member
}

// people are the members of the pane, the worst first and those that are gone at the
// end. The caller does not change them.
func (h *heard) people() []members.Member {
	if filter := h.filter.value(); !h.sorted.made || h.sorted.order != h.order || h.sorted.filter != filter {
		h.sorted = sortedPeople{true, h.order, filter, h.sortPeople()}
	}
	return h.sorted.list
}

func (h *heard) sortPeople() []members.Member {
	words := h.words()
	hidden := func(m members.Member) bool {
		return words != nil && !hasWords(strings.Join([]string{
			label(m.Who), m.Fingerprint, presenceWords[m.Presence], h.byOf(m), m.From.String(), clean(m.Site),
		}, " "), words)
	}
	list := slices.Clone(h.snap.Members.Members)
	for i := range list {
		list[i] = seen(h.snap.Members, list[i])
	}
	list = slices.DeleteFunc(list, hidden)
	key := map[int]func(members.Member) int64{
		hostsByLast: func(m members.Member) int64 {
			if h.now.Sub(m.Last) <= lately {
				return h.now.Unix() + 1
			}
			return m.Last.Unix()
		},
		hostsByDatagrams: func(m members.Member) int64 { return int64(m.Texts) },
	}[h.order]
	if key != nil {
		slices.SortStableFunc(list, func(a, b members.Member) int { return cmp.Compare(key(b), key(a)) })
	} else {
		list = byUrgency(list)
	}
	gone := slices.DeleteFunc(slices.Clone(h.snap.Members.Gone), hidden)
	for i := range gone {
		gone[i].Presence = members.Gone
	}
	return slices.Concat(list, gone)
}

// byUrgency sorts by what is to be seen first, and then by name.
func byUrgency(list []members.Member) []members.Member {
	type named struct {
		*members.Member
		label string
	}
	all := make([]named, len(list))
	for i := range list {
		all[i] = named{&list[i], label(list[i].Who)}
	}
	slices.SortStableFunc(all, func(a, b named) int {
		return cmp.Or(cmp.Compare(urgency[a.Presence], urgency[b.Presence]), compareNames(a.label, b.label))
	})
	sorted := make([]members.Member, len(all))
	for i, m := range all {
		sorted[i] = *m.Member
	}
	return sorted
}

// byOf is the interface of ours that a member is heard by.
func (h *heard) byOf(m members.Member) string { return interfaceAt(h.snap, m.IfIndex) }

// memberColumns are what a row about a member has room for.
func (h *heard) memberColumns(list []members.Member, width int) []column[members.Member] {
	st, longest, gap := h.styles, 0, ""
	if width >= wide {
		gap = " "
	}
	for _, m := range list {
		longest = max(longest, st.cells(label(m.Who)))
	}
	all := []column[members.Member]{{cell: func(st *styles, m members.Member, space int) string {
		name := st.memberName(label(m.Who), space)
		if m.Presence == members.Gone {
			return st.dim.Render(name)
		}
		return st.person(m.Fingerprint).Render(name)
	}}}
	add := func(rank int, right bool, text func(members.Member) string) {
		c := column[members.Member]{rank: rank, right: right, cell: func(st *styles, m members.Member, space int) string {
			return st.dim.Render(st.cut(gap+text(m), space))
		}}
		for _, m := range list {
			c.width = max(c.width, st.cells(gap+text(m)))
		}
		if c.width > st.cells(gap) {
			all = append(all, c)
		}
	}
	add(1, false, func(m members.Member) string { return presenceWords[m.Presence] })
	presence := &all[len(all)-1]
	presence.cell = func(st *styles, m members.Member, space int) string {
		return gap + st.presenceStyle(m.Presence).Render(st.cut(presenceWords[m.Presence], space-st.cells(gap)))
	}
	add(2, false, func(m members.Member) string { return st.cut(h.byOf(m), 15) })
	if bridged(h.snap.Members) {
		add(2, false, func(m members.Member) string { return st.cut(clean(m.Site), 15) })
	}
	add(6, false, verifiedWord)
	add(3, true, func(m members.Member) string {
		if m.Presence == members.Gone {
			return ""
		}
		return roundTripText(m.RoundTrip)
	})
	add(4, true, func(m members.Member) string { return h.lossWay(m, "lost in ", m.LostIn) })
	add(5, true, func(m members.Member) string { return h.lossWay(m, "out ", m.LostOut) })
	add(7, true, func(m members.Member) string { return ago(h.now.Sub(m.Last)) })
	return fitting(all, width-1, min(max(longest, 8), 20, width-1))
}

// lossWay is the loss of one way, of a member that is still there.
func (h *heard) lossWay(m members.Member, way string, perMille int) string {
	if m.Presence == members.Gone {
		return ""
	}
	return way + lossText(perMille)
}

// lossBoth is the loss of both ways.
func lossBoth(m members.Member) string {
	if m.LostIn == 0 && m.LostOut == 0 {
		return "nothing lost"
	}
	return "lost in " + lossText(m.LostIn) + ", out " + lossText(m.LostOut)
}

func verifiedWord(m members.Member) string {
	if m.Verified {
		return "verified"
	}
	return ""
}

// bridged reports whether anything comes by bridges, or says so.
func bridged(m session.Members) bool {
	return len(m.Bridges)+len(m.Sites) > 0 || slices.ContainsFunc(m.Members, func(m members.Member) bool { return m.Afar })
}

// moreMembers says how many are heard that have no place in the list.
func (h *heard) moreMembers() []string {
	if n := h.snap.Members.More; n > 0 && h.words() == nil {
		return []string{h.styles.dim.Render("and " + thousands(uint64(n)) + " more members, not listed")}
	}
	return nil
}

// membersInTwo are the same in two rows each.
func (h *heard) membersInTwo(list []members.Member, width int) (rows []string) {
	st := h.styles
	for _, m := range list {
		by := ""
		if name := h.byOf(m); name != "" {
			by = " " + st.cut(name, 15)
		}
		presence := st.dim.Render(st.dot) + st.presenceStyle(m.Presence).Render(presenceWords[m.Presence])
		style := st.person(m.Fingerprint)
		if m.Presence == members.Gone {
			style, by = st.dim, ""
			presence = st.dim.Render(st.dot + "gone, heard " + strings.Replace(ago(h.now.Sub(m.Last)), "now", "just now", 1))
		}
		name := style.Render(st.memberName(label(m.Who), max(1, width-1-st.cells(by)-st.cells(presence))))
		rows = append(rows, st.ends(name+presence, by, width-1))
		if m.Presence == members.Gone {
			continue
		}
		facts := lossBoth(m)
		if trip := roundTripText(m.RoundTrip); trip != "" {
			facts = trip + st.dot + facts
			if st.cells(facts) > width-2 {
				facts = strings.Replace(facts, "under ", "<", 1)
			}
		}
		rows = append(rows, "  "+st.dim.Render(st.cut(facts, width-2)))
	}
	return append(rows, h.moreMembers()...)
}

// counted says of the pane's title how many members and others there are, the longest
// that has room; "": there are no members.
func (h *heard) counted(room int) string {
	m := h.snap.Members
	n := len(m.Members) + m.More
	if n == 0 {
		return ""
	}
	said := []string{count(n, "member"), thousands(uint64(n))}
	if bridges := len(m.Bridges); bridges > 0 {
		said = append([]string{said[0] + ", " + count(bridges, "bridge")}, said...)
	}
	if rest := max(h.room.SendersTotal, len(h.room.Senders)); rest > 0 {
		said = append([]string{said[0] + ", " + count(rest, "other"), said[0] + " + " + thousands(uint64(rest))}, said...)
	}
	for _, text := range said {
		if h.styles.cells(text) <= room {
			return text
		}
	}
	return ""
}
