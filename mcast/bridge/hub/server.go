package hub

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
)

// Limits of the server.
const (
	maxConns      = 1024
	maxSubs       = 2048     // of a connection; a [desk] has 1 for each site, a reload cuts whoever is at the limit
	maxPayload    = 66_000   // bytes: the largest datagram and its headers
	maxPending    = 1 << 20  // bytes that a connection has not read yet: then it is cut
	maxFiles      = 1 << 40  // bytes of streams in files: each has a bound of its own
	maxMemory     = 64 << 20 // bytes of streams in memory
	handshakeTime = 5        // seconds, for TLS and then for the key
	startTime     = 30 * time.Second
)

// serve starts the server.
func (h *Hub) serve(ctx context.Context) error {
	if err := h.setOptions(ctx); err != nil {
		return err
	}
	opts := h.options
	opts.Nkeys = h.nkeys()
	s, err := server.NewServer(&opts)
	if err != nil {
		return err
	}
	h.server = s
	log := newLog(h)
	s.SetLoggerV2(log, false, false, false)
	s.Start()
	if err := log.fatal(); err != nil {
		return err
	}
	wait := startTime
	if end, ok := ctx.Deadline(); ok {
		wait = time.Until(end)
	}
	if h.cfg.Listen == "" {
		return nil
	}
	if !s.ReadyForConnections(wait) {
		return errors.Join(log.fatal(), ctx.Err(), errors.New("the server did not start in time"))
	}
	_, port, _ := net.SplitHostPort(s.Addr().String())
	h.options.Port, err = strconv.Atoi(port) // of a hub that listens on a free one
	return err
}

// setOptions sets all options but the keys.
func (h *Hub) setOptions(ctx context.Context) error {
	host, port := "", server.RANDOM_PORT
	if h.cfg.Listen != "" {
		var err error
		if host, port, err = listenAddress(ctx, h.cfg.Listen); err != nil {
			return err
		}
	}
	h.options = server.Options{
		ServerName: Name,
		Host:       host,
		Port:       port,
		DontListen: h.cfg.Listen == "",

		MaxConn:      maxConns,
		MaxSubs:      maxSubs,
		MaxPayload:   maxPayload,
		MaxPending:   maxPending,
		PingInterval: time.Second,
		MaxPingsOut:  2,

		TLSConfig:   &tls.Config{Certificates: []tls.Certificate{h.keys.tls}, MinVersion: tls.VersionTLS13},
		TLSTimeout:  handshakeTime,
		AuthTimeout: 2 * handshakeTime,

		JetStream:              true,
		StoreDir:               h.cfg.Dir,
		JetStreamMaxStore:      maxFiles,
		JetStreamMaxMemory:     maxMemory,
		DisableJetStreamBanner: true,

		// Strangers need not learn this host's addresses, which are in the first line that
		// the server sends.
		Cluster: server.ClusterOpts{NoAdvertise: true},
		NoSigs:  true,
	}
	return nil
}

// listenAddress reads HOST:PORT. An address that is taken is an error here: the server
// has no error for it.
func listenAddress(ctx context.Context, text string) (host string, port int, err error) {
	var listen net.ListenConfig
	l, err := listen.Listen(ctx, "tcp", text)
	if err != nil {
		return "", 0, err
	}
	at := l.Addr().(*net.TCPAddr)
	if err := l.Close(); err != nil {
		return "", 0, err
	}
	host, name, err := net.SplitHostPort(text)
	if err != nil {
		return "", 0, err
	}
	if port = at.Port; name == "" || name == "0" {
		port = server.RANDOM_PORT
	}
	if host != "" {
		host = at.IP.String()
		if at.Zone != "" {
			host += "%" + at.Zone
		}
	}
	return host, port, nil
}

// reload gives the server the keys of the sites. h.changing is held.
func (h *Hub) reload() error {
	opts := h.options
	opts.Nkeys = h.nkeys()
	if err := h.server.ReloadOptions(&opts); err != nil {
		return fmt.Errorf("the server keeps its keys as they were: %w", err)
	}
	return nil
}

// nkeys are the keys of the sites, and the one of this process.
func (h *Hub) nkeys() []*server.NkeyUser {
	admin, _ := h.admin.PublicKey()
	inProcess := map[string]struct{}{jwt.ConnectionTypeInProcess: {}}
	users := []*server.NkeyUser{{Nkey: admin, AllowedConnectionTypes: inProcess}}
	known := *h.sites.Load()
	for _, site := range known.names() {
		users = append(users, &server.NkeyUser{Nkey: known[site], Permissions: permissions(site)})
	}
	return users
}
