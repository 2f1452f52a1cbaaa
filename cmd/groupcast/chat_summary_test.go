package main

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/members"
	"github.com/groupcast/groupcast/mcast/session"
)

func TestTalkSummary(t *testing.T) {
	other := mcast.Group{Addr: netip.MustParseAddr("239.1.2.3"), Port: 5000}
	wrong := doctor.Finding{Name: "wrong-egress", Verdict: doctor.Warning, Title: "sends leave by eth1\x1b[2J"}
	joined := func(n int) (list []session.Interface) {
		for i := range n {
			list = append(list, session.Interface{Interface: host.Interface{Index: i + 1, Name: fmt.Sprintf("eth%d", i), Flags: net.FlagUp}, Joined: true})
		}
		return list
	}
	for _, tc := range []struct {
		name string
		talkSummary
		want string
	}{
		{"nothing happened", talkSummary{snap: session.Snapshot{Group: mcast.DefaultGroup, Interfaces: joined(2), Hops: 1}, lasted: 3210 * time.Millisecond}, `
groupcast: 3s in 224.0.0.114:1234, joined on eth0, eth1
  heard nobody else; silence proves nothing
  next: groupcast doctor`},
		{"where no command is next", talkSummary{snap: session.Snapshot{Group: mcast.DefaultGroup, Interfaces: joined(2), Hops: 1}, lasted: 3210 * time.Millisecond, last: true}, `
groupcast: 3s in 224.0.0.114:1234, joined on eth0, eth1
  heard nobody else; silence proves nothing`},
		{"all of it", talkSummary{
			snap: session.Snapshot{
				Group: other, Interfaces: joined(40), Hops: 8, Dropped: 12, Findings: []doctor.Finding{wrong, wrong, wrong},
				Room: chat.Snapshot{SendersTotal: 3, Counters: chat.Counters{Texts: 7, Sent: 4, Failed: 1, Missing: 2, OwnCopies: 2}},
			},
			lasted: 2 * time.Hour, ask: question{group: mcast.DefaultGroup, interfaces: []string{"eth0"}},
		}, `
groupcast: 2h0m0s in 239.1.2.3:5000, joined on 40 interfaces: eth0, eth1 and 38 more
  heard 7 datagrams from 3 hosts
  sent 4 lines, and 1 could not be sent; no own copy of 2 lines
  lost 12 datagrams: they found the receive buffer full
  warning: wrong-egress: sends leave by eth1␛[2J (and 2 more)
  next: groupcast doctor --ttl 8 -i eth0 239.1.2.3:5000`},
		{"all is well", talkSummary{snap: session.Snapshot{
			Group: mcast.DefaultGroup, Interfaces: joined(1),
			Room: chat.Snapshot{SendersTotal: 1, Counters: chat.Counters{Texts: 1, Sent: 1, OwnCopies: 1}},
		}, lasted: time.Minute}, `
groupcast: 1m0s in 224.0.0.114:1234, joined on eth0
  heard 1 datagram from 1 host
  sent 1 line; own copies came back, which proves nothing about other hosts`},
		{"this host alone", talkSummary{snap: session.Snapshot{
			Group: mcast.DefaultGroup, Interfaces: joined(1),
			Room: chat.Snapshot{Local: make([]chat.Sender, 1), Counters: chat.Counters{Texts: 2}},
		}, lasted: time.Minute}, `
groupcast: 1m0s in 224.0.0.114:1234, joined on eth0
  heard 2 datagrams from other programs of this host, and no other host
  next: groupcast doctor`},
		{"members", talkSummary{snap: session.Snapshot{
			Group: mcast.DefaultGroup, Interfaces: joined(1), Room: chat.Snapshot{Counters: chat.Counters{Sent: 1, OwnCopies: 1}},
			Members: session.Members{On: true, Snapshot: members.Snapshot{
				Members: []members.Member{{Who: members.Who{Nick: "ada"}, Texts: 3, Repaired: 1}, {Who: members.Who{Nick: "b\x1bob", Place: 2}}},
				Gone:    []members.Member{{Who: members.Who{Nick: "10.0.0.1"}, Texts: 2}}, More: 12, Missing: 4,
			}},
		}, lasted: time.Minute}, `
groupcast: 1m0s in 224.0.0.114:1234, joined on eth0
  3 members (and 12 more, heard but not listed): ada, b␛ob #2, "10.0.0.1"; 5 lines of theirs, 1 of them lost at first and sent again; 4 did not come
  sent 1 line; own copies came back, which proves nothing about other hosts`},
		{"members that have what was said", talkSummary{snap: session.Snapshot{
			Group: mcast.DefaultGroup, Interfaces: joined(1), Room: chat.Snapshot{Counters: chat.Counters{Sent: 3, OwnCopies: 3, Reached: 2}},
			Members: session.Members{On: true, Snapshot: members.Snapshot{Gone: []members.Member{{Who: members.Who{Nick: "ada"}}}}},
		}, lasted: time.Minute}, `
groupcast: 1m0s in 224.0.0.114:1234, joined on eth0
  1 member: ada; nothing was said by them
  sent 3 lines; a member confirmed 2 of them`},
		{"members that say nothing, and a plain host", talkSummary{snap: session.Snapshot{
			Group: mcast.DefaultGroup, Interfaces: joined(1), Room: chat.Snapshot{SendersTotal: 1, Counters: chat.Counters{Texts: 1}},
			Members: session.Members{On: true, Snapshot: members.Snapshot{Members: []members.Member{{Who: members.Who{Nick: "ada"}}}}},
		}, lasted: time.Minute}, `
groupcast: 1m0s in 224.0.0.114:1234, joined on eth0
  1 member: ada; nothing was said by them
  heard 1 datagram from 1 host`},
		{"left everything, TTL 0", talkSummary{snap: session.Snapshot{
			Group: mcast.DefaultGroup, Room: chat.Snapshot{SendersTotal: 1, Counters: chat.Counters{Texts: 1, Sent: 2, Stayed: 2}},
		}, lasted: time.Minute}, `
groupcast: 1m0s in 224.0.0.114:1234, not joined
  heard 1 datagram from 1 host
  sent 2 lines; nothing left this host, with TTL 0`},
	} {
		if got, want := strings.Join(tc.rows(), "\n"), strings.TrimPrefix(tc.want, "\n"); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", tc.name, got, want)
		}
	}
}

// What was heard and said stays on the normal screen, unless nobody wants it.
func TestScreenLeavesASummary(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	s := openScreen(t, l.Host("A"), 100, 30)
	s.shows("wrong-egress")
	openShout(t, l.Host("B")).says("hello A")
	s.shows("192.168.8.226", "hello A")
	s.keys("hello\r")
	s.shows("you", "hello", "↺")
	s.keys("/quit\r")
	s.quits(exitOK)
	s.shows("groupcast: ", " in 224.0.0.114:1234, joined on eth0, eth1")
	s.shows("  heard 1 datagram from 1 host")
	s.shows("  sent 1 line; own copies came back")
	s.shows(": wrong-egress: sends leave by eth1") // a failure once B is known to be heard by eth0
	s.shows("  next: groupcast doctor")

	s = openScreen(t, l.Host("A"), 100, 30, "-q")
	s.shows("▲ sends leave here")
	s.keys("\x03")
	s.quits(exitOK)
	if _, after, _ := strings.Cut(s.written(), "\x1b[?1049l"); strings.Contains(after, "joined on") {
		t.Errorf("there is a summary in spite of -q: %q", after)
	}
}
