package session

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/members"
)

// beyond is a bridge, as members see one: it sends from one address what others say that are
// not here.
type beyond struct {
	t    *testing.T
	g    mcast.Group
	conn *mcast.Conn // from which it sends

	mu      sync.Mutex
	convs   []*members.Conversation
	last    map[frame.Stream][]byte // HELLO, as it was heard
	unicast []string
}

var beyondAddr = netip.MustParseAddr("192.168.8.66")

func bridgeHere(t *testing.T, g mcast.Group) *beyond {
	t.Helper()
	eth0, err := netlink.LinkByName("eth0")
	if err != nil {
		t.Fatal(err)
	}
	own, err := netlink.ParseAddr(beyondAddr.String() + "/24")
	if err == nil {
		err = netlink.AddrAdd(eth0, own)
	}
	if err != nil {
		t.Fatal(err)
	}
	b := &beyond{t: t, g: g, last: map[frame.Stream][]byte{}}
	if b.conn, err = mcast.Listen(t.Context(), mcast.Config{Addr: beyondAddr, Port: frame.Mark}); err != nil {
		t.Fatal(err)
	}
	ear := listener(t, mcast.Group{Addr: g.Addr, Port: g.Port + 1})
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	read := func(conn *mcast.Conn, take func(mcast.Datagram)) {
		batch := make([]mcast.Datagram, mcast.BatchSize)
		for {
			n, err := conn.Read(ctx, batch)
			if ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return
			}
			b.mu.Lock()
			for _, d := range batch[:n] {
				take(d)
			}
			b.mu.Unlock()
		}
	}
	done.Go(func() {
		read(ear, func(d mcast.Datagram) {
			if h, err := frame.Parse(d.Data); err == nil && h.Kind == frame.KindHello && d.From.Port() != frame.Mark {
				b.last[h.Stream] = slices.Clone(d.Data)
			}
			for _, c := range b.convs {
				c.Receive(time.Now(), members.Datagram{Data: slices.Clone(d.Data), From: d.From, IfIndex: d.IfIndex})
			}
		})
	})
	done.Go(func() { read(b.conn, func(d mcast.Datagram) { b.unicast = append(b.unicast, d.From.String()) }) })
	done.Go(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				b.mu.Lock()
				b.flush()
				b.mu.Unlock()
			}
		}
	})
	t.Cleanup(func() {
		cancel()
		done.Wait()
		b.conn.Close()
	})
	return b
}

// add is somebody who is heard by the bridge, or the bridge itself.
func (b *beyond) add(nick string, bits frame.Bits) *members.Conversation {
	c := members.New(members.Config{
		Rooms: []*frame.Room{frame.OpenRoom(b.g.String())}, Author: author(nick), Nick: nick, Bits: bits, Random: rand.New(rand.NewPCG(1, 2)),
	}, time.Now())
	b.mu.Lock()
	defer b.mu.Unlock()
	b.convs = append(b.convs, c)
	return c
}

// flush sends what is due; the caller holds b.mu.
func (b *beyond) flush() {
	for _, c := range b.convs {
		outs, _ := c.Due(time.Now())
		for _, out := range outs {
			b.send(out.Data, b.g.Port+1)
		}
	}
}

func (b *beyond) send(data []byte, port uint16) {
	if err := b.conn.Send(data, netip.AddrPortFrom(b.g.Addr, port), mcast.Via{Source: beyondAddr}); err != nil && !errors.Is(err, net.ErrClosed) {
		b.t.Errorf("the bridge sends: %v", err)
	}
}

// do does something in a conversation, and sends what it has to send.
func (b *beyond) do(f func(now time.Time) error) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := f(time.Now()); err != nil {
		b.t.Fatal(err)
	}
	b.flush()
}

func (b *beyond) relay(c *members.Conversation, source, text string) {
	b.t.Helper()
	b.do(func(now time.Time) error {
		_, err := c.Keep(now, &frame.Relay{Text: text, Time: uint64(now.UnixMilli()), Source: netip.MustParseAddrPort(source)})
		return err
	})
}

