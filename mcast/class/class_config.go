package class

import (
	"errors"
	"fmt"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
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

// check returns the hosts of the seats, and the code.
func (c Config) check() (hosts []string, code string, err error) {
	if hosts, err = c.hosts(); err != nil {
		return nil, "", err
	}
	l := c.Limits
	switch { // a negative limit would be none
	case c.Idle < 0 || c.Free < 0:
		return nil, "", errors.New("class: a time below zero")
	case l.Processes < 0 || l.Data < 0 || l.Memory < 0 || l.Disk < 0 || l.Packets < 0:
		return nil, "", errors.New("class: a limit below zero")
	case c.Screen == nil || c.Plain == nil:
		return nil, "", errors.New("class: no arguments for the program in seats")
	}
	code = NewCode()
	if c.Code != "" {
		if code, err = CheckCode(c.Code); err != nil {
			return nil, "", fmt.Errorf("class: %w", err)
		}
	}
	return hosts, code, nil
}

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
