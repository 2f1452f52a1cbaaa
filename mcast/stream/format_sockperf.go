package stream

import "encoding/binary"

const (
	sockperfHeader   = 14
	sockperfMaxFlags = 7
	sockperfWarmUp   = 4
)

// sockperfSight reads the header of sockperf's: a number from 0, flags, and the
// length of the datagram. Those of the warm-up repeat number 0.
func sockperfSight(payload []byte, size int) (Sight, fit) {
	if len(payload) < sockperfHeader {
		return Sight{}, misfit
	}
	flags := binary.BigEndian.Uint16(payload[8:])
	if flags > sockperfMaxFlags || uint64(binary.BigEndian.Uint32(payload[10:])) != uint64(size) {
		return Sight{}, misfit
	}
	return Sight{Number: binary.BigEndian.Uint64(payload), Again: flags&sockperfWarmUp != 0}, numbered
}
