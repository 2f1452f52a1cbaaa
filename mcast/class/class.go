package class

import (
	"context"
	"errors"
	"io"
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

// laboratory is what a class needs of a lab.
type laboratory interface {
	// start starts a program in a host, for somebody of that name.
	start(host string, out shower, size Size, name string, plain bool) (runner, error)
	ended() <-chan struct{}
	close() // ends every program; start fails from then on
}

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

// Class is a lab and its seats. Its methods can be called from several goroutines.
type Class struct {
	cfg      Config
	lab      laboratory
	code     string
	events   *events
	stop     context.CancelFunc
	attended chan struct{} // closed when nobody attends any more
	done     chan struct{}

	mu     sync.Mutex // before that of a seat
	places []*place   // in the order of the topology
	tokens map[Token]*place
	tries  tries
	joins  joins
	locked bool
	over   bool
}

// place is a host where one student after the other sits. Class.mu guards it.
type place struct {
	host   string
	seat   *Seat // of who sits there; nil: it is free
	token  Token // theirs
	empty  <-chan struct{}
	starts *rate.Limiter
}

// Starts of programs at one place: a page that starts one after the other would take the
// lab's processor.
const (
	startsAtOnce  = 3
	startInterval = time.Second
)

// newClass makes a class of a lab that is up.
func newClass(c Config, l laboratory, hosts []string, code string) *Class {
	ctx, stop := context.WithCancel(context.Background())
	class := &Class{
		cfg: c, lab: l, code: code, events: newEvents(), stop: stop, attended: make(chan struct{}), done: make(chan struct{}),
		tokens: map[Token]*place{}, tries: newTries(), joins: newJoins(),
	}
	nobody := make(chan struct{})
	close(nobody)
	for _, h := range hosts {
		class.places = append(class.places, &place{host: h, empty: nobody, starts: rate.NewLimiter(rate.Every(startInterval), startsAtOnce)})
	}
	go class.attend(ctx)
	return class
}

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

// free lets another sit at a place where still that one sits. The caller holds c.mu.
func (c *Class) free(p *place, seat *Seat, kind, why string) {
	if seat == nil || p.seat != seat {
		return
	}
	delete(c.tokens, p.token)
	p.seat, p.token = nil, ""
	seat.leave(why)
	c.events.put(Event{Kind: kind, Host: p.host, Name: seat.name, Text: why})
}

// Lock lets nobody in, or everybody with the code again; and forgets wrong codes.
func (c *Class) Lock(locked bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	was := c.locked || c.tries.all >= triesAll
	c.locked, c.tries = locked, newTries()
	switch {
	case locked && !was:
		c.events.put(Event{Kind: "locked"})
	case !locked && was:
		c.events.put(Event{Kind: "unlocked"})
	}
}

// Locked reports whether nobody is let in: by Lock, or because of too many wrong codes.
func (c *Class) Locked() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.locked || c.tries.all >= triesAll
}

// Reset ends the program of a seat, by the host's name; its page can start another. The
// error is ErrSeat or ErrOver.
func (c *Class) Reset(host string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return ErrOver
	}
	for _, p := range c.places {
		if p.host != host {
			continue
		}
		if p.seat != nil {
			c.events.put(Event{Kind: "reset", Host: host, Name: p.seat.name})
			p.seat.end("the teacher reset the seat")
		}
		return nil
	}
	return ErrSeat
}

// State is what there is to know of a seat.
type State struct {
	Host    string
	Name    string // of who sits there; "": it is free
	Since   time.Time
	Pages   int // that show it now
	Running bool
	Plain   bool
}

// Seats is what there is to know of each seat, in the order of the topology.
func (c *Class) Seats() []State {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := make([]State, len(c.places))
	for n, p := range c.places {
		if list[n].Host = p.host; p.seat != nil {
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
	c.lab.close()
	<-empty
	c.events.close()
	close(c.done)
	return nil
}

// Done is closed when the class is over, by Close or because its lab ended.
func (c *Class) Done() <-chan struct{} { return c.done }
