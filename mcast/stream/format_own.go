package stream

import "errors"

// isOwn reports whether a datagram begins as those of send --rate.
func isOwn(payload []byte) bool {
	return len(payload) >= len(magic) && [3]byte(payload) == magic
}

// ownFault says why a datagram that begins as ours has no number.
func ownFault(payload []byte, size int) (damaged, newer bool) {
	_, err := ParseHeader(payload, size)
	return errors.Is(err, ErrDamaged), errors.Is(err, ErrNewer)
}

func ownSight(payload []byte, size int) (Sight, fit) {
	h, err := ParseHeader(payload, size)
	if err != nil {
		return Sight{}, misfit
	}
	return Sight{Number: h.Number, ID: h.Stream, Sent: h.Sent, Promise: h.Promise, End: h.End}, numbered
}
