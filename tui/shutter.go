package tui

import (
	"io"
	"os"
	"reflect"
	"sync"
	"time"
	"unsafe"

	tea "charm.land/bubbletea/v2"
)

// A frame is on the terminal at most showPause after it was drawn. While nothing is
// drawn Bubble Tea's renderer looks for something new every restPause.
const (
	showPause = 10 * time.Millisecond
	restPause = time.Second
)

// shutter is when Bubble Tea shows what was drawn. By itself it looks for something new
// [framesPerSecond] times a second, which in a screen at rest was a third of the load.
// Whoever draws, or lets Bubble Tea write something else, has to say so.
type shutter struct {
	mu     sync.Mutex
	ticker *time.Ticker // of the renderer; nil: it looks at its own pace
	rest   *time.Timer
}

// open takes the pace over. It is called by the goroutine that runs the program, and
// does nothing when it was done.
func (s *shutter) open(p *tea.Program) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ticker == nil {
		s.ticker = rendererTicker(p)
	}
}

// rendererTicker is the ticker of a program that runs; nil: it is not where it was in
// Bubble Tea 2.0, which has no call for it.
func rendererTicker(p *tea.Program) *time.Ticker {
	field := reflect.ValueOf(p).Elem().FieldByName("ticker")
	if !field.IsValid() || field.Type() != reflect.TypeFor[*time.Ticker]() {
		return nil
	}
	return *(**time.Ticker)(unsafe.Pointer(field.UnsafeAddr()))
}

// soon says that there is something to show. The renderer looks twice: it may have been
// showing the frame before.
func (s *shutter) soon() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ticker == nil {
		return
	}
	s.ticker.Reset(showPause)
	if s.rest == nil {
		s.rest = time.AfterFunc(2*showPause+showPause/2, s.slow)
	} else {
		s.rest.Reset(2*showPause + showPause/2)
	}
}

func (s *shutter) slow() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ticker != nil { // the timer may have begun this just before close stopped it
		s.ticker.Reset(restPause)
	}
}

// close lets the timer go.
func (s *shutter) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rest != nil {
		s.rest.Stop()
	}
	s.ticker = nil
}

// terminalOutput is a terminal that tells when something was written to it.
type terminalOutput struct {
	*os.File
	wrote func()
}

func (t *terminalOutput) Write(p []byte) (int, error) {
	defer t.wrote()
	return t.File.Write(p)
}

// watch is a terminal that is written to. While a write lasts, another frame may have
// been drawn.
func (s *shutter) watch(output io.Writer) io.Writer {
	if file, ok := output.(*os.File); ok {
		return &terminalOutput{file, s.soon}
	}
	return output
}
