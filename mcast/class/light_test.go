package class

import (
	"strings"
	"testing"
	"testing/synctest"
)

// A program is told of the page's background, and a page whether the program wants to know
// of its mouse.
func TestTerminalLightAndMouse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var replies strings.Builder
		term := NewTerminal(Size{20, 5}, func(p []byte) { replies.Write(p) })
		defer term.Close()
		term.Write([]byte("\x1b]11;?\x07"))
		term.SetLight(true)
		term.Write([]byte("\x1bc\x1b]11;?\x07"))
		synctest.Wait()
		if got, want := replies.String(), "\x1b]11;rgb:0000/0000/0000\x07\x1b]11;rgb:ffff/ffff/ffff\x07"; got != want {
			t.Errorf("of its background it answers %q, want %q", got, want)
		}
		for _, tt := range []struct {
			sequence string
			want     bool
		}{{"\x1b[?1002h", true}, {"\x1b[?1002l", false}, {"\x1b[?1003h", true}, {"\x1bc", false}} {
			before, _ := term.Next(t.Context(), 0)
			term.Write([]byte(tt.sequence))
			if s, err := term.Next(t.Context(), before.Version); err != nil || s.Mouse != tt.want {
				t.Errorf("after %q: mouse %t, %v", tt.sequence, s.Mouse, err)
			}
		}
	})
}
