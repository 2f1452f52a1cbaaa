package meshreport

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/mesh"
	"github.com/groupcast/groupcast/mcast/mesh/meshtest"
)

// What a pair comes to depends on how it is known, what was lost, and whether the sender had
// ended.
func TestJudge(t *testing.T) {
	for _, tc := range []struct {
		name string
		pair mesh.Pair
		done bool
		most float64
		want State
		text string
	}{
		{"nothing known", mesh.Pair{}, false, 0, Unknown, "it is not known whether db1 hears db2"},
		{"another word", mesh.Pair{Known: "?"}, false, 0, Unknown, "it is not known whether db1 hears db2"},
		{"not asked for", mesh.Pair{Known: mesh.NotAsked}, false, 0, NotAsked, "db1 did not ask for db2 as a source"},
		{"never heard", mesh.Pair{Known: mesh.HeardNever}, true, 100, Never, "db1 never heard db2"},
		{"all well by its sum", mesh.Pair{Known: mesh.AllWell}, true, 0, Well, "db1 hears db2: nothing lost"},
		{"one of many lost", mesh.Pair{Known: mesh.Measured, Sent: 1e6, Received: 1e6 - 1}, true, 0, Lossy, "db1 hears db2: 1 of 1,000,000 lost (<0.1 %)"},
		{"as much as it may", mesh.Pair{Known: mesh.Measured, Sent: 1000, Received: 995, Interface: "eth1"}, true, 0.5, Well, "db1 hears db2 on eth1: 5 of 1,000 lost (0.5 %)"},
		{"one more", mesh.Pair{Known: mesh.Measured, Sent: 1000, Received: 994}, true, 0.5, Lossy, "db1 hears db2: 6 of 1,000 lost (0.6 %)"},
		{"more came than were sent", mesh.Pair{Known: mesh.Measured, Sent: 5, Received: 6}, true, 0, Well, "db1 hears db2: nothing lost of 5"},
		{"silent", mesh.Pair{Known: mesh.Measured, Sent: 10, Received: 10, SilentFor: 30 * time.Second}, false, 100, Silent, "db1 does not hear db2 since 03:59:30"},
		{"silent, and since when", mesh.Pair{Known: mesh.Measured, Sent: 10, Received: 10, SilentFor: 30 * time.Second, SilentAt: meshtest.Began}, true, 0, Silent, "db1 does not hear db2 since 03:00:00"},
		{"silent until its sender ended", mesh.Pair{Known: mesh.Measured, Sent: 1000, Received: 700, SilentFor: 30 * time.Second}, true, 50, Silent, "db1 does not hear db2 since 03:59:30: 300 of 1,000 lost (30.0 %)"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := meshtest.Well(2)
			r.MaxLoss, r.Members[1].Done = tc.most, tc.done
			tc.pair.From = 1
			r.Pairs = []mesh.Pair{tc.pair}
			v := Look(r)
			if v.States[0] != tc.want || v.Words(0) != tc.text || v.Holes() > 0 != tc.want.Hole() {
				t.Errorf("%s: %s, want %s: %s", v.States[0], v.Words(0), tc.want, tc.text)
			}
		})
	}
}

// The order is by what a person has to look at first, and a report that holds nonsense is read
// as far as it makes sense.
func TestWorstFirst(t *testing.T) {
	v := Look(meshtest.Faulty())
	var texts []string
	for _, h := range v.List() {
		texts = append(texts, h.Text)
	}
	want := []string{
		"queue never heard cache1: none of 36,000 came",
		"db2 does not hear web1 on eth1 since 03:12:00: 28,800 of 36,000 lost (80.0 %)",
		"web2 hears db1 on eth0: 420 of 36,000 lost (1.2 %), longest silence 3.2s at 03:12:04",
	}
	if !slices.Equal(texts, want) {
		t.Errorf("holes: %q", texts)
	}
	if h := Holes(meshtest.Faulty())[1]; h.By != 1 || h.From != 2 {
		t.Errorf("%+v is not of db2 and web1", h)
	}
	h := meshtest.Hostile()
	if v := Look(h); len(v.Worst) != len(h.Members)*(len(h.Members)-1) {
		t.Errorf("%d pairs count, of %d members", len(v.Worst), len(h.Members))
	}
	seen := map[string]bool{}
	for _, name := range append(Look(h).Names, labels([]mesh.Member{{Name: "a"}, {Name: "a"}, {Name: "a #2"}, {Name: "a"}})...) {
		if seen[name] {
			t.Errorf("%q is the name of two", name)
		}
		seen[name] = true
	}
}

