package natslink

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge"
)

var from = netip.MustParseAddrPort("192.0.2.7:5000")

func message(site, name string, seq uint64, g mcast.Group) bridge.Message {
	return bridge.Message{Group: g, Site: site, Bridge: name, Seq: seq, From: from, Hops: 3, Data: binary.BigEndian.AppendUint64(nil, seq)}
}

// forgetTimers empties the library's pool of timers: one of a bubble must not be used
// outside. A sync.Pool keeps nothing over two collections.
func forgetTimers() {
	runtime.GC()
	runtime.GC()
}

// inBubble runs a test with a server in virtual time.
func inBubble(t *testing.T, f func(t *testing.T, s *testServer)) {
	forgetTimers()
	defer forgetTimers()
	synctest.Test(t, func(t *testing.T) {
		f(t, inProcess(t))
	})
}

func TestLinkBringsWhatSitesGive(t *testing.T) {
	inBubble(t, func(t *testing.T, s *testServer) {
		a, b := s.client("room-1"), s.client("room-2")
		v6 := mustParse("[ff02::114%eth0]:5000")
		la, lb := linked(t, a, group, v6), linked(t, b, group, v6)
		name := bridge.NewName()
		var sent []bridge.Arrival
		give := func(v any) {
			t.Helper()
			switch v := v.(type) {
			case bridge.Message:
				check(t, la.Publish(v))
				v.Group.Addr, v.Data = v.Group.Addr.WithZone(""), bytes.Clone(v.Data)
				v.From = noZone(v.From)
				sent = append(sent, bridge.Arrival{Message: &v})
			case bridge.Report:
				check(t, la.Report(v))
				sent = append(sent, bridge.Arrival{Report: &v})
			case bridge.Presence:
				check(t, la.Announce(v))
				sent = append(sent, bridge.Arrival{Presence: &v})
			}
		}
		at := time.Now().UTC()
		give(bridge.Presence{Site: "room-1/eth0", Bridge: name, Addr: netip.MustParseAddr("192.0.2.1"), Joined: true, Groups: []mcast.Group{{Addr: netip.MustParseAddr("239.1.2.3"), Port: 5001}}, At: at})
		for seq := range uint64(100) { // the order holds across groups
			give(message("room-1", name, 2*seq, group))
			give(message("room-1/br.7", name, 2*seq+1, v6))
		}
		m := message("room-1", name, 1<<64-1, group)
		m.Data, m.Hops = make([]byte, bridge.MaxSize), 255
		m.From = netip.MustParseAddrPort("[fe80::1%eth0]:65535")
		give(m)
		m.Data, m.Hops = []byte{}, 0
		give(m)
		give(bridge.Report{Group: group, Probe: bridge.Probe{Bridge: bridge.NewName(), Nonce: 1<<64 - 1}, Site: "room-1", Bridge: name, From: from, Addr: netip.MustParseAddr("fe80::1")})
		give(bridge.Presence{Site: "room-1", Bridge: name, At: at})

		for _, link := range []bridge.Link{lb, la} { // it comes to the own site, too
			for n, want := range sent {
				got := <-link.Arrivals()
				if !reflect.DeepEqual(got, want) {
					t.Fatalf("arrival %d: %+v, want %+v", n, got, want)
				}
			}
		}
		synctest.Wait()
		if n := la.Lost() + lb.Lost() + a.Malformed() + b.Malformed(); n != 0 {
			t.Errorf("%d lost or malformed", n)
		}
		// What was published last comes although the link is closed.
		check(t, la.Announce(bridge.Presence{Site: "room-1", Bridge: name}), la.Close(), la.Close())
		if got := <-lb.Arrivals(); got.Presence == nil {
			t.Errorf("after all came %+v", got)
		}
		if _, open := <-la.Arrivals(); open {
			t.Error("a closed link brings something")
		}
		check(t, a.Close(), b.Close(), lb.Close())
	})
}

// The server binds the subject to the key; what a message says of itself counts for nothing.
func TestLinkReadsTheSiteFromTheSubject(t *testing.T) {
	inBubble(t, func(t *testing.T, s *testServer) {
		a, b := s.client("room-1"), s.client("room-2")
		la, lb := linked(t, a, group), linked(t, b, group)
		name := bridge.NewName()
		for _, err := range []error{
			la.Publish(message("room-2", name, 1, group)),
			la.Publish(message("room-2/eth0", name, 1, group)),
			la.Publish(message("room-1/", name, 1, group)),
			la.Publish(message("room-1", name, 1, mustParse("239.9.9.9"))),
			la.Report(bridge.Report{Group: group, Site: "room-2"}),
			la.Announce(bridge.Presence{Site: "*"}),
			la.Publish(bridge.Message{Group: group, Site: "room-1", Bridge: name, From: from, Data: make([]byte, bridge.MaxSize+1)}),
		} {
			if err == nil || errors.Is(err, bridge.ErrAway) {
				t.Errorf("sent: %v", err)
			}
		}
		head := headers(message("room-1", name, 7, group))
		head["Gc-Site"] = []string{"room-3"}
		check(t, a.conn.PublishMsg(&nats.Msg{Subject: "groupcast.v1.d.239-1-2-3_1234.room-1._", Header: head}))
		if got := <-lb.Arrivals(); got.Message == nil || got.Message.Site != "room-1" || got.Message.Seq != 7 {
			t.Errorf("came %+v", got.Message)
		}
		check(t, la.Close(), lb.Close(), a.Close(), b.Close())
	})
}

