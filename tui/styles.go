package tui

import (
	"hash/fnv"
	"image/color"
	"net/netip"
	"strings"
	"unicode/utf8"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"github.com/groupcast/groupcast/mcast/chat"
)

// styles draw everything; the panes share them. They change when the terminal has
// told its background, or how it counts the width of text.
type styles struct {
	glyphs
	method ansi.Method // the renderer's own way to count: rows must end where it ends them

	dim, border, accent, own, good, warning, failure shade
	bold, title, titleName, host, selected, match    shade
	here, alarmWarning, alarmFailure                 shade // the pane with the focus; findings
	senders                                          []shade
}

// glyphs are the signs on the screen. No sign differs from another by colour
// alone.
type glyphs struct {
	joined, notJoined, leaves, kernel string
	out, in, copied                   string
	warn, fail, done                  string
	pointer, prompt, more, dot        string
	remark                            string // before a line of our own
	self                              string // a member, to itself
	silent                            string // a steady sender that is missed
	atLeast, about                    string // before a number: a lower bound, an estimate
	bars                              []string
	corners                           [4]string // top left, top right, bottom left, bottom right
	vertical, horizontal, tees        string    // tees: left and right
	strong                            edges     // around the pane with the focus
}

// edges are those of a section that has the focus.
type edges struct {
	corners              [4]string
	vertical, horizontal string
	above, below         string // tees, left and right: where another section is above it, or below
}

