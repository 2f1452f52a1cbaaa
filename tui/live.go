package tui

import (
	"cmp"
	"os"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// liveScreen is what the screens of a ping, of IGMP and of a lab have in common: each
// looks at one thing again and again, and draws it.
type liveScreen struct {
	life
	appearance
	styles        *styles
	width, height int
}

func newLiveScreen(opts Options) liveScreen {
	s := liveScreen{life: newLife(nil), appearance: newAppearance(opts)}
	s.styles = s.newStyles()
	return s
}

// withEnv are options with the environment that they leave out.
func (o Options) withEnv() Options {
	if o.Env == nil {
		o.Env = os.Environ()
	}
	return o
}

// common does what each of them does with a message, and reports whether that was
// all.
func (s *liveScreen) common(msg tea.Msg) (cmd tea.Cmd, done bool) {
	if s.learn(msg) {
		s.styles = s.newStyles()
		return nil, true
	}
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		s.width, s.height = msg.Width, msg.Height
	case endMsg:
		s.err = cmp.Or(s.err, msg.err)
		return tea.Quit, true
	default:
		return nil, false
	}
	return nil, true
}

// view draws the rows of frame on the whole terminal, unless there is none yet.
func (s *liveScreen) view(title string, frame func() []string) (v tea.View) {
	v.AltScreen = true
	v.WindowTitle = s.windowTitle(clean(title))
	if s.width <= 0 || s.height <= 0 || s.err != nil {
		return v
	}
	v.Content = s.surely(s.drawn(func() string {
		rows := frame()
		for i := range rows {
			rows[i] = s.styles.fit(rows[i], s.width)
		}
		return strings.Join(rows, "\n")
	}))
	return v
}

// liveKey is a row of the table of a screen's keys.
type liveKey[O comparable] struct {
	op     O
	keys   []string
	label  string // in the help; "": the row above says it
	text   string
	footer string
}

// liveKeys is the one table of a screen's keys.
type liveKeys[O comparable] []liveKey[O]

// lookup returns the operation of a key, or the zero one.
func (t liveKeys[O]) lookup(key string) (op O) {
	for _, k := range t {
		if slices.Contains(k.keys, key) {
			return k.op
		}
	}
	return op
}

// footer is the last row of a screen: the keys that there is room for.
func (t liveKeys[O]) footer(st *styles, width int) string {
	row := ""
	for _, k := range t {
		key, word, there := strings.Cut(k.footer, " ")
		if !there {
			continue
		}
		next := st.accent.Render(key) + " " + st.dim.Render(word)
		if row != "" {
			next = st.dim.Render(st.dot) + next
		}
		if st.cells(row)+st.cells(next) < width {
			row += next
		}
	}
	return " " + row
}

// help is a page of the keys, and of words with what they mean, of which the longest
// has fewer cells than left.
func (t liveKeys[O]) help(st *styles, left, width int, words [][2]string) (rows []string) {
	add := func(name, text string) {
		rows = append(rows, st.hanging(st.fit(name, left), text, width, 4)...)
	}
	for _, k := range t {
		if k.label != "" {
			add(st.accent.Render(k.label), k.text)
		}
	}
	rows = append(rows, "")
	for _, w := range words {
		add(w[0], w[1])
	}
	return rows
}
