package stream

import (
	"encoding/binary"
	"time"
)

const (
	iperfHeader = 16
	// maxIperf is far more than any run sends.
	maxIperf = 1 << 40
)

// iperfSight reads the header of iperf 2: the low half of a number, seconds,
// microseconds, and the high half. Numbers begin with 1. The last datagram has its
// number negated.
func iperfSight(payload []byte, size int) (Sight, fit) {
	if len(payload) < iperfHeader || size < iperfHeader {
		return Sight{}, misfit
	}
	low, high := binary.BigEndian.Uint32(payload), binary.BigEndian.Uint32(payload[12:])
	sec, us := binary.BigEndian.Uint32(payload[4:]), binary.BigEndian.Uint32(payload[8:])
	number := int64(uint64(high)<<32 | uint64(low))
	end := number < 0
	if end {
		number = -number
	}
	if number < 1 || number > maxIperf || sec == 0 || us >= 1e6 {
		return Sight{}, misfit
	}
	return Sight{Number: uint64(number), End: end, Sent: time.Duration(sec)*time.Second + time.Duration(us)*time.Microsecond}, numbered
}

// clockAgrees reports whether the sender's clock went on as ours did, within 2 ms or
// a quarter.
func clockAgrees(sender, ours time.Duration) bool {
	return sender > 0 && (sender-ours).Abs() <= max(2*time.Millisecond, ours/4)
}

// iperfClock reports whether the sender's clock goes on from before, give or take an
// hour: another program's bytes are no times.
func iperfClock(sent time.Duration, before int64) bool {
	return (sent - time.Duration(before)).Abs() <= time.Hour
}
