package ping

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

func TestAHostIsPinged(t *testing.T) {
	l := labtest.Build(t, labtest.PingLAN(1))
	echoing(t, l.Host("R1"), "192.168.1.11:7000")
	for _, size := range []int{0, 1, 7, 8, 19, 20, 32, 1472, 1473, 65507} {
		interval := 5 * time.Millisecond
		if size > 1473 { // a busy responder's buffer holds few of them
			interval = 100 * time.Millisecond
		}
		s, told := ping(t, l.Host("P"), Config{Target: to("192.168.1.11:7000"), Count: 5, Interval: interval, Timeout: 10 * time.Second, Size: size})
		r := s.Responders[0]
		if s.Sent != 5 || r.Received != 5 || r.Lost+r.Duplicates+r.Late+r.Changed != 0 || r.Hops != 64 || s.Foreign != 0 || len(s.Errors) != 0 {
			t.Errorf("%d bytes: %+v; want 5 answers with TTL 64, and nothing else", size, s)
		}
		if r.Min <= 0 || r.Min > r.P50 || r.P50 > r.P99 || r.P99 > r.Max || r.Max > 10*time.Second || len(r.RTTs) != 5 {
			t.Errorf("%d bytes: round trips %+v", size, r)
		}
		replies := slices.DeleteFunc(slices.Clone(told), func(e Event) bool { return e.Kind != KindReply })
		if len(told) != 10 || len(replies) != 5 {
			t.Fatalf("%d bytes: told %+v; want 5 sent and 5 replies", size, told)
		}
		if first := replies[0]; first.Size != size || first.IfIndex == 0 || first.RTT != r.RTTs[0] {
			t.Errorf("%d bytes: the first reply is %+v", size, first)
		}
	}
}

func TestEveryResponderInAGroupHasItsOwnLoss(t *testing.T) {
	const lossy = "R5"
	l := labtest.Build(t, labtest.PingLAN(8))
	for n := range 8 {
		echoingIn(t, l.Host(fmt.Sprintf("R%d", n+1)), "239.1.2.3:5000", "eth0")
	}
	echoingIn(t, l.Host("P"), "239.1.2.3:5000", "eth0") // hears its own host's requests
	cfg := Config{Target: to("239.1.2.3:5000"), Count: 300, Interval: 5 * time.Millisecond, Timeout: 2 * time.Second, Size: 64}
	warm := cfg
	warm.Count = 3 // so that everybody knows P's address
	ping(t, l.Host("P"), warm, "eth0")
	if err := l.Host(lossy).Link("eth0").Drop(50); err != nil {
		t.Fatal(err)
	}
	s, _ := ping(t, l.Host("P"), cfg, "eth0")
	if s.Sent != 300 || len(s.Responders) != 9 || s.Unanswered != 0 || s.Foreign != 0 {
		t.Fatalf("%d sent, %d responders, %d unanswered, %d foreign; want 300, 9, 0, 0", s.Sent, len(s.Responders), s.Unanswered, s.Foreign)
	}
	for _, r := range s.Responders {
		if r.Sent != r.Received+r.Lost || r.Duplicates+r.Changed != 0 {
			t.Errorf("%s: %d sent, %d received, %d lost, %d duplicates, %d changed; want sums that add up, and no others", r.From, r.Sent, r.Received, r.Lost, r.Duplicates, r.Changed)
		}
		least, most := uint64(0), uint64(0)
		if r.From.String() == "192.168.1.15" {
			least, most = 100, 200
		}
		if r.Lost < least || r.Lost > most {
			t.Errorf("%s lost %d of %d, want %d to %d", r.From, r.Lost, r.Sent, least, most)
		}
	}
}

