// Package web shows a class in browsers: an http.Handler over the seats of a class. It
// opens no socket and knows no flags; [Server] has the limits that go with it.
//
// Its pages come from this program and load nothing from anywhere else. A tab of a seat's
// page is a websocket (/ws?tab=HOST; without a tab the first one; subprotocol groupcast.1)
// with text messages of JSON:
//
//   - To a page, first {"seat":{"seat":"S1","name":"Ada","tabs":["A","B"],"exercise":true,"shell":true}}.
//     Where there is an exercise, {"exercise":...,"v":3} with a [class.ExerciseState] and its
//     version, now and whenever it changes.
//   - To a page with a screen: [class.Screen], first the whole, then what has changed. A page
//     that reads slowly gets fewer of them.
//   - To a plain page: {"lines":["..."],"last":17,"lost":2}: lines, the number of the last of
//     them, and how many before them are lost.
//   - From a page: one of {"i":"text"}, {"k":"ArrowUp","c":true}, {"p":"paste"},
//     {"m":[x,y,button,kind]} and {"w":100,"h":30}. From a plain page: first {"seen":15}, the
//     last line that it has, or 0; then {"say":"a line"}. With an exercise: {"do":"check"},
//     {"do":"hint"} and {"do":"reset"}.
//
// The board, /board, shows the network and the seats to everybody. It reads
// /board/events, a stream of server-sent events: "drawing" once, "board" when something has
// changed, at most twice a second, and "over". With the teacher's key (Authorization: Bearer)
// it posts JSON to /board/fault, undo, reset, free and lock. The websocket /look, whose first
// message is {"key":"...","seat":"S1","tab":"A"}, gets the screens of a seat, as its page does,
// and is closed with 4003 when the key is wrong.
//
// A websocket is closed with 4001 when the seat is no longer that of the page, with 4002 when the
// class is over, with 1008 when the page broke a limit, and with 1013 when too many pages
// show the seat. Any other end is one of the network: the page connects again.
package web

import (
	"context"
	"embed"
	"net/http"
	"net/netip"
	"strings"

	"github.com/groupcast/groupcast/mcast/class"
	"github.com/groupcast/groupcast/mcast/lab"
)

//go:embed assets
var assets embed.FS

// Class is what pages need of a class.
type Class interface {
	Join(class.Applicant) (class.Token, *class.Seat, error)
	Seat(class.Token) (*class.Seat, error)
	Leave(class.Token) error

	Topology() lab.Topology
	Board() class.Board
	Net(seat string) (class.Net, error)
	Changed() <-chan struct{}
	Done() <-chan struct{}
	SeatAt(seat string) (*class.Seat, error)
	Fault(seat string, words []string) error
	Undo(event int64) error
	Reset(seat string) error
	Free(seat string) error
	Lock(locked bool)
}

// Options are what a handler cannot know by itself.
type Options struct {
	// Hosts are the names by which browsers may reach it, besides any address and
	// localhost: another name may be one that somebody has made to lead here (DNS
	// rebinding).
	Hosts []string

	Secure bool // it is served by TLS: cookies are for that only

	// Key is the teacher's: who has it may change the network, free seats and look on. "":
	// nobody may.
	Key string
}

// Handler serves the pages of a class.
type Handler struct {
	class   classroom
	opts    Options
	mux     *http.ServeMux
	files   files
	pages   pages
	fitting fitting
	crowd   crowd // of boards, and of those who look on
}

// New makes a handler. It starts nothing: when the class is over, its connections end.
func New(c Class, o Options) *Handler {
	h := newHandler(seats{c}, o)
	h.board(taught{c})
	return h
}

func newHandler(c classroom, o Options) *Handler {
	h := &Handler{class: c, opts: o, mux: http.NewServeMux(), files: loadFiles()}
	h.mux.HandleFunc("GET /{$}", h.join)
	h.mux.HandleFunc("GET /seat", h.seat)
	h.mux.HandleFunc("POST /join", h.posted(h.postJoin))
	h.mux.HandleFunc("POST /leave", h.posted(h.postLeave))
	h.mux.HandleFunc("GET /ws", h.socket)
	h.mux.HandleFunc("GET /assets/{file}", h.asset)
	h.mux.HandleFunc("GET /favicon.ico", h.favicon)
	return h
}

// Wait returns when no page is connected. Between the end of the class and that of the
// server it gives pages the time to receive the reason. The error is that of ctx.
func (h *Handler) Wait(ctx context.Context) error {
	if err := h.pages.wait(ctx); err != nil {
		return err
	}
	return h.crowd.wait(ctx)
}

// policy lets a page load what this server has, and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// ServeHTTP answers a request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
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
func (h *Handler) knows(host string) bool {
	if _, err := netip.ParseAddrPort(host); err == nil {
		return true
	}
	name := host
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		name = host[:i]
	}
	if inside, ok := strings.CutPrefix(name, "["); ok { // RFC 3986, section 3.2.2
		addr, err := netip.ParseAddr(strings.TrimSuffix(inside, "]"))
		return err == nil && addr.Is6()
	}
	if addr, err := netip.ParseAddr(name); err == nil {
		return addr.Is4()
	}
	name = strings.TrimSuffix(name, ".")
	for _, known := range append([]string{"localhost"}, h.opts.Hosts...) {
		if name != "" && strings.EqualFold(name, strings.TrimSuffix(known, ".")) {
			return true
		}
	}
	return false
}

// ownOrigin reports whether the Origin of a request, where a browser tells it, is this
// server's (RFC 6454).
func (h *Handler) ownOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	scheme, host, _ := strings.Cut(origin, "://")
	if scheme != "https" && (scheme != "http" || h.opts.Secure) {
		return false
	}
	return strings.EqualFold(host, r.Host) // which is known
}
