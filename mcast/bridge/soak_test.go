package bridge_test

import (
	"context"
	"encoding/binary"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"runtime/debug"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge"
	"github.com/groupcast/groupcast/mcast/bridge/natslink"
)

var long = flag.Bool("long", false, "four sites run for 24 h of virtual time, not for 20 min")

const (
	soakSites  = 4
	silentFor  = 2 * time.Second  // at most, when a bridge or the hub dies
	settled    = 20 * time.Second // then nothing of a datagram is on its way
	faultEvery = 30 * time.Second
)

// soak is four LANs, each with two bridges, and a hub.
type soak struct {
	t    *testing.T
	hub  *soakHub
	lans [soakSites]*soakLAN
	dice *rand.Rand

	mu      sync.Mutex
	sent    map[uint64]*soakSent
	order   []uint64
	windows []soakWindow
	checked int // datagrams that had to arrive, and did
	faults  map[string]int
}

// soakSent is a datagram of a host.
type soakSent struct {
	at   time.Time
	site int
	came [soakSites]int
}

// soakWindow is when datagrams from a site, or to it, may be lost.
type soakWindow struct {
	site     int // -1: all
	from, to time.Time
}

type soakLAN struct {
	soak    *soak
	site    int
	seq     uint64
	late    time.Duration // the kernel's clock is that much behind
	bridges [2]*soakBridge
}

type soakBridge struct {
	lan    *soakLAN
	addr   netip.Addr
	cable  *cable
	client *natslink.Client
	engine bridge.Engine
	in     chan mcast.Datagram
	cancel context.CancelFunc
	ended  sync.WaitGroup
}

func (s *soak) name(site int) string { return fmt.Sprintf("room-%d", site+1) }

func (l *soakLAN) start(n int) {
	s := l.soak
	b := &soakBridge{lan: l, addr: netip.AddrFrom4([4]byte{10, 0, byte(l.site), byte(10 + n)}), cable: newCable(s.hub), in: make(chan mcast.Datagram, 256)}
	var err error
	b.client, err = natslink.Dial(context.Background(), natslink.Config{Site: s.name(l.site), InProcess: b.cable})
	if err != nil {
		s.t.Error(err)
		return
	}
	link, err := b.client.Link([]mcast.Group{group})
	if err != nil {
		s.t.Error(err)
		return
	}
	b.engine = bridge.NewEngine(bridge.Config{
		Groups: []mcast.Group{group}, Ports: []bridge.Port{{Interface: "eth0", Site: s.name(l.site)}}, Link: link, Register: b.client.Register,
		Tell: func(e bridge.Event) {
			if e.Kind == bridge.EventFinding || e.Kind == bridge.EventError {
				s.t.Errorf("%v: %s: %+v %v", e.At, e.Site, e.Finding, e.Err)
			}
		},
	}, b.send)
	b.engine.SetReady(0, true, b.addr)
	ctx, cancel := context.WithCancel(context.Background())
	b.cancel = cancel
	b.ended.Go(func() { b.engine.Run(ctx) })
	b.ended.Go(func() {
		for {
			select {
			case d := <-b.in:
				b.engine.Heard(0, group, d)
			case <-ctx.Done():
				return
			}
		}
	})
	s.mu.Lock()
	l.bridges[n] = b
	s.mu.Unlock()
}

// send sends into the LAN what came from a site.
func (b *soakBridge) send(_ int, _ mcast.Group, data []byte) error {
	l := b.lan
	s := l.soak
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.bridges[0] != b && l.bridges[1] != b {
		return nil // it is dead: nobody hears it
	}
	if len(data) == 8 {
		if d := s.sent[binary.BigEndian.Uint64(data)]; d != nil {
			d.came[l.site]++
		} else {
			s.t.Errorf("a datagram came again after %v", settled)
		}
	}
	l.spread(netip.AddrPortFrom(b.addr, bridge.Mark), data)
	return nil
}

// spread gives a datagram to all bridges of the LAN. The caller holds mu.
func (l *soakLAN) spread(from netip.AddrPort, data []byte) {
	for _, b := range l.bridges {
		if b != nil {
			b.in <- mcast.Datagram{At: time.Now().Round(0).Add(-l.late), From: from, To: group.Addr, Hops: 1, Data: data}
		}
	}
}

// say sends a datagram of the LAN's host.
func (l *soakLAN) say() {
	s := l.soak
	s.mu.Lock()
	defer s.mu.Unlock()
	l.seq++
	key := uint64(l.site)<<56 | l.seq
	s.sent[key] = &soakSent{at: time.Now(), site: l.site}
	s.order = append(s.order, key)
	l.spread(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(l.site), 1}), 5000), binary.BigEndian.AppendUint64(nil, key))
}

// die ends a bridge that says no more, to nobody.
func (b *soakBridge) die(n int) {
	s := b.lan.soak
	s.mu.Lock()
	b.lan.bridges[n] = nil
	s.mu.Unlock()
	b.cable.set(true, true)
	for b.client.Reached() {
		time.Sleep(time.Millisecond)
	}
	b.close()
}

func (b *soakBridge) close() {
	b.cancel()
	b.ended.Wait()
	if err := b.client.Close(); err != nil {
		b.lan.soak.t.Error(err)
	}
}

