// Package web shows a class in browsers: an http.Handler over the seats of a class. It
// opens no socket and knows no flags.
//
// Its pages come from this program and load nothing from anywhere else. A seat's page is
// a websocket: the class sends rows that changed, the page sends keys.
package web

import (
	"context"
	"embed"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast/class"
)

//go:embed assets
var assets embed.FS

// Class is what pages need of a class.
type Class interface {
	Join(class.Applicant) (class.Token, *class.Seat, error)
	Seat(class.Token) (*class.Seat, error)
	Leave(class.Token) error
	Done() <-chan struct{}
}

// Options are what a handler cannot know by itself.
type Options struct {
	// Hosts are the names by which browsers may reach it, besides any address and
	// localhost: another name may be one that somebody has made to lead here (DNS
	// rebinding).
	Hosts []string

	Secure bool // it is served by TLS: cookies are for that only
}

// handler serves the pages of a class.
type handler struct {
	class   Class
	opts    Options
	mux     *http.ServeMux
	files   files
	closing context.Context // ends with the class
	pages   pages
}

// New makes a handler. It ends its connections when the class is over.
func New(c Class, o Options) http.Handler {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-c.Done()
		cancel()
	}()
	h := &handler{class: c, opts: o, mux: http.NewServeMux(), closing: ctx, files: loadFiles()}
	h.mux.HandleFunc("GET /{$}", h.join)
	h.mux.HandleFunc("GET /seat", h.seat)
	h.mux.HandleFunc("POST /join", h.posted(h.postJoin))
	h.mux.HandleFunc("POST /leave", h.posted(h.postLeave))
	h.mux.HandleFunc("GET /ws", h.socket)
	h.mux.HandleFunc("GET /assets/{file}", h.asset)
	return h
}

// policy lets a page load what this server has, and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// ServeHTTP answers a request.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	head.Set("Content-Security-Policy", policy)
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Referrer-Policy", "no-referrer")
	head.Set("Cross-Origin-Opener-Policy", "same-origin")
	head.Set("Cross-Origin-Resource-Policy", "same-origin")
	head.Set("Cache-Control", "no-store")
	if !h.knows(r.Host) {
		http.Error(w, "This class is reached by the address that the teacher gives.", http.StatusMisdirectedRequest)
		return
	}
	h.mux.ServeHTTP(w, r)
}

// knows reports whether a Host header may be one of this machine.
func (h *handler) knows(host string) bool {
	if addr, err := netip.ParseAddrPort(host); err == nil && addr.IsValid() {
		return true
	}
	name := host
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		name = host[:i]
	}
	name = strings.TrimSuffix(strings.ToLower(strings.Trim(name, "[]")), ".")
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	if name == "localhost" {
		return true
	}
	for _, known := range h.opts.Hosts {
		if strings.EqualFold(name, known) {
			return true
		}
	}
	return false
}

// pages counts the connections of each seat.
type pages struct {
	mu sync.Mutex
	by map[*class.Seat]int
}

// maxPages is how many pages may show one seat at a time.
const maxPages = 8

func (p *pages) enter(s *class.Seat) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.by == nil {
		p.by = map[*class.Seat]int{}
	}
	if p.by[s] >= maxPages {
		return false
	}
	p.by[s]++
	return true
}

func (p *pages) leave(s *class.Seat) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.by[s]--; p.by[s] == 0 {
		delete(p.by, s)
	}
}

// writeTimeout is how long a page may take to receive a screen.
const writeTimeout = 20 * time.Second
