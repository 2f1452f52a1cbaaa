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
	maxAsked   = 8192    // requests that wait
	maxAskedIn = 8 << 20 // bytes of them
	againAfter = 100 * time.Millisecond
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

// asker is what a site has asked.
type asker struct {
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
	l := &leases{hub: h, conn: conn, end: end, ask: map[string]*asker{}}
	h.leases = l
	sub, err := conn.Subscribe(natslink.LeaseAPI("*")+".>", l.pass)
	if err == nil {
		err = sub.SetPendingLimits(maxAsked, maxAskedIn)
	}
	if err == nil {
		err = conn.Flush()
	}
	return err
}

// pass gives a request to the bucket if the site may ask it.
func (l *leases) pass(m *nats.Msg) {
	rest, _ := strings.CutPrefix(m.Subject, natslink.LeaseAPI(""))
	site, rest, _ := strings.Cut(rest, ".")
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
	if l.may(site, key) {
		_ = l.conn.PublishMsg(out)
	}
}

// may takes one of what the site may ask; key: what it writes, "" if nothing.
func (l *leases) may(site, key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if (*l.hub.sites.Load())[site] == "" {
		return false // it was removed just now
	}
	a := l.ask[site]
	if a == nil {
		a = &asker{rate.NewLimiter(askRate, askBurst), map[string]bool{}}
		l.ask[site] = a
	}
	if key != "" && !a.keys[key] {
		if len(a.keys) >= maxLANs {
			return false
		}
		a.keys[key] = true
	}
	return a.limit.Allow()
}

// forget forgets what a site has asked, for its leases are gone.
func (l *leases) forget(site string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.ask, site)
}
