package class

import (
	"context"
	"hash/maphash"
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
	size    Size
	emu     *vt.Emulator
	input   *io.PipeWriter // of emu, which the replies of the terminal come through
	stream  stream
	held    []byte // the end of what was written, which may go on
	release *time.Timer
	modes   modesSet
	leaves  *bool // a sequence that was just read enters (false) or leaves (true) the alternate screen
	title   string
	crashes int // of emu

	dropped atomic.Int64 // bytes of input
	telling atomic.Bool  // that some were

	hash    maphash.Hash
	rows    []row
	cursor  Cursor
	told    string // title, as the screens of version have it
	lost    int64  // dropped, as they have it
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

	// maxCount bounds the number that a sequence gives, of lines or characters.
	maxCount = 1000
)

// NewTerminal makes a terminal. reply is called with what the terminal itself answers a
// program, such as where its cursor is; it must not block.
func NewTerminal(size Size, reply func([]byte)) *Terminal {
	t := &Terminal{reply: reply, size: size.within(), pause: usualPause, changed: make(chan struct{}), dirty: true}
	t.start()
	return t
}

// within is the nearest size that a terminal may have.
func (s Size) within() Size {
	return Size{min(max(s.Width, MinWidth), MaxWidth), min(max(s.Height, MinHeight), MaxHeight)}
}

// start makes an emulator. The caller holds t.mu, or has t alone.
func (t *Terminal) start() {
	e := vt.NewEmulator(t.size.Width, t.size.Height)
	t.emu, t.modes, t.stream, t.held = e, modesSet{}, stream{}, nil
	t.input, _ = e.InputPipe().(*io.PipeWriter)
	e.SetScrollbackSize(1) // of the main screen; no call reaches that of the other, which is therefore never used
	e.SetCallbacks(vt.Callbacks{
		Title:       func(title string) { t.title = title },
		EnableMode:  func(m ansi.Mode) { t.modes.set(m, true) },
		DisableMode: func(m ansi.Mode) { t.modes.set(m, false) },
	})
	for _, set := range []bool{true, false} {
		final := byte('l')
		if set {
			final = 'h'
		}
		e.RegisterCsiHandler(ansi.Command('?', 0, final), func(p ansi.Params) bool { return t.alternate(p, set) })
	}
	for _, final := range "@ABCDEFGILMPSTXZ`abde" {
		e.RegisterCsiHandler(int(final), bounded)
	}
	e.RegisterOscHandler(8, func([]byte) bool { return true }) // links: as long as they like, in each cell
	e.RegisterEscHandler('c', func() bool {                    // a reset tells no callback of modes
		t.modes = modesSet{}
		return false
	})
	go t.answer(e)
}

// answer passes on what an emulator answers, until it is closed.
func (t *Terminal) answer(e *vt.Emulator) {
	b := make([]byte, 256)
	for {
		n, err := e.Read(b)
		if n > 0 {
			t.reply(append([]byte(nil), b[:n]...))
		}
		if err != nil {
			return
		}
	}
}

// bounded makes the numbers of a sequence small enough.
func bounded(p ansi.Params) bool {
	for n := range p {
		if p[n].Param(0) > maxCount {
			p[n] = maxCount
		}
	}
	return false
}

// alternate keeps the emulator from its alternate screen. Entering it and leaving it
// both clear the screen.
func (t *Terminal) alternate(p ansi.Params, set bool) (handled bool) {
	for n := range p {
		switch p[n].Param(0) {
		case 47, 1047, 1049:
			leaves := !set
			t.leaves = &leaves
			handled = true
		}
	}
	if handled && len(p) > 1 { // the others of the sequence
		for n := range p {
			if m := p[n].Param(0); m == 47 || m == 1047 || m == 1049 {
				p[n] = 0
			}
		}
		return false
	}
	return handled
}

// Write takes what a program wrote. It never fails.
func (t *Terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return len(p), nil
	}
	b := p
	if len(t.held) > 0 {
		b = append(t.held, p...)
		t.held = nil
	}
	t.draw(b)
	return len(p), nil
}

// draw writes all of b but what may go on. The caller holds t.mu.
func (t *Terminal) draw(b []byte) {
	for len(b) > 0 {
		before := t.stream
		n, set, open := t.stream.piece(b)
		if open {
			t.write(b[:n])
			before.state = ground
			t.stream = before // what is held is read again
			t.hold(b[n:])
			break
		}
		t.write(b[:n])
		if set {
			t.switched()
		}
		b = b[n:]
	}
	t.soil()
}

