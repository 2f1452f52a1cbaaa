package chat

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/frame"
)

var (
	theBridge  = netip.MustParseAddrPort("192.168.8.9:1236")
	itsStandby = netip.MustParseAddrPort("192.168.8.10:1236")
	farPeer    = netip.MustParseAddrPort("10.2.0.7:4000")
)

// talkOf collects what a Room shows: the rows in the order in which they came, each as it
// was shown last.
type talkOf struct {
	rows  map[uint64]Line
	order []uint64
	shown int
}

func (o *talkOf) add(lines ...Line) {
	if o.rows == nil {
		o.rows = map[uint64]Line{}
	}
	for _, l := range lines {
		if l.ID == 0 {
			continue
		}
		if _, again := o.rows[l.ID]; !again {
			o.order = append(o.order, l.ID)
		}
		o.rows[l.ID] = l
		o.shown++
	}
}

func (o *talkOf) String() string {
	var out []string
	for _, id := range o.order {
		l := o.rows[id]
		who := "(" + l.From.String() + ")"
		switch {
		case l.Origin.Site != "":
			who = "(" + l.From.String() + " at " + l.Origin.Site + ")"
		case l.Member.Name != "":
			who = "(" + l.Member.Name + ")"
		}
		text := l.Text.String()
		if l.Part[1] > 1 {
			text += fmt.Sprintf(" %d/%d", l.Part[0], l.Part[1])
		}
		out = append(out, text+" "+who)
	}
	return strings.Join(out, ", ")
}

// What was said at any site is one row, in whatever order and by whatever ways it comes
// here; and what was said twice is two.
func TestOneRowAcrossSites(t *testing.T) {
	const (
		plainHere   = iota // of a program on this LAN
		plainBridge        // as a bridge sends it
		plainOther         // as the other bridge of this site does
		text               // of a member beyond the bridge
		textHere           // of a member here that speaks from the program's address
		relayHere          // of this site's bridge
		relayFar           // of another site's
		relayWho           // of one of which it is not known where it is
		repaired           // a text of a member beyond, sent again
		later              // time goes on by two seconds
	)
	for _, tt := range []struct {
		name  string
		await bool
		steps []int
		want  string
		shown int // how often a row was shown, or shown anew; 0: as many as there are
	}{
		{"a member beyond", true, []int{plainBridge, text}, "hi (alice)", 1},
		{"its frame first", true, []int{text, plainBridge}, "hi (alice)", 1},
		{"by both bridges in turn", true, []int{plainBridge, text, text, plainOther}, "hi (alice), hi (alice)", 2},
		{"its frame late", true, []int{plainBridge, later, repaired}, "hi (alice)", 2},
		{"its frame late, and not awaited", false, []int{plainBridge, text}, "hi (alice)", 2},
		{"a program beyond", true, []int{plainBridge, relayFar}, "hi (10.2.0.7:4000 at room-2)", 1},
		{"its relay first", true, []int{relayFar, plainBridge}, "hi (10.2.0.7:4000 at room-2)", 1},
		{"its relay late", true, []int{plainBridge, later, relayFar}, "hi (10.2.0.7:4000 at room-2)", 2},
		{"no relay", true, []int{plainBridge, later}, "hi (192.168.8.9:1236)", 1},
		{"a member and a program beyond say the same", true, []int{plainBridge, plainBridge, text, relayFar}, "hi (alice), hi (10.2.0.7:4000 at room-2)", 2},
		{"and come one after the other", true, []int{plainBridge, text, relayFar, plainBridge}, "hi (alice), hi (10.2.0.7:4000 at room-2)", 2},
		{"three times", true, []int{plainBridge, plainBridge, plainBridge, text, text, text}, "hi (alice), hi (alice), hi (alice)", 3},
		{"a program here", true, []int{plainHere, relayHere}, "hi (10.2.0.7:4000)", 1},
		{"its relay is what came", true, []int{relayHere, plainHere}, "hi (10.2.0.7:4000 at room-2)", 1},
		{"it said so twice", true, []int{plainHere, plainHere, relayHere, relayHere}, "hi (10.2.0.7:4000), hi (10.2.0.7:4000)", 2},
		{"it said so twice, and one relay is lost", true, []int{plainHere, relayHere, plainHere}, "hi (10.2.0.7:4000), hi (10.2.0.7:4000)", 2},
		{"a program here and one beyond say the same", true, []int{plainHere, plainBridge, relayFar, relayHere}, "hi (10.2.0.7:4000), hi (10.2.0.7:4000 at room-2)", 2},
		{"a program here, and it is not known where the bridge is", true, []int{plainHere, relayWho}, "hi (10.2.0.7:4000)", 1},
		{"a program beyond, and it is not known where", true, []int{relayWho, plainBridge}, "hi (10.2.0.7:4000 at room-2)", 1},
		{"a relay of a member here", true, []int{textHere, relayHere}, "hi (alice)", 1},
		{"that came first", true, []int{relayHere, textHere}, "hi (alice)", 2},
		{"between its plain text and its frame", true, []int{plainHere, relayHere, textHere}, "hi (alice)", 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newTestRoom()
			var o talkOf
			read := uint64(0)
			now := start
			for n, step := range tt.steps {
				now = now.Add(ms(1))
				hear := func(from netip.AddrPort) {
					read++
					l, _ := r.ReceiveAmong(mcast.Datagram{At: now, From: from, To: group, IfIndex: 2, Data: []byte("hi")}, Means{Await: tt.await})
					o.add(l)
				}
				told := Told{At: now, Name: frameNo(uint64(n + 1)), Text: "hi", Member: alice, From: theBridge, To: group, IfIndex: 2}
				relay := func(where Where) {
					told.Member = Member{}
					o.add(r.Relay(now, told, Origin{Source: farPeer, Site: "room-2", By: "room-2", Where: where})...)
				}
				switch step {
				case plainHere:
					hear(farPeer)
				case plainBridge:
					hear(theBridge)
				case plainOther:
					hear(itsStandby)
				case text:
					o.add(r.Tell(told))
				case textHere:
					told.From = farPeer
					o.add(r.Tell(told))
				case repaired:
					told.Missed, told.From = true, netip.AddrPort{}
					o.add(r.Tell(told))
				case relayHere:
					relay(AtThis)
				case relayFar:
					relay(AtAnother)
				case relayWho:
					relay(Somewhere)
				case later:
					now = now.Add(2 * time.Second)
					o.add(r.Expire(now)...)
				}
			}
			o.add(r.Expire(now.Add(2 * time.Second))...)
			if o.String() != tt.want || o.shown != tt.shown {
				t.Errorf("rows are %s, shown %d times, want %s, shown %d times", o.String(), o.shown, tt.want, tt.shown)
			}
			if c := r.Snapshot(now).Counters; c.Read != read || c.Read != c.Texts+c.Twins || r.Held() != 0 {
				t.Errorf("counters do not add up to %d: %+v, and %d are held", read, c, r.Held())
			}
		})
	}
}

