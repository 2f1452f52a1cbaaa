package chat

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/frame"
)

var alice = Member{Name: "alice", Fingerprint: "7f3c 91ab 02de 44c0"}

// frameNo is the name of a frame of alice's.
func frameNo(n uint64) frame.Name { return frame.Name{Stream: frame.Stream{1}, Number: n} }

func told(n uint64, at time.Duration, text string) Told {
	return Told{At: start.Add(at), Name: frameNo(n), Text: text, Member: alice, From: bob, To: group, IfIndex: 2, Hops: 1}
}

func plain(at time.Duration, text string) mcast.Datagram {
	d := from(bob, text)
	d.At = start.Add(at)
	return d
}

// What a member says comes twice, as plain text and by a frame, in any order, and
// whether or not its source is known to be a member's yet. It is one row.
func TestTwins(t *testing.T) {
	const known = true
	type step struct {
		at    time.Duration
		text  string
		frame bool
		known bool
	}
	heard := func(at time.Duration, text string, known bool) step { return step{at: at, text: text, known: known} }
	framed := func(at time.Duration, text string) step { return step{at: at, text: text, frame: true} }
	for _, tt := range []struct {
		name  string
		steps []step
		rows  string // the last state of each: text, and by whom if it is known
		twins uint64
	}{
		{"a member", []step{heard(0, "a", known), framed(ms(1), "a")}, "a (alice)", 1},
		{"a member, the frame first", []step{framed(0, "a"), heard(ms(1), "a", known)}, "a (alice)", 1},
		{"a member whose frame is late", []step{heard(0, "a", known), heard(ms(1), "b", known), framed(ms(2), "b"), framed(ms(900), "a")}, "b (alice), a (alice)", 2},
		{"not known yet", []step{heard(0, "a", !known), framed(ms(1), "a")}, "a (alice)", 0},
		{"not known yet, the frame first", []step{framed(0, "a"), heard(ms(1), "a", !known)}, "a (alice)", 1},
		{"twice the same", []step{heard(0, "a", !known), heard(0, "a", !known), framed(ms(1), "a"), framed(ms(1), "a")}, "a (alice), a (alice)", 0},
		{"twice the same, mixed", []step{heard(0, "a", !known), framed(0, "a"), framed(ms(1), "a"), heard(ms(1), "a", !known)}, "a (alice), a (alice)", 1},
		{"other words", []step{heard(0, "a", !known), framed(ms(1), "b")}, "a, b (alice)", 0},
		{"after 30 s", []step{heard(0, "a", !known), framed(ms(30001), "a")}, "a, a (alice)", 0},
		{"within 30 s", []step{heard(0, "a", !known), framed(ms(30000), "a")}, "a (alice)", 0},
		{"a plain program", []step{heard(0, "a", !known), heard(ms(1), "a", !known)}, "a, a", 0},
		{"a member becomes known between", []step{heard(0, "a", !known), heard(ms(1), "b", known), framed(ms(2), "a"), framed(ms(2), "b")}, "a (alice), b (alice)", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newTestRoom()
			rows, order := map[uint64]string{}, []uint64{}
			n := uint64(0)
			for _, s := range tt.steps {
				var l Line
				if s.frame {
					n++
					r.Frame(from(bob, "\xfeMC"))
					l = r.Tell(told(n, s.at, s.text))
				} else {
					var came Arrival
					l, came = r.ReceiveAmong(plain(s.at, s.text), Means{Twin: s.known})
					if came.Twin != (l.ID == 0) {
						t.Errorf("%+v is a twin: %t, and its line is %d", s, came.Twin, l.ID)
					}
				}
				if l.ID == 0 {
					continue
				}
				if _, again := rows[l.ID]; !again {
					order = append(order, l.ID)
				}
				rows[l.ID] = strings.TrimSuffix(l.Text.String()+" ("+l.Member.Name+")", " ()")
			}
			var got []string
			for _, id := range order {
				got = append(got, rows[id])
			}
			if strings.Join(got, ", ") != tt.rows {
				t.Errorf("rows are %q, want %s", got, tt.rows)
			}
			c := r.Snapshot(start).Counters
			if c.Twins != tt.twins || c.Frames != n || c.Read != c.Texts+c.OwnCopies+c.Strays+c.Twins+c.Frames+c.Ignored {
				t.Errorf("counters %+v, want %d twins, %d frames, and that they add up", c, tt.twins, n)
			}
		})
	}
}

