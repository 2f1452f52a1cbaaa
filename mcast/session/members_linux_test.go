package session

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/members"
)

// The talk of members on one host, beside a plain program.
func TestMembers(t *testing.T) {
	t.Parallel()
	if !labtest.InHost(t, lab.Article, "B") {
		return
	}
	g := labtest.Group("239.1.2.3:5000")
	plain := listener(t, g)
	lonely := enter(t, as("lonely", labtest.Group("239.9.9.9:6000")))
	alice := enter(t, as("alice", g))
	bob := enter(t, as("bob", g))
	alice.told("bob is here: " + fingerprint("bob"))
	bob.told("alice is here: " + fingerprint("alice"))

	alice.says("hello")
	if l := bob.hears("hello"); l.Member.Name != "alice" || l.Member.Fingerprint != fingerprint("alice") || !l.Member.New || !l.Local {
		t.Errorf("the first line of alice is %+v", l)
	}
	if l := alice.reaches("hello", 1, 1); l.Member.Name != "alice" || l.Reach.Missing != "" {
		t.Errorf("the own line is %+v", l)
	}
	long := strings.Repeat("ü", 1000)
	alice.says(long)
	bob.sees("the second part", func(l chat.Line) bool { return l.Kind == chat.Heard && l.Part == [2]int{2, 2} })
	alice.says("")
	alice.says("no \xff text")
	alice.says("end")
	if l := bob.hears("end"); l.Member.New {
		t.Errorf("a later line is marked as the first: %+v", l)
	}
	bob.says("I hear you")
	alice.hears("I hear you")

	// A plain program says and hears each line once, and no frame.
	if err := plain.Send([]byte("plain"), g.AddrPort(), mcast.Via{IfIndex: locked(alice.Session, func() int { return alice.send.Index })}); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*person{alice, bob} {
		if l := p.hears("plain"); l.Member != (chat.Member{}) || l.Outside {
			t.Errorf("a plain program's line is %+v", l)
		}
	}
	labtest.Hears(t, plain, "hello", long[:frame.MaxText], long[frame.MaxText:], "", "no \xff text", "end", "I hear you", "plain")

	// Each line is one row, and each datagram in one counter.
	var rows []string
	for _, l := range bob.all(chat.Heard) {
		rows = append(rows, l.Text.String())
	}
	want := []string{"hello", long[:frame.MaxText], long[frame.MaxText:], "(empty, 0 bytes)", "no � text", "end", "plain"}
	if slices.Sort(rows); !slices.Equal(rows, slices.Sorted(slices.Values(want))) {
		t.Errorf("bob's rows are %q", rows)
	}
	snap := bob.Snapshot()
	if c := snap.Room.Counters; c.Twins != 6 || c.Texts != 1 || c.Frames < 8 || c.Read != c.Texts+c.OwnCopies+c.Strays+c.Twins+c.Frames+c.Ignored {
		t.Errorf("counters %+v", c)
	}
	if m := snap.Members; !m.On || m.Port != 5001 || m.Off != "" {
		t.Errorf("members are %+v", m)
	}
	labtest.Eventually(t, "both know that they hear each other", func() bool {
		a, b := alice.Snapshot().Members, bob.Snapshot().Members
		return len(a.Members) == 1 && len(b.Members) == 1 && a.Members[0].Presence == members.Live && b.Members[0].Presence == members.Live &&
			a.Members[0].Theirs == "eth0" && a.Hears["eth0"] == 0 // a program of this host proves no interface
	})
	if e := locked(alice.Session, func() []host.Interface { return alice.keep.On(g) }); len(e) != 1 {
		t.Errorf("alice is joined on %v", e)
	}

	// One identity twice, another name, and the end.
	again := enter(t, as("alice", g))
	again.told("bob is here")
	again.says("me too")
	if l := bob.hears("me too"); !strings.HasPrefix(l.Member.Name, "alice") || l.Member.Fingerprint != fingerprint("alice") {
		t.Errorf("the second alice says %+v", l)
	}
	labtest.Eventually(t, "there is alice, and alice #2", func() bool {
		var names []string
		for _, m := range bob.Snapshot().Members.Members {
			names = append(names, m.String())
		}
		return slices.Equal(names, []string{"alice", "alice #2"})
	})
	again.Close()
	bob.sees("that one left", func(l chat.Line) bool { return l.Kind == chat.Notice && strings.HasSuffix(l.Text.String(), " left") })
	do(t, alice.Session, SetNick{Nick: "ada"})
	bob.told("alice is called ada now")
	alice.told("you are called ada now")
	do(t, alice.Session, SetNick{Nick: "\x1b"})
	alice.told("nick: no nickname by RFC 8266")
	do(t, alice.Session, Verify{Name: "carol", On: true})
	alice.told("verify carol: nobody here has this name")
	do(t, bob.Session, Leave{})
	alice.told("bob left")
	if m := bob.Snapshot().Members; m.On || m.Off == "" {
		t.Errorf("after the group is left members are %+v", m)
	}
	if l := lonely.told("nobody else is here yet"); l.Hint.String() != "on another host, or in another terminal, start: groupcast 239.9.9.9:6000" {
		t.Errorf("the lonely one is told %q", l.Hint)
	}
}

