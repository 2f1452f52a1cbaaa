package lab_test

import (
	"errors"
	"net"
	"os"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast/lab"
)

func init() {
	// 5000 datagrams of 100 bytes to H2, several with each call.
	programs["flood"] = func() error {
		several, err := strconv.Atoi(os.Getenv(targetsEnv))
		if err != nil {
			return err
		}
		c, err := net.Dial("udp", "192.168.1.2:9")
		if err != nil {
			return err
		}
		raw, err := c.(*net.UDPConn).SyscallConn()
		if err != nil {
			return err
		}
		if several > 1 {
			if e := raw.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.IPPROTO_UDP, unix.UDP_SEGMENT, 100) }); e != nil || err != nil {
				return errors.Join(e, err)
			}
		}
		b := make([]byte, 100*several)
		for range 5000 / several {
			if _, err := c.Write(b); err != nil && !errors.Is(err, unix.ECONNREFUSED) {
				return err
			}
		}
		return nil
	}
}

// A flood of one seat reaches the others at the rate that it may, and so it does when the
// wire was made again.
func TestFlood(t *testing.T) {
	t.Parallel()
	const rate = 200
	a := upApart(t, 2, rate)
	flood := func(what, several string, least uint64) {
		t.Helper()
		c := inSeat(t, a, "H1", lab.Confinement{}, "flood")
		c.Env = append(c.Env, targetsEnv+"="+several)
		before, err := a.Counters()
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", what, err, out)
		}
		after, err := a.Counters()
		if err != nil {
			t.Fatal(err)
		}
		most := uint64(rate + rate*(time.Since(begun).Seconds()+1))
		packets, bytes := after["H2.eth0"].RxPackets-before["H2.eth0"].RxPackets, after["H2.eth0"].RxBytes-before["H2.eth0"].RxBytes
		if packets > most || bytes > most*150 || packets < least {
			t.Errorf("%s: H2 receives %d frames, %d bytes; want %d to %d frames of at most 150 bytes", what, packets, bytes, least, most)
		}
	}
	flood("20 datagrams with each call", "20", rate/2)
	flood("a datagram with each call", "1", 1)
	for _, fault := range [][]string{{"delete", "H1.eth0"}, {"make", "H1.eth0"}} {
		if err := a.Fault(fault); err != nil {
			t.Fatal(err)
		}
	}
	flood("a wire that was made again", "1", rate/2)
}