// A long text, or one that is no text, is relayed in parts. It is one row, as the datagram
// was, whatever comes first; and if a part is lost for good, what there is is shown.
func TestRelayInParts(t *testing.T) {
	bytes := make([]byte, 3000)
	for i := range bytes {
		bytes[i] = byte(i % 251)
	}
	for name, whole := range map[string]string{"text": strings.Repeat("grüße ", 375), "bytes": string(bytes)} {
		t.Run(name, func(t *testing.T) {
			var parts []string
			for rest := whole; rest != ""; {
				n := min(frame.MaxText, len(rest))
				parts, rest = append(parts, rest[:n]), rest[n:]
			}
			relay := func(r *Room, n int) []Line {
				return r.Relay(start, Told{At: start, Name: frameNo(uint64(10 + n)), Text: parts[n], From: theBridge, To: group, Part: [2]int{n + 1, len(parts)}},
					Origin{Source: farPeer, Site: "room-2", Where: AtAnother})
			}
			for _, order := range [][]int{{-1, 0, 1, 2}, {2, 1, -1, 0}, {1, 1, 0, 2, -1}} {
				r := newTestRoom()
				var o talkOf
				for _, n := range order {
					if n >= 0 {
						o.add(relay(r, n)...)
						continue
					}
					l, _ := r.ReceiveAmong(mcast.Datagram{At: start, From: theBridge, To: group, IfIndex: 2, Data: []byte(whole)}, Means{Await: true})
					o.add(l)
				}
				if o.add(r.Expire(start.Add(time.Minute))...); o.String() != Describe(whole).String()+" (10.2.0.7:4000 at room-2)" || o.shown != 1 {
					t.Errorf("in the order %v there are %d rows: %.300s", order, len(o.order), o.String())
				}
			}
			r := newTestRoom()
			var o talkOf
			o.add(relay(r, 2)...)
			o.add(relay(r, 0)...)
			if o.add(r.Expire(start.Add(relayTime - 1))...); o.shown != 0 || r.Held() != 1 {
				t.Errorf("shown are %s, and %d wait", o.String(), r.Held())
			}
			o.add(r.Expire(start.Add(relayTime))...)
			if want := fmt.Sprintf("%s 1/3 (10.2.0.7:4000 at room-2), %s 3/3 (10.2.0.7:4000 at room-2)", Describe(parts[0]), Describe(parts[2])); len(parts) == 3 && o.String() != want {
				t.Errorf("of two parts of three the rows are %.300s", o.String())
			}
		})
	}
	// Whoever begins texts without end fills nothing.
	r := newTestRoom()
	for n := range uint64(10 * maxRelays) {
		r.Relay(start, Told{At: start, Name: frameNo(1 + 64*n), Text: "a", From: theBridge, Part: [2]int{1, 64}}, Origin{Source: farPeer})
	}
	if n := r.relays.Len(); n != maxRelays {
		t.Errorf("%d texts wait for parts", n)
	}
}

