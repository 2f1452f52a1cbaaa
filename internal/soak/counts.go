package main

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// counts is what was sent and what arrived. Its functions are called by a goroutine of each
// program.
type counts struct {
	mu                               sync.Mutex
	said                             int
	lines                            []map[string]bool // that a member has not heard yet
	missed                           int               // lines that nobody can hear any more
	streamed, watched, given, beyond flow
	asked, unanswered                uint64
	p99                              float64
	requests, answers                uint64
	meshSent, meshLost               uint64
	meshText                         string
	limited, bridgeLost              uint64
}

// flow is one side of streams.
type flow struct {
	datagrams, skipped, lost, lostKernel uint64
	told                                 bool
}

const members = 3

func (c *counts) init() {
	c.lines = make([]map[string]bool, members)
	for i := range c.lines {
		c.lines[i] = map[string]bool{}
	}
}

// unheardMost bounds the lines that are waited for: older ones are counted as missed.
const unheardMost = 1000

// next is the member whose turn it is, and its line.
func (c *counts) next() (member int, line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	member, line = c.said%members, fmt.Sprintf("line %d", c.said)
	c.said++
	for i, unheard := range c.lines {
		if i == member {
			continue
		}
		if len(unheard) >= unheardMost {
			c.missed += len(unheard)
			clear(unheard)
		}
		unheard[line] = true
	}
	return member, line
}

// unheard is how many lines were not heard, a line counted for each member.
func (c *counts) unheard() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n = c.missed
	for _, lines := range c.lines {
		n += len(lines)
	}
	return n
}

func (c *counts) allHeard() bool { return c.unheard() == 0 }

func (c *counts) nothing(object) {}

func (c *counts) talk(member int) func(object) {
	return func(o object) {
		if o.Type == "heard" && strings.HasPrefix(o.Text, "line ") {
			c.mu.Lock()
			defer c.mu.Unlock()
			delete(c.lines[member], o.Text)
		}
	}
}

func (c *counts) sent(to *flow) func(object) {
	return func(o object) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if o.Type == "sent-totals" {
			to.datagrams, to.skipped, to.told = o.Datagrams, o.Skipped, true
		}
	}
}

func (c *counts) heard(to *flow) func(object) {
	return func(o object) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if o.Type == "report" {
			to.datagrams, to.lost, to.lostKernel, to.told = o.Datagrams, o.Lost, o.LostKernel, true
		}
	}
}

func (c *counts) pinged(o object) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch o.Type {
	case "ping":
		c.asked = o.Sent
		c.unanswered, _ = strconv.ParseUint(string(o.Unanswered), 10, 64)
	case "responder":
		c.p99 = o.P99
	}
}

func (c *counts) answered(o object) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if o.Type == "totals" {
		c.requests, c.answers = o.Requests, o.Answers
	}
}

func (c *counts) mesh(o object) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if o.Type != "report" {
		return
	}
	c.meshText, _, _ = strings.Cut(o.Text, "\n")
	for _, p := range o.Pairs {
		c.meshSent, c.meshLost = c.meshSent+p.Sent, c.meshLost+p.Lost
	}
}

func (c *counts) bridged(o object) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if o.Type == "totals" {
		c.limited, c.bridgeLost = c.limited+o.Limited, c.bridgeLost+o.Lost
	}
}

// A way is one that datagrams took: how many should have come, and how many did.
type way struct {
	name      string
	sent, got uint64
	remark    string
}

func (w way) lost() float64 {
	if w.got >= w.sent {
		return 0
	}
	return 100 * float64(w.sent-w.got) / float64(w.sent)
}

// ways are those of all that was counted, when everything has ended.
func (c *counts) ways() []way {
	unheard := uint64(c.unheard())
	c.mu.Lock()
	defer c.mu.Unlock()
	said := uint64(c.said) * (members - 1)
	return []way{
		{"chat: lines, for each of the others", said, said - min(unheard, said), ""},
		{"send to watch, two streams", c.streamed.datagrams, c.watched.datagrams,
			fmt.Sprintf("%d lost, of which the socket had no room for %d; %d not sent, overdue", c.watched.lost+c.watched.lostKernel, c.watched.lostKernel, c.streamed.skipped)},
		{"send to watch, by two bridges and a hub", c.given.datagrams, c.beyond.datagrams,
			fmt.Sprintf("over the rate %d, lost in bridges %d; %d not sent, overdue", c.limited, c.bridgeLost, c.given.skipped)},
		{"mesh: six ordered pairs", c.meshSent, c.meshSent - min(c.meshLost, c.meshSent), c.meshText},
		{"ping: requests and their answers", c.asked, c.asked - min(c.unanswered, c.asked),
			fmt.Sprintf("p99 %.2f ms; the server counted %d requests, and %d answers", c.p99, c.requests, c.answers)},
	}
}
