package hub

import (
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"

	"golang.org/x/time/rate"
)

// log is the server's logger. It passes on warnings and errors.
type log struct {
	hub    *Hub
	limit  *rate.Limiter
	missed atomic.Int64 // texts over the limit
	first  atomic.Pointer[error]
}

func newLog(h *Hub) *log { return &log{hub: h, limit: rate.NewLimiter(1, 10)} }

// fatal is the first error that ended the server.
func (l *log) fatal() error {
	if err := l.first.Load(); err != nil {
		return *err
	}
	return nil
}

var userKey = regexp.MustCompile(`U[A-Z2-7]{55}`)

func (l *log) tell(format string, v []any) {
	if l.hub.cfg.Tell == nil {
		return
	}
	if !l.limit.Allow() {
		l.missed.Add(1)
		return
	}
	text := fmt.Sprintf(format, v...)
	for _, key := range userKey.FindAllString(text, 2) {
		if site := l.hub.siteOf(key); site != "" {
			text = strings.ReplaceAll(text, key, key+" ("+site+")")
		}
	}
	if n := l.missed.Swap(0); n > 0 {
		text += fmt.Sprintf(" (%d more not shown)", n)
	}
	l.hub.cfg.Tell(text)
}

func (l *log) Warnf(format string, v ...any)  { l.tell(format, v) }
func (l *log) Errorf(format string, v ...any) { l.tell(format, v) }

func (l *log) Fatalf(format string, v ...any) {
	err := fmt.Errorf(format, v...)
	l.first.CompareAndSwap(nil, &err)
	l.tell(format, v)
}

func (l *log) Noticef(string, ...any) {}
func (l *log) Debugf(string, ...any)  {}
func (l *log) Tracef(string, ...any)  {}
