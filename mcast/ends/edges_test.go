package ends

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/host"
)

// An answer is taken that says whom it is for, of whose key it is, and to a question that
// is among the latest.
func TestWhoseAnswerIsTaken(t *testing.T) {
	q := NewQuestion(alice.Stream, bob.Stream, bob.Public())
	var asks []*frame.Ask
	now := start
	for range 2 * maxOpen {
		ask, next := q.Due(now)
		asks, now = append(asks, ask), next
	}
	if len(q.open) != maxOpen || q.Asked() != 2*maxOpen {
		t.Errorf("%d of %d questions are open", len(q.open), q.Asked())
	}
	answerTo := func(ask *frame.Ask) *frame.Frame {
		sealed, err := Seal(ask.Key, alice.Stream, bob.Stream, slices.Concat([]byte{0, 0, 0, 1}, make([]byte, 8)))
		if err != nil {
			t.Fatal(err)
		}
		return sent(t, bob, 0, &frame.Facts{Part: 1, Parts: 2, Echo: ask.Nonce, To: alice.Stream.Ref(), Sealed: sealed})
	}
	last := asks[len(asks)-1]
	elsewhere, another := answerTo(last), answerTo(last)
	elsewhere.Body.(*frame.Facts).To = eve.Stream.Ref()
	key := eve.Public()
	another.Author = key[:]
	for what, f := range map[string]*frame.Frame{"for somebody else": elsewhere, "of another key": another, "to an old question": answerTo(asks[0])} {
		if q.Take(now, f, true) {
			t.Errorf("%s: it is taken", what)
		}
	}
	if !q.Take(now, answerTo(asks[maxOpen]), false) || q.Heard() != (Count{Group: 1}) {
		t.Errorf("one to a question that is still open is not taken: %+v", q.Heard())
	}
}

// Parts of facts that were read anew are not joined to those of before.
func TestPartsOfTwoSets(t *testing.T) {
	var j joined
	old, anew := split(1, make([]byte, partSize+1)), split(2, slices.Repeat([]byte{7}, partSize+1))
	for _, step := range []struct {
		n       uint64
		part    []byte
		missing uint64
	}{{1, old[0], 2}, {2, anew[1], 1}, {1, anew[0], 0}} {
		if err := j.put(step.n, 2, step.part); err != nil || j.missing() != step.missing {
			t.Fatalf("part %d: %v, and part %d is missing, want %d", step.n, err, j.missing(), step.missing)
		}
	}
	if got := j.whole(); len(got) != partSize+1 || got[0] != 7 || got[partSize] != 7 {
		t.Errorf("%d bytes, of both sets", len(got))
	}
	for _, bad := range []struct{ n, of uint64 }{{0, 2}, {3, 2}, {1, maxParts + 1}} {
		if j.put(bad.n, bad.of, anew[0]) == nil {
			t.Errorf("part %d of %d is one", bad.n, bad.of)
		}
	}
}

// Facts that are asked for part by part are those of one moment, and not for ever.
func TestFactsGetOld(t *testing.T) {
	a, who := &Answerer{Share: true}, askedBy(alice, true)
	ask := &frame.Ask{Nonce: [8]byte{1}, To: bob.Stream.Ref(), Key: seed(1)}
	if got := a.Take(start, who, ask, bob.Stream, true); got != Tell {
		t.Fatal(got)
	}
	if _, err := a.Facts(start, who, ask, bob.Stream, big()); err != nil {
		t.Fatal(err)
	}
	for after, want := range map[time.Duration]bool{time.Second: false, factsHold - 1: false, factsHold: true} {
		if got := a.Fresh(start.Add(after), who.Key, 2); got != want {
			t.Errorf("%v later the second part is read anew: %t", after, got)
		}
	}
	if !a.Fresh(start.Add(time.Second), who.Key, 1) {
		t.Error("the first part is not read anew")
	}
}

// What is found on another interface is no cause; and an address that each link has shows
// no network.
func TestCausesAndNetworks(t *testing.T) {
	on := func(name string) func(*End) {
		return func(e *End) {
			e.Findings = append(e.Findings, doctor.Finding{Name: "flag-off", Interface: name, Verdict: doctor.Failure, Title: "flag-off"})
		}
	}
	for name, want := range map[string]Verdict{"eth0": NotSent, "": NotSent, "eth1": NotArrived} {
		if d := Judge(party("a", "10.0.0.1/24", on(name)), party("b", "10.0.0.2/24"))[0]; d.Verdict != want {
			t.Errorf("found on %q: %+v, want %s", name, d, want)
		}
	}
	with := func(addrs ...string) (i host.Interface) {
		for _, a := range addrs {
			i.Addrs = append(i.Addrs, netip.MustParsePrefix(a))
		}
		return i
	}
	for _, tt := range []struct {
		a, b host.Interface
		is4  bool
		want bool
	}{
		{with("fe80::1/64", "2001:db8:1::1/64"), with("fe80::2/64", "2001:db8:2::2/64"), false, false},
		{with("fe80::1/64", "2001:db8:1::1/64"), with("fe80::2/64", "2001:db8:1::2/64"), false, true},
		{with("fe80::1/64"), with("fe80::2/64"), false, true}, // which cannot be told
		{with("169.254.1.1/16"), with("169.254.2.2/16"), true, true},
		{with("10.0.0.1/24", "2001:db8:1::1/64"), with("10.0.1.1/24", "2001:db8:1::2/64"), true, false},
	} {
		if got := share(tt.a, tt.b, tt.is4); got != tt.want {
			t.Errorf("%v and %v share a network of IPv4 (%t): %t", tt.a.Addrs, tt.b.Addrs, tt.is4, got)
		}
	}
}

// What would mend the other host is not offered here.
func TestNothingIsMendedHere(t *testing.T) {
	there := party("b", "10.0.0.2/24", func(e *End) {
		e.Intent.Send, e.Intent.Live = 3, true
		e.Facts.Send.Route.IfIndex = 3
		e.Facts.By = map[int]doctor.RouteResult{2: {Route: host.Route{IfIndex: 2}}, 3: {Route: host.Route{IfIndex: 3}}}
	}).End
	mendable := 0
	for _, f := range doctor.Diagnose(there.Facts, there.Intent) {
		if f.Verdict == doctor.Warning || f.Verdict == doctor.Failure {
			there.Findings = append(there.Findings, f)
			if f.Fix != nil || len(f.Commands) > 0 {
				mendable++
			}
		}
	}
	text, err := Encode(there)
	if err != nil {
		t.Fatal(err)
	}
	e, err := Decode(text)
	if err != nil || mendable == 0 || len(e.Findings) != len(there.Findings) {
		t.Fatalf("of %d findings, %d with something to do, came %+v, %v", len(there.Findings), mendable, e, err)
	}
	for _, f := range e.Findings {
		if f.Fix != nil || len(f.Commands) > 0 {
			t.Errorf("%s: %+v, %q", f.Name, f.Fix, f.Commands)
		}
	}
}
