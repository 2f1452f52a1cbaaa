package doctor

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// The switch forgets who has joined, five seconds after.
func TestProbeRevives(t *testing.T) {
	t.Parallel()
	p, seen := watchAfterTimeout(t, "snooping-no-querier", 6*time.Second)
	if len(seen.Revived) != 1 {
		t.Fatalf("revived %+v, want eth0", seen.Revived)
	}
	if r := seen.Revived[0]; r.IfIndex != index(t, p, "eth0") || r.Silent < minTimeout || !r.Control || r.Times < 1 {
		t.Errorf("revived %+v, want eth0, after %v, with the control group heard", r, minTimeout)
	}
}

// A switch with a querier forgets nobody, though senders come and go.
func TestProbeRevivesNothing(t *testing.T) {
	t.Parallel()
	_, seen := watchAfterTimeout(t, "snooping", 3*time.Second)
	nothing(t, seen)
}

// watchAfterTimeout probes in B, until some time after a switch may forget its
// members, while A sends to labGroup and to the group it is compared with.
func watchAfterTimeout(t *testing.T, topology string, more time.Duration) (Probe, Observed) {
	t.Helper()
	found, err := lab.FindTopology(topology, 0)
	if err != nil {
		t.Fatal(err)
	}
	l := labtest.Build(t, found)
	sendEvery(t, l.Host("A"), labGroup, 200*time.Millisecond)
	sendEvery(t, l.Host("A"), mcast.DefaultGroup.String(), 200*time.Millisecond)
	p := prepared(t, l.Host("B"), labGroup)
	p.For = lab.MemberTime + more
	return p, run(t, l.Host("B"), p)
}

func TestProbeDuplicateAddress(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, onOneSwitch([]string{"A", "192.168.1.10/24"}, []string{"B", "10.1.1.11/24"}, []string{"C", "192.168.1.12/24"}))
	b := l.Host("B").Link("eth0")
	if err := errors.Join(b.AddAddr(netip.MustParsePrefix("192.168.1.10/24")), b.DelAddr(netip.MustParsePrefix("10.1.1.11/24"))); err != nil {
		t.Fatal(err)
	}
	ports := []uint16{
		sendEvery(t, l.Host("A"), labGroup, 100*time.Millisecond).Port(),
		sendEvery(t, l.Host("B"), labGroup, 100*time.Millisecond).Port(),
	}
	p := prepared(t, l.Host("C"), labGroup)
	p.For = 4 * time.Second
	seen := run(t, l.Host("C"), p)
	if len(seen.Refused) != 1 || seen.Refused[0].Addr() != netip.MustParseAddr("192.168.1.10") || !slices.Contains(ports, seen.Refused[0].Port()) {
		t.Errorf("another host has %v, want one of the senders of A and B; heard %+v", seen.Refused, seen.Senders)
	}
}

// Two programs of one host have one address, and that is as it should be.
func TestProbeTwoPrograms(t *testing.T) {
	for _, group := range []string{labGroup, "[ff02::114]:5000"} {
		t.Run(group, func(t *testing.T) {
			t.Parallel()
			l := labtest.Build(t, twoOnLAN)
			sendEvery(t, l.Host("B"), group, 100*time.Millisecond)
			sendEvery(t, l.Host("B"), group, 100*time.Millisecond)
			p := prepared(t, l.Host("A"), group)
			p.For = 4 * time.Second
			asked := 0
			p.Trace = &mcast.Trace{Call: func(c mcast.Call) {
				if c.Name == "sendmsg" && strings.HasPrefix(c.Arguments(), "{0 bytes") && c.Err == nil {
					asked++
				}
			}}
			seen := run(t, l.Host("A"), p)
			nothing(t, seen)
			if len(seen.Senders) != 2 || asked != 2 {
				t.Errorf("asked %d of %+v, want both programs", asked, seen.Senders)
			}
		})
	}
}
