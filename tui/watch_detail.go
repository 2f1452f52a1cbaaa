package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/stream"
	"github.com/groupcast/groupcast/mcast/watch"
)

// watchDetail is the page about one row of the table.
type watchDetail struct {
	window
	styles *styles
	inks   *watchInks

	snap *watch.Snapshot
	open bool
	id   watchID
	last watch.Stream // as it was seen last,
	seen bool         // if it was
	kept stream.Detail
	got  bool      // it is of this stream
	at   time.Time // of the picture that it belongs to
}

// key is the stream whose details are wanted.
func (d *watchDetail) key() (k stream.Key, wanted bool) {
	return d.id.key, d.open && !d.id.group.IsValid()
}

// show turns to another row.
func (d *watchDetail) show(id watchID) {
	if d.id != id {
		d.id, d.kept, d.got, d.seen = id, stream.Detail{}, false, false
	}
	d.window = window{}
}

// take takes what is kept of a stream, if it is still the one that is shown.
func (d *watchDetail) take(msg watchDetailMsg) {
	if k, wanted := d.key(); wanted && msg.key == k {
		d.kept, d.got, d.at = msg.detail, true, msg.at
	}
}

// stream is the one that is shown; false: it is not heard any more, and was let go.
func (d *watchDetail) stream() bool {
	if d.snap == nil {
		return d.seen
	}
	i := slices.IndexFunc(d.snap.Streams, func(s watch.Stream) bool { return s.Key == d.id.key })
	if i >= 0 {
		d.last, d.seen = d.snap.Streams[i], true
	}
	return i >= 0
}

// group is the group of the page; nil: it was not asked for.
func (d *watchDetail) group() *watch.Group {
	if d.snap == nil {
		return nil
	}
	if d.id.group.IsValid() {
		i := slices.IndexFunc(d.snap.Groups, func(g watch.Group) bool {
			return g.Target.Group.AddrPort() == d.id.group && g.Target.Group.Source == d.id.asked
		})
		if i < 0 {
			return nil
		}
		return &d.snap.Groups[i]
	}
	if d.last.Group < 0 || d.last.Group >= len(d.snap.Groups) {
		return nil
	}
	return &d.snap.Groups[d.last.Group]
}

// render gives the page under its title.
func (d *watchDetail) render(width, height int, frozen bool) []string {
	rows := d.rows(width, height-1)
	note := ""
	if more := len(rows) - (height - 1); more > 0 {
		note = "up/down scroll"
	}
	head := d.styles.rule(width, d.title(width-4), note, true)
	if frozen && d.got && d.at.IsZero() {
		rows = append([]string{" " + d.styles.warning.Render(d.styles.warn) + " what was lost, and the times between datagrams, are newer than the frozen picture"}, rows...)
	}
	return append([]string{head}, strings.Split(d.styles.scrolled(rows, d.offset, height-1), "\n")...)
}

// title is what the row is about, in so many cells: where there is no room for all of
// it, less is said, rather than half of an address.
func (d *watchDetail) title(width int) string {
	d.stream()
	g, name := d.group(), ""
	if g != nil {
		name = clean(g.Name)
	}
	if d.id.group.IsValid() {
		text := addrPort(d.id.group)
		if d.id.asked.IsValid() {
			text = addrText(d.id.asked) + "@" + text
		}
		return d.styles.fitting(width, strings.TrimSpace(name+" "+text), text)
	}
	return d.styles.fitting(width, append(streamNames(name, d.id.key, clean(d.last.Interface)), addrText(d.id.key.Group.Addr()))...)
}

// rows are all of the page.
func (d *watchDetail) rows(width, height int) []string {
	here := d.stream()
	switch {
	case d.id.group.IsValid():
		return d.silentGroup(width)
	case !d.seen:
		return []string{" " + d.styles.dim.Render("looking")}
	}
	var rows []string
	if !here {
		rows = append(rows, d.text(width, d.styles.warning, "This stream made room for others: these are its last known values.")...)
	}
	plot := d.plot(width, min(max(4, height/4), 10))
	const two = 100
	if width < two {
		parts := [][]string{plot, d.facts(width), d.besidePair(width), d.numbers(width), d.losses(width), d.gaps(width)}
		if height < len(plot)+5 {
			parts = append(parts[1:], plot)
		}
		for i, part := range parts {
			if i > 0 {
				rows = append(rows, "")
			}
			rows = append(rows, part...)
		}
		return rows
	}
	left := (width - 2) / 2
	right := width - 2 - left
	a, b := slices.Concat(d.facts(left), []string{""}, d.besidePair(left)), slices.Concat(d.numbers(right), []string{""}, d.losses(right))
	if space := width - 3 - d.plotWidth(width); space >= leastBeside {
		rows = append(rows, d.columns(plot, d.gaps(space), width-2-space)...)
	} else {
		rows = append(rows, plot...)
		b = slices.Concat(b, []string{""}, d.gaps(right))
	}
	return slices.Concat(rows, []string{""}, d.columns(a, b, left))
}

