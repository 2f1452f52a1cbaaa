package tui

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/members"
	"github.com/groupcast/groupcast/mcast/session"
)

// The room of the pictures: ada is here, on host A, which sends by eth1, where nobody
// is. The others are on the LAN, at eth0.
var (
	ada   = members.Who{Ref: frame.Ref{1}, Nick: "ada", Fingerprint: "0c41 55d2 9e7a b310", Self: true}
	bob   = members.Who{Ref: frame.Ref{2}, Nick: "bob", Fingerprint: "7f3c 91ab 02de 44c0"}
	carol = members.Who{Ref: frame.Ref{3}, Nick: "carol", Fingerprint: "91d0 3be8 c4f2 7a65"}
	dave  = members.Who{Ref: frame.Ref{4}, Nick: "dave", Fingerprint: "a8b2 0f17 6cd9 e451"}
	bob2  = members.Who{Ref: frame.Ref{5}, Nick: "bob", Fingerprint: "d3e7 4a90 18bc f62d", Clash: true}
	erin  = members.Who{Ref: frame.Ref{6}, Nick: "erin", Fingerprint: "5be1 c07f 93a4 21d8"}
)

func said(w members.Who) chat.Member {
	return chat.Member{Name: w.String(), Fingerprint: w.Fingerprint}
}

func lan(n byte, port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 168, 8, n}), port)
}

// memberOf is one that is live on the LAN.
func memberOf(w members.Who, n byte) members.Member {
	return members.Member{
		Who: w, Presence: members.Live, From: lan(n, 40000+uint16(n)), Plain: lan(n, 40000+uint16(n)), IfIndex: 2, Theirs: "eth0", Sends: "eth0",
		RoundTrip: time.Millisecond, Last: clock.Add(-time.Second), Since: at("19:40:00"), Texts: 3,
	}
}

// hears is a row of a matrix: what stands in each cell as one string of words, such
// as "eth0", "eth0 30" (per mille), "." (itself), "?" and "x".
func hears(cells ...string) (row []members.Cell) {
	for _, text := range cells {
		c := members.Cell{Hears: members.HearsIt, Lost: -1, Ago: 2 * time.Second}
		switch text {
		case ".":
			c = members.Cell{Hears: members.HearsSelf}
		case "?":
			c = members.Cell{}
		case "x":
			c = members.Cell{Hears: members.HearsNot, Ago: 4 * time.Second}
		default:
			if n, _ := fmt.Sscanf(text, "%s %d", &c.Interface, &c.Lost); n < 2 {
				c.Lost = 0
			}
		}
		row = append(row, c)
	}
	return row
}

// notHeardHere is the finding that the matrix of five shows.
var notHeardHere = doctor.Finding{
	Name: "not-heard", Verdict: doctor.Failure, Title: "no member hears you by eth1: 4 hear you by eth0",
	Evidence: "HELLOs by eth1 are in the digest of nobody, those by eth0 in those of bob, carol, dave and erin",
	Hints:    []string{"send and join by eth0: -i eth0, or /interface eth0"}, Interface: "eth1", Fix: &doctor.Fix{UseInterface: "eth0"},
}

// roomOfFive is A's screen among four others.
func roomOfFive() session.Snapshot {
	s := before()
	s.Findings = []doctor.Finding{notHeardHere}
	plain := senderB(3, "19:52:38")
	alsoBob := chat.Sender{Addr: lan(10, 0).Addr(), Ports: []uint16{40010}, Interface: "eth0", IfIndex: 2, Hops: 1, Datagrams: 4, Last: at("19:52:30"), Rate: 0.1, History: quiet}
	s.Room.Senders, s.Room.SendersTotal = []chat.Sender{plain, alsoBob}, 2
	m := &s.Members
	m.On, m.Port, m.Interval = true, 1235, 2*time.Second
	m.Self = members.Member{Who: ada, Presence: members.Live, Sends: "eth1"}
	list := []members.Member{memberOf(bob, 10), memberOf(carol, 11), memberOf(dave, 12), memberOf(erin, 13)}
	for i := range list {
		list[i].Presence, list[i].LostOut, list[i].Theirs = members.OneWay, -1, ""
	}
	list[1].LostIn, list[1].RoundTrip, list[1].Verified = 31, 14*time.Millisecond, true
	list[3].Presence, list[3].RoundTrip, list[3].Last = members.Quiet, 0, clock.Add(-9*time.Second)
	m.Members = list
	m.Gone = []members.Member{memberOf(bob2, 14)}
	m.Gone[0].Last = clock.Add(-3 * time.Minute)
	m.Matrix = []members.Row{
		{Who: ada, Cells: hears(".", "x", "x", "x", "x")},
		{Who: bob, Cells: hears("eth0", ".", "eth0", "eth0 16", "eth0")},
		{Who: carol, Cells: hears("eth0 31", "eth0 31", ".", "eth0", "eth0 47")},
		{Who: dave, Cells: hears("eth0", "eth0", "x", ".", "wlan0 160")},
		{Who: erin, Cells: hears("eth0", "eth0", "eth0", "?", ".")},
	}
	m.Ways = []members.Way{
		{Interface: members.Interface{Index: 3, Name: "eth1"}, Chosen: true, Tried: true},
		{Interface: members.Interface{Index: 2, Name: "eth0"}, Tried: true, Heard: []members.Who{bob, carol, dave, erin}},
	}
	m.Hears = map[string]int{"eth0": 4}
	return s
}

