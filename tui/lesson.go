package tui

import (
	"strings"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/session"
)

// step is one of the lesson's.
type step uint8

const (
	stepTalk step = iota
	stepWhy
	stepFix
	stepAgain
	stepNext
	steps
)

// stepNames are the names of the steps above the lesson, and their texts where
// there is only one row.
var stepNames = [steps][2]string{
	{"talk", "say something: B answers what it hears"},
	{"why", "silence: tab, tab, enter says why"},
	{"fix", "ctrl+f: the fix"},
	{"again", "say it again: B should hear you"},
	{"what now", "done. F2 F3 F4 show more; ctrl+c ends"},
}

// lesson is the region above the talk that leads through the article: host A
// talks, its own copy comes back, and B, which answers whom it hears, is
// silent. It goes by what happens, so that the steps can be done in any order.
type lesson struct {
	styles *styles
	on     bool // there is a lesson
	hidden bool

	sends     session.Egress // where they leave now,
	first     session.Egress // and where they left when it all began
	suggested string         // by which interface the doctor would send
	wrong     bool           // it still finds wrong-egress
	said      bool           // a line left the first way, and its copy is settled:
	copied    chat.Copy      // so
	looked    bool           // the page of a finding or the map was open
	again     int            // the interface by which a line left another way; 0: none did
	answered  bool           // somebody was heard there after it
}

// setState takes in where sends leave and what the doctor finds.
func (s *lesson) setState(snap session.Snapshot) {
	s.sends, s.wrong = snap.Sends, false
	if s.first.Interface == "" {
		s.first = snap.Sends
	}
	for _, f := range snap.Findings {
		if f.Name == "wrong-egress" {
			s.wrong = true
			s.suggested = suggestedInterface(f)
		}
	}
}

func suggestedInterface(f doctor.Finding) string {
	if f.Fix == nil {
		return ""
	}
	return f.Fix.UseInterface
}

// hear takes in lines of the talk.
func (s *lesson) hear(lines []chat.Line) {
	for _, l := range lines {
		switch {
		case l.Kind == chat.Heard:
			s.answered = s.answered || s.again != 0 && l.IfIndex == s.again && !l.Local
		case l.Kind != chat.Own || l.Copy == chat.CopyNone || s.first.Interface == "":
		case l.IfIndex != s.first.IfIndex:
			s.again = l.IfIndex
		case l.Copy != chat.CopyPending:
			s.said, s.copied = true, l.Copy
		}
	}
}

// fixed reports whether sends leave another way than they did, and a good one.
func (s *lesson) fixed() bool {
	moved := s.first.Interface != "" && s.sends.Err == nil && s.sends.Interface != s.first.Interface
	return moved && !s.wrong && (s.suggested == "" || s.sends.Interface == s.suggested)
}

// done reports for each step whether it was done.
func (s *lesson) done() [steps]bool {
	return [steps]bool{
		stepTalk:  s.said,
		stepWhy:   s.looked,
		stepFix:   s.answered || s.fixed(),
		stepAgain: s.answered,
	}
}

// now is the step that comes next. Who fixed it first has nothing to learn from
// silence any more.
func (s *lesson) now() step {
	switch {
	case s.answered:
		return stepNext
	case s.fixed():
		return stepAgain
	case !s.said:
		return stepTalk
	case !s.looked:
		return stepWhy
	}
	return stepFix
}

// text says what to know and to do now.
func (s *lesson) text() string {
	first, sends := clean(s.first.Interface), clean(s.sends.Interface)
	better := clean(s.suggested)
	if better == "" {
		better = "another interface"
	}
	switch s.now() {
	case stepTalk:
		return "You are host A. Host B is on your LAN and answers everybody that it hears. Say something: type it, and press enter."
	case stepWhy:
		return s.copyText() + " Why? Press tab until Pitfalls has the pointer, then enter (or F4: the map)."
	case stepFix:
		return "The group is joined on " + better + " as well, but a join only chooses where you receive. Routing chooses the outgoing interface: it chose " +
			first + because(s.first) + ". Press ctrl+f: send out of " + better + "."
	case stepAgain:
		why := ""
		if !s.looked || !s.said {
			why = "Sends left via " + first + because(s.first) + ", and B is not there. "
		}
		say := "Say it again"
		if !s.said {
			say = "Say something"
		}
		return why + "Sends leave via " + sends + " now, from " + clean(s.sends.Source.String()) + ". " + say + ": B should hear you and answer."
	}
	return "B heard you. That is the article: joining does not choose the outgoing interface, and an own copy is no proof. What now: " +
		"F2 shows every datagram, F3 the calls, F4 the map; groupcast lab run has the other lessons; ctrl+c ends."
}

func (s *lesson) copyText() string {
	switch s.copied {
	case chat.CopyBack:
		return "Your line came back (" + s.styles.copied + "), and B says nothing. That is your own copy (the loopback copy), made before the wire: it proves nothing."
	case chat.CopyOff:
		return "Own copies are off, and B says nothing."
	}
	return "Not even your own copy came back, and B says nothing."
}

// because is the route behind a way out, in parentheses.
func because(e session.Egress) string {
	if e.Because == "" {
		return ""
	}
	return " (" + clean(e.Because) + ")"
}

// rows are at most limit of the text or, when it needs more, the short form.
func (s *lesson) rows(width, limit int) []string {
	if rows, more := s.styles.wrap(s.text(), width, limit); limit > 1 && !more {
		return rows
	}
	return []string{s.short(width)}
}

// short is the lesson in one row.
func (s *lesson) short(width int) string {
	return s.styles.cut(s.styles.accent.Render(s.number())+" "+stepNames[s.now()][1], width)
}

func (s *lesson) number() string { return string('1'+rune(s.now())) + "/" + string('0'+rune(steps)) }

// progress is a glyph and a name for each step.
func (s *lesson) progress() string {
	st, done := s.styles, s.done()
	words := make([]string, 0, steps)
	for n, name := range stepNames {
		switch {
		case done[n]:
			words = append(words, st.good.Render(st.done)+" "+st.dim.Render(name[0]))
		case step(n) == s.now():
			words = append(words, st.accent.Render(st.pointer)+" "+st.bold.Render(name[0]))
		default:
			words = append(words, st.dim.Render(st.remark+" "+name[0]))
		}
	}
	return strings.Join(words, "  ")
}

// section is the lesson in its place above the main part.
func (s *lesson) section(width, rows int) section {
	return section{title: "Lesson " + s.number(), note: s.progress(), body: strings.Join(s.rows(width, rows), "\n"), rows: rows}
}
