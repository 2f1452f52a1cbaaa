package hub

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"golang.org/x/time/rate"

	"github.com/groupcast/groupcast/mcast/bridge/natslink"
)

const (
	againAfter = 100 * time.Millisecond
	flushTime  = time.Second
)

// desk takes what sites ask, and passes on what they may.
//
// Sites may not speak to JetStream themselves. It answers to the subject that a request
// names as its reply, with the rights of the server: a site that names another's subject
// would have the server speak, or set a lease, as that other site. Here a reply must be of
// the site that asks, which the server has proved.
type desk struct {
	hub  *Hub
	kind deskKind
	conn *nats.Conn
	ctx  context.Context // of requests that wait for their turn
	end  func()

	mu  sync.Mutex
	ask map[string]*asker // by site
}

// deskKind is what a desk is for.
type deskKind struct {
	prefix        func(site string) string // of the subjects that a site asks on
	waiting, size int                      // requests of a site that wait, and bytes of them
	rate, burst   int                      // of them, a second
	most          int                      // keys that a site may write
	pass          func(d *desk, site string, a *asker, m *nats.Msg)
}

// asker is what a site has asked. Each has a subscription, and so a queue, of its own: what
// one site asks delays and displaces nobody else's.
type asker struct {
	sub *nats.Subscription

	mu    sync.Mutex
	limit *rate.Limiter
	keys  map[string]bool // that it has written
	most  int             // of them
}

// open begins to take requests. Whatever it loses, a bridge asks again.
func (h *Hub) openDesk(kind deskKind) (*desk, error) {
	conn, end, err := h.connectAdmin(nats.MaxReconnects(-1), nats.ReconnectWait(againAfter), nats.ReconnectBufSize(-1),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {})) // the default one prints
	if err != nil {
		return nil, err
	}
	d := &desk{hub: h, kind: kind, conn: conn, ask: map[string]*asker{}}
	ctx, cancel := context.WithCancel(context.Background())
	d.ctx, d.end = ctx, func() {
		cancel()
		end()
	}
	for site := range *h.sites.Load() {
		if err = d.open(site); err != nil {
			break
		}
	}
	if err == nil {
		err = d.flush()
	}
	if err != nil {
		d.end()
		return nil, err
	}
	return d, nil
}

// open begins to take the requests of a site.
func (d *desk) open(site string) error {
	a := &asker{limit: rate.NewLimiter(rate.Limit(d.kind.rate), d.kind.burst), keys: map[string]bool{}, most: d.kind.most}
	sub, err := d.conn.Subscribe(d.kind.prefix(site)+".>", func(m *nats.Msg) {
		if m.Reply == "" || strings.HasPrefix(m.Reply, natslink.InboxPrefix(site)+".") {
			d.kind.pass(d, site, a, m)
		}
	})
	if err != nil {
		return err
	}
	a.sub = sub
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ask[site] = a
	return sub.SetPendingLimits(d.kind.waiting, d.kind.size)
}

// shut ends that, and forgets what the site has asked.
func (d *desk) shut(site string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	a := d.ask[site]
	if a == nil {
		return nil
	}
	delete(d.ask, site)
	return a.sub.Unsubscribe()
}

// flush returns when the server has read what open and shut have changed. If it is not
// reached, it is told when it is.
func (d *desk) flush() error {
	if err := d.conn.FlushTimeout(flushTime); err != nil && d.conn.IsClosed() {
		return err
	}
	return nil
}

// send passes a request on, if the site was not removed just now.
func (d *desk) send(site string, m *nats.Msg) {
	if (*d.hub.sites.Load())[site] != "" {
		_ = d.conn.PublishMsg(m)
	}
}

// writes says whether the site may write the key: it has a number of them.
func (a *asker) writes(key string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.keys[key] {
		if len(a.keys) >= a.most {
			return false
		}
		a.keys[key] = true
	}
	return true
}
