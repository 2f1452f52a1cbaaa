package probe

import (
	"errors"
	"fmt"
	"net/netip"
	"syscall"
	"time"

	"github.com/groupcast/groupcast/mcast"
)

// Verdict sums up a [Result].
type Verdict string

// The verdicts.
const (
	Answered    Verdict = "answered"    // a datagram came from there
	Refused     Verdict = "refused"     // an ICMP port unreachable came
	Unreachable Verdict = "unreachable" // another ICMP error, nobody answers ARP, or this host does not send
	Silent      Verdict = "silent"      // nothing: open, filtered or lost
	Unresolved  Verdict = "unresolved"  // there is no address to ask
)

// A Result keeps maxAnswer bytes of an answer; maxSize bytes of it are read.
const (
	maxAnswer = 512
	maxSize   = 8192
)

// Result is everything that is known about one target.
type Result struct {
	Target
	Verdict Verdict
	At      time.Time // when it was known
	Tries   int       // datagrams that were sent
	// RTT is the time from the last try to the answer or error; 0 if none came.
	// After several tries the answer may be to an earlier one.
	RTT        time.Duration
	Size       int        // bytes of the answer; 8192 stands for more, too
	Answer     []byte     // its first 512 bytes at most, as hostile as any network's
	By         netip.Addr // who answered or sent the ICMP error; the zero Addr: this host itself, or the system does not tell
	Type, Code int        // of the ICMP (RFC 792) or, if By is one of IPv6, ICMPv6 error (RFC 4443); 0, 0 if there was none
	Err        error      // the error behind Refused, Unreachable (syscall.Errno, NoNeighbourError) and Unresolved; else nil
}

// NoNeighbourError is an Unreachable that this host's kernel found: it asked
// for a link-layer address, and nobody answered. It is syscall.EHOSTUNREACH.
type NoNeighbourError struct {
	To      netip.Addr // the target
	Gateway netip.Addr // who did not answer in its stead; the zero Addr: the target did not, or the gateway is not known
	Direct  bool       // the target is on a network of this host
}

// Error reads "nobody answers ARP for 192.168.1.99".
func (e *NoNeighbourError) Error() string {
	question := "ARP"
	if e.To.Is6() {
		question = "neighbour solicitations"
	}
	switch {
	case e.Gateway.IsValid():
		return fmt.Sprintf("nobody answers %s for %s, the gateway to it", question, e.Gateway)
	case !e.Direct:
		return fmt.Sprintf("nobody answers %s for the gateway to it", question)
	}
	return fmt.Sprintf("nobody answers %s for %s", question, e.To)
}

// Unwrap returns syscall.EHOSTUNREACH.
func (e *NoNeighbourError) Unwrap() error { return syscall.EHOSTUNREACH }

// namelessError is an ICMP error where the system does not show it.
type namelessError struct{ error }

func (e namelessError) Error() string {
	return fmt.Sprintf("an ICMP error, which this system does not show: %v", e.error)
}

func (e namelessError) Unwrap() error { return e.error }

// Because says in one line how the verdict is known:
//
//	ICMP port unreachable (3, 3) from 192.168.1.11
//	nobody answers ARP for 192.168.1.99
//	nothing in 3 tries: open, filtered or lost; UDP cannot tell
func (r Result) Because() string {
	switch r.Verdict {
	case Answered:
		return r.answered()
	case Silent:
		return "nothing in " + count(r.Tries, "try", "tries") + ": open, filtered or lost; UDP cannot tell"
	case Unresolved:
		return r.Err.Error()
	}
	if r.icmp() {
		return mcast.PeerError{From: r.By, Type: r.Type, Code: r.Code, Err: r.Err}.Because()
	}
	if r.Verdict == Refused {
		return "ICMP port unreachable; this system does not report from which host"
	}
	return r.local()
}

func (r Result) icmp() bool {
	return r.By.IsValid() && (r.Verdict == Refused || r.Verdict == Unreachable)
}

func (r Result) answered() string {
	switch r.Size {
	case 0:
		return "an empty answer"
	case maxSize:
		return fmt.Sprintf("an answer of %d bytes or more", maxSize)
	}
	return "an answer of " + count(r.Size, "byte", "bytes")
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// locals are the meanings of this host's own errors of a send or a connect
// (route(8), udp(7)).
var locals = []struct {
	errno syscall.Errno
	means string
}{
	{syscall.ENETUNREACH, "no route on this host (ENETUNREACH)"},
	{syscall.EHOSTUNREACH, "an unreachable route on this host (EHOSTUNREACH)"},
	{syscall.EPERM, "this host's own firewall refuses (EPERM)"},
	{syscall.EACCES, "a prohibit route on this host, or a broadcast address (EACCES)"},
	{syscall.EINVAL, "a blackhole route on this host, or a source address that it does not have (EINVAL)"},
	{syscall.EMSGSIZE, "too large to be sent from this host (EMSGSIZE)"},
	{syscall.EADDRNOTAVAIL, "this host does not have the source address (EADDRNOTAVAIL)"},
	{syscall.ENETDOWN, "this host's interface is down (ENETDOWN)"},
	{syscall.ENODEV, "this host does not have the interface (ENODEV)"},
	{syscall.ENOBUFS, "the interface's queue is full (ENOBUFS)"},
}

// local says why this host itself did not send.
func (r Result) local() string {
	var neighbour *NoNeighbourError
	if errors.As(r.Err, &neighbour) || errors.As(r.Err, new(namelessError)) {
		return r.Err.Error()
	}
	for _, l := range locals {
		if errors.Is(r.Err, l.errno) {
			return l.means
		}
	}
	return fmt.Sprintf("this host does not send: %v", r.Err)
}

// Netcat is the verdict of OpenBSD's nc -vzu on the same target, on Linux. Netcat
// sends a few datagrams and calls it success if none of its own calls fails. So
// silence is a success, and so are ICMP errors that the kernel takes for passing
// ones: it does not report them to programs without IP_RECVERR.
func (r Result) Netcat() string {
	switch {
	case r.Verdict == Unresolved:
		return "cannot be resolved"
	case r.Verdict == Answered, r.Verdict == Silent:
		return "succeeded"
	case r.icmp() && passing(r.By.Is6(), r.Type, r.Code), errors.As(r.Err, new(*NoNeighbourError)):
		return "succeeded"
	case r.icmp(), r.Verdict == Refused:
		return "nothing, and fails"
	}
	return "fails: " + errnoText(r.Err)
}

func errnoText(err error) string {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno.Error()
	}
	return err.Error()
}
