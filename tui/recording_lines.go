package tui

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/record/browse"
	"github.com/groupcast/groupcast/mcast/session"
)

// at is a time of the recording as the user's clock has it.
func (m *recordingModel) at(t time.Time) time.Time { return t.In(m.now().Location()) }

// several reports whether the recording goes over midnight.
func (m *recordingModel) several() bool {
	t := m.snap.Totals
	return m.at(t.First).Format(time.DateOnly) != m.at(t.Last).Format(time.DateOnly)
}

// before are the rows of the talk before a datagram of the page: another day than
// the one before it, or than today, what was lost, and what the file notes.
func (m *recordingModel) before(i int) (list []chat.Line) {
	d := m.page.Datagrams[i]
	day := m.at(d.At).Format(time.DateOnly)
	last := m.now().Format(time.DateOnly)
	if i > 0 {
		last = m.at(m.page.Datagrams[i-1].At).Format(time.DateOnly)
	}
	if day != last && !d.At.IsZero() {
		list = append(list, chat.Line{At: m.at(d.At), Kind: chat.Notice, Text: chat.SanitizeString(day)})
	}
	if d.Lost > 0 {
		list = append(list, chat.Line{At: m.at(d.At), Kind: chat.Problem, Text: chat.SanitizeString(lostHere(d))})
	}
	_, notes := d.Said()
	for _, note := range notes {
		list = append(list, chat.Line{At: m.at(d.At), Kind: chat.Notice, Text: chat.SanitizeString(clean(note))})
	}
	return list
}

// lostHere says what the file says is lost before a datagram.
func lostHere(d browse.Datagram) string {
	text := thousands(d.Lost) + " lost here"
	if d.Interface != "" {
		text += ", of " + clean(d.Interface)
	}
	return text
}

// line is a datagram as a line of the talk. Its ID is the datagram's number.
func (m *recordingModel) line(d *browse.Datagram) chat.Line {
	return chat.Line{
		ID: d.Nth, At: m.at(d.At), Kind: chat.Heard, Text: chat.Describe(string(d.Data)), Interface: clean(d.Interface), IfIndex: d.IfIndex,
		From: d.From, To: d.To.Addr(), Hops: d.Hops,
	}
}

// recordedMeta is what stands at the right end of a line: the group, if it could be
// another, and by which interface it came, or left and why.
func (m *recordingModel) recordedMeta(line chat.Line) (parts []string) {
	i, ok := slices.BinarySearchFunc(m.page.Datagrams, line.ID, func(d browse.Datagram, nth uint64) int {
		return int(int64(d.Nth) - int64(nth))
	})
	if !ok {
		return nil
	}
	st, d := m.styles, &m.page.Datagrams[i]
	if m.filter.To != d.To.Addr() && len(m.snap.Totals.Destinations) > 1 {
		parts = append(parts, st.dim.Render("in "+addrText(d.To.Addr())))
	}
	by := clean(d.Interface)
	way, _ := d.Said()
	switch {
	case way != "":
		why, used := clean(way), st.cells(strings.Join(parts, ""))
		if room := m.talk.columns().text - used - 4; st.cells(why) > room && room < shortWhy {
			why = by // the beginning of a reason is none
		} else {
			why = st.cut(why, room)
		}
		parts = append(parts, st.own.Render(strings.TrimSpace(st.out+" "+why)))
	case d.Out:
		parts = append(parts, st.own.Render(strings.TrimSpace(st.out+" "+by)))
	case by != "" && m.talk.roomy():
		parts = append(parts, st.dim.Render(st.in+" "+by))
	}
	return parts
}

// shortWhy is how many cells a reason has at the least that is cut short.
const shortWhy = 24

// recordedDatagram is a row of the list of a recording.
type recordedDatagram struct {
	session.Datagram
	of browse.Datagram
}

func (m *recordingModel) recordedRow(d *browse.Datagram) recordedDatagram {
	return recordedDatagram{session.Datagram{
		At: m.at(d.At), Sent: d.Out, From: d.From, To: d.To, Interface: clean(d.Interface), IfIndex: d.IfIndex, Hops: d.Hops, Data: d.Data,
	}, *d}
}

// recorded is the list of the datagrams of a page.
type recorded struct{ *listing[recordedDatagram] }

func (m *recordingModel) newRecorded() *recorded {
	list := newListing(browse.PageDatagrams, math.MaxInt,
		func(d recordedDatagram) int { return len(d.Data) },
		func(st *styles, d recordedDatagram, width int) string { return columnRow(st, m.columns(width), d) },
		func(recordedDatagram) string { return "" })
	list.head = func(st *styles, width int) string { return columnTitles(st, m.columns(width)) }
	list.styles = m.styles
	return &recorded{list}
}

