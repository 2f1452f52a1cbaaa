package igmp_test

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/igmp"
	"github.com/groupcast/groupcast/mcast/igmp/igmptest"
)

// A querier asks, and is silent for a lower address. Times are in seconds since
// the start; each row lasts a quarter of an hour.
func TestQuerying(t *testing.T) {
	type heard struct {
		at   float64
		from string
		igmp.Message
	}
	v3 := igmp.Message{Version: 3, Robustness: 2, Interval: 125 * time.Second, MaxResponse: 10 * time.Second}
	v2 := igmp.Message{Version: 2, MaxResponse: 10 * time.Second}
	slow := igmp.Message{Version: 3, Robustness: 2, Interval: 200 * time.Second, MaxResponse: 20 * time.Second}
	unsaid := igmp.Message{Version: 3, Interval: 200 * time.Second, MaxResponse: 10 * time.Second}
	group := igmp.Message{Version: 3, Robustness: 2, Interval: 125 * time.Second, MaxResponse: time.Second, Group: netip.MustParseAddr("239.1.2.3")}
	far := igmp.Message{Version: 3, Hops: 64}
	report := igmp.Message{Version: 2, Kind: igmp.Report, Group: netip.MustParseAddr("239.1.2.3")}
	alone := []float64{0, 31.25, 156.25, 281.25, 406.25, 531.25, 656.25, 781.25}
	for _, c := range []struct {
		what  string
		from  string
		heard []heard
		want  []float64
	}{
		{"alone", "10.9.0.5", nil, alone},
		{"a higher address", "10.9.0.5", []heard{{10, "10.9.0.6", v3}, {135, "10.9.0.6", v3}}, alone},
		{"the order of addresses, not of their texts", "10.9.0.5", []heard{{10, "10.9.0.10", v3}}, alone},
		{"its own address", "10.9.0.5", []heard{{10, "10.9.0.5", v3}}, alone},
		{"a switch that asks from 0.0.0.0", "10.9.0.5", []heard{{10, "0.0.0.0", v3}}, alone},
		{"a report of a lower address", "10.9.0.5", []heard{{10, "10.9.0.1", report}}, alone},
		{"a query from afar", "10.9.0.5", []heard{{10, "10.9.0.1", far}}, alone},
		{"the other protocol", "10.9.0.5", []heard{{10, "fe80::1", v3}}, alone},
		{"a lower address, once", "10.9.0.5", []heard{{10, "10.9.0.1", v3}}, []float64{0, 265, 390, 515, 640, 765, 890}},
		{"a lower address before the first", "10.9.0.5", []heard{{0, "10.9.0.1", v3}}, []float64{255, 380, 505, 630, 755, 880}},
		{"a lower address, for a while", "10.9.0.5", []heard{{10, "10.9.0.1", v3}, {135, "10.9.0.1", v3}, {260, "10.9.0.1", v3}}, []float64{0, 515, 640, 765, 890}},
		{"later", "10.9.0.5", []heard{{200, "10.9.0.1", v3}}, []float64{0, 31.25, 156.25, 455, 580, 705, 830}},
		{"IGMPv2", "10.9.0.5", []heard{{10, "10.9.0.1", v2}}, []float64{0, 265, 390, 515, 640, 765, 890}},
		{"a slower one", "10.9.0.5", []heard{{10, "10.9.0.1", slow}}, []float64{0, 420, 545, 670, 795}},
		{"a slower one that says no robustness", "10.9.0.5", []heard{{10, "10.9.0.1", unsaid}}, []float64{0, 415, 540, 665, 790}},
		{"one that got faster", "10.9.0.5", []heard{{10, "10.9.0.1", slow}, {100, "10.9.0.1", v3}}, []float64{0, 355, 480, 605, 730, 855}},
		{"a query about one group", "10.9.0.5", []heard{{10, "10.9.0.1", group}}, []float64{0, 265, 390, 515, 640, 765, 890}},
		{"MLD", "fe80::5%eth0", nil, alone},
		{"MLD, a lower address", "fe80::5", []heard{{10, "fe80::1", v3}}, []float64{0, 265, 390, 515, 640, 765, 890}},
		{"MLD, a switch that asks from ::", "fe80::5", []heard{{10, "::", v3}}, alone},
	} {
		q, err := igmp.NewQuerying(igmp.QueryConfig{From: netip.MustParseAddr(c.from)})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Unix(1_700_000_000, 0)
		var got []float64
		now, until := start, start.Add(15*time.Minute)
		for now.Before(until) {
			for len(c.heard) > 0 && !start.Add(seconds(c.heard[0].at)).After(now) {
				h := c.heard[0]
				c.heard = c.heard[1:]
				h.From = netip.MustParseAddr(h.from)
				if h.Kind == 0 {
					h.Kind = igmp.Query
				}
				if h.Hops == 0 {
					h.Hops = 1
				}
				q.Heard(h.Message, now)
			}
			send, at := q.Next(now)
			if send {
				got = append(got, now.Sub(start).Seconds())
				if q.Other().IsValid() {
					t.Errorf("%s: it asks beside %s", c.what, q.Other())
				}
			}
			if !at.After(now) {
				t.Fatalf("%s: at %s, to be called again at %s", c.what, now, at)
			}
			now = at
			if len(c.heard) > 0 && start.Add(seconds(c.heard[0].at)).Before(now) {
				now = start.Add(seconds(c.heard[0].at))
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: it asks at %v; want %v", c.what, got, c.want)
		}
	}
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// A program that was stopped for an hour asks once, not thirty times; and who
// asks instead is known for as long as that is so.
func TestQueryingLate(t *testing.T) {
	q, err := igmp.NewQuerying(igmp.QueryConfig{From: netip.MustParseAddr("10.9.0.5"), Interval: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1_700_000_000, 0)
	for _, wait := range []time.Duration{5 * time.Second, 20 * time.Second} {
		if send, at := q.Next(now); !send || at.Sub(now) != wait {
			t.Errorf("%v, again after %s; want %s", send, at.Sub(now), wait)
		}
		if send, _ := q.Next(now); send {
			t.Error("it asks twice")
		}
		now = now.Add(time.Hour)
	}
	lower := netip.MustParseAddr("10.9.0.1")
	q.Heard(igmp.Message{Family: igmp.IGMP, Kind: igmp.Query, Version: 2, From: lower, Hops: 1}, now)
	if send, at := q.Next(now); send || at.Sub(now) != 45*time.Second || q.Other() != lower {
		t.Errorf("%v, again after %s; %s asks", send, at.Sub(now), q.Other())
	}
	if send, _ := q.Next(now.Add(45 * time.Second)); !send || q.Other().IsValid() {
		t.Errorf("%v; %s asks", send, q.Other())
	}
}

func TestNewQuerying(t *testing.T) {
	a := netip.MustParseAddr
	own := a("10.9.0.5")
	for what, c := range map[string]igmp.QueryConfig{
		"no address":               {},
		"0.0.0.0":                  {From: a("0.0.0.0")},
		"::":                       {From: a("::")},
		"a group":                  {From: a("239.1.2.3")},
		"broadcast":                {From: a("255.255.255.255")},
		"a global address":         {From: a("2001:db8::1")},
		"IPv4 in IPv6":             {From: a("::ffff:10.9.0.5")},
		"robustness 8":             {From: own, Robustness: 8},
		"robustness -1":            {From: own, Robustness: -1},
		"half a second":            {From: own, Interval: time.Second / 2, Response: time.Second / 4},
		"nine hours":               {From: own, Interval: 9 * time.Hour},
		"a negative response":      {From: own, Response: -time.Second},
		"response of 125 s":        {From: own, Response: 125 * time.Second},
		"response over 5 s":        {From: own, Interval: 5 * time.Second},
		"a negative interval":      {From: own, Interval: -time.Second},
		"link-local, of IPv4 in 6": {From: a("::ffff:169.254.0.1")},
	} {
		if q, err := igmp.NewQuerying(c); err == nil {
			t.Errorf("%s: it asks: %v", what, q.Query())
		}
	}
}

// What a Querying asks is what its hearers decode.
func TestQueryingAsks(t *testing.T) {
	for from, want := range map[string]string{
		"10.9.0.5":     "IGMPv3 query: all groups, answer within 10 s, every 125 s, robustness 2",
		"fe80::5%eth0": "MLDv2 query: all groups, answer within 10 s, every 125 s, robustness 2",
	} {
		q, err := igmp.NewQuerying(igmp.QueryConfig{From: netip.MustParseAddr(from)})
		if err != nil {
			t.Fatal(err)
		}
		m, err := igmp.Decode(igmptest.Packet(t, q.Query()))
		if err != nil || m.String() != want || m.To != igmptest.Destination(q.Query()) {
			t.Errorf("%s: %q to %s, %v; want %q", from, m, m.To, err, want)
		}
	}
}
