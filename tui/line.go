package tui

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
)

// The columns of a row of the talk: time, sender, text. A narrow screen has
// less of each.
type talkColumns struct {
	clock  string
	gap    int
	sender int
	text   int
}

const (
	roomyTalk     = 54 // cells from which the talk shows seconds and whole sender addresses,
	veryRoomyTalk = 80 // and with their ports
)

func (t *talk) columns() talkColumns {
	c := talkColumns{clock: "15:04", gap: 1, sender: 15}
	switch {
	case t.width >= roomyTalk:
		c = talkColumns{clock: "15:04:05", gap: 2, sender: 18}
	case t.width < 36:
		c.sender = 8
	}
	if t.width >= veryRoomyTalk {
		c.sender = 22
	}
	c.text = max(1, t.width-len(c.clock)-c.sender-2*c.gap)
	return c
}

// draw makes the rows of a line. What a sender wrote stands in the text
// column only, behind a gutter from its second row on: no text can look like
// a row of another sender.
func (t *talk) draw(line chat.Line) []string {
	c := t.columns()
	at := line.At.Format(c.clock)
	if line.At.IsZero() { // of a recording that does not say
		at = t.styles.fit("-", len(c.clock))
	}
	clock := t.styles.dim.Render(at) + strings.Repeat(" ", c.gap)
	switch line.Kind {
	case chat.Heard, chat.Own:
		return t.message(line, clock, c)
	}
	return t.notice(line, clock, c)
}

func (t *talk) message(line chat.Line, clock string, c talkColumns) []string {
	st := t.styles
	who, style := t.sender(line, c)
	words, more := st.wrap(line.Text.String(), c.text, messageRows)
	if more {
		words = append(words, st.dim.Render(st.more+" the rest is not shown"))
	}
	gap := strings.Repeat(" ", c.gap)
	blank := strings.Repeat(" ", len(c.clock)+c.gap+c.sender) + st.fit(st.border.Render(st.vertical), c.gap)
	rows := make([]string, 0, len(words)+2)
	if line.Member.New {
		rows = append(rows, clock+t.introduced(line.Member, style, t.width-len(c.clock)-c.gap))
	}
	for _, w := range words {
		if len(rows) == 0 {
			rows = append(rows, clock+style.Render(st.fit(st.cut(who, c.sender), c.sender))+gap+w)
		} else {
			rows = append(rows, blank+w)
		}
	}
	last := len(rows) - 1
	metas, apart := t.metas(line), 1
	if len(metas) > 1 {
		apart = 2 // what begins with a word would go on with the text
	}
	beside := func(meta string) bool { return st.cells(rows[last])+apart+st.cells(meta) <= t.width }
	alone := func(meta string) bool { return st.cells(meta) <= c.text }
	least := metas[len(metas)-1]
	switch {
	case least == "":
	case beside(least):
		rows[last] = st.ends(rows[last], metas[slices.IndexFunc(metas, beside)], t.width)
	case alone(least): // a row of its own, or text could stand where it belongs
		rows = append(rows, st.ends(blank, metas[slices.IndexFunc(metas, alone)], t.width))
	default:
		rows = append(rows, st.ends(blank, st.cut(least, c.text), t.width))
	}
	if line.Kind == chat.Own && line.Copy == chat.CopyNone && line.Reach.By == 0 {
		rows = append(rows, t.hint(line.Hint, blank, c.text)...)
	}
	return rows
}

// introduced is the name of a member whose key was never seen here before, and the
// key's fingerprint: a row of its own, where no text can stand.
func (t *talk) introduced(m chat.Member, style shade, width int) string {
	st := t.styles
	key := "(" + clean(m.Fingerprint) + ")"
	name := st.memberName(labelled(m), max(1, width-1-st.cells(key)))
	return st.cut(style.Render(name)+" "+st.dim.Render(key), width)
}

// sender is the name in a row's second column.
func (t *talk) sender(line chat.Line, c talkColumns) (string, shade) {
	st := t.styles
	if line.Kind == chat.Own {
		switch {
		case line.Stays && !t.roomy():
			return "you, ttl 0", st.own
		case !t.roomy():
			return "you " + st.out + " " + clean(line.Interface), st.own
		case line.Source.IsValid():
			return "you " + st.tail(clean(line.Source.String()), c.sender-len("you ")), st.own
		}
		return "you", st.own
	}
	if line.Member.Name != "" {
		return st.memberName(labelled(line.Member), c.sender), st.person(line.Member.Fingerprint)
	}
	return t.address(line.From, c.sender), st.sender(line.From.Addr())
}

func (t *talk) roomy() bool { return t.width >= roomyTalk }

// address is a sender's address, with its port when that tells it from another of
// its host, if there is room.
func (t *talk) address(from netip.AddrPort, space int) string {
	if whole := clean(from.String()); t.ports[from.Addr()] && t.styles.cells(whole) <= space {
		return whole
	}
	return t.styles.tail(clean(from.Addr().String()), space)
}

