package mesh

import (
	"testing"
	"time"
)

func TestVerdict(t *testing.T) {
	begun := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	since := begun.Add(12 * time.Minute)
	report := func(p Pair, change func(*Report)) Report {
		r := Report{
			Began: begun, Ended: begun.Add(time.Hour), MaxLoss: 1,
			Members: []Member{{Name: "db1", Self: true}, {Name: "web1"}, {Name: "db2"}},
			Pairs:   []Pair{{By: 0, From: 1, Known: AllWell}, p},
		}
		if change != nil {
			change(&r)
		}
		return r
	}
	p := Pair{By: 2, From: 1, Known: Measured, Sent: 600, Received: 600, Interface: "eth1"}
	with := func(change func(*Pair)) Pair {
		p := p
		change(&p)
		return p
	}
	for _, c := range []struct {
		name string
		r    Report
		exit int
		hole string
	}{
		{"well", report(p, nil), 0, ""},
		{"loss that may be", report(with(func(p *Pair) { p.Received = 594 }), nil), 0, ""},
		{"loss", report(with(func(p *Pair) { p.Received = 526 }), nil), 3, "db2 hears web1 on eth1, but lost 12.3 % of 600"},
		{"little loss", report(with(func(p *Pair) { p.Sent = 9000000; p.Received = 8999999 }), func(r *Report) { r.MaxLoss = 0 }), 3, "db2 hears web1 on eth1, but lost less than 0.1 % of 9000000"},
		{"silent", report(with(func(p *Pair) { p.SilentFor, p.SilentAt = 48*time.Minute, since }), nil), 3, "db2 does not hear web1 on eth1 since 03:12:00"},
		{"silent, for days", report(with(func(p *Pair) { p.SilentFor, p.SilentAt = 48*time.Hour, since }), func(r *Report) { r.Ended = begun.Add(48 * time.Hour) }), 3,
			"db2 does not hear web1 on eth1 since 2026-03-01 03:12:00"},
		{"never", report(Pair{By: 2, From: 1, Known: HeardNever}, nil), 3, "db2 never heard web1"},
		{"not known", report(Pair{By: 2, From: 1}, nil), 3, "it is not known whether db2 hears web1"},
		{"not known, of one that is gone", report(Pair{By: 2, From: 1}, func(r *Report) { r.Members[2].Gone, r.Members[2].Left = true, true }), 0, ""},
		{"not asked for", report(Pair{By: 2, From: 1, Known: NotAsked}, nil), 0, ""},
		{"killed", report(with(func(p *Pair) { p.SilentFor, p.SilentAt = 48*time.Minute, since }), func(r *Report) { r.Members[1].Gone = true }), 3,
			"nobody hears web1 since 03:12:00: it ended without saying so"},
		{"left out", report(p, func(r *Report) { r.Left.NotKnown = 7 }), 3, "of 7 more pairs it is not known"},
		{"nobody", Report{Members: []Member{{Name: "db1"}}}, 1, ""},
		{"fewer than expected", report(p, func(r *Report) { r.Expect = 4 }), 1, ""},
		{"as many as expected", report(p, func(r *Report) { r.Expect = 3 }), 0, ""},
		{"one did not come", report(p, func(r *Report) { r.Missing = []string{"db3"} }), 1, ""},
	} {
		holes := Holes(c.r)
		if got := Verdict(c.r); got != c.exit {
			t.Errorf("%s: exit %d, want %d", c.name, got, c.exit)
		}
		switch {
		case c.hole == "" && len(holes) > 0, c.hole != "" && (len(holes) != 1 || holes[0].Text != c.hole):
			t.Errorf("%s: %+v, want %q", c.name, holes, c.hole)
		}
	}
}
