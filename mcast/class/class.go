package class

import (
	"context"
	"errors"
	"io"
	"runtime"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Errors of [Class.Join] and [Class.Seat].
var (
	ErrCode   = errors.New("this is not the code")
	ErrTries  = errors.New("too many wrong codes")
	ErrLocked = errors.New("the teacher lets nobody in now")
	ErrFull   = errors.New("every seat is taken: tell your teacher")
	ErrName   = errors.New("this cannot be a name")
	ErrTaken  = errors.New("somebody has that name already: take another one")
	ErrToken  = errors.New("this page belongs to no seat of this class")
	ErrOver   = errors.New("the class is over")
	ErrSeat   = errors.New("there is no such seat")
)

// shower shows what a program writes, and how many bytes of its input are lost.
type shower interface {
	io.Writer
	tellLost(bytes int)
}

// runner is a program of a seat.
type runner interface {
	input([]byte) // never blocks; what is lost is told the shower
	resize(Size)
	kill() // returns when it has ended
	over() <-chan struct{}
	reason() string // of its end; after over
}

// Class is a LAN or many, and the seats in them. Its methods can be called from several
// goroutines.
type Class struct {
	cfg      Config
	build    func(context.Context) (laboratory, error) // of the network of one student
	shared   *network                                  // nil: each has one
	code     string
	events   *events
	log      boardLog
	changes  *waker
	checks   chan struct{} // those that run, at most
	builds   chan struct{} // the same of networks that are built
	stop     context.CancelFunc
	attended chan struct{} // closed when nobody attends any more
	done     chan struct{}

	mu      sync.Mutex // before that of a tab
	places  []*place   // in the order of the topology
	tokens  map[Token]*place
	records []*record
	tries   tries
	joins   joins
	locked  bool
	over    bool
}

// place is where one student sits after the other. Class.mu guards it.
type place struct {
	name     string
	hosts    []string // of its tabs
	seat     *Seat    // of who sits there; nil: it is free
	token    Token    // theirs
	network  *network // theirs, or the shared one
	exercise *Exercise
	files    []map[string][]byte // of the programs of who sits there, for each host
	empty    <-chan struct{}
	starts   *rate.Limiter
}

// newClass makes a class on a LAN that is up, or, where that is nil, one whose students
// have networks of their own, which build builds.
func newClass(c Config, shared laboratory, build func(context.Context) (laboratory, error), places []*place, code string) *Class {
	ctx, stop := context.WithCancel(context.Background())
	class := &Class{
		cfg: c, build: build, code: code, events: newEvents(), changes: newWaker(),
		checks: make(chan struct{}, max(leastChecks, runtime.NumCPU())), builds: make(chan struct{}, mostBuilds),
		stop: stop, attended: make(chan struct{}), done: make(chan struct{}),
		places: places, tokens: map[Token]*place{}, tries: newTries(), joins: newJoins(),
	}
	if shared != nil {
		class.shared = class.newNetwork("", shared, nil)
	}
	nobody := make(chan struct{})
	close(nobody)
	for _, p := range places {
		p.empty, p.starts, p.network = nobody, startsOf(len(p.hosts)), class.shared
	}
	go class.attend(ctx)
	return class
}

// leastChecks is how many checks run at once on a computer of two processors, and one
// more for each that it has more.
const leastChecks = 2

// Code is what students type.
func (c *Class) Code() string { return c.code }

// Seat is that of a token; the error is ErrToken or ErrOver.
func (c *Class) Seat(t Token) (*Seat, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, err := c.placeOf(t)
	if err != nil {
		return nil, err
	}
	return p.seat, nil
}

// placeOf is where the owner of a token sits. The caller holds c.mu.
func (c *Class) placeOf(t Token) (*place, error) {
	if c.over {
		return nil, ErrOver
	}
	if p := c.tokens[t]; p != nil {
		return p, nil
	}
	return nil, ErrToken
}

// Leave gives a seat back.
func (c *Class) Leave(t Token) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, err := c.placeOf(t)
	if err != nil {
		return err
	}
	c.free(p, p.seat, "left", "")
	return nil
}

// Free gives the seat of a student back, who has to join again. The error is ErrSeat, or
// ErrOver.
func (c *Class) Free(seat string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return ErrOver
	}
	p := c.placeNamed(seat)
	if p == nil {
		return ErrSeat
	}
	c.free(p, p.seat, "freed", "the teacher freed the seat")
	return nil
}

