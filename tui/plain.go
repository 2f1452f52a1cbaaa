package tui

import (
	"errors"
	"fmt"
	"time"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/session"
)

// Hint says what to do about an error of [Command], or "".
func Hint(err error) string {
	if a, ok := errors.AsType[*mcast.Advised](err); ok {
		return a.Advice
	}
	return ""
}

// Command reads a typed line for a program that has no screen: a line that
// starts with a slash is a command, any other is said. It returns an action for
// the session, or nil; lines to print, which are safe to write to a terminal;
// and whether to end. [Hint] says what to do about an error.
func Command(line string, s session.Snapshot) (a session.Action, text []string, quitting bool, err error) {
	asked, err := parse(line, s)
	if err != nil {
		return nil, nil, false, err
	}
	switch asked := asked.(type) {
	case showHelp:
		return nil, helpText(), false, nil
	case showWho:
		return nil, who(s, time.Now()), false, nil
	case showMatrix:
		return nil, MatrixText(s, 0), false, nil
	case showKey:
		return nil, asked.rows, false, nil
	case clearTalk:
		return nil, nil, false, nil
	case openPicker:
		return nil, choicesText(asked.kind, withMembers(s)), false, nil
	case quit:
		return nil, nil, true, nil
	case session.Save:
		return nil, nil, false, &mcast.Advised{
			Err:    errors.New("/save: only the screen keeps the talk"),
			Advice: "here it goes to standard output: start with > FILE, or | tee FILE",
		}
	case session.Action:
		return asked, nil, false, nil
	}
	return nil, nil, false, nil
}

func helpText() []string {
	width := 0
	for _, c := range commands {
		width = max(width, len(c.usage()))
	}
	rows := make([]string, 0, len(commands)+1)
	for _, c := range commands {
		rows = append(rows, fmt.Sprintf("%-*s  %s", width, c.usage(), c.text))
	}
	return append(rows, fmt.Sprintf("%-*s  %s", width, "//text", "says /text"))
}

// choicesText lists the choices of a picker.
func choicesText(kind pickerKind, s session.Snapshot) []string {
	st := newStyles(true, true, ansi.WcWidth, colorprofile.TrueColor)
	rows := []string{kind.title(s) + ":"}
	for _, c := range choices(st, kind, s, "") {
		row := "  " + c.name
		for _, more := range []string{c.facts, c.means} {
			if more != "" {
				row += "  " + more
			}
		}
		rows = append(rows, ansi.Strip(row))
	}
	return append(rows, "choose with: "+kind.command())
}