// What one cause explains is said once.
func TestSentences(t *testing.T) {
	killed := Look(meshtest.Killed(30, 12)).Sentences()
	if len(killed) != 1 || killed[0].Text != "nobody hears host03 any more since 03:12:00 (told by 29 members); it ended without saying so" || killed[0].Pairs != 29 {
		t.Errorf("of one that was killed: %+v", killed)
	}
	deaf := meshtest.Well(5)
	for from := range 5 {
		if from != 3 {
			meshtest.Never(deaf, 3, from)
		}
	}
	if s := Look(deaf).Sentences(); len(s) != 1 || s[0].Text != "web2 never heard anybody: none of 4" {
		t.Errorf("of one that is deaf: %+v", s)
	}
	back := meshtest.Well(3)
	meshtest.Never(back, 0, 1)
	meshtest.Silence(back, 0, 2, 30)
	meshtest.Pair(back, 0, 2).Unicast = mesh.Unicast{Sent: 9}
	meshtest.Lossy(back, 1, 0, 1)
	s := Look(back).Sentences()
	if len(s) != 2 || s[0].Text != "db1 hears nobody any more since 03:30:00: none of 2" {
		t.Errorf("of one that hears nobody: %+v", s)
	}
	meshtest.Pair(back, 0, 1).Known = mesh.AllWell
	if s := Look(back).Sentences(); len(s) != 3 || s[0].Back != "unicast between them does not work either: none of 9 probes answered" {
		t.Errorf("of a way that is shut: %+v", s)
	}
}

// A report looks well if its exit status says so, and only then.
func TestVerdictAgrees(t *testing.T) {
	left := meshtest.Well(2)
	left.Left.Well = 9
	unlisted := meshtest.Well(2)
	unlisted.Left.NotKnown = 9
	missing := meshtest.Well(2)
	missing.Missing = []string{"web1"}
	barred := crowd()
	barred.MaxLoss = 40
	for name, r := range map[string]mesh.Report{
		"faulty": meshtest.Faulty(), "two": meshtest.Well(2), "killed": meshtest.Killed(4, 12), "ipv6": meshtest.IPv6(), "crowd": crowd(), "barred": barred,
		"early": early(), "alone": alone(), "empty": {}, "left": left, "unlisted": unlisted, "missing": missing,
	} {
		v := Look(r)
		well := strings.HasPrefix(v.Verdict(), "ALL WELL")
		if exit := mesh.Verdict(r); well != (exit == mesh.ExitWell) || well != (v.page().State == "well") || v.Holes() > 0 && exit == mesh.ExitWell {
			t.Errorf("%s: exit %d, %q, %q", name, exit, v.Verdict(), v.page().State)
		}
	}
	if v := Look(left); v.Total() != 11 || v.Counts[Well] != 11 || !strings.HasPrefix(v.Verdict(), "ALL WELL: 11 pairs") || !slices.Contains(v.Notes(), "9 pairs are not listed: 9 well, 0 not known") {
		t.Errorf("%d pairs, %q, %q", v.Total(), v.Verdict(), v.Notes())
	}
	crowded := crowd()
	crowded.Pairs, crowded.Left.Well = crowded.Pairs[:200], 16570
	if v := Look(crowded); v.Cell(5, 6) != "*" || len(v.NotKnown()) > 0 {
		t.Errorf("a pair that is left out: %q, %q", v.Cell(5, 6), v.NotKnown())
	}
}
