// Package hub is the server of bridges: NATS in this process, with a key for each site.
package hub

import (
	"context"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/groupcast/groupcast/mcast/bridge/natslink"
)

// Config says where a hub listens and what it keeps.
type Config struct {
	Dir    string   // its key, sites and streams; it is made (0700)
	Listen string   // HOST:PORT; an empty HOST: all addresses
	URLs   []string // HOST or HOST:PORT by which sites reach it; none: the host's addresses
}

// Hub is a server that runs.
type Hub struct {
	server *server.Server
}

// Start starts a hub. ctx bounds the start only.
func Start(ctx context.Context, cfg Config) (*Hub, error) { return &Hub{}, nil }

// Invite makes a key for a site, which replaces an older one, and returns its hub file.
func (h *Hub) Invite(site string) (natslink.File, error) { return natslink.File{}, nil }

// Remove takes a site's key back. Its connections are cut.
func (h *Hub) Remove(site string) error { return nil }

// Close ends the hub.
func (h *Hub) Close() error { return nil }
