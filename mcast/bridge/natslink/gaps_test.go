package natslink

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge"
)

// Of a long gap the newest are new, and the rest earlier ones. A link whose arrivals nobody
// takes holds no more than its bounds; once they are taken, the history brings what was
// lost.
func TestLongGaps(t *testing.T) {
	inBubble(t, func(t *testing.T, s *testServer) {
		a := sitesOf(t, s, 2)
		a.settle(time.Second)
		// Each LAN of the site is a subject, and a subject has at most 2,048.
		number := uint64(0)
		fill := func(count int, pause int) {
			for range count {
				number++
				site := fmt.Sprintf("room-1/eth%d", number/2000)
				check(t, a.links[0].Keep(parcelOf(site, a.name, kept(t, number))))
				if int(number)%pause == 0 {
					time.Sleep(100 * time.Millisecond)
				}
			}
			time.Sleep(time.Minute)
		}
		fill(9000, 200) // nobody takes them
		if lost := a.links[1].Lost(); lost == 0 {
			t.Error("none was lost")
		}
		a.settle(10 * time.Second)
		got, earlier := a.numbers(1)
		slices.Sort(got)
		if held := maxQueue + maxUnasked; len(slices.Compact(got)) != 9000 || len(got) != 9000 || earlier != 9000-held {
			t.Errorf("%d frames arrived, %d earlier ones, want 9000 and %d", len(got), earlier, 9000-held)
		}
		check(t, a.links[1].Close())
		a.links[1] = linked(t, a.clients[1], group)
		a.settle(10 * time.Second)
		a.want(1, 1, 9000, 9000)
		a.close()
	})
}

// gate is a way to a server that can be cut.
type gate struct {
	to   *testServer
	mu   sync.Mutex
	shut bool
	open []net.Conn
	mute atomic.Bool // what is sent by the connections is lost, as by a cable that is cut
}

// muted is a connection of a gate.
type muted struct {
	net.Conn
	gate *gate
}

func (m muted) Write(b []byte) (int, error) {
	if m.gate.mute.Load() {
		return len(b), nil
	}
	return m.Conn.Write(b)
}

func (g *gate) InProcessConn() (net.Conn, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut {
		return nil, nats.ErrNoServers
	}
	c, err := g.to.InProcessConn()
	if err == nil {
		g.open = append(g.open, c)
		c = muted{c, g}
	}
	return c, err
}

func (g *gate) set(shut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = shut
	for _, c := range g.open {
		c.Close()
	}
	g.open = nil
}

// A site that is cut off for 60 s has all that the others kept within 5 s after it is back,
// and they have what it kept.
func TestPartitionHeals(t *testing.T) {
	inBubble(t, func(t *testing.T, s *testServer) {
		a, g := sitesOf(t, s, 1), &gate{to: s}
		c := dialed(t, Config{Site: "room-2", InProcess: g, Alone: true})
		a.clients, a.links, a.heard = append(a.clients, c), append(a.links, linked(t, c, group)), append(a.heard, nil)
		a.settle(time.Second)
		g.set(true)
		for n := range uint64(2000) { // a subject has 2,048
			a.keep(n + 1)
			if n%2 == 0 {
				check(t, a.links[1].Keep(parcelOf("room-2", goodName, kept(t, 5000+n/2))))
			}
			time.Sleep(30 * time.Millisecond)
		}
		if k := a.links[1].Keeping(); k.Waiting != 1000 || k.Kept != 0 {
			t.Errorf("the link that is cut off keeps %+v", k)
		}
		g.set(false)
		a.settle(5 * time.Second)
		a.want(1, 1, 2000, 0)
		a.want(0, 5000, 5999, 0)
		if k := a.links[1].Keeping(); k != (bridge.Keeping{Kept: 1000}) {
			t.Errorf("the link that was cut off keeps %+v", k)
		}
		a.close()
	})
}

// A server that went without a word gives no answer for a moment. Once it is away, nothing
// is said of its history any more.
func TestAwayIsNoFaultOfTheHistory(t *testing.T) {
	inBubble(t, func(t *testing.T, s *testServer) {
		g := &gate{to: s}
		c := dialed(t, Config{Site: "room-1", InProcess: g, Alone: true})
		l := linked(t, c, group)
		time.Sleep(time.Second)
		g.mute.Store(true)
		for c.Reached() {
			time.Sleep(50 * time.Millisecond)
		}
		g.set(true)
		time.Sleep(20 * time.Second)
		if k := l.Keeping(); k.Err != nil {
			t.Errorf("a server that is away: %v", k.Err)
		}
		g.mute.Store(false)
		g.set(false)
		time.Sleep(5 * time.Second)
		if k := l.Keeping(); k.Err != nil || !c.Reached() {
			t.Errorf("back, reached %t: %v", c.Reached(), k.Err)
		}
		check(t, l.Close(), c.Close())
	})
}

// A hub from before there was a history permits no request of it. Frames cross as they did
// not before, and nobody keeps them.
func TestHubWithoutTheHistoryAPI(t *testing.T) {
	t.Parallel()
	pinned, _ := signed(t, nil, false, ServerName)
	secret, public := seed(t)
	other, second := seed(t)
	s := onLoopback(t, pinned, public, second)
	s.stop()
	for n, user := range s.options.Nkeys {
		site := fmt.Sprint("room-", n+1)
		user.Permissions = &server.Permissions{
			Publish:   &server.SubjectPermission{Allow: []string{"groupcast.v1.*.*." + site + ".*"}},
			Subscribe: &server.SubjectPermission{Allow: []string{"groupcast.v1.>", InboxPrefix(site) + ".>"}},
		}
	}
	s.start()
	file := func(site, secret string) Config {
		return Config{File: File{URL: s.url("tls"), Site: site, Seed: secret, Certificate: pemOf(pinned)}, Alone: true}
	}
	open := func(c *Client) bridge.Link {
		l, err := c.Link([]mcast.Group{group})
		check(t, err, c.conn.Flush())
		t.Cleanup(func() { l.Close() })
		return l
	}
	la, lb := open(dialed(t, file("room-1", secret))), open(dialed(t, file("room-2", other)))
	name := bridge.NewName()
	for n := range uint64(3) {
		check(t, la.Keep(parcelOf("room-1", name, kept(t, n+1))))
		if got := <-lb.Arrivals(); !bytes.Equal(got.Parcel.Data, kept(t, n+1)) {
			t.Errorf("came %+v", got.Parcel)
		}
	}
	if k := la.Keeping(); k.Waiting != 0 || k.Kept != 0 || !errors.Is(k.Err, errOlderHub) {
		t.Errorf("the link keeps %+v", k)
	}
}
