package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// The page udp-connect shows the calls of two clients of a closed port, as
// they are made here; only our port and our addresses have other numbers.
func TestConnectIsTracedAsThePageSays(t *testing.T) {
	t.Parallel()
	host := labtest.Build(t, lab.Topology{Hosts: []lab.Host{{Name: "A"}}}).Host("A")
	to := netip.MustParseAddrPort("127.0.0.1:9")
	for proto, trace := range map[string]func(netip.AddrPort) ([]string, error){"UDP": traceUDP, "TCP": traceTCP} {
		var lines []string
		err := host.Do(func() (err error) {
			lines, err = trace(to)
			return err
		})
		if err != nil {
			t.Fatalf("%s: %v", proto, err)
		}
		got := strings.Join(lines, "\n")
		if !hasBlock(t, "udp-connect", got) {
			t.Errorf("the page udp-connect does not have the calls of %s:\n%s", proto, got)
		}
	}
}

// hasBlock reports whether a page has these verbatim lines, whatever follows
// them in their columns.
func hasBlock(t *testing.T, name, want string) bool {
	t.Helper()
	page, err := doctor.FindPage(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range page.Sections {
		for _, p := range s.Paragraphs {
			if p.Verbatim && strings.Contains(p.Text+"\n", want+"\n") {
				return true
			}
		}
	}
	return false
}

// traceUDP sends to a port that nobody listens on, and reads the answer.
func traceUDP(to netip.AddrPort) (lines []string, err error) {
	trace := &mcast.Trace{Call: func(c mcast.Call) {
		if c.Name != "setsockopt" && c.Name != "close" {
			lines = append(lines, c.String())
		}
	}}
	ctx, cancel := context.WithTimeout(context.Background(), labtest.Patience)
	defer cancel()
	c, err := mcast.Listen(ctx, mcast.Config{Remote: to, Trace: trace})
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if err := c.Send([]byte("hello"), to, mcast.Via{}); err != nil {
		return nil, err
	}
	if _, err := c.Read(ctx, make([]mcast.Datagram, 1)); !errors.Is(err, syscall.ECONNREFUSED) {
		return nil, fmt.Errorf("the read after it: %w, want ECONNREFUSED", err)
	}
	return lines, c.Send([]byte("hello"), to, mcast.Via{})
}

// traceTCP connects to it.
func traceTCP(to netip.AddrPort) (lines []string, err error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	err = unix.Connect(fd, &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()})
	call := mcast.Call{Name: "socket, connect", Args: fmt.Sprintf("{%s}", to), Err: err}
	return []string{call.String()}, nil
}
