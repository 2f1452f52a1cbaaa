// Package systemd is what a program says to systemd that runs it as a service: how it
// is doing, by the protocol of sd_notify(3), datagrams to the Unix socket that
// NOTIFY_SOCKET names; and how much a line in the journal matters. It never waits for
// that socket.
package systemd

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// MaxStatus is how many bytes of a status are sent.
const MaxStatus = 512

// Service is this program as a service. The nil Service is a program that nobody
// manages: its methods do nothing. They can be called from several goroutines.
type Service struct {
	to       string        // the socket's path, or @ and its abstract name
	watchdog time.Duration // the program is ended after this time without a ping; 0: never
	send     func(to string, text []byte) error
	full     error // that of send when the socket has no room

	mu       sync.Mutex
	ready    bool
	stopping bool
	status   string
	owed     owed      // what was not accepted yet
	pinged   time.Time // the last time that was accepted
	failed   bool      // an error was returned
}

// owed are the states that the manager is to be told.
type owed struct{ ready, stopping, status bool }

// FromEnvironment is the service of NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID,
// which it unsets, so that no child takes them for its own. It is nil without NOTIFY_SOCKET.
// The error is about a variable that says nothing usable; then the rest is as if that
// one were not set.
func FromEnvironment() (*Service, error) {
	to, usec, pid := os.Getenv("NOTIFY_SOCKET"), os.Getenv("WATCHDOG_USEC"), os.Getenv("WATCHDOG_PID")
	for _, name := range []string{"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"} {
		os.Unsetenv(name)
	}
	if to == "" {
		return nil, nil
	}
	if len(to) < 2 || to[0] != '/' && to[0] != '@' {
		return nil, fmt.Errorf("NOTIFY_SOCKET=%.100q: want the path of a socket, or @ and its abstract name", to)
	}
	send, full, err := newSend()
	if err != nil {
		return nil, fmt.Errorf("NOTIFY_SOCKET: %w", err)
	}
	s := &Service{to: to, send: send, full: full}
	s.watchdog, err = watchdogTime(usec, pid)
	return s, err
}

// watchdogTime is the time of WATCHDOG_USEC, if it is meant for this process.
func watchdogTime(usec, pid string) (time.Duration, error) {
	if usec == "" || pid != "" && pid != strconv.Itoa(os.Getpid()) {
		return 0, nil
	}
	n, err := strconv.ParseInt(usec, 10, 64)
	if err != nil || n <= 0 || n > int64(1<<63-1)/1000 {
		return 0, fmt.Errorf("WATCHDOG_USEC=%.40q: want microseconds", usec)
	}
	return time.Duration(n) * time.Microsecond, nil
}

// Ready says that the program does its work from now on, and how it stands. The
// error is the first one of this Service: later ones are not returned again.
func (s *Service) Ready(status string) error {
	return s.change(func() { s.ready, s.owed.ready = true, true; s.setStatus(status) })
}

// Status says how it stands, in one row. The error is as that of Ready.
func (s *Service) Status(status string) error {
	return s.change(func() { s.setStatus(status) })
}

// Stopping says that the program is ending. Only the first call says it.
func (s *Service) Stopping() error {
	return s.change(func() { s.owed.stopping, s.stopping = !s.stopping, true })
}

// Alive is to be called often by what must not stand still. It pings the watchdog
// when half of its time is over, and sends what was not accepted before. Its error
// is returned by the next other call.
func (s *Service) Alive(now time.Time) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	due := s.ready && s.watchdog > 0 && now.Sub(s.pinged) >= s.watchdog/2
	if !due && s.owed == (owed{}) {
		return
	}
	if s.tell(due) == nil && due {
		s.pinged = now
	}
}

// Watchdog is how long the program may stand still; 0: for ever.
func (s *Service) Watchdog() time.Duration {
	if s == nil {
		return 0
	}
	return s.watchdog
}

func (s *Service) setStatus(text string) {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' ' // a row of its own would be another state
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	if len(text) > MaxStatus {
		end := MaxStatus
		for !utf8.RuneStart(text[end]) {
			end--
		}
		text = text[:end]
	}
	s.owed.status = s.owed.status || text != s.status
	s.status = text
}

// change makes a change and tells it.
func (s *Service) change(do func()) error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	do()
	if s.owed == (owed{}) {
		return nil
	}
	err := s.tell(false)
	if err == nil || err == s.full || s.failed {
		return nil
	}
	s.failed = true
	return fmt.Errorf("%.120q, the socket of the service manager: %w", s.to, err)
}

// tell sends what is owed, and a ping if that is due. The caller holds mu.
func (s *Service) tell(ping bool) error {
	var text []byte
	for _, one := range []struct {
		yes  bool
		text string
	}{{s.owed.ready, "READY=1"}, {s.owed.stopping, "STOPPING=1"}, {s.owed.status, "STATUS=" + s.status}, {ping, "WATCHDOG=1"}} {
		if one.yes {
			text = append(append(text, one.text...), '\n')
		}
	}
	err := s.send(s.to, text)
	if err == nil {
		s.owed = owed{}
	}
	return err
}
