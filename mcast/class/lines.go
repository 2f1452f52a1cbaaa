package class

import (
	"bytes"
	"context"
	"io"
	"sync"

	"github.com/charmbracelet/x/ansi"
)

const (
	maxLines = 500  // that are kept
	maxLine  = 4096 // bytes of one; a longer one is cut
)

// lines are what a program without a screen has written, the last of it. It is an
// io.Writer that takes any bytes.
type lines struct {
	mu      sync.Mutex
	list    []string
	last    int64 // the number of the last of them, from 1
	part    []byte
	closed  bool
	changed chan struct{}
}

func newLines() *lines { return &lines{changed: make(chan struct{})} }

// Write never fails.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := p
	for {
		line, rest, whole := bytes.Cut(b, []byte("\n"))
		if room := maxLine - len(l.part); room > 0 {
			l.part = append(l.part, line[:min(room, len(line))]...)
		}
		if !whole {
			return len(p), nil
		}
		l.add(string(l.part))
		l.part = l.part[:0]
		b = rest
	}
}

// add keeps a line, safe to show. The caller holds l.mu.
func (l *lines) add(line string) {
	line = harmlessAll(ansi.Strip(line))
	if len(l.list) == maxLines {
		l.list = append(l.list[:0:0], l.list[1:]...)
	}
	l.list = append(l.list, line)
	l.last++
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *lines) say(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.add(line)
}

func (l *lines) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.closed = true
		close(l.changed)
		l.changed = make(chan struct{})
	}
}

// next waits for lines after the one with the number seen.
func (l *lines) next(ctx context.Context, seen int64) (list []string, last int64, lost int, err error) {
	for {
		l.mu.Lock()
		if seen > l.last {
			seen = 0 // of another time
		}
		if news := l.last - seen; news > 0 {
			kept := min(news, int64(len(l.list)))
			list = append(list, l.list[int64(len(l.list))-kept:]...)
			last, lost = l.last, int(news-kept)
			l.mu.Unlock()
			return list, last, lost, nil
		}
		changed, closed := l.changed, l.closed
		l.mu.Unlock()
		if closed {
			return nil, seen, 0, io.EOF
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, seen, 0, ctx.Err()
		}
	}
}
