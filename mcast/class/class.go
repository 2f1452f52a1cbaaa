package class

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
)

// Errors of [Class.Join] and [Class.Seat].
var (
	ErrCode   = errors.New("this is not the code")
	ErrTries  = errors.New("too many wrong codes")
	ErrLocked = errors.New("the teacher lets nobody in now")
	ErrFull   = errors.New("every seat is taken")
	ErrName   = errors.New("this cannot be a name")
	ErrTaken  = errors.New("somebody has that name already")
	ErrToken  = errors.New("this page belongs to no seat of this class")
	ErrOver   = errors.New("the class is over")
	ErrSeat   = errors.New("there is no such seat")
)

// Config is what a class is made of.
type Config struct {
	Topology lab.Topology
	Seats    int    // the first hosts of the topology that are no routers; 0: all
	Code     string // that students type, see [CheckCode]; "": a new one

	// Program is the file that runs in seats, as lab.SeatProgram; "": this program.
	Program string

	// Screen and Plain are its arguments in a seat with a screen, and in one with lines,
	// for somebody of that name.
	Screen, Plain func(name string) []string

	Idle   time.Duration // without a key, and without a page: then the program is ended; 0: 20 min
	Free   time.Duration // without a key: then the seat is free; 0: 2 h
	Limits Limits
}

// Limits are what one seat may use. What is zero is as [lab.Confinement] says.
type Limits struct {
	Processes          int
	Data, Memory, Disk int64 // bytes
	Packets            int   // a second, by each interface; 0: 2000
}

const (
	usualIdle    = 20 * time.Minute
	usualFree    = 2 * time.Hour
	usualPackets = 2000
)

func (c Config) withDefaults() Config {
	if c.Idle == 0 {
		c.Idle = usualIdle
	}
	if c.Free == 0 {
		c.Free = usualFree
	}
	if c.Limits.Packets == 0 {
		c.Limits.Packets = usualPackets
	}
	if c.Program == "" {
		c.Program = "/proc/self/exe"
	}
	return c
}

// laboratory is what a class needs of a lab.
type laboratory interface {
	// start starts the program of a seat. What it writes goes to out.
	start(s *Seat, size Size, name string, plain bool) (runner, error)
	ended() <-chan struct{}
	close()
}

// runner is a program of a seat.
type runner interface {
	input([]byte) // never blocks
	resize(Size)
	lost() int // bytes of input, in all
	kill()
	over() <-chan struct{}
	reason() string // of its end; after over
}

// Class is a lab and its seats. Its methods can be called from several goroutines.
type Class struct {
	cfg    Config
	lab    laboratory
	events *events
	done   chan struct{}
	stop   context.CancelFunc

	mu     sync.Mutex
	code   string
	seats  []*Seat // in the order of the topology
	tokens map[Token]*Seat
	tries  tries
	locked bool
	over   bool
}

// newClass makes a class of a lab that is up.
func newClass(c Config, l laboratory, hosts []string, code string) *Class {
	ctx, stop := context.WithCancel(context.Background())
	class := &Class{
		cfg: c, lab: l, code: code, events: newEvents(), done: make(chan struct{}), stop: stop,
		tokens: map[Token]*Seat{}, tries: newTries(),
	}
	for _, h := range hosts {
		class.seats = append(class.seats, &Seat{class: class, host: h})
	}
	go class.attend(ctx)
	return class
}

// lookInterval is how often a class looks at its seats.
const lookInterval = time.Second

// attend ends what is idle and paces what is busy, until the class is over.
func (c *Class) attend(ctx context.Context) {
	tick := time.NewTicker(lookInterval)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			c.look(now)
		case <-c.lab.ended():
			c.events.put(Event{Kind: "lab-ended", Text: "the lab has ended"})
			go c.Close()
			return
		case <-ctx.Done():
			return
		}
	}
}

// slowPause is the pause of screens when over half of the seats draw all the time.
const slowPause = 100 * time.Millisecond

