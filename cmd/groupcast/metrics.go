package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/groupcast/groupcast/cmd/internal/scrape"
	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/watch"
)

// The bounds of what Prometheus may ask.
const (
	metricsRequest = 5 * time.Second  // to send a request in
	metricsAnswer  = 10 * time.Second // to read the answer in, as long as Prometheus waits itself
	metricsHeader  = 4 << 10          // and the 4 KiB that net/http adds
	metricsConns   = 64               // at once
	metricsEvery   = time.Second      // who asks sooner is told the same again
)

// metricsValue is where metrics are served: [HOST]:PORT, where no host is this host
// alone.
type metricsValue struct{ at netip.AddrPort }

var errMetrics = errors.New("want [HOST]:PORT: :9464 for this host alone, 192.168.1.20:9464 or 0.0.0.0:9464 for others as well")

// Set implements pflag.Value.
func (v *metricsValue) Set(text string) error {
	name, number, err := net.SplitHostPort(text)
	if err != nil {
		return errMetrics
	}
	port, err := strconv.ParseUint(number, 10, 16)
	if err != nil {
		return fmt.Errorf("the port is 1 to 65535, or 0 for a free one; %w", errMetrics)
	}
	addr := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	if name != "" && name != "localhost" {
		if addr, err = netip.ParseAddr(name); err != nil || addr.IsMulticast() {
			return fmt.Errorf("HOST is an address of this host, and no name; %w", errMetrics)
		}
	}
	v.at = netip.AddrPortFrom(addr.Unmap(), uint16(port))
	return nil
}

// String implements pflag.Value.
func (v *metricsValue) String() string {
	if !v.at.IsValid() {
		return ""
	}
	return v.at.String()
}

// Type implements pflag.Value.
func (v *metricsValue) Type() string { return "address" }

// watchMetrics serves the counts of a watch to Prometheus, if it was asked for.
type watchMetrics struct {
	metricsValue
	listener net.Listener // nil: not asked for
}

// listen opens the port.
func (m *watchMetrics) listen(ctx context.Context) error {
	if !m.at.IsValid() {
		return nil
	}
	network := "tcp"
	if m.at.Addr().Is4() { // or 0.0.0.0 would be every IPv6 address, too
		network = "tcp4"
	}
	l, err := new(net.ListenConfig).Listen(ctx, network, m.at.String())
	if err != nil {
		return metricsFailed(m.at, err)
	}
	m.listener = l
	return nil
}

// metricsFailed is why a port cannot be opened, with what to do.
func metricsFailed(at netip.AddrPort, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		free := netip.AddrPortFrom(at.Addr(), 0)
		return &mcast.Advised{
			Err:    fmt.Errorf("--metrics %s: the port is in use by another program", at),
			Advice: fmt.Sprintf("ss -ltnp shows which; take another port, or any free one: --metrics %s", free),
		}
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return &mcast.Advised{
			Err:    fmt.Errorf("--metrics %s: this host does not have that address", at),
			Advice: "groupcast interfaces lists its addresses; --metrics :9464 is for this host alone",
		}
	case errors.Is(err, syscall.EACCES):
		return &mcast.Advised{Err: fmt.Errorf("--metrics %s: only root may listen on that port", at), Advice: "take a port from 1024 on, such as --metrics :9464"}
	}
	return fmt.Errorf("--metrics %s: %w", at, plainCause(err))
}

// close ends it, where serve did not.
func (m *watchMetrics) close() {
	if m.listener != nil {
		_ = m.listener.Close()
	}
}

// url is where it is, "" if it was not asked for.
func (m *watchMetrics) url() string {
	if m.listener == nil {
		return ""
	}
	return "http://" + m.listener.Addr().String() + "/metrics"
}

// toOthers reports whether other hosts can reach it.
func (m *watchMetrics) toOthers() bool { return m.listener != nil && !m.at.Addr().IsLoopback() }

// serve serves what a watch knows until end is called. tell is told what goes wrong.
func (m *watchMetrics) serve(snapshot func() watch.Snapshot, tell func(error)) (end func()) {
	if m.listener == nil {
		return func() {}
	}
	page := &scrape.Page{
		Text: scraped(watchRegistry(snapshot)), Type: metricsType, Title: "groupcast watch", Every: metricsEvery, Local: !m.toOthers(),
		Tell: func(err error) { tell(fmt.Errorf("--metrics: %w", err)) },
	}
	server := &http.Server{
		Handler: page, ReadTimeout: metricsRequest, WriteTimeout: metricsAnswer, MaxHeaderBytes: metricsHeader,
		ErrorLog: log.New(io.Discard, "", 0), // strangers fill it
	}
	server.SetKeepAlivesEnabled(false) // who asks once a minute must not keep others out
	var work sync.WaitGroup
	work.Go(func() {
		if err := server.Serve(&scrape.Door{Listener: m.listener, Most: metricsConns}); !errors.Is(err, http.ErrServerClosed) {
			tell(fmt.Errorf("--metrics: the server ended, and the watch goes on: %w", plainCause(err)))
		}
	})
	return func() {
		page.End()
		_ = server.Close()
		work.Wait()
		page.Wait()
	}
}
