package main

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// The page udp-connect shows the calls of two plain clients of a closed port, as
// they are made here.
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

// traceUDP sends to a port that nobody listens on, and reads the answer, with a
// plain client.
func traceUDP(to netip.AddrPort) (lines []string, err error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	line := func(c mcast.Call) { lines = append(lines, c.String()) }
	line(mcast.Call{Name: "socket, connect", Args: fmt.Sprintf("{%s}", to), Err: unix.Connect(fd, &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()})})
	send := func() {
		n, err := unix.SendmsgN(fd, []byte("hello"), nil, nil, 0)
		line(mcast.Call{Name: "send", Args: "{5 bytes}", Result: fmt.Sprintf("%d bytes", n), Err: err})
	}
	send()
	_, _, err = unix.Recvfrom(fd, make([]byte, 1), 0)
	line(mcast.Call{Name: "recv", Err: err})
	send()
	return lines, nil
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

// The program of the page udp-connect prints what the page says: UDP's connect moves
// no counter of the kernel.
func TestConnectMovesNoCounterAsThePageSays(t *testing.T) {
	t.Parallel()
	labtest.Program(t, "python3")
	page, err := doctor.FindPage("udp-connect")
	if err != nil {
		t.Fatal(err)
	}
	var program, want string
	for _, s := range page.Sections {
		if !strings.HasPrefix(s.Title, "The proof") {
			continue
		}
		for _, p := range s.Paragraphs {
			switch {
			case !p.Verbatim, strings.HasPrefix(p.Text, "unshare "):
			case strings.HasPrefix(p.Text, "UDP connect: "):
				want = strings.TrimSuffix(p.Text, "\n") + "\n"
			default:
				program += strings.TrimSuffix(p.Text, "\n") + "\n"
			}
		}
	}
	host := labtest.Build(t, lab.Topology{Hosts: []lab.Host{{Name: "A"}}}).Host("A")
	out, err := host.Command(t.Context(), "python3", "-c", program).Output()
	if err != nil || string(out) != want || !strings.Contains(want, "and no counter has grown") {
		t.Errorf("the program of the page prints, %v:\n%s\nwant:\n%s\nof:\n%s", err, out, want, program)
	}
}