// healed is the same room once A sends by eth0.
func healed() session.Snapshot {
	s := roomOfFive()
	s.Sends, s.Findings = onEth0, nil
	s.Checked, s.Unknown = 31, 9
	m := &s.Members
	m.Self.Sends = "eth0"
	for i := range m.Members {
		m.Members[i].Presence, m.Members[i].LostOut, m.Members[i].Theirs = members.Live, 0, "eth0"
	}
	m.Members[2].Presence = members.NotKnown
	m.Members[2].LostOut, m.Members[2].RoundTrip = -1, 0
	m.Members[3].Presence = members.Quiet
	m.Matrix[0].Cells = hears(".", "eth0", "eth0", "?", "eth0 5")
	m.Ways = []members.Way{{Interface: members.Interface{Index: 2, Name: "eth0"}, Chosen: true, Tried: true, Heard: []members.Who{bob, carol, erin}}}
	m.Hears = map[string]int{"eth0": 3}
	return s
}

// membersOff is a room where there can be none.
func membersOff() session.Snapshot {
	s := healed()
	s.Members = session.Members{Off: "port 1235 is held by another program, omping"}
	return s
}

// memberLines are what was said there.
func memberLines() []chat.Line {
	fromBob := said(bob)
	fromBob.New = true
	own := func(id uint64, clockTime, words string, r chat.Reach) chat.Line {
		return chat.Line{ID: id, At: at(clockTime), Kind: chat.Own, Text: text(words), Interface: "eth0", IfIndex: 2, Source: onEth0.Source, Copy: chat.CopyBack, After: 94 * time.Microsecond, Member: said(ada), Reach: r}
	}
	hears := func(id uint64, clockTime, words string, w members.Who, n byte) chat.Line {
		return chat.Line{ID: id, At: at(clockTime), Kind: chat.Heard, Text: text(words), From: lan(n, 40000+uint16(n)), To: group.Addr, Interface: "eth0", IfIndex: 2, Hops: 1, Member: said(w)}
	}
	earlier := hears(2, "19:31:05", "the printer is back", carol, 11)
	earlier.Earlier, earlier.From, earlier.Interface = true, netip.AddrPort{}, ""
	first := hears(3, "19:52:04", "hello ada", bob, 10)
	first.Member.New = true
	repaired := hears(9, "19:52:20", "the bridge drops IGMP", carol, 11)
	repaired.Missed, repaired.Before = true, 7
	return []chat.Line{
		{ID: 1, At: at("19:52:03"), Kind: chat.Notice, Text: text("joined 224.0.0.114:1234 on eth0 and eth1")},
		earlier,
		first,
		{ID: 4, At: at("19:52:10"), Kind: chat.Heard, Text: text("hello, is anyone there?"), From: hostB, To: group.Addr, Interface: "eth0", IfIndex: 2, Hops: 1},
		own(5, "19:52:17", "who hears me?", chat.Reach{Known: true, By: 4, Of: 4}),
		hears(6, "19:52:19", "I do", bob2, 14),
		hears(7, "19:52:24", "now snooping is off, and everything that is sent to the group comes to each port", carol, 11),
		own(8, "19:52:31", "and this?", chat.Reach{Known: true, By: 2, Of: 4, Missing: "dave and erin"}),
		repaired,
		own(10, "19:52:36", "sent a moment ago", chat.Reach{Known: true, Of: 4, Missing: "bob, carol and 2 more"}),
	}
}

// roomOf30 is a class, in which one hears nobody, and the wire loses some.
func roomOf30() session.Snapshot {
	s := before()
	s.Sends, s.Findings = onEth0, nil
	names := []string{"ada", "Ahmet", "bob", "carol", "Chloé", "dave", "Dmitri", "erin", "Fatima", "frank", "grace", "Hanako", "heidi", "Ines", "ivan", "judy", "Jürgen", "Katarzyna", "Li Wei", "mallory", "Mary Ann", "niaj", "olivia", "peggy", "rupert", "sybil", "trent", "victor", "walter", "\u8303\u5927\u660e"}
	m := &s.Members
	m.On, m.Port = true, 1235
	seed := uint32(7)
	next := func(n uint32) uint32 { seed = seed*1664525 + 1013904223; return (seed >> 8) % n }
	for i, name := range names {
		who := members.Who{Ref: frame.Ref{byte(i + 1)}, Nick: name, Fingerprint: fmt.Sprintf("%04x %04x %04x %04x", 7919*(i+3)&0xffff, 104729*(i+5)&0xffff, 1299709*(i+7)&0xffff, 31*(i+1)), Self: i == 0}
		if i > 0 {
			m.Members = append(m.Members, memberOf(who, byte(50+i)))
		} else {
			m.Self = members.Member{Who: who}
		}
		m.Matrix = append(m.Matrix, members.Row{Who: who})
	}
	for i := range m.Matrix {
		for j := range m.Matrix {
			c := members.Cell{Hears: members.HearsIt, Interface: "eth0", Ago: time.Duration(next(5)) * time.Second}
			switch {
			case i == j:
				c = members.Cell{Hears: members.HearsSelf}
			case j == 9:
				c = members.Cell{Hears: members.HearsNot, Ago: 3 * time.Second}
			case j == 17 && i%3 == 1:
				c = members.Cell{}
			case next(4) == 0:
				c.Lost = int(next(6)+1) * 16
			}
			m.Matrix[i].Cells = append(m.Matrix[i].Cells, c)
		}
	}
	s.Room.Senders, s.Room.SendersTotal = nil, 0
	return s
}
