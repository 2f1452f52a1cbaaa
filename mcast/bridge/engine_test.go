package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge"
)

// segment is a LAN: what is sent on it reaches everybody on it, with the sender's own copy.
type segment struct {
	mu     sync.Mutex
	heard  []string
	others []func(mcast.Datagram)
}

func (s *segment) send(from netip.AddrPort, data string) {
	s.mu.Lock()
	s.heard = append(s.heard, data)
	others := slices.Clone(s.others)
	s.mu.Unlock()
	for _, take := range others {
		go take(mcast.Datagram{At: time.Now().Round(0), From: from, To: group.Addr, Hops: 1, Data: []byte(data)})
	}
}

func (s *segment) count(data string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range s.heard {
		if h == data {
			n++
		}
	}
	return n
}

var group = mcast.Group{Addr: netip.MustParseAddr("239.1.2.3"), Port: 5001}

// shared is a Register in memory.
type shared struct {
	mu sync.Mutex
	e  bridge.Entry
}

func (r *shared) Get(context.Context) (bridge.Entry, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.e, nil
}

func (r *shared) Update(_ context.Context, holder string, revision uint64) (uint64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.e.Revision != revision {
		return 0, bridge.ErrChanged
	}
	r.e = bridge.Entry{Holder: holder, Revision: revision + 1}
	return r.e.Revision, nil
}

func (r *shared) Delete(_ context.Context, revision uint64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.e.Revision != revision {
		return bridge.ErrChanged
	}
	r.e = bridge.Entry{}
	return nil
}

// site is a LAN with bridges.
type site struct {
	segment
	shared
	bridges []bridge.Engine
	ends    []context.CancelFunc
}

func startSite(t *testing.T, wire *bridge.Wire, n, bridges int, running *sync.WaitGroup) *site {
	s := &site{}
	for k := range bridges {
		addr := netip.AddrFrom4([4]byte{10, byte(n), 0, byte(2 + k)})
		cfg := bridge.Config{
			Groups: []mcast.Group{group}, Ports: []bridge.Port{{Interface: "eth0", Site: fmt.Sprint("room-", n)}}, Link: wire.Join(),
			Register: func(string) bridge.Register { return &s.shared },
		}
		e := bridge.NewEngine(cfg, func(_ int, _ mcast.Group, data []byte) error {
			s.send(netip.AddrPortFrom(addr, bridge.Mark), string(data))
			return nil
		})
		s.others = append(s.others, func(d mcast.Datagram) { e.Heard(0, group, d) })
		e.SetReady(0, true, addr)
		ctx, end := context.WithCancel(t.Context())
		s.bridges, s.ends = append(s.bridges, e), append(s.ends, end)
		running.Go(func() { e.Run(ctx) })
	}
	return s
}

// A datagram arrives once at each other site; when the leader leaves, the other bridge of
// the site goes on, and at the end nothing runs any more.
func TestOnceAtEachSite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var wire bridge.Wire
		var running sync.WaitGroup
		var sites []*site
		for n := range 3 {
			sites = append(sites, startSite(t, &wire, n, 2, &running))
		}
		time.Sleep(time.Second)
		talk := func(from int, data string, want int) {
			t.Helper()
			sites[from].send(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(from), 0, 99}), 40000), data)
			time.Sleep(100 * time.Millisecond)
			for n, s := range sites {
				if got := s.count(data); got != want && n != from || n == from && got != 1 {
					t.Errorf("%s: %d times at site %d", data, got, n)
				}
			}
		}
		talk(0, "one", 1)
		talk(1, "two", 1)
		leader := slices.IndexFunc(sites[0].bridges, func(e bridge.Engine) bool { return e.Holds(0) })
		sites[0].ends[leader]()
		time.Sleep(300 * time.Millisecond)
		talk(0, "three", 1)
		talk(2, "four", 1)
		var led, heard, carried uint64
		for _, b := range sites[0].bridges {
			s := b.Status()[0]
			if s.Leads {
				led++
			}
			heard += s.Heard
			carried += s.AtLAN[bridge.Carried]
		}
		if led != 1 || carried != 2 || heard < 4 {
			t.Errorf("of the bridges of a site %d lead; they heard %d, and carried %d", led, heard, carried)
		}
		for _, s := range sites {
			for _, end := range s.ends {
				end()
			}
		}
		running.Wait()
		if sites[0].shared.e != (bridge.Entry{}) {
			t.Errorf("the lease is still held: %v", sites[0].shared.e)
		}
	})
}

