package lab_test

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast/lab"
)

func init() {
	// It sends to one address of its link after the other, until it may not.
	programs["fill neighbours"] = func() error {
		eth0, err := net.InterfaceByName("eth0")
		if err != nil {
			return err
		}
		fd := -1
		send := func(prefix string, n int) error {
			to := &unix.SockaddrInet6{Port: 9, ZoneId: uint32(eth0.Index)}
			copy(to.Addr[:], net.ParseIP(prefix))
			to.Addr[14], to.Addr[15] = byte(n>>8), byte(n)
			return unix.Sendto(fd, []byte("x"), unix.MSG_DONTWAIT, to)
		}
		for n := range 1 << 16 {
			if n%100 == 0 { // what waits for a neighbour's answer fills the buffer
				if err := unix.Close(fd); err != nil && n > 0 {
					return err
				}
				if fd, err = unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM, 0); err != nil {
					return err
				}
			}
			if err := send("fe80::1", n); errors.Is(err, unix.EPERM) {
				fmt.Println("refused")
				return errors.Join(send("ff15::1", 0), unix.Close(fd))
			}
		}
		return nil
	}
}

// One seat takes neither the neighbours that the kernel has for the whole computer, nor
// the memory for TCP.
func TestSeatHasItsShareOfTheKernel(t *testing.T) {
	t.Parallel()
	a := upApart(t, 2, 2000)
	out, err := inSeat(t, a, "H1", lab.Confinement{}, "fill neighbours").CombinedOutput()
	if err != nil || string(out) != "refused\n" {
		t.Errorf("to fill the table of neighbours: %v, %q", err, out)
	}
	out, err = shellInSeat(t.Context(), a, "H1", lab.Confinement{}, "cd /proc/sys/net/ipv4; cat tcp_rmem tcp_wmem").CombinedOutput()
	if want := "4096 32768 131072 4096 16384 131072"; err != nil || strings.Join(strings.Fields(string(out)), " ") != want {
		t.Errorf("buffers of TCP: %v, %q", err, out)
	}
}
