package web

import (
	"errors"
	"net/http"
	"sync"

	"github.com/groupcast/groupcast/mcast/class"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/tui/picture"
)

// lectern is what a board needs of a class: see [class.Class].
type lectern interface {
	Topology() lab.Topology
	Board() class.Board
	Net(seat string) (class.Net, error)
	Changed() <-chan struct{}
	Done() <-chan struct{}
	Fault(seat string, words []string) error
	Undo(event int64) error
	Reset(seat string) error
	Free(seat string) error
	Lock(locked bool)
	Look(seat, tab string) (looked, error)
}

// taught is a class for its board.
type taught struct{ Class }

// Look finds a tab of who sits there; "": the first.
func (t taught) Look(seat, tab string) (looked, error) {
	s, err := t.SeatAt(seat)
	if err != nil {
		return nil, err
	}
	for _, found := range s.Tabs() {
		if tab == "" || found.Host() == tab {
			return found, nil
		}
	}
	return nil, class.ErrSeat
}

// boards are the board of a class and what is done on it.
type boards struct {
	class lectern
	keys  *keys
	crowd *crowd

	mu       sync.Mutex
	drawings map[int]*picture.Geometry // by their columns
}

// board adds the board of a class to a handler.
func (h *Handler) board(class lectern) {
	b := &boards{class: class, keys: newKeys(h.opts.Key), crowd: &h.crowd, drawings: map[int]*picture.Geometry{}}
	h.mux.HandleFunc("GET /board", func(w http.ResponseWriter, r *http.Request) { h.page(w, r, "board.html") })
	h.mux.HandleFunc("GET /board/events", h.own(b.events))
	h.mux.HandleFunc("GET /look", h.own(b.look))
	for path, do := range map[string]func([]byte) error{
		"fault": b.fault, "undo": b.undo, "reset": b.reset, "free": b.free, "lock": b.lock,
	} {
		h.mux.HandleFunc("POST /board/"+path, h.posted(b.taught(do)))
	}
}

// own lets a handler answer pages of ours and programs, and no page of others.
func (h *Handler) own(do http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" || !h.ownOrigin(r) {
			refuse(w, http.StatusForbidden, "This request is from another page.", "")
			return
		}
		do(w, r)
	}
}

// Bounds of a drawing.
const (
	mostDrawn  = 40 // hosts; more are a matrix alone
	leastWide  = 40 // columns
	mostWide   = 160
	wideByStep = 8
)

// drawing is the geometry of each network of the class, for a page of about that many
// columns; nil: it has too many hosts.
func (b *boards) drawing(columns int) *picture.Geometry {
	columns = min(max(columns, leastWide), mostWide) / wideByStep * wideByStep
	b.mu.Lock()
	defer b.mu.Unlock()
	if g, ok := b.drawings[columns]; ok {
		return g
	}
	var drawn *picture.Geometry
	if t := b.class.Topology(); len(t.Hosts) <= mostDrawn {
		g := picture.NewDiagram(networkOf(t), nil, picture.DiagramOptions{Columns: columns, Board: true}).Geometry()
		drawn = &g
	}
	b.drawings[columns] = drawn
	return drawn
}

func networkOf(t lab.Topology) (n picture.Network) {
	for _, s := range t.Switches {
		n.Switches = append(n.Switches, picture.NetworkSwitch{Name: s.Name, On: s.On})
	}
	for _, h := range t.Hosts {
		drawn := picture.NetworkHost{Name: h.Name, Router: h.Router}
		for _, i := range h.Interfaces {
			end := picture.NetworkInterface{Name: i.Name, Switch: i.Switch, Extra: i.Settings()}
			for _, a := range i.Addrs {
				end.Addrs = append(end.Addrs, a.String())
			}
			drawn.Interfaces = append(drawn.Interfaces, end)
		}
		n.Hosts = append(n.Hosts, drawn)
	}
	return n
}

// boardStatus is the status of an answer to what a teacher asked for in vain.
func boardStatus(err error) int {
	switch {
	case errors.Is(err, errRequest):
		return http.StatusBadRequest
	case errors.Is(err, class.ErrSeat):
		return http.StatusNotFound
	case errors.Is(err, class.ErrOver):
		return http.StatusGone
	}
	return http.StatusUnprocessableEntity
}
