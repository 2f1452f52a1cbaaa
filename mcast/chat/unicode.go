package chat

import "unicode"

// Properties that package unicode has no tables for. They name code points up
// to Unicode 17: those that this Go does not know yet are escaped before they
// are looked up here.
var (
	// attached is what is drawn in the cell of the character before and is
	// not a mark (category M): Grapheme_Cluster_Break=Extend, SpacingMark, V
	// and T of UAX 29.
	attached = &unicode.RangeTable{
		R16: []unicode.Range16{
			{Lo: 0x0e33, Hi: 0x0e33, Stride: 1}, // Thai sara am
			{Lo: 0x0eb3, Hi: 0x0eb3, Stride: 1}, // Lao am
			{Lo: 0x1161, Hi: 0x11ff, Stride: 1}, // Hangul vowels and trailing consonants
			{Lo: 0xd7b0, Hi: 0xd7fb, Stride: 1},
			{Lo: 0xff9e, Hi: 0xff9f, Stride: 1}, // halfwidth Katakana sound marks
		},
		R32: []unicode.Range32{
			{Lo: 0x1f3fb, Hi: 0x1f3ff, Stride: 1}, // skin tones
		},
	}

	// leadingJamo are the Hangul consonants that any number of others may
	// precede in one syllable (GB6).
	leadingJamo = &unicode.RangeTable{
		R16: []unicode.Range16{
			{Lo: 0x1100, Hi: 0x115e, Stride: 1},
			{Lo: 0xa960, Hi: 0xa97c, Stride: 1},
		},
	}

	// prepended are the letters that are drawn in the cell of the character
	// after (GB9b).
	prepended = &unicode.RangeTable{
		R16: []unicode.Range16{
			{Lo: 0x0d4e, Hi: 0x0d4e, Stride: 1},
		},
		R32: []unicode.Range32{
			{Lo: 0x111c2, Hi: 0x111c3, Stride: 1},
			{Lo: 0x113d1, Hi: 0x113d1, Stride: 1},
			{Lo: 0x1193f, Hi: 0x11941, Stride: 2},
			{Lo: 0x11a3a, Hi: 0x11a3a, Stride: 1},
			{Lo: 0x11a84, Hi: 0x11a89, Stride: 1},
			{Lo: 0x11d46, Hi: 0x11d46, Stride: 1},
			{Lo: 0x11f02, Hi: 0x11f02, Stride: 1},
		},
	}

	// virama are the marks that join the consonant after them to the one
	// before (Indic_Conjunct_Break=Linker, GB9c).
	virama = &unicode.RangeTable{
		R16: []unicode.Range16{
			{Lo: 0x094d, Hi: 0x09cd, Stride: 0x80},
			{Lo: 0x0acd, Hi: 0x0d4d, Stride: 0x80},
			{Lo: 0x1039, Hi: 0x1039, Stride: 1},
			{Lo: 0x17d2, Hi: 0x17d2, Stride: 1},
			{Lo: 0x1a60, Hi: 0x1a60, Stride: 1},
			{Lo: 0x1b44, Hi: 0x1b44, Stride: 1},
			{Lo: 0x1bab, Hi: 0x1bab, Stride: 1},
			{Lo: 0xa9c0, Hi: 0xa9c0, Stride: 1},
			{Lo: 0xaaf6, Hi: 0xaaf6, Stride: 1},
		},
		R32: []unicode.Range32{
			{Lo: 0x10a3f, Hi: 0x10a3f, Stride: 1},
			{Lo: 0x11133, Hi: 0x11133, Stride: 1},
			{Lo: 0x113d0, Hi: 0x113d0, Stride: 1},
			{Lo: 0x1193e, Hi: 0x1193e, Stride: 1},
			{Lo: 0x11a47, Hi: 0x11a47, Stride: 1},
			{Lo: 0x11a99, Hi: 0x11a99, Stride: 1},
			{Lo: 0x11f42, Hi: 0x11f42, Stride: 1},
		},
	}
)

const blankBraille = '\u2800' // part of pictures made of braille patterns

// isFiller reports whether r counts as graphic but shows nothing. The soft
// hyphen is among them because it is what they are: there, and not seen.
func isFiller(r rune) bool {
	switch r {
	case 0xad, 0x13441, 0x13442, 0x16fe4, 0x1d159: // soft hyphen, blank hieroglyphs, Khitan filler, null notehead
		return true
	}
	return unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) && unicode.IsGraphic(r)
}
