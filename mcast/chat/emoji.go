package chat

import (
	"unicode"
	"unicode/utf8"
)

// joiner is U+200D ZERO WIDTH JOINER, which makes one emoji of several: a family, a
// profession, a flag.
const joiner = '\u200d'

// emojiStyle is the variation selector that asks for the emoji where a character
// is a letter-like sign by itself.
const emojiStyle = '\ufe0f'

// maxJoins is how many joiners the longest of the recommended sequences has: a
// kiss, or a family of four.
const maxJoins = 3

// elements are the code points that the recommended emoji ZWJ sequences are made
// of (UTS 51, ED-16, and emoji-zwj-sequences.txt of Emoji 17).
var elements = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x2194, Hi: 0x2195, Stride: 1}, {Lo: 0x2620, Hi: 0x2620, Stride: 1}, {Lo: 0x2640, Hi: 0x2640, Stride: 1},
		{Lo: 0x2642, Hi: 0x2642, Stride: 1}, {Lo: 0x2695, Hi: 0x2696, Stride: 1}, {Lo: 0x26a7, Hi: 0x26a7, Stride: 1},
		{Lo: 0x26d3, Hi: 0x26d3, Stride: 1}, {Lo: 0x26f9, Hi: 0x26f9, Stride: 1}, {Lo: 0x2708, Hi: 0x2708, Stride: 1},
		{Lo: 0x2744, Hi: 0x2744, Stride: 1}, {Lo: 0x2764, Hi: 0x2764, Stride: 1}, {Lo: 0x27a1, Hi: 0x27a1, Stride: 1},
		{Lo: 0x2b1b, Hi: 0x2b1b, Stride: 1},
	},
	R32: []unicode.Range32{
		{Lo: 0x1f308, Hi: 0x1f308, Stride: 1}, {Lo: 0x1f32b, Hi: 0x1f32b, Stride: 1}, {Lo: 0x1f33e, Hi: 0x1f33e, Stride: 1},
		{Lo: 0x1f344, Hi: 0x1f344, Stride: 1}, {Lo: 0x1f34b, Hi: 0x1f34b, Stride: 1}, {Lo: 0x1f373, Hi: 0x1f373, Stride: 1},
		{Lo: 0x1f37c, Hi: 0x1f37c, Stride: 1}, {Lo: 0x1f384, Hi: 0x1f384, Stride: 1}, {Lo: 0x1f393, Hi: 0x1f393, Stride: 1},
		{Lo: 0x1f3a4, Hi: 0x1f3a4, Stride: 1}, {Lo: 0x1f3a8, Hi: 0x1f3a8, Stride: 1}, {Lo: 0x1f3c3, Hi: 0x1f3c4, Stride: 1},
		{Lo: 0x1f3ca, Hi: 0x1f3cc, Stride: 1}, {Lo: 0x1f3eb, Hi: 0x1f3eb, Stride: 1}, {Lo: 0x1f3ed, Hi: 0x1f3ed, Stride: 1},
		{Lo: 0x1f3f3, Hi: 0x1f3f4, Stride: 1}, {Lo: 0x1f408, Hi: 0x1f408, Stride: 1}, {Lo: 0x1f415, Hi: 0x1f415, Stride: 1},
		{Lo: 0x1f426, Hi: 0x1f426, Stride: 1}, {Lo: 0x1f430, Hi: 0x1f430, Stride: 1}, {Lo: 0x1f43b, Hi: 0x1f43b, Stride: 1},
		{Lo: 0x1f441, Hi: 0x1f441, Stride: 1}, {Lo: 0x1f466, Hi: 0x1f469, Stride: 1}, {Lo: 0x1f46e, Hi: 0x1f471, Stride: 1},
		{Lo: 0x1f473, Hi: 0x1f473, Stride: 1}, {Lo: 0x1f477, Hi: 0x1f477, Stride: 1}, {Lo: 0x1f481, Hi: 0x1f482, Stride: 1},
		{Lo: 0x1f486, Hi: 0x1f487, Stride: 1}, {Lo: 0x1f48b, Hi: 0x1f48b, Stride: 1}, {Lo: 0x1f4a5, Hi: 0x1f4a5, Stride: 1},
		{Lo: 0x1f4a8, Hi: 0x1f4a8, Stride: 1}, {Lo: 0x1f4ab, Hi: 0x1f4ab, Stride: 1}, {Lo: 0x1f4bb, Hi: 0x1f4bc, Stride: 1},
		{Lo: 0x1f525, Hi: 0x1f525, Stride: 1}, {Lo: 0x1f527, Hi: 0x1f527, Stride: 1}, {Lo: 0x1f52c, Hi: 0x1f52c, Stride: 1},
		{Lo: 0x1f575, Hi: 0x1f575, Stride: 1}, {Lo: 0x1f5e8, Hi: 0x1f5e8, Stride: 1}, {Lo: 0x1f62e, Hi: 0x1f62e, Stride: 1},
		{Lo: 0x1f635, Hi: 0x1f636, Stride: 1}, {Lo: 0x1f642, Hi: 0x1f642, Stride: 1}, {Lo: 0x1f645, Hi: 0x1f647, Stride: 1},
		{Lo: 0x1f64b, Hi: 0x1f64b, Stride: 1}, {Lo: 0x1f64d, Hi: 0x1f64e, Stride: 1}, {Lo: 0x1f680, Hi: 0x1f680, Stride: 1},
		{Lo: 0x1f692, Hi: 0x1f692, Stride: 1}, {Lo: 0x1f6a3, Hi: 0x1f6a3, Stride: 1}, {Lo: 0x1f6b4, Hi: 0x1f6b6, Stride: 1},
		{Lo: 0x1f7e9, Hi: 0x1f7e9, Stride: 1}, {Lo: 0x1f7eb, Hi: 0x1f7eb, Stride: 1}, {Lo: 0x1f91d, Hi: 0x1f91d, Stride: 1},
		{Lo: 0x1f926, Hi: 0x1f926, Stride: 1}, {Lo: 0x1f935, Hi: 0x1f935, Stride: 1}, {Lo: 0x1f937, Hi: 0x1f939, Stride: 1},
		{Lo: 0x1f93c, Hi: 0x1f93e, Stride: 1}, {Lo: 0x1f9af, Hi: 0x1f9b3, Stride: 1}, {Lo: 0x1f9b8, Hi: 0x1f9ba, Stride: 1},
		{Lo: 0x1f9bc, Hi: 0x1f9bd, Stride: 1}, {Lo: 0x1f9cd, Hi: 0x1f9cf, Stride: 1}, {Lo: 0x1f9d1, Hi: 0x1f9d2, Stride: 1},
		{Lo: 0x1f9d4, Hi: 0x1f9d4, Stride: 1}, {Lo: 0x1f9d6, Hi: 0x1f9df, Stride: 1}, {Lo: 0x1fa70, Hi: 0x1fa70, Stride: 1},
		{Lo: 0x1fa79, Hi: 0x1fa79, Stride: 1}, {Lo: 0x1faf1, Hi: 0x1faf2, Stride: 1},
	},
}

