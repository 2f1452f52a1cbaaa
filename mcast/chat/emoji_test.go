package chat

import (
	"strings"
	"testing"
	"unicode"

	"github.com/charmbracelet/x/ansi"
	"github.com/clipperhouse/uax29/v2/graphemes"
)

// Each element that may stand first is drawn in two cells, and joins another to
// one character of two cells: what the renderer and a terminal count, too.
func TestElementsJoinToTwoCells(t *testing.T) {
	n := 0
	for r := rune(0x2000); r < 0x20000; r++ {
		if !unicode.Is(elements, r) {
			if unicode.Is(signs, r) {
				t.Errorf("%U is a sign and no element", r)
			}
			continue
		}
		n++
		if !unicode.IsGraphic(r) {
			t.Errorf("%U would be escaped", r)
		}
		first := string(r)
		if unicode.Is(signs, r) {
			if ansi.StringWidth(first) != 1 {
				t.Errorf("%U is listed as a narrow sign, and is not", r)
			}
			first += string(emojiStyle)
		}
		text := first + string(joiner) + "👩" + string(joiner) + string(r)
		if got := SanitizeString(text).String(); got != text {
			t.Errorf("%U: %+q is shown as %+q", r, text, got)
		}
		if g := graphemes.FromString(text); !g.Next() || g.Value() != text {
			t.Errorf("%U does not make one character", r)
		}
		if width := ansi.StringWidth(text); width != 2 {
			t.Errorf("%U: %d cells, want 2", r, width)
		}
	}
	if n < 100 {
		t.Errorf("%d elements: the table is not read", n)
	}
}

// The same joiners are kept in a text that is typed as in one that comes.
func TestKeepJoiners(t *testing.T) {
	for _, h := range readHostile(t) {
		payload := strings.ToValidUTF8(h.payload, "?")
		if strings.Contains(payload, "\n") || !strings.ContainsRune(payload, joiner) {
			continue
		}
		kept := 0
		for _, keep := range KeepJoiners([]rune(payload)) {
			if keep {
				kept++
			}
		}
		if want := strings.Count(h.want, string(joiner)); kept != want {
			t.Errorf("%+q: %d joiners are kept in the input, and %d in what is shown", payload, kept, want)
		}
	}
}
