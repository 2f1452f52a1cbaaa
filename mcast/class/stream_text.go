package class

import (
	"bytes"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// draw hands on text without controls. What is no UTF-8 becomes U+FFFD, what has no cell
// of its own is left out, and a cluster beyond maxCluster is cut.
func draw(b []byte, to drawer) {
	if !utf8.Valid(b) {
		b = bytes.ToValidUTF8(b, []byte("\ufffd"))
	}
	done := 0 // of b
	upTo := func(n int) {
		if n > done {
			to.text(b[done:n])
		}
	}
	for at := 0; at < len(b); {
		size, cells := firstCluster(b[at:])
		end := at + size
		switch {
		case cells == 1 && size <= maxCluster:
			at = end
			continue
		case cells == 0:
			upTo(at)
		default:
			upTo(at)
			cluster := b[at:end]
			for len(cluster) > maxCluster || !utf8.Valid(cluster) {
				cluster = cluster[:min(maxCluster, len(cluster)-1)]
			}
			if cells > 1 {
				to.wide(cluster)
			} else {
				to.text(cluster)
			}
		}
		at, done = end, end
	}
	upTo(len(b))
}

// firstCluster is the length of the first grapheme cluster (UAX #29) of valid text, in
// bytes and in cells.
func firstCluster(b []byte) (size, cells int) {
	r, size := utf8.DecodeRune(b)
	if alone(r) {
		if size == len(b) {
			return size, 1
		}
		if next, _ := utf8.DecodeRune(b[size:]); alone(next) {
			return size, 1
		}
	}
	cluster, cells := ansi.FirstGraphemeCluster(b, ansi.GraphemeWidth)
	return max(1, len(cluster)), cells
}

// alone reports whether a character has one cell, and makes no cluster with another such.
// It spares looking most of them up: ASCII, Latin, and the lines of boxes.
func alone(r rune) bool {
	return r >= 0x20 && r < 0x7f || r > 0xae && r < 0x300 || r >= 0x2500 && r < 0x25a0
}

// lastCluster is the length of the last grapheme cluster of text.
func lastCluster(b []byte) int {
	from := len(b)
	for from > 0 && len(b)-from < 4*maxCluster {
		r, size := utf8.DecodeLastRune(b[:from])
		if from -= size; alone(r) {
			break
		}
	}
	size := 0
	for b = b[from:]; len(b) > 0; b = b[size:] {
		size, _ = firstCluster(b)
	}
	return size
}
