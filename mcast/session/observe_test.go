package session

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
)

var (
	noon    = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	errFull = errors.New("no buffer space available")
)

// after is a time of the stories below.
func after(d time.Duration) time.Time { return noon.Add(d) }

// What is counted of own lines: no more than the counters can show.
func TestObservedSends(t *testing.T) {
	type line struct {
		at      time.Duration
		by      int
		copy    chat.Copy
		refused error
	}
	back := func(at time.Duration) line { return line{at, 2, chat.CopyBack, nil} }
	tests := []struct {
		name  string
		lines []line
		now   time.Duration
		want  doctor.Sent // by eth0, which is 2
	}{
		{"copies that came back", []line{back(1 * time.Second), back(2 * time.Second)}, 6 * time.Second, doctor.Sent{Tried: 2, Copies: 2}},
		{"a copy that did not", []line{{time.Second, 2, chat.CopyMissing, nil}}, 6 * time.Second, doctor.Sent{Tried: 1}},
		{"a copy that is awaited", []line{{time.Second, 2, chat.CopyPending, nil}}, 6 * time.Second, doctor.Sent{}},
		{"too new for the counters", []line{back(5 * time.Second)}, 6 * time.Second, doctor.Sent{}},
		{"refused, which is known at once", []line{{6 * time.Second, 2, chat.CopyNone, errFull}}, 6 * time.Second, doctor.Sent{Tried: 1, Err: errFull}},
		{"before the first facts", []line{back(-time.Second)}, 6 * time.Second, doctor.Sent{}},
		{"over", []line{back(time.Second)}, 12 * time.Second, doctor.Sent{}},
		{"where the group is not joined no copy comes", []line{{time.Second, 3, chat.CopyMissing, nil}}, 6 * time.Second, doctor.Sent{}},
		{"by another interface", []line{{time.Second, 4, chat.CopyBack, nil}}, 6 * time.Second, doctor.Sent{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := newObserved()
			o.look(doctor.Facts{}, noon, nil)
			for n, l := range tt.lines {
				said := chat.Line{ID: uint64(n + 1), At: after(l.at), IfIndex: l.by}
				o.said(said, 5, false)
				if said.Copy = l.copy; l.copy != chat.CopyPending {
					o.became(said, l.refused)
				}
			}
			got := o.sent(after(tt.now), []int{2, 4})
			if got[2] != tt.want || got[3] != (doctor.Sent{}) {
				t.Errorf("sent by eth0: %+v, and by eth1, not joined: %+v; want %+v and nothing", got[2], got[3], tt.want)
			}
		})
	}
}

// What an interface sent is what its counter grew by since the facts that are
// ten seconds old.
func TestObservedCounters(t *testing.T) {
	facts := func(sent, dropped uint64) doctor.Facts {
		return doctor.Facts{Links: map[int]doctor.Link{2: {Sent: sent, QueueDrops: dropped}}}
	}
	o := newObserved()
	if got := o.look(facts(100, 7), noon, nil); got.For != 0 {
		t.Errorf("the first facts say what happened in %s", got.For)
	}
	for n := range 10 {
		now := after(time.Duration(n+1) * 2 * time.Second)
		o.forget(now)
		got := o.look(facts(100+10*uint64(n+1), 7), now, map[int]doctor.Sent{2: {Tried: 1}})
		steps := min(n+1, 5)
		if one := got.Sent[2]; got.For != time.Duration(steps)*2*time.Second || one.Left == nil || *one.Left != 10*steps || one.Queue != 0 {
			t.Errorf("after %d readings: %s, %+v; want those of the last %d", n+1, got.For, one, steps)
		}
	}
	if got := len(o.facts); got > 7 {
		t.Errorf("%d readings are kept", got)
	}
}

