package doctor

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/igmp"
)

// Which of its causes a switch's forgetting has, by what was seen of queries and
// reports.
func TestWhyForgotten(t *testing.T) {
	start := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	asked := func(at, answered time.Duration) Asked {
		a := Asked{At: start.Add(at), From: netip.MustParseAddr("192.168.8.1"), Version: 3, Within: 10 * time.Second}
		if answered > 0 {
			a.Answered = a.At.Add(answered)
		}
		return a
	}
	for _, tt := range []struct {
		name  string
		looks time.Duration
		lost  bool
		asked []Asked
		says  string // in the title, the evidence and the hints
		never string
	}{
		{"nobody asks", 5 * time.Minute, false, nil, "there is no querier|in 5m0s no query was seen on eth0|switch on a querier", "fast leave"},
		{"too short to know", 20 * time.Second, false, nil, "in 20 s no query was seen on eth0, where a querier sends one every 2m5s", "there is no querier"},
		{"answered: the port moved, or fast leave", 30 * time.Second, false, []Asked{asked(5*time.Second, 2*time.Second)},
			"its port moved, or acts on a leave at once|192.168.8.1 by IGMPv3 sent a query, and this host reported 2 s later|switch fast leave off", "switch on a querier"},
		{"not answered", 30 * time.Second, false, []Asked{asked(5*time.Second, 0)}, "the querier gets no report of this host|no report left in 25 s|see queries-blocked", "switch on a querier"},
		{"asked, and the answer is not due", 10 * time.Second, false, []Asked{asked(5*time.Second, 0)}, "192.168.8.1 by IGMPv3 sends queries there", "the querier gets no report of this host"},
		{"some packets were not seen", 5 * time.Minute, true, nil, "", "no query was seen|there is no querier"},
	} {
		f := lan(func(f *Facts) {
			f.Observed.Revived = []Revived{{IfIndex: 2, Silent: 4 * time.Second, Times: 2}}
			f.Observed.Wire = []Wire{{IfIndex: 2, Since: start, Joined: start.Add(time.Second), Until: start.Add(tt.looks), Reported: start.Add(2 * time.Second), Asked: tt.asked, Lost: tt.lost}}
		})
		got := noQuerier(f, inGroup("239.1.2.3"))
		if len(got) != 1 || got[0].Verdict != Failure {
			t.Errorf("%s: %+v, want one failure", tt.name, got)
			continue
		}
		text := got[0].Title + "\n" + got[0].Evidence + "\n" + strings.Join(got[0].Hints, "\n")
		for _, s := range strings.Split(tt.says, "|") {
			if !strings.Contains(text, s) {
				t.Errorf("%s: no %q in\n%s", tt.name, s, text)
			}
		}
		for _, s := range strings.Split(tt.never, "|") {
			if strings.Contains(text, s) {
				t.Errorf("%s: %q in\n%s", tt.name, s, text)
			}
		}
	}
}

// What the wire shows in time: each look may be between two packets.
func TestOnWire(t *testing.T) {
	start := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
	group := netip.MustParseAddr("239.1.2.3")
	from := netip.MustParseAddr("192.168.8.1")
	query := func(last int) igmp.Querier {
		return igmp.Querier{Addr: from, Version: 2, Last: at(last), MaxResponse: 10 * time.Second, Elected: true}
	}
	look := func(o *onWire, now int, atLeast bool, q []igmp.Querier, members ...igmp.Member) Wire {
		o.look(igmp.Snapshot{At: at(now), Links: []igmp.Link{
			{Interface: 2, Family: igmp.MLD, Since: start},
			{Interface: 2, Family: igmp.IGMP, Since: start, Queriers: q, Groups: []igmp.Group{{Addr: group, AtLeast: atLeast, Members: members}}},
		}}, false)
		return o.list()[0]
	}
	own := func(last int) igmp.Member { return igmp.Member{Self: true, Last: at(last), Version: 3} }
	other := func(last int) igmp.Member {
		return igmp.Member{Host: netip.MustParseAddr("192.168.8.9"), Last: at(last), Version: 2}
	}
	joined := func() *onWire {
		o := newOnWire(group)
		o.joined[2] = at(1)
		return o
	}

	o := joined()
	look(o, 2, false, nil, own(1))
	if w := look(o, 6, false, []igmp.Querier{query(5)}, own(1)); len(w.Asked) != 1 || len(w.unanswered()) != 0 {
		t.Errorf("asked one second ago: %+v, and %d unanswered, want none yet", w.Asked, len(w.unanswered()))
	}
	if w := look(o, 20, false, []igmp.Querier{query(5)}, own(1)); len(w.unanswered()) != 1 {
		t.Error("not answered in 15 s, and that is not seen")
	}
	w := look(o, 21, false, []igmp.Querier{query(5)}, own(20))
	if a, ok := w.answered(); !ok || !a.Answered.Equal(at(20)) || len(w.unanswered()) != 0 {
		t.Errorf("answered late: %+v", w.Asked)
	}

	o = joined()
	look(o, 6, true, []igmp.Querier{query(5)}, own(1), other(6))
	if w := look(o, 20, true, []igmp.Querier{query(5)}, own(1), other(6)); len(w.unanswered()) != 0 {
		t.Error("another member answered first by IGMPv2, which silences this one (RFC 2236, section 3)")
	}
	o = newOnWire(group)
	look(o, 6, false, []igmp.Querier{query(5)})
	if w := look(o, 20, false, []igmp.Querier{query(5)}); len(w.unanswered()) != 0 {
		t.Error("this host is no member, and need not answer")
	}
	o = joined()
	for n := 2; n < 40; n++ {
		look(o, n, false, []igmp.Querier{query(n)}, own(n))
	}
	if w := o.list()[0]; len(w.Asked) != maxAsked {
		t.Errorf("%d queries are kept, want %d", len(w.Asked), maxAsked)
	}
}
