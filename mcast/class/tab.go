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

// Tab is a host of a seat, and a program in it with a screen or, where lines were asked
// for, without one.
type Tab struct {
	seat    *Seat
	host    string
	files   map[string][]byte // of its programs
	lines   *lines            // nil: it has a screen
	starts  *rate.Limiter
	working sync.WaitGroup

	mu       sync.Mutex // before that of the seat, and that of the terminal
	terminal *Terminal  // nil: it has lines, or nothing was shown yet
	pause    time.Duration
	gone     bool // the seat was given back
	looks    int  // pages that show it
	lookedOn int  // of the teacher
	size     Size
	program  runner             // nil: none is there
	cancel   context.CancelFunc // ends the program, or its start; nil: there is neither
	stopped  bool               // it has ended, and Enter starts it again
	unasked  bool               // it has ended by itself, or with its host
	why      string             // it is being ended
	again    string             // it is started anew when it has ended, and why
	round    int                // of the network that it was started in
	early    []byte             // what was typed while it is started
	focused  bool               // the program takes it that somebody looks
	drawn    int64              // the version of the screen when the class last looked
	report   report             // the last of its program

	// The terminal's answers go there. Whoever holds mu may wait for the terminal, and the
	// terminal for its answers to be taken: so they take no lock.
	answers atomic.Pointer[runner]
}

// plainSize is that of the terminal of a program without a screen, as programs take it
// where there is none: no page has told one.
var plainSize = Size{80, 24}

func newTab(s *Seat, host string, files map[string][]byte, starts *rate.Limiter) *Tab {
	t := &Tab{seat: s, host: host, files: files, starts: starts, pause: usualPause}
	if s.plain {
		t.lines, t.size = newLines(), plainSize
	}
	return t
}

// Host is its host's name.
func (t *Tab) Host() string { return t.host }

// Plain says that it has lines and no screen.
func (t *Tab) Plain() bool { return t.lines != nil }

// screen is its terminal, which takes some megabytes: so there is none before somebody
// asks for it. The caller holds t.mu.
func (t *Tab) screen() *Terminal {
	if t.terminal == nil && t.lines == nil {
		t.terminal = NewTerminal(t.size, t.reply)
		t.terminal.SetPause(t.pause)
		t.terminal.SetLooked(t.lookedOn > 0)
		if t.gone {
			t.terminal.Close()
		}
	}
	return t.terminal
}

func (t *Tab) pages() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.looks
}

func (t *Tab) state() (pages int, running, looked bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.looks, t.program != nil, t.lookedOn > 0
}

func (t *Tab) leave(why string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.gone = true
	switch {
	case t.lines != nil:
		t.lines.close(why)
	case t.terminal != nil:
		t.terminal.Close()
	}
	if t.cancel != nil {
		t.cancel()
	}
}

// reply is what the terminal answers the program.
func (t *Tab) reply(b []byte) {
	if program := t.answers.Load(); program != nil {
		(*program).input(b)
	}
}

// Look says that a page shows the tab, until done is called.
func (t *Tab) Look() (done func()) {
	t.looked(1)
	return sync.OnceFunc(func() { t.looked(-1) })
}

func (t *Tab) looked(more int) {
	t.seat.begun()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.looks += more
	t.tellFocus()
	t.seat.class.changes.wake()
}

// LookOn says that the teacher looks at the tab, until done is called: pages say so.
func (t *Tab) LookOn() (done func()) {
	t.watched(1)
	return sync.OnceFunc(func() { t.watched(-1) })
}

func (t *Tab) watched(more int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	was := t.lookedOn > 0
	t.lookedOn += more
	now := t.lookedOn > 0
	switch {
	case was == now || t.gone:
	case t.lines == nil:
		if t.terminal != nil {
			t.terminal.SetLooked(now)
		}
	case now:
		t.lines.say("The teacher looks on.")
	default:
		t.lines.say("The teacher does not look on any more.")
	}
	t.seat.class.changes.wake()
}

// tellFocus lets a program that asked for it know whether anybody looks at it. The caller
// holds t.mu.
func (t *Tab) tellFocus() {
	looked := t.looks > 0
	if t.program == nil || t.terminal == nil || looked == t.focused {
		return
	}
	if b := t.terminal.Focus(looked); b != nil {
		t.program.input(b)
		t.focused = looked
	}
}

// Input is what a page tells. It never blocks. The first size starts the program, and so
// does Enter after it has ended. Without a screen only ctrl+c and ctrl+d are for a shell.
func (t *Tab) Input(in Input) {
	acts := in.Text != "" || in.Paste != "" || in.Key.Name != "" || in.Mouse != nil
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.gone {
		return
	}
	if t.lines != nil {
		t.interrupt(in.Key)
		return
	}
	terminal := t.screen()
	if in.Size != (Size{}) {
		terminal.SetLight(in.Light)
		t.size = terminal.Resize(in.Size)
		switch {
		case t.program != nil:
			t.program.resize(t.size)
		case !t.stopped:
			t.start()
		}
	}
	if !acts {
		return
	}
	t.seat.touch()
	if t.stopped {
		if in.Key.Name == "Enter" {
			t.start()
		}
		return
	}
	t.put(terminal.Encode(in))
}

// interrupt ends what runs in a shell without a screen, by ctrl+c, or the shell itself, by
// ctrl+d. There is no other key where there are lines. The caller holds t.mu.
func (t *Tab) interrupt(k Key) {
	b, ok := map[Key][]byte{{Name: "c", Ctrl: true}: {3}, {Name: "d", Ctrl: true}: {4}}[k]
	if !ok || !t.seat.class.cfg.Shell || t.stopped {
		return
	}
	t.seat.touch()
	t.put(b)
}

// Next is as [Terminal.Next]. io.EOF: the seat was given back, the class is over, or it
// has lines.
func (t *Tab) Next(ctx context.Context, seen int64) (Screen, error) {
	t.mu.Lock()
	terminal := t.screen()
	t.mu.Unlock()
	if terminal == nil {
		return Screen{}, io.EOF
	}
	return terminal.Next(ctx, seen)
}

// maxSaid bounds a line for a program without a screen, in bytes: a terminal takes 4095.
const maxSaid = 2048

// Say is a line for a program without a screen. The first starts it, as does looking at
// its lines. One after its end starts it again, and is not passed on.
func (t *Tab) Say(line string) {
	if n := strings.IndexAny(line, "\r\n"); n >= 0 {
		line = line[:n]
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.lines == nil || t.gone {
		return
	}
	t.seat.touch()
	switch again := t.stopped; {
	case again:
		t.start()
	case len(line) > maxSaid:
		t.lines.say("a line has at most 2048 bytes: this one was not sent")
	default:
		t.start()
		t.put([]byte(typed(line) + "\n"))
	}
}

// Lines waits for lines of a program without a screen after the one with the number seen,
// from 1, and returns them, the number of the last, and how many are lost because only the
// last 500 are kept. The error is that of ctx, or io.EOF: the seat was given back, the
// class is over, or it has a screen.
func (t *Tab) Lines(ctx context.Context, seen int64) (list []string, last int64, lost int, err error) {
	if t.lines == nil {
		return nil, 0, 0, io.EOF
	}
	t.mu.Lock()
	if !t.stopped {
		t.start()
	}
	t.mu.Unlock()
	return t.lines.next(ctx, seen)
}
