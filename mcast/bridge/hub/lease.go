package hub

import (
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/groupcast/groupcast/mcast/bridge/natslink"
)

// Limits of what a site asks of the bucket.
const (
	maxLANs    = 64  // leases of a site
	askRate    = 500 // a second
	askBurst   = 1000
	maxAsked   = 256      // requests that wait
	maxAskedIn = 64 << 10 // bytes of them
)

// leaseDesk passes what sites ask of the bucket on to it.
func leaseDesk() deskKind {
	return deskKind{prefix: natslink.LeaseAPI, waiting: maxAsked, size: maxAskedIn, rate: askRate, burst: askBurst, most: maxLANs, pass: passLease}
}

// passLease gives a request of a site to the bucket if it may ask it.
func passLease(d *desk, site string, a *asker, m *nats.Msg) {
	rest, _ := strings.CutPrefix(m.Subject, natslink.LeaseAPI(site)+".")
	if m.Reply == "" || len(m.Data) > maxLease {
		return
	}
	const stream = "KV_" + Bucket
	out := &nats.Msg{Reply: m.Reply}
	key, writes := strings.CutPrefix(rest, "$KV."+Bucket+".")
	switch {
	case writes && (key == site || strings.HasPrefix(key, site+".") && strings.Count(key, ".") == 1):
		if !a.writes(key) {
			return
		}
		out.Subject, out.Data, out.Header = rest, m.Data, nats.Header{}
		for _, name := range []string{"Nats-Expected-Last-Subject-Sequence", "KV-Operation"} {
			if v := m.Header[name]; len(v) == 1 {
				out.Header[name] = v
			}
		}
	case rest == "STREAM.INFO."+stream || strings.HasPrefix(rest, "DIRECT.GET."+stream+".$KV."):
		out.Subject = "$JS.API." + rest
	default:
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.limit.Allow() {
		d.send(site, out)
	}
}
