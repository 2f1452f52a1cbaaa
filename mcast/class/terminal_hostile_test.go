package class

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

// randomSequences is n things that a program may write: sequences of every kind with
// numbers of every size, text, controls and strings, whole or not.
func randomSequences(rnd *rand.Rand, n int) string {
	pick := func(list ...string) string { return list[rnd.IntN(len(list))] }
	var b strings.Builder
	for range n {
		switch rnd.IntN(12) {
		case 0:
			b.WriteString(pick("text ", "e\u0301", "字", "👩\u200d👧", "\xc3", "─│", "\u202e", "🇪🇺", strings.Repeat("x", 99), "\u0301", "\t"))
		case 1:
			b.WriteByte(byte(rnd.IntN(256)))
		case 2:
			b.WriteString("\x1b" + pick("", "(", ")", "#", " ") + string(rune(0x30+rnd.IntN(0x4f))))
		case 3:
			b.WriteString("\x1b" + pick("]0;", "]8;;", "]11;?", "P1;2|", "_", "^", "]52;c;") + pick("", "title", strings.Repeat("Ü;", 700)) + pick("\a", "\x1b\\", ""))
		case 4:
			b.WriteString("\x1b[?" + pick("1049", "47", "7", "6", "69", "25;1049", "3", "1048", "2048", "99999") + pick("h", "l"))
		default:
			b.WriteString("\x1b[" + pick("", "", "", "?", ">", "<", "="))
			for range rnd.IntN(4) {
				b.WriteString(pick("", "0", "1", "2", "5", "20", "999", "65536", "2147483647", "4294967297", "99999999999999999999") + pick(";", ":", ""))
			}
			b.WriteString(pick("", "", "", " ", "$", "!") + string(rune(0x40+rnd.IntN(0x3f))))
		}
	}
	return b.String()
}

// Whatever is written and however the size changes, the emulator does not break, and a
// page that is shown what changed has the same screen as one that is shown all of it.
func TestPagesShowTheSame(t *testing.T) {
	for seed := range uint64(30) {
		rnd := rand.New(rand.NewPCG(seed, 26))
		term := NewTerminal(Size{40, 10}, func([]byte) {})
		term.SetPause(0)
		page := Screen{Rows: map[int][]Run{}}
		for step := range 100 {
			if rnd.IntN(20) == 0 {
				term.Resize(Size{10 + rnd.IntN(60), rnd.IntN(30)})
			}
			fmt.Fprintf(term, "%s\x18\x1b]0;%d\a", randomSequences(rnd, 1+rnd.IntN(10)), step) // the title is another each time
			if rnd.IntN(3) == 0 {
				continue // a slow page
			}
			next, err := term.Next(t.Context(), page.Version)
			if err != nil {
				t.Fatal(err)
			}
			if next.Width != page.Width || next.Height != page.Height {
				page.Rows = map[int][]Run{}
			}
			for y, runs := range next.Rows {
				page.Rows[y] = runs
			}
			rows := page.Rows
			page = next
			page.Rows = rows
			all, err := term.Next(t.Context(), 0)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(page, all) {
				t.Fatalf("seed %d, step %d: the page shows\n%v\nand the screen is\n%v", seed, step, page, all)
			}
			if all.Title != fmt.Sprint(step) || all.Cursor.X >= all.Width || all.Cursor.Y >= all.Height {
				t.Errorf("seed %d, step %d: the title is %q, the cursor %+v", seed, step, all.Title, all.Cursor)
			}
			checkScreen(t, all)
		}
		if term.crashes > 0 {
			t.Errorf("seed %d: the emulator broke", seed)
		}
		term.Close()
	}
}

