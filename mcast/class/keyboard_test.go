package class

import "testing"

// typing is what a program reads of an input, after it has written modes.
func typing(t *testing.T, modes string, in Input) string {
	t.Helper()
	term := NewTerminal(Size{80, 24}, func([]byte) {})
	defer term.Close()
	term.Write([]byte(modes))
	return string(term.Encode(in))
}

func TestKeys(t *testing.T) {
	for _, tt := range []struct {
		key               string
		ctrl, alt, shift  bool
		want, application string // "": the same in application cursor mode
	}{
		{key: "a", want: "a"},
		{key: "é", want: "é"},
		{key: "ArrowUp", want: "\x1b[A", application: "\x1bOA"},
		{key: "End", want: "\x1b[F", application: "\x1bOF"},
		{key: "ArrowRight", ctrl: true, want: "\x1b[1;5C"},
		{key: "ArrowLeft", ctrl: true, want: "\x1b[1;5D"},
		{key: "ArrowUp", alt: true, shift: true, want: "\x1b[1;4A"},
		{key: "Home", ctrl: true, alt: true, shift: true, want: "\x1b[1;8H"},
		{key: "PageUp", want: "\x1b[5~"},
		{key: "Delete", ctrl: true, want: "\x1b[3;5~"},
		{key: "F1", want: "\x1bOP"},
		{key: "F4", shift: true, want: "\x1b[1;2S"},
		{key: "F5", want: "\x1b[15~"},
		{key: "F12", alt: true, want: "\x1b[24;3~"},
		{key: "Enter", want: "\r"},
		{key: "Enter", alt: true, want: "\x1b\r"},
		{key: "Tab", want: "\t"},
		{key: "Tab", shift: true, want: "\x1b[Z"},
		{key: "Escape", want: "\x1b"},
		{key: "Backspace", want: "\x7f"},
		{key: "Backspace", ctrl: true, want: "\b"},
		{key: "Backspace", alt: true, want: "\x1b\x7f"},
		{key: "c", ctrl: true, want: "\x03"},
		{key: "C", ctrl: true, shift: true, want: "\x03"},
		{key: "b", alt: true, want: "\x1bb"},
		{key: "w", ctrl: true, alt: true, want: "\x1b\x17"},
		{key: " ", ctrl: true, want: "\x00"},
		{key: "[", ctrl: true, want: "\x1b"},
		{key: "]", ctrl: true, want: "\x1d"},
		{key: "/", ctrl: true, want: "\x1f"},
		{key: "?", ctrl: true, want: "\x7f"},
		{key: "2", ctrl: true, want: "\x00"},
		{key: "4", ctrl: true, want: "\x1c"},
		{key: "8", ctrl: true, want: "\x7f"},
		{key: "é", ctrl: true, want: "é"},
		{key: "Shift", shift: true},
		{key: "Dead"},
		{key: "F13"},
		{key: "\x1b"},
		{key: "\x00"},
		{key: "\u009b"},
		{key: "\xff"},
	} {
		in := Input{Key: Key{Name: tt.key, Ctrl: tt.ctrl, Alt: tt.alt, Shift: tt.shift}}
		if got := typing(t, "", in); got != tt.want {
			t.Errorf("%+v is %q, want %q", in.Key, got, tt.want)
		}
		if tt.application == "" {
			tt.application = tt.want
		}
		if got := typing(t, "\x1b[?1h", in); got != tt.application {
			t.Errorf("%+v is %q in application mode, want %q", in.Key, got, tt.application)
		}
	}
}

func TestTextAndPastes(t *testing.T) {
	for _, tt := range []struct {
		name, modes string
		in          Input
		want        string
	}{
		{"text", "", Input{Text: "héllo 字\n"}, "héllo 字\r"},
		{"a sequence in text", "", Input{Text: "a\x1b[31m\x00\x7f\u009bb\xff"}, "a[31mb"},
		{"a paste", "", Input{Paste: "one\r\ntwo\nthree\tfour"}, "one\rtwo\rthree\tfour"},
		{"a paste, told from keys", "\x1b[?2004h", Input{Paste: "one\ntwo"}, "\x1b[200~one\rtwo\x1b[201~"},
		{"one that would end itself", "\x1b[?2004h", Input{Paste: "a\x1b[201~rm\n"}, "\x1b[200~a[201~rm\r\x1b[201~"},
		{"no longer told", "\x1b[?2004h\x1b[?2004l", Input{Paste: "a"}, "a"},
		{"after a reset", "\x1b[?2004h\x1bc", Input{Paste: "a"}, "a"},
		{"nothing", "\x1b[?2004h", Input{}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := typing(t, tt.modes, tt.in); got != tt.want {
				t.Errorf("the program reads %q, want %q", got, tt.want)
			}
		})
	}
}