// signs are those of the elements that are drawn as one narrow cell unless
// emojiStyle or a skin tone follows (Emoji_Presentation=No).
var signs = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x2194, Hi: 0x2195, Stride: 1}, {Lo: 0x2620, Hi: 0x2620, Stride: 1}, {Lo: 0x2640, Hi: 0x2640, Stride: 1},
		{Lo: 0x2642, Hi: 0x2642, Stride: 1}, {Lo: 0x2695, Hi: 0x2696, Stride: 1}, {Lo: 0x26a7, Hi: 0x26a7, Stride: 1},
		{Lo: 0x26d3, Hi: 0x26d3, Stride: 1}, {Lo: 0x26f9, Hi: 0x26f9, Stride: 1}, {Lo: 0x2708, Hi: 0x2708, Stride: 1},
		{Lo: 0x2744, Hi: 0x2744, Stride: 1}, {Lo: 0x2764, Hi: 0x2764, Stride: 1}, {Lo: 0x27a1, Hi: 0x27a1, Stride: 1},
	},
	R32: []unicode.Range32{
		{Lo: 0x1f32b, Hi: 0x1f32b, Stride: 1}, {Lo: 0x1f3cb, Hi: 0x1f3cc, Stride: 1}, {Lo: 0x1f3f3, Hi: 0x1f3f3, Stride: 1},
		{Lo: 0x1f441, Hi: 0x1f441, Stride: 1}, {Lo: 0x1f575, Hi: 0x1f575, Stride: 1}, {Lo: 0x1f5e8, Hi: 0x1f5e8, Stride: 1},
	},
}

var skinTones = &unicode.RangeTable{
	R32: []unicode.Range32{{Lo: 0x1f3fb, Hi: 0x1f3ff, Stride: 1}},
}

// emoji follows the runes of one line, and knows which joiners make an emoji of
// what is before and after them. Everybody draws such an emoji in two cells, or
// the pieces of it; a joiner anywhere else is drawn in as many ways as there are
// terminals.
type emoji struct {
	base  rune // the element that the last runes are of; 0: they are of none
	whole bool // it is drawn as an emoji
	joins int  // joiners before it
	tail  bool // a selector or skin tone has followed it
	after bool // a joiner was the last rune
}

// next takes in a rune that is shown.
func (e *emoji) next(r rune) {
	switch {
	case r == joiner && e.base != 0:
		e.joins, e.after = e.joins+1, true
	case (r == emojiStyle || unicode.Is(skinTones, r)) && e.base != 0 && !e.tail && !e.after:
		e.whole, e.tail = true, true
	case unicode.Is(elements, r):
		joins := 0
		if e.after {
			joins = e.joins
		}
		*e = emoji{base: r, whole: e.after || !unicode.Is(signs, r), joins: joins}
	default:
		*e = emoji{}
	}
}

// joined reports whether a joiner here, with that text behind it, makes an emoji.
func (e *emoji) joined(rest string) bool {
	after, _ := utf8.DecodeRuneInString(rest)
	return e.base != 0 && e.whole && !e.after && e.joins < maxJoins && unicode.Is(elements, after)
}

// KeepJoiners reports for each rune of a text whether it is a zero width joiner
// that makes one emoji of what is before and after it. Others are not to be shown.
func KeepJoiners(text []rune) []bool {
	keep := make([]bool, len(text))
	var e emoji
	for i, r := range text {
		keep[i] = r == joiner && i+1 < len(text) && e.joined(string(text[i+1]))
		if r == joiner && !keep[i] {
			r = ' '
		}
		e.next(r)
	}
	return keep
}