// checkScreen is what holds for all screens.
func checkScreen(t *testing.T, s Screen) {
	t.Helper()
	if len(s.Rows) != s.Height {
		t.Errorf("%d rows of %d", len(s.Rows), s.Height)
	}
	for y, row := range s.Rows {
		cells := 0
		for _, r := range row {
			cells += r.Cells
			if harmlessAll(r.Text) != r.Text || r.Text == "" {
				t.Errorf("row %d has %q", y, r.Text)
			}
		}
		if cells > s.Width {
			t.Errorf("row %d has %d cells of %d", y, cells, s.Width)
		}
	}
}

// A scroll region moves rows that no character was written to.
func TestScrolledRowsAreTold(t *testing.T) {
	term := NewTerminal(Size{20, 6}, func([]byte) {})
	defer term.Close()
	term.SetPause(0)
	term.Write([]byte("\x1b[H1\r\n2\r\n3\r\n4\r\n5\r\n6\r"))
	s, err := term.Next(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		write string
		rows  string // that are told
	}{
		{"\x1b[2;5r\x1b[5;1H\n", "map[1:[[3]] 2:[[4]] 3:[[5]] 4:[]]"}, // by a line feed
		{"\x1b[T", "map[1:[] 2:[[3]] 3:[[4]] 4:[[5]]]"},
		{"\x1b[4;1H\x1b[L", "map[3:[] 4:[[4]]]"},
		{"\x1b[4;1H\x1b[M", "map[3:[[4]] 4:[]]"},
		{"\x1b[4;1H4", "map[]"}, // the same again
	} {
		term.Write([]byte(tt.write + "\x1b[7;7H"))
		term.Write([]byte("\x1b]0;" + tt.rows + "\a")) // so that there is something to tell
		next, err := term.Next(t.Context(), s.Version)
		if err != nil {
			t.Fatal(err)
		}
		texts := map[int][][]string{}
		for y, runs := range next.Rows {
			texts[y] = [][]string{}
			for _, r := range runs {
				texts[y] = append(texts[y], []string{r.Text})
			}
		}
		if got := fmt.Sprint(texts); got != tt.rows {
			t.Errorf("%q: %s is told, want %s", tt.write, got, tt.rows)
		}
		s = next
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// What is written leaves nothing behind but a screen, whatever it is: of lines, twice as
// many are written as the emulator keeps by itself.
func TestTerminalIsBounded(t *testing.T) {
	const most = 8 << 20
	line := "\x1b[31mmulticast\x1b[m arrives.\r\n"
	for _, tt := range []struct {
		name  string
		times int
		write func(n int) string
	}{
		{"lines", 20, func(int) string { return strings.Repeat(line, 1000) }},
		{"lines on the alternate screen", 20, func(n int) string { return "\x1b[?1049h" + strings.Repeat(line, 1000) }},
		{"modes", 200, func(n int) string {
			var b strings.Builder
			for m := range 1000 {
				fmt.Fprintf(&b, "\x1b[?%dh", n*1000+m)
			}
			return b.String()
		}},
		{"a title without end", 10_000, func(n int) string { return map[bool]string{true: "\x1b]0;"}[n == 0] + strings.Repeat(";", 1000) }},
		{"a string without end", 10_000, func(n int) string { return map[bool]string{true: "\x1bP1$q"}[n == 0] + strings.Repeat("x", 1000) }},
		{"marks without end", 1000, func(n int) string { return "e" + strings.Repeat("\u0301", 500) }},
		{"links", 1000, func(n int) string { return fmt.Sprintf("\x1b]8;;http://%d.%0900d\ax", n, n) }},
		{"questions", 1000, func(n int) string { return "\x1b[6n\x1b[c" }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := heap()
			term := NewTerminal(Size{20, 5}, func([]byte) {}) // small, so that it scrolls quickly
			defer term.Close()
			for n := range tt.times {
				term.Write([]byte(tt.write(n)))
			}
			if _, err := term.Next(t.Context(), 0); err != nil {
				t.Fatal(err)
			}
			if grown := heap() - before; grown > most {
				t.Errorf("%d bytes are kept", grown)
			}
		})
	}
}