func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }

// A twin is a datagram of its sender's all the same, and what is said to us alone is
// nobody's twin.
func TestTwinIsHeard(t *testing.T) {
	r := newTestRoom()
	r.ReceiveAmong(from(bob, "hello"), Means{Twin: true})
	snap := r.Snapshot(start)
	if len(snap.Senders) != 1 || snap.Senders[0].Datagrams != 1 || len(snap.Groups) != 1 || snap.Groups[0].Datagrams != 1 {
		t.Errorf("of a twin the senders are %+v, and the groups %+v; want it in both", snap.Senders, snap.Groups)
	}
	alone := from(bob, "psst")
	alone.To = eth0Addr
	if l, came := r.ReceiveAmong(alone, Means{Twin: true}); l.ID == 0 || came.Twin {
		t.Errorf("what a member's program says to us alone is not shown: %+v, %+v", l, came)
	}
}

// What came to the port of frames is shown apart, and is not of the group.
func TestOutside(t *testing.T) {
	r := newTestRoom()
	l, _ := r.ReceiveAmong(from(bob, "hello"), Means{Outside: true, Aside: true})
	if !l.Outside || l.Text.String() != "hello" || len(r.Snapshot(start).Groups) != 0 {
		t.Errorf("plain text on the port of frames is %+v, with traffic %+v", l, r.Snapshot(start).Groups)
	}
	if next := r.Tell(told(1, 0, "hello")); next.ID == l.ID {
		t.Error("a frame takes over what was said outside")
	}
	r.Ignore(from(bob, "\xfeGS"))
	if c := r.Snapshot(start).Counters; c.Texts != 1 || c.Ignored != 1 || c.Read != 2 {
		t.Errorf("counters %+v", c)
	}
}

// A line that was missing names the one that it belongs before, as long as that is
// remembered.
func TestMissedLineHasItsPlace(t *testing.T) {
	r := newTestRoom()
	second := r.Tell(told(2, 0, "two"))
	missed := told(1, ms(100), "one")
	missed.Missed, missed.Before = true, frameNo(2)
	first := r.Tell(missed)
	if first.Before != second.ID || !first.Missed || first.ID == second.ID {
		t.Errorf("the missed line is %+v, want it before %d", first, second.ID)
	}
	if l := r.Tell(told(3, ms(200), "three")); l.Before != 0 {
		t.Errorf("the next line is before %d", l.Before)
	}
	for n := range uint64(maxNames) {
		r.Tell(told(10+n, 0, "x"))
	}
	missed.Name, missed.Before = frameNo(5), frameNo(3)
	if l := r.Tell(missed); l.Before != 0 {
		t.Errorf("a line that is forgotten has a place still: %+v", l)
	}
	if n := r.lineOf.Len(); n != maxNames {
		t.Errorf("%d names are remembered, want %d", n, maxNames)
	}
}

// Names and texts of members are the network's.
func TestTellIsSafe(t *testing.T) {
	r := newTestRoom()
	l := r.Tell(told(1, 0, "\x1b[2J"))
	if l.Text.String() != "␛[2J" || l.Kind != Heard || l.Member != alice || l.Interface != "eth0" || l.From != bob || l.To != group {
		t.Errorf("line %+v", l)
	}
	earlier := told(2, 0, "before")
	earlier.Earlier, earlier.From, earlier.IfIndex = true, netip.AddrPort{}, 0
	if l := r.Tell(earlier); !l.Earlier || l.Local || l.Interface != "" {
		t.Errorf("of a history: %+v", l)
	}
}

