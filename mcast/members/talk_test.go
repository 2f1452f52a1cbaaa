package members

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/groupcast/groupcast/mcast/frame"
)

// lossy is links that lose a part of what they carry.
func lossy(loss float64) func(_, _ *node) link {
	return func(_, _ *node) link {
		return link{loss: loss, delay: 100 * time.Microsecond, scatter: 900 * time.Microsecond}
	}
}

// equal reports whether all that live have all lines of each other.
func equal(w *network) bool {
	for _, n := range w.nodes {
		for _, o := range w.nodes {
			if n == o || n.dead || o.dead {
				continue
			}
			if x := n.c.table.byRef[o.c.self.ref]; x == nil || x.kept.pending || x.kept.low != o.c.self.kept.known {
				return false
			}
		}
	}
	return true
}

// until lets time pass until something is so, and returns how long that was.
func (w *network) until(most time.Duration, is func() bool) time.Duration {
	w.t.Helper()
	from := w.now
	for !is() {
		if w.now.Sub(from) > most {
			w.t.Fatalf("not within %v", most)
		}
		w.run(50 * time.Millisecond)
	}
	return w.now.Sub(from)
}

func TestPartitionHeals(t *testing.T) {
	w := newNetwork(t, 40)
	w.loops = true
	parted := false
	w.link = func(a, b *node) link {
		l := lossy(0.3)(a, b)
		l.cut = parted && a.id%2 != b.id%2
		return l
	}
	w.joinAll(8)
	w.run(5 * time.Second)
	parted = true
	w.after(time.Minute, func() { parted = false })
	for i := range 100 {
		w.say(w.nodes[i%8], fmt.Sprint("line ", i))
		w.run(time.Minute / 100)
	}
	w.run(time.Millisecond)
	if parted || equal(w) {
		t.Fatal("there was no partition")
	}
	t.Log(w.until(5*time.Second, func() bool { return equal(w) }))
	for _, n := range w.nodes {
		said := eventsOf[Said](n)
		if len(said) != 100-100/8-(100%8+7-n.id)/8 {
			t.Errorf("m%d was told of %d lines", n.id, len(said))
		}
		order(t, n, said)
		if s := n.c.Snapshot(w.now); s.Missing != 0 || s.Kept != 100 {
			t.Errorf("m%d: %d missing, %d kept", n.id, s.Missing, s.Kept)
		}
	}
}

// order puts the lines of each author in the places that they name, and looks whether
// they are in order then.
func order(t *testing.T, n *node, said []Said) {
	t.Helper()
	rows := map[frame.Stream][]uint64{}
	for _, s := range said {
		list := rows[s.Name.Stream]
		at := len(list)
		for i, number := range list {
			if s.Before.Number == number && s.Before.Stream == s.Name.Stream {
				at = i
			}
		}
		list = append(list[:at:at], append([]uint64{s.Name.Number}, list[at:]...)...)
		rows[s.Name.Stream] = list
	}
	for _, list := range rows {
		for i, number := range list {
			if number != uint64(i+1) {
				t.Errorf("m%d shows the lines of one in the order %v", n.id, list)
				return
			}
		}
	}
}

// A newcomer gets the newest 500 lines, the same number of each author as far as there
// are so many.
func TestLateJoin(t *testing.T) {
	w := newNetwork(t, 41)
	w.link = lossy(0.3)
	w.joinAll(4)
	w.run(3 * time.Second)
	for i := range 620 { // 20 of m0, 200 of each other
		by := 0
		if i >= 20 {
			by = 1 + i%3
		}
		w.say(w.nodes[by], fmt.Sprint(i))
		w.run(20 * time.Millisecond)
	}
	w.nodes[3].dead = true // others have its lines
	w.until(10*time.Second, func() bool { return equal(w) })
	n := w.join(nil)
	took := w.until(10*time.Second, func() bool { return len(eventsOf[Said](n)) >= shareMost })
	t.Log(took)
	w.run(5 * time.Second)
	count := map[frame.Stream]int{}
	for _, s := range eventsOf[Said](n) {
		count[s.Name.Stream]++
		if !s.Earlier || s.Repaired {
			t.Fatalf("it was told %+v", s)
		}
	}
	for i, want := range []int{20, 160, 160, 160} {
		if got := count[w.nodes[i].c.self.name]; got != want {
			t.Errorf("%d lines of m%d, want %d", got, i, want)
		}
	}
	// What is said now is no earlier line, and it is heard by the newcomer too.
	name := w.say(w.nodes[0], "now")
	w.run(5 * time.Second)
	said := eventsOf[Said](n)
	if last := said[len(said)-1]; last.Text != "now" || last.Earlier {
		t.Errorf("heard %+v", last)
	}
	heard := eventsOf[Heard](w.nodes[0])
	if last := heard[len(heard)-1]; last.Name != name || last.By < 3 || last.By+len(last.Missing) != last.Of {
		t.Errorf("told %+v", last)
	}
}

