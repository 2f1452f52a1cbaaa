package tui

import (
	"strings"
	"testing"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"
)

func TestOver(t *testing.T) {
	st := newStyles(true, false, ansi.WcWidth, colorprofile.TrueColor)
	for _, tc := range []struct {
		name, row, block string
		x                int
		want             string
	}{
		{"in the middle", "abcdef", "XY", 2, "abXYef"},
		{"at the left edge", "abcdef", "XY", 0, "XYcdef"},
		{"beyond the left edge", "abcdef", "XY", -1, "Ybcdef"},
		{"beyond the right edge", "abcdef", "XY", 5, "abcdeX"},
		{"outside", "abcdef", "XY", 6, "abcdef"},
		{"on the second half of a wide character", "漢字ab", "X", 1, " X字ab"},
		{"on the first half of one", "漢字ab", "X", 2, "漢X ab"},
		{"half of a wide character at the edge", "abc", "漢字", 1, "a漢"},
		{"half of one beyond the edge", "abcd", "漢字", 1, "a漢 "},
	} {
		if got := ansi.Strip(st.over([]string{tc.row}, []string{tc.block}, tc.x, 0)[0]); got != tc.want {
			t.Errorf("%s: %q over %q at %d gives %q, want %q", tc.name, tc.block, tc.row, tc.x, got, tc.want)
		}
	}
	rows := []string{"aaa", "bbb", "ccc"}
	got := st.over(rows, []string{"1", "2", "3"}, 1, -1)
	if all := ansi.Strip(strings.Join(got, "|")); all != "a2a|b3b|ccc" {
		t.Errorf("a block that begins above the screen gives %q", all)
	}
	if rows[0] != "aaa" {
		t.Errorf("the rows below were changed: %q", rows)
	}
}

// Whatever is laid over whatever: rows keep their widths, cells outside of the
// block keep what they show and its style, cells inside show the block.
func TestOverKeepsTheRest(t *testing.T) {
	red := lipgloss.NewStyle().Foreground(lipgloss.Color("#ff0000"))
	barred := lipgloss.NewStyle().Background(lipgloss.Color("#00ff00")).Bold(true)
	pieces := []string{
		"a", "word ", "漢", "漢字", "e\u0301\u0323", "👍", "👍🏽", "क्षक्ष", "🇩", "🇩🇪", "☁\ufe0f", "1\ufe0f\u20e3", "\u0301",
		red.Render("red漢"), barred.Render("字bar"), red.Render("") + "\x1b[1mopen", "\x1b[m",
	}
	draw := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 10).Draw(t, "pieces"), "")
	})
	rapid.Check(t, func(t *rapid.T) {
		method := rapid.SampledFrom([]ansi.Method{ansi.WcWidth, ansi.GraphemeWidth}).Draw(t, "method")
		st := newStyles(true, false, method, colorprofile.TrueColor)
		rows := rapid.SliceOfN(draw, 0, 4).Draw(t, "rows")
		block := rapid.SliceOfN(draw, 0, 4).Draw(t, "block")
		x, y := rapid.IntRange(-6, 30).Draw(t, "x"), rapid.IntRange(-2, 4).Draw(t, "y")
		out := st.over(rows, block, x, y)
		if len(out) != len(rows) {
			t.Fatalf("%d rows became %d", len(rows), len(out))
		}
		for i, row := range rows {
			w := st.cells(row)
			if n := st.cells(out[i]); n != w {
				t.Fatalf("a row of %d cells has %d with a block over it: %q", w, n, out[i])
			}
			from, to := 0, 0
			laid := ""
			if b := i - y; b >= 0 && b < len(block) {
				laid = block[b]
				from, to = max(0, x), max(0, min(w, x+st.cells(laid)))
			}
			if from >= to {
				if out[i] != row {
					t.Fatalf("nothing lies over %q, and yet it became %q", row, out[i])
				}
				continue
			}
			got, under, above := cellsOf(st, out[i]), cellsOf(st, row), cellsOf(st, laid)
			for c := range got {
				want := under[c]
				if c >= from && c < to {
					want = above[c-x]
				}
				if got[c] != want && !got[c].halved(want) {
					t.Fatalf("cell %d is %+v, want %+v; %q over %q at %d", c, got[c], want, laid, row, x)
				}
			}
		}
	})
}

// cell is what a terminal shows in one: a character, which of its cells this
// is, and the styles that are in force.
type cell struct {
	char  string
	nth   int
	style string
}

// halved reports whether c is the space that stands for half of a wide
// character.
func (c cell) halved(of cell) bool {
	return c.char == " " && c.style == of.style && of.char != " "
}

func cellsOf(st *styles, row string) (cells []cell) {
	style := ""
	for len(row) > 0 {
		if row[0] == ansi.ESC {
			seq, _, n, _ := st.method.DecodeSequenceInString(row, ansi.NormalState, nil)
			if style += seq; seq == reset {
				style = ""
			}
			row = row[n:]
			continue
		}
		char, w := ansi.FirstGraphemeCluster(row, st.method)
		for n := range w {
			cells = append(cells, cell{char, n, style})
		}
		row = row[len(char):]
	}
	return cells
}
