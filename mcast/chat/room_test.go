package chat

import (
	"net"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// The host of the story: eth0 is the LAN, eth1 another wire.
const ourPort = 40001

var (
	group     = netip.MustParseAddr("224.0.0.114")
	other     = netip.MustParseAddr("239.1.2.3")
	eth0Addr  = netip.MustParseAddr("192.168.8.164")
	eth1Addr  = netip.MustParseAddr("169.254.167.41")
	bob       = netip.MustParseAddrPort("192.168.8.226:1234")
	ourSocket = netip.AddrPortFrom(eth0Addr, ourPort)

	eth0 = host.Interface{Index: 2, Name: "eth0", Flags: net.FlagUp, Addrs: []netip.Prefix{netip.PrefixFrom(eth0Addr, 24)}}
	eth1 = host.Interface{Index: 3, Name: "eth1", Flags: net.FlagUp, Addrs: []netip.Prefix{netip.PrefixFrom(eth1Addr, 16)}}

	byEth0 = Via{IfIndex: 2, Interface: "eth0", Source: eth0Addr, Loopback: true}

	start = time.Date(2026, 5, 4, 19, 52, 10, 0, time.UTC)
)

func newTestRoom() *Room {
	r := NewRoom()
	r.SetInterfaces([]host.Interface{eth0, eth1})
	r.AddPort(ourPort)
	return r
}

// from makes a datagram to the group that arrived by eth0.
func from(who netip.AddrPort, payload string) mcast.Datagram {
	return mcast.Datagram{At: start, From: who, To: group, IfIndex: 2, Hops: 1, Data: []byte(payload)}
}

func TestReceiveClassifies(t *testing.T) {
	with := func(d mcast.Datagram, change func(*mcast.Datagram)) mcast.Datagram {
		change(&d)
		return d
	}
	for _, c := range []struct {
		name     string
		datagram mcast.Datagram
		want     Counters // Read and Bytes aside
		text     string   // "": no line
		direct   bool
	}{
		{"text from another host", from(bob, "hello\n"), Counters{Texts: 1}, "hello", false},
		{"hostile text", from(bob, "\x1b[2J"), Counters{Texts: 1}, "␛[2J", false},
		{"nothing", from(bob, ""), Counters{Texts: 1}, "(empty, 0 bytes)", false},
		{"a newline", from(bob, "\n"), Counters{Texts: 1}, "(blank, 1 byte)", false},
		{"spaces", from(bob, " \u3000\t"), Counters{Texts: 1}, "(blank, 5 bytes)", false},
		{"only controls", from(bob, "\x00"), Counters{Texts: 1}, "␀", false},
		{"to us alone", with(from(bob, "psst"), func(d *mcast.Datagram) { d.To = eth0Addr }), Counters{Texts: 1}, "psst", true},
		{"to us alone, by the other interface", with(from(bob, "psst"), func(d *mcast.Datagram) { d.To, d.IfIndex = eth1Addr, 3 }), Counters{Texts: 1}, "psst", true},
		{"destination unknown", with(from(bob, "?"), func(d *mcast.Datagram) { d.To = netip.Addr{} }), Counters{Texts: 1}, "?", false},
		{"interface unknown", with(from(bob, "?"), func(d *mcast.Datagram) { d.IfIndex = 0 }), Counters{Texts: 1}, "?", false},
		{"what begins as a frame of another protocol may", from(bob, "\xfeMC\x01\x02"), Counters{Texts: 1}, "�MC␁␂", false},
		{"no text at all", from(bob, "\xfe\xff"), Counters{Texts: 1}, "��", false},
		{"for a group that is not joined", with(from(bob, "\xfeMC"), func(d *mcast.Datagram) { d.To = other }), Counters{Texts: 1}, "�MC", false},
		{"of somebody else's membership", with(from(bob, "x"), func(d *mcast.Datagram) { d.Stray = true }), Counters{Strays: 1}, "", false},
		{"a copy of what was said", from(ourSocket, "test"), Counters{OwnCopies: 1}, "test", false},
		{"a copy by an interface that is not joined", with(from(ourSocket, "test"), func(d *mcast.Datagram) { d.IfIndex = 3 }), Counters{OwnCopies: 1}, "test", false},
		{"another program here, with the same words", from(netip.AddrPortFrom(eth0Addr, 1234), "test"), Counters{Texts: 1}, "test", false},
		{"another host, with our port and words", from(netip.AddrPortFrom(bob.Addr(), ourPort), "test"), Counters{Texts: 1}, "test", false},
		{"our address and port, but not our words", from(ourSocket, "tset"), Counters{Texts: 1}, "tset", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newTestRoom()
			said := r.Say(start, "test", byEth0)
			l, _ := r.Receive(c.datagram)
			show := l.ID != 0
			if show != (c.text != "") || l.Text.String() != c.text || l.Direct != c.direct {
				t.Errorf("line %q, shown %t, direct %t; want %q, direct %t", l.Text, show, l.Direct, c.text, c.direct)
			}
			if own := l.ID == said.ID; show && own != (c.want.OwnCopies == 1) {
				t.Errorf("the line is said to be our own: %t", own)
			}
			got := r.Snapshot(start).Counters
			want := c.want
			want.Read, want.Bytes, want.Sent, want.SentSize = 1, uint64(len(c.datagram.Data)), 1, 4
			if got != want {
				t.Errorf("counters\n got %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestHeardLine(t *testing.T) {
	r := newTestRoom()
	got, _ := r.Receive(from(bob, "hello"))
	want := Line{ID: 1, At: start, Kind: Heard, Text: SanitizeString("hello"), Interface: "eth0", IfIndex: 2, From: bob, To: group, Hops: 1}
	if got != want {
		t.Errorf("line\n got %+v\nwant %+v", got, want)
	}
}

// The article: the line was to leave by eth0, but the copy tells otherwise.
func TestCopyTellsTheWayOut(t *testing.T) {
	r := newTestRoom()
	r.Say(start, "test", byEth0)
	got, _ := r.Receive(mcast.Datagram{
		At: start.Add(90 * time.Microsecond), From: netip.AddrPortFrom(eth1Addr, ourPort),
		To: group, IfIndex: 3, Hops: 1, Data: []byte("test"),
	})
	want := Line{
		ID: 1, At: start, Kind: Own, Text: SanitizeString("test"), Interface: "eth1", IfIndex: 3,
		Source: eth1Addr, Copy: CopyBack, After: 90 * time.Microsecond,
	}
	if got != want {
		t.Errorf("line\n got %+v\nwant %+v", got, want)
	}
}

// eth0 lost its address between the send and the copy.
func TestCopyFromAnAddressThatIsGone(t *testing.T) {
	r := newTestRoom()
	r.Say(start, "test", byEth0)
	r.SetInterfaces([]host.Interface{eth1})
	if l, _ := r.Receive(from(ourSocket, "test")); l.Copy != CopyBack || l.Interface != "#2" {
		t.Errorf("line %+v, want its copy back by #2", l)
	}
}

func TestCopyBeforeItsSendTookNoTime(t *testing.T) {
	r := newTestRoom()
	r.Say(start.Add(time.Millisecond), "test", byEth0)
	if l, _ := r.Receive(from(ourSocket, "test")); l.Copy != CopyBack || l.After != 0 {
		t.Errorf("copy %d after %v, want it back after 0", l.Copy, l.After)
	}
}

func TestEqualLinesPairInOrder(t *testing.T) {
	r := newTestRoom()
	var said []uint64
	for range 3 {
		said = append(said, r.Say(start, "again", byEth0).ID)
	}
	var back []uint64
	for range 3 {
		l, _ := r.Receive(from(ourSocket, "again"))
		back = append(back, l.ID)
	}
	if !slices.Equal(said, back) {
		t.Errorf("said %v, copies back for %v", said, back)
	}
	if l, _ := r.Receive(from(ourSocket, "again")); l.ID != 0 {
		t.Errorf("a fourth copy shows %+v, want nothing", l)
	}
	if c := r.Snapshot(start).Counters; c.OwnCopies != 4 || c.Texts != 0 {
		t.Errorf("counters %+v, want 4 own copies", c)
	}
}

func TestMissingAndLateCopy(t *testing.T) {
	r := newTestRoom()
	r.Say(start, "one", byEth0)
	r.Say(start.Add(time.Second/2), "two", byEth0)
	if l := r.Expire(start.Add(CopyTimeout - 1)); len(l) != 0 {
		t.Errorf("before the timeout %d lines expire, want 0", len(l))
	}
	l := r.Expire(start.Add(CopyTimeout))
	if len(l) != 1 || l[0].ID != 1 || l[0].Copy != CopyMissing {
		t.Fatalf("expired %+v, want the first line missing", l)
	}
	if s := r.Snapshot(start); s.Counters.Missing != 1 || s.Pending != 1 {
		t.Errorf("missing %d, pending %d; want 1, 1", s.Counters.Missing, s.Pending)
	}
	d := from(ourSocket, "one")
	d.At = start.Add(3 * time.Second)
	if l, _ := r.Receive(d); l.ID != 1 || l.Copy != CopyBack || l.After != 3*time.Second {
		t.Errorf("late copy: line %+v, want the first with its copy back after 3 s", l)
	}
	if s := r.Snapshot(start); s.Counters.Missing != 0 || s.Pending != 1 {
		t.Errorf("after the late copy missing %d, pending %d; want 0, 1", s.Counters.Missing, s.Pending)
	}
}

// Whose copy comes after minutes cannot be told: it may be a second one of an
// equal line.
func TestCopyTooLate(t *testing.T) {
	r := newTestRoom()
	r.Say(start, "one", byEth0)
	r.Expire(start.Add(CopyTimeout))
	d := from(ourSocket, "one")
	d.At = start.Add(maxLate + 1)
	if l, _ := r.Receive(d); l.ID != 0 {
		t.Errorf("a copy after %v shows %+v, want nothing", maxLate, l)
	}
	if c := r.Snapshot(start).Counters; c.OwnCopies != 1 || c.Missing != 1 {
		t.Errorf("counters %+v, want one own copy, and its line still missing", c)
	}
}

func TestLoopbackOff(t *testing.T) {
	r := newTestRoom()
	via := byEth0
	via.Loopback = false
	if l := r.Say(start, "test", via); l.Copy != CopyOff {
		t.Errorf("copy %d, want CopyOff", l.Copy)
	}
	if l := r.Expire(start.Add(time.Hour)); len(l) != 0 {
		t.Error("no copy is expected, so nothing expires")
	}
	// What comes all the same is not what this host made.
	if l, _ := r.Receive(from(ourSocket, "test")); l.ID != 0 {
		t.Errorf("a copy that was not asked for shows %+v", l)
	}
	if c := r.Snapshot(start).Counters; c.OwnCopies != 1 {
		t.Errorf("counters %+v, want it counted as an own copy", c)
	}
}

// Of two equal lines by two interfaces the copy belongs to the one that left
// by where it came.
func TestCopyByInterface(t *testing.T) {
	r := newTestRoom()
	byEth1 := byEth0
	byEth1.IfIndex, byEth1.Interface = 3, "eth1"
	first := r.Say(start, "test", byEth1)
	second := r.Say(start, "test", byEth0)
	if l, _ := r.Receive(from(ourSocket, "test")); l.ID != second.ID {
		t.Errorf("the copy by eth0 completes line %d, want %d", l.ID, second.ID)
	}
	if l, _ := r.Receive(from(ourSocket, "test")); l.ID != first.ID {
		t.Errorf("the other copy completes line %d, want %d: where it really left is what it shows", l.ID, first.ID)
	}
}

func TestFailed(t *testing.T) {
	r := newTestRoom()
	said := r.Say(start, "test", byEth0)
	got := r.Failed(said.ID, "operation not permitted", "a firewall drops it")
	want := said
	want.Copy, want.Hint = CopyNone, SanitizeString("operation not permitted; a firewall drops it")
	if got != want {
		t.Errorf("line\n got %+v\nwant %+v", got, want)
	}
	if c := r.Snapshot(start).Counters; c != (Counters{Failed: 1}) {
		t.Errorf("counters %+v, want one failed and none sent", c)
	}
	if l := r.Expire(start.Add(time.Hour)); len(l) != 0 {
		t.Errorf("%d lines expire, want 0: no copy of a failed line is expected", len(l))
	}
	for _, id := range []uint64{0, said.ID, 99} {
		if l := r.Failed(id, "why", ""); l != (Line{}) {
			t.Errorf("Failed(%d) = %+v, want the zero Line", id, l)
		}
	}
}

func TestClockSetBack(t *testing.T) {
	r := newTestRoom()
	r.Say(start.Add(time.Hour), "early", byEth0)
	r.Say(start, "late", byEth0)
	if l := r.Expire(start.Add(CopyTimeout - 1)); len(l) != 0 {
		t.Errorf("%d lines expire before a timeout has passed since the clock was set back, want 0", len(l))
	}
	if l := r.Expire(start.Add(CopyTimeout)); len(l) != 2 {
		t.Errorf("%d lines expire, want both", len(l))
	}
}

func TestRemarksAndNamesAreSafe(t *testing.T) {
	r := newTestRoom()
	n, p := r.Notice(start, "joined \x1b", ""), r.Problem(start, "no route", "try\x07")
	if n.Kind != Notice || n.Text.String() != "joined ␛" || p.Kind != Problem || p.Hint.String() != "try␇" || p.ID != n.ID+1 {
		t.Errorf("remarks %+v and %+v", n, p)
	}
	r.SetInterfaces([]host.Interface{{Index: 2, Name: "\x1b[2J"}})
	if l, _ := r.Receive(from(bob, "x")); l.Interface != "␛[2J" {
		t.Errorf("an interface with a hostile name is shown as %q", l.Interface)
	}
	if l := r.Say(start, "x", Via{Interface: "\x1b"}); l.Interface != "␛" {
		t.Errorf("a way out with a hostile name is shown as %q", l.Interface)
	}
}

// A sender is a host, with all the ports that it sent from.
func TestSendersMostRecentFirst(t *testing.T) {
	r := newTestRoom()
	carol := netip.MustParseAddrPort("192.168.8.227:1234")
	for i, who := range []netip.AddrPort{bob, carol, netip.AddrPortFrom(bob.Addr(), 5000), bob} {
		d := from(who, "hello")
		d.At = start.Add(time.Duration(i) * time.Second)
		r.Receive(d)
	}
	want := []Sender{
		{Addr: bob.Addr(), Ports: []uint16{1234, 5000}, Interface: "eth0", IfIndex: 2, Hops: 1, Datagrams: 3, Bytes: 15, First: start, Last: start.Add(3 * time.Second)},
		{Addr: carol.Addr(), Ports: []uint16{1234}, Interface: "eth0", IfIndex: 2, Hops: 1, Datagrams: 1, Bytes: 5, First: start.Add(time.Second), Last: start.Add(time.Second)},
	}
	got := r.Snapshot(start)
	for n := range got.Senders {
		got.Senders[n].History = nil // TestRates is about it
	}
	if !reflect.DeepEqual(got.Senders, want) || got.SendersTotal != 2 {
		t.Errorf("senders\n got %+v\nwant %+v", got.Senders, want)
	}
}

// Ports are forged as easily as addresses.
func TestPortsOfASenderAreBounded(t *testing.T) {
	r := newTestRoom()
	ports := func() Sender { return r.Snapshot(start).Senders[0] }
	for port := range uint16(MaxPorts) {
		r.Receive(from(netip.AddrPortFrom(bob.Addr(), 1+port), "x"))
	}
	r.Receive(from(netip.AddrPortFrom(bob.Addr(), 2), "x"))
	if got := ports(); len(got.Ports) != MaxPorts || got.MorePorts || !slices.Equal(got.Ports[:2], []uint16{2, MaxPorts}) {
		t.Errorf("ports %v, more %t; want all %d, 2 and %d first", got.Ports, got.MorePorts, MaxPorts, MaxPorts)
	}
	before := ports()
	r.Receive(from(netip.AddrPortFrom(bob.Addr(), 9999), "x"))
	got := ports()
	if len(got.Ports) != MaxPorts || !got.MorePorts || got.Ports[0] != 9999 || slices.Contains(got.Ports, 1) || got.Datagrams != MaxPorts+2 {
		t.Errorf("after one more: ports %v, more %t, %d datagrams; want 9999 instead of 1", got.Ports, got.MorePorts, got.Datagrams)
	}
	if before.Ports[0] != 2 {
		t.Error("a snapshot changes afterwards")
	}
}

// Other programs of this host are not other hosts, and no flood of those pushes
// them out.
func TestThisHostIsNoOtherSender(t *testing.T) {
	r := newTestRoom()
	r.Receive(from(netip.AddrPortFrom(eth0Addr, 1234), "x"))
	r.Receive(from(netip.AddrPortFrom(eth0Addr, 1235), "x"))
	if s := r.Snapshot(start); s.SendersTotal != 0 || len(s.Senders) != 0 || len(s.Local) != 1 || s.Local[0].Addr != eth0Addr || s.Local[0].Datagrams != 2 {
		t.Errorf("senders %+v, of this host %+v; want nobody else, and two datagrams of %s", s.Senders, s.Local, eth0Addr)
	}
	for i := range 2 * MaxSenders {
		r.Receive(from(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 1), "x"))
	}
	if s := r.Snapshot(start); s.SendersTotal != MaxSenders || len(s.Local) != 1 {
		t.Errorf("after a flood %d senders and %d of this host, want %d and 1", s.SendersTotal, len(s.Local), MaxSenders)
	}
}

// What comes back of an own ping is an own copy; the same bytes from elsewhere, and
// the pings of other programs, are not.
func TestOwnPingsAreOwnCopies(t *testing.T) {
	r := newTestRoom()
	r.Receive(from(netip.AddrPortFrom(eth0Addr, 50000), "ping 1")) // of another program
	r.SetPing(func(payload []byte) bool { return string(payload) == "ping 2" })
	l, came := r.Receive(from(netip.AddrPortFrom(eth0Addr, 50001), "ping 2"))
	if l.ID != 0 || !came.OwnCopy {
		t.Errorf("the own ping is line %+v, came %+v; want an own copy, and no line", l, came)
	}
	s := r.Snapshot(start)
	if len(s.Senders) != 0 || len(s.Local) != 1 || s.Local[0].Datagrams != 1 || s.Groups[0].Datagrams != 1 || s.Counters.OwnCopies != 1 || s.Counters.Texts != 1 {
		t.Errorf("%+v; want one own copy, and one datagram of another program here", s)
	}
	if l, _ := r.Receive(from(bob, "ping 2")); l.Kind != Heard {
		t.Errorf("what another host sends back is %+v, want it heard", l)
	}
}

func TestRate(t *testing.T) {
	r := newTestRoom()
	for second, n := range []int{1, 2, 3, 4, 5} {
		for range n {
			d := from(bob, "x")
			d.At = start.Add(time.Duration(second) * time.Second)
			r.Receive(d)
		}
	}
	for _, c := range []struct {
		after time.Duration
		rate  float64
		last  []uint32
	}{
		{0, 0, []uint32{0, 0, 0}},
		{2 * time.Second, 1, []uint32{0, 1, 2}},
		{5 * time.Second, 4, []uint32{3, 4, 5}},
		{5*time.Second + 999*time.Millisecond, 4, []uint32{3, 4, 5}},
		{6 * time.Second, 3, []uint32{4, 5, 0}},
		{time.Hour, 0, []uint32{0, 0, 0}},
		{-time.Hour, 0, []uint32{0, 0, 0}},
	} {
		s := r.Snapshot(start.Add(c.after))
		if len(s.History) != HistorySeconds || !slices.Equal(s.History[HistorySeconds-3:], c.last) || s.Rate != c.rate {
			t.Errorf("after %v: rate %v, history %v; want rate %v, history ending in %v", c.after, s.Rate, s.History, c.rate, c.last)
		}
	}
	d := from(bob, "x")
	d.At = start.Add(-time.Hour)
	r.Receive(d)
	if s := r.Snapshot(d.At.Add(time.Second)); s.History[HistorySeconds-1] != 1 {
		t.Errorf("after the clock was set back history %v, want it to end in 1", s.History)
	}
}

// A flood of forged sources evicts, but neither grows nor slows.
func TestSendersAreBounded(t *testing.T) {
	r := newTestRoom()
	const forged = 5 * MaxSenders
	for i := range forged {
		r.Receive(from(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 1), "x"))
	}
	r.Receive(from(bob, "hello"))
	s := r.Snapshot(start)
	if s.SendersTotal != MaxSenders || s.Counters.Evicted != forged+1-MaxSenders {
		t.Errorf("senders %d, evicted %d; want %d, %d", s.SendersTotal, s.Counters.Evicted, MaxSenders, forged+1-MaxSenders)
	}
	if len(s.Senders) != maxSnapshotSenders || s.Senders[0].Addr != bob.Addr() || s.Senders[0].Datagrams != 1 {
		t.Errorf("snapshot of %d senders begins with %+v, want %d and bob", len(s.Senders), s.Senders[0], maxSnapshotSenders)
	}
}

// More is said than copies can be remembered for: the oldest is given up, and
// said to be.
func TestOwnLinesAreBounded(t *testing.T) {
	r := newTestRoom()
	const said = maxOwnLines + 10
	r.Say(start, "first", byEth0)
	r.Receive(from(ourSocket, "first"))
	r.Expire(start)
	for i := range said {
		r.Say(start, strings.Repeat("x", i%7), byEth0)
	}
	lines := r.Expire(start)
	if len(lines) != 10 || lines[0].ID != 2 || lines[9].ID != 11 || lines[0].Copy != CopyMissing {
		t.Errorf("%d lines given up, want the 10 after the first missing", len(lines))
	}
	if s := r.Snapshot(start); s.Pending != maxOwnLines || s.Counters.Missing != 10 {
		t.Errorf("pending %d, missing %d; want %d, 10", s.Pending, s.Counters.Missing, maxOwnLines)
	}
	if n := len(r.Expire(start.Add(CopyTimeout))); n != maxOwnLines {
		t.Errorf("%d lines expire, want %d", n, maxOwnLines)
	}
}
