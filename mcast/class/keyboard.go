package class

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// csiKeys are keys that send CSI and a final byte, or SS3 in the mode of application
// cursor keys (DECCKM); with a modifier CSI 1 ; N and the byte, as xterm does.
var csiKeys = map[string]byte{
	"ArrowUp": 'A', "ArrowDown": 'B', "ArrowRight": 'C', "ArrowLeft": 'D', "End": 'F', "Home": 'H',
}

// tildeKeys send CSI N ~.
var tildeKeys = map[string]int{
	"Insert": 2, "Delete": 3, "PageUp": 5, "PageDown": 6,
	"F5": 15, "F6": 17, "F7": 18, "F8": 19, "F9": 20, "F10": 21, "F11": 23, "F12": 24,
}

// ss3Keys send SS3 and a byte.
var ss3Keys = map[string]byte{"F1": 'P', "F2": 'Q', "F3": 'R', "F4": 'S'}

var plainKeys = map[string]string{"Enter": "\r", "Tab": "\t", "Backspace": "\x7f", "Escape": "\x1b", " ": " "}

// modesSet are the modes that a program has set: what it wants to read, mostly.
type modesSet struct {
	cursorKeys, paste, focus       bool
	mouse, drag, anyMotion, mouseX bool // 1000, 1002, 1003, 9
	sgr                            bool
	noWrap                         bool // of lines that are full
}

// wantsMouse reports whether the program is told anything of the mouse.
func (m *modesSet) wantsMouse() bool { return m.mouseX || m.mouse || m.drag || m.anyMotion }

func (m *modesSet) set(mode ansi.Mode, on bool) {
	switch mode {
	case ansi.ModeCursorKeys:
		m.cursorKeys = on
	case ansi.ModeBracketedPaste:
		m.paste = on
	case ansi.ModeFocusEvent:
		m.focus = on
	case ansi.ModeMouseX10:
		m.mouseX = on
	case ansi.ModeMouseNormal:
		m.mouse = on
	case ansi.ModeMouseButtonEvent:
		m.drag = on
	case ansi.ModeMouseAnyEvent:
		m.anyMotion = on
	case ansi.ModeMouseExtSgr:
		m.sgr = on
	case ansi.ModeAutoWrap:
		m.noWrap = !on
	}
}

func (m *modesSet) encode(in Input, size Size) []byte {
	var b []byte
	b = append(b, typed(in.Text)...)
	if in.Key.Name != "" {
		b = append(b, m.key(in.Key)...)
	}
	if in.Paste != "" {
		b = append(b, m.pasted(in.Paste)...)
	}
	if in.Mouse != nil {
		b = append(b, m.mouseEvent(*in.Mouse, size)...)
	}
	return b
}

// typed is text as a keyboard gives it: no sequence is among it.
func typed(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return '\r'
		case r == '\r' || r == '\t' || r >= 0x20 && r != 0x7f && (r < 0x80 || r > 0x9f) && r != utf8.RuneError:
			return r
		}
		return -1
	}, s)
}

// pasted is a paste, in brackets where the program asked for them. It cannot close them
// itself.
func (m *modesSet) pasted(s string) string {
	s = typed(strings.ReplaceAll(s, "\r\n", "\n"))
	if m.paste {
		return ansi.BracketedPasteStart + s + ansi.BracketedPasteEnd
	}
	return s
}

func (m *modesSet) key(k Key) string {
	modifier := 1
	for _, mod := range []struct {
		on  bool
		bit int
	}{{k.Shift, 1}, {k.Alt, 2}, {k.Ctrl, 4}} {
		if mod.on {
			modifier += mod.bit
		}
	}
	if final, ok := csiKeys[k.Name]; ok {
		switch {
		case modifier > 1:
			return fmt.Sprintf("\x1b[1;%d%c", modifier, final)
		case m.cursorKeys:
			return "\x1bO" + string(final)
		}
		return "\x1b[" + string(final)
	}
	if final, ok := ss3Keys[k.Name]; ok {
		if modifier > 1 {
			return fmt.Sprintf("\x1b[1;%d%c", modifier, final)
		}
		return "\x1bO" + string(final)
	}
	if n, ok := tildeKeys[k.Name]; ok {
		if modifier > 1 {
			return fmt.Sprintf("\x1b[%d;%d~", n, modifier)
		}
		return fmt.Sprintf("\x1b[%d~", n)
	}
	if k.Name == "Tab" && k.Shift {
		return "\x1b[Z"
	}
	text, ok := plainKeys[k.Name]
	if !ok {
		if utf8.RuneCountInString(k.Name) != 1 {
			return "" // a key that no terminal has
		}
		text = typed(k.Name)
	}
	if k.Ctrl {
		text = withCtrl(text)
	}
	if k.Alt && text != "" {
		text = "\x1b" + text
	}
	return text
}

// withCtrl is the control character of a key (ECMA-48): the lower five bits.
func withCtrl(text string) string {
	if len(text) != 1 {
		return text
	}
	switch c := text[0]; {
	case c >= 'a' && c <= 'z', c >= '@' && c <= '_':
		return string(rune(c & 0x1f))
	case c == ' ', c == '2':
		return "\x00"
	case c >= '3' && c <= '7': // as xterm has them
		return string(rune(c - '3' + 0x1b))
	case c == '/':
		return "\x1f"
	case c == '?', c == '8':
		return "\x7f"
	case c == 0x7f:
		return "\b"
	}
	return text
}

// mouseEvent is what the program asked to be told, on a screen of a size, and nothing if
// it did not ask.
func (m *modesSet) mouseEvent(e Mouse, size Size) string {
	motion, release := e.Kind == Move, e.Kind == Release
	x10 := m.mouseX && !m.mouse && !m.drag && !m.anyMotion
	switch {
	case e.Button < 0 || e.Button > 5 || e.X < 0 || e.Y < 0 || e.X >= size.Width || e.Y >= size.Height:
		return ""
	case e.Kind != Press && !motion && !release, e.Button == 0 && !motion:
		return ""
	case motion && !m.anyMotion && !(m.drag && e.Button != 0):
		return ""
	case !m.wantsMouse(), x10 && release:
		return ""
	}
	button := ansi.EncodeMouseButton(ansi.MouseButton(e.Button), motion, e.Shift, e.Alt, e.Ctrl)
	if m.sgr {
		return ansi.MouseSgr(button, e.X, e.Y, release)
	}
	if release {
		button = ansi.EncodeMouseButton(ansi.MouseNone, motion, e.Shift, e.Alt, e.Ctrl)
	}
	if e.X > 222 || e.Y > 222 { // more than a byte can tell
		return ""
	}
	return ansi.MouseX10(button, e.X, e.Y)
}
