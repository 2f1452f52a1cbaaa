package doctor_test

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
)

// host is A of the article's LAN, and what is gathered there.
type fakeHost struct {
	*testing.T
	lab *lab.Lab
	a   *lab.Node
	in  doctor.Intent
}

func newHost(t *testing.T) *fakeHost {
	t.Helper()
	l, err := lab.Up(t.Context(), lab.Article)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return &fakeHost{T: t, lab: l, a: l.Host("A"), in: doctor.Intent{Group: mcast.DefaultGroup}}
}

// do runs fn in the host.
func (h *fakeHost) do(fn func() error) {
	h.Helper()
	if err := h.a.Do(fn); err != nil {
		h.Fatal(err)
	}
}

func (h *fakeHost) gather() (f doctor.Facts) {
	h.Helper()
	h.do(func() (err error) {
		f, err = doctor.Gather(h.in)
		return err
	})
	if len(f.Unread) != 0 {
		h.Fatalf("could not read %v", f.Unread)
	}
	return f
}

// set changes a setting of the host.
func (h *fakeHost) set(name, value string) {
	h.Helper()
	h.do(func() error { return os.WriteFile("/proc/sys/net/"+name, []byte(value), 0) })
}

// index is of the host's interface of that name.
func (h *fakeHost) index(name string) (index int) {
	h.Helper()
	h.do(func() error {
		i, err := net.InterfaceByName(name)
		if err == nil {
			index = i.Index
		}
		return err
	})
	return index
}

// listen opens a plain socket in the host.
func (h *fakeHost) listen(network, address string) (c *net.UDPConn) {
	h.Helper()
	h.do(func() error {
		addr, err := net.ResolveUDPAddr(network, address)
		if err != nil {
			return err
		}
		c, err = net.ListenUDP(network, addr)
		return err
	})
	h.Cleanup(func() { c.Close() })
	return c
}

// join joins a group in the host by eth0, at the group's port.
func (h *fakeHost) join(g mcast.Group) *mcast.Conn {
	h.Helper()
	var c *mcast.Conn
	h.do(func() (err error) {
		i, err := net.InterfaceByName("eth0")
		if err != nil {
			return err
		}
		c, err = mcast.Listen(h.Context(), mcast.Config{Port: g.Port})
		if err != nil {
			return err
		}
		return c.Join(g, host.Interface{Index: i.Index, Name: i.Name})
	})
	h.Cleanup(func() { c.Close() })
	return c
}

// listenMapped binds an IPv6 socket to an IPv4 address, ::ffff:192.0.2.1, as
// many programs do, but Go's package net does not.
func (h *fakeHost) listenMapped(addr netip.AddrPort) {
	h.Helper()
	h.do(func() error {
		fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		h.Cleanup(func() { unix.Close(fd) })
		return errors.Join(
			unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 0),
			unix.Bind(fd, &unix.SockaddrInet6{Port: int(addr.Port()), Addr: addr.Addr().As16()}))
	})
}

// sleeper gives a socket to another program, which it names.
func (h *fakeHost) sleeper(c *net.UDPConn) string {
	h.Helper()
	file, err := c.File()
	if err != nil {
		h.Fatal(err)
	}
	defer file.Close()
	cmd := h.a.Command(h.Context(), "sleep", "60")
	cmd.Stdin = file
	if err := cmd.Start(); err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() {
		_ = cmd.Signal(os.Kill)
		_ = cmd.Wait()
	})
	c.Close()
	return fmt.Sprintf("sleep (%d)", cmd.Pid())
}
