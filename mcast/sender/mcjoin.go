package sender

import (
	"fmt"
	"os"
	"strconv"

	"github.com/groupcast/groupcast/mcast"
)

// mcjoinText is what mcjoin 2.12 sends: "Sender PID 4711, MC group 239.1.1.1 ...
// count: 12, freq: 100", and zeros behind it. The frequency is the interval in
// milliseconds.
type mcjoinText struct{ before, after string }

func newMcjoinText(g mcast.Group, rate float64) mcjoinText {
	return mcjoinText{
		before: fmt.Sprintf("Sender PID %d, MC group %s ... count: ", os.Getpid(), g.Addr.WithZone("")),
		after:  fmt.Sprintf(", freq: %d", interval(rate).Milliseconds()),
	}
}

// put writes the text over all of a datagram.
func (t mcjoinText) put(data []byte, number uint64) {
	n := copy(data, t.before)
	var digits [mostDigits]byte
	n += copy(data[n:], strconv.AppendUint(digits[:0], number, 10))
	n += copy(data[n:], t.after)
	clear(data[n:])
}

// mostDigits are those of a number of 64 bits.
const mostDigits = 20

// McjoinSize is how many bytes the longest text of mcjoin takes for these streams.
func McjoinSize(streams []Stream, rate float64) (size int) {
	for _, s := range streams {
		t := newMcjoinText(s.Group, rate)
		size = max(size, len(t.before)+mostDigits+len(t.after))
	}
	return size
}
