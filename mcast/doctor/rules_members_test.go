package doctor

import (
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/groupcast/groupcast/mcast/host"
)

// person is another member, heard by eth0 from an address, without loss.
func person(name, from string, change ...func(*Member)) Member {
	m := Member{Name: name, From: netip.AddrPortFrom(addr(from), 40000), IfIndex: eth0.Index, Sends: "enp1", LostIn: 0, LostOut: -1}
	for _, c := range change {
		c(&m)
	}
	return m
}

func hearsUs(m *Member)   { m.HearsUs, m.LostOut = true, 0 }
func deafTo(m *Member)    { m.OneWay = true }
func silentNow(m *Member) { m.Quiet, m.HearsUs = true, false }
func alone(m *Member)     { m.OneWay, m.Unproven, m.Hears = true, true, nil }
func hearsThem(names ...string) func(*Member) {
	return func(m *Member) { m.Hears = append([]string{}, names...) }
}
func heardAt(ifIndex int) func(*Member) { return func(m *Member) { m.IfIndex = ifIndex } }
func losing(in, out int) func(*Member)  { return func(m *Member) { m.LostIn, m.LostOut = in, out } }

// told is a host with such members, which signs of life leave by eth0.
func told(list ...Member) Facts {
	return lan(func(f *Facts) {
		m := &Members{Count: len(list), Port: 1235, Interval: 2 * time.Second, Members: list}
		w := MembersWay{IfIndex: eth0.Index, Chosen: true, Tried: true}
		for _, other := range list {
			if other.HearsUs {
				w.Heard = append(w.Heard, other.Name)
			}
		}
		m.Ways = []MembersWay{w}
		f.Observed.Members = m
	})
}

// apart is the article's host: sends leave by eth1, for so long, and these hear it by
// eth1 and by eth0.
func apart(unheard time.Duration, byEth1, byEth0 []string, list ...Member) Facts {
	f := facts(by(eth1), eth0, eth1)
	f.Observed.Members = &Members{
		Count: len(list), Interval: 2 * time.Second, Members: list, Unheard: unheard,
		Ways: []MembersWay{{IfIndex: eth1.Index, Chosen: true, Tried: true, Heard: byEth1}, {IfIndex: eth0.Index, Tried: true, Heard: byEth0}},
	}
	return f
}

var (
	bob   = "192.168.8.226"
	carol = "192.168.8.9"
)

func changed(f Facts, change func(*Members)) Facts {
	m := *f.Observed.Members
	m.Ways = slices.Clone(m.Ways)
	change(&m)
	f.Observed.Members = &m
	return f
}

