// Package hub is the server of bridges: NATS in this process, with a key for each site.
//
// A site's key can publish as its own site, and renew its own lease. It can read all
// groups. The server refuses everything that [permissions] does not list.
package hub

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"

	"github.com/groupcast/groupcast/mcast/bridge"
	"github.com/groupcast/groupcast/mcast/bridge/natslink"
)

// MaxSites bounds the sites of a hub.
const MaxSites = 1024

// Bucket is the KV bucket of the leases. Its stream is KV_groupcast_v1_lease. The key of
// a lease is the site's name, or SITE.IFACE for a bridge that has several LANs.
const Bucket = "groupcast_v1_lease"

// Errors of a hub.
var (
	ErrRunning  = errors.New("a hub runs on this directory already")
	ErrNone     = errors.New("no hub runs there")
	ErrNoSite   = errors.New("the hub has no such site")
	ErrTooMany  = fmt.Errorf("a hub has at most %d sites", MaxSites)
	ErrOwner    = errors.New("another user owns it")
	ErrWritable = errors.New("other users can write there, and so make keys")
	ErrReadable = errors.New("other users can read it, and it has the hub's key")
)

// Config says where a hub listens and what it keeps.
type Config struct {
	Dir    string   // its key, sites and streams; it is made (0700)
	Listen string   // HOST:PORT; an empty HOST: all addresses; "": it listens nowhere, see [Hub.InProcessConn]
	URLs   []string // HOST or HOST:PORT by which sites reach it, the first is in hub files; none: this host's address
	// History is how many bytes of kept frames the hub keeps, for 24 h, so that a site that was
	// away has them. 0: DefaultHistory; less: none, and those of an earlier start are deleted.
	History int64
	// Tell is called with what the server warns of, from several goroutines, in at most 10
	// texts at once and 1 a second. It may quote what strangers sent. nil: nobody is told.
	Tell func(text string)
}

// Hub is a server that runs.
type Hub struct {
	server  *server.Server
	cfg     Config
	options server.Options
	keys    *pair          // its certificate
	admin   nkeys.KeyPair  // of connections within this process, made at each start
	lock    *os.File       // of the directory, held while the hub runs
	control net.Listener   // of other processes of the user, see [Dial]
	serving sync.WaitGroup // control and its connections
	leases  *desk
	history *desk

	changing sync.Mutex            // sites, one change after the other
	sites    atomic.Pointer[sites] // read without the lock: also by the log, within a change
}

// Start starts a hub. ctx bounds the start only. The error is ErrRunning, ErrOwner,
// ErrWritable, ErrReadable, or one of the directory, of a file in it, or of the address.
func Start(ctx context.Context, cfg Config) (_ *Hub, err error) {
	h := &Hub{cfg: cfg}
	defer func() {
		if err != nil {
			h.Close()
		}
	}()
	if err := makeDir(cfg.Dir); err != nil {
		return nil, err
	}
	if h.lock, err = lockDir(cfg.Dir); err != nil {
		return nil, err
	}
	known, err := readSites(cfg.Dir)
	if err != nil {
		return nil, err
	}
	h.sites.Store(&known)
	if h.keys, err = certificate(cfg.Dir); err != nil {
		return nil, err
	}
	if h.admin, err = nkeys.CreateUser(); err != nil {
		return nil, err
	}
	if err := h.serve(ctx); err != nil {
		return nil, err
	}
	if err := h.makeBucket(ctx); err != nil {
		return nil, fmt.Errorf("the bucket of leases: %w", err)
	}
	if h.leases, err = h.openDesk(leaseDesk()); err != nil {
		return nil, fmt.Errorf("the bucket of leases: %w", err)
	}
	if err := h.makeHistory(ctx); err != nil {
		return nil, fmt.Errorf("the history: %w", err)
	}
	if h.history, err = h.openDesk(historyDesk()); err != nil {
		return nil, fmt.Errorf("the history: %w", err)
	}
	return h, h.listenControl()
}

