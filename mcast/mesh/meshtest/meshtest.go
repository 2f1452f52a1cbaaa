// Package meshtest makes reports of measurements for tests of what shows them.
package meshtest

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/mesh"
)

// Began is when the measurements of this package began, and Hour is how long each took.
var Began = time.Date(2026, 11, 30, 3, 0, 0, 0, time.UTC)

// Hour is how long each took.
const Hour = time.Hour

const perHour = 36_000 // datagrams at 10 a second

// Well is a measurement of so many members that hear each other, and lose nothing.
func Well(members int) mesh.Report {
	r := mesh.Report{Group: netip.MustParseAddrPort("239.1.2.3:5000"), Began: Began, Ended: Began.Add(Hour), Expect: members}
	for i := range members {
		name := fmt.Sprintf("host%02d", i+1)
		if members <= len(names) {
			name = names[i]
		}
		r.Members = append(r.Members, mesh.Member{
			Name: name, Fingerprint: fmt.Sprintf("%04x 91ab 02de 44c0", 0x7f3c+i), Addr: netip.AddrFrom4([4]byte{10, 0, byte(i / 250), byte(1 + i%250)}),
			Self: i == 0, First: Began.Add(time.Second), Last: r.Ended, Done: true, Rate: 10, Interfaces: []string{"eth0"},
		})
	}
	for by := range members {
		for from := range members {
			if by != from {
				r.Pairs = append(r.Pairs, wellPair(by, from))
			}
		}
	}
	return r
}

var names = []string{"db1", "db2", "web1", "web2", "cache1", "cache2", "queue", "backup"}

func wellPair(by, from int) mesh.Pair {
	p := mesh.Pair{
		By: by, From: from, Known: mesh.Measured, Sent: perHour, Received: perHour, Spread: time.Duration(180+10*by) * time.Microsecond,
		Silence: 104 * time.Millisecond, Interface: "eth0", Hops: 1, Since: Began.Add(time.Second), Told: Began.Add(Hour),
	}
	if by == 0 {
		p.Unicast = mesh.Unicast{Sent: 3600, Answered: 3600, RoundTrip: time.Duration(240+from) * time.Microsecond}
	}
	for m := range 60 {
		p.Line = append(p.Line, mesh.Interval{At: Began.Add(time.Duration(m) * time.Minute), Sent: 600, Received: 600})
	}
	return p
}

// Pair is that of two members in a report of this package.
func Pair(r mesh.Report, by, from int) *mesh.Pair {
	i := by*(len(r.Members)-1) + from
	if from > by {
		i--
	}
	return &r.Pairs[i]
}

// Silence makes a pair silent since a minute of the hour: what was sent after it is lost.
func Silence(r mesh.Report, by, from, minute int) {
	p := Pair(r, by, from)
	p.Received = uint64(600 * minute)
	p.SilentFor, p.SilentAt = Hour-time.Duration(minute)*time.Minute, Began.Add(time.Duration(minute)*time.Minute)
	p.Silence, p.SilenceAt = p.SilentFor, Began.Add(time.Duration(minute)*time.Minute)
	for i := range p.Line {
		if i >= minute {
			p.Line[i].Received = 0
		}
	}
}

// Lossy makes a pair lose so many of each minute's 600, all over the hour.
func Lossy(r mesh.Report, by, from, lost int) {
	p := Pair(r, by, from)
	p.Received = perHour - uint64(60*lost)
	p.Duplicates, p.Reordered = 3, 12
	p.Silence, p.SilenceAt = 3200*time.Millisecond, Began.Add(12*time.Minute+4*time.Second)
	for i := range p.Line {
		p.Line[i].Received -= uint32(lost)
	}
}

// Never makes a pair one that was never heard.
func Never(r mesh.Report, by, from int) {
	*Pair(r, by, from) = mesh.Pair{By: by, From: from, Known: mesh.HeardNever, Sent: perHour, Spread: -1, Hops: -1, Told: Began.Add(Hour), Unicast: Pair(r, by, from).Unicast}
}

// Unknown makes a pair one that nothing is known of.
func Unknown(r mesh.Report, by, from int, how mesh.Knowledge) {
	*Pair(r, by, from) = mesh.Pair{By: by, From: from, Known: how, Spread: -1, Hops: -1}
}