func TestSlowReaderIsCountedAndOthersGetAll(t *testing.T) {
	inBubble(t, func(t *testing.T, s *testServer) {
		a, slow, b := s.client("room-1"), s.client("room-2"), s.client("room-3")
		la, ls, lb := linked(t, a), linked(t, slow, group), linked(t, b, group)
		la.Close()
		la = linked(t, a, group)
		go func() {
			for range la.Arrivals() {
			}
		}()
		const sent = 3 * maxQueue
		done := make(chan bool)
		go func() {
			for n := range uint64(sent) {
				if got := <-lb.Arrivals(); got.Message.Seq != n {
					t.Errorf("message %d, want %d", got.Message.Seq, n)
					break
				}
			}
			close(done)
		}()
		name := bridge.NewName()
		for n := range uint64(sent) {
			check(t, la.Publish(message("room-1", name, n, group)))
			if n%1000 == 0 {
				synctest.Wait()
			}
		}
		<-done
		check(t, slow.conn.Flush())
		synctest.Wait()
		if lost := ls.Lost(); lost != sent-maxQueue {
			t.Errorf("%d lost of %d", lost, sent)
		}
		for n := range uint64(maxQueue) { // what was held is the oldest, in order
			if got := <-ls.Arrivals(); got.Message.Seq != n {
				t.Fatalf("message %d, want %d", got.Message.Seq, n)
			}
		}
		large := message("room-1", name, sent, group)
		large.Data = make([]byte, bridge.MaxSize)
		for range 100 {
			check(t, la.Publish(large))
			<-lb.Arrivals()
			synctest.Wait()
		}
		if lost := ls.Lost() - (sent - maxQueue); lost != 100-maxQueueBytes/bridge.MaxSize {
			t.Errorf("%d large ones lost", lost)
		}
		check(t, la.Close(), lb.Close(), ls.Close())
		if lost := ls.Lost(); lost != sent-maxQueue+100-maxQueueBytes/bridge.MaxSize {
			t.Errorf("%d lost after Close", lost)
		}
		check(t, a.Close(), b.Close(), slow.Close())
	})
}

// A hub that begins again is found within 2 s; until then nothing is kept.
func TestHubAwayAndBack(t *testing.T) {
	inBubble(t, func(t *testing.T, s *testServer) {
		a, b := s.client("room-1"), s.client("room-2")
		la, lb := linked(t, a, group), linked(t, b, group)
		name := bridge.NewName()
		for round := range uint64(3) {
			s.stop()
			synctest.Wait()
			if err := la.Publish(message("room-1", name, 10*round, group)); !errors.Is(err, bridge.ErrAway) {
				t.Fatalf("to a hub that is away: %v", err)
			}
			if _, err := a.Register("room-1").Get(t.Context()); !errors.Is(err, bridge.ErrAway) {
				t.Fatalf("a lease of a hub that is away: %v", err)
			}
			if _, err := a.Statuses(t.Context(), time.Second); !errors.Is(err, bridge.ErrAway) {
				t.Fatalf("the bridges of a hub that is away: %v", err)
			}
			time.Sleep(time.Minute)
			s.start()
			begin := time.Now()
			for la.Publish(message("room-1", name, 10*round+1, group)) != nil || !b.Reached() {
				time.Sleep(10 * time.Millisecond)
			}
			check(t, b.conn.Flush(), la.Publish(message("room-1", name, 10*round+2, group)))
			for got := range lb.Arrivals() {
				if got.Message.Seq == 10*round+2 {
					break
				} else if got.Message.Seq != 10*round+1 {
					t.Errorf("message %d was kept", got.Message.Seq)
				}
			}
			if took := time.Since(begin); took > time.Second {
				t.Errorf("traffic after %v", took)
			}
		}
		check(t, la.Close(), lb.Close(), a.Close(), b.Close())
	})
}

// To a client with one LAN nothing of its own comes back, and its lease and questions work.
func TestAloneHearsTheOthersOnly(t *testing.T) {
	inBubble(t, func(t *testing.T, s *testServer) {
		a, b := dialed(t, Config{Site: "room-1", InProcess: s, Alone: true}), s.client("room-2")
		la, lb := linked(t, a, group), linked(t, b, group)
		check(t, la.Publish(message("room-1", bridge.NewName(), 1, group)), a.conn.Flush())
		check(t, lb.Publish(message("room-2", bridge.NewName(), 2, group)))
		if got := <-la.Arrivals(); got.Message == nil || got.Message.Site != "room-2" {
			t.Errorf("%+v came first, want what room-2 says", got)
		}
		if got := <-lb.Arrivals(); got.Message == nil || got.Message.Site != "room-1" {
			t.Errorf("%+v came to room-2 first, want what room-1 says", got)
		}
		r, holder := a.Register("room-1"), bridge.NewName()
		revision, err := r.Update(t.Context(), holder, 0)
		check(t, err)
		if e, err := r.Get(t.Context()); err != nil || e != (bridge.Entry{Holder: holder, Revision: revision}) {
			t.Errorf("the lease is %+v, %v", e, err)
		}
		if list, err := a.Statuses(t.Context(), time.Second); err != nil || len(list) != 0 {
			t.Errorf("nobody serves, and %v, %v was told", list, err)
		}
		for n, c := range []*Client{a, b} { // its own word is among those that it is told
			site := fmt.Sprint("room-", n+1)
			check(t, c.Serve(func() []bridge.Status { return []bridge.Status{{Site: site, Bridge: bridge.NewName(), Group: group}} }), c.conn.Flush())
			list, err := a.Statuses(t.Context(), time.Second)
			if err != nil || len(list) != n+1 || list[0].Site != "room-1" || list[n].Site != site {
				t.Errorf("%d serve, and %+v, %v was told", n+1, list, err)
			}
		}
		check(t, la.Close(), lb.Close())
	})
}
