package tui

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
)

// recorderText is said of an address that the recording host sent from.
const recorderText = "the recorder"

// room is who was heard, by address and interface: as Local those that the host that
// recorded sent from.
func (m *recordingModel) room() (room chat.Snapshot) {
	type key struct {
		addr string
		on   int
		out  bool
	}
	at := map[key]*chat.Sender{}
	var order []key
	for _, s := range m.snap.Totals.Senders {
		if m.filter.To.IsValid() && m.filter.To != s.To.Addr() || m.filter.Port != 0 && m.filter.Port != s.To.Port() || m.filter.Source.IsValid() && m.filter.Source != s.Addr {
			continue
		}
		k := key{s.Addr.String(), s.IfIndex, s.Out}
		sum := at[k]
		if sum == nil {
			sum = &chat.Sender{Addr: s.Addr, Interface: s.Interface, IfIndex: s.IfIndex, Hops: s.Hops, First: s.First, Last: s.Last}
			at[k], order = sum, append(order, k)
		}
		sum.Datagrams += s.Datagrams
		sum.Bytes += s.Bytes
		sum.MorePorts = sum.MorePorts || s.MorePorts
		for _, port := range s.Ports {
			if !slices.Contains(sum.Ports, port) {
				sum.Ports = append(sum.Ports, port)
			}
		}
		if sum.First.IsZero() || !s.First.IsZero() && s.First.Before(sum.First) {
			sum.First = s.First
		}
		if !s.Last.Before(sum.Last) {
			sum.Last, sum.Hops = s.Last, s.Hops
		}
	}
	for _, k := range order {
		if k.out {
			room.Local = append(room.Local, *at[k])
		} else {
			room.Senders = append(room.Senders, *at[k])
		}
	}
	room.SendersTotal = len(room.Senders)
	return room
}

// when says from when to when a host was heard.
func (m *recordingModel) when(s chat.Sender) string {
	if s.First.IsZero() {
		return "-" // the file does not say
	}
	layout := time.TimeOnly
	if m.several() {
		layout = "01-02 15:04:05"
	}
	first, last := m.at(s.First).Format(layout), m.at(s.Last).Format(layout)
	if first == last {
		return first
	}
	return first + " to " + last
}

// recordingMap draws the recording as a box, the interfaces that it names as wires,
// and who was heard there.
type recordingMap struct {
	window
	model *recordingModel
}

func (r *recordingMap) render(width, height int) string {
	return r.model.styles.scrolled(r.rows(width), r.offset, height)
}

func (r *recordingMap) rows(width int) []string {
	m := r.model
	st, room := m.styles, m.heard.room
	drawing := wireMap{styles: st, title: "the recording host", about: r.about, rest: func(width int) []string {
		if !m.snap.Totals.More {
			return nil
		}
		return []string{st.dim.Render(st.cut("there are more senders and groups than are counted one by one", width))}
	}}
	on := map[int]string{}
	for _, s := range everyHost(room) {
		on[s.IfIndex] = s.Interface
	}
	var order []int
	for index := range on {
		order = append(order, index)
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(b2i(a == 0), b2i(b == 0)), compareNames(on[a], on[b]), a-b)
	})
	for _, index := range order {
		drawing.wires = append(drawing.wires, r.wire(index, on[index], room))
	}
	return drawing.rows(width)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// about says what the box is.
func (r *recordingMap) about(width int) []string {
	st, t := r.model.styles, r.model.snap.Totals
	text := "with its interfaces, as " + r.model.name + " names them; which host it was the file does not say"
	if t.Out > 0 {
		text += ". It sent " + count(t.Out, "datagram")
	}
	rows, _ := st.wrap(text, width, 8)
	for i := range rows {
		rows[i] = st.dim.Render(rows[i])
	}
	return rows
}

// wire is an interface of the recording.
func (r *recordingMap) wire(index int, name string, room chat.Snapshot) mappedWire {
	m := r.model
	st := m.styles
	name = clean(name)
	if name == "" {
		name = "interface not named"
	}
	others := slices.DeleteFunc(slices.Clone(room.Senders), func(s chat.Sender) bool { return s.IfIndex != index })
	own := slices.DeleteFunc(slices.Clone(room.Local), func(s chat.Sender) bool { return s.IfIndex != index })
	var came, left uint64
	for _, s := range others {
		came += s.Datagrams
	}
	for _, s := range own {
		left += s.Datagrams
	}
	return mappedWire{
		style: st.border,
		line:  func(width int) string { return st.border.Render(strings.Repeat(st.horizontal, max(0, width))) },
		inside: func(width int) []string {
			rows := []string{st.bold.Render(st.cut(name, width))}
			if came > 0 {
				rows = append(rows, "  "+st.dim.Render(st.cut(st.in+" "+count(came, "datagram"), width-2)))
			}
			if left > 0 {
				rows = append(rows, "  "+st.dim.Render(st.cut(st.out+" "+count(left, "datagram"), width-2)))
			}
			return rows
		},
		outside: func(width int) (rows []string) {
			for _, s := range sortedHosts(others) {
				note := portCount(s)
				if isLocal(room, s) {
					note = "its own copies"
				}
				rows = append(rows, st.mappedHost(s, note, m.when(s), width, len(others) > fewHosts)...)
			}
			for _, s := range sortedHosts(own) {
				head, facts := st.own.Render(st.out+" sent from "+hostName(s)), st.dim.Render(count(s.Datagrams, "datagram")+st.dot+m.when(s))
				if one := head + "  " + facts; st.cells(one) <= width {
					rows = append(rows, one)
				} else {
					rows = append(rows, head, "  "+facts)
				}
			}
			return rows
		},
	}
}
