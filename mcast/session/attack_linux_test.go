package session

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/frame"
	ids "github.com/groupcast/groupcast/mcast/identity"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/members"
)

var long = flag.Bool("long", false, "attack for longer, and with more")

// longEnv tells it to the run of a test in a host.
const longEnv = "GROUPCAST_TEST_LONG"

// attacker is another address of the members' network, which nobody else has.
type attacker struct {
	t    *testing.T
	to   netip.AddrPort // the port of frames
	conn *mcast.Conn    // that it sends from
	room *frame.Room

	mu     sync.Mutex
	seen   [][]byte // frames of the members, as they were sent
	echoes bool     // each of them goes to the group again
	ended  chan struct{}
}

// attack begins to record what members send.
func attack(t *testing.T, g mcast.Group) *attacker {
	t.Helper()
	eth0, err := netlink.LinkByName("eth0")
	if err != nil {
		t.Fatal(err)
	}
	own, err := netlink.ParseAddr("192.168.8.66/24")
	if err == nil {
		err = netlink.AddrAdd(eth0, own)
	}
	if err != nil {
		t.Fatal(err)
	}
	a := &attacker{
		t: t, to: netip.AddrPortFrom(g.Addr, g.Port+1), room: frame.OpenRoom(g.String()), ended: make(chan struct{}),
	}
	if a.conn, err = mcast.Listen(t.Context(), mcast.Config{Addr: netip.MustParseAddr("192.168.8.66")}); err != nil {
		t.Fatal(err)
	}
	ear := listener(t, mcast.Group{Addr: g.Addr, Port: g.Port + 1})
	go func() {
		defer close(a.ended)
		batch := make([]mcast.Datagram, mcast.BatchSize)
		for {
			n, err := ear.Read(context.Background(), batch)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			for _, d := range batch[:n] {
				if d.From == a.conn.LocalAddr() {
					continue
				}
				a.mu.Lock()
				a.seen = append(a.seen, slices.Clone(d.Data))
				echo := a.echoes
				a.mu.Unlock()
				if echo {
					a.send(d.Data)
				}
			}
		}
	}()
	t.Cleanup(func() {
		ear.Close()
		<-a.ended
		a.conn.Close()
	})
	return a
}

func (a *attacker) send(data []byte) {
	err := a.conn.Send(data, a.to, mcast.Via{Source: netip.MustParseAddr("192.168.8.66")})
	if err != nil && !errors.Is(err, net.ErrClosed) {
		a.t.Errorf("the attacker sends: %v", err)
	}
}

func (a *attacker) echo(on bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.echoes = on
}

func (a *attacker) recorded() [][]byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.seen)
}

// at sends so many a second, that many in all, in bursts of a hundredth of a second.
func (a *attacker) at(rate, count int, datagram func(n int) []byte) {
	every := time.NewTicker(10 * time.Millisecond)
	defer every.Stop()
	for n := 0; n < count; <-every.C {
		for range max(1, rate/100) {
			a.send(datagram(n))
			n++
		}
	}
}

// encode is a frame of somebody.
func (a *attacker) encode(room *frame.Room, who frame.Author, number uint64, b frame.Body) []byte {
	data, err := room.Encode(who, number, b)
	if err != nil {
		a.t.Fatal(err)
	}
	return data
}

// author is a stream of somebody whom nobody knows.
func author(name string) frame.Author {
	return frame.NewAuthor(identity(name), [8]byte([]byte(name+"........")))
}

