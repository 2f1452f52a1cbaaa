package class

import (
	"context"
	"time"
)

// start starts the program, in the background, if it neither runs nor is started. The
// caller holds t.mu.
func (t *Tab) start() {
	if t.cancel != nil || t.gone {
		return
	}
	terminal := t.screen()
	if t.stopped && terminal != nil {
		terminal.End("")
	}
	if t.again != "" {
		t.note(t.again)
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.cancel, t.why, t.again, t.early, t.stopped, t.unasked, t.focused = cancel, "", "", nil, false, false, true
	t.seat.begun()
	t.working.Go(func() {
		defer cancel()
		program, err := t.begin(ctx)
		if err != nil {
			t.ended(notStarted, "it could not be started: "+harmlessAll(err.Error()))
			return
		}
		select {
		case <-program.over():
		case <-ctx.Done():
			program.kill()
		}
		t.ended(program.reason(), program.reason())
	})
}

// note shows a line that is not the program's. The caller holds t.mu.
func (t *Tab) note(line string) {
	if t.lines != nil {
		t.lines.say(line)
	} else {
		_, _ = t.screen().Write([]byte(line + "\r\n"))
	}
}

// What is said about programs, and hosts.
const (
	hostEnded   = "its host has ended"
	killed      = "it was ended by a signal: killed"
	notStarted  = "it could not be started: ask the teacher"
	beingBuilt  = "The network is being built."
	isBuilt     = "The network is ready."
	builtAnew   = "The network was built anew."
	clearScreen = "\x1b[H\x1b[2J"
)

// begin starts the program when that of who sat there before has ended and the network is
// there, and passes on what happened meanwhile.
func (t *Tab) begin(ctx context.Context) (runner, error) {
	select {
	case <-t.seat.before:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	in, err := t.built(ctx)
	if err != nil {
		return nil, err
	}
	if err := t.starts.Wait(ctx); err != nil {
		return nil, err
	}
	t.mu.Lock()
	size := t.size
	t.round, t.report = in.round, report{}
	t.mu.Unlock()
	program, err := in.lab.start(launch{host: t.host, name: t.seat.name, plain: t.lines != nil, size: size, files: t.files, tells: t.tell}, t.shower())
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.program = program
	t.answers.Store(&program)
	if t.size != size {
		program.resize(t.size)
	}
	program.input(t.early)
	t.early = nil
	t.seat.class.changes.wake()
	return program, nil
}

// built waits for the network, and says that it does.
func (t *Tab) built(ctx context.Context) (standing, error) {
	if in, known := t.seat.network.stand(); known {
		return in, in.err
	}
	t.mu.Lock()
	t.note(beingBuilt)
	t.mu.Unlock()
	in, err := t.seat.network.wait(ctx)
	switch {
	case err != nil:
	case t.lines == nil:
		_, _ = t.shower().Write([]byte(clearScreen))
	default: // a shell says nothing where there is no screen
		t.lines.say(isBuilt)
	}
	return in, err
}

// ended says that nothing runs any more: pages why, and the teacher; or starts it again.
func (t *Tab) ended(why, teacher string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.program, t.cancel, t.early = nil, nil, nil
	t.answers.Store(nil)
	t.seat.class.changes.wake()
	if t.gone {
		return
	}
	if t.why != "" {
		why, teacher = t.why, t.why
	}
	t.stopped, t.unasked = true, t.why == ""
	if in, known := t.seat.network.stand(); t.unasked && known && in.err == nil && in.round != t.round {
		t.again = builtAnew // meanwhile
	}
	if t.again != "" {
		t.start()
		return
	}
	if t.lines == nil {
		t.screen().End(why)
	} else {
		t.lines.end("The program does not run now: " + why + ". Any line starts it again; nobody reads that line.")
	}
	if why != hostEnded && why != killed || !t.seat.class.cfg.Private { // a network of one's own ends with each reset
		t.seat.class.tell(Event{Kind: "ended", Host: t.seat.place, Name: t.seat.name, Text: teacher})
	}
}

// end ends the program, or its start, and pages are told why.
func (t *Tab) end(why string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cancel != nil && t.why == "" {
		t.why = why
		t.cancel()
	}
}

// renew starts the program again if it runs in a host that was, or has ended and nobody
// asked for that, with a line that says why.
func (t *Tab) renew(note string) {
	in, _ := t.seat.network.stand()
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.gone || t.round == in.round:
	case t.program != nil:
		t.again = note
		t.cancel()
	case t.unasked && t.cancel == nil:
		t.again = note
		t.start()
	}
}

// put is what the program is to read. The caller holds t.mu.
func (t *Tab) put(b []byte) {
	switch {
	case t.program != nil:
		t.program.input(b)
	case t.cancel == nil:
	case len(t.early)+len(b) > maxQueue:
		t.shower().tellLost(len(b))
	default:
		t.early = append(t.early, b...)
	}
}

// shower is what shows what its program writes, once it has been started.
func (t *Tab) shower() shower {
	if t.lines != nil {
		return t.lines
	}
	return t.terminal
}

// muchDrawn is how many screens in a second make a tab busy.
const muchDrawn = 8

// look tells the program whether anybody looks, and reports whether the screen changed
// all the time since the last look.
func (t *Tab) look() (busy bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tellFocus()
	if t.terminal != nil {
		drawn := t.terminal.drawn()
		busy = drawn-t.drawn >= muchDrawn
		t.drawn = drawn
	}
	return busy
}

func (t *Tab) setPause(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pause = d
	if t.terminal != nil {
		t.terminal.SetPause(d)
	}
}
