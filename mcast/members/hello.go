package members

import (
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

// HELLOs, in numbers of docs/protocol.md.
const (
	firstLeast   = 20 * time.Millisecond
	firstMost    = 120 * time.Millisecond
	busyHellos   = 10 // in a second: more, and what may be skipped is
	joiningTime  = 120 * time.Second
	settlingTime = 10 * time.Second
	newsApart    = 300 * time.Millisecond // from the last HELLO to the first one for something new
)

// afterText and afterNews are when HELLOs follow an own line, and a new member.
var (
	afterText = [4]time.Duration{200 * time.Millisecond, 400 * time.Millisecond, 800 * time.Millisecond, 1600 * time.Millisecond}
	afterNews = [4]time.Duration{0, 400 * time.Millisecond, 800 * time.Millisecond, 1600 * time.Millisecond}
)

// hellos is when HELLOs are due.
type hellos struct {
	begun  bool // the first one was sent, or left out
	first  at   // when it is due
	last   at   // that one was sent
	sent   at   // that the first was sent; 0: none was
	failed at   // that one could not be sent by the interface that is chosen; 0: none
	factor float64
	idle   at
	now    bool // at once
	text   burst
	news   burst
	heard  [busyHellos + 1]at // the last ones of others
	n      int
}

// burst is a few HELLOs after something happened.
type burst struct {
	from at
	step int
	due  at // 0: there is no next one
}

func (c *Conversation) within(most at) at { return at(c.cfg.Random.Float64() * float64(most)) }
func (c *Conversation) factor() float64   { return 0.75 + c.cfg.Random.Float64()/2 }

// crowd is how many members there are for timers. One that has come just now knows few
// of them to be here, and is told by these how many there are.
func (c *Conversation) crowd(now at) int {
	n := c.table.fresh.n + 1
	if now-time.Hour < joiningTime {
		n = max(n, c.told)
	}
	if c.hellos.sent == 0 || now-c.hellos.sent < settlingTime {
		n = max(n, c.table.fresh.n+c.table.strangers.heard+1)
	}
	return min(n, MaxMembers)
}

// interval is the time between two idle HELLOs of a member.
func (c *Conversation) interval() at { return c.intervalOf(c.table.fresh.n + 1) }

func (c *Conversation) intervalOf(members int) at {
	return max(2*time.Second, at(members)*100*time.Millisecond)
}

func (c *Conversation) quietTime() at { return max(6*time.Second, 3*c.interval()) }
func (c *Conversation) goneTime() at  { return max(30*time.Second, 6*c.interval()) }

// count takes in a HELLO of another.
func (h *hellos) count(now at) {
	h.heard[h.n%len(h.heard)] = now
	h.n++
}

// busy reports whether there were more than ten within a time.
func (h *hellos) busy(now, within at) bool {
	oldest := h.heard[h.n%len(h.heard)]
	return oldest != 0 && now-oldest < within
}

// trigger follows something new: a stream, one that is back, an interface.
func (h *hellos) trigger(c *Conversation, now at) {
	if !h.begun || h.news.due != 0 && h.news.step == 0 {
		return // the first HELLO answers all that came before it
	}
	most := max(200*time.Millisecond, at(c.crowd(now))*10*time.Millisecond)
	h.news = burst{from: now, due: max(now+c.within(most)+1, h.last+newsApart)}
}

// said follows an own line.
func (h *hellos) said(c *Conversation, now at) {
	h.text = burst{from: now, due: now + at(float64(afterText[0])*c.factor())}
}

// next moves a burst on.
func (b *burst) next(c *Conversation, steps [4]time.Duration) {
	if b.step++; b.step >= len(steps) {
		b.due = 0
		return
	}
	b.due = max(b.due, b.from+at(float64(steps[b.step])*c.factor()))
}

func (h *hellos) dueAt() at {
	if h.now {
		return 1
	}
	due := forever
	if h.begun {
		due = h.idle
	} else {
		due = h.first
	}
	for _, b := range []*burst{&h.text, &h.news} {
		if b.due != 0 {
			due = min(due, b.due)
		}
	}
	return due
}

// sendHellos sends a HELLO if one is due.
func (c *Conversation) sendHellos(now at) {
	h := &c.hellos
	out := h.now
	switch {
	case !h.begun && h.first <= now:
		h.begun = true
		if h.busy(now, firstMost) {
			h.last = now
			h.wait(c, now)
		} else if out = true; h.n > 0 {
			h.news = burst{from: now}
			h.news.next(c, afterNews)
		}
	case h.begun && h.idle <= now:
		if h.wait(c, now); h.idle <= now {
			out = true
		}
	}
	for h.text.due != 0 && h.text.due <= now {
		out = out || h.text.step < 3 || !h.busy(now, time.Second)
		h.text.next(c, afterText)
	}
	for h.news.due != 0 && h.news.due <= now {
		out = out || !h.busy(now, time.Second)
		h.news.next(c, afterNews)
	}
	if !out {
		return
	}
	h.begun, h.now, h.last = true, false, now
	if h.sent == 0 {
		h.sent = now
	}
	h.factor = c.factor()
	h.wait(c, now)
	c.hello(now, false)
}

// wait computes anew when the next idle HELLO is due.
func (h *hellos) wait(c *Conversation, now at) {
	if h.factor == 0 {
		h.factor = c.factor()
	}
	h.idle = h.last + at(h.factor*float64(c.intervalOf(c.crowd(now))))
}

// hello sends a HELLO by each way that HELLOs leave, each under its own number.
func (c *Conversation) hello(now at, leaving bool) {
	list := c.pick(now)
	fit := len(list)
	for _, way := range c.leaving(now) {
		b := &frame.Hello{
			Nick:      c.cfg.Nick,
			Time:      uint64(max(0, c.wall(now).UnixMilli())),
			Leaving:   leaving,
			PlainPort: c.plainPort,
			Bits:      c.cfg.Bits,
			Heard:     uint64(c.table.fresh.n),
			RowSum:    c.table.sum,
			Elsewhere: c.elsewhere(way),
		}
		b.Digest, b.Interfaces = c.entries(list, way, now)
		n := c.cfg.Rooms[0].Fit(b)
		b.Digest, fit = b.Digest[:n], min(fit, n)
		c.sendPassing(b, way, now)
	}
	c.listed(fit)
}
