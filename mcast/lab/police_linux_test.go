package lab_test

import (
	"bytes"
	"errors"
	"net"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast/lab"
)

func init() {
	// The same, where the wire may have many in one.
	programs["flood together"] = func() error {
		eth0, err := netlink.LinkByName("eth0")
		if err == nil {
			err = netlink.LinkSetGSOMaxSegs(eth0, 64)
		}
		return errors.Join(err, programs["flood"]())
	}
	// 5000 frames of 100 bytes to all, past the host's own rules.
	programs["flood frames"] = func() error {
		eth0, err := net.InterfaceByName("eth0")
		if err != nil {
			return err
		}
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		frame := append(bytes.Repeat([]byte{0xff}, 6), eth0.HardwareAddr...)
		frame = append(append(frame, 0x88, 0xb5), make([]byte, 86)...) // for experiments (IEEE 802)
		for range 5000 {
			if err := unix.Sendto(fd, frame, 0, &unix.SockaddrLinklayer{Ifindex: eth0.Index}); err != nil {
				return err
			}
		}
		return nil
	}
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
	flood := func(what, program, several string, least, each uint64) {
		t.Helper()
		c := inSeat(t, a, "H1", lab.Confinement{Admin: program != "flood"}, program)
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
		if packets > most || bytes > most*each || packets < least {
			t.Errorf("%s: H2 receives %d frames, %d bytes; want %d to %d frames of at most %d bytes", what, packets, bytes, least, most, each)
		}
	}
	flood("20 datagrams with each call", "flood", "20", rate/2, 150)
	flood("a datagram with each call", "flood", "1", 1, 150)
	flood("frames", "flood frames", "1", 1, 150)
	flood("frames that are many", "flood together", "60", 1, 1518)
	for _, fault := range [][]string{{"delete", "H1.eth0"}, {"make", "H1.eth0"}} {
		if err := a.Fault(fault); err != nil {
			t.Fatal(err)
		}
	}
	flood("a wire that was made again", "flood", "1", rate/2, 150)
}
