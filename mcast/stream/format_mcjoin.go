package stream

import (
	"bytes"
	"math"
	"time"
)

// What the text of mcjoin's has around its values: "Sender PID 4711, MC group
// 225.1.2.3 ... count: 0, freq: 100", then zeros.
var (
	mcjoinStart = []byte("Sender PID ")
	mcjoinGroup = []byte(", MC group ")
	mcjoinCount = []byte(" ... count: ")
	mcjoinFreq  = []byte(", freq: ")
)

// maxMcjoinGroup is the longest text of a group: an IPv6 address with a zone.
const maxMcjoinGroup = 64

func mcjoinSight(payload []byte, _ int) (Sight, fit) {
	rest, ok := bytes.CutPrefix(payload, mcjoinStart)
	if !ok {
		return Sight{}, misfit
	}
	pid, rest, ok := decimal(rest)
	if !ok || pid == 0 || !bytes.HasPrefix(rest, mcjoinGroup) {
		return Sight{}, misfit
	}
	rest = rest[len(mcjoinGroup):]
	end := bytes.Index(rest[:min(len(rest), maxMcjoinGroup+len(mcjoinCount))], mcjoinCount)
	if end < 1 {
		return Sight{}, misfit
	}
	number, rest, ok := decimal(rest[end+len(mcjoinCount):])
	if !ok || !bytes.HasPrefix(rest, mcjoinFreq) {
		return Sight{}, misfit
	}
	ms, rest, ok := decimal(rest[len(mcjoinFreq):])
	if !ok || len(rest) > 0 && rest[0] != 0 {
		return Sight{}, misfit
	}
	s := Sight{Number: number, ID: pid}
	if ms < uint64(math.MaxInt64/time.Millisecond) {
		s.Promise = time.Duration(ms) * time.Millisecond
	}
	return s, numbered
}

// decimal reads a number of decimal digits, and returns what is behind it.
func decimal(b []byte) (n uint64, rest []byte, ok bool) {
	at := 0
	for ; at < len(b) && b[at] >= '0' && b[at] <= '9'; at++ {
		digit := uint64(b[at] - '0')
		if n > (math.MaxUint64-digit)/10 {
			return 0, nil, false
		}
		n = 10*n + digit
	}
	return n, b[at:], at > 0
}
