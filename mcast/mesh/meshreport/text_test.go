package meshreport

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"
	"pgregory.net/rapid"

	"github.com/groupcast/groupcast/mcast/mesh"
	"github.com/groupcast/groupcast/mcast/mesh/meshtest"
)

// crowd is a measurement of 130 with three holes and a bar.
func crowd() mesh.Report {
	r := meshtest.Well(130)
	r.MaxLoss = 0.5
	meshtest.Lossy(r, 3, 100, 5)
	meshtest.Lossy(r, 9, 2, 1)
	meshtest.Silence(r, 77, 12, 40)
	meshtest.Never(r, 128, 129)
	return r
}

// early is one that has just begun.
func early() mesh.Report {
	r := meshtest.Well(3)
	r.Ended, r.Sealed = time.Time{}, true
	for i := range r.Members {
		r.Members[i].Done, r.Members[i].Last = false, meshtest.Began.Add(3*time.Second)
	}
	for i := range r.Pairs {
		meshtest.Unknown(r, r.Pairs[i].By, r.Pairs[i].From, mesh.NotKnown)
	}
	return r
}

func alone() mesh.Report {
	r := meshtest.Well(1)
	r.Expect = 3
	return r
}

var all = map[string]func() mesh.Report{
	"faulty": meshtest.Faulty, "two": func() mesh.Report { return meshtest.Well(2) }, "killed": func() mesh.Report { return meshtest.Killed(30, 12) },
	"ipv6": meshtest.IPv6, "hostile": meshtest.Hostile, "crowd": crowd, "early": early, "alone": alone, "empty": func() mesh.Report { return mesh.Report{} },
}

func TestText(t *testing.T) {
	for name, make := range all {
		for _, o := range []Options{{Width: 80, ASCII: true}, {Width: 160}} {
			t.Run(name+map[bool]string{true: "-ascii", false: "-wide"}[o.ASCII], func(t *testing.T) {
				var b strings.Builder
				if err := Text(&b, make(), o); err != nil {
					t.Fatal(err)
				}
				safe(t, b.String(), o, name != "hostile")
				if name != "crowd" || o.ASCII {
					golden.RequireEqual(t, b.String())
				}
			})
		}
	}
}

// safe holds for every text: rows fit, and nothing drives a terminal.
func safe(t interface{ Errorf(string, ...any) }, text string, o Options, plainNames bool) {
	for row := range strings.SplitSeq(text, "\n") {
		long := strings.ContainsFunc(row, func(r rune) bool { return r == '全' }) && len(strings.Fields(row)) < 3 // one word has no place to break
		if cells(row) > o.Width && !long {
			t.Errorf("a row of %d cells, of %d: %q", cells(row), o.Width, row)
		}
		if strings.ContainsFunc(row, func(r rune) bool {
			return r < ' ' || r >= 0x7f && r < 0xa0 || o.ASCII && plainNames && r > '~' || r >= 0x202a && r <= 0x202e
		}) {
			t.Errorf("%q is not for a terminal", row)
		}
	}
}

// Whatever a report holds, it becomes text and a page, of a size that follows that of its
// members.
func TestAnyReport(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := mesh.Report{Began: meshtest.Began, MaxLoss: rapid.Float64().Draw(t, "bar")}
		if rapid.Bool().Draw(t, "ended") {
			r.Ended = meshtest.Began.Add(time.Duration(rapid.Int64().Draw(t, "took")))
		}
		moment := rapid.Custom(func(t *rapid.T) time.Time { return meshtest.Began.Add(time.Duration(rapid.Int64().Draw(t, "at"))) })
		for range rapid.IntRange(0, 14).Draw(t, "members") {
			r.Members = append(r.Members, mesh.Member{
				Name: rapid.SampledFrom(meshtest.HostileNames).Draw(t, "name"), Done: rapid.Bool().Draw(t, "done"), Gone: rapid.Bool().Draw(t, "gone"),
				First: moment.Draw(t, "first"), Last: moment.Draw(t, "last"), Rate: rapid.Float64().Draw(t, "rate"), Clock: time.Duration(rapid.Int64().Draw(t, "clock")),
			})
		}
		known := []mesh.Knowledge{mesh.NotKnown, mesh.Measured, mesh.AllWell, mesh.NotAsked, mesh.HeardNever, "x"}
		for range rapid.IntRange(0, 60).Draw(t, "pairs") {
			p := mesh.Pair{
				By: rapid.IntRange(-1, 14).Draw(t, "by"), From: rapid.IntRange(-1, 14).Draw(t, "from"), Known: rapid.SampledFrom(known).Draw(t, "known"),
				Sent: rapid.Uint64().Draw(t, "sent"), Received: rapid.Uint64().Draw(t, "received"), Duplicates: rapid.Uint64().Draw(t, "twice"),
				Spread: time.Duration(rapid.Int64().Draw(t, "spread")), Silence: time.Duration(rapid.Int64().Draw(t, "silence")),
				SilentFor: time.Duration(rapid.Int64().Draw(t, "silent")), SilenceAt: moment.Draw(t, "silence at"), Hops: rapid.Int().Draw(t, "hops"), Told: moment.Draw(t, "told"),
			}
			for range rapid.IntRange(0, 5).Draw(t, "intervals") {
				p.Line = append(p.Line, mesh.Interval{At: moment.Draw(t, "at"), Sent: rapid.Uint32().Draw(t, "sent"), Received: rapid.Uint32().Draw(t, "received")})
			}
			r.Pairs = append(r.Pairs, p)
		}
		v := Look(r)
		o := Options{Width: rapid.IntRange(0, 200).Draw(t, "width")}
		text := v.Text(o)
		o.Width = max(40, o.Width)
		if o.Width >= 160 {
			safe(t, text, o, false)
		}
		var b strings.Builder
		if err := v.HTML(&b); err != nil {
			t.Fatal(err)
		}
		if len(text) > 100_000 || b.Len() > 200_000 {
			t.Errorf("a text of %d bytes, a page of %d", len(text), b.Len())
		}
		v.Interval(Look(mesh.Report{}), 3)
	})
}

