package class

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// screenOf is what a page of a terminal shows, a line for each row.
func screenOf(t *testing.T, term *Terminal) string {
	t.Helper()
	s, err := term.Next(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for y := range s.Height {
		for _, r := range s.Rows[y] {
			b.WriteString(r.Text)
		}
		b.WriteByte('\n')
	}
	return strings.TrimRight(b.String(), "\n")
}

// write writes pieces to a new terminal, with a pause between them that is longer than
// anything is held back, or shorter.
func write(t *testing.T, pause time.Duration, pieces ...string) (screen string, replies string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var b strings.Builder
		term := NewTerminal(Size{20, 5}, func(p []byte) { b.Write(p) })
		for _, p := range pieces {
			if _, err := term.Write([]byte(p)); err != nil {
				t.Error(err)
			}
			time.Sleep(pause)
		}
		time.Sleep(time.Second)
		screen = screenOf(t, term)
		term.Close()
		synctest.Wait()
		replies = b.String()
	})
	return screen, replies
}

func TestTerminalDraws(t *testing.T) {
	family := "👩\u200d👩\u200d👧"
	for _, tt := range []struct {
		name   string
		pieces []string
		want   string
	}{
		{"lines", []string{"one\r\ntwo"}, "one\ntwo"},
		{"a mark in the next write", []string{"e", "\u0301x"}, "e\u0301x"},
		{"half a character", []string{"a\xc3", "\xa9b"}, "aéb"},
		{"half an emoji", []string{family[:5], family[5:9], family[9:] + "!"}, family + "!"},
		{"a long line", []string{strings.Repeat("x", 23)}, strings.Repeat("x", 20) + "\nxxx"},
		{"the alternate screen", []string{"before\x1b[?1049h", "inside\x1b[?1049l", "after"}, "      after"},
		{"the alternate screen, with other modes", []string{"before\x1b[?25;1049hinside\x1b[2;3Hhere"}, "inside\n  here"},
		{"a sequence in two writes", []string{"\x1b[?10", "49hx\x1b[2", ";2Hy"}, "x\n y"},
		{"a repetition without end", []string{"ab\x1b[999999999bc"}, "c"},
		{"a clipboard", []string{"\x1b]52;c;aGVsbG8=\x07x"}, "x"},
		{"a link", []string{"\x1b]8;;http://example.org\x07text\x1b]8;;\x07"}, "text"},
		{"a string that does not end", []string{"x\x1b]0;abc", "def"}, "x"},
		{"text turned around", []string{"a\u202eb"}, "ab"},
		{"no UTF-8", []string{"\xff\xfe\x80x"}, "\ufffdx"},
		{"controls of eight bits", []string{"\x9b2J\x9dx"}, "\ufffd2J\ufffdx"},
		{"half a character, and a control", []string{"a\xe2\x82", "\r\nb"}, "a\ufffd\nb"},
		{"a control in a sequence", []string{"ab\x1b[\r1Cc"}, "ac"},
		{"text in a sequence", []string{"\x1b[1é"}, "é"},
		{"a sequence in a sequence", []string{"\x1b[2\x1b[3;4Hx"}, "\n\n   x"},
		{"a cancelled sequence", []string{"\x1b[2\x18J\x1b]0;a\x1ab"}, "Jb"},
		{"a parameter where none is", []string{"\x1b[ 5qx"}, "x"},
		{"a sequence without end", []string{"\x1b[" + strings.Repeat("1;", 1000), "mx"}, "x"},
		{"a string of a device", []string{"\x1bP1$rq\x07", "more\x1b\\x"}, "x"},
		{"a title in its own letters", []string{"\x1b]0;Übung\x1b\\x"}, "x"},
		{"margins beyond the screen", []string{"\x1b[2;9999r\x1b[?69h\x1b[2;9999s\x1b[9S\x1b[9L\x1b[9Mx"}, "x"},
		{"modes without end", []string{"\x1b[?7l", "\x1b[?123456h\x1b[4h", strings.Repeat("x", 25)}, strings.Repeat("x", 20)},
		{"wide ones, and one too many", []string{strings.Repeat("字", 11)}, strings.Repeat("字", 10) + "\n字"},
		{"wide ones that a line has no room for", []string{"a" + strings.Repeat("字", 10)}, "a" + strings.Repeat("字", 9) + "\n字"},
		{"a line of wide ones, and a colour", []string{strings.Repeat("字", 10) + "\x1b[31m", "x"}, strings.Repeat("字", 10) + "\nx"},
		{"a line of wide ones, and a return", []string{strings.Repeat("字", 10) + "\r", "x"}, "x " + strings.Repeat("字", 9)},
		{"a mark without a letter", []string{"\x1b[1;3H\u0301\u200bx"}, "  x"},
		{"marks without end", []string{"e" + strings.Repeat("\u0301", 40), strings.Repeat("\u0301", 40) + "x"}, "e" + strings.Repeat("\u0301", 31) + "x"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, _ := write(t, time.Millisecond, tt.pieces...)
			if last := got[strings.LastIndex(got, "\n")+1:]; got != tt.want && !(tt.want == "c" && strings.HasSuffix(last, "c")) {
				t.Errorf("the screen is %q, want %q", got, tt.want)
			}
		})
	}
	if got, _ := write(t, time.Second, "e", "\u0301x"); !strings.HasSuffix(got, "x") {
		t.Errorf("a mark that comes much later: %q", got)
	}
}