func TestOneWay(t *testing.T) {
	two := sendBy(intent(func(in *Intent) { in.Joined = []int{2, 3} }), eth1)
	third := "192.168.8.77"
	runRule(t, oneWay, []ruleCase{
		{"nobody asks members", lan(func(*Facts) {}), live, "unknown", []string{"only members say"}},
		{"nobody else is here", told(), live, "unknown", []string{"no other member"}},
		{"all hear us", told(person("bob", bob, hearsUs), person("carol", carol, hearsUs)), live, "ok", []string{"hear this host: 2"}},
		{"one that just came", told(person("bob", bob)), live, "unknown", []string{"not said yet", "bob"}},
		{"one that just came, beside one that hears us", told(person("bob", bob), person("carol", carol, hearsUs)), live, "unknown", []string{"bob"}},
		{"one that is quiet", told(person("bob", bob, deafTo, silentNow)), live, "unknown", nil},
		{"one that is quiet, beside one that hears us", told(person("bob", bob, deafTo, silentNow), person("carol", carol, hearsUs)), live, "ok", nil},
		{"one of whom half is lost here", told(person("bob", bob, deafTo, losing(500, -1))), live, "unknown", []string{"by chance"}},
		{"one that loses half of ours", told(person("bob", bob, deafTo, losing(0, 500))), live, "unknown", []string{"by chance"}},
		{"one that loses a little", told(person("bob", bob, deafTo, losing(30, -1))), live, "failure eth0", []string{"3 % is lost on the way here"}},
		{"a program of this host", told(person("ada #2", "192.168.8.164", deafTo)), live, "unknown", []string{"of this host itself"}},
		{"the same, to whom nothing is looped back", told(person("ada #2", "192.168.8.164", deafTo)), intent(func(in *Intent) { in.Live, in.Loopback = true, false }), "unknown", []string{"no other member"}},
		{"one alone: nobody can tell where", told(person("bob", bob, deafTo, hearsThem())), live, "failure eth0",
			[]string{"you hear bob, and bob does not hear you", "leave by eth0 (192.168.8.164)", "bob (192.168.8.226) sends by its enp1", "comes by eth0", "nobody else is there who could tell"}},
		{"one that hears nobody, or is a recording", told(person("bob", bob, alone)), live, "failure eth0", []string{"a recording"}},
		{"the other beside it hears us", told(person("bob", bob, deafTo), person("carol", carol, hearsUs)), live, "warning eth0",
			[]string{"carol, on the same network, does", "what you say reaches that network, so the cause is at the other end"}},
		{"the other is quiet by now", told(person("bob", bob, deafTo), person("carol", carol, hearsUs, silentNow)), live, "failure eth0", []string{"nobody else is there who could tell"}},
		{"the other is a program of this host", told(person("bob", bob, deafTo), person("ada #2", "192.168.8.164", hearsUs)), live, "failure eth0", []string{"nobody else is there who could tell"}},
		{"the other is on another network", told(person("bob", bob, deafTo), person("carol", "10.9.0.3", hearsUs)), live, "warning eth0", []string{"nobody else is there who could tell"}},
		{"it hears the other, who hears us", told(person("bob", bob, deafTo, hearsThem("carol")), person("carol", carol, hearsUs)), live, "warning eth0", []string{"between you and it alone"}},
		{"it hears neither us nor one that is deaf elsewhere", told(person("bob", bob, alone), person("carol", carol)), live, "failure eth0", []string{"none of the other members there either", "at the other end"}},
		{"two that hear each other", told(person("bob", bob, deafTo, hearsThem("carol")), person("carol", carol, deafTo, hearsThem("bob"))), live, "failure eth0",
			[]string{"you hear bob and carol, and none of them hears you", "the cause is at this end"}},
		{"two, and whom they hear is not known", told(person("bob", bob, deafTo), person("carol", carol, deafTo)), live, "failure eth0", []string{"is no proof"}},
		{"three of them", told(person("bob", bob, deafTo), person("carol", carol, deafTo), person("dave", third, deafTo)), live, "failure eth0", []string{"bob, carol and dave"}},
		{"behind a router, with TTL 1", told(person("bob", "203.0.113.7", deafTo)), live, "failure eth0 ?", []string{"a router is between, and TTL 1 crosses none"}},
		{"behind a router, with more", told(person("bob", "203.0.113.7", deafTo)), intent(func(in *Intent) { in.Live, in.Hops = true, 32 }), "failure eth0", []string{"nobody else is there"}},
		{"they are behind eth0, and our words leave by eth1, where others hear us", apart(0, []string{"carol"}, nil, person("bob", bob, deafTo), person("carol", "169.254.1.1", hearsUs, heardAt(3))), two, "warning eth0",
			[]string{"it is behind eth0, and your words leave by eth1, where others hear you"}},
		{"and nobody hears us there, and signs of life go by both", apart(0, nil, nil, person("bob", bob, deafTo)), two, "failure eth0", []string{"nobody else is there who could tell"}},
		{"and only eth1 was tried", changed(apart(0, nil, nil, person("bob", bob, deafTo)), func(m *Members) { m.Ways[1].Tried = false }), two, "failure eth0 use=eth0", []string{"behind eth0, and your words leave by eth1"}},
		{"one by each interface", apart(0, nil, nil, person("bob", bob, deafTo), person("carol", "169.254.1.1", deafTo, heardAt(3))), two, "failure eth0; failure eth1", nil},
		{"where sends leave is not known", Facts{Observed: told(person("bob", bob, deafTo)).Observed}, live, "failure #2", nil},
	})
}

// What is to be typed names what helps, at the right end; no name that others chose
// is in it.
func TestOneWayHints(t *testing.T) {
	for _, tt := range []struct {
		what  string
		f     Facts
		first string
		has   []string
	}{
		{"at the other end", told(person("bob", bob, deafTo), person("carol", carol, hearsUs)),
			"at 192.168.8.226, groupcast doctor --probe --watch 10s --from 192.168.8.164 224.0.0.114:1234 tells", []string{"ports 1234 and 1235", "reverse path filter", "IGMP snooping"}},
		{"between the two", told(person("bob", bob, deafTo, hearsThem("carol")), person("carol", carol, hearsUs)), "at 192.168.8.226, groupcast doctor", []string{"one address from another"}},
		{"here", told(person("bob", bob, deafTo, hearsThem("carol")), person("carol", carol, deafTo, hearsThem("bob"))), "see whether what is said leaves this host: groupcast doctor -i eth0 --probe", nil},
		{"not known", told(person("bob", bob, deafTo)), "see whether what is said leaves this host: groupcast doctor -i eth0 --probe", []string{"at 192.168.8.226"}},
	} {
		hints := oneWay(tt.f, live)[0].Hints
		if !strings.HasPrefix(hints[0], tt.first) {
			t.Errorf("%s: the first hint is %q, want %q", tt.what, hints[0], tt.first)
		}
		for _, has := range tt.has {
			if !strings.Contains(strings.Join(hints, "\n"), has) {
				t.Errorf("%s: no hint has %q:\n%s", tt.what, has, strings.Join(hints, "\n"))
			}
		}
	}
	if got, want := whoCommand(inGroup("239.1.2.3:5000")), "groupcast who -t 15 239.1.2.3:5000"; got != want {
		t.Errorf("the command to ask members is %q, want %q", got, want)
	}
}