// What was said here comes back as no line: by a bridge that took this program for no
// member; and the address of another site's program may be this host's.
func TestOwnWordsRelayed(t *testing.T) {
	r := newTestRoom()
	r.AddPort(4000)
	r.SayFramed(start, "hello", Via{Loopback: true, Source: eth0Addr}, Framed{Name: frameNo(1), Member: alice})
	mine := Origin{Source: netip.AddrPortFrom(eth0Addr, 4000), Site: "room-1", Where: AtThis}
	tell := Told{At: start, Name: frame.Name{Stream: frame.Stream{7}, Number: 1}, Text: "hello", From: theBridge, To: group}
	if l := r.Relay(start, tell, mine); len(l) != 0 {
		t.Errorf("what was said here is shown as relayed: %+v", l)
	}
	tell.Text = "goodbye"
	if l := r.Relay(start, tell, mine); len(l) != 1 || !l[0].Local {
		t.Errorf("another's words from this host: %+v", l)
	}
	mine.Where = AtAnother
	if l := r.Relay(start, tell, mine); len(l) != 1 || l[0].Local {
		t.Errorf("those of another site, whose addresses are the same: %+v", l)
	}
}

// Who is beyond a bridge of this host is not on this host.
func TestBridgeOfThisHost(t *testing.T) {
	r := newTestRoom()
	far := told(1, 0, "hi")
	for from, want := range map[netip.AddrPort]bool{netip.AddrPortFrom(eth0Addr, frame.Mark): false, netip.AddrPortFrom(eth0Addr, 4000): true} {
		if far.From = from; r.Tell(far).Local != want {
			t.Errorf("what comes from %s is of this host: %t", from, !want)
		}
	}
}

// Where bridges bring again what came by another way, that is no second line: this host's
// own words, those of a program or a member here, and of one beyond that comes by two.
func TestBroughtAgain(t *testing.T) {
	r := newTestRoom()
	var o talkOf
	hear := func(from netip.AddrPort, text string) {
		l, _ := r.ReceiveAmong(mcast.Datagram{At: start, From: from, To: group, IfIndex: 2, Data: []byte(text)}, Means{Await: true, Again: true})
		o.add(l)
	}
	o.add(r.SayFramed(start, "mine", Via{Source: eth0Addr}, Framed{Name: frameNo(1), Member: Member{Name: "me"}}))
	hear(theBridge, "mine")
	hear(bob, "here")
	hear(theBridge, "here")
	o.add(r.Tell(told(2, 0, "alice's, and \ufffd")))
	hear(theBridge, "alice's, and \xff")
	hear(theBridge, "beyond")
	hear(itsStandby, "beyond")
	far := told(3, 0, "beyond")
	far.From = theBridge
	o.add(r.Tell(far))
	o.add(r.Expire(start.Add(time.Minute))...)
	if want := "mine (me), here (192.168.8.226:1234), alice's, and \ufffd (alice), beyond (alice)"; o.String() != want || o.shown != 4 {
		t.Errorf("rows are %s, shown %d times, want %s", o.String(), o.shown, want)
	}
}

// Plain text is held back in bounds, and what does not fit is shown.
func TestHeldIsBounded(t *testing.T) {
	r := newTestRoom()
	shown := 0
	for n := range 3 * maxHeld {
		d := mcast.Datagram{At: start, From: theBridge, To: group, IfIndex: 2, Data: []byte(fmt.Sprint(n))}
		if l, _ := r.ReceiveAmong(d, Means{Await: true}); l.ID != 0 {
			shown++
		}
	}
	lines := r.Release()
	if len(lines) != maxHeld || shown != 2*maxHeld || r.Held() != 0 || r.held.bytes != 0 {
		t.Errorf("%d were shown, then %d; %d are held, of %d bytes", shown, len(lines), r.Held(), r.held.bytes)
	}
	if !slices.IsSortedFunc(lines, func(a, b Line) int { return int(a.ID) - int(b.ID) }) {
		t.Error("they are not in the order in which they came")
	}
}

// An address of the link has a zone where it is heard, and none in a frame.
func TestRelayOfTheLink(t *testing.T) {
	for _, first := range []bool{false, true} {
		r := newTestRoom()
		var o talkOf
		for _, relay := range []bool{first, !first} {
			if relay {
				o.add(r.Relay(start, Told{At: start, Name: frameNo(1), Text: "hi", From: theBridge, To: group},
					Origin{Source: netip.MustParseAddrPort("[fe80::7]:4000"), Site: "room-1", Where: AtThis})...)
				continue
			}
			l, _ := r.ReceiveAmong(mcast.Datagram{At: start, From: netip.MustParseAddrPort("[fe80::7%eth0]:4000"), To: group, IfIndex: 2, Data: []byte("hi")}, Means{})
			o.add(l)
		}
		if o.shown != 1 {
			t.Errorf("the relay first, %v: rows are %s", first, o.String())
		}
	}
}