func TestTerminalAnswers(t *testing.T) {
	_, replies := write(t, 0, "\x1b[2;3H\x1b[6n\x1b[?2027$p\x1b[?1$p\x1b[?7777$p\x1b[c")
	if !strings.HasPrefix(replies, "\x1b[2;3R\x1b[?2027;3$y\x1b[?1;2$y\x1b[?7777;0$y\x1b[?62;") {
		t.Errorf("it answers %q", replies)
	}
}

// A program asks for the colour of the background, to choose its own: it is the page's.
func TestTerminalTellsItsBackground(t *testing.T) {
	var replies strings.Builder
	synctest.Test(t, func(t *testing.T) {
		term := NewTerminal(Size{20, 5}, func(p []byte) { replies.Write(p) })
		defer term.Close()
		for _, light := range []bool{false, true} {
			term.SetLight(light)
			term.Write([]byte("\x1b]11;#123456\a\x1b]11;?\x1b\\"))
			synctest.Wait()
		}
		term.End("")
		term.Write([]byte("\x1b]11;?\a"))
		synctest.Wait()
	})
	const black, white = "\x1b]11;rgb:0000/0000/0000\a", "\x1b]11;rgb:ffff/ffff/ffff\a"
	if got := replies.String(); got != black+white+white {
		t.Errorf("it answers %q", got)
	}
}

func TestTerminalPaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		term := NewTerminal(Size{20, 5}, func([]byte) {})
		defer term.Close()
		begin := time.Now()
		s, _ := term.Next(t.Context(), 0)
		if len(s.Rows) != 5 || time.Since(begin) != 0 {
			t.Errorf("the first screen has %d rows after %v", len(s.Rows), time.Since(begin))
		}
		var writing sync.WaitGroup
		defer writing.Wait()
		writing.Go(func() {
			for n := range 110 { // longer than anybody looks
				fmt.Fprintf(term, "\x1b[3;1H%d\x1b[m", n)
				time.Sleep(10 * time.Millisecond)
			}
		})
		screens := 0
		for time.Since(begin) < time.Second {
			next, err := term.Next(t.Context(), s.Version)
			if err != nil || len(next.Rows) != 1 || next.Version <= s.Version {
				t.Fatalf("%+v after %+v: %v", next, s, err)
			}
			s = next
			screens++
		}
		if screens < 25 || screens > 32 {
			t.Errorf("%d screens in a second", screens)
		}
	})
}

func TestTerminalCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		term := NewTerminal(Size{1, 1000}, func([]byte) {})
		s, _ := term.Next(t.Context(), 0)
		if s.Width != MinWidth || s.Height != MaxHeight {
			t.Errorf("it is %d by %d", s.Width, s.Height)
		}
		go func() { time.Sleep(time.Second); term.Close() }()
		if _, err := term.Next(t.Context(), s.Version); !errors.Is(err, io.EOF) {
			t.Errorf("Next after Close: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := term.Next(ctx, s.Version); !errors.Is(err, io.EOF) {
			t.Errorf("Next after Close, cancelled: %v", err)
		}
		_, _ = term.Write([]byte("x"))
	})
}

// Whatever is written, in whatever pieces, the terminal goes on.
func FuzzTerminal(f *testing.F) {
	for _, s := range []string{"plain", "\x1b[?1049h\x1b[2J", "\x1b[31mred\x1b[m", "\x1b]0;title\x07", "\x1b[5;500H\x1b[9999L", "e\u0301\x1bP1$r\x1b\\", "\x1b[?1;2004h\x1bc", "\xf0\x9f\x91"} {
		f.Add([]byte(s), uint64(3))
	}
	f.Fuzz(func(t *testing.T, b []byte, seed uint64) {
		if len(b) > 1<<16 {
			return
		}
		term := NewTerminal(Size{40, 10}, func([]byte) {})
		defer term.Close()
		rnd := rand.New(rand.NewPCG(seed, 1))
		for len(b) > 0 {
			n := 1 + rnd.IntN(min(len(b), 50))
			term.Write(b[:n])
			b = b[n:]
			if rnd.IntN(10) == 0 {
				term.Resize(Size{rnd.IntN(320), rnd.IntN(120)})
			}
		}
		s, err := term.Next(t.Context(), 0)
		if err != nil || s.Height == 0 || len(s.Rows) != s.Height {
			t.Fatalf("%+v, %v", s, err)
		}
		if term.crashes > 0 {
			t.Errorf("the emulator crashed")
		}
		checkScreen(t, s)
	})
}