func TestMembersHearElsewhere(t *testing.T) {
	two := sendBy(intent(func(in *Intent) { in.Joined = []int{2, 3} }), eth1)
	list := []Member{person("bob", bob, hearsUs), person("carol", carol, hearsUs)}
	names := []string{"bob", "carol"}
	const long = 5 * time.Second
	elsewhere := apart(long, nil, names, list...)
	gone := elsewhere
	gone.Interfaces = slices.DeleteFunc(slices.Clone(gone.Interfaces), func(i host.Interface) bool { return i.Index == eth0.Index })
	runRule(t, wrongEgress, []ruleCase{
		{"bob and carol hear eth0", elsewhere, two, "failure eth1 use=eth0",
			[]string{"your words leave by eth1, where no member hears you; bob and carol hear you by eth0", "you chose it", "for 5 s", "signs of life go out by eth0, too, until somebody hears you by eth1"}},
		{"a program of this host hears eth1, too", apart(long, []string{"ada #2"}, names[:1], list[0], person("ada #2", "169.254.167.41", hearsUs)), two, "failure eth1 use=eth0",
			[]string{"your words leave by eth1, where no member hears you; bob hears you by eth0"}},
		{"one does", apart(long, nil, names[:1], list[:1]...), two, "failure eth1 use=eth0", []string{"bob hears you by eth0"}},
		{"they had no time to answer", apart(3*time.Second, nil, names, list...), two, "warning eth1 use=eth0", []string{"only the link-local address"}},
		{"none left by eth1 yet", changed(elsewhere, func(m *Members) { m.Ways[0].Tried = false }), two, "warning eth1 use=eth0", nil},
		{"somebody hears eth1, too", apart(0, []string{"dave"}, names, append(list, person("dave", "169.254.1.1", hearsUs))...), two, "ok", []string{"hear you there: dave"}},
		{"only a program of this host hears eth1", apart(0, []string{"ada #2"}, nil, person("ada #2", "169.254.167.41", hearsUs)), two, "warning eth1 use=eth0", nil},
		{"only a program of this host hears eth0", apart(long, nil, []string{"ada #2"}, person("ada #2", "192.168.8.164", hearsUs)), two, "warning eth1 use=eth0", nil},
		{"sends leave by another interface since", elsewhere, sendBy(two, eth0), "ok", nil},
		{"eth0 is gone", gone, two, "ok", nil},
		{"nobody hears anything yet", apart(long, nil, nil), two, "warning eth1 use=eth0", []string{"signs of life go out by eth0, too"}},
	})
	hints := wrongEgress(elsewhere, two)[0].Hints
	if len(hints) == 0 || hints[0] != "send and join by eth0: -i eth0, or /interface eth0" {
		t.Errorf("the hints are %q", hints)
	}
}

// What members say speaks for what own copies do not: that something arrives.
func TestMembersProveThatItLeaves(t *testing.T) {
	runRule(t, loopbackNotProof, []ruleCase{
		{"bob hears us", told(person("bob", bob, hearsUs)), live, "ok", []string{"hear you there: bob"}},
		{"a program of this host does", told(person("ada #2", "192.168.8.164", hearsUs)), live, "unknown", nil},
		{"nobody does", told(person("bob", bob, deafTo)), live, "unknown", nil},
	})
}

func TestNotHeardAmongMembers(t *testing.T) {
	with := func(list ...Member) Facts {
		f := listened(31*time.Second, nil)
		f.Observed.Members = &Members{Interval: 2 * time.Second, Members: list}
		return f
	}
	runRule(t, notHeard, []ruleCase{
		{"it is here, and says nothing", with(person("bob", bob, hearsUs)), live1(), "ok", []string{"the network brings the group from there", "bob"}},
		{"it was here", with(person("bob", bob, silentNow)), live1(), "warning", []string{"as a member, bob, came before by eth0"}},
		{"another is here", with(person("carol", carol, hearsUs)), live1(), "warning", []string{"was not heard since"}},
	})
}