// URL is the address of the hub in hub files: tls://HOST:PORT.
func (h *Hub) URL() string { return urlOf(h.cfg, h.server.Addr()) }

// InProcessConn is a connection to the hub that crosses no network. It is for a hub that
// listens nowhere, and makes a Hub a nats.InProcessConnProvider.
func (h *Hub) InProcessConn() (net.Conn, error) { return h.server.InProcessConn() }

// Sites are the names of the sites, sorted.
func (h *Hub) Sites() ([]string, error) { return h.sites.Load().names(), nil }

// Key is the public key of a site; "": there is no such site.
func (h *Hub) Key(site string) (string, error) { return (*h.sites.Load())[site], nil }

// Certificate is the hub's, PEM. It is in the hub files.
func (h *Hub) Certificate() (string, error) { return string(h.keys.certificate), nil }

// Invite makes a key for a site, which replaces an older one, and returns its hub file:
// the hub itself does not keep the seed. Connections by the older key are cut. The error
// is ErrTooMany, or one of the name or of the hub's directory.
func (h *Hub) Invite(site string) (natslink.File, error) {
	files, err := h.InviteAll([]string{site})
	if err != nil {
		return natslink.File{}, err
	}
	return files[0], nil
}

// InviteAll is Invite for several sites at once: for all of them, or none.
func (h *Hub) InviteAll(sites []string) ([]natslink.File, error) {
	keys, files := map[string]string{}, make([]natslink.File, 0, len(sites))
	for _, site := range sites {
		if err := bridge.CheckSite(site); err != nil {
			return nil, err
		}
		seed, public, err := newKey()
		if err != nil {
			return nil, err
		}
		keys[site] = public
		files = append(files, natslink.File{URL: h.URL(), Site: site, Seed: seed, Certificate: string(h.keys.certificate)})
	}
	if err := h.change(keys); err != nil {
		return nil, err
	}
	return files, nil
}

func newKey() (seed, public string, err error) {
	key, err := nkeys.CreateUser()
	if err != nil {
		return "", "", err
	}
	defer key.Wipe()
	if public, err = key.PublicKey(); err != nil {
		return "", "", err
	}
	text, err := key.Seed()
	return string(text), public, err
}

// Remove takes a site's key back. Its connections are cut. The error is ErrNoSite, or one
// of the hub's directory.
func (h *Hub) Remove(site string) error { return h.change(map[string]string{site: ""}) }

// change sets keys of sites; "": a site has none any more. The file is written first: a
// hub that is killed then has not forgotten them.
func (h *Hub) change(keys map[string]string) error {
	h.changing.Lock()
	defer h.changing.Unlock()
	next, known, err := h.sites.Load().with(keys)
	if err != nil {
		return err
	}
	if err := next.write(h.cfg.Dir); err != nil {
		return err
	}
	h.sites.Store(&next)
	if err := h.reload(); err != nil {
		return err
	}
	var errs []error
	for _, site := range known {
		errs = append(errs, h.leases.shut(site), h.history.shut(site), h.purge(site))
	}
	for site, key := range keys {
		if key != "" {
			errs = append(errs, h.leases.open(site), h.history.open(site))
		}
	}
	return errors.Join(append(errs, h.leases.flush(), h.history.flush())...)
}

// Close ends the hub. Its directory keeps the sites, their keys, the leases and
// the history.
func (h *Hub) Close() error {
	var errs []error
	if h.control != nil {
		errs = append(errs, h.control.Close())
		h.serving.Wait()
	}
	for _, d := range []*desk{h.leases, h.history} {
		if d != nil {
			d.end()
		}
	}
	if h.server != nil {
		h.server.Shutdown()
		h.server.WaitForShutdown()
	}
	if h.admin != nil {
		h.admin.Wipe()
	}
	if h.lock != nil {
		errs = append(errs, h.lock.Close())
	}
	return errors.Join(errs...)
}

// siteOf names the site that has a public key; "": none has.
func (h *Hub) siteOf(key string) string {
	for site, k := range *h.sites.Load() {
		if k == key {
			return site
		}
	}
	return ""
}