// hold keeps the end of a write for a moment.
func (t *Terminal) hold(b []byte) {
	t.held = append([]byte(nil), b...)
	if t.release == nil {
		t.release = time.AfterFunc(heldTime, t.unhold)
	} else {
		t.release.Reset(heldTime)
	}
}

func (t *Terminal) unhold() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || len(t.held) == 0 {
		return
	}
	b := t.held
	t.held = nil
	t.write(b)
	t.soil()
}

// write draws. A mistake in the emulator costs the picture and no more.
func (t *Terminal) write(b []byte) {
	defer func() {
		if recover() != nil {
			_ = t.input.Close()
			t.crashes++
			t.start()
		}
	}()
	_, _ = t.emu.Write(b)
}

// switched clears the screen where the alternate one was entered or left.
func (t *Terminal) switched() {
	if t.leaves == nil {
		return
	}
	enter, leave := "\x1b7\x1b[H\x1b[2J", "\x1b[H\x1b[2J\x1b8"
	if *t.leaves {
		t.write([]byte(leave))
	} else {
		t.write([]byte(enter))
	}
	t.leaves = nil
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

// Resize changes the size, in the bounds that there are, and returns it.
func (t *Terminal) Resize(s Size) Size {
	t.mu.Lock()
	defer t.mu.Unlock()
	s = s.within()
	if s != t.size && !t.closed {
		t.size = s
		t.resize()
		t.rows = nil
		t.soil()
	}
	return s
}

func (t *Terminal) resize() {
	defer func() {
		if recover() != nil {
			_ = t.input.Close()
			t.crashes++
			t.start()
		}
	}()
	t.emu.Resize(t.size.Width, t.size.Height)
}

// Encode is what a program reads when somebody does that, in the modes that the program
// has set: of the mouse, of cursor keys, of pastes.
func (t *Terminal) Encode(in Input) []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.modes.encode(in)
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

// Next waits until the screen has a version after seen, and then for the pause that
// paces it, and returns what has changed since. seen 0 is everything. The error is that
// of ctx, or io.EOF after Close.
func (t *Terminal) Next(ctx context.Context, seen int64) (Screen, error) {
	for {
		t.mu.Lock()
		if t.closed {
			t.mu.Unlock()
			return Screen{}, io.EOF
		}
		now := time.Now()
		rest := t.painted.Add(t.pause).Sub(now)
		if t.dirty && (rest <= 0 || t.rows == nil) {
			t.paint(now)
		}
		if t.version > seen || seen > t.version {
			s := t.since(seen)
			t.mu.Unlock()
			return s, nil
		}
		changed, dirty := t.changed, t.dirty
		t.mu.Unlock()
		var resting <-chan time.Time
		if dirty {
			resting = time.After(rest)
		}
		select {
		case <-ctx.Done():
			return Screen{}, ctx.Err()
		case <-changed:
		case <-resting:
		}
	}
}

// paint makes rows of what the emulator shows, where it has changed. The caller holds
// t.mu.
func (t *Terminal) paint(now time.Time) {
	t.dirty, t.painted = false, now
	next := t.version + 1
	new := len(t.rows) != t.size.Height
	if new {
		t.rows = make([]row, t.size.Height)
	}
	any := new
	for y := range t.rows {
		sum := hashRow(&t.hash, t.emu, y, t.size.Width)
		if r := &t.rows[y]; new || r.hash != sum {
			*r = row{next, sum, runsOf(t.emu, y, t.size.Width)}
			any = true
		}
	}
	at := t.emu.CursorPosition()
	cursor := Cursor{at.X, at.Y, !t.emu.CursorHidden()}
	title, lost := titleOf(t.title), t.dropped.Load()
	if any || cursor != t.cursor || title != t.told || lost != t.lost {
		t.cursor, t.told, t.lost, t.version = cursor, title, lost, next
	}
}

// since is what has changed since a version. The caller holds t.mu.
func (t *Terminal) since(seen int64) Screen {
	s := Screen{
		Width: t.size.Width, Height: len(t.rows), Version: t.version, Cursor: t.cursor, Title: t.told, Ended: t.ended,
		Dropped: int(t.lost), Rows: map[int][]Run{},
	}
	for y, r := range t.rows {
		if seen > t.version || r.version > seen {
			s.Rows[y] = r.runs
		}
	}
	return s
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
		t.title = ""
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
