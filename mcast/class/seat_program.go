package class

import (
	"context"
	"time"
)

// start starts the program, in the background, if it neither runs nor is started. The
// caller holds s.mu.
func (s *Seat) start() {
	if s.cancel != nil || s.gone {
		return
	}
	if s.stopped && s.terminal != nil {
		s.terminal.End("")
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel, s.why, s.early, s.stopped, s.focused = cancel, "", nil, false, true
	s.shown = time.Now()
	s.working.Go(func() {
		defer cancel()
		program, err := s.begin(ctx)
		if err != nil {
			s.ended("it could not be started: ask the teacher", "it could not be started: "+harmlessAll(err.Error()))
			return
		}
		select {
		case <-program.over():
		case <-ctx.Done():
			program.kill()
		}
		s.ended(program.reason(), program.reason())
	})
}

// begin starts the program when that of who sat there before has ended, and passes on
// what happened meanwhile.
func (s *Seat) begin(ctx context.Context) (runner, error) {
	select {
	case <-s.before:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err := s.starts.Wait(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	size := s.size
	s.mu.Unlock()
	program, err := s.lab.start(s.host, s.shower(), size, s.name, s.plain)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.program = program
	s.answers.Store(&program)
	if s.size != size {
		program.resize(s.size)
	}
	program.input(s.early)
	s.early = nil
	return program, nil
}

// ended says that nothing runs any more: pages why, and the teacher.
func (s *Seat) ended(why, teacher string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.program, s.cancel, s.early = nil, nil, nil
	s.answers.Store(nil)
	if s.gone {
		return
	}
	if s.why != "" {
		why, teacher = s.why, s.why
	}
	s.stopped = true
	if s.terminal != nil {
		s.terminal.End(why)
	} else {
		s.lines.end("The program does not run now: " + why + ". Any line starts it again; nobody reads that line.")
	}
	s.events.put(Event{Kind: "ended", Host: s.host, Name: s.name, Text: teacher})
}

// end ends the program, or its start, and pages are told why.
func (s *Seat) end(why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancel != nil && s.why == "" {
		s.why = why
		s.cancel()
	}
}

// put is what the program is to read. The caller holds s.mu.
func (s *Seat) put(b []byte) {
	switch {
	case s.program != nil:
		s.program.input(b)
	case s.cancel == nil:
	case len(s.early)+len(b) > maxQueue:
		s.shower().tellLost(len(b))
	default:
		s.early = append(s.early, b...)
	}
}

// shower is what shows what its program writes.
func (s *Seat) shower() shower {
	if s.plain {
		return s.lines
	}
	return s.terminal
}

// muchDrawn is how many screens in a second make a seat busy.
const muchDrawn = 8

// look ends a program that nobody has used or looked at for so long, tells it whether
// anybody does, and reports whether the screen changed all the time since the last look.
func (s *Seat) look(now time.Time, idle time.Duration) (busy bool) {
	s.mu.Lock()
	last := s.key
	if s.shown.After(last) {
		last = s.shown
	}
	isIdle := s.looks == 0 && now.Sub(last) >= idle
	s.tellFocus()
	if s.terminal != nil {
		drawn := s.terminal.drawn()
		busy = drawn-s.drawn >= muchDrawn
		s.drawn = drawn
	}
	s.mu.Unlock()
	if isIdle {
		s.end("nobody typed for " + inWords(idle))
	}
	return busy
}

func (s *Seat) setPause(d time.Duration) {
	if s.terminal != nil {
		s.terminal.SetPause(d)
	}
}