var unicodeGlyphs = glyphs{
	joined: "●", notJoined: "○", leaves: "▲", kernel: "△",
	out: "→", in: "←", copied: "↺",
	warn: "⚠", fail: "✗", done: "✓",
	pointer: "▸", prompt: "❯", more: "…", dot: " · ", remark: "·",
	self: "·", silent: "!", atLeast: "≥ ", about: "~",
	bars:     []string{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
	corners:  [4]string{"╭", "╮", "╰", "╯"},
	vertical: "│", horizontal: "─", tees: "├┤",
	strong: edges{[4]string{"┏", "┓", "┗", "┛"}, "┃", "━", "┢┪", "┡┩"},
}

var asciiGlyphs = glyphs{
	joined: "*", notJoined: "o", leaves: "^", kernel: "~",
	out: "->", in: "<-", copied: "own copy",
	warn: "!", fail: "x", done: "ok",
	pointer: ">", prompt: ">", more: "...", dot: ", ", remark: "-",
	self: ".", silent: "!", atLeast: ">= ", about: "~",
	bars:     []string{"_", ".", "-", "=", "#"},
	corners:  [4]string{"+", "+", "+", "+"},
	vertical: "|", horizontal: "-", tees: "++",
	strong: edges{[4]string{"#", "#", "#", "#"}, "#", "=", "##", "##"},
}

// newStyles are the styles for a terminal of that background and that many
// colours.
func newStyles(dark, ascii bool, method ansi.Method, profile colorprofile.Profile) *styles {
	st := fullStyles(dark)
	if profile <= colorprofile.ANSI {
		st = plainStyles(dark)
	}
	st.glyphs, st.method = unicodeGlyphs, method
	if ascii {
		st.glyphs = asciiGlyphs
	}
	return st
}

// plainStyles are for terminals with 16 colours or fewer. The user has chosen
// those colours: only the ones that can be read on any background are used.
func plainStyles(dark bool) *styles {
	fg := func(c color.Color) lipgloss.Style { return lipgloss.NewStyle().Inline(true).Foreground(c) }
	none := lipgloss.NewStyle().Inline(true)
	plain := shadeOf(none)
	st := &styles{
		dim: plain, border: plain,
		accent: shadeOf(fg(lipgloss.Cyan)), own: shadeOf(fg(lipgloss.Blue)), good: shadeOf(fg(lipgloss.Green)),
		warning: shadeOf(fg(lipgloss.Yellow)), failure: shadeOf(fg(lipgloss.Red)),
		bold: plain.bold(), title: plain, titleName: plain, host: shadeOf(none.Reverse(true).Bold(true)),
		here:         shadeOf(fg(lipgloss.Cyan).Reverse(true).Bold(true)),
		alarmWarning: shadeOf(fg(lipgloss.Yellow).Reverse(true).Bold(true)), alarmFailure: shadeOf(fg(lipgloss.Red).Reverse(true).Bold(true)),
		selected: shadeOf(none.Reverse(true)), match: shadeOf(none.Reverse(true).Bold(true).Underline(true)),
		senders: []shade{shadeOf(fg(lipgloss.Green)), shadeOf(fg(lipgloss.Magenta)), shadeOf(fg(lipgloss.Cyan)), plain},
	}
	if dark {
		st.dim, st.border = shadeOf(fg(lipgloss.White)), shadeOf(fg(lipgloss.BrightBlack))
		st.own = shadeOf(fg(lipgloss.BrightBlue))
	}
	return st
}

func fullStyles(dark bool) *styles {
	pick := lipgloss.LightDark(dark)
	fg := func(light, dark string) shade {
		return shadeOf(lipgloss.NewStyle().Inline(true).Foreground(pick(lipgloss.Color(light), lipgloss.Color(dark))))
	}
	bar := func(light, dark color.Color) lipgloss.Style {
		return lipgloss.NewStyle().Inline(true).Background(pick(light, dark))
	}
	strip := bar(lipgloss.Color("#e6ebf1"), lipgloss.Color("#222b38"))
	return &styles{
		dim:          fg("#667080", "#7d8796"),
		border:       fg("#bcc6d1", "#3d4959"),
		accent:       fg("#0b6e80", "#6cc3d5"),
		own:          fg("#2457b8", "#82aaff"),
		good:         fg("#1a7f37", "#8fce7e"),
		warning:      fg("#925f00", "#e6b45e"),
		failure:      fg("#c4262e", "#ff7b86"),
		bold:         shadeOf(lipgloss.NewStyle().Inline(true).Bold(true)),
		title:        shadeOf(strip.Foreground(pick(lipgloss.Color("#3a4452"), lipgloss.Color("#b4bfcd")))),
		titleName:    shadeOf(strip.Foreground(pick(lipgloss.Color("#0b6e80"), lipgloss.Color("#6cc3d5")))),
		here:         shadeOf(bar(lipgloss.Color("#0b6e80"), lipgloss.Color("#6cc3d5")).Foreground(pick(lipgloss.Color("#ffffff"), lipgloss.Color("#12171e"))).Bold(true)),
		alarmWarning: shadeOf(bar(lipgloss.Color("#f0b429"), lipgloss.Color("#f0b429")).Foreground(lipgloss.Color("#12171e")).Bold(true)),
		alarmFailure: shadeOf(bar(lipgloss.Color("#c4262e"), lipgloss.Color("#d9363f")).Foreground(lipgloss.Color("#ffffff")).Bold(true)),
		host:         shadeOf(bar(lipgloss.Color("#3a4452"), lipgloss.Color("#b4bfcd")).Foreground(pick(lipgloss.Color("#ffffff"), lipgloss.Color("#12171e"))).Bold(true)),
		selected:     shadeOf(bar(lipgloss.Color("#e6ebf1"), lipgloss.Color("#222b38")).Bold(true)),
		match:        shadeOf(bar(lipgloss.Color("#f6d98a"), lipgloss.Color("#5a4718")).Bold(true).Underline(true)),
		senders: []shade{
			fg("#1a7f37", "#8fce7e"), fg("#8a3fa0", "#d3a4ec"), fg("#925f00", "#e6b45e"),
			fg("#a33a5e", "#f29ab3"), fg("#0b6e80", "#6cc3d5"), fg("#5f6b00", "#c5cc6b"),
		},
	}
}

// sender is the style of one sender, the same for as long as it talks.
func (st *styles) sender(a netip.Addr) shade { return st.senders[st.senderColour(a)] }

// senderColour is which of senders that is.
func (st *styles) senderColour(a netip.Addr) int {
	h := fnv.New32a()
	b := a.As16()
	h.Write(b[:])
	return int(h.Sum32() % uint32(len(st.senders)))
}

// cells is the width of text on the screen.
func (st *styles) cells(s string) int {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return st.method.StringWidth(s)
		}
	}
	return len(s)
}

