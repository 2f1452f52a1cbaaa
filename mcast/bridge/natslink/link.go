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
	"github.com/groupcast/groupcast/mcast/frame"
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
		for _, kind := range []string{kindDatagram, kindKept, kindPassing} {
			subjects = append(subjects, prefix+kind+"."+token+".*.*")
		}
	}
	for _, s := range subjects {
		sub, err := c.conn.ChanSubscribe(s, l.in) // one channel: the order of a site holds across groups
		if err != nil {
			l.unsubscribe()
			return nil, away(err)
		}
		l.subs = append(l.subs, sub)
	}
	k, err := newKeeper(c, l.groups)
	if err != nil {
		l.unsubscribe()
		return nil, err
	}
	l.keeper = k
	l.ended.Go(l.bring)
	return l, nil
}

type link struct {
	client *Client
	keeper *keeper
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

// Keep implements [bridge.Link].
func (l *link) Keep(p bridge.Parcel) error {
	if err := l.check(p, kindKept); err != nil {
		return err
	}
	h, err := frame.Parse(p.Data)
	if err != nil {
		return err
	}
	l.keeper.keep(p, idOf(h, p.Data))
	return nil
}

// Pass implements [bridge.Link].
func (l *link) Pass(p bridge.Parcel) error {
	if err := l.check(p, kindPassing); err != nil {
		return err
	}
	return l.publish(kindPassing, groupToken(p.Group), p.Site, headersOfParcel(p), p.Data)
}

// check is the error of a parcel that can never be sent.
func (l *link) check(p bridge.Parcel, kind string) error {
	if _, ok := l.groups[groupToken(p.Group)]; !ok {
		return fmt.Errorf("%s is not a group of this link", p.Group)
	}
	if _, _, err := l.client.cutOwn(p.Site); err != nil {
		return err
	}
	if !isName(p.Bridge) {
		return fmt.Errorf("%q is no name of a bridge", p.Bridge)
	}
	_, err := checkFrame(p.Data, kind, p.Again)
	return err
}

// Keeping implements [bridge.Link].
func (l *link) Keeping() bridge.Keeping { return l.keeper.status() }

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
	name, lan, err := l.client.cutOwn(site)
	if err != nil {
		return err
	}
	if !l.client.reached.Load() { // the library would wait for its lock while it dials
		return bridge.ErrAway
	}
	return away(l.client.conn.PublishMsg(&nats.Msg{Subject: subject(kind, group, name, lan), Header: head, Data: data}))
}

// cutOwn cuts a site whose key the client has into its name and LAN.
func (c *Client) cutOwn(site string) (name, lan string, err error) {
	if name, lan, err = cutSite(site); err == nil && name != c.site {
		err = fmt.Errorf("site %s has another key than this link, which is of %s", name, c.site)
	}
	return name, lan, err
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
		l.keeper.close()
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
	q, came := new(queue), new(window)
	for {
		out, past := l.out, l.keeper.found
		if q.empty() {
			out = nil
		}
		if !q.half() { // the history waits
			past = nil
		}
		select {
		case msg := <-l.in:
			l.take(msg, q, came)
		case f := <-past:
			// What came live is before it: else a frame that is new would come as an earlier one.
			for range len(l.in) {
				l.take(<-l.in, q, came)
			}
			if !came.add(f.id) && !l.mine(&f.Parcel) && !q.push(bridge.Arrival{Parcel: &f.Parcel}) {
				l.lost.Add(1)
			}
		case out <- q.first():
			q.pop()
		case <-l.done:
			return
		}
	}
}

// take reads a message that came live.
func (l *link) take(msg *nats.Msg, q *queue, came *window) {
	a, ok := l.arrival(msg)
	switch {
	case !ok:
	case !q.push(a):
		l.lost.Add(1) // the history has it, if it is a kept frame
	case a.Parcel != nil && a.Parcel.Kept:
		h, _ := frame.Parse(a.Parcel.Data)
		came.add(idOf(h, a.Parcel.Data))
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
	if a.Parcel != nil && l.mine(a.Parcel) {
		return bridge.Arrival{}, false
	}
	return a, a != bridge.Arrival{}
}

// mine is true of a parcel that came back by the hub, or by the history, to a client which
// is to have nothing of its own.
func (l *link) mine(p *bridge.Parcel) bool { return l.client.cfg.Alone && l.keeper.own(p) }

func (l *link) read(msg *nats.Msg) (a bridge.Arrival, err error) {
	kind, group, site, ok := parseSubject(msg.Subject)
	if !ok {
		return a, errMalformed
	}
	for name := range msg.Header {
		if strings.HasPrefix(name, "Nats-") && (name != nats.MsgIdHdr || kind != kindKept) { // JetStream said it, to a subject that somebody named as a reply
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
	case kindKept, kindPassing:
		g, ok := l.groups[group]
		if !ok {
			return a, errMalformed
		}
		a.Parcel, err = parcel(kind, g, site, msg)
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