func (c *Class) look(now time.Time) {
	busy := 0
	for _, s := range c.taken() {
		if s.drewMuch() {
			busy++
		}
		switch key := s.lastKey(); {
		case now.Sub(key) >= c.cfg.Free:
			c.free(s, "freed", "nobody typed for "+c.cfg.Free.String())
		case now.Sub(key) >= c.cfg.Idle && s.pages() == 0:
			s.end("nobody typed for " + c.cfg.Idle.String())
		}
	}
	pause := usualPause
	if 2*busy > len(c.seats) {
		pause = slowPause
	}
	for _, s := range c.taken() {
		s.setPause(pause)
	}
}

// taken are the seats where somebody sits.
func (c *Class) taken() (list []*Seat) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.seats {
		if s.token != "" {
			list = append(list, s)
		}
	}
	return list
}

// Code is what students type.
func (c *Class) Code() string { return c.code }

// Seat is that of a token; the error is ErrToken or ErrOver.
func (c *Class) Seat(t Token) (*Seat, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return nil, ErrOver
	}
	if s := c.tokens[t]; s != nil && t != "" {
		return s, nil
	}
	return nil, ErrToken
}

// Leave gives a seat back.
func (c *Class) Leave(t Token) error {
	s, err := c.Seat(t)
	if err != nil {
		return err
	}
	c.free(s, "left", "")
	return nil
}

// free lets another sit there.
func (c *Class) free(s *Seat, kind, why string) {
	c.mu.Lock()
	if s.token == "" {
		c.mu.Unlock()
		return
	}
	delete(c.tokens, s.token)
	s.token = ""
	name := s.clear(why)
	c.mu.Unlock()
	c.events.put(Event{Kind: kind, Host: s.host, Name: name, Text: why})
}

// Lock lets nobody in, or everybody with the code again; and forgets wrong codes.
func (c *Class) Lock(locked bool) {
	c.mu.Lock()
	was := c.locked
	c.locked, c.tries = locked, newTries()
	c.mu.Unlock()
	if was != locked {
		c.events.put(Event{Kind: map[bool]string{true: "locked", false: "unlocked"}[locked]})
	}
}

// Reset ends the program of a seat, by the host's name; its page can start another.
func (c *Class) Reset(host string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return ErrOver
	}
	for _, s := range c.seats {
		if s.host == host {
			s.end("the teacher reset the seat")
			c.events.put(Event{Kind: "reset", Host: host, Name: s.Name()})
			return nil
		}
	}
	return ErrSeat
}

// Seats is what there is to know of each seat, in the order of the topology.
func (c *Class) Seats() (list []State) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.seats {
		list = append(list, s.state())
	}
	return list
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

// Close ends everything, and waits for it.
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
	for _, s := range c.taken() {
		c.free(s, "left", "the class is over")
	}
	for _, s := range c.seats {
		s.wait()
	}
	c.lab.close()
	c.events.close()
	close(c.done)
	return nil
}

// Done is closed when the class is over, by Close or because its lab ended.
func (c *Class) Done() <-chan struct{} { return c.done }

// NotConfinedError says what a system lacks that confines programs.
type NotConfinedError struct {
	Reason string
	Hint   string // what the administrator can do
}

// Error is the reason.
func (e *NotConfinedError) Error() string { return "class: " + e.Reason }

// hosts are those of the seats.
func (c Config) hosts() (list []string, err error) {
	if err := c.Topology.Validate(); err != nil {
		return nil, fmt.Errorf("class: %w", err)
	}
	for _, h := range c.Topology.Hosts {
		if !h.Router {
			list = append(list, h.Name)
		}
	}
	if c.Seats < 0 || c.Seats > len(list) {
		return nil, fmt.Errorf("class: %d seats: the LAN has %d hosts", c.Seats, len(list))
	}
	if c.Seats > 0 {
		list = list[:c.Seats]
	}
	if len(list) == 0 {
		return nil, errors.New("class: the LAN has no host")
	}
	return list, nil
}
