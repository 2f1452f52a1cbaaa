package session

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// finds waits for a finding of that name.
func finds(t *testing.T, s *Session, name string) doctor.Finding {
	t.Helper()
	var found doctor.Finding
	eventually(t, "a finding "+name, s, func(list []doctor.Finding) bool {
		n := slices.IndexFunc(list, func(f doctor.Finding) bool { return f.Name == name })
		if n >= 0 {
			found = list[n]
		}
		return n >= 0
	})
	return found
}

// findsNothing waits until nothing is wrong.
func findsNothing(t *testing.T, s *Session) {
	t.Helper()
	eventually(t, "no finding", s, func(list []doctor.Finding) bool { return len(list) == 0 })
}

// eventually waits for findings that the session has by itself.
func eventually(t *testing.T, want string, s *Session, ok func([]doctor.Finding) bool) {
	t.Helper()
	deadline, look := time.NewTimer(3*evidenceTime), time.NewTicker(20*time.Millisecond)
	defer deadline.Stop()
	defer look.Stop()
	for !ok(s.Snapshot().Findings) {
		select {
		case <-look.C:
		case <-deadline.C:
			t.Fatalf("want %s, the findings are %+v", want, s.Snapshot().Findings)
		}
	}
}

// A membership that the kernel has lost is found, and made again.
func TestRejoinFix(t *testing.T) {
	if !labtest.InHost(t, lab.Article, "A") {
		return
	}
	g, _ := mcast.ParseGroup("239.1.2.3")
	s := startHere(t, Config{Group: g, Interfaces: []string{"eth0"}, Hops: 1})
	findsNothing(t, s)

	eth0 := locked(s, func() host.Interface { return s.send })
	rc, err := locked(s, func() *mcast.Conn { return s.keep.Conn(g) }).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	rc.Control(func(fd uintptr) {
		err = unix.SetsockoptIPMreqn(int(fd), unix.IPPROTO_IP, unix.IP_DROP_MEMBERSHIP,
			&unix.IPMreqn{Multiaddr: g.Addr.As4(), Ifindex: int32(eth0.Index)})
	})
	if err != nil {
		t.Fatal(err)
	}

	lost := finds(t, s, "membership-lost")
	if lost.Fix == nil || lost.Fix.Rejoin != "eth0" {
		t.Fatalf("the fix is %+v, want to join again on eth0", lost.Fix)
	}
	do(t, s, ApplyFix{Finding: lost})
	says(t, s, "left 239.1.2.3:1234 on eth0, and joined it there again")
	findsNothing(t, s)
	hearsItself(t, s, "heard?")
}

// hearsItself says a line, and waits for its own copy.
func hearsItself(t *testing.T, s *Session, text string) {
	t.Helper()
	do(t, s, Say{Text: text})
	ctx, cancel := context.WithTimeout(t.Context(), labtest.Patience)
	defer cancel()
	for {
		b, err := s.Next(ctx)
		if err != nil {
			t.Fatalf("no own copy of %q: %v", text, err)
		}
		for _, l := range b.Lines {
			if l.Text.String() == text && l.Copy == chat.CopyBack {
				return
			}
		}
	}
}

var addressOfB = netip.MustParseAddr("192.168.8.226")

// Joined again, a group is heard as before: not from whom it was not.
func TestRejoinKeepsSources(t *testing.T) {
	if !labtest.InHost(t, lab.Article, "A") {
		return
	}
	g, _ := mcast.ParseGroup("239.1.2.3")
	s := startHere(t, Config{Group: g, Interfaces: []string{"eth0"}, Hops: 1})
	again := ApplyFix{Finding: doctor.Finding{Fix: &doctor.Fix{Rejoin: "eth0"}}}
	do(t, s, Block{Addr: addressOfB, On: true})
	do(t, s, again)
	if got := s.Snapshot().Blocked; len(got) != 1 || got[0] != addressOfB {
		t.Errorf("joined again, %v are blocked, want %s", got, addressOfB)
	}
	do(t, s, Block{Addr: addressOfB})
	do(t, s, Source{Addr: addressOfB})
	do(t, s, again)
	if got := s.Snapshot().Groups; len(got) != 1 || got[0].Source != addressOfB {
		t.Errorf("joined again, the groups are %v, want %s of %s", got, g, addressOfB)
	}
	do(t, s, ApplyFix{Finding: doctor.Finding{Fix: &doctor.Fix{Rejoin: "eth7"}}})
	if l := says(t, s, "on eth7"); l.Kind != chat.Problem {
		t.Errorf("an interface that is not there is said as a line of kind %d, want a problem", l.Kind)
	}
}