// Where frames cannot be had, the talk goes on with plain text, and says why; in a
// sealed room nothing is said then.
func TestMembersOff(t *testing.T) {
	t.Parallel()
	if !labtest.InHost(t, lab.Article, "B") {
		return
	}
	held, err := mcast.Listen(t.Context(), mcast.Config{Port: 6001, Exclusive: true})
	if err != nil {
		t.Fatal(err)
	}
	sealed := func(string) ([]frame.RoomKey, error) { return []frame.RoomKey{{1}}, nil }
	for _, tt := range []struct {
		group  string
		keys   func(string) ([]frame.RoomKey, error)
		port   uint16
		why    string
		plain  bool // it is meant so, and no problem
		anyway bool
	}{
		{"239.1.2.3:6000", nil, 0, "port 6001, where frames go, is held by ", false, false},
		{"239.1.2.3:6000", sealed, 0, "port 6001, where frames go, is held by ", false, false},
		{"239.1.2.3:65535", nil, 0, "there is none after 65535", false, false},
		{"239.1.2.3:7000", nil, 7000, "frames cannot go to port 7000", false, false},
		{"224.0.0.251:5353", nil, 0, "224.0.0.251:5353 is the group of a standard (mdns)", true, false},
		{"224.0.0.251:5353", nil, 0, "", false, true},
	} {
		g := labtest.Group(tt.group)
		heard := listener(t, g)
		cfg := as("alice", g)
		cfg.Members.Keys, cfg.Members.FramePort, cfg.Members.Anyway = tt.keys, tt.port, tt.anyway
		s := enter(t, cfg)
		m := s.Snapshot().Members
		if m.On != (tt.why == "") || !strings.Contains(m.Off, tt.why) || m.Plain != tt.plain {
			t.Errorf("%s: members are on: %t, off: %q, plain: %t", tt.group, m.On, m.Off, m.Plain)
		}
		if tt.why != "" && !tt.plain {
			if l := s.told("members are off: "); l.Kind != chat.Problem || l.Hint.String() == "" {
				t.Errorf("%s: it is told as %+v", tt.group, l)
			}
		}
		s.says("hello")
		if tt.keys == nil {
			labtest.Hears(t, heard, "hello")
			s.Close()
			continue
		}
		s.told("not said: ")
		// What the plain program hears next is the proof that it heard nothing.
		if err := heard.Send([]byte("silence"), g.AddrPort(), mcast.Via{}); err != nil {
			t.Fatal(err)
		}
		labtest.Hears(t, heard, "silence")
		if n := len(s.all(chat.Own)); n != 0 {
			t.Errorf("%d own lines in a sealed room without frames", n)
		}
		// When the port is free, the next thing that is done turns members on.
		held.Close()
		do(t, s.Session, SetHops{Hops: 2})
		if m := s.Snapshot().Members; !m.On || !m.Sealed {
			t.Errorf("the port is free, and members are %+v", m.Off)
		}
		s.Close()
		if held, err = mcast.Listen(t.Context(), mcast.Config{Port: 6001, Exclusive: true}); err != nil {
			t.Fatal(err)
		}
	}
	held.Close()
}

