// Package natslink is a bridge's [bridge.Link] over NATS, with the leases of sites and
// the bridges' own words about how they stand.
package natslink

import (
	"context"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge"
)

// Config says how a NATS server is reached. Either File or the others.
type Config struct {
	File File // a site's hub file

	URL    string // tls://HOST:4222; nats:// for a loopback address only
	Site   string
	Creds  string // path of a credentials file
	CA     string // path of certificates that sign the server's, PEM; "": the system's
	Domain string // of JetStream; "": the server's own

	// Tell is called when the server is reached, and when it is not any more, with the
	// reason. While it is away it is called at each try.
	Tell func(reached bool, err error)
}

// Client is a connection to a NATS server, which it keeps up.
type Client struct {
	conn *nats.Conn
}

// Dial connects. A server that is not there is waited for: that is no error. The error is
// that of the Config, or of a server that refuses the key or has a wrong certificate.
func Dial(ctx context.Context, cfg Config) (*Client, error) { return &Client{}, nil }

// Refused is closed when the server has refused this client for good: the key was removed.
// Err has the reason then.
func (c *Client) Refused() <-chan struct{} { return nil }

// Err is why the server refused; nil: it did not.
func (c *Client) Err() error { return nil }

// Link returns the Link for these groups. Closing it leaves the client as it is.
func (c *Client) Link(groups []mcast.Group) (bridge.Link, error) { return nil, nil }

// Register returns the lease of a site.
func (c *Client) Register(site string) bridge.Register { return nil }

// Serve answers those who ask how this bridge stands, until the client is closed.
func (c *Client) Serve(status func() []bridge.Status) error { return nil }

// Statuses asks all bridges how they stand, and returns what has come when wait is over.
func (c *Client) Statuses(ctx context.Context, wait time.Duration) ([]bridge.Status, error) {
	return nil, nil
}

// Close ends the connection.
func (c *Client) Close() error { return nil }
