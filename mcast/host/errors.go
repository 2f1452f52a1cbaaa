package host

import (
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
)

// OpError names the operation that failed, its group or address, and its
// interface.
type OpError struct {
	Op        string // "listen", "join", "leave", "block", "unblock", "send", "read", "route to", "set hops" and so on
	Target    string // a group, or another address; "" when the operation has none
	Interface string // its name; "" when it was left to the kernel
	Err       error
}

// Error reads "mcast: join 224.0.0.114:1234 on eth0: cause".
func (e *OpError) Error() string {
	s := "mcast: " + e.Op
	if e.Target != "" {
		s += " " + e.Target
	}
	if e.Interface != "" {
		s += " on " + e.Interface
	}
	return s + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *OpError) Unwrap() error { return e.Err }

// Cause is err without the layers that repeat the fields of an [OpError]: other
// OpErrors, [net.OpError] and [os.SyscallError]. An error of x/net about a call
// that this system lacks becomes [errors.ErrUnsupported].
func Cause(err error) error {
	for inner := err; inner != nil; {
		err = inner
		switch e := err.(type) {
		case *OpError:
			inner = e.Err
		case *net.OpError:
			inner = e.Err
		case *os.SyscallError:
			inner = e.Err
		default:
			inner = nil
		}
	}
	// x/net has an error of its own for it, which it does not export.
	if err != nil && strings.HasSuffix(err.Error(), " implemented on "+runtime.GOOS+"/"+runtime.GOARCH) {
		err = fmt.Errorf("%w: %w", errors.ErrUnsupported, err)
	}
	return err
}