func TestMouse(t *testing.T) {
	const sgr = "\x1b[?1006h"
	for _, tt := range []struct {
		name, modes string
		m           Mouse
		want        string
	}{
		{"nobody asked", "", Mouse{X: 3, Y: 4, Button: 1}, ""},
		{"a press", "\x1b[?1000h" + sgr, Mouse{X: 3, Y: 4, Button: 1}, "\x1b[<0;4;5M"},
		{"its release", "\x1b[?1000h" + sgr, Mouse{X: 3, Y: 4, Button: 1, Kind: Release}, "\x1b[<0;4;5m"},
		{"the wheel, with ctrl", "\x1b[?1000h" + sgr, Mouse{X: 3, Y: 4, Button: 5, Ctrl: true}, "\x1b[<81;4;5M"},
		{"a move that nobody asked for", "\x1b[?1000h" + sgr, Mouse{X: 3, Y: 4, Button: 1, Kind: Move}, ""},
		{"a drag", "\x1b[?1002h" + sgr, Mouse{X: 3, Y: 4, Button: 1, Kind: Move}, "\x1b[<32;4;5M"},
		{"a move without a button", "\x1b[?1002h" + sgr, Mouse{X: 3, Y: 4, Kind: Move}, ""},
		{"any move", "\x1b[?1003h" + sgr, Mouse{X: 3, Y: 4, Kind: Move}, "\x1b[<35;4;5M"},
		{"in bytes", "\x1b[?1000h", Mouse{X: 3, Y: 4, Button: 3}, "\x1b[M\"$%"},
		{"its release in bytes", "\x1b[?1000h", Mouse{X: 3, Y: 4, Button: 3, Kind: Release}, "\x1b[M#$%"},
		{"too far for bytes", "\x1b[?1000h", Mouse{X: 223, Y: 4, Button: 1}, ""},
		{"presses only", "\x1b[?9h", Mouse{X: 3, Y: 4, Button: 1}, "\x1b[M $%"},
		{"presses only, a release", "\x1b[?9h", Mouse{X: 3, Y: 4, Button: 1, Kind: Release}, ""},
		{"a button that is none", "\x1b[?1003h" + sgr, Mouse{X: 3, Y: 4, Button: 99}, ""},
		{"a press of none", "\x1b[?1003h" + sgr, Mouse{X: 3, Y: 4}, ""},
		{"no kind", "\x1b[?1003h" + sgr, Mouse{X: 3, Y: 4, Button: 1, Kind: 7}, ""},
		{"left of the screen", "\x1b[?1003h" + sgr, Mouse{X: -1, Y: 4, Button: 1}, ""},
		{"beyond it", "\x1b[?1003h" + sgr, Mouse{X: 80, Y: 4, Button: 1}, ""},
		{"below it", "\x1b[?1003h" + sgr, Mouse{X: 3, Y: 24, Button: 1}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := typing(t, tt.modes, Input{Mouse: &tt.m}); got != tt.want {
				t.Errorf("the program reads %q, want %q", got, tt.want)
			}
		})
	}
}

func TestFocus(t *testing.T) {
	term := NewTerminal(Size{80, 24}, func([]byte) {})
	defer term.Close()
	if b := term.Focus(true); b != nil {
		t.Errorf("nobody asked, and %q is told", b)
	}
	term.Write([]byte("\x1b[?1004h"))
	if in, out := term.Focus(true), term.Focus(false); string(in) != "\x1b[I" || string(out) != "\x1b[O" {
		t.Errorf("%q and %q are told", in, out)
	}
}