// columns are those of a conversation, and the number of the packet. Where datagrams
// went is more than how, if it was not always the same.
func (m *recordingModel) columns(width int) []column[recordedDatagram] {
	of, least := datagramCells(m.styles, width)
	all := []column[recordedDatagram]{{"no.", 6, 4, true, func(st *styles, d recordedDatagram, _ int) string {
		return st.dim.Render(strconv.Itoa(d.of.Number))
	}}}
	for _, c := range of {
		if c.title == "how" && m.snap.Totals.Out == 0 {
			continue
		}
		cell := c.cell
		one := column[recordedDatagram]{c.title, c.width, c.rank, c.right, func(st *styles, d recordedDatagram, space int) string {
			return cell(st, d.Datagram, space)
		}}
		switch c.title {
		case "how":
			one.title, one.cell = "why", recordedWhy
		case "first bytes":
			one.cell = recordedBytes
		case "to":
			if len(m.snap.Totals.Destinations) > 1 && m.filter.Port == 0 {
				one.rank = 3
			}
		case "time":
			if clock, _ := clockFor(width); width >= wide && m.several() {
				one.width += len("01-02 ")
				one.cell = func(st *styles, d recordedDatagram, _ int) string {
					return st.dim.Render(d.At.Format("01-02 " + clock))
				}
			}
		}
		if timed := one.cell; c.title == "time" {
			one.cell = func(st *styles, d recordedDatagram, space int) string {
				if d.At.IsZero() {
					return st.dim.Render("-")
				}
				return timed(st, d, space)
			}
		}
		all = append(all, one)
	}
	return fitting(all, width, least)
}

// recordedBytes is the beginning of the payload, after what was lost before it.
func recordedBytes(st *styles, d recordedDatagram, space int) string {
	if d.of.Lost == 0 {
		return st.cut(preview(d.Datagram), space)
	}
	return st.cut(st.failure.Render(thousands(d.of.Lost)+" lost before")+" "+preview(d.Datagram), space)
}

// recordedWhy says why a datagram left.
func recordedWhy(st *styles, d recordedDatagram, space int) string {
	way, _ := d.of.Said()
	_, why, _ := strings.Cut(clean(way), ": ")
	return st.dim.Render(st.cut(why, space))
}

// What a capture tells of a datagram's headers.
var (
	byCapture = witness{
		lengths: "worked out, if there are no options", sentTTL: "as it left", leftTTL: "what was left of it",
		checksum: func(session.Datagram) (value, note string) { return "not checked", "" },
	}
	bySynthesised = witness{
		protocol: workedOut, lengths: workedOut, sentTTL: "as it was set", leftTTL: "what was left of it",
		checksum: func(session.Datagram) (value, note string) { return "made up, as the frame is", "" },
	}
)

// detail is the page about the datagram that is selected.
func (r *recorded) detail(width int) []string {
	s := sheet{styles: r.styles, width: max(1, width)}
	v, ok := r.selectedValue()
	if !ok {
		s.say("No datagram is selected.")
		return s.rows
	}
	told := byCapture
	if v.of.Synthesised {
		told = bySynthesised
	}
	s.recorded(v)
	short := len(v.Data) <= shortPayload
	if short {
		s.payload(v.Datagram)
	}
	s.frameOf(v)
	s.ip(v.Datagram, told)
	s.udp(v.Datagram, told)
	if !short {
		s.payload(v.Datagram)
	}
	return s.rows
}

// recorded says when and how a datagram was seen, and nothing of this host.
func (s *sheet) recorded(v recordedDatagram) {
	d, by := v.of, clean(v.Interface)
	title := "Packet " + thousands(uint64(d.Number)) + ", "
	if v.At.IsZero() {
		title += "without a time"
	} else {
		title += v.At.Format("2006-01-02 15:04:05.000000")
	}
	if by != "" {
		title += " at " + by
	}
	s.head(title)
	if by == "" {
		by = "an interface that the file does not name"
	}
	switch {
	case d.Out:
		s.say("It left the recording host via " + by + ". That does not prove that anyone received it.")
	case d.Synthesised:
		s.say("groupcast received it on " + by + ", on the recording host.")
	default:
		s.say("It was seen at " + by + ". The file does not say that it left there.")
	}
	for _, c := range d.Comments {
		s.say("The file says of it: " + clean(c))
	}
	if d.Lost > 0 {
		s.say("Before it, " + count(d.Lost, "datagram") + " of " + by + " were lost: the file does not have them.")
	}
}

