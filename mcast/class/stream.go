package class

import (
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// stream follows the sequences of a terminal (ECMA-48) in what a program writes, far
// enough to cut it: behind a sequence that sets or resets modes, and never inside of a
// character that may go on.
type stream struct{ state streamState }

type streamState int

const (
	ground  streamState = iota // text
	escape                     // after ESC
	control                    // in a control sequence (CSI)
	modes                      // in one of private modes
	text                       // in a string (OSC, DCS, APC, PM, SOS)
	textEsc                    // in one, after ESC
)

// maxPiece bounds what one cell can be made of: a base with any number of marks.
const maxPiece = 512

// maxHeld is how long the end of a write is kept that may go on.
const maxHeld = 64

// piece returns how many bytes of b to draw at once, and whether a sequence of modes ends
// there. Of what is to follow, open says that it may go on: its last character is not
// complete, or can still get a mark.
func (s *stream) piece(b []byte) (n int, modesSet, open bool) {
	textFrom := -1
	for n = 0; n < len(b); n++ {
		if n-textFrom >= maxPiece && textFrom >= 0 {
			return n, false, false
		}
		was := s.state
		s.step(b[n])
		switch {
		case was == modes && s.state == ground:
			return n + 1, true, false
		case was == ground && s.state == ground && b[n] >= 0x20:
			if textFrom < 0 {
				textFrom = n
			}
		default:
			textFrom = -1
		}
	}
	if textFrom < 0 {
		return n, false, false
	}
	if last := lastCluster(b[textFrom:]); last <= maxHeld {
		return n - last, false, true
	}
	return n, false, false
}

func (s *stream) step(c byte) {
	switch {
	case c == 0x18 || c == 0x1a: // CAN, SUB
		s.state = ground
		return
	case c == 0x1b:
		if s.state == text {
			s.state = textEsc
		} else {
			s.state = escape
		}
		return
	}
	switch s.state {
	case escape:
		switch c {
		case '[':
			s.state = control
		case ']', 'P', '_', '^', 'X':
			s.state = text
		default:
			if c >= 0x30 || c < 0x20 {
				s.state = ground
			}
		}
	case control, modes:
		switch {
		case c >= 0x40 && c <= 0x7e:
			s.state = ground
		case c == '?':
			s.state = modes
		}
	case text:
		if c == 0x07 {
			s.state = ground
		}
	case textEsc:
		s.state = ground
	}
}

// lastCluster is the length of the last grapheme cluster of text, whose last character
// need not be complete.
func lastCluster(b []byte) int {
	if len(b) > 4*maxHeld {
		b = b[len(b)-4*maxHeld:]
		for len(b) > 0 && !utf8.RuneStart(b[0]) {
			b = b[1:]
		}
	}
	last := 0
	for len(b) > 0 {
		cluster, _ := ansi.FirstGraphemeCluster(b, ansi.GraphemeWidth)
		if len(cluster) == 0 {
			break
		}
		last = len(cluster)
		b = b[last:]
	}
	return last
}