// columns are two blocks of rows side by side.
func (d *watchDetail) columns(a, b []string, left int) []string {
	n := max(len(a), len(b))
	a, b = filled(a, n), filled(b, n)
	rows := make([]string, n)
	for i := range rows {
		rows[i] = strings.TrimRight(d.styles.fit(a[i], left)+"  "+b[i], " ")
	}
	return rows
}

// text is sentences, indented as everything on the page is.
func (d *watchDetail) text(width int, style shade, text string) []string {
	words, _ := d.styles.wrap(text, width-2, 12)
	for i, w := range words {
		words[i] = " " + style.Render(w)
	}
	return words
}

func (d *watchDetail) head(title string) string {
	return " " + d.styles.accent.bold().Render(title)
}

const (
	plotMargin  = 10 // cells before the plot
	leastBeside = 44 // cells for the times between datagrams beside it
)

// secondCells is how wide a second is.
func secondCells(width int) int {
	return max(1, min(4, (width-plotMargin-2-leastBeside)/minuteSeconds))
}

// plotWidth is how wide the plot is, if there is room for all of it.
func (d *watchDetail) plotWidth(width int) int {
	return plotMargin + 1 + minuteSeconds*secondCells(width)
}

// plot is the last 60 s: what came, and below it where numbers are missing.
func (d *watchDetail) plot(width, height int) []string {
	st, s := d.styles, &d.last
	top := 0.0
	for _, rate := range s.History {
		top = max(top, rate)
	}
	label := plainRate(top, 8) + "/s"
	const margin = plotMargin
	wide := secondCells(width)
	history := s.History
	seconds := min(minuteSeconds, max(1, (width-margin-2)/wide))
	drawn := st.plot(history, wide, height)
	rows := make([]string, 0, height+2)
	for y, bars := range drawn {
		name := ""
		switch y {
		case height - 1:
			name = "0/s"
		case 0:
			if top > 0 {
				name = label
			}
		case height / 2:
			if !(top > 0) {
				bars = "  nothing came in the last " + count(len(history), "second")
			}
		}
		if seconds < minuteSeconds && top > 0 {
			bars = string([]rune(bars)[wide*(minuteSeconds-seconds):])
		}
		rows = append(rows, st.dim.Render(st.ends("", name, margin))+st.border.Render(st.vertical)+st.good.Render(bars))
	}
	rows = append(rows, strings.Repeat(" ", margin)+st.border.Render(st.corners[2]+strings.Repeat(st.horizontal, wide*seconds)))
	axis := st.ends(fmt.Sprintf("%d s ago", seconds), "now", wide*seconds)
	rows = append(rows, strings.Repeat(" ", margin+1)+st.dim.Render(axis))
	if marks, any := d.marks(wide, seconds); any {
		rows = append(rows, st.warning.Render(st.fit(st.ends("", "lost", margin)+" "+marks, width)),
			strings.Repeat(" ", margin+1)+st.dim.Render("n before this host's socket"+st.dot+"k in it, which had no room"))
	}
	return rows
}

// marks are a letter under each second in which a loss was noticed.
func (d *watchDetail) marks(wide, seconds int) (row string, any bool) {
	cells := []byte(strings.Repeat(" ", wide*seconds))
	for _, b := range d.kept.Bursts {
		age := d.snap.At.Sub(b.At)
		i := seconds - 1 - int(age/time.Second)
		if age < 0 || i < 0 {
			continue
		}
		any = true
		if sign := byte('n'); b.Kernel {
			cells[i*wide] = 'k'
		} else if cells[i*wide] == ' ' {
			cells[i*wide] = sign
		}
	}
	return string(cells), any
}
