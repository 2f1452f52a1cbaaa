package class

import (
	"errors"
	"fmt"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

// Config is what a class is made of.
type Config struct {
	Topology lab.Topology

	// Lesson is one whose exercise each student is at, in a network of their own: its
	// topology is then that of the lesson, and Private and Shell are set. nil: none.
	Lesson *lesson.Lesson

	Private bool // each student has a network of their own, with a tab for each host
	Shell   bool // a tab is a shell in its host, and not the program

	// Seats are the first hosts of the topology that are no routers, 0: all. Where each
	// student has a network, it is how many there may be, 0: 30.
	Seats int

	Code string // that students type, see [CheckCode]; "": a new one

	// Program is the file that runs in seats, as lab.SeatProgram; "": this program.
	Program string

	// Screen and Plain are its arguments in a seat with a screen, and in one with lines,
	// for somebody of that name. With a screen its standard error is a pipe: it may tell
	// there what it hears, in lines of JSON, and what else it writes is shown when it ends
	// with an error.
	Screen, Plain func(name string) []string

	// Files makes what the programs of one student in one host find in their home each time
	// they start, by their paths there, such as a key; nil: nothing.
	Files func() map[string][]byte

	Idle   time.Duration // without a key and without a page: then the program is ended; 0: 20 min
	Free   time.Duration // without a key: then the seat is free; 0: 2 h
	Limits Limits
}

// Limits are what one seat may use. Fields that are zero are as [lab.Confinement] says.
type Limits struct {
	Processes          int
	Data, Memory, Disk int64 // bytes
	Packets            int   // a second, by each interface; 0: 2000
}

const (
	usualIdle    = 20 * time.Minute
	usualFree    = 2 * time.Hour
	usualPackets = 2000
	usualSeats   = 30
)

func (c Config) withDefaults() Config {
	if c.Lesson != nil {
		c.Topology, c.Private, c.Shell = c.Lesson.Topology, true, true
	}
	if c.Private && c.Seats == 0 {
		c.Seats = usualSeats
	}
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

// Bounds of a class whose students have networks of their own.
const (
	maxNetworks = 250
	maxTabs     = 16
)

// check returns the places of the seats, and the code.
func (c Config) check() (places []*place, code string, err error) {
	if places, err = c.places(); err != nil {
		return nil, "", err
	}
	l := c.Limits
	switch { // a negative limit would be none
	case c.Idle < 0 || c.Free < 0:
		return nil, "", errors.New("class: a time below zero")
	case l.Processes < 0 || l.Data < 0 || l.Memory < 0 || l.Disk < 0 || l.Packets < 0:
		return nil, "", errors.New("class: a limit below zero")
	case !c.Shell && (c.Screen == nil || c.Plain == nil):
		return nil, "", errors.New("class: no arguments for the program in seats")
	case c.Lesson != nil && c.Lesson.Exercise == nil:
		return nil, "", fmt.Errorf("class: %s: %w", c.Lesson.Name, lesson.ErrNoExercise)
	}
	code = NewCode()
	if c.Code != "" {
		if code, err = CheckCode(c.Code); err != nil {
			return nil, "", fmt.Errorf("class: %w", err)
		}
	}
	return places, code, nil
}

// places are where students can sit.
func (c Config) places() (list []*place, err error) {
	if err := c.Topology.Validate(); err != nil {
		return nil, fmt.Errorf("class: %w", err)
	}
	var hosts []string
	for _, h := range c.Topology.Hosts {
		if !h.Router || c.Private && c.Shell {
			hosts = append(hosts, h.Name)
		}
	}
	switch {
	case len(hosts) == 0:
		return nil, errors.New("class: the LAN has no host")
	case c.Private && (c.Seats < 1 || c.Seats > maxNetworks):
		return nil, fmt.Errorf("class: %d seats with a network each: want 1 to %d", c.Seats, maxNetworks)
	case c.Private && len(hosts) > maxTabs:
		return nil, fmt.Errorf("class: a network for each student has at most %d hosts, and this one has %d", maxTabs, len(hosts))
	case c.Private:
		for n := range c.Seats {
			list = append(list, &place{name: fmt.Sprintf("S%d", n+1), hosts: hosts})
		}
		return list, nil
	case c.Seats < 0 || c.Seats > len(hosts):
		return nil, fmt.Errorf("class: %d seats: the LAN has %d hosts", c.Seats, len(hosts))
	case c.Seats > 0:
		hosts = hosts[:c.Seats]
	}
	for _, h := range hosts {
		list = append(list, &place{name: h, hosts: []string{h}})
	}
	return list, nil
}
