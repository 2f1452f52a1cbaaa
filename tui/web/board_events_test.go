package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/groupcast/groupcast/mcast/class"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/tui/picture"
)

// hostileText is text that ends an event, a script or an element where it is not encoded.
const hostileText = "</script>\n\nevent: over\ndata: {}\r\n\r\n\u2028<img src=x onerror=alert(1)>\x1b[31m\x00\""

// A board is told the drawing, and then what changes, whatever the texts are.
func TestBoardEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPodium(2)
		h := openBoard(t, p)
		p.set(func() {
			p.board.Seats[0].Name = hostileText
			p.board.Log = []class.BoardEvent{{Number: 1, Text: hostileText, Undo: hostileText}}
		})
		next, _, answer := h.watch(t, "?columns=80", own)
		if kind := answer.Header.Get("Content-Type"); answer.StatusCode != 200 || kind != "text/event-stream" || answer.Header.Get("Cache-Control") != "no-store" {
			t.Fatalf("%d, %v", answer.StatusCode, answer.Header)
		}
		if e := next(); e.kind != "drawing" || !strings.HasPrefix(e.data, `{"geometry":{"width":`) || !strings.Contains(e.data, `"name":"H2.eth0"`) || !strings.HasSuffix(e.data, `,"hosts":2}`) {
			t.Errorf("the drawing is %+v", e)
		}
		e := next()
		if strings.ContainsAny(e.data, "<>\x1b\u2028") {
			t.Errorf("the event is %q", e.data)
		}
		s := shownOf(t, e)
		if s.Teacher || s.Board.Seats[0].Name != hostileText || s.Board.Log[0].Text != hostileText || len(s.Net.Wires) != 2 || !s.Net.Wires[0].Whole {
			t.Errorf("the board is %+v", s)
		}

		begin := time.Now()
		p.wire("", "H2.eth0", func(w *class.NetWire) { w.Whole = false })
		if s := shownOf(t, next()); s.Net.Wires[1].Whole || !s.Net.Wires[0].Whole {
			t.Errorf("after a cut the wires are %+v", s.Net.Wires)
		}
		if took := time.Since(begin); took > time.Second {
			t.Errorf("a cut is told after %v", took)
		}

		// However often something changes, two events a second.
		begin = time.Now()
		stop := make(chan struct{})
		go func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				case <-time.After(10 * time.Millisecond):
					p.wire("", "H1.eth0", func(w *class.NetWire) { w.Packets++ })
				}
			}
		}()
		const events = 20
		for range events {
			shownOf(t, next())
		}
		if took := time.Since(begin); took < (events-1)*boardPause || took > (events+2)*(boardPause+20*time.Millisecond) {
			t.Errorf("%d events took %v", events, took)
		}
		close(stop)

		close(p.done)
		for e := next(); e.kind != "over"; e = next() {
			if e.kind != "board" {
				t.Fatalf("at the end: %+v", e)
			}
		}
		if e := next(); e.data != "EOF" {
			t.Errorf("after the end: %+v", e)
		}
	})
}

// What has not changed is not told again; a board that hears nothing for long is kept.
func TestBoardHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPodium(1)
		h := openBoard(t, p)
		next, _, _ := h.watch(t, "", own)
		next()
		next()
		begin, before := time.Now(), h.wires.sent.Load()
		go func() {
			for range 600 {
				time.Sleep(time.Second)
				p.set(func() {})
			}
			p.set(func() { p.board.Locked = true })
		}()
		if s := shownOf(t, next()); !s.Board.Locked || time.Since(begin) < 600*time.Second {
			t.Errorf("after %v: %+v", time.Since(begin), s)
		}
		if sent := h.wires.sent.Load() - before; sent < 600*8 || sent > 20_000 {
			t.Errorf("in ten minutes %d bytes are sent", sent)
		}
	})
}

