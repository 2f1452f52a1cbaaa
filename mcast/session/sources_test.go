package session

import (
	"context"
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// Whom to hear, from within host A of a LAN where B and C say their names all
// the time.

var (
	addrB = netip.MustParseAddr("192.168.8.226")
	addrC = netip.MustParseAddr("192.168.8.227")
)

func talkative() lab.Topology {
	t := lab.Article
	t.Hosts = append(t.Hosts[:2:2], lab.Host{Name: "C", Interfaces: []lab.Interface{
		{Name: "eth0", Switch: "lan", Addrs: []netip.Prefix{netip.PrefixFrom(addrC, 24)}},
	}})
	return t
}

// amongTalkers is inHost, in A, while B and C talk in the default group.
func amongTalkers(t *testing.T) bool {
	t.Helper()
	if os.Getenv(labtest.InHostEnv) != "" {
		return true
	}
	l := labtest.Build(t, talkative())
	for _, name := range []string{"B", "C"} {
		labtest.Talker(t, l.Host(name), mcast.DefaultGroup, "I am "+name)
	}
	labtest.RunInHost(t, l.Host("A"))
	return false
}

// hearsOnly waits until each of them is heard often, and checks that nobody
// else was meanwhile. What was on its way before does not count.
func hearsOnly(t *testing.T, s *Session, want ...string) {
	t.Helper()
	const often = 20
	ctx, cancel := context.WithTimeout(t.Context(), labtest.Patience)
	defer cancel()
	begin := time.Now()
	times := map[string]int{}
	rarely := func(who string) bool { return times[who] < often }
	for slices.ContainsFunc(want, rarely) {
		b, err := s.Next(ctx)
		if err != nil {
			t.Fatalf("heard %v, want %q %d times each: %v", times, want, often, err)
		}
		for _, l := range b.Lines {
			if l.Kind == chat.Heard && l.At.After(begin) {
				times[l.Text.String()]++
			}
		}
	}
	if len(times) != len(want) {
		t.Fatalf("heard %v, want %q alone", times, want)
	}
}

func TestBlock(t *testing.T) {
	if !amongTalkers(t) {
		return
	}
	s := startHere(t, Config{Group: mcast.DefaultGroup, Interfaces: []string{"eth0"}, Hops: 1})
	hearsOnly(t, s, "I am B", "I am C")
	do(t, s, Block{Addr: addrB, On: true})
	says(t, s, "192.168.8.226 is not heard any more in 224.0.0.114:1234")
	hearsOnly(t, s, "I am C")
	if got := s.Snapshot().Blocked; !slices.Equal(got, []netip.Addr{addrB}) {
		t.Errorf("blocked are %v, want B", got)
	}

	// Where the group is joined later, B is not heard either.
	do(t, s, UseInterface{Interface: "eth1"})
	l := locked(s, func() *mcast.Conn { return s.keep.Conn(mcast.DefaultGroup) })
	for _, m := range l.Memberships() {
		if got := l.Blocked(m.Group, m.Interface); !slices.Equal(got, []netip.Addr{addrB}) {
			t.Errorf("on %s are blocked %v, want B", m.Interface.Name, got)
		}
	}

	do(t, s, Block{Addr: addrB, On: true})
	if p := says(t, s, "block 192.168.8.226@224.0.0.114:1234: already blocked there"); p.Kind != chat.Problem || p.Hint.String() == "" {
		t.Errorf("it is said as %+v, want a problem with a hint", p)
	}
	do(t, s, Block{Addr: addrB})
	says(t, s, "192.168.8.226 is heard again in 224.0.0.114:1234")
	hearsOnly(t, s, "I am B", "I am C")
	for _, c := range []struct {
		action Block
		says   string
	}{
		{Block{Addr: addrB}, "unblock 192.168.8.226@224.0.0.114:1234: not blocked there"},
		{Block{On: true}, "not the address of a host"},
		{Block{Addr: mcast.DefaultGroup.Addr, On: true}, "not the address of a host"},
		{Block{Addr: netip.MustParseAddr("2001:db8::1"), On: true}, "the socket is of the other IP version"},
	} {
		do(t, s, c.action)
		says(t, s, c.says)
	}
	do(t, s, Leave{})
	do(t, s, Block{Addr: addrB, On: true})
	if p := says(t, s, "block 192.168.8.226@224.0.0.114:1234: not joined there"); p.Hint.String() == "" {
		t.Error("there is no hint")
	}
}

func TestSource(t *testing.T) {
	if !amongTalkers(t) {
		return
	}
	s := startHere(t, Config{Group: mcast.DefaultGroup, Hops: 1})
	hearsOnly(t, s, "I am B", "I am C")
	do(t, s, Source{Addr: addrC})
	says(t, s, "hearing 224.0.0.114:1234 only from 192.168.8.227, on eth0, eth1")
	hearsOnly(t, s, "I am C")
	snap := s.Snapshot()
	if want := group(t, "192.168.8.227@224.0.0.114"); snap.Group != want || !slices.Equal(snap.Groups, []mcast.Group{want}) {
		t.Errorf("the group is %v of %v, want %v alone", snap.Group, snap.Groups, want)
	}
	// What is said is not heard here: no copy of it is waited for.
	do(t, s, Say{Text: "hello C"})
	if l := says(t, s, "hello C"); l.Copy != chat.CopyOff {
		t.Errorf("the copy is %d, want none to be expected", l.Copy)
	}
	do(t, s, Block{Addr: addrB, On: true})
	says(t, s, "only one source of it is heard")

	do(t, s, Source{Addr: addrB}) // another one
	hearsOnly(t, s, "I am B")
	do(t, s, Source{})
	says(t, s, "hearing 224.0.0.114:1234 from every source, on eth0, eth1")
	hearsOnly(t, s, "I am B", "I am C")

	do(t, s, Source{})
	says(t, s, "already joined there")
	do(t, s, Source{Addr: netip.MustParseAddr("224.0.0.1")})
	says(t, s, "not the address of a host")
}

// What cannot be heard the other way is heard as before.
func TestSourceFails(t *testing.T) {
	if !amongTalkers(t) {
		return
	}
	s := startHere(t, Config{Group: mcast.DefaultGroup, Hops: 1})
	hearsOnly(t, s, "I am B", "I am C")
	do(t, s, Block{Addr: addrB, On: true})
	do(t, s, Source{Addr: netip.MustParseAddr("2001:db8::1")})
	says(t, s, "the socket is of the other IP version")
	hearsOnly(t, s, "I am C")
	if snap := s.Snapshot(); snap.Group != mcast.DefaultGroup || !slices.Equal(snap.Blocked, []netip.Addr{addrB}) {
		t.Errorf("the group is %v with %v blocked, want it as before", snap.Group, snap.Blocked)
	}

	// Beside another source the group cannot be joined for all.
	do(t, s, Source{Addr: addrB})
	do(t, s, Join{Group: group(t, "192.168.8.227@224.0.0.114"), ListenOnly: true})
	do(t, s, Source{})
	if p := says(t, s, "a group is joined either for all sources or for single ones"); p.Hint.String() == "" {
		t.Error("there is no hint")
	}
	hearsOnly(t, s, "I am B", "I am C")
	if got, want := s.Snapshot().Group, group(t, "192.168.8.226@224.0.0.114"); got != want {
		t.Errorf("the group is %v, want %v", got, want)
	}
}

func TestListenOnly(t *testing.T) {
	if !amongTalkers(t) {
		return
	}
	elsewhere := group(t, "239.1.2.3:5000")
	s := startHere(t, Config{Group: elsewhere, Interfaces: []string{"eth0"}, Hops: 1, Capture: true})
	do(t, s, Join{Group: mcast.DefaultGroup, ListenOnly: true})
	says(t, s, "looking at 224.0.0.114:1234 on eth0; what you type still goes to 239.1.2.3:5000")
	hearsOnly(t, s, "I am B", "I am C")
	snap := s.Snapshot()
	if snap.Group != elsewhere || len(snap.Groups) != 2 {
		t.Errorf("talking in %v of %v, want %v of 2", snap.Group, snap.Groups, elsewhere)
	}
	if got := texts(snap.Recent); !slices.Equal(got[:2], []string{"224.0.0.114:1234", "239.1.2.3:5000"}) {
		t.Errorf("recent groups are %v", got)
	}
	for _, i := range snap.Interfaces {
		joined := slices.Contains(i.Groups, mcast.DefaultGroup.Addr) && slices.Contains(i.Groups, elsewhere.Addr)
		if joined != (i.Name == "eth0") {
			t.Errorf("%s: this host has joined %v there", i.Name, i.Groups)
		}
	}
	// To look at the group that is talked in changes nothing.
	do(t, s, Join{Group: elsewhere, ListenOnly: true})
	says(t, s, "joined 239.1.2.3:5000 on eth0")
	if got := s.Snapshot().Group; got != elsewhere {
		t.Errorf("talking in %v", got)
	}
}

// The screen is told of every datagram, as it was sent and as it came, and of
// every call.
func TestBatchOfAnExchange(t *testing.T) {
	if !amongTalkers(t) {
		return
	}
	s := startHere(t, Config{Group: mcast.DefaultGroup, Interfaces: []string{"eth0"}, Hops: 3, Capture: true})
	do(t, s, Say{Text: "hello"})
	out := s.Snapshot().Sends
	own := netip.AddrPortFrom(out.Source, locked(s, func() *mcast.Conn { return s.senders[netip.IPv4Unspecified()] }).LocalAddr().Port())
	to := mcast.DefaultGroup.AddrPort()

	var datagrams []Datagram
	var calls []string
	is := func(what func(Datagram) bool) bool { return slices.ContainsFunc(datagrams, what) }
	told := func(call string) bool {
		return slices.ContainsFunc(calls, func(c string) bool { return strings.Contains(c, call) })
	}
	sent := func(d Datagram) bool {
		return d.Sent && d.From == own && d.To == to && d.Interface == "eth0" && d.IfIndex == out.IfIndex &&
			d.Hops == 3 && string(d.Data) == "hello" && d.Err == nil && d.Arrival == chat.Arrival{}
	}
	ownCopy := func(d Datagram) bool {
		return !d.Sent && d.From == own && d.To == to && d.Interface == "eth0" && d.Hops == 3 && string(d.Data) == "hello" &&
			d.Arrival == chat.Arrival{OwnCopy: true}
	}
	ofB := func(d Datagram) bool {
		return !d.Sent && d.From.Addr() == addrB && d.To == to && d.Interface == "eth0" && d.Hops == 1 && string(d.Data) == "I am B" &&
			d.Arrival == chat.Arrival{}
	}
	ctx, cancel := context.WithTimeout(t.Context(), labtest.Patience)
	defer cancel()
	for !is(sent) || !is(ownCopy) || !is(ofB) || !told("MCAST_JOIN_GROUP") || !told("sendmsg {5 bytes") || !told("recvmmsg") {
		b, err := s.Next(ctx)
		if err != nil {
			t.Fatalf("sent %t, own copy %t, of B %t: %v\n%+v\n%s", is(sent), is(ownCopy), is(ofB), err, datagrams, strings.Join(calls, "\n"))
		}
		datagrams = append(datagrams, b.Datagrams...)
		for _, c := range b.Calls {
			calls = append(calls, c.String())
		}
	}
	if slices.IndexFunc(datagrams, sent) > slices.IndexFunc(datagrams, ownCopy) {
		t.Error("the copy stands before what it is the copy of")
	}

	// What is refused is told with the reason.
	do(t, s, Say{Text: strings.Repeat("x", mcast.MaxPayload+1)})
	refused := func(d Datagram) bool { return d.Sent && d.Err != nil && len(d.Data) == mcast.MaxPayload+1 }
	for !is(refused) {
		b, err := s.Next(ctx)
		if err != nil {
			t.Fatalf("what was refused is not told: %v", err)
		}
		datagrams = append(datagrams, b.Datagrams...)
	}
}

// Unless it is asked for nothing is captured, and nothing is written to the
// cache.
func TestNothingIsCaptured(t *testing.T) {
	if !amongTalkers(t) {
		return
	}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	s := startHere(t, Config{Group: mcast.DefaultGroup, Interfaces: []string{"eth0"}, Hops: 1})
	do(t, s, Say{Text: "hello"})
	ctx, cancel := context.WithTimeout(t.Context(), labtest.Patience)
	defer cancel()
	for heard := false; !heard; {
		b, err := s.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if len(b.Datagrams)+len(b.Calls) > 0 {
			t.Fatalf("%d datagrams and %d calls are collected", len(b.Datagrams), len(b.Calls))
		}
		heard = slices.ContainsFunc(b.Lines, func(l chat.Line) bool { return l.Kind == chat.Heard })
	}
	if _, err := os.Stat(RecentFile()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file of recent groups: %v, want that there is none", err)
	}
}

func TestSaveNotice(t *testing.T) {
	if !labtest.InHost(t, lab.Article, "A") {
		return
	}
	s := startHere(t, Config{Group: mcast.DefaultGroup, Hops: 1})
	file := t.TempDir() + "/talk"
	do(t, s, Save{File: file, Lines: savedTalk()})
	says(t, s, "saved 8 lines to "+file)
	do(t, s, Save{File: file, Lines: savedTalk()})
	if p := says(t, s, "save the talk: open "+file+": file exists"); p.Kind != chat.Problem || !strings.Contains(p.Hint.String(), "name another file") {
		t.Errorf("it is said as %+v", p)
	}
}