// A sealed room, beside an open one in the same group and a plain program.
func TestSealedRoom(t *testing.T) {
	t.Parallel()
	if !labtest.InHost(t, lab.Article, "B") {
		return
	}
	g := labtest.Group("239.1.2.3:5000")
	plain := listener(t, g)
	spy := enter(t, as("spy", g))
	sealed := func(name string) Config {
		cfg := as(name, g)
		cfg.Members.Keys = func(conversation string) ([]frame.RoomKey, error) {
			if conversation != "239.1.2.3:5000" {
				t.Errorf("keys are asked for %q", conversation)
			}
			return []frame.RoomKey{{1, 2, 3}}, nil
		}
		return cfg
	}
	alice, bob := enter(t, sealed("alice")), enter(t, sealed("bob"))
	alice.told("bob is here: ")
	bob.told("alice is here: ")
	alice.says("secret")
	if l := bob.hears("secret"); l.Member.Name != "alice" || l.Outside {
		t.Errorf("the line is %+v", l)
	}
	if l := alice.reaches("secret", 1, 1); l.Copy != chat.CopyBack {
		t.Errorf("the own line is %+v, want its copy back", l)
	}
	spy.told("a sealed room is in this group, too")
	alice.told("talks in this group in the open: its frames are refused here")
	for _, p := range []*person{spy, alice} {
		if others := p.Snapshot().Members.Others; len(others) == 0 || others[0].Sealed != (p == spy) {
			t.Errorf("other rooms are %+v", others)
		}
	}
	spy.says("hello?")
	for _, p := range []*person{alice, bob} {
		if l := p.hears("hello?"); !l.Outside || l.Member != (chat.Member{}) {
			t.Errorf("plain text in a sealed room is %+v, want it outside", l)
		}
	}
	labtest.Hears(t, plain, "hello?")
	for _, l := range spy.all(chat.Heard) {
		t.Errorf("the spy hears %q", l.Text)
	}
	if m := alice.Snapshot().Members; !m.Sealed || len(m.Members) != 1 {
		t.Errorf("members of the sealed room are %+v", m.Members)
	}
}

// Plain text on the port of frames is shown apart; numbered datagrams are not.
func TestPortOfFrames(t *testing.T) {
	t.Parallel()
	if !labtest.InHost(t, lab.Article, "B") {
		return
	}
	g := labtest.Group("239.1.2.3:5000")
	s := enter(t, as("alice", g))
	from, err := mcast.Listen(t.Context(), mcast.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { from.Close() })
	say := func(port uint16, text string) {
		if err := from.Send([]byte(text), netip.AddrPortFrom(g.Addr, port), mcast.Via{}); err != nil {
			t.Fatal(err)
		}
	}
	say(5001, "\xfeGS numbered")
	say(5001, "\xfeMC no frame")
	say(5001, "outside")
	say(5000, "\xfeMC no frame")
	if l := s.hears("outside"); !l.Outside || l.Member != (chat.Member{}) {
		t.Errorf("it is %+v", l)
	}
	if l := s.hears("�MC no frame"); l.Outside {
		t.Errorf("on the group's port it is %+v", l)
	}
	snap := s.Snapshot()
	c := snap.Room.Counters
	if c.Texts != 2 || c.Ignored != 1 || len(snap.Room.Groups) != 1 || snap.Room.Groups[0].Datagrams != 1 {
		t.Errorf("counters %+v, traffic %+v", c, snap.Room.Groups)
	}
	if n := len(s.all(chat.Heard)); n != 2 {
		t.Errorf("%d lines, want 2", n)
	}
	// The next port's talk is another conversation, with sockets of its own.
	do(t, s.Session, Join{Group: labtest.Group("239.1.2.3:5001")})
	s.told("joined 239.1.2.3:5001")
	bob := enter(t, as("bob", g))
	bob.told("alice is here")
	s.told("bob is here")
	bob.says("to all")
	if l := s.hears("to all"); l.Member.Name != "bob" {
		t.Errorf("it is %+v", l)
	}
	say(5001, "in the other group")
	if l := s.hears("in the other group"); l.Outside {
		t.Errorf("it is %+v", l)
	}
	if n := len(s.all(chat.Heard)); n != 4 {
		t.Errorf("%d lines, want 4: %+v", n, s.all(chat.Heard))
	}
}