// A talk goes over a bridge: members and programs at other sites have their names and
// addresses, and each line is one; nothing is sent to the bridge alone.
func TestTalkAcrossSites(t *testing.T) {
	t.Parallel()
	if !labtest.InHost(t, lab.Article, "B") {
		return
	}
	g := labtest.Group("239.1.2.3:5000")
	b := bridgeHere(t, g)
	own, other, erin := b.add("room-1", frame.BitBridge|frame.BitLog), b.add("room-2", frame.BitBridge), b.add("erin", 0)
	alice, bob := enter(t, as("alice", g)), enter(t, as("bob", g))
	alice.until("bridges are bridges, and erin is at room-2", func() bool {
		b.do(func(now time.Time) error {
			return own.Pass(now, &frame.Sites{Site: "room-1", Others: []frame.SiteState{
				{Site: "room-2", Here: []frame.Ref{erin.Stream().Ref(), other.Stream().Ref()}}, {Site: "room-3", State: frame.SiteAway},
			}})
		})
		m := alice.Snapshot().Members
		return len(m.Bridges) == 2 && len(m.Members) == 2 && slices.ContainsFunc(m.Members, func(m members.Member) bool {
			return m.Nick == "erin" && m.Site == "room-2" && m.Afar && m.Presence == members.Live
		})
	})
	// By the bridge, plain text comes before its frame.
	b.send([]byte("hello"), g.Port)
	b.do(func(now time.Time) error { _, _, err := erin.Say(now, "hello", 0, 0); return err })
	if l := alice.hears("hello"); l.Member.Name != "erin" || l.Member.Site != "room-2" {
		t.Errorf("what erin says is %+v", l)
	}
	b.send([]byte("from afar"), g.Port)
	b.relay(other, "10.2.0.7:4000", "from afar")
	if l := alice.hears("from afar"); l.From.String() != "10.2.0.7:4000" || l.Origin.Site != "room-2" || l.Member.Name != "" {
		t.Errorf("what a program beyond says is %+v", l)
	}
	// A program here, which its own bridge relays.
	peer, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(g.AddrPort()))
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	peer.Write([]byte("from here"))
	here := alice.hears("from here")
	b.relay(own, here.From.String(), "from here")
	alice.says("mine")
	alice.reaches("mine", 2, 2)
	mine := alice.sees("its own line", func(l chat.Line) bool { return l.Kind == chat.Own })
	b.relay(own, netip.AddrPortFrom(mine.Source, locked(alice.Session, func() uint16 { return alice.senders[netip.IPv4Unspecified()].LocalAddr().Port() })).String(), "mine")
	if err := alice.AskFacts(erin.Stream().Ref()); !errors.Is(err, ErrBeyond) {
		t.Errorf("facts of erin: %v", err)
	}
	// What is sent here comes back: two LANs are one.
	alice.until("it is told that sites are joined", func() bool {
		b.mu.Lock()
		for _, hello := range b.last {
			b.send(hello, g.Port+1)
		}
		b.mu.Unlock()
		return slices.ContainsFunc(alice.all(chat.Problem), func(l chat.Line) bool { return strings.Contains(l.Text.String(), "two sites are joined already") })
	})
	for _, text := range []string{"mine", "hello", "from here"} {
		b.send([]byte(text), g.Port)
	}
	b.do(func(now time.Time) error { _, _, err := erin.Say(now, "done", 0, 0); return err })
	for _, p := range []*person{alice, bob} {
		p.hears("done")
		labtest.Eventually(t, "nothing is held back", func() bool { return locked(p.Session, p.room.Held) == 0 })
		var got []string
		for _, l := range p.all(chat.Heard) {
			got = append(got, l.Text.String())
		}
		slices.Sort(got)
		if want := map[*person]string{alice: "done, from afar, from here, hello", bob: "done, from afar, from here, hello, mine"}[p]; strings.Join(got, ", ") != want {
			t.Errorf("its lines are %q, want %s", got, want)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.unicast) > 0 {
		t.Errorf("the bridge got unicast from %v", b.unicast)
	}
}
