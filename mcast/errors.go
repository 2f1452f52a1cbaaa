package mcast

import (
	"errors"
	"fmt"

	"github.com/groupcast/groupcast/mcast/host"
)

// Errors of Listen and of a Conn, beside those of the kernel (syscall.Errno), to
// be tested with errors.Is. A call that this system lacks returns
// errors.ErrUnsupported.
var (
	ErrPortInUse      = errors.New("the port is in use and not shared")
	ErrTooLong        = errors.New("too long for a UDP datagram")
	ErrJoined         = errors.New("already joined there")
	ErrNotJoined      = errors.New("not joined there")
	ErrMixedModes     = errors.New("a group is joined either for all sources or for single ones: leave it first")
	ErrTooManySources = errors.New("too many sources for one group")
	ErrBlocked        = errors.New("already blocked there")
	ErrNotBlocked     = errors.New("not blocked there")
	ErrNoRoute        = errors.New("no route to the group")
	ErrHopsOutside    = errors.New("the TTL (hop limit) must be 0 to 255")
	ErrFamily         = errors.New("the socket is of the other IP version")
	ErrZone           = errors.New("the zone is another interface than the one named")
	ErrNoZone         = errors.New("the address is valid on one link only: it needs the zone of an interface")
)

// Errors about arguments, which their caller knows.
var (
	errNoSource      = errors.New("no source is named")
	errNoDestination = errors.New("no destination is named")
	errNotRemote     = errors.New("the socket is connected to another address")
)

// MaxPayload is the largest UDP payload over IPv4, in bytes: 65,535 less the
// 20 of the IP header and the 8 of the UDP header. Over IPv6 it is
// MaxPayload6, as its header does not count.
const (
	MaxPayload  = 65507
	MaxPayload6 = 65527
)

// OpError says what was tried, for which group, on which interface. It is the
// one that package host returns as well.
type OpError = host.OpError

// checkPayload is ErrTooLong for what cannot be one datagram.
func checkPayload(size int, is4 bool) error {
	most := MaxPayload6
	if is4 {
		most = MaxPayload
	}
	if size > most {
		return fmt.Errorf("%d bytes: %w: %d bytes fit", size, ErrTooLong, most)
	}
	return nil
}

// checkHops refuses a TTL below least or above 255. The error is ErrHopsOutside
// and says the range: that of unicast begins at 1.
func checkHops(n, least int) error {
	if n < least || n > 255 {
		return hopsError{n, least}
	}
	return nil
}

type hopsError struct{ hops, least int }

func (e hopsError) Error() string {
	return fmt.Sprintf("%d: the TTL (hop limit) must be %d to 255", e.hops, e.least)
}

func (e hopsError) Is(target error) bool { return target == ErrHopsOutside }

// maxDatagram is the largest IP datagram, in bytes.
const maxDatagram = 65535

// opError is err as an OpError; nil stays nil.
func opError(op string, g Group, on host.Interface, err error) error {
	if err == nil {
		return nil
	}
	return &OpError{Op: op, Target: g.String(), Interface: on.Name, Err: host.Cause(err)}
}