// Faulty is the measurement of the article: of eight, db2 does not hear web1 since 03:12, web2
// loses a few of db1, cache1 was never heard by queue, and backup has told nothing.
func Faulty() mesh.Report {
	r := Well(8)
	r.Expect, r.Missing, r.Strays = 9, []string{"queue2"}, 12
	Silence(r, 1, 2, 12)
	Pair(r, 1, 2).Interface = "eth1"
	r.Members[1].Interfaces = []string{"eth0", "eth1"}
	Lossy(r, 3, 0, 7)
	Never(r, 6, 4)
	p := Pair(r, 0, 5)
	p.Unicast = mesh.Unicast{Sent: 3600, Answered: 3480, RoundTrip: 900 * time.Microsecond}
	Pair(r, 0, 6).Unicast = mesh.Unicast{Sent: 5, Refused: true}
	for from := range 7 {
		Unknown(r, 7, from, mesh.NotKnown)
	}
	r.Members[7].Done = false
	r.Members[3].Clock = 12 * time.Second
	return r
}

// Killed is one of so many, the third of which was killed in a minute of the hour.
func Killed(members, minute int) mesh.Report {
	r := Well(members)
	at := Began.Add(time.Duration(minute) * time.Minute)
	r.Members[2].Gone, r.Members[2].Done, r.Members[2].Last = true, false, at
	for i := range r.Pairs {
		switch p := &r.Pairs[i]; {
		case p.From == 2:
			Silence(r, p.By, 2, minute)
			p.Sent = p.Received // what it would have sent is not known
			p.Line = p.Line[:minute]
		case p.By == 2:
			p.Sent, p.Received, p.Told, p.Line = uint64(600*minute), uint64(600*minute), at, p.Line[:minute]
		}
	}
	return r
}

// IPv6 is a measurement of three over IPv6.
func IPv6() mesh.Report {
	r := Well(3)
	r.Group = netip.MustParseAddrPort("[ff12::4:1%eth0]:5000")
	for i := range r.Members {
		r.Members[i].Addr = netip.MustParseAddr(fmt.Sprintf("fe80::1234:56ff:fe78:%x%%eth0", 0x9abc+i))
	}
	Unknown(r, 2, 1, mesh.NotAsked)
	return r
}

// HostileNames are names that somebody else may have chosen, as they come.
var HostileNames = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, "a\x1b[31mred\x1b]0;title\x07", "a\u202eb\u2066c",
	strings.Repeat("\u5168", 64), `'+alert(1)+'`, "{{.Members}}", "</style><script>", "</title></svg>", "javascript:alert(1)", "x\ny\x00z", "",
	"\u0645\u0631\u062d\u0628\u0627", "a&amp;b", "-->", "same", "same",
}

// Hostile has the hostile names, in every place that has a text, and numbers that no honest
// program sends.
func Hostile() mesh.Report {
	r := Well(len(HostileNames))
	for i, name := range HostileNames {
		r.Members[i].Name, r.Members[i].Interfaces = name, []string{name, "eth0"}
	}
	r.Members[0].Fingerprint = HostileNames[0]
	r.Missing = HostileNames
	for i := range r.Pairs {
		r.Pairs[i].Interface = HostileNames[i%len(HostileNames)]
	}
	Silence(r, 1, 0, 30)
	Lossy(r, 0, 4, 599)
	Never(r, 3, 2)
	p := Pair(r, 2, 0)
	p.Sent, p.Received, p.Duplicates, p.Reordered = 1<<64-1, 3, 1<<64-1, 1<<64-1
	p.Spread, p.Silence, p.SilentFor, p.Hops = 1<<63-1, 1<<63-1, 1<<63-1, -5
	p.SilenceAt = time.Unix(1<<40, 0)
	p.Line = append(p.Line, mesh.Interval{At: time.Unix(1<<40, 0), Sent: 1<<32 - 1}, mesh.Interval{Received: 1<<32 - 1})
	p = Pair(r, 5, 0)
	p.Sent, p.Received, p.Spread, p.Silence = 3, 1<<64-1, -7, -7
	r.Pairs = append(r.Pairs, mesh.Pair{By: -1, From: 99, Known: mesh.Measured}, mesh.Pair{By: 0, From: 0}, mesh.Pair{By: 0, From: 1, Known: "???"})
	return r
}
