package class

import (
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// sizing tells a program the size of its terminal. The signal that says so (SIGWINCH) is
// lost on a program that has not asked for it yet, which on a busy computer takes
// seconds: what is told that early is told again.
type sizing struct {
	mu     sync.Mutex
	master *os.File
	begun  time.Time
	told   unix.Winsize
	wait   time.Duration
	again  *time.Timer
}

const (
	startTime = 10 * time.Second // after which a program has asked for the signal
	againTime = time.Second      // after which it is told first again, and then in three times that
)

func (s *sizing) begin(master *os.File) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.master, s.begun = master, time.Now()
}

func (s *sizing) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.master = nil
	s.stop()
}

func (s *sizing) stop() {
	if s.again != nil {
		s.again.Stop()
	}
}

func (s *sizing) tell(size Size) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told, s.wait = unix.Winsize{Col: uint16(size.Width), Row: uint16(size.Height)}, againTime
	s.set()
}

// set sets the size. The caller holds s.mu.
func (s *sizing) set() {
	s.stop()
	if s.master == nil {
		return
	}
	raw, err := s.master.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) { _ = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &s.told) })
	if time.Since(s.begun) < startTime {
		s.again = time.AfterFunc(s.wait, s.repeat)
	}
}

func (s *sizing) repeat() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told.Xpixel ^= 1 // there is a signal when anything has changed, and nobody reads pixels
	s.wait *= 3
	s.set()
}