// A teacher's board says so. The faults of an exercise are shown to the teacher alone.
func TestBoardOfExercise(t *testing.T) {
	p := newPodium(2)
	p.board.Private, p.board.Lesson = true, "article"
	p.board.Seats = []class.BoardSeat{{Seat: "S1", Name: "Ada", Progress: &class.Progress{Met: 1, Of: 2}}}
	p.board.Log = []class.BoardEvent{{Number: 1, Seat: "S1", Text: "sits down"}, {Number: 2, Seat: "S1", Text: "fault: kill H1", Fault: true}} // without an end
	p.nets = map[string]class.Net{"S1": p.nets[""]}
	h := openBoard(t, p)
	for _, tt := range []struct {
		query, header                 string
		drawn, net, hidden, isTeacher bool
	}{
		{"", "", false, false, false, false},
		{"", aKey, false, false, false, true},
		{"?seat=S1", "", true, false, true, false},
		{"?seat=S1", aKey, true, true, false, true},
	} {
		next, leave, _ := h.watch(t, tt.query, own, tt.header)
		d := next()
		if !strings.HasSuffix(d.data, `,"hosts":2,"tabs":["H1","H2"]}`) {
			t.Errorf("the drawing is %s", d.data)
		}
		s := shownOf(t, next())
		if drawn := !strings.Contains(d.data, `"geometry":null`); drawn != tt.drawn || (s.Net != nil) != tt.net || s.Hidden != tt.hidden || s.Teacher != tt.isTeacher || s.Board.Seats[0].Progress.Met != 1 {
			t.Errorf("%+v: %s, %+v", tt, d.data, s)
		}
		if all := len(s.Board.Log) == 2; all != tt.isTeacher || s.Board.Log[0].Number != 1 {
			t.Errorf("%+v: the log is %+v", tt, s.Board.Log)
		}
		leave()
	}
	// A network that is built again is missing for a while.
	next, _, _ := h.watch(t, "?seat=S1", own, aKey)
	next()
	next()
	p.set(func() { p.nets = map[string]class.Net{} })
	if s := shownOf(t, next()); s.Net != nil || s.Trouble != "Nobody sits there now, so there is no network." {
		t.Errorf("%+v", s)
	}
}

// There are so many boards at a time; those of a teacher do not count with the others.
func TestBoardsAreBounded(t *testing.T) {
	h := openBoard(t, newPodium(1))
	var leave func()
	open := func(from string, want int, header ...string) {
		t.Helper()
		h.wires.from = from
		h.client.CloseIdleConnections()
		_, left, answer := h.watch(t, "", append(header, own)...)
		if answer.StatusCode != want {
			t.Errorf("a board of %s: %d", from, answer.StatusCode)
		}
		leave = left
	}
	for n := range maxBoards {
		open(fmt.Sprint("192.0.2.", n/maxBoardsEach), 200)
		if n == maxBoardsEach-1 {
			open("192.0.2.0", http.StatusServiceUnavailable)
		}
	}
	last := leave
	open("192.0.2.9", http.StatusServiceUnavailable)
	for range maxBoards {
		open("192.0.2.0", 200, aKey)
	}
	open("192.0.2.0", http.StatusServiceUnavailable, aKey)
	last()
	h.wires.from = "192.0.2.9"
	labtest.Eventually(t, "there is room for another board", func() bool {
		_, left, answer := h.watch(t, "", own)
		defer left()
		return answer.StatusCode == 200
	})
}

// Large classes have a table alone.
func TestBoardDrawings(t *testing.T) {
	for hosts, want := range map[int]bool{mostDrawn: true, mostDrawn + 1: false} {
		b := &boards{class: newPodium(hosts), drawings: map[int]*picture.Geometry{}}
		for columns := -10; columns < 1000; columns++ {
			if g := b.drawing(columns); (g != nil) != want {
				t.Fatalf("%d hosts in %d columns: %v", hosts, columns, g)
			}
		}
		if len(b.drawings) > mostWide/wideByStep {
			t.Errorf("%d drawings are kept", len(b.drawings))
		}
	}
}
