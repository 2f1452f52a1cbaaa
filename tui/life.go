package tui

import (
	"cmp"
	"context"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"github.com/groupcast/groupcast/mcast/session"
)

// life is the part of a model that works outside of Update, and that ends the
// screen.
type life struct {
	work *worker
	err  error // what ended it
	quit func()

	away      bool // the terminal is not looked at, as it says
	unchanged bool // the last message changed nothing on the screen
}

func newLife(s Session) life {
	return life{work: &worker{ctx: context.Background(), session: s}, quit: func() {}}
}

// guarded calls f; a panic in it ends the screen.
func (l *life) guarded(f func() tea.Cmd) (cmd tea.Cmd) {
	defer func() {
		if r := recover(); r != nil {
			l.err = cmp.Or[error](l.err, session.Recovered(r))
			cmd = tea.Quit
		}
	}()
	return f()
}

// drawn calls draw, in View; a panic in it ends the screen, with an empty one.
func (l *life) drawn(draw func() string) (content string) {
	defer func() {
		if r := recover(); r != nil {
			l.err = cmp.Or[error](l.err, session.Recovered(r))
			content = ""
			l.quit()
		}
	}()
	return draw()
}

// appearance says how to draw: as the options ask, and as the terminal can.
type appearance struct {
	recording func() string // what is said of a recording; nil: there is none
	ascii     bool
	host      string // of a lab; "": none
	theme     Theme
	dark      bool
	profile   colorprofile.Profile
	method    ansi.Method
}

func newAppearance(opts Options) appearance {
	return appearance{recording: opts.Recording, ascii: opts.ASCII, host: clean(opts.Host), theme: opts.Theme, dark: isDark(opts.Theme, opts.Env), profile: colorprofile.TrueColor}
}

// recorded is what is said of a recording; "": there is none.
func (a *appearance) recorded() string {
	if a.recording == nil {
		return ""
	}
	return a.recording()
}

func (a *appearance) newStyles() *styles { return newStyles(a.dark, a.ascii, a.method, a.profile) }

// joiner makes one emoji of several (U+200D ZERO WIDTH JOINER).
const joiner = '\u200d'

// surely leaves out the joiners in emoji where the terminal does not count
// grapheme clusters: it may draw a family in two cells or in six. The people of it
// side by side have the same width everywhere, and the one that the screen was laid
// out for.
func (a *appearance) surely(content string) string {
	if a.method == ansi.GraphemeWidth {
		return content
	}
	return strings.ReplaceAll(content, string(joiner), "")
}

// windowTitle names the terminal's window, the lab's host first: the end is what a
// tab has no room for.
func (a *appearance) windowTitle(title string) string {
	if a.host == "" {
		return title
	}
	return a.host + ": " + title
}

// nameplate is the lab's host at the start of the first row: who is who on a
// projector.
func (st *styles) nameplate(host string) string {
	if host == "" {
		return ""
	}
	return st.host.Render(" " + host + " ")
}

// unicodeCore are the answers of a terminal that can count the width of
// grapheme clusters (mode 2027).
var unicodeCore = []ansi.ModeSetting{ansi.ModeSet, ansi.ModeReset, ansi.ModePermanentlySet}

// learn takes in what the terminal tells of itself. It reports whether msg was
// that, so that new styles are due.
func (a *appearance) learn(msg tea.Msg) bool {
	switch msg := msg.(type) {
	case tea.BackgroundColorMsg:
		if a.theme != ThemeAuto {
			return false
		}
		a.dark = msg.IsDark()
	case tea.ColorProfileMsg:
		a.profile = msg.Profile
	case tea.ModeReportMsg:
		if msg.Mode != ansi.ModeUnicodeCore || !slices.Contains(unicodeCore, msg.Value) {
			return false
		}
		// The renderer counts grapheme clusters from now on, and so do we.
		a.method = ansi.GraphemeWidth
	default:
		return false
	}
	return true
}
