package natslink

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"

	"github.com/groupcast/groupcast/mcast/bridge"
)

const (
	dialWait  = 2 * time.Second // of the connection, and again of TLS and the key
	tryEvery  = 250 * time.Millisecond
	pingEvery = time.Second
	pingsLost = 2 // then the server is away: 2 to 3 s after its last word
	writeWait = 2 * time.Second
)

// InboxPrefix is where a site's answers arrive: the server lets no other site read it.
func InboxPrefix(site string) string { return "_INBOX_" + site }

// LeaseAPI is where a site asks a hub for what other servers are asked by $JS.API. The hub
// sees who asks, and passes on what concerns the leases.
func LeaseAPI(site string) string { return "groupcast-hub." + site }

// Dial connects. A server that is not there is waited for: that is no error, and Tell says
// it. The error is that of the Config, of ctx, or of a server that refuses at the first
// try: ErrKey or ErrCertificate. ctx bounds Dial only.
func Dial(ctx context.Context, cfg Config) (*Client, error) {
	c := &Client{cfg: cfg, first: make(chan error, 1), done: make(chan struct{}), away: make(chan struct{})}
	options, err := c.options()
	if err != nil {
		return nil, err
	}
	c.dial = &dialer{}
	c.dial.ctx, c.dial.cancel = context.WithCancel(context.Background())
	stop := context.AfterFunc(ctx, c.dial.cancel)
	conn := make(chan struct{}) // closed when c.conn is set
	failed := func(err error) {
		<-conn
		c.failed(err)
	}
	options = append(options,
		nats.SetCustomDialer(c.dial),
		nats.SkipHostLookup(), // the dialer does it
		nats.Timeout(dialWait),
		nats.FlusherTimeout(writeWait),
		nats.ReconnectBufSize(-1), // what cannot be sent is lost, and said
		nats.RetryOnFailedConnect(true),
		nats.MaxReconnects(-1),
		nats.PingInterval(pingEvery),
		nats.MaxPingsOutstanding(pingsLost),
		nats.CustomInboxPrefix(InboxPrefix(c.site)),
		nats.Name("groupcast bridge of "+c.site),
		nats.IgnoreAuthErrorAbort(), // failed decides
		nats.ConnectHandler(func(*nats.Conn) { c.connected() }),
		nats.ReconnectHandler(func(*nats.Conn) { c.connected() }),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) { c.lost(err) }),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) { failed(err) }),
		// A try that fails after the dial is told to no handler. This one is called
		// before the next, without the connection's lock.
		nats.CustomReconnectDelay(func(int) time.Duration {
			<-conn
			if err := c.conn.LastError(); err != nil {
				failed(err)
			}
			return tryEvery
		}),
		nats.ErrorHandler(func(conn *nats.Conn, _ *nats.Subscription, err error) { // the default one prints
			if errors.Is(err, os.ErrDeadlineExceeded) { // half of a message was written
				_ = conn.ForceReconnect()
			} else if errors.Is(err, nats.ErrPermissionViolation) {
				c.notPermitted(err)
			}
		}),
		nats.ClosedHandler(func(*nats.Conn) { close(c.done) }),
	)
	if cfg.Alone {
		options = append(options, nats.NoEcho())
	}
	if c.conn, err = nats.Connect(c.url, options...); err != nil {
		c.dial.cancel()
		return nil, err
	}
	close(conn)
	select {
	case err = <-c.first:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = c.jetstream()
	}
	if err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

// options are what the Config asks for.
func (c *Client) options() ([]nats.Option, error) {
	var options []nats.Option
	cfg := c.cfg
	if cfg.InProcess != nil {
		options = append(options, nats.InProcessServer(cfg.InProcess))
	}
	if f := cfg.File; f != (File{}) {
		if key, err := f.check(); err != nil && (cfg.InProcess == nil || key == "site" || key == "seed") {
			return nil, err
		}
		c.url, c.site = f.URL, f.Site
		key, err := nkeys.FromSeed([]byte(f.Seed))
		if err != nil {
			return nil, errors.New("the seed is not one of an nkey")
		}
		public, err := key.PublicKey()
		if err != nil {
			return nil, errors.New("the seed is not one of an nkey")
		}
		options = append(options, nats.Nkey(public, key.Sign), nats.IgnoreDiscoveredServers())
		if cfg.InProcess == nil {
			t, err := f.tls()
			if err != nil {
				return nil, err
			}
			options = append(options, nats.Secure(t))
		}
		return options, nil
	}
	if c.url, c.site = cfg.URL, cfg.Site; cfg.InProcess == nil {
		if err := checkURL(cfg.URL); err != nil {
			return nil, err
		}
	}
	if err := bridge.CheckSite(cfg.Site); err != nil {
		return nil, err
	}
	if cfg.Creds != "" {
		if err := checkCreds(cfg.Creds); err != nil {
			return nil, err
		}
		options = append(options, nats.UserCredentials(cfg.Creds)) // read at each try: it may be renewed
	}
	if cfg.InProcess == nil && cfg.URL[:4] == "tls:" {
		t, err := authorities(cfg.CA)
		if err != nil {
			return nil, err
		}
		options = append(options, nats.Secure(t))
	}
	return options, nil
}

// checkCreds is the error of a file that is none of credentials. It holds nothing of it.
func checkCreds(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		return fmt.Errorf("%s: not a file of credentials of at most %d bytes", path, maxFile)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	key, err := nkeys.ParseDecoratedUserNKey(text)
	if err != nil {
		return fmt.Errorf("%s: no user's seed in it: want a file of credentials, as nsc writes it", path)
	}
	key.Wipe()
	if _, err := nkeys.ParseDecoratedJWT(text); err != nil {
		return fmt.Errorf("%s: no user's token (JWT) in it: want a file of credentials, as nsc writes it", path)
	}
	return nil
}

func (c *Client) jetstream() (err error) {
	if c.cfg.File != (File{}) {
		c.js, err = jetstream.NewWithAPIPrefix(c.conn, LeaseAPI(c.site))
	} else if c.cfg.Domain == "" {
		c.js, err = jetstream.New(c.conn)
	} else {
		c.js, err = jetstream.NewWithDomain(c.conn, c.cfg.Domain)
	}
	return err
}

// Dial implements nats.CustomDialer.
func (d *dialer) Dial(network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(d.ctx, dialWait)
	defer cancel()
	var net net.Dialer
	conn, err := net.DialContext(ctx, network, address)
	d.mu.Lock()
	d.err = err
	d.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return d.bind(conn), nil
}

// bind closes the connection when the Client ends: the library holds its lock while it
// negotiates, so Close would wait.
func (d *dialer) bind(conn net.Conn) net.Conn {
	return &bound{conn, context.AfterFunc(d.ctx, func() { conn.Close() })}
}

type bound struct {
	net.Conn
	stop func() bool
}

func (b *bound) Close() error {
	b.stop()
	return b.Conn.Close()
}

// last is the error of the last dial, which the library does not pass on; else it is err.
func (d *dialer) last(err error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil {
		return d.err
	}
	return err
}
