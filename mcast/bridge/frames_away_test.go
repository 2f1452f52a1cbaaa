package bridge

import (
	"fmt"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/frame"
)

// peopled makes sites with members in each.
func peopled(t testing.TB, seed uint64, sites, each int, sealed bool) *frameSim {
	s := newFrameSim(t, seed, sites)
	for lan := range sites {
		for range each {
			s.member(lan, sealed)
		}
	}
	s.run(8 * time.Second)
	return s
}

// A site is parted from the hub for a minute, in which all sites talk: 5 s later all have
// the same.
func TestFramesPartition(t *testing.T) {
	for _, row := range []struct {
		name   string
		sealed bool
		loss   float64
		rate   float64
		within time.Duration
	}{
		{"open, 10 % lost", false, 0.1, 10, 5 * time.Second},
		{"open, 25 lines a second", false, 0, 25, 5 * time.Second},
		{"sealed", true, 0, 10, 5 * time.Second},
		{"sealed, 10 % lost", true, 0.1, 10, 5 * time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := peopled(t, 2, 3, 3, row.sealed)
			s.loss = row.loss
			which := func(m *fsMember) bool { return m.sealed == row.sealed }
			s.cutOff(s.bridges[1])
			talk := s.talk(time.Minute, row.rate, which)
			missing := s.missing(which)
			s.heal(s.bridges[1])
			d := s.equal(which, 30*time.Second)
			if d > row.within || missing == 0 {
				t.Errorf("equal after %v, and %d were missing", d, missing)
			}
			if !row.sealed {
				s.once(talk, row.loss > 0)
			}
			t.Logf("%d lines, %d missing, equal after %v; %d repairs, at most %d frames at once", len(talk.lines), missing, d, s.repairs, s.bridges[1].most)
		})
	}
}

// Who comes late at a site where nobody was hears of the hub's history what was said at
// another: it comes from the bridge, which had it when it began.
func TestFramesLateJoin(t *testing.T) {
	for _, early := range []bool{true, false} {
		t.Run(fmt.Sprint("the bridge was there: ", early), func(t *testing.T) {
			t.Parallel()
			s := newFrameSim(t, 3, 2)
			s.lans = append(s.lans, &fsLAN{n: 2, ahead: -7 * time.Hour, sent: map[string]bool{}})
			if early {
				s.bridge(2, true)
			}
			for range 3 {
				s.member(0, false)
				s.member(1, false)
			}
			s.run(5 * time.Second)
			talk := s.talk(55*time.Second, 11, inOpen)
			for len(talk.lines) > 500 {
				talk.lines = talk.lines[1:]
			}
			s.equal(inOpen, 10*time.Second)
			s.loss = 0.1
			if !early {
				s.bridge(2, true)
			}
			frames := s.frames
			late := s.member(2, false)
			from := s.now
			for len(late.names) < 500 && s.now.Sub(from) < 30*time.Second {
				s.run(50 * time.Millisecond)
			}
			d := s.now.Sub(from)
			if d > 10*time.Second || len(talk.lines) < 500 {
				t.Errorf("%d of %d after %v", len(late.names), len(talk.lines), d)
			}
			t.Logf("%d after %v, %d frames were sent", len(late.names), d, s.frames-frames)
		})
	}
}

// A sealed room across sites where datagrams are lost in each LAN: what a bridge missed, or
// a whole site, is repaired from another site.
func TestFramesSealed(t *testing.T) {
	t.Parallel()
	s := peopled(t, 4, 3, 2, true)
	for lan := range 3 {
		s.member(lan, false)
		s.plainPeer(lan)
	}
	s.loss = 0.2
	s.run(5 * time.Second)
	talk := s.talk(20*time.Second, 6, inSealed)
	d := s.equal(inSealed, 20*time.Second)
	s.run(time.Second)
	kept := 0
	for _, m := range s.members {
		if m.sealed {
			kept = len(m.names)
		}
	}
	var lines int
	for _, line := range talk.lines {
		if !talk.plain[line] {
			lines++
		}
	}
	for _, m := range s.members {
		for line := range m.lines {
			if talk.plain[line] == m.sealed {
				t.Errorf("m%d, sealed %t, was told %q", m.id, m.sealed, line)
			}
		}
	}
	for _, l := range s.lans {
		for _, p := range l.plain {
			for line := range p.got {
				if !talk.plain[line] {
					t.Errorf("a plain peer heard %q", line)
				}
			}
		}
	}
	if kept != lines || d > 15*time.Second {
		t.Errorf("%d kept of %d lines, equal after %v", kept, lines, d)
	}
	t.Logf("%d lines, equal after %v, %d repairs", lines, d, s.repairs)
}

