package kernel

import (
	"errors"
	"io"
	"net/netip"
)

// Errors of a trace. One that is not allowed satisfies errors.Is(err,
// fs.ErrPermission), one on another system errors.Is(err, errors.ErrUnsupported).
var (
	ErrNoTracefs   = errors.New("this kernel has no tracefs")
	ErrBusy        = errors.New("tracefs is busy")
	ErrNothingSeen = errors.New("no event was seen")
)

// Bounds of a run.
const (
	// MaxSize is the most octets of payload: with headers it fits every usual MTU.
	MaxSize = 1400
	// MinSize is the least, which holds the text that says what it is.
	MinSize = 17
	// bufferKiB is the kernel's buffer for each CPU.
	bufferKiB = 64
)

// Config says what to trace. Target is needed.
type Config struct {
	Op     Op // Send, unless set
	Target netip.AddrPort

	// IfIndex is the interface to send by, as ipi_ifindex of IP_PKTINFO has it
	// (ip(7)); for a connect the socket is bound to it. 0: as the kernel routes. A
	// link-local IPv6 target needs it: its zone is not read.
	IfIndex int
	// Source is the source address to send from, ipi_spec_dst; invalid: the
	// kernel's choice.
	Source netip.Addr
	// Size is octets of payload, MinSize to MaxSize. 0 draws a length that hardly
	// another datagram has.
	Size int
	// Text is written the trace as the kernel prints it; nil: nowhere.
	Text io.Writer
}

func (c Config) op() Op {
	if c.Op == "" {
		return Send
	}
	return c.Op
}

// payload is size octets that say what they are.
func payload(size int) []byte {
	b := []byte("groupcast kernel ")
	for len(b) < size {
		b = append(b, '.')
	}
	return b[:size]
}

// TracefsEnv is the environment variable that names an open directory of tracefs,
// as /proc/PID/fd/N. A lab that root has entered sets it: a user namespace may
// not mount tracefs, but it may use one that is open.
const TracefsEnv = "GROUPCAST_TRACEFS"
