package session

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// Two hosts, and a wire that loses: every line reaches the other one, in its place.
func TestMembersOverALossyWire(t *testing.T) {
	t.Parallel()
	g := labtest.Group("239.1.2.3:5000")
	const lines = 60
	if os.Getenv(labtest.InHostEnv) == "" {
		l := labtest.Build(t, lab.Topology{
			Switches: []lab.Switch{{Name: "lan"}},
			Hosts: []lab.Host{
				{Name: "A", Interfaces: []lab.Interface{{Name: "eth0", Switch: "lan", Addrs: labtest.Prefixes("10.0.0.1/24")}}},
				{Name: "B", Interfaces: []lab.Interface{{Name: "eth0", Switch: "lan", Addrs: labtest.Prefixes("10.0.0.2/24")}}},
			},
		})
		for _, name := range []string{"A", "B"} { // of what reaches it
			if err := l.Host(name).Link("eth0").Drop(30); err != nil {
				t.Fatal(err)
			}
		}
		var both sync.WaitGroup
		for _, name := range []string{"A", "B"} {
			both.Go(func() { labtest.RunInHost(t, l.Host(name)) })
		}
		both.Wait()
		return
	}
	list, err := host.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	eth0, err := host.Find(list, "eth0")
	if err != nil {
		t.Fatal(err)
	}
	if eth0.Addr(g.Addr) == netip.MustParseAddr("10.0.0.2") {
		bob := enter(t, as("bob", g))
		bob.told("alice is here")
		bob.until("all lines are here, and known to be alice's", func() bool {
			list := bob.all(chat.Heard)
			return len(list) == lines && !slices.ContainsFunc(list, func(l chat.Line) bool { return l.Member.Name != "alice" })
		})
		missed, place := 0, map[uint64]string{}
		for _, l := range bob.all(chat.Heard) {
			place[l.ID] = l.Text.String()
			if l.Missed {
				missed++
			}
		}
		for _, l := range bob.all(chat.Heard) {
			if younger, ok := place[l.Before]; l.Before != 0 && (!ok || younger <= l.Text.String()) {
				t.Errorf("%q belongs before %q", l.Text, younger)
			}
		}
		if missed == 0 {
			t.Error("no line is marked as missed, at 30 % loss")
		}
		bob.says("done")
		bob.reaches("done", 1, 1)
		labtest.Eventually(t, "alice is told that bob has seen all", func() bool { // ARP is lost, too
			over, err := net.Dial("tcp", "10.0.0.1:7000")
			if err == nil {
				over.Close()
			}
			return err == nil
		})
		return
	}
	over, err := net.Listen("tcp", "10.0.0.1:7000") // no datagram that is lost can say that bob has seen all
	if err != nil {
		t.Fatal(err)
	}
	defer over.Close()
	alice := enter(t, as("alice", g))
	alice.told("bob is here")
	for n := range lines {
		alice.says(fmt.Sprintf("line %03d", n))
	}
	alice.reaches(fmt.Sprintf("line %03d", lines-1), 1, 1)
	alice.hears("done")
	labtest.Eventually(t, "it is known that bob has all of them", func() bool {
		for _, l := range alice.all(chat.Own) {
			if l.Reach.By != 1 {
				return false
			}
		}
		return true
	})
	if err := over.(*net.TCPListener).SetDeadline(time.Now().Add(labtest.Patience)); err != nil {
		t.Fatal(err)
	}
	if c, err := over.Accept(); err == nil {
		c.Close()
	}
}

// The article: what A says leaves by eth1, where nobody is. Signs of life by eth0 say
// who would hear it there, and what was said comes on demand.
func TestMembersByTheOtherInterface(t *testing.T) {
	t.Parallel()
	g := labtest.Group("239.1.2.3:5000")
	if os.Getenv(labtest.InHostEnv) == "" {
		l := labtest.Build(t, lab.Article)
		var both sync.WaitGroup
		for _, name := range []string{"A", "B"} {
			both.Go(func() { labtest.RunInHost(t, l.Host(name)) })
		}
		both.Wait()
		return
	}
	list, err := host.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	if _, onlyOne := host.Find(list, "eth1"); onlyOne != nil {
		bob := enter(t, as("bob", g))
		bob.told("alice is here")
		if l := bob.hears("by eth1"); !l.Missed || l.Member.Name != "alice" {
			t.Errorf("what left by eth1 is %+v, want it missed, and sent again", l)
		}
		if l := bob.hears("by eth0"); l.Missed {
			t.Errorf("what left by eth0 is %+v", l)
		}
		bob.told("alice left")
		return
	}
	cfg := as("alice", g)
	cfg.Interfaces = nil
	alice := enter(t, cfg)
	alice.told("bob is here")
	alice.told("nobody has answered via eth1: signs of life leave via eth0, too")
	labtest.Eventually(t, "it is known that bob hears eth0, and nobody eth1", func() bool {
		m := alice.Snapshot().Members
		return m.Hears["eth0"] == 1 && m.Hears["eth1"] == 0 && len(m.Ways) == 2
	})
	labtest.Eventually(t, "the doctor knows it", func() bool {
		m := locked(alice.Session, func() *doctor.Members { return alice.facts.Observed.Members })
		if m == nil || m.Count != 1 || len(m.Members) != 1 || len(m.Ways) != 2 {
			return false
		}
		chosen := slices.IndexFunc(m.Ways, func(w doctor.MembersWay) bool { return w.Chosen })
		return m.HeardBy(m.Ways[chosen].IfIndex) == 0 && m.HeardBy(m.Ways[1-chosen].IfIndex) == 1 && m.Members[0].Name == "bob" && m.Members[0].Sends == "eth0"
	})
	alice.says("by eth1")
	alice.reaches("by eth1", 1, 1)
	do(t, alice.Session, UseInterface{Interface: "eth0"})
	alice.says("by eth0")
	alice.reaches("by eth0", 1, 1)
}
