package hub

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"

	"github.com/groupcast/groupcast/mcast/bridge/natslink"
)

// patience is for what should happen at once.
const patience = 30 * time.Second

const (
	lease  = "$KV." + Bucket + "."
	stream = "KV_" + Bucket
)

func startHub(t *testing.T, dir string, tell func(string)) *Hub {
	t.Helper()
	h, err := Start(t.Context(), Config{Dir: dir, Listen: "127.0.0.1:0", Tell: tell})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

func invite(t *testing.T, h *Hub, site string) natslink.File {
	t.Helper()
	f, err := h.Invite(site)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// client is a connection of a site, as a bridge has it.
type client struct {
	*nats.Conn
	t      *testing.T
	site   string
	closed chan struct{}
	errs   chan error
}

func dial(f natslink.File, errs chan error, closed chan struct{}) (*nats.Conn, error) {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(f.Certificate))
	key, err := nkeys.FromSeed([]byte(f.Seed))
	if err != nil {
		return nil, err
	}
	public, err := key.PublicKey()
	if err != nil {
		return nil, err
	}
	return nats.Connect(f.URL, nats.NoReconnect(), nats.Timeout(patience),
		nats.Secure(&tls.Config{RootCAs: pool, ServerName: Name, MinVersion: tls.VersionTLS13}),
		nats.Nkey(public, key.Sign), nats.CustomInboxPrefix("_INBOX_"+f.Site),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { errs <- err }),
		nats.ClosedHandler(func(*nats.Conn) { close(closed) }))
}

func connect(t *testing.T, f natslink.File) *client {
	t.Helper()
	c := &client{t: t, site: f.Site, closed: make(chan struct{}), errs: make(chan error, 16)}
	conn, err := dial(f, c.errs, c.closed)
	if err != nil {
		t.Fatalf("%s: %v", f.Site, err)
	}
	c.Conn = conn
	t.Cleanup(func() {
		conn.Close()
		<-c.closed
	})
	return c
}

// subscribe has read to the server when it returns.
func (c *client) subscribe(subject string) *nats.Subscription {
	c.t.Helper()
	sub, err := c.SubscribeSync(subject)
	if err == nil {
		err = c.Flush()
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return sub
}

// next is the next message's data.
func next(t *testing.T, sub *nats.Subscription) string {
	t.Helper()
	m, err := sub.NextMsg(patience)
	if err != nil {
		t.Fatalf("%s: %v", sub.Subject, err)
	}
	return string(m.Data)
}

// refused wants the server to have refused what was just sent.
func (c *client) refused(what string) {
	c.t.Helper()
	select {
	case err := <-c.errs:
		if !errors.Is(err, nats.ErrPermissionViolation) || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(what)) {
			c.t.Errorf("%s: %v", what, err)
		}
	case <-time.After(patience):
		c.t.Errorf("%s: the server refused nothing", what)
	}
}

// put sets a lease, as a bridge does.
func (c *client) put(key, holder string) (uint64, error) {
	kv, err := c.leases()
	if err != nil {
		return 0, err
	}
	return kv.Put(c.t.Context(), key, []byte(holder))
}

func (c *client) leases() (jetstream.KeyValue, error) {
	js, err := jetstream.NewWithAPIPrefix(c.Conn, natslink.LeaseAPI(c.site))
	if err != nil {
		return nil, err
	}
	return js.KeyValue(c.t.Context(), Bucket)
}

func holder(t *testing.T, c *client, key string) string {
	t.Helper()
	kv, err := c.leases()
	if err != nil {
		t.Fatal(err)
	}
	e, err := kv.Get(t.Context(), key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(e.Value())
}
