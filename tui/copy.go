package tui

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/groupcast/groupcast/mcast/chat"
)

// copy gives the marked lines to the clipboard of the user's terminal.
func (m *model) copy(all bool) tea.Cmd {
	lines := m.talk.markedLines()
	if len(lines) == 0 {
		m.flash = "nothing is marked: v marks"
		return nil
	}
	text, said := clipboardText(lines, all)
	if text == "" {
		m.flash = fmt.Sprintf("%s are too much for a terminal's clipboard: /save FILE", said)
		return nil
	}
	m.talk.unmark()
	m.flash = said + " given to the terminal's clipboard" + m.clipboardNote
	return tea.SetClipboard(text)
}

// clipboardText is the text of lines, with time and sender if all is wanted, and how
// much it is; "": it is too much.
func clipboardText(lines []chat.Line, all bool) (text, said string) {
	texts := make([]string, len(lines))
	for i, l := range lines {
		texts[i] = l.Text.String()
		if all {
			texts[i] = plainLine(l)
		}
	}
	text = strings.Join(texts, "\n")
	if len(text) > clipboardBytes {
		return "", count(len(text), "byte")
	}
	return text, count(len(lines), "line")
}

// clipboardNote is what the user's terminal wants before it takes a copy.
func clipboardNote(env []string) string {
	if slices.ContainsFunc(env, func(e string) bool { return strings.HasPrefix(e, "TMUX=") }) {
		return "; tmux passes it on after: set -g set-clipboard on"
	}
	return ""
}

// markHint says what can be done with marked lines.
const markHint = "up and down mark more, y copies, esc forgets the marks"

// clipboardBytes is the most that terminals take by OSC 52: many stop at 100,000
// characters of base64.
const clipboardBytes = 74_994

// plainLine is a line with its time and sender, as plain text.
func plainLine(l chat.Line) string {
	who := "-"
	switch l.Kind {
	case chat.Heard:
		who = clean(l.From.String())
		if l.Member.Name != "" {
			who = labelled(l.Member)
		}
		if at := siteOfLine(l); at != "" {
			who += " " + at
		}
	case chat.Own:
		who = "you"
	}
	// Rows of a text stand behind a gutter, or they could pass for other lines.
	at := l.At.Format("15:04:05") + " "
	return at + who + " " + chat.Gutter(l.Text.String(), len(at), 0)
}