// With --multicast-all the groups of others are heard, until the fix.
func TestOthersGroupsFix(t *testing.T) {
	if !labtest.InHost(t, lab.Article, "A") {
		return
	}
	g, _ := mcast.ParseGroup("239.1.2.3")
	s := startHere(t, Config{Group: g, Interfaces: []string{"eth0"}, Hops: 1, MulticastAll: true})
	theirs, eth0 := mcast.Group{Addr: mcast.DefaultGroup.Addr, Port: g.Port}, locked(s, func() host.Interface { return s.send })
	another, err := mcast.Listen(t.Context(), mcast.Config{Port: g.Port})
	if err != nil {
		t.Fatal(err)
	}
	defer another.Close()
	if err := another.Join(theirs, eth0); err != nil {
		t.Fatal(err)
	}
	heard := func() uint64 { return s.Snapshot().Room.Counters.Strays }
	send := func(text string, to mcast.Group) {
		t.Helper()
		if err := another.Send([]byte(text), to.AddrPort(), mcast.Via{IfIndex: eth0.Index}); err != nil {
			t.Fatal(err)
		}
	}
	send("for them", theirs)
	send("for us", g)
	says(t, s, "for us")
	if heard() != 1 {
		t.Errorf("%d datagrams to %s were heard, want 1", heard(), theirs)
	}

	eventually(t, "others-groups, a failure with a fix", s, func(list []doctor.Finding) bool {
		return slices.ContainsFunc(list, func(f doctor.Finding) bool {
			return f.Name == "others-groups" && f.Verdict == doctor.Failure && f.Fix != nil && f.Fix.MulticastAllOff
		})
	})
	do(t, s, ApplyFix{Finding: finds(t, s, "others-groups")})
	says(t, s, "IP_MULTICAST_ALL is off")
	if n := locked(s, func() int { return len(s.evidence.Strays()) }); n > 0 {
		t.Errorf("after the fix %d groups still count as heard for want of it", n)
	}
	send("for them", theirs)
	send("for us again", g)
	says(t, s, "for us again")
	if heard() != 1 {
		t.Errorf("after the fix %d datagrams to %s were heard, want no more than before", heard(), theirs)
	}
	findsNothing(t, s)
}

