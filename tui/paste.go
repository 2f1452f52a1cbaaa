package tui

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/session"
)

const (
	pasteLines = 500                   // lines that one paste may send
	pastePause = 10 * time.Millisecond // between two of them: 500 small datagrams at once are more than a read buffer of Linux holds
)

// paste is pasted text of several lines, while the screen asks what is to
// become of it.
type paste struct {
	text  string   // with its line ends, but for those at its end
	lines []string // those that are not empty
}

// newPaste reads what a terminal pastes: most send a carriage return for a line
// end.
func newPaste(content string) paste {
	p := paste{text: strings.TrimRight(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(content), "\n")}
	for line := range strings.SplitSeq(p.text, "\n") {
		if line != "" {
			p.lines = append(p.lines, line)
		}
	}
	return p
}

// tooMany and tooLong are why the lines cannot be sent each, or as one.
func (p *paste) tooMany() bool { return len(p.lines) > pasteLines }
func (p *paste) tooLong() bool { return len(p.text) > mcast.MaxPayload }

// render is the question, in the row of the input; the keys that answer it are
// in the row below.
func (p *paste) render(st *styles, width int) string {
	lines, bytes := count(len(p.lines), "pasted line"), count(len(p.text), "byte")
	question, because := "Send "+lines+", "+bytes+"?", printable(p.lines[0])
	switch {
	case p.tooMany() && p.tooLong():
		question = "Too much to send: " + lines + ", " + bytes
		because = "at most " + count(pasteLines, "line") + ", or a datagram of " + count(mcast.MaxPayload, "byte")
	case p.tooMany():
		because = "as one datagram only: at most " + count(pasteLines, "line") + " are sent each"
	case p.tooLong():
		because = "each line only: a datagram holds " + count(mcast.MaxPayload, "byte")
	}
	row := " " + st.accent.Render(st.prompt) + " " + question + "  "
	return row + st.dim.Render(st.cut(because, max(0, width-st.cells(row))))
}

// pasted puts a line into the input that has the focus. Of several that are to
// be said it asks what to do.
func (m *model) pasted(msg tea.PasteMsg) tea.Cmd {
	p := newPaste(msg.Content)
	toSay := m.focus != onPicker && m.focus != onList && m.focus != onFind && !m.filtering
	switch {
	case len(p.lines) > 1 && toSay:
		m.page, m.flash = noPage, ""
		m.paste = &p
		m.focusOn(onPaste)
		return nil
	case m.paste != nil:
		return nil // first the answer
	case len(p.lines) > 1 && m.focus != onPicker:
		m.flash = count(len(p.lines), "row") + " pasted as one line"
	case len(p.lines) == 1:
		msg.Content = p.lines[0]
		if toSay && p.tooLong() {
			m.flash = count(len(p.text), "byte") + " pasted: a datagram holds " + count(mcast.MaxPayload, "byte")
		}
	}
	if toSay {
		m.focusOn(onInput)
	}
	return m.typed(msg)
}

// answer does what a key says about the paste. Keys of anything else wait until
// it is answered.
func (m *model) answer(todo op) tea.Cmd {
	p := m.paste
	switch {
	case todo == opQuit, todo == opSuspend:
		return m.act(todo)
	case todo == opBack:
		m.flash = "nothing was sent"
	case todo == opSendEach && !p.tooMany():
		m.unsent = append(m.unsent, p.lines...)
		if len(m.unsent) > len(p.lines) {
			break // those of the paste before are still being sent
		}
		m.endPaste()
		return m.sendPasted()
	case todo == opSendOne && !p.tooLong():
		m.endPaste()
		return m.sayPasted(p.text)
	default:
		return nil
	}
	m.endPaste()
	return nil
}

func (m *model) endPaste() {
	m.paste = nil
	m.focusOn(onInput)
}

// pasteMsg asks for the next pasted line to be sent.
type pasteMsg struct{}

// sendPasted sends the next pasted line, and the one after it in a while.
func (m *model) sendPasted() tea.Cmd {
	line := m.unsent[0]
	m.unsent = m.unsent[1:]
	cmd := m.sayPasted(line)
	if len(m.unsent) == 0 {
		m.unsent = nil
		return cmd
	}
	return tea.Batch(cmd, m.work.after(pastePause, pasteMsg{}))
}

// sayPasted sends text as it is: nothing in it is a command.
func (m *model) sayPasted(text string) tea.Cmd {
	m.freeze(false)
	m.talk.follow()
	return m.do(session.Say{Text: text})
}