// How long nobody hears an interface is counted from when signs of life left by it,
// and anew when somebody does or another one is chosen.
func TestUnheard(t *testing.T) {
	at := listenStart
	e := NewEvidence()
	way := MembersWay{IfIndex: 3, Chosen: true}
	step := func(change func(*MembersWay)) time.Duration {
		change(&way)
		at = at.Add(2 * time.Second)
		e.SetMembers(&Members{Ways: []MembersWay{way}})
		e.Read(Facts{}, at)
		o := e.Observed(nil)
		if o.Members == nil {
			return -1
		}
		return o.Members.Unheard
	}
	same := func(*MembersWay) {}
	step(same)
	for n, want := range []struct {
		change func(*MembersWay)
		want   time.Duration
	}{
		{same, 0}, {func(w *MembersWay) { w.Tried = true }, 0}, {same, 2 * time.Second}, {same, 4 * time.Second},
		{func(w *MembersWay) { w.Heard = []string{"bob"} }, 0}, {func(w *MembersWay) { w.Heard = nil }, 0}, {same, 2 * time.Second},
		{func(w *MembersWay) { w.IfIndex = 2 }, 0}, {same, 2 * time.Second},
	} {
		if got := step(want.change); got != want.want {
			t.Errorf("step %d: nobody has heard it for %s, want %s", n, got, want.want)
		}
	}
	e.SetMembers(nil)
	e.Read(Facts{}, at.Add(time.Second))
	if o := e.Observed(nil); o.Members != nil {
		t.Errorf("without members there are %+v", o.Members)
	}
}

// anyMembers is what members may say.
func anyMembers(t *rapid.T) *Members {
	if rapid.Bool().Draw(t, "no members") {
		return nil
	}
	name := rapid.SampledFrom([]string{"", "bob", "carol", "ada #2", "evil9: nft flush ruleset evil9", "at x: ip link del evil9", ", or /interface evil9"})
	names := func(t *rapid.T) string { return name.Draw(t, "name") }
	return &Members{
		Count: anyCount(t), Port: uint16(anyCount(t)), Interval: time.Duration(anyCount(t)) * time.Second, Unheard: time.Duration(anyCount(t)) * time.Second,
		Members: anyOf(t, "members", func(t *rapid.T) Member {
			return Member{
				Name: names(t), From: anyAddrPort(t), IfIndex: anyIndex(t), Sends: names(t), Theirs: names(t),
				HearsUs: anyBool(t), OneWay: anyBool(t), Quiet: anyBool(t), Unproven: anyBool(t),
				LostIn: rapid.IntRange(-1, 1000).Draw(t, "lost in"), LostOut: rapid.IntRange(-1, 1000).Draw(t, "lost out"),
				Hears: anyOf(t, "hears", names),
			}
		}),
		Ways: anyOf(t, "ways", func(t *rapid.T) MembersWay {
			return MembersWay{IfIndex: anyIndex(t), Chosen: anyBool(t), Tried: anyBool(t), Heard: anyOf(t, "heard", names)}
		}),
	}
}

// No member can put a command into a hint by its name or by that of its interface.
func TestMembersMakeNoCommands(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, in := anyFacts(t), anyIntent(t)
		f.Observed.Members = anyMembers(t)
		for _, found := range Diagnose(f, in) {
			for _, h := range found.Hints {
				for _, bad := range []string{"evil9", "carol", "ada #2"} {
					if strings.Contains(h, bad) {
						t.Errorf("%s: the hint %q has a member's words", found.Name, h)
					}
				}
			}
		}
	})
}

func TestPeople(t *testing.T) {
	for want, names := range map[string][]string{
		"": nil, "a": {"a"}, "a and b": {"a", "b"}, "a, b, c and d": {"a", "b", "c", "d"}, "a, b, c and 2 more": {"a", "b", "c", "d", "e"},
	} {
		if got := people(names); got != want {
			t.Errorf("%q are %q, want %q", names, got, want)
		}
	}
}

// One that is gone needs no answer.
func TestNoWayBackToOneThatLeft(t *testing.T) {
	with := func(left ...netip.Addr) Facts {
		f := told()
		f.Observed.Members.Left = left
		f.Observed.Senders = []Sender{{From: netip.AddrPortFrom(addr(bob), 40000), IfIndex: eth0.Index}}
		f.Back = map[netip.Addr]RouteResult{addr(bob): {Err: syscall.ENETUNREACH}}
		return f
	}
	runRule(t, noWayBack, []ruleCase{
		{"bob is heard", with(), live, "warning eth0", []string{"cannot be answered"}},
		{"bob left", with(addr(bob)), live, "unknown", nil},
		{"carol left", with(addr(carol)), live, "warning eth0", []string{"cannot be answered"}},
	})
}
