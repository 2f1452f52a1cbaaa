package members

import (
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

func TestTwoOfOneKey(t *testing.T) {
	w := newNetwork(t, 8)
	ada := func(run int) func(*Config) {
		return func(c *Config) { c.Author, c.Nick = author(1000, run), "ada" }
	}
	first := w.join(ada(1))
	bob := w.join(nil)
	w.run(5 * time.Second)
	second := w.join(ada(2))
	w.run(5 * time.Second)
	for _, n := range []*node{bob, first} {
		if got := presences(w, n); len(got) != 2 || got["ada #2"] != Live {
			t.Errorf("m%d knows %v", n.id, got)
		}
	}
	if s := second.c.Snapshot(w.now); s.Self.String() != "ada #2" || len(s.Members) != 2 {
		t.Errorf("the second is %s, and knows %v", s.Self, presences(w, second))
	}
	if late := w.join(nil); true {
		w.run(5 * time.Second)
		if got := presences(w, late); len(got) != 3 || got["ada"] != Live || got["ada #2"] != Live {
			t.Errorf("a late one knows %v", got)
		}
	}
	// The first is killed: after a while the second is the only one, under its plain name.
	first.dead = true
	w.run(9 * time.Second)
	if got := presences(w, bob); len(got) != 2 || got["ada"] != Live {
		t.Errorf("then bob knows %v", got)
	}
	if s := second.c.Snapshot(w.now); s.Self.String() != "ada" {
		t.Errorf("then it is %s", s.Self)
	}
	if r := eventsOf[Renamed](bob); len(r) != 1 || r[0].Was != "ada #2" || r[0].Who.String() != "ada" {
		t.Errorf("bob was told %+v", r)
	}
}

// pins is a set of pinned names.
type pins struct {
	keys     map[string][32]byte
	verified [32]byte
}

func (p *pins) Pinned(nick string) ([32]byte, bool) {
	key, ok := p.keys[nick]
	return key, ok
}

func (p *pins) Pin(nick string, key [32]byte) ([32]byte, bool) {
	if k, ok := p.keys[nick]; ok {
		return k, false
	}
	p.keys[nick] = key
	return key, true
}

func (p *pins) NickOf(key [32]byte) (string, bool) {
	for nick, k := range p.keys {
		if k == key {
			return nick, true
		}
	}
	return "", false
}

func (p *pins) Verified(key [32]byte) bool { return key == p.verified }

func TestNames(t *testing.T) {
	w := newNetwork(t, 12)
	known := &pins{keys: map[string][32]byte{"alice": {1}}}
	n := w.join(func(c *Config) { c.Pins = known })
	w.join(func(c *Config) { c.Nick = "alice" })
	bob := w.join(func(c *Config) { c.Nick = "bob" })
	known.verified = identity(2).Public()
	w.run(3 * time.Second)
	print := frame.Fingerprint(identity(1).Public())
	alice := member(t, w, n, "alice~"+print[:4])
	if !alice.Clash || alice.Verified {
		t.Errorf("alice is %+v", alice)
	}
	if clash := eventsOf[Clash](n); len(clash) != 1 || clash[0].Pinned != frame.Fingerprint([32]byte{1}) {
		t.Errorf("told %+v", clash)
	}
	if m := member(t, w, n, "bob"); !m.Verified {
		t.Errorf("bob is %+v", m)
	}
	for _, j := range eventsOf[Joined](n) {
		if j.New != (j.Who.Nick == "bob") {
			t.Errorf("told %+v", j)
		}
	}
	bob.c.SetNick(w.now, "robert")
	w.turn(bob)
	w.run(3 * time.Second)
	if r := eventsOf[Renamed](n); len(r) != 1 || r[0].Was != "bob" || r[0].Who.String() != "robert" {
		t.Errorf("told %+v", r)
	}
}

// Who is no member, as nothing proves that it is here, goes by nobody's name: neither
// by a pinned one, nor by that of a member, nor by ours. It gets no name either.
func TestNamesOfStrangers(t *testing.T) {
	w := newNetwork(t, 15)
	known := &pins{keys: map[string][32]byte{"alice": {1}}}
	n := w.join(func(c *Config) { c.Nick, c.Pins = "own", known })
	w.join(func(c *Config) { c.Nick, c.Bits = "bob", frame.BitBrief })
	w.run(3 * time.Second)
	for k, nick := range []string{"alice", "bob", "own", "eve"} {
		a := author(60+k, 0)
		w.inject(n, stranger, encode(t, w.rooms[0], a, frame.FirstPassing, &frame.Hello{Nick: nick, Time: 1}))
		w.inject(n, stranger, encode(t, w.rooms[0], a, 1, &frame.Text{Text: "it is " + nick, Time: 1}))
	}
	said := eventsOf[Said](n)
	if len(said) != 4 {
		t.Fatalf("heard %+v", said)
	}
	for _, s := range said {
		if s.Who.Clash != (s.Who.Nick != "eve") {
			t.Errorf("%q is said by %s", s.Text, s.Who)
		}
	}
	if len(known.keys) != 1 {
		t.Errorf("pinned are %v", known.keys)
	}
}

// The keys of a run alone take no name away, and are told apart while both are there.
func TestNamesOfKeysForOneRun(t *testing.T) { testUnpinned(t, frame.BitBrief) }

// So are those that nobody chose: of two users of one host, of copies of one machine.
func TestNamesOfHosts(t *testing.T) { testUnpinned(t, frame.BitHostName) }

// A host's name becomes a chosen one by another nickname, which is pinned.
func TestChosenNameIsPinned(t *testing.T) {
	w := newNetwork(t, 16)
	known := &pins{keys: map[string][32]byte{}}
	w.join(func(c *Config) { c.Nick, c.Pins = "own", known })
	vm := w.join(func(c *Config) { c.Nick, c.Bits = "vm", frame.BitHostName|frame.BitLog })
	w.run(3 * time.Second)
	if len(known.keys) != 0 {
		t.Errorf("pinned are %v", known.keys)
	}
	vm.c.SetNick(w.now, "bob")
	w.turn(vm)
	w.run(3 * time.Second)
	if _, ok := known.keys["bob"]; !ok || len(known.keys) != 1 {
		t.Errorf("pinned are %v", known.keys)
	}
	if bits := vm.c.Snapshot(w.now).Self.Bits; bits != frame.BitLog {
		t.Errorf("its bits are %d", bits)
	}
}

func testUnpinned(t *testing.T, bits frame.Bits) {
	w := newNetwork(t, 14)
	known := &pins{keys: map[string][32]byte{"alice": {1}}}
	brief := func(nick string) func(*Config) {
		return func(c *Config) { c.Nick, c.Bits = nick, bits }
	}
	n := w.join(func(c *Config) { c.Nick, c.Pins = "own", known })
	first := w.join(brief("lab"))
	w.run(3 * time.Second)
	for _, out := range first.c.Leave(w.now) {
		w.send(first, out)
	}
	w.run(3 * time.Second)
	w.join(brief("lab"))
	w.run(3 * time.Second)
	if clash := eventsOf[Clash](n); len(clash) != 0 {
		t.Errorf("of a name that came again: %+v", clash)
	}
	if _, ok := known.keys["lab"]; ok {
		t.Error("the name belongs to a key that is gone")
	}
	w.join(brief("lab"))
	w.join(brief("alice"))
	w.join(func(c *Config) { c.Nick = "own" })
	w.run(3 * time.Second)
	clashes := map[string]Clash{}
	for _, c := range eventsOf[Clash](n) {
		clashes[c.Who.Nick] = c
	}
	if len(clashes) != 3 || !clashes["lab"].Both || !clashes["own"].Both || clashes["alice"].Both {
		t.Errorf("told %+v, want two called lab, two called own, and another alice", clashes)
	}
}

// Two terminals of one person under two nicknames need no number; and oneself is told
// nothing as of somebody else when the other one ends.
func TestTwoOfOneKeyUnderTwoNames(t *testing.T) {
	w := newNetwork(t, 74)
	ada := func(run int) func(*Config) {
		return func(c *Config) { c.Author, c.Nick = author(1000, run), "ada" }
	}
	first, bob := w.join(ada(1)), w.join(nil)
	w.run(5 * time.Second)
	second := w.join(ada(2))
	w.run(5 * time.Second)
	second.c.SetNick(w.now, "zed")
	w.turn(second)
	w.run(3 * time.Second)
	for _, n := range []*node{bob, first} {
		if r := eventsOf[Renamed](n); len(r) != 1 || r[0].Was != "ada #2" || r[0].Who.String() != "zed" {
			t.Errorf("m%d was told %+v", n.id, r)
		}
		if got := presences(w, n); len(got) != 2 || got["zed"] != Live {
			t.Errorf("m%d knows %v", n.id, got)
		}
	}
	if s := second.c.Snapshot(w.now); s.Self.String() != "zed" {
		t.Errorf("the second is %s", s.Self)
	}
	second.c.SetNick(w.now, "ada")
	w.turn(second)
	w.run(3 * time.Second)
	if s := second.c.Snapshot(w.now); s.Self.String() != "ada #2" {
		t.Errorf("the second is %s again", s.Self)
	}
	for _, out := range first.c.Leave(w.now) {
		w.send(first, out)
	}
	first.dead = true
	w.run(3 * time.Second)
	if s := second.c.Snapshot(w.now); s.Self.String() != "ada" || len(eventsOf[Renamed](second)) != 0 {
		t.Errorf("at last it is %s, and was told %+v", s.Self, eventsOf[Renamed](second))
	}
	if r := eventsOf[Renamed](bob); len(r) != 3 || r[2].Was != "ada #2" || r[2].Who.String() != "ada" {
		t.Errorf("bob was told %+v", r)
	}
}
