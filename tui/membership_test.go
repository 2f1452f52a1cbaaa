package tui

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/session"
)

// forty is a host of 40 joined interfaces: sends leave by the 31st, the kernel
// would choose the 8th, and somebody is heard by the 20th.
func forty() session.Snapshot {
	s := before()
	s.Interfaces = s.Interfaces[:1]
	for n := 1; n <= 40; n++ {
		i := iface(n+1, fmt.Sprintf("eth%d", n), fmt.Sprintf("10.0.%d.1/24", n))
		i.Joined, i.IGMP = true, 3
		s.Interfaces = append(s.Interfaces, i)
	}
	s.Sends = session.Egress{IfIndex: 32, Interface: "eth31", Source: netip.MustParseAddr("10.0.31.1"), Because: "you chose it"}
	s.Kernel = session.Egress{IfIndex: 9, Interface: "eth8", Source: netip.MustParseAddr("10.0.8.1"), Because: "default route"}
	s.Room.Senders[0].IfIndex, s.Room.Senders[0].Interface = 21, "eth20"
	return s
}

// Of 40 interfaces those that matter are in sight at every size, the sending one
// first, and the number of the others; the focused pane scrolls through all.
func TestFortyInterfaces(t *testing.T) {
	for _, size := range [][2]int{{160, 50}, {100, 30}, {80, 24}} {
		s := newScreen(t, size[0], size[1], forty(), beforeLines()...)
		view := s.plain()
		s.wants("▲ sends leave here")
		order := []string{"● eth31"}
		if size[0] > 80 {
			order = append(order, "● eth8", "● eth20")
			s.wants("△ the kernel would choose it", " idle more")
		}
		rest := view
		for _, name := range order {
			_, after, found := strings.Cut(rest, name)
			if !found {
				t.Fatalf("%dx%d: %s is not in sight, or not in order:\n%s", size[0], size[1], name, view)
			}
			rest = after
		}
		if l := s.layout; l.shape == stacked && s.talk.height < stackedTalk {
			t.Errorf("%dx%d: %d rows of talk, want %d", size[0], size[1], s.talk.height, stackedTalk)
		}
		for range 5 {
			if s.focus != onMembership {
				s.press("tab")
			}
		}
		for range 60 {
			s.press("down")
		}
		s.wants("● eth40")
	}
}

// At 80x24 ten rows are left to the talk, whatever there is above it.
func TestTalkKeepsTenRows(t *testing.T) {
	crowded := forty()
	for n := range 30 {
		other := senderB(9, "19:52:38")
		other.Addr = netip.AddrFrom4([4]byte{10, 0, 1, byte(n)})
		crowded.Room.Senders = append(crowded.Room.Senders, other)
		crowded.Findings = append(crowded.Findings, wrongEgress)
	}
	for name, snap := range map[string]session.Snapshot{"story": before(), "crowded": crowded, "empty": {Group: group}} {
		s := newScreen(t, 80, 24, snap)
		if s.talk.height < stackedTalk {
			t.Errorf("%s: %d rows of talk, want %d:\n%s", name, s.talk.height, stackedTalk, s.plain())
		}
	}
	s := newScreen(t, 80, 24, before(), chat.Line{})
	s.wants("eth1", "▲ sends leave here", "eth0", "192.168.8.226", "wrong-egress")
}
