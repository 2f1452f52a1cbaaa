package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/groupcast/groupcast/mcast/class"
	"github.com/groupcast/groupcast/tui/picture"
)

// Bounds of boards: at a time, with the key and without, so that no student can take the
// teacher's, and without it from one address; and how often one is told what has changed.
const (
	maxBoards     = 16
	maxBoardsEach = 8

	boardPause     = 500 * time.Millisecond
	boardBytes     = 1 << 20 // a second: a large class is told less often
	boardHeartbeat = 10 * time.Second
)

// drawn is the event "drawing".
type drawn struct {
	Geometry *picture.Geometry `json:"geometry"` // null: none, or it has too many hosts
	Hosts    int               `json:"hosts"`
	Tabs     []string          `json:"tabs,omitempty"` // of a seat, where each has several
}

// shownBoard is the event "board".
type shownBoard struct {
	Board   class.Board `json:"board"`
	Net     *class.Net  `json:"net"`               // null: none was asked for, or see below
	Hidden  bool        `json:"hidden,omitempty"`  // the faults are for the student to find: the teacher alone sees them
	Trouble string      `json:"trouble,omitempty"` // why there is none now
	Teacher bool        `json:"teacher"`
}

// events tells a board what is drawn, and what has changed, as server-sent events (HTML
// Living Standard, section 9.2): "drawing" once, "board" at most twice a second, and "over".
func (b *boards) events(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", "GET")
		refuse(w, http.StatusMethodNotAllowed, "A board is asked for by GET.", "")
		return
	}
	from := addressOf(r.RemoteAddr)
	most, teacher := map[string]int{"boards": maxBoards, "boards of " + from: maxBoardsEach}, false
	if r.Header.Get("Authorization") != "" {
		if !b.keys.admit(w, r) {
			return
		}
		most, teacher = map[string]int{"teachers": maxBoards}, true
	}
	query := r.URL.Query()
	seat := query.Get("seat")
	if !b.known(seat) {
		refuse(w, http.StatusNotFound, sentence(class.ErrSeat), "")
		return
	}
	leave, ok := b.crowd.enter(most)
	if !ok {
		w.Header().Set("Retry-After", "10")
		refuse(w, http.StatusServiceUnavailable, "This board is open on too many pages: close one.", "")
		return
	}
	defer leave()
	columns, _ := strconv.Atoi(query.Get("columns"))
	s := &stream{w: w, control: http.NewResponseController(w)}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // a proxy is not to collect them
	_ = s.control.SetReadDeadline(time.Time{})
	_ = b.tell(r.Context(), s, seat, teacher, columns)
}

// known reports whether a network may be asked for.
func (b *boards) known(seat string) bool {
	board := b.class.Board()
	return seat == "" || board.Private && slices.ContainsFunc(board.Seats, func(s class.BoardSeat) bool { return s.Seat == seat })
}

// tell sends events until the page goes, or the class is over.
func (b *boards) tell(ctx context.Context, s *stream, seat string, teacher bool, columns int) error {
	topology, board := b.class.Topology(), b.class.Board()
	first := drawn{Hosts: len(topology.Hosts)}
	if seat != "" || !board.Private {
		first.Geometry = b.drawing(columns)
	}
	for _, h := range topology.Hosts {
		if board.Private && (board.Lesson != "" || !h.Router) {
			first.Tabs = append(first.Tabs, h.Name)
		}
	}
	if err := s.event("drawing", first); err != nil {
		return err
	}
	var last []byte
	for {
		changed := b.class.Changed()
		text, err := json.Marshal(b.shown(seat, teacher))
		if err != nil {
			return err
		}
		pause := boardPause + time.Duration(len(text))*time.Second/boardBytes
		if bytes.Equal(text, last) {
			err = s.comment()
		} else {
			last, err = text, s.write(eventOf("board", text))
		}
		if err != nil {
			return err
		}
		if over, err := b.rest(ctx, pause, nil); over || err != nil {
			return s.end(over, err)
		}
		if over, err := b.rest(ctx, boardHeartbeat, changed); over || err != nil {
			return s.end(over, err)
		}
	}
}

// rest waits, or until something has changed; over: the class is.
func (b *boards) rest(ctx context.Context, d time.Duration, changed <-chan struct{}) (over bool, err error) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-changed:
	case <-b.class.Done():
		return true, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
	return false, nil
}

// shown is what a board shows, with the network of a seat, or the one that all are on.
func (b *boards) shown(seat string, teacher bool) shownBoard {
	s := shownBoard{Board: b.class.Board(), Teacher: teacher}
	secret := s.Board.Lesson != "" && !teacher
	if secret {
		s.Board.Log = slices.DeleteFunc(slices.Clone(s.Board.Log), func(e class.BoardEvent) bool { return e.Fault })
	}
	if seat == "" && s.Board.Private {
		return s
	}
	if s.Hidden = secret; secret {
		return s
	}
	switch net, err := b.class.Net(seat); {
	case err == nil:
		s.Net = &net
	case errors.Is(err, class.ErrSeat):
		s.Trouble = "Nobody sits there now, so there is no network."
	default:
		s.Trouble = sentence(err)
	}
	return s
}

// stream writes events.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// event writes one. What Marshal writes has no line break.
func (s *stream) event(kind string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return s.write(eventOf(kind, text))
}

func eventOf(kind string, text []byte) []byte {
	return fmt.Appendf(nil, "event: %s\ndata: %s\n\n", kind, text)
}

func (s *stream) comment() error { return s.write([]byte(":\n\n")) }

func (s *stream) end(over bool, err error) error {
	if over {
		return s.event("over", struct{}{})
	}
	return err
}

func (s *stream) write(text []byte) error {
	if err := s.control.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	if _, err := s.w.Write(text); err != nil {
		return err
	}
	return s.control.Flush()
}
