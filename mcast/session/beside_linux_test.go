package session

import (
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// A plain host beside two members knows their frames, and takes them for no datagrams
// to a wrong port. What goes to one is found all the same.
func TestPlainBesideMembers(t *testing.T) {
	t.Parallel()
	g := labtest.Group("239.1.2.3:5000")
	addrs := map[string]string{"alice": "10.0.0.1", "bob": "10.0.0.2", "carol": "10.0.0.3"}
	if os.Getenv(labtest.InHostEnv) == "" {
		lan := lab.Topology{Switches: []lab.Switch{{Name: "lan"}}}
		for name, a := range addrs {
			lan.Hosts = append(lan.Hosts, lab.Host{Name: name, Interfaces: []lab.Interface{{Name: "eth0", Switch: "lan", Addrs: labtest.Prefixes(a + "/24")}}})
		}
		l := labtest.Build(t, lan)
		var all sync.WaitGroup
		for name := range addrs {
			all.Go(func() { labtest.RunInHost(t, l.Host(name)) })
		}
		all.Wait()
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
	for name, a := range addrs {
		if name != "carol" && eth0.Addr(g.Addr) == netip.MustParseAddr(a) {
			enter(t, as(name, g)).hears("done")
			return
		}
	}

	// A watch, while another program listens.
	plain := listener(t, g)
	in := doctor.Intent{Group: g, Joined: []int{eth0.Index}, Loopback: true, Hops: 1}
	members := func(b *doctor.Beside) bool {
		var from []string
		if b != nil {
			for _, s := range b.Members {
				from = append(from, s.From.Addr().String())
			}
		}
		return slices.Equal(slices.Compact(from), []string{"10.0.0.1", "10.0.0.2"})
	}
	wrongPort := func(found []doctor.Finding) doctor.Finding {
		n := slices.IndexFunc(found, func(f doctor.Finding) bool { return f.Name == "wrong-port" })
		return found[n]
	}
	watched := func() (doctor.Facts, doctor.Finding) {
		facts, err := doctor.Gather(in)
		if err != nil {
			t.Fatal(err)
		}
		seen, err := doctor.Probe{Intent: in, Facts: facts, For: 1500 * time.Millisecond}.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		facts.Take(seen)
		return facts, wrongPort(doctor.Diagnose(facts, in))
	}
	labtest.Eventually(t, "the watch sees both members", func() bool {
		facts, found := watched()
		if found.Verdict != doctor.OK {
			t.Errorf("beside members the watch says %+v", found)
		}
		return members(facts.Observed.Beside) && strings.Contains(found.Evidence, "frames at port 5001, from 10.0.0.1, 10.0.0.2")
	})
	plain.Close()

	// A talk by plain text.
	carol := enter(t, Config{Group: g, Interfaces: []string{"eth0"}, Hops: 1})
	finding := func() (doctor.Facts, doctor.Finding) {
		facts := locked(carol.Session, func() doctor.Facts { return carol.facts })
		return facts, wrongPort(locked(carol.Session, func() []doctor.Finding { return carol.findings }))
	}
	astray := func(port uint16) {
		t.Helper()
		if err := locked(carol.Session, func() *mcast.Conn { return carol.senders[host.Unspecified(g.Addr)] }).
			Send([]byte("astray"), netip.AddrPortFrom(g.Addr, port), mcast.ViaInterface(eth0, g.Addr)); err != nil {
			t.Fatal(err)
		}
	}
	labtest.Eventually(t, "the talk sees both members", func() bool {
		facts, found := finding()
		if s := found.Verdict; s == doctor.Warning || s == doctor.Failure {
			t.Fatalf("beside members the talk says %+v", found)
		}
		return members(facts.Observed.Beside) && found.Verdict == doctor.OK
	})
	astray(5008)
	labtest.Eventually(t, "a datagram to another port is found", func() bool {
		_, found := finding()
		return found.Verdict == doctor.Failure && strings.Contains(found.Title, "none at 5000") && strings.Contains(found.Evidence, "IgnoredMulti grew by 1 in")
	})
	astray(5001)
	labtest.Eventually(t, "plain text at the port of frames is found", func() bool {
		_, found := finding()
		return found.Verdict == doctor.Failure && strings.Contains(found.Title, "at port 5001") && strings.Contains(found.Evidence, "1 datagram came there, from 10.0.0.3")
	})
	carol.says("done")
	carol.sees("the own line is back", func(l chat.Line) bool { return l.Kind == chat.Own && l.Text.String() == "done" })
}
