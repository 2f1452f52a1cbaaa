package scrape

import (
	"html"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Page answers requests: /metrics, and a link to it. Its exported fields are set before it
// is used.
type Page struct {
	Text  func() ([]byte, error) // of the metrics; called by one goroutine at a time
	Type  string                 // its content type
	Title string                 // of the page with the link
	Every time.Duration          // who asks sooner is told the same again
	Local bool                   // only this host reaches it: a name of the web as the Host of a request is refused
	Tell  func(error)            // that the text cannot be made, once
	Now   func() time.Time       // nil: time.Now

	once sync.Once

	door  sync.Mutex
	ended bool           // no more requests are answered
	asked sync.WaitGroup // requests that are being answered

	mu   sync.Mutex
	text []byte
	at   time.Time // of text; zero: there is none
}

// begin notes a request, and reports whether it is to be answered.
func (p *Page) begin() bool {
	p.door.Lock()
	defer p.door.Unlock()
	if p.ended {
		return false
	}
	p.asked.Add(1)
	return true
}

// End answers no more requests.
func (p *Page) End() {
	p.door.Lock()
	defer p.door.Unlock()
	p.ended = true
}

// Wait waits for those that are being answered.
func (p *Page) Wait() { p.asked.Wait() }

// ServeHTTP implements http.Handler.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !p.begin() {
		return
	}
	defer p.asked.Done()
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	switch {
	case p.Local && !localName(r.Host):
		// A page of the web whose name was made to mean this host (DNS rebinding).
		http.Error(w, "This page is for this host alone: ask for it as localhost, or by the address.", http.StatusForbidden)
	case r.URL.Path != "/metrics" && r.URL.Path != "/":
		http.Error(w, "Only /metrics is here.", http.StatusNotFound)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "Only GET and HEAD.", http.StatusMethodNotAllowed)
	case r.URL.Path == "/":
		h.Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<!doctype html><title>"+html.EscapeString(p.Title)+"</title><a href=\"/metrics\">metrics</a>\n")
	default:
		text, err := p.read()
		if err != nil {
			http.Error(w, "The metrics could not be read.", http.StatusInternalServerError)
			return
		}
		h.Set("Content-Type", p.Type)
		h.Set("Content-Length", strconv.Itoa(len(text)))
		_, _ = w.Write(text)
	}
}

// read is the text of the metrics, which is made once a second at most. A mistake in
// it is told once.
func (p *Page) read() (text []byte, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.at.IsZero() && p.clock().Sub(p.at) < p.Every {
		return p.text, nil
	}
	if text, err = p.Text(); err == nil {
		p.text, p.at = text, p.clock()
	} else {
		p.once.Do(func() { p.Tell(err) })
	}
	return text, err
}

func (p *Page) clock() time.Time {
	if p.Now == nil {
		return time.Now()
	}
	return p.Now()
}

// localName reports whether a Host of a request is this host's by itself, and not by a
// name that anybody can give out.
func localName(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if name == "" || name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	_, err := netip.ParseAddr(strings.Trim(name, "[]"))
	return err == nil
}
