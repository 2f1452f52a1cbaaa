package hub

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// log is the server's logger. It passes on warnings and errors.
type log struct {
	hub     *Hub
	limit   *rate.Limiter
	missed  atomic.Int64 // texts over the limit
	first   atomic.Pointer[error]
	refused refusals
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
	text := fmt.Sprintf(format, v...)
	if l.hub.cfg.Tell == nil || noise(format, text) {
		return
	}
	if at, why := l.refusal(text); why != "" {
		if !l.refused.isNew(at+why, time.Now()) {
			return
		}
		text = at + why
	}
	if !l.limit.Allow() {
		l.missed.Add(1)
		return
	}
	for _, key := range userKey.FindAllString(text, 2) {
		if site := " (" + l.hub.siteOf(key) + ")"; site != " ()" && !strings.Contains(text, site) {
			text = strings.Replace(text, key, key+site, 1)
		}
	}
	if n := l.missed.Swap(0); n > 0 {
		text += fmt.Sprintf(" (%d more not shown)", n)
	}
	l.hub.cfg.Tell(text)
}

// noise is what nobody can do anything about: the server reads its file again after it was
// killed, and looks for addresses to announce, which this one does not.
func noise(format, text string) bool {
	if strings.HasPrefix(format, "Filestore [") {
		return strings.Contains(format, "] Stream state ") ||
			strings.Contains(format, "] Recovering stream state from index ") && strings.HasSuffix(text, " state file") // prior, or corrupt
	}
	return format == "Address %q can not be resolved properly"
}

var ofClient = regexp.MustCompile(`^(\S+):\d+ - cid:\d+ - (.*)$`)

// refusal says why the server let a connection not in, if it was for the hub file: at is
// the address it came from.
func (l *log) refusal(text string) (at, why string) {
	m := ofClient.FindStringSubmatch(text)
	if m == nil {
		return "", ""
	}
	at = strings.Trim(m[1], "[]")
	switch key := userKey.FindString(m[2]); {
	case strings.Contains(m[2], "authentication error - Nkey ") && key != "" && l.hub.siteOf(key) == "":
		return at, " was refused: its key is of no site (removed, or of another hub)"
	case strings.HasSuffix(m[2], "TLS handshake error: remote error: tls: bad certificate"):
		return at, " has a hub file of another hub"
	}
	return "", ""
}

// Limits of refusals.
const (
	refusedAgain = 10 * time.Minute
	maxRefusals  = 1024
)

// refusals are what was told of late: a bridge that is refused tries again.
type refusals struct {
	mu   sync.Mutex
	told map[string]time.Time
}

// isNew says whether a text was not told in the last 10 minutes. Of too many that are new,
// some are told again.
func (r *refusals) isNew(text string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t, ok := r.told[text]; ok && now.Sub(t) < refusedAgain {
		return false
	}
	if r.told == nil || len(r.told) >= maxRefusals {
		r.told = map[string]time.Time{}
	}
	r.told[text] = now
	return true
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
