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
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/time/rate"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/class"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/tui/web"
)

// parseListen reads ADDRESS:PORT, of this computer. Without an address it is every one.
func parseListen(text string) (netip.AddrPort, error) {
	bad := func(why string) (netip.AddrPort, error) {
		return netip.AddrPort{}, &mcast.Advised{
			Err:    fmt.Errorf("--listen %s: %s", text, why),
			Advice: "as in :8080 for every address of this computer, 192.168.1.20:8080 for one, or 127.0.0.1:8080 for this computer alone",
		}
	}
	name, number, err := net.SplitHostPort(text)
	if err != nil {
		return bad("want ADDRESS:PORT")
	}
	port, err := strconv.ParseUint(number, 10, 16)
	if err != nil {
		return bad("want a port from 1 to 65535, or 0 for a free one")
	}
	addr := netip.IPv6Unspecified()
	switch {
	case name == "localhost":
		addr = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	case name != "":
		if addr, err = netip.ParseAddr(name); err != nil {
			return bad("want an address of this computer, and no name")
		}
	}
	return netip.AddrPortFrom(addr.Unmap(), uint16(port)), nil
}

// listenAt opens the port of the page.
func listenAt(ctx context.Context, at netip.AddrPort) (net.Listener, error) {
	network := "tcp"
	if at.Addr().Is4() { // or 0.0.0.0 would be every IPv6 address, too
		network = "tcp4"
	}
	l, err := new(net.ListenConfig).Listen(ctx, network, at.String())
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		next := netip.AddrPortFrom(at.Addr(), at.Port()+1)
		return nil, &mcast.Advised{
			Err:    fmt.Errorf("class: %s is in use by another program", shownListen(at)),
			Advice: fmt.Sprintf("take another port, --listen %s; or see whose it is: ss -ltnp", shownListen(next)),
		}
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, &mcast.Advised{
			Err: fmt.Errorf("class: this computer does not have the address %s", at.Addr()), Advice: "groupcast interfaces lists its addresses; :8080 is every one",
		}
	}
	if errors.Is(err, syscall.EACCES) {
		return nil, &mcast.Advised{Err: fmt.Errorf("class: only root may listen on port %d", at.Port()), Advice: "take a port from 1024 on, as in --listen :8080"}
	}
	return nil, fmt.Errorf("class: %w", err)
}

// shownListen is an address as --listen takes it.
func shownListen(at netip.AddrPort) string {
	if at.Addr() == netip.IPv6Unspecified() {
		return fmt.Sprintf(":%d", at.Port())
	}
	return at.String()
}

// mostURLs is how many addresses of a computer are told.
const mostURLs = 6

// urlsOf are the addresses of the page, by which a browser can reach what listens at an
// address.
func urlsOf(scheme string, at netip.AddrPort) (urls []string) {
	add := func(a netip.Addr) {
		if len(urls) < mostURLs {
			urls = append(urls, urlOf(scheme, a, at.Port()))
		}
	}
	if !at.Addr().IsUnspecified() {
		add(at.Addr())
		return urls
	}
	list, _ := host.Interfaces() // where they cannot be read, this computer itself is left
	is6 := at.Addr().Is6()
	for _, six := range []bool{false, true} {
		for _, i := range list {
			if i.Loopback() || i.Flags&net.FlagUp == 0 {
				continue
			}
			for _, p := range i.Addrs {
				if a := p.Addr(); a.Is6() == six && (is6 || !six) && !a.IsLinkLocalUnicast() {
					add(a)
				}
			}
		}
		if len(urls) > 0 {
			return urls
		}
	}
	add(netip.AddrFrom4([4]byte{127, 0, 0, 1}))
	return urls
}

func urlOf(scheme string, a netip.Addr, port uint16) string {
	return scheme + "://" + netip.AddrPortFrom(a, port).String()
}

// ownURL is where this computer itself reaches what listens at an address.
func ownURL(scheme string, at netip.AddrPort) string {
	a := at.Addr()
	if a.IsUnspecified() {
		a = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return urlOf(scheme, a, at.Port())
}

// webEnd is how long pages are waited for that are told the end of a class.
const webEnd = 3 * time.Second

// webServer serves the pages of a class.
type webServer struct {
	pages  *web.Handler
	http   *http.Server
	failed chan error // why it ended by itself
}

// serveClass serves the pages of a class until end is called: by TLS with a certificate, and
// with a board whose key is the teacher's.
func serveClass(l net.Listener, c *class.Class, cert *classCertificate, key string, errs io.Writer) *webServer {
	pages := web.New(c, web.Options{Hosts: ownNames(), Secure: cert != nil, Key: key})
	handler := http.Handler(pages)
	if cert != nil {
		handler, l = web.OrSecure(pages), web.Secured(l, cert.Certificate)
	}
	w := &webServer{pages: pages, http: web.Server(handler), failed: make(chan error, 1)}
	w.http.ConnContext = web.KeepConn
	w.http.ErrorLog = log.New(&crashLog{errs, rate.NewLimiter(1, 3)}, "", 0)
	go func() {
		if err := w.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			w.failed <- fmt.Errorf("class: the server of the page has ended: %w", err)
		}
	}()
	return w
}

// end ends the server of a class that is over, once its pages were told.
func (w *webServer) end() {
	ctx, cancel := context.WithTimeout(context.Background(), webEnd)
	defer cancel()
	_ = w.pages.Wait(ctx)
	_ = w.http.Shutdown(ctx)
	_ = w.http.Close()
}

// crashLog takes what an HTTP server complains about, most of which strangers sent, and
// tells what is the program's own fault.
type crashLog struct {
	errs  io.Writer
	limit *rate.Limiter
}

// Write tells the first line of a crash.
func (l *crashLog) Write(p []byte) (int, error) {
	line, _, _ := strings.Cut(string(p), "\n")
	if strings.HasPrefix(line, "http: panic serving ") && l.limit.Allow() {
		complain(l.errs, errors.New("class: a page has crashed, and the class goes on: "+line))
	}
	return len(p), nil
}

// ownNames are the names by which browsers may reach this computer.
func ownNames() []string {
	name, err := os.Hostname()
	if err != nil {
		return nil
	}
	short, _, _ := strings.Cut(name, ".")
	return []string{name, short, short + ".local"}
}
