package natslink

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/nats-io/nats.go"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge"
)

// Link returns the Link for these groups. Closing it leaves the client as it is. The
// groups of arrivals have no zone: each site has a zone of its own. Two groups that differ
// in their source only are the same to other sites: an error.
func (c *Client) Link(groups []mcast.Group) (bridge.Link, error) {
	l := &link{client: c, groups: map[string]mcast.Group{}, in: make(chan *nats.Msg, maxQueue), out: make(chan bridge.Arrival), done: make(chan struct{})}
	subjects := []string{prefix + kindLoop + "." + noName + ".*.*", prefix + kindSite + "." + noName + ".*.*"}
	for _, g := range groups {
		token := groupToken(g)
		g.Addr = g.Addr.WithZone("")
		if other, ok := l.groups[token]; ok {
			if other == g {
				continue
			}
			return nil, fmt.Errorf("%s and %s are the same group to other sites", other, g)
		}
		l.groups[token] = g
		subjects = append(subjects, prefix+kindDatagram+"."+token+".*.*")
	}
	for _, s := range subjects {
		sub, err := c.conn.ChanSubscribe(s, l.in) // one channel: the order of a site holds across groups
		if err != nil {
			l.unsubscribe()
			return nil, away(err)
		}
		l.subs = append(l.subs, sub)
	}
	l.ended.Add(1)
	go l.bring()
	return l, nil
}

type link struct {
	client *Client
	groups map[string]mcast.Group // by their token in a subject
	subs   []*nats.Subscription
	in     chan *nats.Msg
	out    chan bridge.Arrival
	lost   atomic.Uint64
	close  sync.Once
	done   chan struct{} // closed by Close
	ended  sync.WaitGroup
}

// Publish implements [bridge.Link].
func (l *link) Publish(m bridge.Message) error {
	token := groupToken(m.Group)
	if _, ok := l.groups[token]; !ok {
		return fmt.Errorf("%s is not a group of this link", m.Group)
	}
	if len(m.Data) > bridge.MaxSize {
		return fmt.Errorf("a datagram of %d bytes: at most %d", len(m.Data), bridge.MaxSize)
	}
	return l.publish(kindDatagram, token, m.Site, headers(m), m.Data)
}

// Report implements [bridge.Link].
func (l *link) Report(r bridge.Report) error { return l.say(kindLoop, r.Site, reportOf(r)) }

// Announce implements [bridge.Link].
func (l *link) Announce(p bridge.Presence) error { return l.say(kindSite, p.Site, presenceOf(p)) }

func (l *link) say(kind, site string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return l.publish(kind, noName, site, nil, data)
}

func (l *link) publish(kind, group, site string, head nats.Header, data []byte) error {
	name, lan, err := cutSite(site)
	if err != nil {
		return err
	}
	if name != l.client.site {
		return fmt.Errorf("site %s has another key than this link, which is of %s", name, l.client.site)
	}
	if !l.client.reached.Load() { // the library would wait for its lock while it dials
		return bridge.ErrAway
	}
	return away(l.client.conn.PublishMsg(&nats.Msg{Subject: subject(kind, group, name, lan), Header: head, Data: data}))
}

// away is bridge.ErrAway for what the library says of a server that is not reached.
func away(err error) error {
	for _, e := range []error{nats.ErrReconnectBufExceeded, nats.ErrConnectionClosed, nats.ErrConnectionDraining, nats.ErrConnectionReconnecting, nats.ErrDisconnected, os.ErrDeadlineExceeded} {
		if errors.Is(err, e) {
			return bridge.ErrAway
		}
	}
	return err
}

// Arrivals implements [bridge.Link].
func (l *link) Arrivals() <-chan bridge.Arrival { return l.out }

// Lost implements [bridge.Link].
func (l *link) Lost() uint64 {
	n := l.lost.Load()
	for _, s := range l.subs {
		if dropped, err := s.Dropped(); err == nil {
			n += uint64(dropped)
		}
	}
	return n
}

// Close implements [bridge.Link].
func (l *link) Close() error {
	l.close.Do(func() {
		l.client.flush()
		close(l.done)
		l.ended.Wait()
		l.lost.Store(l.Lost()) // a subscription that has ended has forgotten it
		l.unsubscribe()
		close(l.out)
	})
	return nil
}

func (l *link) unsubscribe() {
	for _, s := range l.subs {
		_ = s.Unsubscribe() // it is gone with a client that was closed first
	}
}

// bring reads what came, and holds it until it is taken.
func (l *link) bring() {
	defer l.ended.Done()
	q := new(queue)
	for {
		out := l.out
		if q.empty() {
			out = nil
		}
		select {
		case msg := <-l.in:
			if a, ok := l.arrival(msg); ok && !q.push(a) {
				l.lost.Add(1)
			}
		case out <- q.first():
			q.pop()
		case <-l.done:
			return
		}
	}
}

// arrival reads a message of a site. It is false for one that makes no sense, or concerns
// no group of this link.
func (l *link) arrival(msg *nats.Msg) (bridge.Arrival, bool) {
	a, err := l.read(msg)
	if err != nil {
		l.client.malformed.Add(1)
		return bridge.Arrival{}, false
	}
	return a, a != bridge.Arrival{}
}

func (l *link) read(msg *nats.Msg) (a bridge.Arrival, err error) {
	kind, group, site, ok := parseSubject(msg.Subject)
	if !ok {
		return a, errMalformed
	}
	for name := range msg.Header {
		if strings.HasPrefix(name, "Nats-") { // JetStream said it, to a subject that somebody named as a reply
			return a, errMalformed
		}
	}
	switch kind {
	case kindDatagram:
		g, ok := l.groups[group]
		if !ok {
			return a, errMalformed
		}
		a.Message, err = datagram(g, site, msg)
	case kindLoop:
		if a.Report, group, err = reported(site, msg.Data); err != nil {
			return bridge.Arrival{}, err
		}
		if a.Report.Group, ok = l.groups[group]; !ok {
			return bridge.Arrival{}, nil // another bridge carries it
		}
	case kindSite:
		a.Presence, err = present(site, msg.Data)
	}
	return a, err
}
