package mcast_test

import (
	"errors"
	"net"
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// A port that is shared by SO_REUSEPORT only is shared with a Conn of the same
// user, and with nobody else; the option is not set where it is not needed.
func TestPortSharedByReusePort(t *testing.T) {
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	heard := make(chan string, 1)
	labtest.In(t, a, func() error {
		lc := net.ListenConfig{Control: func(_, _ string, rc syscall.RawConn) (err error) {
			_ = rc.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) })
			return err
		}}
		c, err := lc.ListenPacket(t.Context(), "udp4", "0.0.0.0:1234")
		if err != nil {
			return err
		}
		t.Cleanup(func() { c.Close() })
		go func() {
			buf := make([]byte, 64)
			n, _, _ := c.ReadFrom(buf)
			heard <- string(buf[:n])
		}()
		return nil
	})
	c := labtest.Socket(t, a, mcast.Config{Port: 1234})
	labtest.In(t, a, func() error {
		return c.Join(mcast.DefaultGroup, labtest.Device(t, a, "eth0"))
	})
	if got := reusePort(t, c); got != 1 {
		t.Errorf("SO_REUSEPORT is %d beside a socket with that option only, want 1", got)
	}
	send(t, b, labtest.Socket(t, b, mcast.Config{}), "to both", mcast.Via{})
	labtest.Hears(t, c, "to both")
	if got := <-heard; got != "to both" {
		t.Errorf("the other socket heard %q, want %q", got, "to both")
	}
	if got := reusePort(t, labtest.Socket(t, a, mcast.Config{Port: 1235})); got != 0 {
		t.Errorf("SO_REUSEPORT is %d at a port that nobody has, want 0", got)
	}
	labtest.In(t, a, func() error {
		if _, err := mcast.Listen(t.Context(), mcast.Config{Port: 1234, Exclusive: true}); !errors.Is(err, mcast.ErrPortInUse) {
			return errors.Join(errors.New("an exclusive socket beside them: want ErrPortInUse"), err)
		}
		return nil
	})
}

func reusePort(t *testing.T, c *mcast.Conn) (value int) {
	t.Helper()
	rc, err := c.SyscallConn()
	if err == nil {
		err = rc.Control(func(fd uintptr) {
			n, failed := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT)
			if failed != nil {
				err = os.NewSyscallError("getsockopt", failed)
			}
			value = n
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return value
}