// A site is removed in the middle: what its members said before is still to be had at the
// others, of its bridge's frames nothing more comes.
func TestFramesSiteRemoved(t *testing.T) {
	t.Parallel()
	s := peopled(t, 5, 3, 2, false)
	s.loss = 0.1
	s.talk(10*time.Second, 8, inOpen)
	s.cutOff(s.bridges[1])
	s.bridges[1].dead = true
	at := func(m *fsMember) bool { return m.lan.n != 1 }
	s.talk(10*time.Second, 8, at)
	late := s.member(2, false)
	if d := s.equal(func(m *fsMember) bool { return at(m) && m != late }, 10*time.Second); d > 5*time.Second {
		t.Errorf("equal after %v", d)
	}
	before := len(s.members[0].names)
	for i := 0; i < 100 && len(late.names) < before; i++ {
		s.run(100 * time.Millisecond)
	}
	if len(late.names) != before {
		t.Errorf("who came late has %d of %d", len(late.names), before)
	}
	for _, m := range s.members {
		if at(m) && m.lost > 0 {
			t.Errorf("m%d gave %d lines up", m.id, m.lost)
		}
	}
}

// The lease goes to another bridge of the site, again and again: nothing is said twice, and
// what was said while nobody led comes all the same.
func TestFramesLeaderChanges(t *testing.T) {
	for _, sealed := range []bool{false, true} {
		t.Run(fmt.Sprint("sealed: ", sealed), func(t *testing.T) {
			t.Parallel()
			s := peopled(t, 6, 2, 3, sealed)
			which := func(m *fsMember) bool { return m.sealed == sealed }
			for lan := range 2 {
				s.plainPeer(lan)
			}
			other := s.bridge(0, false)
			leader := s.bridges[0]
			var all fsTalk
			all.plain = map[string]bool{}
			for i := range 6 {
				talk := s.talk(3*time.Second, 10, which)
				leader.leads = false
				if i%2 == 0 { // the lease was given back
					other.leads = true
				} else {
					s.after(1300*time.Millisecond, func() { other.leads = true })
					s.talk(1300*time.Millisecond, 10, which) // plain text of that time is lost
				}
				s.run(20 * time.Millisecond)
				leader, other = other, leader
				for _, line := range talk.lines {
					all.lines = append(all.lines, line)
					all.plain[line] = talk.plain[line]
				}
			}
			if d := s.equal(which, 30*time.Second); d > 15*time.Second {
				t.Errorf("equal after %v", d)
			}
			s.run(time.Second)
			if !sealed {
				s.once(&all, false)
			}
			if len(s.hub.kept) != len(s.members[0].names) {
				t.Errorf("the hub keeps %d, members have %d", len(s.hub.kept), len(s.members[0].names))
			}
		})
	}
}

// Somebody floods one site with frames, open ones that are signed or made-up sealed ones,
// also with the names of others. Another site's 50 lines a second come to all sites.
func TestFramesFlood(t *testing.T) {
	for _, sealed := range []bool{false, true} {
		t.Run(fmt.Sprint("sealed: ", sealed), func(t *testing.T) {
			t.Parallel()
			s := newFrameSim(t, 7, 3)
			for range 5 {
				s.member(1, sealed)
			}
			reader := s.member(2, sealed)
			flooder := s.address(0, 99, 41000)
			var forged []frame.Author
			for i := range 40 {
				forged = append(forged, frame.NewAuthor(fsIdentity(5000+i), [8]byte{byte(i)}))
			}
			s.run(8 * time.Second)
			room, sent := s.open, 0
			if sealed {
				room = frame.SealedRoom(frame.RoomKey{9}, fsOpen)
			}
			leader := s.bridges[0]
			flood := func() {
				a := forged[sent%len(forged)]
				b, err := room.Encode(a, uint64(1+sent/len(forged)), &frame.Text{Text: fmt.Sprint("flood ", sent)})
				if err != nil {
					t.Fatal(err)
				}
				if sealed { // with the stream and the next number of one who talks
					tag := s.sealed.Tag()
					b[6], b[7] = byte(tag>>8), byte(tag)
					if sent%2 == 0 {
						victim := s.members[sent/2%5].c.Stream()
						copy(b[8:24], victim[:])
					}
				}
				sent++
				v := leader.Heard(s.clock(leader.lan), mcast.Datagram{At: s.clock(leader.lan), From: flooder, To: simGroup.Addr, Data: b, Size: len(b)}, true)
				s.why["flood "+string(v.Why)]++
				s.does(leader, v)
			}
			for i := range 5 * 2000 {
				s.after(time.Duration(i)*500*time.Microsecond, flood)
			}
			talk := s.talk(5*time.Second, 50, func(m *fsMember) bool { return m.lan.n == 1 })
			s.run(500 * time.Millisecond)
			got := 0
			for _, line := range talk.lines {
				got += reader.lines[line]
			}
			if got != len(talk.lines) || sent != 10000 {
				t.Errorf("%d of %d came to the third site, through a flood of %d", got, len(talk.lines), sent)
			}
			if n := s.why["flood carried"]; n > 5*100+400+100 {
				t.Errorf("of the flood %d were carried", n)
			}
			t.Logf("%d of %d came; the flood: %v", got, len(talk.lines), s.why)
		})
	}
}