// Eight members talk on under attack, and miss nothing: a flood, forged names, another
// key, a storm of requests, every frame echoed, and all of them played again. Nobody is
// taken for gone, nobody appears who is not there, and each datagram is counted once.
func TestAttack(t *testing.T) {
	if *long {
		t.Setenv(longEnv, "1")
	}
	if !labtest.InHost(t, lab.Article, "B") {
		return
	}
	g := labtest.Group("239.1.2.3:5000")
	a := attack(t, g)
	times, long := 1, os.Getenv(longEnv) != "" // how much more of all
	if long {
		times = 5
	}
	const count = 8
	var all []*person
	for n := range count {
		cfg := as(fmt.Sprintf("m%d", n), g)
		cfg.Members.Pins = &ids.Pins{}
		all = append(all, enter(t, cfg))
	}
	names := func(p *person) (list []string) {
		for _, m := range p.Snapshot().Members.Members {
			if !m.Unproven {
				list = append(list, m.String())
			}
		}
		return list
	}
	everybody := func(n int) (list []string) {
		for other := range count {
			if other != n {
				list = append(list, fmt.Sprintf("m%d", other))
			}
		}
		return list
	}
	for n, p := range all {
		labtest.Eventually(t, "all are known to all", func() bool { return slices.Equal(names(p), everybody(n)) })
	}
	if long { // idle, all of them send five frames a second at most
		const span = 20 * time.Second
		<-time.After(10 * time.Second) // until those of the beginning are over
		before := len(a.recorded())
		<-time.After(span)
		rate := float64(len(a.recorded())-before) / span.Seconds()
		if t.Logf("idle, %d members send %.1f frames a second", count, rate); rate > 5 {
			t.Errorf("idle, %d members send %.1f frames a second, want 5 at most", count, rate)
		}
	}
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()

	random := rand.New(rand.NewPCG(1, 2))
	fill := func(b []byte) {
		for n := range b {
			b[n] = byte(random.Uint32())
		}
	}
	garbage := func(int) []byte {
		b := make([]byte, 4+random.IntN(1300))
		fill(b)
		copy(b, "\xfeMC\x01")
		return b
	}
	lookalike := func(n int) []byte { // passes all checks but one
		b := a.encode(a.room, author("eve"), frame.FirstPassing+uint64(n), &frame.Hello{Nick: "eve", Time: 1})
		if n%20 == 0 { // the signature, which costs most
			b[len(b)-1] ^= 1
		} else { // the key
			fill(b[8:32])
		}
		return b
	}
	sealed := frame.SealedRoom(frame.RoomKey{9}, g.String())
	refs := func() (list []frame.Ref) {
		for _, m := range all[0].Snapshot().Members.Members {
			list = append(list, m.Ref)
		}
		return list
	}()
	phases := []struct {
		name string
		do   func()
	}{
		{"nothing", func() {}},
		{"garbage", func() { a.at(3000, 3000*times, garbage) }},
		{"frames that look right", func() { a.at(1000, 1000*times, lookalike) }},
		{"forged names", func() {
			a.at(50, 20*times, func(n int) []byte {
				eve := author(fmt.Sprint("eve", n/2))
				if n%2 == 0 {
					return a.encode(a.room, eve, frame.FirstPassing, &frame.Hello{Nick: "m1", Time: uint64(time.Now().UnixMilli())})
				}
				return a.encode(a.room, eve, 1, &frame.Text{Text: "this is m1", Time: 1})
			})
		}},
		{"another key", func() {
			a.at(500, 500*times, func(n int) []byte {
				return a.encode(sealed, author("eve"), frame.FirstPassing+uint64(n), &frame.Hello{Nick: "eve"})
			})
		}},
		{"a newer version", func() {
			a.at(500, 500*times, func(n int) []byte {
				b := a.encode(a.room, author("eve"), frame.FirstPassing+uint64(n), &frame.Hello{Nick: "eve"})
				b[3] = 2
				return b
			})
		}},
		{"requests", func() {
			a.at(100, 100*times, func(n int) []byte {
				need := &frame.Need{}
				for _, ref := range refs[:2] {
					need.Ranges = append(need.Ranges, frame.Range{Ref: ref, From: 1, To: 32})
				}
				return a.encode(a.room, author("greedy"), frame.FirstPassing+uint64(n), need)
			})
		}},
		{"a clock that jumps", func() {
			for n, at := range []uint64{0, uint64(time.Now().UnixMilli()), 1 << 42, 1} {
				a.send(a.encode(a.room, author("clock"), frame.FirstPassing+uint64(n), &frame.Hello{Nick: "clock", Time: at}))
				a.send(a.encode(a.room, author("clock"), 1+uint64(n), &frame.Text{Text: fmt.Sprint("at ", n), Time: at}))
			}
		}},
		{"echoes", func() { a.echo(true) }},
		{"everything once more", func() {
			a.echo(false)
			recording := a.recorded()
			for range 2 {
				a.at(1000, len(recording), func(n int) []byte { return recording[min(n, len(recording)-1)] })
			}
		}},
	}
	said := make([][]string, count) // by each
	for _, phase := range phases {
		var under sync.WaitGroup
		under.Go(phase.do)
		for n, p := range all {
			said[n] = append(said[n], fmt.Sprintf("%s, says m%d", phase.name, n))
			p.says(said[n][len(said[n])-1])
		}
		under.Wait()
		for n, p := range all {
			last := said[n][len(said[n])-1]
			p.sees(fmt.Sprintf("under attack by %s %q is heard by all", phase.name, last), func(l chat.Line) bool {
				return l.Kind == chat.Own && l.Text.String() == last && l.Reach.Known && l.Reach.By >= count-1
			})
		}
	}

	for n, p := range all {
		for m := range all {
			if m == n {
				continue
			}
			var heard []string
			for _, l := range p.all(chat.Heard) {
				if l.Member.Name == fmt.Sprintf("m%d", m) {
					heard = append(heard, l.Text.String())
				}
			}
			slices.Sort(heard)
			if want := slices.Sorted(slices.Values(said[m])); !slices.Equal(heard, want) {
				t.Errorf("m%d heard of m%d:\n%q\nwant\n%q", n, m, heard, want)
			}
		}
		if got := names(p); !slices.Equal(got, everybody(n)) {
			t.Errorf("the members that m%d knows at the end: %q", n, got)
		}
		told := map[string]int{}
		for _, l := range p.all(chat.Notice, chat.Problem) {
			text := l.Text.String()
			if strings.HasSuffix(text, " left") || strings.Contains(text, " gone") || strings.Contains(text, "could not be recovered") || strings.Contains(text, "in our name") {
				t.Errorf("m%d is told: %s", n, text)
			}
			for _, kind := range []string{"frames of version 2 come from 192.168.8.66", "a sealed room is in this group, too", "the clock of clock is off by "} {
				if strings.Contains(text, kind) {
					told[kind]++
				}
			}
		}
		if told["frames of version 2 come from 192.168.8.66"] != 1 || told["a sealed room is in this group, too"] != 1 || told["the clock of clock is off by "] > 1 {
			t.Errorf("m%d is told of what is strange so often: %v", n, told)
		}
		s := p.Snapshot()
		labtest.Eventually(t, "members have as many frames as the talk", func() bool { // they are looked at now and then
			s = p.Snapshot()
			return s.Members.Counters.Read == s.Room.Counters.Frames
		})
		c, room := s.Members.Counters, s.Room.Counters
		var sum uint64
		for _, n := range c.Outcomes {
			sum += n
		}
		if sum != c.Read {
			t.Errorf("m%d: %d frames, %d by their outcomes", n, c.Read, sum)
		}
		if sum := room.Texts + room.OwnCopies + room.Strays + room.Twins + room.Frames + room.Ignored; sum != room.Read {
			t.Errorf("m%d: %d datagrams, %d by their counters: %+v", n, room.Read, sum, room)
		}
		for _, o := range []members.Outcome{members.Newer, members.Malformed, members.OtherRoom, members.Forged, members.Again} {
			if c.Outcomes[o] == 0 {
				t.Errorf("m%d counted no outcome %d: the attack did not arrive", n, o)
			}
		}
	}
	after := heap()
	if t.Logf("the heap grew from %d to %d KiB", before>>10, after>>10); after > before+64<<20 {
		t.Errorf("the heap grew from %d to %d MiB", before>>20, after>>20)
	}
}