func TestAResponderByTwoInterfacesIsTwo(t *testing.T) {
	two := func(name, first, second string) lab.Host {
		return lab.Host{Name: name, Interfaces: []lab.Interface{
			{Name: "eth0", Switch: "one", Addrs: []netip.Prefix{netip.MustParsePrefix(first)}},
			{Name: "eth1", Switch: "two", Addrs: []netip.Prefix{netip.MustParsePrefix(second)}},
		}}
	}
	l := labtest.Build(t, lab.Topology{
		Switches: []lab.Switch{{Name: "one"}, {Name: "two"}},
		Hosts:    []lab.Host{two("P", "192.168.1.10/24", "192.168.2.10/24"), two("R", "192.168.1.11/24", "192.168.2.11/24")},
	})
	hops := echoingIn(t, l.Host("R"), "239.1.2.3:5000", "eth0", "eth1")
	s, _ := ping(t, l.Host("P"), Config{Target: to("239.1.2.3:5000"), Count: 3, Interval: 5 * time.Millisecond, Timeout: time.Second, Hops: 3, Size: 32}, "eth0", "eth1")
	if s.Sent != 3 || len(s.Responders) != 2 {
		t.Fatalf("%d sent, %d responders; want 3 and 2", s.Sent, len(s.Responders))
	}
	for _, r := range s.Responders {
		if r.Received != 3 || r.Lost+r.Duplicates != 0 {
			t.Errorf("%s by %d: %+v; want 3 received", r.From, r.IfIndex, r)
		}
	}
	if s.Responders[0].IfIndex == s.Responders[1].IfIndex {
		t.Errorf("both answer by interface %d, want one of each", s.Responders[0].IfIndex)
	}
	if hops.Load() != 3 {
		t.Errorf("requests arrive with TTL %d, want 3", hops.Load())
	}
	ping(t, l.Host("P"), Config{Target: to("192.168.2.11:5000"), Count: 1, Hops: 9, Size: 32})
	if hops.Load() != 9 {
		t.Errorf("requests to a host arrive with TTL %d, want 9", hops.Load())
	}
}

func TestLinkLocalIPv6(t *testing.T) {
	l := labtest.Build(t, labtest.PingLAN(2))
	var address netip.Addr
	labtest.In(t, l.Host("R1"), func() error {
		address = devices(t, "eth0")[0].Addr(netip.MustParseAddr("ff02::1")).WithZone("eth0")
		return nil
	})
	echoing(t, l.Host("R1"), "[::]:7000")
	for _, size := range []int{0, 8, 32, 65527} {
		s, _ := ping(t, l.Host("P"), Config{Target: netip.AddrPortFrom(address, 7000), Count: 3, Interval: 5 * time.Millisecond, Size: size})
		if r := s.Responders[0]; len(s.Responders) != 1 || r.From != address || r.Received != 3 || r.Lost != 0 {
			t.Errorf("%d bytes: %+v, want 3 answers of %s", size, s, address)
		}
	}
	echoingIn(t, l.Host("R1"), "[ff02::114]:5000", "eth0")
	echoingIn(t, l.Host("R2"), "[ff02::114]:5000", "eth0")
	s, _ := ping(t, l.Host("P"), Config{Target: to("[ff02::114%eth0]:5000"), Count: 3, Interval: 5 * time.Millisecond, Timeout: time.Second, Size: 32})
	if len(s.Responders) != 2 || s.Responders[0].Received != 3 || s.Responders[1].Received != 3 {
		t.Errorf("%+v, want 3 answers of each of two", s)
	}
	for _, r := range s.Responders {
		if r.From.Zone() != "eth0" {
			t.Errorf("%s answers, want an address with the zone eth0", r.From)
		}
	}
}

func TestAClosedPortRefuses(t *testing.T) {
	for _, size := range []int{0, 8, 32, 4000} {
		l := labtest.Build(t, labtest.PingLAN(1)) // another each time: a host sends few ICMP errors in a row (icmp_ratelimit)
		s, told := ping(t, l.Host("P"), Config{Target: to("192.168.1.11:9"), Count: 3, Interval: 20 * time.Millisecond, Timeout: 5 * time.Second, Size: size})
		const text = "192.168.1.11:9 refused it: ICMP port unreachable (3, 3) from 192.168.1.11"
		if r := s.Responders[0]; s.Sent != 3 || r.Received != 0 || r.Lost != 3 || s.Errors[text] != 3 || len(s.Errors) != 1 || s.Took > 3*time.Second {
			t.Errorf("%d bytes: %+v; want 3 lost at once, each with the error %q", size, s, text)
		}
		var seqs []uint64
		for _, e := range told {
			if e.Kind == KindError && errors.Is(e.Err, syscall.ECONNREFUSED) {
				seqs = append(seqs, e.Seq)
			}
		}
		if fmt.Sprint(seqs) != "[1 2 3]" {
			t.Errorf("%d bytes: errors are of requests %v, want 1, 2 and 3", size, seqs)
		}
	}
}