// frameOf says what is known of the frame: of made-up headers, that they are.
func (s *sheet) frameOf(v recordedDatagram) {
	d, to := v.of, v.To.Addr()
	s.head("Ethernet")
	mac, shared := groupMAC(to)
	switch {
	case d.Synthesised:
		s.say("Headers synthesised by groupcast: a socket does not show the frame, so that no address of one is known.")
		if mac != "" {
			s.field("destination", mac, workedOut+", if the wire was an Ethernet")
		}
		return
	case !d.Ethernet:
		s.say("The file has no Ethernet header of it.")
		return
	}
	seen := macText(d.EtherTo)
	switch {
	case mac != "" && seen == mac:
		s.field("destination", seen, "that of the group")
		s.under(strings.Repeat(" ", 2+fieldName), shared)
	case mac != "":
		s.field("destination", seen, "the group's is "+mac)
	default:
		s.field("destination", seen, "")
	}
	s.field("source", macText(d.EtherFrom), "of its sender on the wire: the host, or the router that passed it on")
}

// recordedGroup is a row of the list of where datagrams went.
type recordedGroup struct {
	filter    browse.Filter
	datagrams uint64
	bytes     uint64
	share     float64
}

// recordedTo is the list of where datagrams went.
type recordedTo struct{ *listing[recordedGroup] }

// listGroups makes the list anew, and keeps what is selected.
func (m *recordingModel) listGroups() {
	t := m.snap.Totals
	list := newListing(browse.MaxDestinations+1, math.MaxInt, func(recordedGroup) int { return 1 },
		func(st *styles, g recordedGroup, width int) string { return columnRow(st, m.groupColumns(width), g) },
		func(recordedGroup) string { return "" })
	list.head = func(st *styles, width int) string { return columnTitles(st, m.groupColumns(width)) }
	list.styles = m.styles
	selected := 0
	if m.groups != nil {
		if old, ok := m.groups.selectedValue(); ok {
			selected = 1 + slices.IndexFunc(t.Destinations, func(d browse.Destination) bool { return filterTo(d) == old.filter })
		}
	}
	list.add(recordedGroup{datagrams: t.Datagrams, bytes: t.Bytes, share: 1})
	for _, d := range t.Destinations {
		list.add(recordedGroup{filter: filterTo(d), datagrams: d.Datagrams, bytes: d.Bytes, share: float64(d.Datagrams) / float64(max(1, t.Datagrams))})
	}
	list.pick(selected)
	list.end = 0
	if m.groups != nil {
		list.end = m.groups.end
	}
	m.groups = &recordedTo{list}
}

func filterTo(d browse.Destination) browse.Filter {
	return browse.Filter{To: d.To.Addr(), Port: d.To.Port()}
}

func (m *recordingModel) groupColumns(width int) []column[recordedGroup] {
	return fitting([]column[recordedGroup]{
		{"", 1, 0, false, func(st *styles, g recordedGroup, _ int) string {
			if g.filter == m.filter {
				return st.good.Render(st.joined)
			}
			return ""
		}},
		{"group", 0, 0, false, func(st *styles, g recordedGroup, space int) string {
			switch {
			case !g.filter.To.IsValid():
				return st.cut("all of them", space)
			case !g.filter.To.IsMulticast():
				return st.tail(filterText(g.filter)+" (no group)", space)
			}
			return st.tail(filterText(g.filter), space)
		}},
		{"datagrams", 11, 1, true, func(_ *styles, g recordedGroup, _ int) string { return thousands(g.datagrams) }},
		{"share", 6, 3, true, func(_ *styles, g recordedGroup, _ int) string { return fmt.Sprintf("%.0f %%", 100*g.share) }},
		{"bytes", 14, 2, true, func(_ *styles, g recordedGroup, _ int) string { return thousands(g.bytes) }},
	}, width, 16)
}

// filterText is a filter as it is typed.
func filterText(f browse.Filter) string {
	text := ""
	switch {
	case f.To.IsValid() && f.Port != 0 && f.To.Is6():
		text = "[" + f.To.String() + "]:" + strconv.Itoa(int(f.Port))
	case f.To.IsValid() && f.Port != 0:
		text = f.To.String() + ":" + strconv.Itoa(int(f.Port))
	case f.To.IsValid():
		text = f.To.String()
	}
	if f.Source.IsValid() {
		text = f.Source.String() + "@" + text
	}
	return clean(text)
}

func macText(a [6]byte) string {
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", a[0], a[1], a[2], a[3], a[4], a[5])
}
