package class

import (
	"context"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// Seat is where one student sits, until it is given back: a host, and a program in it
// with a screen or, where lines were asked for, without one. The next student has
// another Seat, so that a page which stays open shows nothing of theirs.
type Seat struct {
	lab      laboratory
	events   *events
	host     string
	name     string
	from     string
	plain    bool
	since    time.Time
	terminal *Terminal // nil: it has lines
	lines    *lines    // nil: it has a screen
	starts   *rate.Limiter
	before   <-chan struct{} // closed when nothing runs of who sat there before
	empty    chan struct{}   // closed when it was given back, and nothing runs there
	working  sync.WaitGroup

	mu      sync.Mutex // before that of the terminal
	gone    bool       // it was given back
	key     time.Time  // when somebody did something
	shown   time.Time  // when a page last came or went, or a program was started
	looks   int        // pages that show it
	size    Size
	program runner             // nil: none is there
	cancel  context.CancelFunc // ends the program, or its start; nil: there is neither
	stopped bool               // it has ended, and Enter starts it again
	why     string             // it is being ended
	early   []byte             // what was typed while it is started
	focused bool               // the program takes it that somebody looks
	drawn   int64              // the version of the screen when the class last looked

	// The terminal's answers go there. Whoever holds mu may wait for the terminal, and the
	// terminal for its answers to be taken: so they take no lock.
	answers atomic.Pointer[runner]
}

// plainSize is that of the terminal of a program without a screen, as programs take it
// where there is none: no page has told one.
var plainSize = Size{80, 24}

// newSeat seats somebody at a place.
func newSeat(p *place, l laboratory, e *events, name string, a Applicant) *Seat {
	now := time.Now()
	s := &Seat{
		lab: l, events: e, host: p.host, name: name, from: a.From, plain: a.Plain, since: now, key: now, shown: now,
		starts: p.starts, before: p.empty, empty: make(chan struct{}),
	}
	if a.Plain {
		s.lines, s.size = newLines(), plainSize
	} else {
		s.terminal = NewTerminal(Size{}, s.reply)
	}
	return s
}

// Host is its host's name.
func (s *Seat) Host() string { return s.host }

// Name is that of who sits there.
func (s *Seat) Name() string { return s.name }

// Plain says that it has lines and no screen.
func (s *Seat) Plain() bool { return s.plain }

func (s *Seat) pages() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.looks
}

func (s *Seat) lastKey() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.key
}

// touch says that somebody is there.
func (s *Seat) touch() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.key = time.Now()
}

func (s *Seat) state() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return State{Host: s.host, Name: s.name, Since: s.since, Pages: s.looks, Running: s.program != nil, Plain: s.plain}
}

// leave gives it back: its program ends, and so does what pages wait for. It does not
// wait.
func (s *Seat) leave(why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = true
	if s.terminal != nil {
		s.terminal.Close()
	} else {
		s.lines.close(why)
	}
	if s.cancel != nil {
		s.cancel()
	}
	go func() {
		<-s.before
		s.working.Wait()
		close(s.empty)
	}()
}

// reply is what the terminal answers the program.
func (s *Seat) reply(b []byte) {
	if program := s.answers.Load(); program != nil {
		(*program).input(b)
	}
}

// Look says that a page shows the seat, until done is called.
func (s *Seat) Look() (done func()) {
	s.looked(1)
	return sync.OnceFunc(func() { s.looked(-1) })
}

func (s *Seat) looked(more int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looks += more
	s.shown = time.Now()
	s.tellFocus()
}

// tellFocus lets a program that asked for it know whether anybody looks at it. The caller
// holds s.mu.
func (s *Seat) tellFocus() {
	looked := s.looks > 0
	if s.program == nil || s.terminal == nil || looked == s.focused {
		return
	}
	if b := s.terminal.Focus(looked); b != nil {
		s.program.input(b)
		s.focused = looked
	}
}

// Input is what a page tells. It never blocks. The first size starts the program, and so
// does Enter after it has ended.
func (s *Seat) Input(in Input) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.terminal == nil || s.gone {
		return
	}
	if in.Size != (Size{}) {
		s.terminal.SetLight(in.Light)
		s.size = s.terminal.Resize(in.Size)
		switch {
		case s.program != nil:
			s.program.resize(s.size)
		case !s.stopped:
			s.start()
		}
	}
	if in.Text == "" && in.Paste == "" && in.Key.Name == "" && in.Mouse == nil {
		return
	}
	s.key = time.Now()
	if s.stopped {
		if in.Key.Name == "Enter" {
			s.start()
		}
		return
	}
	s.put(s.terminal.Encode(in))
}

// Next is as [Terminal.Next]. io.EOF: the seat was given back, the class is over, or it
// has lines.
func (s *Seat) Next(ctx context.Context, seen int64) (Screen, error) {
	if s.terminal == nil {
		return Screen{}, io.EOF
	}
	return s.terminal.Next(ctx, seen)
}

// maxSaid bounds a line for a program without a screen, in bytes: a terminal takes 4095.
const maxSaid = 2048

// Say is a line for a program without a screen. The first starts it, as does looking at
// its lines. One after its end starts it again, and is not passed on.
func (s *Seat) Say(line string) {
	if n := strings.IndexAny(line, "\r\n"); n >= 0 {
		line = line[:n]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lines == nil || s.gone {
		return
	}
	s.key = time.Now()
	switch again := s.stopped; {
	case again:
		s.start()
	case len(line) > maxSaid:
		s.lines.say("a line has at most 2048 bytes: this one was not sent")
	default:
		s.start()
		s.put([]byte(typed(line) + "\n"))
	}
}

// Lines waits for lines of a program without a screen after the one with the number seen,
// from 1, and returns them, the number of the last, and how many are lost because only the
// last 500 are kept. The error is that of ctx, or io.EOF: the seat was given back, the
// class is over, or it has a screen.
func (s *Seat) Lines(ctx context.Context, seen int64) (list []string, last int64, lost int, err error) {
	if s.lines == nil {
		return nil, 0, 0, io.EOF
	}
	s.mu.Lock()
	if !s.stopped {
		s.start()
	}
	s.mu.Unlock()
	return s.lines.next(ctx, seen)
}