func TestAnAbsentHostIsUnreachable(t *testing.T) {
	l := labtest.Build(t, labtest.PingLAN(1))
	s, _ := ping(t, l.Host("P"), Config{Target: to("192.168.1.99:7000"), Count: 1, Timeout: 20 * time.Second, Size: 32})
	if r := s.Responders[0]; r.Lost != 1 || len(s.Errors) != 1 || s.Took > 10*time.Second {
		t.Errorf("%+v; want one lost with its reason, after about 3 s", s)
	}
	for text := range s.Errors {
		if !strings.Contains(text, syscall.EHOSTUNREACH.Error()) {
			t.Errorf("the reason is %q, want that it is unreachable", text)
		}
	}
}

// Requests to a neighbour that does not answer ARP wait in a queue, and when it
// is full the send waits, too.
func TestCancelEndsALongQueue(t *testing.T) {
	l := labtest.Build(t, labtest.PingLAN(1))
	labtest.In(t, l.Host("P"), func() error {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		s, err := Run(ctx, Config{Target: to("192.168.1.99:7000"), Interval: MinInterval, Size: mcast.MaxPayload})
		if s.Took > 10*time.Second || s.Sent == 0 {
			t.Errorf("%d sent, ended after %v; want some, and 300 ms", s.Sent, s.Took)
		}
		return err
	})
}

func TestFlood(t *testing.T) {
	l := labtest.Build(t, labtest.PingLAN(1))
	echoing(t, l.Host("R1"), "192.168.1.11:7000")
	s, _ := ping(t, l.Host("P"), Config{Target: to("192.168.1.11:7000"), Count: 2000, Size: 32, Flood: true})
	r := s.Responders[0]
	if s.Sent != 2000 || r.Received != 2000 || r.Lost+r.Duplicates+r.Late != 0 || r.Sent != 2000 {
		t.Errorf("%+v; want all of 2000 answered once", r)
	}
	t.Logf("2000 round trips took %v: p50 %v, p99 %v", s.Took, r.P50, r.P99)
}

func TestOthersEchoServers(t *testing.T) {
	l := labtest.Build(t, labtest.PingLAN(1))
	for name, command := range map[string][]string{
		"node": {"node", "-e", `
			const s = require("dgram").createSocket("udp4");
			s.on("message", (m, from) => s.send(m, from.port, from.address));
			s.bind(7001);`},
		"python3": {"python3", "-c", `
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 7002))
while True:
    datagram, sender = s.recvfrom(65535)
    s.sendto(datagram, sender)`},
	} {
		t.Run(name, func(t *testing.T) {
			labtest.Program(t, command[0])
			cmd := l.Host("R1").Command(t.Context(), command[0], command[1:]...)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			port := map[string]uint16{"node": 7001, "python3": 7002}[name]
			target := netip.AddrPortFrom(netip.MustParseAddr("192.168.1.11"), port)
			ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
			defer stop()
			labtest.In(t, l.Host("P"), func() error { // until it is there
				_, err := Run(ctx, Config{Target: target, Interval: 20 * time.Millisecond, Size: 32, Report: func(e Event) {
					if e.Kind == KindReply {
						stop()
					}
				}})
				return err
			})
			s, _ := ping(t, l.Host("P"), Config{Target: target, Count: 5, Interval: 20 * time.Millisecond, Size: 32})
			if r := s.Responders[0]; r.Received != 5 || r.Lost+r.Duplicates+r.Changed != 0 {
				t.Errorf("%+v, want 5 answers", s)
			}
		})
	}
}