// absent is a Register that cannot be asked.
type absent struct{ shared }

func (*absent) Get(context.Context) (bridge.Entry, error) {
	return bridge.Entry{}, errors.New("away")
}

// While nobody leads, a datagram is lost, and no other bridge is said to have carried it.
// What comes too fast is told, with the count.
func TestNobodyLeads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, test := range []struct {
			name     string
			register bridge.Register
			want     bridge.Why
		}{
			{"no hub", &absent{}, bridge.Lost},
			{"another leads", &shared{e: bridge.Entry{Holder: "another", Revision: 7}}, bridge.Standby},
		} {
			var wire bridge.Wire
			e := bridge.NewEngine(bridge.Config{
				Groups: []mcast.Group{group}, Ports: []bridge.Port{{Interface: "eth0", Site: "room"}}, Link: wire.Join(),
				Register: func(string) bridge.Register { return test.register },
			}, func(int, mcast.Group, []byte) error { return nil })
			ctx, end := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() { e.Run(ctx); close(done) }()
			e.SetReady(0, true, netip.MustParseAddr("10.0.0.2"))
			time.Sleep(time.Second)
			e.Heard(0, group, mcast.Datagram{At: time.Now().Round(0), From: netip.MustParseAddrPort("10.0.0.9:5000"), To: group.Addr, Data: []byte("x")})
			if s := e.Status()[0]; s.AtLAN[test.want] != 1 || s.Heard != 1 || s.Leads {
				t.Errorf("%s: %+v", test.name, s)
			}
			end()
			<-done
		}
	})
}

func TestLeaseErrorSaysNotAway(t *testing.T) {
	err := &bridge.LeaseError{Site: "room", Err: fmt.Errorf("%w: no answer", bridge.ErrAway)}
	if got := err.Error(); got != "room: this bridge cannot lead, and carries nothing: no answer" || !errors.Is(err, bridge.ErrAway) {
		t.Error(got)
	}
}

// A hub that is reached, and has no lease, is told with the reason, ever more seldom.
func TestNoLeaseIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var wire bridge.Wire
		var at []time.Duration
		start := time.Now()
		e := bridge.NewEngine(bridge.Config{
			Groups: []mcast.Group{group}, Ports: []bridge.Port{{Interface: "eth0", Site: "room"}}, Link: wire.Join(),
			Register: func(string) bridge.Register { return &absent{} },
			Tell: func(ev bridge.Event) {
				if _, ok := errors.AsType[*bridge.LeaseError](ev.Err); ok && ev.Err.Error() == "room: this bridge cannot lead, and carries nothing: away" {
					at = append(at, time.Since(start).Round(time.Second))
				}
			},
		}, func(int, mcast.Group, []byte) error { return nil })
		ctx, end := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { e.Run(ctx); close(done) }()
		e.SetReady(0, true, netip.MustParseAddr("10.0.0.2"))
		time.Sleep(90 * time.Second)
		end()
		<-done
		if want := []time.Duration{11 * time.Second, 21 * time.Second, 81 * time.Second}; !slices.Equal(at, want) {
			t.Errorf("told at %v, want %v", at, want)
		}
	})
}

func TestTooFastIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var wire bridge.Wire
		var findings []bridge.Finding
		e := bridge.NewEngine(bridge.Config{
			Groups: []mcast.Group{group}, Ports: []bridge.Port{{Interface: "eth0", Site: "room"}}, Link: wire.Join(), Rate: 10, Burst: 5,
			Tell: func(ev bridge.Event) {
				if ev.Finding != nil {
					findings = append(findings, *ev.Finding)
				}
			},
		}, func(int, mcast.Group, []byte) error { return nil })
		ctx, end := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { e.Run(ctx); close(done) }()
		for n := range 35 {
			e.Heard(0, group, mcast.Datagram{At: time.Now().Round(0), From: netip.MustParseAddrPort("10.0.0.9:5000"), To: group.Addr, Data: []byte{byte(n)}})
		}
		time.Sleep(time.Minute)
		end()
		<-done
		want := []bridge.Finding{{Name: bridge.OverRate, Site: "room", Count: 30}}
		if !slices.Equal(findings, want) {
			t.Errorf("told: %+v, want %+v", findings, want)
		}
	})
}

// While an interface goes down sends fail. When it is up again nothing of that is left: the
// bridge leads at once, where a standby may be needed.
func TestSendsThatFailedBeforeTheInterfaceWasDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var wire bridge.Wire
		var running sync.WaitGroup
		register, addr := &shared{}, netip.MustParseAddr("10.0.0.2")
		var failing atomic.Bool
		e := bridge.NewEngine(bridge.Config{
			Groups: []mcast.Group{group}, Ports: []bridge.Port{{Interface: "eth0", Site: "room-1"}}, Link: wire.Join(),
			Register: func(string) bridge.Register { return register },
		}, func(int, mcast.Group, []byte) error {
			if failing.Load() {
				return syscall.ENETUNREACH
			}
			return nil
		})
		other := wire.Join()
		e.SetReady(0, true, addr)
		ctx, end := context.WithCancel(t.Context())
		running.Go(func() { e.Run(ctx) })
		time.Sleep(time.Second)
		if !e.Holds(0) {
			t.Fatal("a bridge alone does not lead")
		}
		failing.Store(true)
		for n := range 5 { // some before the interface is seen to be down, some after
			_ = other.Publish(bridge.Message{Group: group, Site: "room-2", Bridge: "0123456789abcdef", Seq: uint64(n) + 1, Data: []byte("hello")})
			time.Sleep(time.Millisecond)
			if n == 2 {
				e.SetReady(0, false, addr)
			}
		}
		time.Sleep(2 * time.Second)
		failing.Store(false)
		e.SetReady(0, true, addr)
		time.Sleep(200 * time.Millisecond)
		if !e.Holds(0) {
			t.Error("a bridge whose interface is up again does not lead")
		}
		_ = other.Close()
		end()
		running.Wait()
	})
}

// slow is a Register whose renewals take longer than the lease holds, for a while.
type slow struct {
	shared
	takes atomic.Int64 // ns
}

func (r *slow) Update(ctx context.Context, holder string, revision uint64) (uint64, error) {
	time.Sleep(time.Duration(r.takes.Load()))
	return r.shared.Update(ctx, holder, revision)
}

// A lease that ran out while its renewal was on the way is told, although it was renewed.
func TestALapseIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var wire bridge.Wire
		var leads []bool
		register := &slow{}
		e := bridge.NewEngine(bridge.Config{
			Groups: []mcast.Group{group}, Ports: []bridge.Port{{Interface: "eth0", Site: "room"}}, Link: wire.Join(),
			Register: func(string) bridge.Register { return register },
			Tell: func(ev bridge.Event) {
				if ev.Kind == bridge.EventLease {
					leads = append(leads, ev.Leads)
				}
			},
		}, func(int, mcast.Group, []byte) error { return nil })
		ctx, end := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { e.Run(ctx); close(done) }()
		e.SetReady(0, true, netip.MustParseAddr("10.0.0.2"))
		time.Sleep(2 * time.Second)
		register.takes.Store(int64(900 * time.Millisecond))
		time.Sleep(1500 * time.Millisecond)
		register.takes.Store(0)
		time.Sleep(3 * time.Second)
		end()
		<-done
		if want := []bool{true, false, true}; len(leads) < 3 || !slices.Equal(leads[:3], want) {
			t.Errorf("told: %v, want %v at first", leads, want)
		}
	})
}