// An interval tells what was lost in it, not before, and the state as it is.
func TestInterval(t *testing.T) {
	half, later := meshtest.Well(3), meshtest.Well(3)
	meshtest.Lossy(half, 1, 2, 7)
	meshtest.Lossy(later, 1, 2, 7)
	p, q := meshtest.Pair(half, 1, 2), meshtest.Pair(later, 1, 2)
	p.Sent, p.Received = q.Sent-600, q.Received-600
	was := Look(half)
	if got, want := Look(later).Interval(was, 3), "3 members, 6 pairs: all 6 hear, nothing lost since"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	q.Received -= 5
	later.Members = slices.Clone(later.Members)
	later.Members[0], later.Members[2] = later.Members[2], later.Members[0] // another order
	for i := range later.Pairs {
		swap := []int{2, 1, 0}
		later.Pairs[i].By, later.Pairs[i].From = swap[later.Pairs[i].By], swap[later.Pairs[i].From]
	}
	if got, want := Look(later).Interval(was, 3), "3 members, 6 pairs: db2 from web1 lost 5 of 600 (0.8 %)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	later.MaxLoss = 1
	if got, want := Look(later).Interval(was, 3), "3 members, 6 pairs: all 6 hear; at the worst db2 from web1 lost 5 of 600 (0.8 %)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	q.Since = q.Since.Add(time.Minute) // a new stream: its numbers are all of it
	if got, want := Look(later).Interval(was, 3), "3 members, 6 pairs: db2 from web1 lost 425 of 36,000 (1.2 %)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := Look(meshtest.Killed(30, 12)).Interval(nil, 2), "30 members, 870 pairs: host01 from host03 silent since 03:12:00; host02 from host03 silent since 03:12:00; and 27 pairs more"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	v := Look(meshtest.Killed(30, 12))
	for got, want := range map[string]string{
		v.Came(1):                      "host02 measures, too, from 10.0.0.2, on eth0, 10/s",
		v.Went(1):                      "host02 has ended, and reported",
		v.Went(2):                      "host03 is gone, and did not say so, last heard at 03:12:00",
		Look(early()).Interval(nil, 3): "3 members, 6 pairs: nothing is known yet",
		Look(alone()).Interval(nil, 3): "no other member is heard",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// The loss over time is where it was, whatever the intervals are.
func TestOverTime(t *testing.T) {
	r := meshtest.Well(2)
	meshtest.Silence(r, 0, 1, 12)
	v := Look(r)
	if got, want := v.OverTime(v.Pairs[0]), "nothing lost until 03:12:00, and nothing came since"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if shares := v.Shares(v.Pairs[0], 7); shares[0] != 0 || shares[1] < 0.5 || shares[2] != 1 || shares[6] != 1 {
		t.Errorf("%v", shares)
	}
	p := *meshtest.Pair(r, 1, 0)
	p.Line = append(p.Line[:10:10], p.Line[30:]...)
	p.Line[5].Received -= 300
	shares := v.Shares(p, 120)
	if shares[9] != 0 || shares[10] != 0.5 || shares[11] != 0.5 || shares[12] != 0 || shares[19] != 0 || shares[20] != -1 || shares[59] != -1 || shares[60] != 0 {
		t.Errorf("%v", shares)
	}
	if got, want := v.OverTime(p), "up to 50.0 % lost from 03:05:00 to 03:06:00; nothing known of 33.3 % of the time"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// A pair that does not hear cannot count what it misses: that is lost all the same, unless the
// sender is gone, too.
func TestSilenceOverTime(t *testing.T) {
	r := meshtest.Well(3)
	meshtest.Silence(r, 0, 1, 12)
	p := meshtest.Pair(r, 0, 1)
	p.Sent, p.Received, p.Line = p.Received, p.Received-7, p.Line[:12]
	v := Look(r)
	if got, want := v.OverTime(*p), "nothing lost until 03:12:00, and nothing came since"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if loss, cell := v.Loss(v.Pair(0, 1)), v.Cell(0, 1); loss != "~80.0" || cell != "~80!" {
		t.Errorf("loss %q, cell %q", loss, cell)
	}
	if got, want := v.Words(v.Pair(0, 1)), "db1 does not hear db2 on eth0 since 03:12:00; before, 7 of 7,200 lost (<0.1 %)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if shares := v.Shares(*p, 10); shares[1] != 0 || shares[2] != 1 || shares[9] != 1 {
		t.Errorf("%v", shares)
	}
	r.Members[1].Gone, r.Members[1].Done = true, false
	v = Look(r)
	if shares := v.Shares(*p, 10); shares[1] != 0 || shares[2] != -1 {
		t.Errorf("of one that is gone: %v", shares)
	}
}
