package hub

import (
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"golang.org/x/time/rate"

	"github.com/groupcast/groupcast/mcast/bridge/natslink"
)

// Limits of what a site asks of the bucket.
const (
	maxLANs    = 64  // leases of a site
	askRate    = 500 // a second
	askBurst   = 1000
	maxAsked   = 256      // requests that wait
	maxAskedIn = 64 << 10 // bytes of them
	againAfter = 100 * time.Millisecond
	flushTime  = time.Second
)

// leases passes what sites ask of the bucket on to it.
//
// Sites may not speak to JetStream themselves. It answers to the subject that a request
// names as its reply, with the rights of the server: a site that names another's subject
// would have the server speak, or set a lease, as that other site. Here a reply must be of
// the site that asks, which the server has proved.
type leases struct {
	hub  *Hub
	conn *nats.Conn
	end  func()

	mu  sync.Mutex
	ask map[string]*asker // by site
}

// asker is what a site has asked. Each has a subscription, and so a queue, of its own: what
// one site asks delays and displaces nobody else's.
type asker struct {
	sub *nats.Subscription

	mu    sync.Mutex
	limit *rate.Limiter
	keys  map[string]bool // that it has written
}

// serveLeases begins to take requests. Whatever it loses, a bridge asks again.
func (h *Hub) serveLeases() error {
	conn, end, err := h.connectAdmin(nats.MaxReconnects(-1), nats.ReconnectWait(againAfter), nats.ReconnectBufSize(-1),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {})) // the default one prints
	if err != nil {
		return err
	}
	h.leases = &leases{hub: h, conn: conn, end: end, ask: map[string]*asker{}}
	for site := range *h.sites.Load() {
		if err := h.leases.open(site); err != nil {
			return err
		}
	}
	return h.leases.flush()
}

// open begins to take the requests of a site.
func (l *leases) open(site string) error {
	a := &asker{limit: rate.NewLimiter(askRate, askBurst), keys: map[string]bool{}}
	sub, err := l.conn.Subscribe(natslink.LeaseAPI(site)+".>", func(m *nats.Msg) { l.pass(site, a, m) })
	if err != nil {
		return err
	}
	a.sub = sub
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ask[site] = a
	return sub.SetPendingLimits(maxAsked, maxAskedIn)
}

// shut ends that, and forgets what the site has asked: its leases are gone.
func (l *leases) shut(site string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.ask[site]
	if a == nil {
		return nil
	}
	delete(l.ask, site)
	return a.sub.Unsubscribe()
}

// flush returns when the server has read what open and shut have changed. If it is not
// reached, it is told when it is.
func (l *leases) flush() error {
	if err := l.conn.FlushTimeout(flushTime); err != nil && l.conn.IsClosed() {
		return err
	}
	return nil
}

// pass gives a request of a site to the bucket if it may ask it.
func (l *leases) pass(site string, a *asker, m *nats.Msg) {
	rest, _ := strings.CutPrefix(m.Subject, natslink.LeaseAPI(site)+".")
	if !strings.HasPrefix(m.Reply, natslink.InboxPrefix(site)+".") || len(m.Data) > maxLease {
		return
	}
	const stream = "KV_" + Bucket
	out := &nats.Msg{Reply: m.Reply}
	key, writes := strings.CutPrefix(rest, "$KV."+Bucket+".")
	switch {
	case writes && (key == site || strings.HasPrefix(key, site+".") && strings.Count(key, ".") == 1):
		out.Subject, out.Data, out.Header = rest, m.Data, nats.Header{}
		for _, name := range []string{"Nats-Expected-Last-Subject-Sequence", "KV-Operation"} {
			if v := m.Header[name]; len(v) == 1 {
				out.Header[name] = v
			}
		}
	case rest == "STREAM.INFO."+stream || strings.HasPrefix(rest, "DIRECT.GET."+stream+".$KV."):
		key, out.Subject = "", "$JS.API."+rest
	default:
		return
	}
	if (*l.hub.sites.Load())[site] != "" && a.may(key) { // else it was removed just now
		_ = l.conn.PublishMsg(out)
	}
}

// may takes one of what the site may ask; key: what it writes, "" if nothing.
func (a *asker) may(key string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if key != "" && !a.keys[key] {
		if len(a.keys) >= maxLANs {
			return false
		}
		a.keys[key] = true
	}
	return a.limit.Allow()
}
