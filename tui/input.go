package tui

import (
	"strings"
	"unicode"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"github.com/groupcast/groupcast/mcast/chat"
)

const historyLines = 200

// input is the line that is being typed, and earlier input. The
// editing is the textinput's; it is drawn here, because its cursor stands
// wrong behind wide characters.
type input struct {
	styles  *styles
	name    string // before the prompt
	empty   string // shown while nothing is typed
	edit    textinput.Model
	history []string
	at      int    // the line of history that is shown; len(history): the draft
	draft   string // what was being typed before up was pressed
}

func newInput(name, empty string) input {
	edit := textinput.New()
	edit.SetVirtualCursor(false)
	edit.CharLimit = 1 << 17            // twice what fits in a datagram: too long is for the send to say, not for us to cut
	edit.KeyMap.Paste.SetEnabled(false) // terminals paste by themselves; this would start a program
	edit.Focus()
	return input{name: name, empty: empty, edit: edit}
}

// update gives a key or a paste to the line.
func (i *input) update(msg tea.Msg) tea.Cmd {
	var cmd tea.Cmd
	i.edit, cmd = i.edit.Update(msg)
	return cmd
}

func (i *input) value() string { return i.edit.Value() }

// set replaces the line, the cursor at its end.
func (i *input) set(s string) {
	i.edit.SetValue(s)
	i.edit.CursorEnd()
}

// done empties the line and remembers it.
func (i *input) done() {
	if s := i.value(); s != "" && (len(i.history) == 0 || i.history[len(i.history)-1] != s) {
		i.history = append(i.history, s)
		i.history = i.history[max(0, len(i.history)-historyLines):]
	}
	i.at, i.draft = len(i.history), ""
	i.edit.Reset()
}

// recall walks the history: up when negative.
func (i *input) recall(by int) {
	if i.at == len(i.history) {
		i.draft = i.value()
	}
	to := min(max(0, i.at+by), len(i.history))
	if to == i.at {
		return
	}
	i.at = to
	if to == len(i.history) {
		i.set(i.draft)
	} else {
		i.set(i.history[to])
	}
}

// render gives the row and the column of the cursor in it.
func (i *input) render(width int, focused bool) (row string, cursor int) {
	st := i.styles
	label := st.prompt
	if i.name != "" {
		label = i.name + " " + st.prompt
	}
	space := width - st.cells(label) - 3
	if space < 1 {
		return st.fit(st.prompt, width), max(0, width-1)
	}
	start := st.cells(label) + 2
	if !focused {
		text := printable(i.value())
		if text == "" {
			text = "esc to type"
		}
		return st.fit(" "+st.dim.Render(label+" "+st.cut(text, space)), width), 0
	}
	prompt := " " + st.accent.Render(label) + " "
	value := []rune(printable(i.value()))
	if len(value) == 0 {
		return st.fit(prompt+st.dim.Render(st.cut(i.empty, space)), width), start
	}
	pos := min(i.edit.Position(), len(value))
	before := st.cells(string(value[:pos]))
	left := max(0, before-space+1)
	return st.fit(prompt+st.truncate(st.slice(string(value), left, left+space), space, ""), width), min(start+before-left, width-1)
}

// printable keeps as many runes as there are, so that the cursor's place
// holds: what cannot be shown becomes U+FFFD.
func printable(s string) string {
	runes := []rune(s)
	var joins []bool // most lines have none
	if strings.ContainsRune(s, joiner) {
		joins = chat.KeepJoiners(runes)
	}
	for i, r := range runes {
		if !unicode.IsPrint(r) && (joins == nil || !joins[i]) {
			runes[i] = unicode.ReplacementChar
		}
	}
	return string(runes)
}
