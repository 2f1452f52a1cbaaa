package chat

import (
	"math/bits"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits on what may share a character's cell. Longer than any orthography
// needs: Vietnamese stacks two marks, and Sanskrit joins five consonants.
const (
	maxMarks = 4 // marks on one base
	maxLinks = 4 // consonants joined to the first of a conjunct
)

const (
	replacement  = utf8.RuneError // U+FFFD
	dottedCircle = '◌'            // what a mark without a base is written on
	tab          = "    "
)

// Sanitize turns a payload into text that a terminal shows and does not obey:
//
//   - A byte that is not part of valid UTF-8 becomes U+FFFD, by itself: the
//     bytes after it are read as if it were not there.
//   - A control character becomes its picture (␛ ␇ ␡), a tab four spaces.
//     A newline stays one, and so does "\r\n"; newlines at the end, which
//     line-oriented senders add, are dropped.
//   - C1 controls, format characters (bidi controls, the zero width joiner
//     unless it makes one emoji of two, tags), line and paragraph separators,
//     private use and code points that Unicode has not assigned become
//     <U+202E>, in ASCII.
//   - Of the zero width joiners those are kept that stand between two of the
//     emoji that the recommended sequences (UTS 51) are made of, three at most
//     in a row: families, professions, flags.
//   - A letter or mark that shows nothing, such as U+3164 HANGUL FILLER, and
//     the soft hyphen become U+FFFD; the blank braille pattern a space.
//   - After four marks on one base, the rest of them become one U+FFFD. A mark
//     at the start of a line is given a dotted circle to stand on. Variation
//     selectors, skin tones and what else Unicode draws in the cell of the
//     character before (UAX 29, GB6 to GB9b) count as marks; a conjunct of
//     more than five consonants (GB9c) is parted by a U+FFFD.
//
// Sanitizing a text again changes nothing. The text is at most four times as
// long as the payload.
func Sanitize(payload []byte) Text { return SanitizeString(string(payload)) }

// SanitizeString is Sanitize for a string.
func SanitizeString(s string) Text {
	if isPlain(s) {
		return Text{s}
	}
	var w writer
	w.Grow(len(s) + len(s)/8)
	for i, r := range s {
		switch {
		case r == '\r' && strings.HasPrefix(s[i+1:], "\n"):
			// The newline that follows stands for both.
		case r == '\n':
			w.newline()
		case r == '\t':
			w.base(' ', tab)
		case r < 0x20:
			w.base('␀', string('␀'+r))
		case r == 0x7f:
			w.base('␡', "␡")
		case isFiller(r):
			w.base(replacement, "\uFFFD")
		case r == blankBraille:
			w.base(' ', " ")
		case r == joiner && w.emoji.joined(s[i+len("\u200d"):]):
			w.join()
		case !unicode.IsGraphic(r):
			w.escape(r)
		default:
			w.graphic(r)
		}
	}
	return Text{strings.TrimRight(w.String(), "\n")}
}

// isPlain reports whether s is printable ASCII, as most payloads are.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// writer writes runes and keeps account of the character that they share.
type writer struct {
	strings.Builder
	last  rune // the last rune written on this line; 0: none
	marks int  // on the last base; more than maxMarks: the rest is left out
	links int  // consonants joined to the first of this conjunct
	joins bool // the marks on the last base hold a virama: a consonant would join
	emoji emoji
}

func (w *writer) newline() {
	w.WriteByte('\n')
	w.last, w.marks, w.links, w.joins = 0, 0, 0, false
	w.emoji = emoji{}
}

// join writes a joiner between two emoji: what follows is in the same cells.
func (w *writer) join() {
	w.WriteRune(joiner)
	w.emoji.next(joiner)
	w.last, w.links, w.joins = joiner, 0, false
}

// base writes s, which ends in the rune last and starts a new character.
func (w *writer) base(last rune, s string) {
	w.WriteString(s)
	w.last, w.marks, w.links, w.joins = last, 0, 0, false
	w.emoji = emoji{}
}

// escape writes <U+202E>.
func (w *writer) escape(r rune) {
	w.WriteString("<U+")
	for i := max(4, (bits.Len32(uint32(r))+3)/4) - 1; i >= 0; i-- {
		w.WriteByte("0123456789ABCDEF"[r>>(4*i)&0xf])
	}
	w.base('>', ">")
}

// graphic writes a rune that shows, unless its character is full.
func (w *writer) graphic(r rune) {
	switch {
	case w.attaches(r):
		w.mark(r)
	case w.joins && unicode.Is(unicode.Lo, r):
		w.consonant(r)
	default:
		w.WriteRune(r)
		w.last, w.marks, w.links, w.joins = r, 0, 0, false
		w.emoji.next(r)
	}
}

func (w *writer) attaches(r rune) bool {
	switch {
	case r < 0x300:
		return false
	case unicode.Is(unicode.M, r), unicode.Is(attached, r):
		return true
	}
	return unicode.Is(leadingJamo, r) && unicode.Is(leadingJamo, w.last) ||
		unicode.Is(prepended, r) && unicode.Is(prepended, w.last)
}

func (w *writer) mark(r rune) {
	if w.last == 0 {
		w.base(dottedCircle, string(dottedCircle))
	}
	w.marks++
	switch {
	case w.marks <= maxMarks:
		w.WriteRune(r)
		w.last = r
		w.emoji.next(r)
		w.joins = w.joins || unicode.Is(virama, r)
	case w.marks == maxMarks+1:
		w.WriteRune(replacement)
		w.last, w.links, w.joins = replacement, 0, false
		w.emoji = emoji{}
	}
}

func (w *writer) consonant(r rune) {
	w.links++
	if w.links > maxLinks {
		w.WriteRune(replacement) // parts the chain
		w.links = 0
	}
	w.WriteRune(r)
	w.last, w.marks, w.joins = r, 0, false
	w.emoji = emoji{}
}