// An own line says how far it came, after its copy is back, too, and with its text.
func TestReach(t *testing.T) {
	r := newTestRoom()
	f := Framed{Name: frameNo(1), Member: alice, Part: [2]int{1, 2}}
	said := r.SayFramed(start, "test", byEth0, f)
	if said.Member != alice || said.Part != f.Part || said.Reach.Known {
		t.Errorf("said is %+v", said)
	}
	back, _ := r.ReceiveAmong(from(ourSocket, "test"), Means{})
	one := r.Reached(frameNo(1), Reach{By: 1, Of: 2, Missing: "carol"})
	all := r.Reached(frameNo(1), Reach{By: 2, Of: 2})
	if back.ID != said.ID || back.Copy != CopyBack {
		t.Errorf("the copy is %+v", back)
	}
	if one.ID != said.ID || one.Text.String() != "test" || one.Copy != CopyBack || one.Reach != (Reach{By: 1, Of: 2, Missing: "carol", Known: true}) {
		t.Errorf("one has it: %+v", one)
	}
	if all.ID != said.ID || all.Text.String() != "test" || all.Cut || all.Reach != (Reach{By: 2, Of: 2, Known: true}) {
		t.Errorf("all have it: %+v", all)
	}
	if l := r.Reached(frameNo(1), Reach{By: 2, Of: 2}); l.ID != said.ID || l.Text.String() == "" && !l.Cut {
		t.Errorf("told again it is %+v, want its text, or that it is cut", l)
	}
	if l := r.Reached(frameNo(7), Reach{}); l.ID != 0 {
		t.Errorf("of a line that nobody said: %+v", l)
	}
	if n := r.Snapshot(start).Counters.Reached; n != 1 {
		t.Errorf("%d own lines are counted as heard by a member, want 1", n)
	}
	if r.own.bytes != 0 {
		t.Errorf("%d bytes of text are kept of a line that is settled", r.own.bytes)
	}
}

// The copy of a line in a sealed room is that of its frame.
func TestSealedCopy(t *testing.T) {
	r := newTestRoom()
	said := r.SayFramed(start, "test", byEth0, Framed{Name: frameNo(1), Sealed: true})
	r.SayFramed(start, "test", byEth0, Framed{Name: frameNo(2), Sealed: true})
	if l, _ := r.ReceiveAmong(from(ourSocket, "test"), Means{Outside: true}); l.Kind != Heard || !l.Outside {
		t.Errorf("plain text with the same words is %+v, want it shown", l)
	}
	d := from(ourSocket, "\xfeMC...")
	if l := r.FrameBack(d, frameNo(1)); l.ID != said.ID || l.Copy != CopyBack || l.Text.String() != "test" {
		t.Errorf("the frame is back: %+v", l)
	}
	if l := r.FrameBack(d, frameNo(9)); l.ID != 0 {
		t.Errorf("another frame of ours is a line: %+v", l)
	}
	if lines := r.Expire(start.Add(CopyTimeout)); len(lines) != 1 || lines[0].Text.String() != "test" {
		t.Errorf("missing are %+v, want the second line", lines)
	}
	c := r.Snapshot(start).Counters
	if c.Frames != 2 || c.OwnCopies != 0 || c.Read != 3 || c.SentSize != 8 {
		t.Errorf("counters %+v, want 2 frames, 3 read, 8 bytes sent", c)
	}
}

// Nothing grows with what strangers send.
func TestPairsAreBounded(t *testing.T) {
	r := newTestRoom()
	for n := range 3 * maxPairs {
		r.ReceiveAmong(from(bob, fmt.Sprint(n)), Means{})
		r.ReceiveAmong(from(bob, "again"), Means{})
	}
	if n := r.pairs.seen.Len(); n != maxPairs {
		t.Errorf("%d texts are remembered, want %d", n, maxPairs)
	}
	if n := len(*r.pairs.seen.Peek(r.pairs.key(bob, "again"))); n != mostSaid {
		t.Errorf("%d rows of one text are remembered, want %d", n, mostSaid)
	}
}
