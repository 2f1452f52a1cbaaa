package tui

import (
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/stream"
	"github.com/groupcast/groupcast/mcast/watch"
)

// watchEventsKept is how many events the screen remembers.
const watchEventsKept = 500

// watchEvents is what happened, the newest at the bottom.
type watchEvents struct {
	styles *styles
	inks   *watchInks

	list    []watchEvent
	gone    uint64 // that were let go
	offset  int    // rows below the last one shown
	focused bool   // they are scrolled
	shown   int    // rows, as last drawn
}

// watchEvent is an event with what its stream is called, all of it clean.
type watchEvent struct {
	watch.Event
	about []string  // the stream, in words from the most to the fewest; nil: the watch itself
	times int       // that it lost something, in this one event
	since time.Time // the first of them
}

// add takes events, the oldest first. While the picture stands, or is scrolled back,
// it stays where it is.
func (e *watchEvents) add(events []watch.Event, s watch.Snapshot, stay bool) {
	if len(events) == 0 {
		return
	}
	events = watch.Gather(events)
	for _, v := range events {
		row, name := watchEvent{Event: v}, ""
		if v.Group >= 0 && v.Group < len(s.Groups) {
			name = clean(s.Groups[v.Group].Name)
		}
		switch {
		case len(v.Each) > 0 && v.Kind == stream.Loss:
			worst := v.Each[0]
			row.about = []string{count(len(v.Each), "stream") + " on " + clean(v.Interface)}
			row.Text = streamNames(name, worst.Key, "")[0] + ": " + thousands(worst.Lost)
		case len(v.Each) > 0:
			row.about = []string{clean(watch.EachText(v))}
		case v.Pair > 0 && v.Pair <= len(s.Pairs):
			row.about = []string{clean(s.Pairs[v.Pair-1].Name(&s))}
		case v.From.IsValid():
			row.about = streamNames(name, v.Key, clean(v.Interface))
		case v.Key.Group.IsValid():
			row.about = []string{addrPort(v.Key.Group)}
		}
		if v.Kind == stream.Loss && !stay && e.offset == 0 {
			row = e.merged(row)
		}
		e.list = append(e.list, row)
	}
	if stay || e.offset > 0 {
		e.offset += len(events)
	}
	if over := len(e.list) - watchEventsKept; over > 0 {
		e.list, e.gone = append([]watchEvent(nil), e.list[over:]...), e.gone+uint64(over)
	}
}

// mergeable is how many events back a loss is looked for that another one joins.
const mergeable = 16

// merged takes the stream's latest event out of the list and joins it with a loss, if
// it was one and is not long ago: a stream that loses all the time would leave no
// room for others.
func (e *watchEvents) merged(row watchEvent) watchEvent {
	for i := len(e.list) - 1; i >= max(0, len(e.list)-mergeable); i-- {
		old := e.list[i]
		if old.Key != row.Key {
			continue
		}
		if old.Kind != stream.Loss {
			break
		}
		row.Lost, row.Kernel = row.Lost+old.Lost, row.Kernel+old.Kernel
		row.AtLeast, row.About = row.AtLeast || old.AtLeast, row.About || old.About
		row.times, row.since = max(1, old.times)+1, old.since
		if row.since.IsZero() {
			row.since = old.told()
		}
		e.list = append(e.list[:i:i], e.list[i+1:]...)
		break
	}
	return row
}

// told is when an event was known.
func (v *watchEvent) told() time.Time {
	if v.Told.IsZero() {
		return v.At
	}
	return v.Told
}

// streamNames are what a stream is called in a sentence, from the whole to the least.
func streamNames(name string, k stream.Key, by string) []string {
	group := strings.TrimSpace(name + " " + addrPort(k.Group))
	from := group + " from " + fromText(k)
	names := []string{from, group}
	if by != "" {
		names = []string{from + " on " + by, from, group}
	}
	if name != "" {
		names = append(names, name)
	}
	return names
}

func (e *watchEvents) scroll(by int) { e.offset = scrollTo(e.offset-by, len(e.list), e.shown) }

// note says which of them are shown.
func (e *watchEvents) note() string {
	var parts []string
	if e.offset > 0 {
		parts = append(parts, thousands(uint64(e.offset))+" newer")
	}
	if e.gone > 0 {
		parts = append(parts, thousands(e.gone)+" older let go")
	}
	return strings.Join(parts, e.styles.dot)
}

