package natslink

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/groupcast/groupcast/mcast/bridge"
)

// Config says how a NATS server is reached. Either File or the others.
type Config struct {
	File File // a site's hub file

	URL    string // tls://HOST:4222; nats:// for a loopback address only
	Site   string
	Creds  string // path of a credentials file; "": none
	CA     string // path of certificates that sign the server's, PEM; "": the system's
	Domain string // of JetStream; "": the server's own

	// Tell is called when the server is reached, and when it is not any more, with the
	// reason. While it is away it is called at each try, every 250 ms. It is called by one
	// goroutine at a time, and must neither wait nor call the Client.
	Tell func(reached bool, err error)

	// Denied is called with what the server does not permit this key to do with the subjects
	// of groups: it says so after the fact. It must neither wait nor call the Client. nil:
	// nobody is told.
	Denied func(err error)

	// Alone says that the bridge has one LAN: the server does not send back what this client
	// publishes, which would be dropped. With several, what one LAN said is for the others.
	Alone bool

	// InProcess, if it is not nil, is the server: it is reached without a socket and
	// without TLS. For tests; the Site is that of File or Site, the URL may be empty.
	InProcess nats.InProcessConnProvider
}

// Client is a connection to a NATS server, which it keeps up. Its methods can be called
// from several goroutines.
type Client struct {
	cfg  Config
	url  string
	site string
	dial *dialer
	conn *nats.Conn
	js   jetstream.JetStream
	kv   bucket

	reached    atomic.Bool
	malformed  atomic.Uint64
	connection atomic.Uint64 // how often the server was reached
	forbidden  atomic.Bool   // in this connection it did not permit a request of the history
	first      chan error    // the outcome of the first try
	done       chan struct{} // the connection has ended for good

	mu      sync.Mutex // of what follows, and around Tell
	once    bool       // the server was reached once
	strikes int        // refusals of the key since
	err     error
	away    chan struct{} // see Refused
	service *nats.Subscription
	own     func() []bridge.Status // what Serve was given
	keepers map[*keeper]bool       // of the links
}

// Refused is closed when the server has refused this client for good: the key was removed,
// or the server has another certificate. Err has the reason then.
func (c *Client) Refused() <-chan struct{} { return c.away }

// Err is why the server refused: ErrKey or ErrCertificate, in words; nil: it did not.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Reached says whether the server is reached now.
func (c *Client) Reached() bool { return c.reached.Load() }

// Site is the one whose key this client has.
func (c *Client) Site() string { return c.site }

// Malformed is how many messages of others were dropped because they made no sense.
func (c *Client) Malformed() uint64 { return c.malformed.Load() }

// Close ends the connection. It first sends the messages that were published before, for at
// most 1 s.
func (c *Client) Close() error {
	c.mu.Lock()
	service := c.service
	c.service = nil
	c.mu.Unlock()
	if service != nil {
		_ = service.Unsubscribe()
	}
	c.flush()
	c.dial.cancel()
	c.conn.Close()
	<-c.done
	return nil
}

const flushWait = time.Second

func (c *Client) flush() {
	if c.reached.Load() {
		_ = c.conn.FlushTimeout(flushWait)
	}
}

// connected is called by the library: each handler after the one before has returned.
func (c *Client) connected() {
	c.forbidden.Store(false)
	c.connection.Add(1)
	c.reached.Store(true)
	c.mu.Lock()
	defer c.mu.Unlock()
	for k := range c.keepers {
		k.connected()
	}
	c.once, c.strikes = true, 0
	c.outcome(nil)
	c.tell(true, nil)
}

// watch has a keeper be told when the server is reached.
func (c *Client) watch(k *keeper) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.keepers == nil {
		c.keepers = map[*keeper]bool{}
	}
	c.keepers[k] = true
}

func (c *Client) unwatch(k *keeper) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.keepers, k)
}

// notPermitted notes that the server has refused what was published.
func (c *Client) notPermitted(err error) {
	text := strings.ToLower(err.Error())
	if strings.Contains(text, HistoryAPI(c.site)) || strings.Contains(text, strings.ToLower(c.api())) && strings.Contains(text, strings.ToLower(HistoryStream)) {
		c.forbidden.Store(true)
	}
	if c.cfg.Denied != nil && strings.Contains(text, `"`+prefix) {
		c.cfg.Denied(err)
	}
}

// lost is called when the connection has ended, failed when a try to connect has.
func (c *Client) lost(err error) {
	c.reached.Store(false)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dial.ctx.Err() == nil { // else Close did it
		c.tell(false, words(err))
	}
}

// strikes of a key that was accepted before: a server that begins may not know all keys.
const maxStrikes = 2

func (c *Client) failed(err error) {
	c.reached.Store(false)
	if errors.Is(err, nats.ErrNoServers) {
		err = c.dial.last(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil || c.dial.ctx.Err() != nil {
		return
	}
	kind := kindOf(err)
	if kind == ErrKey && c.once {
		if c.strikes++; c.strikes < maxStrikes {
			kind = nil
		}
	}
	if kind == nil {
		c.outcome(nil)
		c.tell(false, words(err))
		return
	}
	c.err = c.refused(kind, err, c.once)
	close(c.away)
	c.outcome(c.err)
	c.tell(false, c.err)
	go func() { // the caller may be the connection's own loop
		c.dial.cancel()
		c.conn.Close()
	}()
}

func (c *Client) outcome(err error) {
	select {
	case c.first <- err:
	default: // it was not the first
	}
}

func (c *Client) tell(reached bool, err error) {
	if c.cfg.Tell != nil {
		c.cfg.Tell(reached, err)
	}
}

// dialer makes connections that end with the Client.
type dialer struct {
	ctx    context.Context
	cancel context.CancelFunc
	mu     sync.Mutex
	err    error
}
