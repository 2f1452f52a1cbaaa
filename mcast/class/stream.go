package class

import "unicode/utf8"

// stream reads what a program writes as a terminal of UTF-8 does (ECMA-48), in whatever
// pieces it comes. It hands on whole characters and whole sequences, which are as long
// as they may be at the most, so that nothing of a length without bound reaches the
// emulator, and no character in two halves.
type stream struct {
	state streamState
	seq   []byte // what there is of a sequence, from its ESC
	bad   bool   // it is too long, or none
	held  []byte // the end of text, which may go on
}

type streamState int

const (
	ground  streamState = iota // text
	escape                     // after ESC
	control                    // in a control sequence (CSI)
	command                    // in an operating system command (OSC)
	ignored                    // in another string (DCS, APC, PM, SOS)
)

const (
	esc, bel, can, sub, del = 0x1b, 0x07, 0x18, 0x1a, 0x7f

	maxSequence = 256  // bytes of a sequence; a longer one is left out
	maxCommand  = 1024 // bytes of an OSC, such as a title
	maxCluster  = 64   // bytes of one cell: an emoji of four people has 41
)

// drawer is what a stream hands on to.
type drawer interface {
	text(b []byte)     // characters
	wide(b []byte)     // one of two cells
	control(c byte)    // a control character (C0)
	sequence(b []byte) // an escape or control sequence
	command(b []byte)  // what an OSC has between its ends
}

// read hands on what is complete with b.
func (s *stream) read(b []byte, to drawer) {
	for len(b) > 0 {
		if s.state == ground {
			n := textLength(b)
			if n == len(b) {
				s.keep(s.clusters(b, true, to))
				return
			}
			s.clusters(b[:n], false, to)
			s.held = nil
			b = b[n:]
		}
		if b[0] >= utf8.RuneSelf && s.state != command && s.state != ignored {
			s.state = ground // a sequence has none of these
			continue
		}
		s.step(b[0], to)
		b = b[1:]
	}
}

// textLength is where the first control character is.
func textLength(b []byte) int {
	for n, c := range b {
		if c < 0x20 || c == del {
			return n
		}
	}
	return len(b)
}

// step takes a byte of a sequence, or one that is none of text.
func (s *stream) step(c byte, to drawer) {
	switch {
	case c == esc:
		if s.state == command {
			s.endCommand(to) // by ESC \
		}
		s.state, s.seq, s.bad = escape, append(s.seq[:0], c), false
	case c == can || c == sub:
		s.state = ground
	case s.state == command:
		switch {
		case c == bel:
			s.endCommand(to)
			s.state = ground
		case c >= 0x20 && c != del:
			s.add(c, maxCommand)
		}
	case s.state == ignored || c == del:
	case c < 0x20:
		to.control(c)
	case s.state == escape:
		s.escaped(c, to)
	case s.state == control:
		s.controlled(c, to)
	}
}

func (s *stream) add(c byte, most int) {
	if len(s.seq) >= most {
		s.bad = true
		return
	}
	s.seq = append(s.seq, c)
}

// escaped takes a byte after ESC.
func (s *stream) escaped(c byte, to drawer) {
	first := len(s.seq) == 1
	s.add(c, maxSequence)
	switch {
	case c < 0x30: // an intermediate byte
	case first && c == '[':
		s.state = control
	case first && c == ']':
		s.state, s.seq = command, s.seq[:0]
	case first && (c == 'P' || c == 'X' || c == '^' || c == '_'):
		s.state = ignored
	default:
		s.state = ground
		if !s.bad && !(first && c == '\\') {
			to.sequence(s.seq)
		}
	}
}

// controlled takes a byte of a control sequence.
func (s *stream) controlled(c byte, to drawer) {
	if last := s.seq[len(s.seq)-1]; c >= 0x30 && c < 0x40 && last >= 0x20 && last < 0x30 {
		s.bad = true // a parameter after an intermediate byte
	}
	s.add(c, maxSequence)
	if c >= 0x40 {
		s.state = ground
		if !s.bad {
			to.sequence(s.seq)
		}
	}
}

func (s *stream) endCommand(to drawer) {
	if !s.bad {
		to.command(s.seq)
	}
}

// release hands on the text that was held because it could have gone on. An incomplete
// character stays.
func (s *stream) release(to drawer) {
	held := s.held
	s.held = nil
	rest := incomplete(held)
	draw(held[:len(held)-len(rest)], to)
	s.keep(rest)
}

// holds reports whether there is text for release.
func (s *stream) holds() bool { return len(s.held) > len(incomplete(s.held)) }

func (s *stream) keep(b []byte) { s.held = append([]byte(nil), b...) }

// clusters hands on text, with what was held of the text before it. It returns what may
// go on behind its end: the last grapheme cluster (UAX #29), and an incomplete character.
func (s *stream) clusters(b []byte, goesOn bool, to drawer) (rest []byte) {
	if len(s.held) > 0 {
		b = append(s.held, b...)
	}
	if !goesOn {
		draw(b, to)
		return nil
	}
	whole := b[:len(b)-len(incomplete(b))]
	last := lastCluster(whole)
	if last > maxCluster {
		last = 0
	}
	draw(b[:len(whole)-last], to)
	return b[len(whole)-last:]
}

// incomplete is the beginning of a character at the end of b.
func incomplete(b []byte) []byte {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if tail := b[len(b)-n:]; utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				break
			}
			return tail
		}
	}
	return nil
}
