package class

import (
	"context"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Seat is where one student sits: a host, and a program in it with a screen or, where
// lines were asked for, without one.
type Seat struct {
	class *Class
	host  string
	token Token // guarded by class.mu; "": it is free

	mu       sync.Mutex
	name     string
	from     string
	plain    bool
	since    time.Time
	key      time.Time // when somebody did something
	looks    int       // pages that show it
	terminal *Terminal // of who sits there; nil: nobody, or plain
	lines    *lines    // the same where it is plain
	size     Size
	program  runner
	starting bool
	stopped  bool   // it has ended, and Enter starts it again
	why      string // it is being ended
	drawn    int64  // the version of the screen when the class last looked
	working  sync.WaitGroup

	// The terminal's answers go there. Whoever holds mu may wait for the terminal, and the
	// terminal for its answers to be taken: so they take no lock.
	answers atomic.Pointer[runner]
}

// Host is its host's name.
func (s *Seat) Host() string { return s.host }

// Name is that of who sits there; "": nobody.
func (s *Seat) Name() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.name
}

// Plain says that it has lines and no screen.
func (s *Seat) Plain() bool { return s.isPlain() }

func (s *Seat) isPlain() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.plain
}

func (s *Seat) cameFrom() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.from
}

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

func (s *Seat) state() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return State{Host: s.host, Name: s.name, Since: s.since, Pages: s.looks, Running: s.program != nil, Plain: s.plain}
}

// muchDrawn is how many screens in a second make a seat busy.
const muchDrawn = 8

// drewMuch reports whether the screen changed all the time since it was last asked.
func (s *Seat) drewMuch() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.terminal == nil {
		return false
	}
	now := s.terminal.drawn()
	much := now-s.drawn >= muchDrawn
	s.drawn = now
	return much
}

func (s *Seat) setPause(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.terminal != nil {
		s.terminal.SetPause(d)
	}
}

// take seats somebody. The caller holds class.mu.
func (s *Seat) take(name, from string, plain bool) {
	s.clear("")
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.name, s.from, s.plain, s.since, s.key = name, from, plain, now, now
	s.size, s.stopped, s.why, s.drawn = Size{}, false, "", 0
	if plain {
		s.lines = newLines()
	} else {
		s.terminal = NewTerminal(Size{}, s.reply)
	}
}

// clear ends the program, and what pages wait for, and returns who sat there. It does not
// wait.
func (s *Seat) clear(why string) (name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name = s.name
	if s.terminal != nil {
		s.terminal.Close()
	}
	if s.lines != nil {
		if why != "" {
			s.lines.say(why)
		}
		s.lines.close()
	}
	if s.program != nil {
		program := s.program
		s.working.Go(program.kill)
	}
	s.name, s.from, s.terminal, s.lines, s.program = "", "", nil, nil, nil
	s.answers.Store(nil)
	return name
}

// wait returns when every program of the seat has ended.
func (s *Seat) wait() { s.working.Wait() }

// end ends the program, which pages are told, with the reason.
func (s *Seat) end(why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.program != nil {
		s.why = why
		program := s.program
		s.working.Go(program.kill)
	}
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

// looked lets a program that asked for it know whether anybody looks at it.
func (s *Seat) looked(more int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.looks > 0
	s.looks += more
	if after := s.looks > 0; after != before && s.program != nil && s.terminal != nil {
		s.program.input(s.terminal.Focus(after))
	}
}

// Input is what a page tells. It never blocks. The first size starts the program, and so
// does Enter after it has ended.
func (s *Seat) Input(in Input) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.terminal == nil {
		return
	}
	if in.Size != (Size{}) {
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
	if s.program != nil {
		s.program.input(s.terminal.Encode(in))
	} else if s.stopped && in.Key.Name == "Enter" {
		s.start()
	}
}

// Next is as [Terminal.Next]. io.EOF: the seat was given back, or the class is over.
func (s *Seat) Next(ctx context.Context, seen int64) (Screen, error) {
	s.mu.Lock()
	terminal := s.terminal
	s.mu.Unlock()
	if terminal == nil {
		return Screen{}, io.EOF
	}
	screen, err := terminal.Next(ctx, seen)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.program != nil && s.terminal == terminal {
		screen.Dropped = s.program.lost()
	}
	return screen, err
}

// Say is a line for a program without a screen. The first starts it, as does looking at
// its lines.
func (s *Seat) Say(line string) {
	line, _, _ = strings.Cut(line, "\n")
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lines == nil {
		return
	}
	s.key = time.Now()
	if s.program == nil {
		s.start()
		return
	}
	if len(line) > maxLine/2 {
		s.lines.say("a line has at most 2048 bytes: this one was not sent")
		return
	}
	s.program.input([]byte(typed(line) + "\n"))
}

// Lines waits for lines of a program without a screen after the one with the number seen,
// from 1, and returns them, the number of the last, and how many are lost because only the
// last 500 are kept.
func (s *Seat) Lines(ctx context.Context, seen int64) (list []string, last int64, lost int, err error) {
	s.mu.Lock()
	l := s.lines
	if l != nil && s.program == nil && !s.stopped {
		s.start()
	}
	s.mu.Unlock()
	if l == nil {
		return nil, 0, 0, io.EOF
	}
	return l.next(ctx, seen)
}

// output is where the program writes to; nil: nobody sits there.
func (s *Seat) output() io.Writer {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.terminal != nil:
		return s.terminal
	case s.lines != nil:
		return s.lines
	}
	return nil
}

// start starts the program, in the background. The caller holds s.mu.
func (s *Seat) start() {
	if s.starting {
		return
	}
	s.starting, s.why = true, ""
	terminal, text, size, name, plain := s.terminal, s.lines, s.size, s.name, s.plain
	if s.stopped && terminal != nil {
		terminal.End("")
	}
	s.stopped = false
	s.working.Go(func() {
		program, err := s.class.lab.start(s, size, name, plain)
		s.mu.Lock()
		s.starting = false
		there := s.terminal == terminal && s.lines == text // the same student
		switch {
		case err != nil && there:
			s.sayEnd("it could not be started: " + harmlessAll(err.Error()))
		case err == nil && !there:
			s.mu.Unlock()
			program.kill()
			return
		case err == nil:
			s.program = program
			s.answers.Store(&program)
			if s.size != size {
				program.resize(s.size)
			}
		}
		s.mu.Unlock()
		if err != nil {
			return
		}
		<-program.over()
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.program == program {
			s.program = nil
			s.answers.Store(nil)
			why := s.why
			if why == "" {
				why = program.reason()
			}
			s.sayEnd(why)
			s.class.events.put(Event{Kind: "ended", Host: s.host, Name: s.name, Text: why})
		}
	})
}

// sayEnd tells pages that nothing runs. The caller holds s.mu.
func (s *Seat) sayEnd(why string) {
	s.stopped = true
	if s.terminal != nil {
		s.terminal.End(why)
	}
	if s.lines != nil {
		s.lines.say(why + "; say anything to start it again")
	}
}
