package doctor

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

const ms = time.Millisecond

// began is when the stories below begin.
var began = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func after(d time.Duration) time.Time { return began.Add(d) }

// every is n moments, d apart, the first at from.
func every(from, d time.Duration, n int) (list []time.Duration) {
	for i := range n {
		list = append(list, from+time.Duration(i)*d)
	}
	return list
}

func TestSenderIntervals(t *testing.T) {
	tests := []struct {
		name  string
		heard []time.Duration
		want  string
	}{
		{"never heard", nil, "none"},
		{"heard twice", every(0, time.Second, 2), "none"},
		{"once a second", every(0, time.Second, 3), "4s"},
		{"five times a second", every(0, 200*ms, 5), "2s"},
		{"a burst is heard once", []time.Duration{0, ms, 2 * ms, 3 * ms}, "none"},
		{"a burst every second", []time.Duration{0, ms, time.Second, 1001 * ms, 2 * time.Second, 2001 * ms}, "4s"},
		{"once in a while", []time.Duration{0, time.Second, 8 * time.Second}, "none"},
		{"steady after a break that was long ago", append([]time.Duration{0}, every(time.Minute, time.Second, 9)...), "4s"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var r senderIntervals
			for _, at := range tt.heard {
				r.hear(after(at))
			}
			got := "none"
			if d, steady := r.timeout(); steady {
				got = d.String()
			}
			if got != tt.want {
				t.Errorf("missed after %s, want %s", got, tt.want)
			}
		})
	}
}

// A story of revivals: what is heard when, in steps of a tenth of a second. At
// each step the probe asks whether to leave and join.
func TestRevivals(t *testing.T) {
	b, c := netip.MustParseAddrPort("192.0.2.2:4000"), netip.MustParseAddrPort("192.0.2.3:4000")
	type heard struct {
		from netip.AddrPort
		at   []time.Duration
	}
	second := time.Second
	tests := []struct {
		name     string
		group    []heard
		control  []time.Duration
		attempts string // when it left and joined
		want     string // silent, control, times
	}{
		{"it never falls silent", []heard{{b, every(0, 200*ms, 100)}}, nil, "", ""},
		{"it ends", []heard{{b, every(0, 200*ms, 10)}}, every(0, 500*ms, 40), "3.8s", ""},
		{"it is heard again at once", []heard{{b, slices.Concat(every(0, 200*ms, 10), every(3900*ms, 200*ms, 80))}}, nil, "3.8s", "2s false 1"},
		{"and others were heard meanwhile", []heard{{b, slices.Concat(every(0, 200*ms, 10), every(3900*ms, 200*ms, 80))}},
			every(0, 500*ms, 40), "3.8s", "2s true 1"},
		{"the control ended with it", []heard{{b, slices.Concat(every(0, 200*ms, 10), every(3900*ms, 200*ms, 80))}},
			every(0, 500*ms, 4), "3.8s", "2s false 1"},
		{"it is heard again, but late", []heard{{b, slices.Concat(every(0, 200*ms, 10), every(6*second, 200*ms, 70))}}, nil, "3.8s", ""},
		{"someone else is heard then", []heard{{b, every(0, 200*ms, 10)}, {c, every(3900*ms, 200*ms, 80)}}, nil, "3.8s", ""},
		{"someone else goes on all the time", []heard{{b, every(0, 200*ms, 10)}, {c, every(0, second, 20)}}, nil, "", ""},
		{"again and again", []heard{{b, slices.Concat(every(0, 200*ms, 10), every(3900*ms, 200*ms, 10), every(9*second, 200*ms, 10))}},
			nil, "3.8s 8.8s 13.8s", "3.1s false 2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRevivals()
			var attempts []string
			for at := time.Duration(0); at < 20*second; at += 100 * ms {
				for _, h := range tt.group {
					if slices.Contains(h.at, at) {
						r.hear(Received{At: after(at), From: h.from, IfIndex: 2})
					}
				}
				if slices.Contains(tt.control, at) {
					r.hearControl(Received{At: after(at), IfIndex: 2})
				}
				if _, ok := r.due(after(at)); ok {
					attempts = append(attempts, at.String())
				}
			}
			if got := strings.Join(attempts, " "); got != tt.attempts {
				t.Errorf("left and joined after %q, want %q", got, tt.attempts)
			}
			got := ""
			for _, f := range r.list() {
				got += fmt.Sprintf("%v %v %d", f.Silent, f.Control, f.Times)
			}
			if got != tt.want {
				t.Errorf("revived %q, want %q", got, tt.want)
			}
		})
	}
}

// A flood of forged senders fills no memory.
func TestFlood(t *testing.T) {
	r, c := newRevivals(), newConflicts()
	for n := range 100_000 {
		d := Received{At: after(0), From: forged(n), IfIndex: 2}
		r.hear(d)
		c.hear(d)
	}
	if r.intervals.Len() != maxEvidence || c.heard.Len() != maxEvidence {
		t.Errorf("%d intervals and %d candidates are remembered, want %d each", r.intervals.Len(), c.heard.Len(), maxEvidence)
	}
}

