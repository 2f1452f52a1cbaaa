package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/groupcast/groupcast/mcast/class"
)

// shown is what a page shows.
type shown struct {
	mu       sync.Mutex
	rows     map[int]string
	lines    []string
	last     int64
	seat     introduced
	exercise []class.ExerciseState // one after the other
	messages int
	closed   bool
	end      websocket.CloseError // zero: without one
}

// look reads what a page is sent, until it is closed.
func look(t *testing.T, page *websocket.Conn) *shown {
	s := &shown{rows: map[int]string{}}
	ctx := t.Context()
	go func() {
		for {
			_, b, err := page.Read(ctx)
			s.mu.Lock()
			if err != nil {
				s.closed = true
				s.end, _ = errors.AsType[websocket.CloseError](err)
				s.mu.Unlock()
				return
			}
			s.take(t, b)
			s.mu.Unlock()
		}
	}()
	return s
}

func (s *shown) take(t *testing.T, b []byte) {
	var m struct {
		Rows  map[int][][]any
		Lines []string
		Last  int64

		Seat     *introduced
		Exercise *class.ExerciseState
	}
	if err := json.Unmarshal(b, &m); err != nil || strings.ContainsAny(string(b), "<>") {
		t.Errorf("%s: %v", b, err)
	}
	switch {
	case m.Seat != nil:
		if s.messages > 0 || s.seat.Seat != "" {
			t.Errorf("%s comes after other messages", b)
		}
		s.seat = *m.Seat
		return
	case m.Exercise != nil:
		s.exercise = append(s.exercise, *m.Exercise)
		return
	}
	for y, runs := range m.Rows {
		s.rows[y] = ""
		for _, run := range runs {
			s.rows[y] += run[0].(string)
		}
	}
	s.lines = append(s.lines, m.Lines...)
	s.last = m.Last
	s.messages++
}

func (s *shown) row(y int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.TrimRight(s.rows[y], " ")
}

func (s *shown) count() int { s.mu.Lock(); defer s.mu.Unlock(); return s.messages }

func (s *shown) how() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		return "open"
	}
	return fmt.Sprintf("%d %s", s.end.Code, s.end.Reason)
}

func say(t *testing.T, page *websocket.Conn, messages ...string) {
	t.Helper()
	for _, m := range messages {
		if err := page.Write(t.Context(), websocket.MessageText, []byte(m)); err != nil {
			t.Errorf("%.40s is not sent: %v", m, err)
		}
	}
}

func (d *desk) pages() int { d.mu.Lock(); defer d.mu.Unlock(); return d.looks }

func (d *desk) done() []class.Input { d.mu.Lock(); defer d.mu.Unlock(); return d.inputs }

// alone runs a test of a page of ada in a bubble.
func alone(t *testing.T, test func(t *testing.T, h *house, ada *desk)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ada := screenDesk(t)
		test(t, open(t, &room{desks: map[class.Token]*desk{"ada": ada}}, Options{}), ada)
	})
}

// settle lets everything happen that is under way.
func settle() {
	time.Sleep(time.Second)
	synctest.Wait()
}