// render gives the latest, the newest at the bottom.
func (e *watchEvents) render(width, height int, now time.Time) []string {
	e.shown = height
	if len(e.list) == 0 {
		return []string{" " + e.styles.dim.Render("none yet")}
	}
	e.offset = scrollTo(e.offset, len(e.list), 1)
	end := len(e.list) - e.offset
	rows := make([]string, 0, height)
	p := pen{st: e.styles}
	for _, v := range e.list[max(0, end-height):end] {
		p.space(1)
		used := 1
		part := func(k ink, text string) {
			n := e.styles.cells(text)
			space := min(n, width-used)
			if space > 0 {
				p.cell(k, text, space, false)
				used += space
			}
		}
		part(e.inks.dim, clockAt(v.told(), now, false)+" ")
		sign, style := e.sign(v.Kind)
		part(style, sign+" ")
		text := e.styles.eventText(&v.Event, now)
		if v.times > 1 {
			text += "; " + thousands(uint64(v.times)) + " times since " + clockAt(v.since, now, false)
		}
		if room := width - used - e.styles.cells(text) - 2; len(v.about) > 0 {
			name := v.about[len(v.about)-1]
			for _, n := range v.about {
				if e.styles.cells(n) <= room {
					name = n
					break
				}
			}
			part(ink{}, name+": ")
		}
		part(style, text)
		p.space(width - used)
		rows = append(rows, p.take())
	}
	return rows
}

// sign is the sign of an event, and its ink.
func (e *watchEvents) sign(k stream.EventKind) (string, ink) {
	switch k {
	case stream.Silent, stream.OnOff, watch.Failed:
		return e.styles.silent, e.inks.failure
	case stream.Storm:
		return e.styles.silent, e.inks.failure
	case stream.Copies, stream.Reflection, stream.Loss, stream.Restart, stream.Dropped, stream.Stopped, watch.Slow, watch.Drops, watch.BothLoss, watch.Unpaired:
		return e.styles.silent, e.inks.warning
	case stream.First, stream.CopiesEnded, stream.ReflectionEnded, stream.StormEnded, stream.Back, stream.Found, watch.Enough, watch.Paired:
		return e.styles.joined, e.inks.good
	case stream.End:
		return e.styles.notJoined, e.inks.dim
	}
	return e.styles.remark, e.inks.dim
}

// lossPlace says where it was lost, as far as that is known: what did not come while a
// stream was silent may not have been sent.
func lossPlace(e *watch.Event) string {
	switch {
	case e.Kind == stream.Back && e.Kernel == 0:
		return " missing"
	case e.Kind == stream.Back:
		return " missing, up to " + thousands(e.Kernel) + " of them lost in this host's socket"
	case e.Kernel == 0:
		return " lost before this host's socket"
	case e.Kernel >= e.Lost:
		return " lost in this host's socket"
	}
	return " lost, up to " + thousands(e.Kernel) + " for want of room in this host's socket"
}

// eventText says what happened.
func (st *styles) eventText(e *watch.Event, now time.Time) string {
	if text, _ := e.CopiesText(); text != "" {
		return clean(text)
	}
	lost := ""
	if e.Lost > 0 {
		lost = st.estimate(thousands(e.Lost), e.AtLeast, e.About) + lossPlace(e)
	}
	switch e.Kind {
	case stream.First:
		if e.Format != "" {
			return "heard for the first time; its numbers are read: " + formatName(e.Format)
		}
		return "heard for the first time"
	case stream.Silent:
		text := "silent since " + clockAt(e.At, now, false)
		switch {
		case e.Text != "":
			return text + ": " + clean(e.Text)
		case e.Rate > 0 && len(e.Each) == 0:
			return text + ", " + plainRate(e.Rate, 12) + "/s until then"
		}
		return text
	case stream.Back:
		text := "back, silent for " + lasting(e.For)
		if lost != "" {
			text += ", " + lost
		}
		return text
	case stream.Stopped:
		return "groupcast itself stood still for " + lasting(e.For) + "; nothing is judged in that time"
	case stream.Loss:
		if e.Text != "" {
			return lost + ", the worst " + e.Text
		}
		return lost
	case stream.Restart:
		return "the sender began anew"
	case stream.End:
		return "the sender says that it ends"
	case stream.Found:
		return "its numbers are read: " + formatName(e.Format)
	case stream.Dropped:
		return "its numbers are not read as " + formatName(e.Format) + " any more"
	case stream.OnOff:
		return "on and off: " + count(uint64(max(0, e.Count)), "silence") + " in 5 minutes, the longest of " + lasting(e.For)
	}
	if e.Kind == watch.BothLoss {
		return "both legs lost " + st.estimate(thousands(e.Lost), false, e.About)
	}
	switch now := plainRate(e.Rate, 12) + "/s"; e.Kind {
	case watch.Slow, watch.Enough:
		if e.Min.Bits > 0 || e.Rate <= 0 && e.Bits > 0 {
			now = bitRate(e.Bits)
		}
		if e.Kind == watch.Slow {
			return "only " + now + " over 10 s"
		}
		return now + " over 10 s, which is enough again"
	case watch.Drops:
		return "the socket had no room for " + count(e.Lost, "datagram") + ", or they were damaged"
	case watch.Failed:
		if e.Err != nil {
			return strings.TrimPrefix(clean(e.Err.Error()), "mcast: ")
		}
	}
	if e.Text != "" {
		return clean(e.Text) // watch.Changed, watch.Bulk
	}
	return clean(string(e.Kind))
}