// fit makes a row exactly w cells wide: cut, or filled with spaces.
func (st *styles) fit(row string, w int) string {
	n := st.cells(row)
	if n > w {
		row = st.truncate(row, w, "")
		n = st.cells(row)
	}
	return row + strings.Repeat(" ", max(0, w-n))
}

// cut shortens text to at most w cells, and says so by the glyph for more.
func (st *styles) cut(s string, w int) string {
	if st.cells(s) <= w {
		return s
	}
	if w <= st.cells(st.more) {
		return st.truncate(s, w, "")
	}
	return st.truncate(s, w, st.more)
}

// truncate shortens text to at most w cells. The library counts by graphemes
// here, whatever the terminal does: what it leaves can be wider than it says.
func (st *styles) truncate(s string, w int, tail string) string {
	for space := max(0, w); ; space-- {
		short := st.method.Truncate(s, space, tail)
		if st.cells(short) <= w || space == 0 {
			return short
		}
	}
}

// split breaks a row that is too wide at w cells, again and again. A single
// character that is wider still gives way to a question mark.
func (st *styles) split(row string, w int) (rows []string) {
	for st.cells(row) > w {
		head := st.truncate(row, w, "")
		rest, ok := strings.CutPrefix(row, head)
		if head == "" || !ok {
			_, size := utf8.DecodeRuneInString(row)
			head, rest = "?", row[size:]
		}
		rows, row = append(rows, head), rest
	}
	return append(rows, row)
}

// tail shortens text to its last w cells: the end of an address tells more
// than its beginning.
func (st *styles) tail(s string, w int) string {
	n := st.cells(s)
	if n <= w {
		return s
	}
	return st.truncate(st.more+st.method.TruncateLeft(s, n-w+st.cells(st.more), ""), w, "")
}

// ends puts left and right at the two ends of a row of w cells; right wins
// when there is no room for both.
func (st *styles) ends(left, right string, w int) string {
	n := st.cells(right)
	if n >= w {
		return st.fit(right, w)
	}
	return st.fit(left, w-n) + right
}

// unbroken is a hyphen that no row ends with: an option of a command stays
// whole, "--probe" and not "--" and "probe".
const unbroken = "\u2011"

// wrap breaks text into rows of at most w cells, at words where it can, and
// gives at most limit of them; more says whether there would be others.
func (st *styles) wrap(s string, w, limit int) (rows []string, more bool) {
	w = max(1, w)
	for p := range strings.SplitSeq(s, "\n") {
		if longest := 8 * w * limit; len(p) > longest {
			p, more = strings.ToValidUTF8(p[:longest], ""), true
		}
		if st.cells(p) <= w {
			rows = append(rows, p)
		} else {
			for row := range strings.SplitSeq(st.method.Wrap(strings.ReplaceAll(p, "-", unbroken), w, ""), "\n") {
				rows = append(rows, st.split(strings.ReplaceAll(row, unbroken, "-"), w)...)
			}
		}
		if len(rows) > limit {
			return rows[:limit], true
		}
	}
	return rows, more
}

// hanging wraps text behind a head of any width, the rows below it aligned with
// the first, and gives at most limit rows.
func (st *styles) hanging(head, text string, width, limit int) []string {
	head += " "
	indent := st.cells(head)
	rows, _ := st.wrap(text, width-indent, limit)
	for i, row := range rows {
		if i > 0 {
			head = strings.Repeat(" ", indent)
		}
		rows[i] = head + row
	}
	return rows
}

// clean is for text that the system, the doctor or the user gave: one row of
// it, safe to write. What comes from the network is chat.Text already.
func clean(s string) string {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return strings.ReplaceAll(chat.Clean(s), "\n", " ")
		}
	}
	return s
}