// free lets another sit at a place where still that one sits. The caller holds c.mu.
func (c *Class) free(p *place, seat *Seat, kind, why string) {
	if seat == nil || p.seat != seat {
		return
	}
	delete(c.tokens, p.token)
	p.seat, p.token, p.files = nil, "", nil
	if c.shared != nil {
		seat.leave(why, nil)
	} else {
		p.network.stop()
		c.log.void(p.name)
		if x := p.exercise; x != nil {
			x.close()
			x.record.leaves()
		}
		seat.leave(why, p.network)
		p.network, p.exercise = nil, nil
	}
	c.tell(Event{Kind: kind, Host: p.name, Name: seat.name, Text: why})
}

// sits lets somebody sit at a free place. The caller holds c.mu.
func (c *Class) sits(p *place, name string) {
	p.files = make([]map[string][]byte, len(p.hosts))
	for n := range p.files {
		if c.cfg.Files != nil {
			p.files[n] = c.cfg.Files()
		}
	}
	if c.shared != nil {
		return
	}
	if c.cfg.Lesson != nil {
		p.exercise = newExercise(c, p.name, name, c.recordOf(p.name, name))
	}
	p.network = c.newNetwork(p.name, nil, p.exercise)
}

// Lock lets nobody in, or everybody with the code again; and forgets wrong codes.
func (c *Class) Lock(locked bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	was := c.lockedNow()
	c.locked, c.tries = locked, newTries()
	switch {
	case locked && !was:
		c.tell(Event{Kind: "locked"})
	case !locked && was:
		c.tell(Event{Kind: "unlocked"})
	}
}

// Locked reports whether nobody is let in: by Lock, or because of too many wrong codes.
func (c *Class) Locked() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lockedNow()
}

func (c *Class) lockedNow() bool { return c.locked || c.tries.all >= triesAll }

// Reset ends the program of a seat; its page can start another. A network of the student's
// own is built anew, in the background, and programs start again in it. The error is
// ErrSeat or ErrOver.
func (c *Class) Reset(seat string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return ErrOver
	}
	p := c.placeNamed(seat)
	switch {
	case p == nil:
		return ErrSeat
	case p.seat == nil:
	case p.exercise != nil:
		p.exercise.reset() // which tells when it is done
	case c.shared == nil:
		c.tell(Event{Kind: "reset", Host: seat, Name: p.seat.name})
		p.network.rebuild()
	default:
		c.tell(Event{Kind: "reset", Host: seat, Name: p.seat.name})
		p.seat.end("the teacher reset the seat")
	}
	return nil
}

// State is what there is to know of a seat.
type State struct {
	Host    string // its name: on a shared LAN that of its host
	Name    string // of who sits there; "": it is free
	Since   time.Time
	Pages   int  // that show it now
	Running bool // a program does
	Plain   bool
	Looked  bool // the teacher looks on
}

// Seats is what there is to know of each seat, in the order of the topology.
func (c *Class) Seats() []State {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := make([]State, len(c.places))
	for n, p := range c.places {
		if list[n].Host = p.name; p.seat != nil {
			list[n] = p.seat.state()
		}
	}
	return list
}

// closeTimeout is how long the programs in seats may take to end before the lab is
// closed, which ends them if it hangs.
const closeTimeout = 5 * time.Second

// Close ends everything, and waits for it. The error is always nil.
func (c *Class) Close() error {
	c.mu.Lock()
	was := c.over
	c.over = true
	c.mu.Unlock()
	if was {
		<-c.done
		return nil
	}
	c.stop()
	<-c.attended
	c.mu.Lock()
	for _, p := range c.places {
		c.free(p, p.seat, "left", "the class is over")
	}
	c.mu.Unlock()
	empty := make(chan struct{})
	go func() {
		defer close(empty)
		for _, p := range c.places {
			<-p.empty
		}
	}()
	select {
	case <-empty:
	case <-time.After(closeTimeout):
	}
	if c.shared != nil {
		c.shared.stop()
		<-c.shared.gone
	}
	<-empty
	c.events.close()
	close(c.done)
	return nil
}

// Done is closed when the class is over, by Close or because its lab ended.
func (c *Class) Done() <-chan struct{} { return c.done }