// The author is killed when one alone has its last line: the others get it from that one.
func TestAuthorKilled(t *testing.T) {
	w := newNetwork(t, 42)
	w.joinAll(8)
	w.run(5 * time.Second)
	w.link = func(a, b *node) link {
		if a.id == 0 {
			return link{cut: b.id != 1}
		}
		return lossy(0.3)(a, b)
	}
	w.say(w.nodes[0], "my last words")
	w.run(time.Millisecond)
	w.nodes[0].dead = true
	t.Log(w.until(5*time.Second, func() bool {
		for _, n := range w.nodes[1:] {
			if len(eventsOf[Said](n)) != 1 {
				return false
			}
		}
		return true
	}))
	// A newcomer, who never heard it, gets it too, and knows by its key who it was.
	w.link = lossy(0.3)
	n := w.join(nil)
	w.until(5*time.Second, func() bool { return len(eventsOf[Said](n)) == 1 })
	if s := eventsOf[Said](n)[0]; s.Text != "my last words" || !s.Earlier || s.Who.String() != "~"+s.Who.Fingerprint[:4] {
		t.Errorf("heard %+v", s)
	}
}

// What nobody has any more is given up after a minute, and told.
func TestGivenUp(t *testing.T) {
	w := newNetwork(t, 43)
	w.joinAll(3)
	w.run(3 * time.Second)
	w.link = func(a, _ *node) link { return link{cut: a.id == 0} }
	w.say(w.nodes[0], "nobody")
	w.say(w.nodes[0], "hears this")
	for _, it := range w.nodes[0].c.self.frames {
		w.nodes[0].c.store.drop(it) // as if it were long ago
	}
	w.run(100 * time.Millisecond)
	w.link = func(_, _ *node) link { return link{} }
	w.say(w.nodes[0], "this is heard")
	w.run(30 * time.Second)
	if s := w.nodes[1].c.Snapshot(w.now); s.Missing != 2 {
		t.Errorf("%d lines are missing", s.Missing)
	}
	w.run(4 * time.Minute)
	for _, n := range w.nodes[1:] {
		if lost := eventsOf[Lost](n); len(lost) == 0 || lost[0].Lines != 2 || lost[0].Who.Nick != "m0" {
			t.Errorf("m%d was told %+v", n.id, lost)
		}
		if s := n.c.Snapshot(w.now); s.Missing != 0 {
			t.Errorf("%d lines are missing", s.Missing)
		}
	}
}

// What one member claims, and nobody has, is asked for ten times, and not told.
func TestClaimsAreGivenUp(t *testing.T) {
	w := newNetwork(t, 44)
	n := w.join(nil)
	w.join(nil)
	liar := author(900, 0)
	needs := 0
	w.run(3 * time.Second)
	w.sent = func(_ *node, _ Out, h frame.Header) {
		if h.Kind == frame.KindNeed {
			needs++
		}
	}
	hello := func(number uint64) []byte {
		return encode(t, w.rooms[0], liar, frame.FirstPassing+number, &frame.Hello{Nick: "liar", Interfaces: []string{"e"}, Digest: []frame.Entry{
			{Ref: liar.Stream.Ref()},
			{Ref: w.nodes[1].c.self.ref, AllUpTo: 1 << 50},
			{Ref: frame.Ref{1, 2, 3}, AllUpTo: 9, Ahead: 3},
			{Ref: n.c.self.ref, Passing: n.c.sent.last, AllUpTo: 1 << 40},
		}})
	}
	w.inject(n, stranger, hello(0))
	if k := w.nodes[0].c.table.byRef[w.nodes[1].c.self.ref].kept; k.top() != Window {
		t.Errorf("a claim counts up to %d", k.top())
	}
	w.until(10*time.Second, func() bool { return needs > 0 })
	w.say(w.nodes[1], "first") // it is heard in spite of all claims
	w.run(2 * time.Minute)
	if said := eventsOf[Said](n); len(said) != 1 || said[0].Text != "first" {
		t.Errorf("heard %+v", said)
	}
	if s := n.c.Snapshot(w.now); s.Missing != 0 {
		t.Errorf("%d are missing still", s.Missing)
	}
	if lost := eventsOf[Lost](n); len(lost) != 0 {
		t.Errorf("told %+v", lost)
	}
	if got := eventsOf[Heard](n); len(got) != 0 {
		t.Errorf("told %+v of lines that were never said", got)
	}
}

