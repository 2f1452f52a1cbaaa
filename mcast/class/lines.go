package class

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"
)

const (
	maxLines = 500  // that are kept
	maxLine  = 4096 // bytes of one; a longer one is cut

	// linesPause is the least time between two answers of next with more lines: those
	// that a program writes at once are read at once.
	linesPause = 100 * time.Millisecond
)

// lines are what a program without a screen has written, the last of it. It is an
// io.Writer that takes any bytes.
type lines struct {
	mu      sync.Mutex
	list    []string
	last    int64 // the number of the last of them, from 1
	told    int64 // the last that next has returned, or may
	at      time.Time
	part    []byte
	dropped int // bytes of input, which is still to be told
	closed  bool
	changed chan struct{}
}

func newLines() *lines { return &lines{changed: make(chan struct{})} }

// Write never fails.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := l.last
	for b := p; ; {
		line, rest, whole := bytes.Cut(b, []byte("\n"))
		if room := maxLine - len(l.part); room > 0 {
			l.part = append(l.part, line[:min(room, len(line))]...)
		}
		if !whole {
			break
		}
		l.add(string(l.part))
		l.part = l.part[:0]
		b = rest
	}
	if l.last != before {
		l.wake()
	}
	return len(p), nil
}

// add keeps a line, safe to show. The caller holds l.mu.
func (l *lines) add(line string) {
	line = strings.TrimRight(line, "\r")
	line = line[strings.LastIndexByte(line, '\r')+1:] // over what stood there
	line = strings.ReplaceAll(ansi.Strip(line), "\t", "    ")
	if line = harmlessAll(line); len(line) > maxLine {
		line = strings.ToValidUTF8(line[:maxLine], "")
	}
	if len(l.list) == maxLines {
		l.list[0] = ""
		l.list = l.list[1:]
	}
	l.list = append(l.list, line)
	l.last++
}

// wake lets everybody look again. The caller holds l.mu.
func (l *lines) wake() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// tellLost lets the next answer say that input was dropped.
func (l *lines) tellLost(bytes int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dropped += bytes
	l.wake()
}

// say adds a line that is not the program's.
func (l *lines) say(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.add(line)
	l.wake()
}

// end says why the program has ended, behind the rest of what it wrote.
func (l *lines) end(why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.part) > 0 {
		l.add(string(l.part))
		l.part = nil
	}
	l.add(why)
	l.wake()
}

// close ends every next, when it has returned the last lines.
func (l *lines) close(why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if why != "" {
		l.add(why)
	}
	l.closed = true
	l.wake()
}

// waits reports whether there is something to tell. The caller holds l.mu.
func (l *lines) waits() bool { return l.last > l.told || l.dropped > 0 }

// next waits for lines after the one with the number seen, and then for the pause.
func (l *lines) next(ctx context.Context, seen int64) (list []string, last int64, lost int, err error) {
	for {
		l.mu.Lock()
		now := time.Now()
		rest := l.at.Add(linesPause).Sub(now)
		if l.waits() && (rest <= 0 || l.closed) {
			if l.dropped > 0 {
				l.add(fmt.Sprintf("the program does not read: %d bytes of what was said are lost", l.dropped))
				l.dropped = 0
			}
			l.told, l.at = l.last, now
		}
		if seen < 0 || seen > l.last {
			seen = 0 // of another time
		}
		first := l.last - int64(len(l.list)) // the number of the last that is lost
		if from := max(seen, first); from < l.told {
			list, last, lost = append(list, l.list[from-first:l.told-first]...), l.told, int(from-seen)
			l.mu.Unlock()
			return list, last, lost, nil
		}
		changed, closed, waits := l.changed, l.closed, l.waits()
		l.mu.Unlock()
		if closed {
			return nil, seen, 0, io.EOF
		}
		var resting <-chan time.Time
		if waits {
			resting = time.After(rest)
		}
		select {
		case <-changed:
		case <-resting:
		case <-ctx.Done():
			return nil, seen, 0, ctx.Err()
		}
	}
}
