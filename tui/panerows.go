package tui

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/groupcast/groupcast/mcast/chat"
)

// paneRows is in which order a pane has its rows, and which of them.
type paneRows struct {
	order  int // of orders
	orders []string
	filter input
}

func newPaneRows(orders ...string) paneRows {
	return paneRows{orders: orders, filter: newInput("filter", "type to filter, enter keeps it, esc shows all")}
}

// nextOrder puts the rows into the next order.
func (p *paneRows) nextOrder() { p.order = (p.order + 1) % len(p.orders) }

// words are those of the filter, in lower case; nil: nothing is hidden.
func (p *paneRows) words() []string { return filterWords(p.filter.value()) }

// hides says what is hidden and, in the focus or if it is not the usual one, the
// order, if there is room.
func (p *paneRows) hides(st *styles, shown, of int, focused bool, room int) string {
	var parts []string
	if p.words() != nil {
		parts = append(parts, st.accent.Render(thousands(uint64(shown))+" of "+thousands(uint64(of))))
	} else if n := countUnlessZero(of); n != "" {
		parts = append(parts, st.dim.Render(n))
	}
	said := strings.Join(parts, "")
	if focused || p.order != 0 {
		parts = append(parts, st.dim.Render(p.orders[p.order]))
	}
	if all := strings.Join(parts, st.dim.Render(st.dot)); st.cells(all) <= room {
		return all
	}
	return said
}

// filterWords are the words of a filter, in lower case.
func filterWords(filter string) []string {
	if strings.TrimSpace(filter) == "" {
		return nil
	}
	return strings.Fields(strings.ToLower(filter))
}

// hasWords reports whether a text has every word, in capital or small letters.
func hasWords(text string, words []string) bool {
	text = strings.ToLower(text)
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
}

// The orders of hosts, as [heard] names them.
const (
	hostsByAddress = iota
	hostsByLast
	hostsByDatagrams
)

// lately is the age up to which hosts count as heard at the same time: the order
// of those that send all the time would change with each datagram.
const lately = 3 * time.Second

// inOrder are hosts in the order of the pane. What counts is rounded, and then the
// address decides: rows that jump with every datagram cannot be read.
func (h *heard) inOrder(list []chat.Sender) []chat.Sender {
	list = sortedHosts(list)
	key := map[int]func(chat.Sender) int64{
		hostsByLast: func(s chat.Sender) int64 {
			if h.now.Sub(s.Last) <= lately {
				return h.now.Unix() + 1
			}
			return s.Last.Unix()
		},
		hostsByDatagrams: func(s chat.Sender) int64 { return int64(twoDigits(s.Datagrams)) },
	}[h.order]
	if key != nil {
		slices.SortStableFunc(list, func(a, b chat.Sender) int { return cmp.Compare(key(b), key(a)) })
	}
	return list
}

// twoDigits is a number with all digits but the first two zero.
func twoDigits(n uint64) uint64 {
	unit := uint64(1)
	for n/unit >= 100 {
		unit *= 10
	}
	return n / unit * unit
}

// filtered are the hosts that the filter lets through.
func (h *heard) filtered(list []chat.Sender) []chat.Sender {
	words := h.words()
	if words == nil {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(s chat.Sender) bool {
		return !hasWords(strings.Join([]string{hostName(s), clean(s.Interface), h.note(s), portList(s), ttlOf(s)}, " "), words)
	})
}

// hosts are those of the pane that are no members: the other hosts, and then this one.
func (h *heard) hosts() []chat.Sender {
	return slices.Concat(h.inOrder(h.filtered(h.room.Senders)), h.inOrder(h.filtered(h.room.Local)))
}

// The orders of interfaces, as [membership] names them.
const (
	placesByRank = iota
	placesByName
	placesByTraffic
)

// inOrder puts interfaces, which come as they matter, into the order of the pane.
func (m *membership) inOrder(list []place) {
	switch m.order {
	case placesByName:
		slices.SortStableFunc(list, func(a, b place) int { return compareNames(a.Name, b.Name) })
	case placesByTraffic:
		heard := make(map[int]uint64, len(list))
		for _, s := range m.snap.Room.Senders {
			heard[s.IfIndex] += s.Datagrams
		}
		slices.SortStableFunc(list, func(a, b place) int {
			return cmp.Compare(twoDigits(heard[b.Index]), twoDigits(heard[a.Index]))
		})
	}
}

// filtered are the interfaces that the filter lets through.
func (m *membership) filtered(list []place) []place {
	words := m.words()
	if words == nil {
		return list
	}
	return slices.DeleteFunc(list, func(p place) bool {
		said := append([]string{clean(p.Name), m.state(p.Interface)}, m.addresses(p.Interface)...)
		for _, way := range m.ways(p.Interface, 1000) {
			said = append(said, way...)
		}
		return !hasWords(ansi.Strip(strings.Join(said, " ")), words)
	})
}

// compareNames compares names of interfaces, eth2 before eth10.
func compareNames(a, b string) int {
	head := func(s string) string { return strings.TrimRight(s, "0123456789") }
	if c := strings.Compare(head(a), head(b)); c != 0 {
		return c
	}
	return cmp.Or(len(a)-len(b), strings.Compare(a, b))
}