// A frame socket follows what is joined where, for which sources, and what is blocked.
func TestFramesFollowMemberships(t *testing.T) {
	t.Parallel()
	if !labtest.InHost(t, lab.Article, "A") {
		return
	}
	g := labtest.Group("239.1.2.3:5000")
	cfg := as("alice", g)
	cfg.Interfaces = nil
	s := enter(t, cfg)
	follows(t, s.Session)
	on := func() (list []string) {
		return locked(s.Session, func() []string {
			for _, c := range s.frames {
				for _, m := range c.Memberships() {
					text := m.Group.String() + " " + m.Interface.Name
					for _, b := range c.Blocked(m.Group, m.Interface) {
						text += " but " + b.String()
					}
					list = append(list, text)
				}
			}
			slices.Sort(list)
			return list
		})
	}
	is := func(what string, want ...string) {
		t.Helper()
		labtest.Eventually(t, what+fmt.Sprintf(": frames are joined as %q", want), func() bool { return slices.Equal(on(), want) })
	}
	const both0, both1 = "239.1.2.3:5001 eth0", "239.1.2.3:5001 eth1"
	is("at first", both0, both1)
	unplug := plug(t, "lan7", "10.7.0.1/24")
	is("with one interface more", both0, both1, "239.1.2.3:5001 lan7")
	unplug()
	is("without it", both0, both1)
	unplug = plug(t, "lan7", "10.7.0.1/24")
	is("it is back", both0, both1, "239.1.2.3:5001 lan7")
	unplug()
	is("without it", both0, both1)
	do(t, s.Session, Block{Addr: netip.MustParseAddr("10.0.0.9"), On: true})
	is("with one blocked", both0+" but 10.0.0.9", both1+" but 10.0.0.9")
	do(t, s.Session, Block{Addr: netip.MustParseAddr("10.0.0.9")})
	is("with it again", both0, both1)
	do(t, s.Session, Leave{Interface: "eth1"})
	is("left on eth1", both0)
	do(t, s.Session, Source{Addr: netip.MustParseAddr("192.168.8.226")})
	is("one source", "192.168.8.226@239.1.2.3:5001 eth0")
	do(t, s.Session, Source{})
	is("all of them", both0)
	do(t, s.Session, Join{Group: labtest.Group("239.1.2.4:5000"), Interface: "eth0"})
	is("two groups of one port", both0, "239.1.2.4:5001 eth0")
	do(t, s.Session, Leave{Group: g})
	is("the other one", "239.1.2.4:5001 eth0")
	do(t, s.Session, Leave{})
	is("nothing")
	if n := locked(s.Session, func() int { return len(s.frames) + len(s.talks) }); n != 0 {
		t.Errorf("%d sockets and talks are left", n)
	}
	// A talk outlives its only interface.
	unplug = plug(t, "lan7", "10.7.0.1/24")
	isSeen(t, s.Session, "lan7")
	do(t, s.Session, Join{Group: g, Interface: "lan7"})
	is("on one that goes", "239.1.2.3:5001 lan7")
	part := func() *talk { return locked(s.Session, func() *talk { return s.current() }) }
	before := part()
	unplug()
	is("without it")
	unplug = plug(t, "lan7", "10.7.0.1/24")
	is("it is back", "239.1.2.3:5001 lan7")
	if after := part(); before == nil || before != after {
		t.Error("a new talk began when the interface came back")
	}
	unplug()
	for _, l := range s.all(chat.Problem) {
		t.Errorf("a problem: %s", l.Text)
	}
}