// Groups of the session's own, on other ports, are no others' groups.
func TestOwnGroupsAreNotOthers(t *testing.T) {
	if !labtest.InHost(t, lab.Article, "A") {
		return
	}
	g, _ := mcast.ParseGroup("239.1.2.3:1234")
	second, _ := mcast.ParseGroup("239.1.2.4:5000")
	s := startHere(t, Config{Group: g, Interfaces: []string{"eth0"}, Hops: 1, MulticastAll: true})
	do(t, s, Join{Group: second, ListenOnly: true})
	second.Port = g.Port
	another, err := mcast.Listen(t.Context(), mcast.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer another.Close()
	by := mcast.Via{IfIndex: locked(s, func() int { return s.send.Index })}
	for _, to := range []mcast.Group{second, g} {
		if err := another.Send([]byte("to "+to.String()), to.AddrPort(), by); err != nil {
			t.Fatal(err)
		}
	}
	says(t, s, "to 239.1.2.3:1234")
	s.refresh()
	if list := s.Snapshot().Findings; len(list) > 0 {
		t.Errorf("its own two groups are found wrong: %+v", list)
	}
}

// A host that was heard, and cannot be heard any more since the way back to it
// leads elsewhere: that is known before it speaks again.
func TestTheWayBackTurned(t *testing.T) {
	turned := lab.Article
	turned.Hosts = slices.Clone(turned.Hosts)
	a := &turned.Hosts[0]
	a.Routes = append(slices.Clone(a.Routes), lab.Route{Dst: netip.PrefixFrom(addressOfB, 32), Dev: "eth1"})
	a.Sysctls = map[string]string{"net.ipv4.conf.eth0.rp_filter": "1"}
	if !labtest.InHost(t, turned, "A") {
		return
	}
	s := startHere(t, Config{Group: mcast.DefaultGroup, Interfaces: []string{"eth0"}, Hops: 1})
	findsNothing(t, s)
	s.receive([]mcast.Datagram{{
		At: time.Now(), From: netip.AddrPortFrom(addressOfB, 40000), To: mcast.DefaultGroup.Addr,
		IfIndex: locked(s, func() int { return s.send.Index }), Data: []byte("hello"),
	}}, mcast.DefaultGroup.Port, forText)
	if f := finds(t, s, "reverse-path"); f.Interface != "eth0" || !strings.Contains(f.Evidence, "eth1") {
		t.Errorf("found is %+v, want what is dropped at eth0, and that the way back is by eth1", f)
	}
}

// A group with the same hardware address is found, and left.
func TestLeaveFix(t *testing.T) {
	if !labtest.InHost(t, lab.Article, "A") {
		return
	}
	s := startHere(t, Config{Group: mcast.DefaultGroup, Interfaces: []string{"eth0"}, Hops: 1})
	colliding, _ := mcast.ParseGroup("225.0.0.114:5000")
	do(t, s, Join{Group: colliding, ListenOnly: true})
	same := finds(t, s, "same-mac")
	if same.Fix == nil || same.Fix.Leave == nil || same.Fix.Leave.Group != colliding || same.Fix.Leave.Interface != "eth0" {
		t.Fatalf("the fix is %+v, want to leave %s on eth0", same.Fix, colliding)
	}
	do(t, s, ApplyFix{Finding: same})
	says(t, s, "left 225.0.0.114:5000 on eth0")
	findsNothing(t, s)
}

// The fixes that change a number say what it is now.
func TestNumberFixes(t *testing.T) {
	if !labtest.InHost(t, lab.Article, "A") {
		return
	}
	g, _ := mcast.ParseGroup("239.1.2.3")
	s := startHere(t, Config{Group: g, Interfaces: []string{"eth0"}, Hops: 1})
	fix := func(f doctor.Fix) { t.Helper(); do(t, s, ApplyFix{Finding: doctor.Finding{Fix: &f}}) }

	fix(doctor.Fix{Hops: 32})
	says(t, s, "sends with ttl 32")
	fix(doctor.Fix{ReadBuffer: 64 << 10})
	says(t, s, "receive buffer: asked for 64 KiB, granted 128 KiB")
	if snap := s.Snapshot(); snap.Hops != 32 || snap.ReadBuffer != 128<<10 {
		t.Errorf("the TTL is %d and the buffer %d, want 32 and 131072", snap.Hops, snap.ReadBuffer)
	}
	fix(doctor.Fix{ReadBuffer: 1 << 30})
	if l := says(t, s, "receive buffer: asked for 1048576 KiB"); l.Hint.String() == "" {
		t.Error("no hint says how to get a larger buffer")
	}
}

// A talk between two is no pitfall, also once its counters are in.
func TestATalkIsNoPitfall(t *testing.T) {
	if !labtest.InHost(t, lab.Article, "A") {
		return
	}
	g, _ := mcast.ParseGroup("239.1.2.3")
	s := startHere(t, Config{Group: g, Interfaces: []string{"eth0"}, Hops: 1})
	s.refresh() // what is said is compared with this
	const lines = 5
	for range lines {
		hearsItself(t, s, "hello")
	}
	var sent doctor.Sent
	eventually(t, "what became of the lines", s, func(list []doctor.Finding) bool {
		if len(list) > 0 {
			t.Fatalf("a talk has the findings %+v", list)
		}
		sent = locked(s, func() doctor.Sent { return s.facts.Observed.Sent[s.send.Index] })
		return sent.Tried >= lines
	})
	if sent.Tried != lines || sent.Copies != lines || sent.Err != nil || sent.Left == nil || *sent.Left < lines {
		t.Errorf("what became of %d lines is %+v, want as many copies, and no fewer packets", lines, sent)
	}
}