// The header of a datagram says whether its source is of this host, and
// whether it is on a network of the interface.
func TestHeaders(t *testing.T) {
	p := &prober{networks: host.NetworksOf([]host.Interface{eth0, eth1}), evidence: NewEvidence()}
	tests := []struct {
		from    string
		ifIndex int
		want    string
	}{
		{"192.168.8.226", 2, ""},
		{"192.168.8.164", 2, "local"},
		{"169.254.167.41", 2, "local"},
		{"10.9.9.9", 2, "outside"},
		{"169.254.1.1", 2, ""}, // never behind a router
		{"192.168.8.226", 3, "outside"},
		{"192.168.8.226", 9, ""}, // an interface that is not known
		{"0.0.0.0", 2, ""},
		{"2001:db8::1", 2, ""}, // it has no such address itself
	}
	for _, tt := range tests {
		from := netip.AddrPortFrom(netip.MustParseAddr(tt.from), 4000)
		d := p.headers([]mcast.Datagram{{From: from, IfIndex: tt.ifIndex}})[0]
		got := ""
		if d.Local {
			got = "local"
		}
		if d.Outside {
			got += "outside"
		}
		if got != tt.want {
			t.Errorf("%s by interface %d is %q, want %q", tt.from, tt.ifIndex, got, tt.want)
		}
	}
}

// Two senders have one address. Each story is told by what is heard before and
// after they are asked, and by who is refused.
func TestConflicts(t *testing.T) {
	const one, two, other = "192.0.2.2:1", "192.0.2.2:2", "192.0.2.3:3"
	tests := []struct {
		name                 string
		before, refused, end []string
		asked, want          string
	}{
		{"two hosts", []string{one, two}, []string{two}, []string{one, two}, one + " " + two, two},
		{"two programs", []string{one, two}, nil, []string{one, two}, one + " " + two, ""},
		{"one of them has ended", []string{one, two}, []string{two}, []string{one}, one + " " + two, ""},
		{"the one that is there has ended", []string{one, two}, []string{two}, []string{two}, one + " " + two, ""},
		{"a firewall refuses", []string{one, two}, []string{one, two}, []string{one, two}, one + " " + two, ""},
		{"two addresses", []string{one, other}, nil, []string{one, other}, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newConflicts()
			hear := func(list []string, from time.Duration) {
				for _, s := range list {
					for _, at := range every(from, 100*ms, 2) {
						c.hear(Received{At: after(at), From: netip.MustParseAddrPort(s), IfIndex: 2})
					}
				}
			}
			hear(tt.before, 0)
			var asked []string
			for {
				to, _, ok := c.next(after(time.Second))
				if !ok {
					break
				}
				asked = append(asked, to.String())
			}
			if got := strings.Join(asked, " "); got != tt.asked {
				t.Errorf("asked %q, want %q", got, tt.asked)
			}
			for _, s := range tt.refused {
				c.refuse(netip.MustParseAddrPort(s), after(1100*ms))
			}
			hear(tt.refused, 900*ms) // what was under way then shows nothing
			hear(tt.end, 2*time.Second)
			var got []string
			for _, ap := range c.list() {
				got = append(got, ap.String())
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("another host has %q, want %q", got, tt.want)
			}
		})
	}
}

func TestAnnounce(t *testing.T) {
	group, _ := mcast.ParseGroup("239.1.2.3:5000")
	f := facts(by(eth1), eth0, eth1)
	on := Intent{Group: group, Joined: []int{2, 3}, Loopback: true, Hops: 1}
	tests := []struct {
		name  string
		probe Probe
		want  []string
	}{
		{"passive", Probe{Intent: on, Facts: f, For: time.Minute}, nil},
		{"nowhere to send", Probe{Intent: Intent{Group: group}, Active: true}, nil},
		{"active", Probe{Intent: on, Facts: f, Active: true}, []string{
			"sends 6 datagrams to 239.1.2.3:5000, at most 10 a second: 3 by each of eth1, eth0",
			`they say "groupcast doctor probe 1/3 by eth1" and a random number`,
			"joins 239.1.2.3 on eth0, eth1; meanwhile what is sent to port 5000 of this host alone may reach the probe, and not the program that has the port",
		}},
		{"active and watching", Probe{Intent: on, Facts: f, Active: true, For: time.Minute}, []string{
			"sends 6 datagrams", "they say", "joins 239.1.2.3", "joins 224.0.0.114:1234 as well",
			"leaves the group and joins it again when a steady sender falls silent, at most every 5s",
			"sends one empty datagram to each of several senders that have one address",
		}},
		{"in a group that is not pruned", Probe{Intent: Intent{Group: mcast.DefaultGroup, Send: 2}, Facts: f, Active: true, For: time.Minute}, []string{
			"sends 3 datagrams to 224.0.0.114:1234", "they say", "sends one empty datagram",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := tt.probe.Announce()
			var got []string
			if text != "" {
				got = strings.Split(text, "\n")
			}
			if len(got) != len(tt.want) {
				t.Fatalf("announces\n%s\nwant %d lines", text, len(tt.want))
			}
			for n, want := range tt.want {
				if !strings.HasPrefix(got[n], want) {
					t.Errorf("line %d is %q, want %q", n+1, got[n], want)
				}
			}
		})
	}
}

// Of a probe that is ended early a copy that is still on its way is not missing.
func TestCopiesOfAProbeThatIsEndedEarly(t *testing.T) {
	p := newProber(Probe{})
	for id, at := range []time.Duration{0, 100 * ms, 200 * ms, 900 * ms} {
		p.evidence.Send(Outgoing{ID: uint64(id), At: after(at), IfIndex: 2})
	}
	p.evidence.Outcome(1, Outcome{Copied: true})
	for _, tt := range []struct {
		cut  bool
		now  time.Duration
		want Sent
	}{
		{false, time.Second, Sent{Tried: 4, Copies: 1}},
		{true, 500 * ms, Sent{Tried: 1, Copies: 1}},
		{true, time.Second, Sent{Tried: 2, Copies: 1}},
		{true, 2 * time.Second, Sent{Tried: 4, Copies: 1}},
	} {
		p.cut = tt.cut
		if got := p.sent(after(tt.now))[2]; got != tt.want {
			t.Errorf("after %s, ended early %v: %+v, want %+v", tt.now, tt.cut, got, tt.want)
		}
	}
}
