package ping

import (
	"fmt"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// seen counts events of one responder, by kind.
type seen map[string]map[Kind]uint64

func (s seen) add(e Event) {
	who := fmt.Sprint(e.From, " by ", e.IfIndex)
	if s[who] == nil {
		s[who] = map[Kind]uint64{}
	}
	s[who][e.Kind]++
}

// Whatever happens in whatever order, what every responder was sent is what it
// answered, what it lost and what it is waited for.
func TestSumsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := Config{
			Target: netip.MustParseAddrPort("224.0.0.114:1234"), Group: rapid.Bool().Draw(t, "group"),
			Interval: 100 * time.Millisecond, Timeout: time.Second, Size: 32,
			Interfaces: []host.Interface{{Index: 2}, {Index: 3}}[:rapid.IntRange(1, 2).Draw(t, "interfaces")],
		}
		if !cfg.Group {
			cfg.Target = netip.MustParseAddrPort("192.168.1.1:1234")
		}
		events := seen{}
		start := time.Now()
		now := start
		tr := newTracker(cfg, true, now, events.add)
		var sent []map[int]bool // of each request, the ways that it left by
		draw := func(name string, from, to int) int { return rapid.IntRange(from, to).Draw(t, name) }
		for range draw("steps", 1, 120) {
			now = now.Add(time.Duration(draw("ms", 0, 300)) * time.Millisecond)
			switch draw("what", 0, 5) {
			case 0, 1:
				tr.open(now)
				left := map[int]bool{}
				for way := range tr.ways {
					if left[way] = draw("sent", 0, 9) > 0; left[way] {
						tr.sent(way, now)
					} else {
						tr.refused(way, syscall.ENETUNREACH, now)
					}
				}
				sent = append(sent, left)
			case 2, 3:
				from := netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 168, 1, byte(draw("host", 1, 4))}), 1234)
				tr.receive(answer{
					at: now, from: from, way: draw("way", 0, len(tr.ways)-1), seq: uint64(draw("seq", 0, len(sent)+1)),
					ours: true, same: draw("same", 0, 9) > 0,
				})
			case 4:
				tr.expire(now)
			case 5:
				tr.peerError(draw("way", 0, len(tr.ways)-1), uint64(draw("seq", 0, len(sent)+1)),
					mcast.PeerError{At: now, To: cfg.Target, Err: syscall.ECONNREFUSED})
			}
		}
		tr.expire(now)
		s := tr.result(now)
		for i, r := range s.Responders {
			internal := tr.responders[i]
			want := uint64(0)
			waiting := uint64(0)
			for seq := internal.first; seq <= uint64(len(sent)); seq++ {
				if sent[seq-1][internal.way] {
					want++
					if tr.waits(internal, seq) && seq > tr.givenUp {
						waiting++
					}
				}
			}
			if r.Sent != want || r.Sent != r.Received+r.Lost+waiting {
				t.Errorf("%v: %d were sent, told as %d: %d received, %d lost, %d waited for", r.AddrPort(), want, r.Sent, r.Received, r.Lost, waiting)
			}
			told := events[fmt.Sprint(r.AddrPort(), " by ", r.IfIndex)]
			if r.Received != told[KindReply] || r.Duplicates != told[KindDuplicate] || r.Late != told[KindLate] || r.Changed != told[KindChanged] {
				t.Errorf("%v: counted %+v, told %v", r.AddrPort(), r, told)
			}
			if r.Late > r.Lost || told[KindLost] > r.Lost {
				t.Errorf("%v: %d lost; less than the %d late ones or the %d that were told", r.AddrPort(), r.Lost, r.Late, told[KindLost])
			}
			if r.Received != internal.times.Count {
				t.Errorf("%v: %d received, statistics of %d", r.AddrPort(), r.Received, internal.times.Count)
			}
		}
	})
}

func TestRespondersAreBounded(t *testing.T) {
	cfg := Config{Target: netip.MustParseAddrPort("224.0.0.114:1234"), Group: true, Interval: time.Second, Timeout: time.Second, Size: 32}
	now := time.Now()
	tr := newTracker(cfg, true, now, func(Event) {})
	tr.open(now)
	tr.sent(0, now)
	for port := range uint16(MaxResponders + 10) {
		tr.receive(answer{at: now, from: netip.AddrPortFrom(netip.MustParseAddr("192.168.1.1"), 1+port), seq: 1, ours: true, same: true})
	}
	if s := tr.result(now); len(s.Responders) != MaxResponders || s.Unlisted != 10 {
		t.Errorf("%d responders, and %d answers of others; want %d and 10", len(s.Responders), s.Unlisted, MaxResponders)
	}
	for n := range 3 * maxErrors {
		tr.countError(fmt.Errorf("error %d", n))
	}
	if s := tr.result(now); len(s.Errors) != maxErrors+1 || s.Errors[OtherErrors] != 2*maxErrors {
		t.Errorf("%d texts of errors, %d others; want %d and %d", len(s.Errors), s.Errors[OtherErrors], maxErrors+1, 2*maxErrors)
	}
}