func TestOwnLinesArePaced(t *testing.T) {
	w := newNetwork(t, 45)
	n := w.join(nil)
	for i := range 100 {
		if _, _, err := n.c.Say(w.now, "x", 0, 0); err != nil {
			t.Fatalf("line %d: %v", i, err)
		}
	}
	_, again, err := n.c.Say(w.now, "x", 0, 0)
	if !errors.Is(err, ErrTooFast) || again.Sub(w.now) < 49*time.Millisecond || again.Sub(w.now) > 51*time.Millisecond {
		t.Fatalf("the next one may be said after %v, %v", again.Sub(w.now), err)
	}
	if _, _, err := n.c.Say(again, "x", 0, 0); err != nil {
		t.Errorf("then: %v", err)
	}
	if _, _, err := n.c.Say(again.Add(time.Second), strings.Repeat("x", frame.MaxText+1), 0, 0); !errors.Is(err, frame.ErrRange) {
		t.Errorf("too long a line: %v", err)
	}
	n.c.Leave(again)
	if _, _, err := n.c.Say(again.Add(time.Second), "x", 0, 0); !errors.Is(err, ErrEnded) {
		t.Errorf("after the end: %v", err)
	}
	if outs, _ := n.c.Due(again.Add(time.Minute)); len(outs) != 0 {
		t.Errorf("after the end it sends %d frames", len(outs))
	}
}

func TestSplit(t *testing.T) {
	for _, text := range []string{"", "short", strings.Repeat("x", 1030), strings.Repeat("ü", 3000), strings.Repeat("\xff", 2000)} {
		parts := Split(text)
		all := strings.Join(parts, "")
		if all != strings.ToValidUTF8(text, "\ufffd") && !strings.HasPrefix(text, "\xff") {
			t.Errorf("%d bytes became %d", len(text), len(all))
		}
		for i, p := range parts {
			if len(p) > frame.MaxText || !utf8.ValidString(p) || i < len(parts)-1 && len(p) < frame.MaxText-3 {
				t.Errorf("part %d of %d has %d bytes", i+1, len(parts), len(p))
			}
		}
	}
}

// An earlier line has the name that its key had, if any; and the address of its author,
// not of the one who kept it.
func TestWhoSaidIt(t *testing.T) {
	w := newNetwork(t, 45)
	alice, bob := w.join(func(c *Config) { c.Nick = "alice" }), w.join(nil)
	eve := w.join(func(c *Config) { c.Nick = "eve" })
	w.run(3 * time.Second)
	w.say(alice, "of alice")
	w.say(eve, "of eve")
	w.run(2 * time.Second)
	for _, n := range []*node{alice, eve} {
		for _, out := range n.c.Leave(w.now) {
			w.send(n, out)
		}
		w.run(time.Second)
		n.dead = true
	}
	w.run(time.Hour)
	known := &pins{keys: map[string][32]byte{"alice": identity(alice.id).Public()}}
	late := w.join(func(c *Config) { c.Pins = known })
	w.run(10 * time.Second)
	said := map[string]Said{}
	for _, s := range eventsOf[Said](late) {
		said[s.Text] = s
	}
	if s := said["of alice"]; !s.Earlier || s.Who.String() != "alice" || s.Who.Clash || s.From.IsValid() {
		t.Errorf("of alice: %+v", s)
	}
	if s := said["of eve"]; !s.Earlier || s.Who.Nick != "" || s.Who.Fingerprint != frame.Fingerprint(identity(eve.id).Public()) || s.From.IsValid() {
		t.Errorf("of eve: %+v", s)
	}
	// One that is here, and whose line another sends again, has its own address.
	cut := true
	w.link = func(a, b *node) link { return link{cut: cut && b == late} }
	w.say(bob, "again")
	cut = false
	w.run(5 * time.Second)
	list := eventsOf[Said](late)
	if s := list[len(list)-1]; s.Text != "again" || !s.Repaired || s.From != bob.addr {
		t.Errorf("told %+v, want it from %v", s, bob.addr)
	}
}

