package lab_test

import (
	"fmt"
	"net"
	"os/exec"
	"time"

	"testing"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

func init() {
	// As ping(8) does who has no privilege.
	programs["ping"] = func() error {
		for _, p := range []struct {
			network, to    string
			protocol       int
			request, reply icmp.Type
		}{
			{"udp4", "192.168.1.2", 1, ipv4.ICMPTypeEcho, ipv4.ICMPTypeEchoReply},
			{"udp6", "::1", 58, ipv6.ICMPTypeEchoRequest, ipv6.ICMPTypeEchoReply},
		} {
			c, err := icmp.ListenPacket(p.network, "")
			if err != nil {
				return err
			}
			b, err := (&icmp.Message{Type: p.request, Body: &icmp.Echo{Seq: 7, Data: []byte("there?")}}).Marshal(nil)
			if err != nil {
				return err
			}
			if _, err := c.WriteTo(b, &net.UDPAddr{IP: net.ParseIP(p.to)}); err != nil {
				return err
			}
			if err := c.SetReadDeadline(time.Now().Add(labtest.Patience)); err != nil {
				return err
			}
			b = make([]byte, 100)
			n, _, err := c.ReadFrom(b)
			if err != nil {
				return err
			}
			m, err := icmp.ParseMessage(p.protocol, b[:n])
			if err != nil || m.Type != p.reply || string(m.Body.(*icmp.Echo).Data) != "there?" {
				return fmt.Errorf("%s answers %v, %w", p.to, m, err)
			}
			c.Close()
		}
		return nil
	}
}

// Whoever sits in a host pings, without any capability.
func TestPingInSeat(t *testing.T) {
	t.Parallel()
	labtest.AgainAsNobody(t)
	labtest.AgainAsRootAlone(t)
	a := upApart(t, 2, 2000)
	for _, admin := range []bool{false, true} {
		if out, err := inSeat(t, a, "H1", lab.Confinement{Admin: admin}, "ping").CombinedOutput(); err != nil {
			t.Errorf("it administers its host: %t: %v\n%s", admin, err, out)
		}
	}
	if _, err := exec.LookPath("ping"); err != nil {
		return
	}
	if out, err := shellInSeat(t.Context(), a, "H1", lab.Confinement{}, "ping -c 1 -w 30 192.168.1.2").CombinedOutput(); err != nil {
		t.Errorf("ping: %v\n%s", err, out)
	}
}