// Datagrams that come twice, by two interfaces, are counted; the same words
// said again are not.
func TestObservedTwice(t *testing.T) {
	b := netip.MustParseAddrPort("192.168.8.226:1234")
	from := func(sender netip.AddrPort, at time.Duration, by int, text string) mcast.Datagram {
		return mcast.Datagram{At: after(at), From: sender, To: mcast.DefaultGroup.Addr, IfIndex: by, Data: []byte(text)}
	}
	zone := func(name string) netip.AddrPort { return netip.MustParseAddrPort("[fe80::1%" + name + "]:1234") }
	tests := []struct {
		name string
		came []mcast.Datagram
		want int
	}{
		{"twice, by two", []mcast.Datagram{from(b, 0, 2, "x"), from(b, time.Millisecond, 3, "x")}, 1},
		{"each of two, by two", []mcast.Datagram{from(b, 0, 2, "x"), from(b, 0, 2, "y"), from(b, 1, 3, "x"), from(b, 1, 3, "y")}, 2},
		{"a link-local sender, whose zone differs", []mcast.Datagram{from(zone("eth0"), 0, 2, "x"), from(zone("eth1"), 1, 3, "x")}, 1},
		{"said twice", []mcast.Datagram{from(b, 0, 2, "x"), from(b, time.Millisecond, 2, "x")}, 0},
		{"other words", []mcast.Datagram{from(b, 0, 2, "x"), from(b, time.Millisecond, 3, "y")}, 0},
		{"another sender", []mcast.Datagram{from(b, 0, 2, "x"), from(zone("eth1"), time.Millisecond, 3, "x")}, 0},
		{"long apart", []mcast.Datagram{from(b, 0, 2, "x"), from(b, 1500*time.Millisecond, 3, "x")}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := newObserved()
			o.look(doctor.Facts{}, noon, nil)
			for _, d := range tt.came {
				o.heard(d, chat.Arrival{})
			}
			got := 0
			for _, d := range o.look(doctor.Facts{}, after(2*time.Second), nil).Doubled {
				got += d.Datagrams
			}
			if got != tt.want {
				t.Errorf("%d datagrams came twice, want %d", got, tt.want)
			}
		})
	}
}

// Whatever comes, memory has bounds, and what is over is forgotten.
func TestObservedForgets(t *testing.T) {
	o := newObserved()
	o.look(doctor.Facts{}, noon, nil)
	for n := range 4 * maxObserved {
		sender := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)}), 1234)
		d := mcast.Datagram{At: noon, From: sender, To: netip.AddrFrom4([4]byte{239, 0, byte(n >> 8), byte(n)}), Data: []byte(strconv.Itoa(n))}
		for d.IfIndex = range 2 {
			o.heard(d, chat.Arrival{Outside: true})
		}
		o.stray(d)
		o.said(chat.Line{ID: uint64(n + 1), At: noon}, n, false)
	}
	if most := max(len(o.senders), len(o.strays), len(o.doubled), len(o.came), len(o.before), len(o.sends)); most > maxObserved {
		t.Errorf("%d of something are kept, want %d at the most", most, maxObserved)
	}
	if got := o.size(noon); got != 4*maxObserved-1 {
		t.Errorf("the largest payload has %d bytes, want %d", got, 4*maxObserved-1)
	}
	seen := o.look(doctor.Facts{}, after(2*time.Second), nil)
	if len(seen.Senders) != maxObserved || len(seen.Strays) != maxObserved || len(seen.Doubled) == 0 || !seen.Senders[0].Outside {
		t.Errorf("seen are %d senders, %d strays, %d doubled", len(seen.Senders), len(seen.Strays), len(seen.Doubled))
	}
	o.forget(after(time.Minute))
	seen = o.look(doctor.Facts{}, after(time.Minute), nil)
	if len(seen.Strays)+len(seen.Doubled)+o.size(after(time.Minute)) > 0 || len(seen.Senders) == 0 {
		t.Errorf("a minute later there are %d strays and %d doubled, and %d senders; want the senders only", len(seen.Strays), len(seen.Doubled), len(seen.Senders))
	}
	o.forget(after(time.Hour))
	if len(o.senders) > 0 {
		t.Errorf("an hour later there are %d senders", len(o.senders))
	}
}

// The way back is asked of other hosts, the latest first.
func TestObservedHosts(t *testing.T) {
	o := newObserved()
	heard := func(from string, at time.Duration, came chat.Arrival) {
		o.heard(mcast.Datagram{At: after(at), From: netip.MustParseAddrPort(from), IfIndex: 2}, came)
	}
	heard("192.168.8.226:1000", 0, chat.Arrival{})
	heard("192.168.8.7:1000", time.Second, chat.Arrival{})
	heard("192.168.8.226:2000", 2*time.Second, chat.Arrival{})
	heard("192.168.8.164:1000", 3*time.Second, chat.Arrival{Local: true})
	if got := fmt.Sprint(o.hosts()); got != "[192.168.8.226 192.168.8.7]" {
		t.Errorf("hosts are %s, want B and the one before, once each, and not this host", got)
	}
	for n := range 4 * maxBack {
		heard(fmt.Sprintf("10.0.0.%d:1000", n+1), time.Minute, chat.Arrival{})
	}
	if got := len(o.hosts()); got != maxBack {
		t.Errorf("the way back is asked of %d hosts, want %d at the most", got, maxBack)
	}
}
