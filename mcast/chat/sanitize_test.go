package chat

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

// hostile is a payload and what is to be shown for it.
type hostile struct {
	line          int
	payload, want string
}

// readHostile reads testdata/hostile.txt: two Go strings a line.
func readHostile(t testing.TB) []hostile {
	t.Helper()
	file, err := os.ReadFile("testdata/hostile.txt")
	if err != nil {
		t.Fatal(err)
	}
	var list []hostile
	for i, line := range strings.Split(string(file), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		payload, want, _ := strings.Cut(line, "\t")
		h := hostile{line: i + 1}
		if h.payload, err = strconv.Unquote(payload); err == nil {
			h.want, err = strconv.Unquote(want)
		}
		if err != nil {
			t.Fatalf("hostile.txt:%d: %v", h.line, err)
		}
		list = append(list, h)
	}
	return list
}

func TestSanitizeHostile(t *testing.T) {
	list := readHostile(t)
	if len(list) < 64 {
		t.Errorf("hostile.txt holds %d payloads, want at least 64", len(list))
	}
	for _, h := range list {
		if got := SanitizeString(h.payload).String(); got != h.want {
			t.Errorf("hostile.txt:%d: %+q is shown as\n got %+q\nwant %+q", h.line, h.payload, got, h.want)
		}
		if why := unsafe(h.payload); why != "" {
			t.Errorf("hostile.txt:%d: %+q: %s", h.line, h.payload, why)
		}
	}
}

// Every code point at the start, after a letter, and in a run that is longer
// than a cell may be.
func TestSanitizeEveryCodePoint(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if r == 0x40000 {
			r = 0xe0000 // nothing is assigned in between
		}
		payload := string(r) + "a" + string(r)
		if unicode.IsGraphic(r) {
			payload += "a" + strings.Repeat(string(r), maxCluster+1)
		}
		if why := unsafe(payload); why != "" {
			t.Errorf("%U: %s", r, why)
		}
	}
}

// Long payloads in which every rune is of the worst kind.
func TestSanitizeLong(t *testing.T) {
	for _, piece := range []string{"\t", "\x1b", "\u009b", "\xff", "\xe2\x82", "\u0301", "\n\u0301", "\r", "\u1100", "\u0d4e", "क्", "\U0001f3fd", "\u202e", "👩\u200d", "\u200d", "🏳\ufe0f\u200d🌈"} {
		if why := unsafe(strings.Repeat(piece, 60_000/len(piece))); why != "" {
			t.Errorf("60 kB of %+q: %s", piece, why)
		}
	}
}

func FuzzSanitize(f *testing.F) {
	for _, h := range readHostile(f) {
		f.Add(h.payload)
	}
	f.Fuzz(func(t *testing.T, payload string) {
		if why := unsafe(payload); why != "" {
			t.Errorf("%+q: %s", payload, why)
		}
	})
}

// joinedEmoji is one emoji of two to four.
var joinedEmoji = regexp.MustCompile("^[^\\x{200d}a-z]\\p{Mn}?[\U0001f3fb-\U0001f3ff]?(\u200d[\\x{2194}-\\x{1faff}]\\x{fe0f}?[\U0001f3fb-\U0001f3ff]?){1,3}(\\pM|[\U0001f3fb-\U0001f3ff])*$")

// maxCluster bounds the runes in one cell: a conjunct of five consonants with
// four marks each, after five prepended letters.
const maxCluster = 5*(1+maxMarks) + 5

// unsafe says what a terminal could still do with the sanitised payload, or "".
// It knows the rules from the other side: by what may come out.
func unsafe(payload string) string {
	text := SanitizeString(payload).String()
	if !utf8.ValidString(text) {
		return "the text is not valid UTF-8"
	}
	if len(text) > 4*len(payload) {
		return "the text is more than four times as long"
	}
	if strings.HasSuffix(text, "\n") {
		return "the text ends in a newline"
	}
	marks, start := 0, true
	for _, r := range text {
		mark := unicode.Is(unicode.M, r)
		switch {
		case r == '\n':
		case r < 0x20, r >= 0x7f && r < 0xa0:
			return "a control character is left: " + strconv.QuoteRuneToASCII(r)
		case r == joiner: // looked at below
		case unicode.In(r, unicode.C, unicode.Zl, unicode.Zp), !unicode.IsGraphic(r):
			return "an invisible character is left: " + strconv.QuoteRuneToASCII(r)
		case strings.ContainsRune("\u00ad\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0", r):
			return "a filler is left: " + strconv.QuoteRuneToASCII(r)
		case mark && start:
			return "a line starts with a mark, which would be drawn on what is before it"
		}
		if marks++; !mark {
			marks = 0
		}
		if marks > maxMarks {
			return "more than four marks on one base"
		}
		start = r == '\n'
	}
	for g := graphemes.FromString(text); g.Next(); {
		if utf8.RuneCountInString(g.Value()) > maxCluster {
			return "a cell holds too much: " + strconv.QuoteToASCII(g.Value())
		}
		if strings.ContainsRune(g.Value(), joiner) && !joinedEmoji.MatchString(g.Value()) {
			return "a joiner makes no emoji: " + strconv.QuoteToASCII(g.Value())
		}
	}
	if again := SanitizeString(text).String(); again != text {
		return "sanitising the text again gives " + strconv.QuoteToASCII(again)
	}
	return ""
}

func BenchmarkSanitize(b *testing.B) {
	for _, c := range []struct{ name, payload string }{
		{"short ASCII", "hello, who is there?"},
		{"short umlauts", "grüß dich, wer ist da?"},
		{"1200 B ASCII", strings.Repeat("hello, who is there? ", 57)},
		{"1200 B Chinese", strings.Repeat("你好世界", 100)},
		{"60 kB ASCII", strings.Repeat("x", 60_000)},
		{"60 kB Chinese", strings.Repeat("你好世界", 5_000)},
		{"60 kB escapes", strings.Repeat("\x1b[2J", 15_000)},
		{"60 kB invalid", strings.Repeat("\xff", 60_000)},
		{"60 kB marks", strings.Repeat("\u0301", 30_000)},
		{"60 kB bidi", strings.Repeat("\u202e", 20_000)},
	} {
		b.Run(c.name, func(b *testing.B) {
			payload := []byte(c.payload)
			b.SetBytes(int64(len(payload)))
			b.ReportAllocs()
			for b.Loop() {
				Sanitize(payload)
			}
		})
	}
}
