package frame

import (
	"fmt"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/norm"
)

// Limits of what may share the place of one character. No orthography needs as much.
const (
	maxMarks = 4 // marks on one letter
	maxLinks = 4 // consonants joined to the first
)

// Nick is a nickname as members send it: prepared by the rules of RFC 8266, so without
// spaces around it, 1 to [MaxNick] runes. Names with characters that are not drawn, or
// that change how their neighbours are, are refused: controls, what sets the direction
// of text, joiners, fillers, piles of marks. The error is ErrRange, with the reason.
func Nick(name string) (string, error) {
	if !utf8.ValidString(name) {
		return "", fmt.Errorf("%w: a nickname that is not UTF-8", ErrRange)
	}
	if len(name) > MaxSize {
		return "", fmt.Errorf("%w: a nickname of %d bytes", ErrRange, len(name))
	}
	nick, err := precis.Nickname.String(name)
	if err != nil {
		return "", fmt.Errorf("%w: no nickname by RFC 8266: %w", ErrRange, err)
	}
	if n := utf8.RuneCountInString(nick); n < 1 || n > MaxNick {
		return "", fmt.Errorf("%w: a nickname of %d characters, not 1 to %d", ErrRange, n, MaxNick)
	}
	last, marks, links, joins := ' ', 0, 0, false
	for _, r := range nick {
		switch {
		case !unicode.IsGraphic(r) || unseen(r):
			return "", fmt.Errorf("%w: a nickname with %U, which is not drawn", ErrRange, r)
		case attaches(r, last):
			marks++
			joins = joins || norm.NFC.PropertiesString(string(r)).CCC() == viramas
		case joins && unicode.Is(unicode.Lo, r):
			links++
			marks, joins = 0, false
		default:
			marks, links, joins = 0, 0, false
		}
		if marks > 0 && last == ' ' || marks > maxMarks || links > maxLinks {
			return "", fmt.Errorf("%w: a nickname with %U, which belongs to a letter: there is none, or it has too many", ErrRange, r)
		}
		last = r
	}
	return nick, nil
}

// unseen reports whether a character counts as graphic and shows nothing: the soft
// hyphen, blanks and fillers of Hangul, braille, hieroglyphs, Khitan and music.
func unseen(r rune) bool {
	switch r {
	case '\u00ad', '\u2800', '\U00013441', '\U00013442', '\U00016fe4', '\U0001d159':
		return true
	}
	return unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}

// viramas is the combining class of the marks that join two consonants.
const viramas = 9

// attaches reports whether a character is drawn in the place of the one before: marks,
// and by UAX 29 what extends a cluster and is none, consonants that begin a syllable of
// Hangul together, and letters that both are drawn before what follows.
func attaches(r, last rune) bool {
	return unicode.Is(unicode.M, r) || unicode.Is(extending, r) ||
		unicode.Is(leading, r) && unicode.Is(leading, last) ||
		unicode.Is(prepended, r) && unicode.Is(prepended, last)
}

var (
	extending = table(
		0x0e33, 0x0e33, 0x0eb3, 0x0eb3, // am of Thai and Lao
		0x1161, 0x11ff, 0xd7b0, 0xd7fb, // vowels and endings of Hangul
		0xff9e, 0xff9f, // sound marks of Katakana
		0x1f3fb, 0x1f3ff) // skin tones
	leading   = table(0x1100, 0x115e, 0xa960, 0xa97c)
	prepended = table(0x0d4e, 0x0d4e, 0x111c2, 0x111c3, 0x113d1, 0x113d1, 0x1193f, 0x1193f, 0x11941, 0x11941,
		0x11a3a, 0x11a3a, 0x11a84, 0x11a89, 0x11d46, 0x11d46, 0x11f02, 0x11f02)
)

// table is made of the first and the last of each range, in order.
func table(ends ...rune) *unicode.RangeTable {
	t := &unicode.RangeTable{}
	for i := 0; i < len(ends); i += 2 {
		if ends[i] < 1<<16 {
			t.R16 = append(t.R16, unicode.Range16{Lo: uint16(ends[i]), Hi: uint16(ends[i+1]), Stride: 1})
		} else {
			t.R32 = append(t.R32, unicode.Range32{Lo: uint32(ends[i]), Hi: uint32(ends[i+1]), Stride: 1})
		}
	}
	return t
}