// metas are what may stand at the right end of a message, the most that can be said
// first, and what has to be said last: the fate of an own line, what is unusual about
// another's, and the interface.
func (t *talk) metas(line chat.Line) []string {
	st := t.styles
	if t.past != nil {
		return []string{strings.Join(t.past(line), "  ")}
	}
	var by []string
	switch {
	case !t.roomy() || line.Interface == "":
	case line.Kind == chat.Own && line.Stays:
		by = []string{st.warning.Render("stays here")}
	case line.Kind == chat.Own:
		by = []string{st.own.Render(st.out + " " + clean(line.Interface))}
	default:
		by = []string{st.dim.Render(st.in + " " + clean(line.Interface))}
	}
	said := func(parts ...string) string { return strings.Join(append(parts, by...), "  ") }
	if line.Kind != chat.Own {
		unusual := t.unusual(line)
		if line.Missed || line.Earlier { // the interface is that of who sent it again
			return []string{said(unusual...), strings.Join(unusual, "  ")}
		}
		return []string{said(unusual...)}
	}
	copied := t.ownCopy(line)
	if !line.Reach.Known || line.Reach.Of == 0 || line.Copy == chat.CopyNone && line.Reach.By == 0 {
		return []string{said(copied)}
	}
	reach, style := reachText(line.Reach), st.dim
	switch line.Reach.By {
	case line.Reach.Of:
		style = st.good
	case 0:
		style = st.warning
	}
	metas := []string{said(style.Render(reach), copied)}
	if line.Reach.Missing != "" {
		missing := style.Render(reach) + st.dim.Render(", not yet: "+clean(line.Reach.Missing))
		metas = []string{said(missing, copied), said(missing), metas[0]}
	}
	if line.Copy == chat.CopyBack || line.Copy == chat.CopyPending { // members say more than the copy
		metas = append(metas, said(style.Render(reach)))
		copied = ""
	}
	if line.Reach.By > 0 { // somebody heard it, so the interface says less
		metas = append(metas, strings.TrimSuffix(style.Render(reach)+"  "+copied, "  "))
	}
	if line.Reach.By == line.Reach.Of && copied == "" {
		metas = append(metas, style.Render("heard by all"))
	}
	return metas
}

// reachText says how many members have an own line.
func reachText(r chat.Reach) string { return fmt.Sprintf("heard by %d of %d", r.By, r.Of) }

// unusual is what is special about the line of another.
func (t *talk) unusual(line chat.Line) (parts []string) {
	st := t.styles
	for _, m := range []struct {
		on   bool
		word string
	}{
		{siteOfLine(line) != "", siteOfLine(line)},
		{line.Part[1] > 1, fmt.Sprintf("part %d of %d", line.Part[0], line.Part[1])},
		{line.Missed, "repaired"},
		{line.Earlier, "earlier"},
		{line.Outside, "outside"},
	} {
		if m.on {
			parts = append(parts, st.dim.Render(m.word))
		}
	}
	switch {
	case line.Direct:
		parts = append(parts, st.accent.Render("to you alone"))
	case line.To.IsValid() && t.group.IsValid() && line.To != t.group:
		parts = append(parts, st.dim.Render("in "+clean(line.To.String())))
	}
	return parts
}

// siteOfLine says where a line was said, if that is beyond a bridge: "at room-2", and of
// plain text that one passed on who is no bridge: "by carol".
func siteOfLine(line chat.Line) string {
	switch {
	case line.Member.Site != "":
		return "at " + clean(line.Member.Site)
	case line.Origin.Where == chat.AtThis:
		return ""
	case line.Origin.Site != "":
		return "at " + clean(line.Origin.Site)
	case line.Origin.By != "":
		return "by " + clean(line.Origin.By)
	}
	return ""
}

// ownCopy says what became of the loopback copy. It never says "delivered":
// the copy is made before the wire.
func (t *talk) ownCopy(line chat.Line) string {
	st := t.styles
	switch line.Copy {
	case chat.CopyBack:
		return st.dim.Render(st.copied + " " + milliseconds(line.After))
	case chat.CopyMissing:
		return st.warning.Render("no own copy")
	case chat.CopyOff:
		return st.dim.Render("copy off")
	case chat.CopyNone:
		if line.Reach.By > 0 { // its frame was, later
			return st.dim.Render("repaired")
		}
		return st.failure.Render("not sent")
	}
	return st.dim.Render(st.more)
}

// milliseconds has always seven characters up to a second, the timeout of
// copies.
func milliseconds(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	switch {
	case ms < 9.995:
		return fmt.Sprintf("%.2f ms", ms)
	case ms < 99.95:
		return fmt.Sprintf("%.1f ms", ms)
	}
	return fmt.Sprintf("%4.0f ms", ms)
}

// notice is a row of groupcast's own: its glyph stands where a sender would,
// and its text where no sender's can.
func (t *talk) notice(line chat.Line, clock string, c talkColumns) []string {
	st := t.styles
	glyph, style := st.remark, st.dim
	if line.Kind == chat.Problem {
		glyph, style = st.fail, st.failure
	}
	width := max(1, t.width-len(c.clock)-c.gap-2)
	blank := strings.Repeat(" ", len(c.clock)+c.gap+2)
	words, _ := st.wrap(line.Text.String(), width, 20)
	rows := make([]string, 0, len(words)+1)
	for i, w := range words {
		if i == 0 {
			rows = append(rows, clock+style.Render(glyph+" "+w))
		} else {
			rows = append(rows, blank+style.Render(w))
		}
	}
	return append(rows, t.hint(line.Hint, blank, width)...)
}

func (t *talk) hint(hint chat.Text, blank string, width int) []string {
	if hint.String() == "" {
		return nil
	}
	rows, _ := t.styles.wrap(hint.String(), width, 20)
	for i, r := range rows {
		rows[i] = blank + t.styles.accent.Render(r)
	}
	return rows
}
