package mcast

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"syscall"

	"github.com/groupcast/groupcast/mcast/host"
)

// openShared is open. Where a socket has the port that shares it by SO_REUSEPORT
// only, Linux lets in those of the same user that have set that as well. It is
// not set otherwise: a user's sockets that have it share out among them the
// datagrams that are sent to the host alone (socket(7)).
func openShared(ctx context.Context, cfg Config) (*net.UDPConn, error) {
	udp, err := open(ctx, cfg)
	if err != nil && runtime.GOOS == "linux" && cfg.shares() && portTaken(host.Cause(err)) {
		cfg.reusePort = true
		if udp, again := open(ctx, cfg); again == nil {
			return udp, nil
		}
	}
	return udp, err
}

// open makes the socket, sets what must be set before it is bound, and binds
// it.
func open(ctx context.Context, cfg Config) (*net.UDPConn, error) {
	network := "udp4"
	if cfg.Addr.Is6() {
		network = "udp6"
	}
	if cfg.QueueErrors && runtime.GOOS != "linux" {
		return nil, fmt.Errorf("errors of sends: %w", errors.ErrUnsupported)
	}
	if cfg.PeerError != nil && !cfg.Remote.IsValid() && runtime.GOOS != "linux" {
		return nil, fmt.Errorf("errors about single peers: %w", errors.ErrUnsupported)
	}
	if cfg.MulticastAll && !hasMulticastAll {
		return nil, fmt.Errorf("groups that other programs have joined: %w", errors.ErrUnsupported)
	}
	at := netip.AddrPortFrom(cfg.Addr, cfg.Port)
	if cfg.GRO && runtime.GOOS != "linux" {
		return nil, fmt.Errorf("joined datagrams (GRO): %w", errors.ErrUnsupported)
	}
	told := &opening{trace: cfg.Trace, at: at, remote: cfg.Remote}
	ready := func(fd uintptr) error {
		told.socketMade()
		err := prepare(fd, cfg)
		told.prepared = err == nil
		return err
	}
	control := func(_, _ string, rc syscall.RawConn) error {
		var err error
		if cerr := rc.Control(func(fd uintptr) { err = ready(fd) }); cerr != nil {
			return cerr
		}
		return err
	}
	var conn any
	var err error
	switch {
	case cfg.Remote.IsValid() && cfg.Addr.IsMulticast():
		return nil, fmt.Errorf("a socket that is bound to a group and connected: %w", errors.ErrUnsupported)
	case cfg.Remote.IsValid():
		d := net.Dialer{LocalAddr: net.UDPAddrFromAddrPort(at), Control: control}
		conn, err = d.DialContext(ctx, network, cfg.Remote.String())
	case cfg.Addr.IsMulticast():
		// Package net binds the wildcard when it is given a group.
		conn, err = bindGroup(at, ready)
	default:
		lc := net.ListenConfig{Control: control}
		conn, err = lc.ListenPacket(ctx, network, at.String())
	}
	told.ended(err)
	if err != nil {
		return nil, err
	}
	return conn.(*net.UDPConn), nil
}
