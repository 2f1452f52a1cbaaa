package class

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Seat is where one student sits, until it is given back: one host of a shared LAN, or
// every host of a network of the student's own, each as a [Tab]. The next student has
// another Seat, so that a page which stays open shows nothing of theirs.
type Seat struct {
	class    *Class
	place    string
	name     string
	from     string
	plain    bool
	since    time.Time
	tabs     []*Tab
	network  *network
	exercise *Exercise       // nil: none
	before   <-chan struct{} // closed when nothing is left of who sat there before
	empty    chan struct{}   // closed when it was given back, and nothing is left of it

	mu    sync.Mutex // the last of all
	key   time.Time  // when somebody did something
	shown time.Time  // when a page last came or went, or a program was started
}

// newSeat seats somebody at a place, whose network is there or will be.
func newSeat(c *Class, p *place, name string, a Applicant) *Seat {
	now := time.Now()
	s := &Seat{
		class: c, place: p.name, name: name, from: a.From, plain: a.Plain, since: now, key: now, shown: now,
		network: p.network, exercise: p.exercise, before: p.empty, empty: make(chan struct{}),
	}
	for n, h := range p.hosts {
		s.tabs = append(s.tabs, newTab(s, h, p.files[n], p.starts))
	}
	return s
}

// Host is its name: on a shared LAN that of its host.
func (s *Seat) Host() string { return s.place }

// Name is that of who sits there.
func (s *Seat) Name() string { return s.name }

// Plain says that its tabs have lines and no screen.
func (s *Seat) Plain() bool { return s.plain }

// Tabs are its hosts, in the order of the topology: one on a shared LAN.
func (s *Seat) Tabs() []*Tab { return s.tabs }

// Shell says that a tab is a shell in its host, and not the program.
func (s *Seat) Shell() bool { return s.class.cfg.Shell }

// Exercise is what the student is at; nil: it is no exercise.
func (s *Seat) Exercise() *Exercise { return s.exercise }

// pages are those that show any of its tabs.
func (s *Seat) pages() (n int) {
	for _, t := range s.tabs {
		n += t.pages()
	}
	return n
}

func (s *Seat) lastKey() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.key
}

// touch says that somebody is there.
func (s *Seat) touch() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.key = time.Now()
}

// begun says that somebody has looked, looks no more, or has started a program.
func (s *Seat) begun() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shown = time.Now()
}

func (s *Seat) state() State {
	state := State{Host: s.place, Name: s.name, Since: s.since, Plain: s.plain}
	for _, t := range s.tabs {
		pages, running, looked := t.state()
		state.Pages += pages
		state.Running = state.Running || running
		state.Looked = state.Looked || looked
	}
	return state
}

// leave gives it back: its programs end, and so does what pages wait for. It does not
// wait. Its network is closed, or nil: it stays.
func (s *Seat) leave(why string, closing *network) {
	for _, t := range s.tabs {
		t.leave(why)
	}
	go func() {
		<-s.before
		for _, t := range s.tabs {
			t.working.Wait()
		}
		if closing != nil {
			<-closing.gone
			if s.exercise != nil {
				s.exercise.working.Wait()
			}
		}
		close(s.empty)
	}()
}

// end ends the programs, or their starts, and pages are told why.
func (s *Seat) end(why string) {
	for _, t := range s.tabs {
		t.end(why)
	}
}

// renew starts the programs again that ran, or that ended with their hosts: with a line
// that says why.
func (s *Seat) renew(note string) {
	for _, t := range s.tabs {
		t.renew(note)
	}
}

// look ends programs where nobody has been for so long, tells those that asked whether
// anybody looks, and reports whether a screen changed all the time since the last look.
func (s *Seat) look(now time.Time, idle time.Duration) (busy bool) {
	s.mu.Lock()
	last := s.key
	if s.shown.After(last) {
		last = s.shown
	}
	s.mu.Unlock()
	isIdle := s.pages() == 0 && now.Sub(last) >= idle
	for _, t := range s.tabs {
		busy = t.look() || busy
	}
	if isIdle {
		s.end("nobody typed for " + inWords(idle))
	}
	return busy
}

func (s *Seat) setPause(d time.Duration) {
	for _, t := range s.tabs {
		t.setPause(d)
	}
}

// startsOf is how often programs of one place may start: a page that starts one after the
// other would take the lab's processor.
func startsOf(tabs int) *rate.Limiter {
	return rate.NewLimiter(rate.Every(startInterval), startsAtOnce*tabs)
}

const (
	startsAtOnce  = 3
	startInterval = time.Second
)