// fault does what a soak suffers, and returns when it is over. What is sent until silentFor
// later may be lost.
func (s *soak) fault() {
	l := s.lans[s.dice.IntN(soakSites)]
	leader := 0
	if l.bridges[1].engine.Holds(0) {
		leader = 1
	}
	b := l.bridges[leader]
	switch kind := s.dice.IntN(6); kind {
	case 0:
		s.lost("leader-killed", l.site, silentFor)
		b.die(leader)
		time.Sleep(5 * time.Second)
		l.start(leader)
	case 1:
		s.lost("leader-cut-off", l.site, silentFor)
		b.cable.set(true, false)
		time.Sleep(6 * time.Second)
		b.cable.set(false, false)
	case 2:
		s.lost("site-cut-off", l.site, 6*time.Second+silentFor)
		for _, b := range l.bridges {
			b.cable.set(true, false)
		}
		time.Sleep(6 * time.Second)
		for _, b := range l.bridges {
			b.cable.set(false, false)
		}
	case 3:
		s.lost("hub-restarted", -1, time.Second+silentFor)
		s.hub.stop()
		time.Sleep(time.Second)
		if err := s.hub.start(); err != nil {
			s.t.Error(err)
		}
	case 4:
		s.lost("clock-forward", l.site, 3*time.Second)
		s.jump(l, time.Hour)
	case 5: // nothing is lost
		s.lost("clock-back", soakSites, 0)
		s.jump(l, -time.Hour)
	}
}

// jump sets the clock of a LAN's hosts between the kernel's word and the bridge's.
func (s *soak) jump(l *soakLAN, late time.Duration) {
	for _, late := range []time.Duration{late, 0} {
		s.mu.Lock()
		l.late = late
		s.mu.Unlock()
		time.Sleep(2 * time.Second)
	}
}

func (s *soak) lost(fault string, site int, d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[fault]++
	s.windows = append(s.windows, soakWindow{site, time.Now(), time.Now().Add(d)})
}

// check judges the datagrams that have settled, and forgets them.
func (s *soak) check() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.order) > 0 {
		d := s.sent[s.order[0]]
		if time.Since(d.at) < settled {
			break
		}
		for site, n := range d.came {
			switch {
			case site == d.site && n != 0:
				s.t.Errorf("%v: %s hears its own datagram %d times", d.at, s.name(site), n)
			case n > 1:
				s.t.Errorf("%v: a datagram of %s came %d times to %s", d.at, s.name(d.site), n, s.name(site))
			case site != d.site && !s.mayLose(d, site):
				if s.checked++; n == 0 {
					s.t.Errorf("%v: a datagram of %s did not come to %s", d.at, s.name(d.site), s.name(site))
				}
			}
		}
		delete(s.sent, s.order[0])
		s.order = s.order[1:]
	}
	for len(s.windows) > 0 && time.Since(s.windows[0].to) > 2*settled {
		s.windows = s.windows[1:]
	}
}

func (s *soak) mayLose(d *soakSent, to int) bool {
	for _, w := range s.windows {
		if (w.site == -1 || w.site == d.site || w.site == to) && !d.at.Before(w.from) && !d.at.After(w.to) {
			return true
		}
	}
	return false
}

// TestSoak runs four sites for an hour, or with -long for a day: what is sent while nothing
// is broken arrives once at each other site, nothing ever arrives twice, and neither
// goroutines nor memory grow.
func TestSoak(t *testing.T) {
	length := time.Hour // 13 s of a processor: the leases alone are 50 calls a second
	switch {
	case *long:
		length = 24 * time.Hour
	case watched:
		length = 10 * time.Minute
	}
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	runtime.GC() // the NATS library has a pool of timers: none of another bubble may be in it
	runtime.GC()
	defer func() { runtime.GC(); runtime.GC() }()
	synctest.Test(t, func(t *testing.T) {
		s := &soak{t: t, sent: map[uint64]*soakSent{}, faults: map[string]int{}, dice: rand.New(rand.NewPCG(25, 0))}
		s.hub = &soakHub{options: server.Options{
			DontListen: true, NoSigs: true, NoLog: true, NoSystemAccount: true, JetStream: true, StoreDir: t.TempDir(), MaxPayload: 66000,
		}}
		if err := s.hub.start(); err != nil {
			t.Fatal(err)
		}
		s.windows = []soakWindow{{-1, time.Now(), time.Now().Add(2 * silentFor)}} // the beginning
		for n := range s.lans {
			s.lans[n] = &soakLAN{soak: s, site: n}
			s.lans[n].start(0)
			s.lans[n].start(1)
		}
		begin := time.Now()
		var goroutines int
		var heap uint64
		var suffering sync.WaitGroup
		nextFault := begin.Add(faultEvery)
		for time.Since(begin) < length && !t.Failed() {
			for _, l := range s.lans {
				l.say()
				time.Sleep(250 * time.Millisecond)
			}
			s.check()
			if time.Now().After(nextFault) {
				nextFault = nextFault.Add(faultEvery)
				suffering.Wait()
				suffering.Go(s.fault)
			}
			switch time.Since(begin).Truncate(time.Second) {
			case length / 2: // every fault has been there, and the server's caches are full
				suffering.Wait()
				goroutines, heap = soakSize()
			case length - 5*time.Second:
				suffering.Wait()
				g, h := soakSize()
				t.Logf("%d goroutines of %d, %d KiB of %d", g, goroutines, h>>10, heap>>10)
				if g > goroutines || h > heap+heap/4+4<<20 { // a block that the server's file store caches
					t.Errorf("it grows: %d goroutines, then %d; %d KiB, then %d", goroutines, g, heap>>10, h>>10)
				}
			}
		}
		suffering.Wait()
		time.Sleep(settled)
		s.check()
		t.Logf("%d times a datagram had to arrive, and did; %v", s.checked, s.faults)
		if length >= time.Hour && len(s.faults) != 6 && !t.Failed() {
			t.Error("not every fault has happened")
		}
		for _, l := range s.lans {
			for _, b := range l.bridges {
				b.close()
			}
		}
		s.hub.stop()
	})
}

func soakSize() (goroutines int, heap uint64) {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return runtime.NumGoroutine(), m.HeapAlloc
}