// A history is shown as earlier, not twice, and served to those who come late.
func TestLoad(t *testing.T) {
	w := newNetwork(t, 46)
	var history [][]byte
	keep := func(c *Config) { c.Kept = func(f *frame.Frame) { history = append(history, f.Bytes) } }
	first := w.join(keep)
	other := w.join(nil)
	w.run(3 * time.Second)
	for i := range 5 {
		w.say(first, fmt.Sprint("own ", i))
		w.say(other, fmt.Sprint("other ", i))
		w.run(time.Second)
	}
	if len(history) != 10 {
		t.Fatalf("a history of %d frames", len(history))
	}
	other.dead, first.dead = true, true
	w.run(time.Hour)
	// Another run of the first, with its history but for one frame in the midst.
	again := w.join(func(c *Config) { c.Author, c.Nick = author(0, 9), "m0" })
	for i, data := range history {
		if i != 4 {
			if err := again.c.Load(w.now, data); err != nil {
				t.Fatal(err)
			}
			if err := again.c.Load(w.now, data); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := again.c.Load(w.now, flipped(history[0], -1)); !errors.Is(err, frame.ErrSignature) {
		t.Errorf("a damaged frame: %v", err)
	}
	w.turn(again)
	said := eventsOf[Said](again)
	if len(said) != 9 {
		t.Fatalf("%d earlier lines", len(said))
	}
	for _, s := range said {
		if !s.Earlier || strings.HasPrefix(s.Text, "own") && s.Who.Nick != "m0" {
			t.Errorf("earlier: %+v", s)
		}
	}
	late := w.join(nil)
	w.until(10*time.Second, func() bool { return len(eventsOf[Said](late)) == 9 })
	w.run(4 * time.Minute)
	if lost := eventsOf[Lost](again); len(lost) != 0 {
		t.Errorf("what is not in its history is lost: %+v", lost)
	}
	if lost := eventsOf[Lost](late); len(lost) != 1 || lost[0].Lines != 1 {
		t.Errorf("what nobody has is no loss: %+v", lost)
	}
	// It was heard before: a datagram that comes again is no line.
	if o := w.inject(again, stranger, history[0]); o != Again {
		t.Errorf("a line of the history is %v", o)
	}
}

// What a bridge relays is told as such, and kept and repaired as a line is.
func TestRelayed(t *testing.T) {
	w := newNetwork(t, 47)
	n := w.join(nil)
	bridge := author(70, 0)
	data := encode(t, w.rooms[0], bridge, 1, &frame.Relay{Text: "from afar", Time: 1_700_000_000_000, Source: stranger, Interface: "wan0"})
	if o := w.inject(n, w.nodes[0].addr, data); o != Taken {
		t.Fatal(o)
	}
	got := eventsOf[Relayed](n)
	if len(got) != 1 || got[0].Text != "from afar" || got[0].Source != stranger.String() || got[0].Interface != "wan0" || !got[0].Time.Equal(time.Unix(1_700_000_000, 0)) {
		t.Errorf("told %+v", got)
	}
	if s := n.c.Snapshot(w.now); s.Kept != 1 || len(eventsOf[Said](n)) != 0 {
		t.Errorf("%d kept, %+v", s.Kept, eventsOf[Said](n))
	}
}

// A kept frame of a kind that nobody here knows is repaired all the same.
func TestUnknownKindsAreRepaired(t *testing.T) {
	w := newNetwork(t, 48)
	w.joinAll(3)
	w.run(3 * time.Second)
	// One has it alone: a member of a newer version, which does not tell it again.
	newer := author(71, 0)
	w.inject(w.nodes[1], stranger, encode(t, w.rooms[0], newer, 1, &frame.Unknown{Of: 99}))
	w.run(5 * time.Second)
	for _, n := range w.nodes {
		if n.c.table.byRef[newer.Stream.Ref()].frames[1] == nil {
			t.Errorf("m%d has it not", n.id)
		}
	}
}

// A line may come before the first HELLO of its author: it is told all the same that it
// was heard.
func TestLineBeforeFirstHello(t *testing.T) {
	w := newNetwork(t, 49)
	w.joinAll(3)
	for _, n := range w.nodes {
		w.say(n, "I am quick")
	}
	w.run(4 * time.Second)
	if !equal(w) {
		t.Error("not all have all lines")
	}
	for _, n := range w.nodes {
		for _, o := range w.nodes {
			if x := n.c.table.byRef[o.c.self.ref]; n != o && x.upTo != 1 {
				t.Errorf("m%d does not know that m%d heard its line", n.id, o.id)
			}
		}
	}
}
