package class

import (
	"image/color"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
)

// Terminal is a screen that a program draws on. It takes any bytes: none make it panic,
// take more than a bounded time and memory for each byte, or reach a page as anything
// but text. Its methods can be called from several goroutines.
type Terminal struct {
	reply func([]byte)

	mu      sync.Mutex
	size    Size // that it has, or gets before anything more is drawn or shown
	emu     *vt.Emulator
	input   *io.PipeWriter // of emu, which the replies of the terminal come through
	stream  stream
	release *time.Timer
	modes   modesSet
	leaves  *bool  // a sequence that was just drawn enters (false) or leaves (true) the alternate screen
	light   bool   // the background, of which programs can ask (OSC 11)
	wraps   bool   // the line is full, by a character of two cells
	title   string // safe to show
	crashes int    // of emu

	dropped atomic.Int64 // bytes of input
	telling atomic.Bool  // that some were

	reader  rowReader
	shown   Size // of rows
	rows    []row
	cursor  Cursor
	told    string // title, as the screens of version have it
	mouse   bool   // the same of the mouse
	lost    int64  // the same of dropped
	watched bool   // the teacher looks on
	ended   string
	version int64
	dirty   bool
	painted time.Time
	pause   time.Duration
	changed chan struct{} // closed when it becomes dirty
	closed  bool
}

const (
	// usualPause is the least time between two screens: 30 of them a second.
	usualPause = 33 * time.Millisecond

	// heldTime is how long the end of a write waits for what may follow. A program's
	// write comes in pieces of some kilobytes.
	heldTime = 5 * time.Millisecond
)

// NewTerminal makes a terminal. reply is called with what the terminal itself answers a
// program, such as where its cursor is; it must not block.
func NewTerminal(size Size, reply func([]byte)) *Terminal {
	t := &Terminal{reply: reply, size: size.within(), pause: usualPause, reader: newRowReader(), changed: make(chan struct{}), dirty: true}
	t.start()
	return t
}

// within is the nearest size that a terminal may have.
func (s Size) within() Size {
	return Size{min(max(s.Width, MinWidth), MaxWidth), min(max(s.Height, MinHeight), MaxHeight)}
}

// Write takes what a program wrote. It never fails.
func (t *Terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return len(p), nil
	}
	t.fit()
	t.stream.read(p, (*drawing)(t))
	if t.stream.holds() {
		if t.release == nil {
			t.release = time.AfterFunc(heldTime, t.unhold)
		} else {
			t.release.Reset(heldTime)
		}
	}
	t.soil()
	return len(p), nil
}

// unhold draws the end of a write that nothing followed.
func (t *Terminal) unhold() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || !t.stream.holds() {
		return
	}
	t.fit()
	t.stream.release((*drawing)(t))
	t.soil()
}

// soil says that there may be something to show. The caller holds t.mu.
func (t *Terminal) soil() {
	if !t.dirty {
		t.dirty = true
		close(t.changed)
		t.changed = make(chan struct{})
	}
}

// tellLost lets screens say that input was dropped. It waits for no lock: input can be
// an answer of the terminal itself, which whoever draws may wait for.
func (t *Terminal) tellLost(bytes int) {
	t.dropped.Add(int64(bytes))
	if t.telling.CompareAndSwap(false, true) {
		go func() {
			t.mu.Lock()
			defer t.mu.Unlock()
			t.telling.Store(false)
			t.soil()
		}()
	}
}

// Resize changes the size, in the bounds that there are, and returns it. Screens have it
// when they are due.
func (t *Terminal) Resize(s Size) Size {
	t.mu.Lock()
	defer t.mu.Unlock()
	s = s.within()
	if s != t.size && !t.closed {
		t.size = s
		t.soil()
	}
	return s
}

// Encode is what a program reads when somebody does that, in the modes that the program
// has set: of the mouse, of cursor keys, of pastes.
func (t *Terminal) Encode(in Input) []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.modes.encode(in, t.size)
}

// Focus is what the program reads when somebody begins to look, or nobody looks any
// more, if it asked for it (mode 1004).
func (t *Terminal) Focus(looked bool) []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case !t.modes.focus:
		return nil
	case looked:
		return []byte(ansi.Focus)
	}
	return []byte(ansi.Blur)
}

// drawn is the version of what is shown.
func (t *Terminal) drawn() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.version
}

// SetPause sets the least time between two screens that Next returns.
func (t *Terminal) SetPause(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pause = d
}

// SetLooked says whether the teacher looks on, which screens tell.
func (t *Terminal) SetLooked(on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.watched == on || t.closed {
		return
	}
	t.watched = on
	t.version++
	t.soil()
}

// End says why nothing runs any more, which screens then tell; "": a program does again,
// on an empty screen.
func (t *Terminal) End(why string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return
	}
	t.ended = why
	if why == "" {
		_ = t.input.Close()
		t.stream, t.title = stream{}, ""
		t.dropped.Store(0)
		t.start()
	}
	t.version++
	t.soil()
}

// Close ends every Next, with io.EOF.
func (t *Terminal) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return
	}
	t.closed = true
	if t.release != nil {
		t.release.Stop()
	}
	_ = t.input.Close()
	close(t.changed)
	t.changed = make(chan struct{})
}

// SetLight says whether the page is light, which programs can ask for: then its default
// colours are black on white, and otherwise white on black.
func (t *Terminal) SetLight(light bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.light = light
	t.lighten()
}

func (t *Terminal) lighten() {
	var front, back color.Color = color.White, color.Black
	if t.light {
		front, back = back, front
	}
	t.emu.SetDefaultForegroundColor(front)
	t.emu.SetDefaultBackgroundColor(back)
}
