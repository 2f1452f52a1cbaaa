package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// control is a control character or an escape sequence that a program wrote.
type control struct {
	text   string
	cmd    ansi.Cmd    // of a CSI sequence
	params ansi.Params // of a CSI sequence
}

// controls takes what a program wrote apart, and leaves the text out. A C1
// control character is an error: some terminals obey it.
func controls(t *testing.T, raw string) []control {
	t.Helper()
	if !utf8.ValidString(raw) {
		t.Errorf("what was written is not valid UTF-8: %q", raw)
	}
	for i, r := range raw {
		if r >= 0x80 && r < 0xa0 {
			t.Errorf("a C1 control character was written: %q", around(raw, i))
		}
	}
	var list []control
	p := ansi.NewParser()
	for state, rest := byte(0), raw; rest != ""; {
		seq, _, n, next := ansi.DecodeSequence(rest, state, p)
		if c := seq[0]; c < ' ' || c == 0x7f {
			list = append(list, control{seq, ansi.Cmd(p.Command()), slices.Clone(p.Params())})
		}
		state, rest = next, rest[n:]
	}
	return list
}

func around(s string, at int) string { return s[max(0, at-20):min(len(s), at+20)] }

// The escape sequences that the screen is drawn with. CSI sequences without a
// mark of a private one: the cursor, what erases, inserts, deletes, repeats
// and scrolls, and SGR.
const drawing = "@ABCDEFGHIJKLMPSTXZ`abdefmr"

// Modes that are set and reset, and what is asked of the terminal, once:
// private CSI sequences, without their introducer.
var modes = strings.Fields(`?25h ?25l ?1002h ?1002l ?1003l ?1004h ?1004l ?1006h ?1006l ?1049h ?1049l
	?2004h ?2004l ?2026h ?2026l ?2027h ?2027l ?2026$p ?2027$p ?5W ?u >1u <1u >4m >4;2m`)

// checkOurs checks that a program wrote no control sequence but the screen's
// own, with its title.
func checkOurs(t *testing.T, raw, title string) {
	t.Helper()
	for _, c := range controls(t, raw) {
		if why := notOurs(c, title); why != "" {
			t.Errorf("%s: %q", why, c.text)
		}
	}
}

// notOurs says what is wrong with a control sequence, or "".
func notOurs(c control, title string) string {
	body, isCSI := strings.CutPrefix(c.text, "\x1b[")
	switch {
	case isCSI && c.cmd.Prefix() == 0 && c.cmd.Intermediate() == 0:
		if !strings.ContainsRune(drawing, rune(c.cmd.Final())) {
			return "this does not draw"
		}
	case isCSI && c.cmd.Prefix() == 0:
		if c.cmd.Intermediate() != ' ' || c.cmd.Final() != 'q' { // the cursor's shape
			return "this does not draw"
		}
	case isCSI:
		if !slices.Contains(modes, body) {
			return "the screen has no use for this mode"
		}
	case strings.HasPrefix(c.text, "\x1b]"):
		if !slices.Contains([]string{"\x1b]11;?\a", "\x1b]2;\a", "\x1b]2;" + title + "\a"}, c.text) {
			return "this is not the screen's title, nor its question for the background"
		}
	case !slices.Contains([]string{"\b", "\t", "\n", "\r", "\x1bM"}, c.text):
		return "the screen has no use for this"
	}
	return ""
}

// colours are the SGR sequences with a colour in them.
func colours(list []control) (found []string) {
	for _, c := range list {
		if !strings.HasPrefix(c.text, "\x1b[") || c.cmd != ansi.Cmd('m') {
			continue
		}
		for _, p := range c.params {
			if n := p.Param(0); n >= 30 && n <= 49 || n >= 90 && n <= 107 {
				found = append(found, c.text)
				break
			}
		}
	}
	return found
}

// bells counts the bells that ring; one that ends a title does not.
func bells(list []control) (n int) {
	for _, c := range list {
		if c.text == "\a" {
			n++
		}
	}
	return n
}

// The test's own ears have to be good.
func TestNotOurs(t *testing.T) {
	for _, c := range []struct {
		raw string
		bad bool
	}{
		{"plain text, a\r\nb, \x1b[1;31mred\x1b[m \x1b[2J\x1b[?25l\x1b[1 q", false},
		{"\x1b]2;title\a\x1b]2;\a\x1b]11;?\a", false},
		{"\x1b]2;another\a", true},
		{"\x1b]52;c;AA==\a", true},
		{"\x1b]8;;http://example.com\x1b\\", true},
		{"\x1b[6n", true},
		{"\x1b[c", true},
		{"\x1b[?1000h", true},
		{"\x1bP1$r0m\x1b\\", true},
		{"\x1b_Ga=T\x1b\\", true},
		{"\x1b^private\x1b\\", true},
		{"\x1bXstring\x1b\\", true},
		{"\x1bc", true},
		{"bell\a", true},
		{"shift\x0e", true},
		{"delete\x7f", true},
	} {
		var found []string
		for _, s := range controls(t, c.raw) {
			if why := notOurs(s, "title"); why != "" {
				found = append(found, fmt.Sprintf("%s: %q", why, s.text))
			}
		}
		if (len(found) > 0) != c.bad {
			t.Errorf("%q: found %q, want something found: %t", c.raw, found, c.bad)
		}
	}
	list := controls(t, "\x1b[1;38;5;80mA\x1b[4m\x1b[97m\x1b]2;x\a\a")
	if got := colours(list); len(got) != 2 {
		t.Errorf("coloured: %q, want two sequences", got)
	}
	if got := bells(list); got != 1 {
		t.Errorf("%d bells, want 1: the other one ends a title", got)
	}
}
