package members

import (
	"errors"
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

// Conversation is one member's part in one conversation. Two goroutines must not use it
// at once. The times that it is given have a monotonic reading, and do not run
// backwards.
type Conversation struct {
	cfg    Config
	start  time.Time
	now    at // the latest time that was given
	latest time.Time
	self   *stream
	ended  bool
	silent bool  // nothing is sent
	failed error // of a frame that could not be made: none is sent then

	table    table
	store    store
	repairs  repairs
	needs    needs
	hellos   hellos
	lines    lines
	matrix   matrix
	ways     ways
	sent     sent
	direct   uint64 // frames for one member alone that were sent
	limits   limits
	sites    sites
	speakers speakers

	plainPort uint16
	told      int // how many members there are, as one says
	picks     uint64
	picked    []*stream
	turns     []int
	outs      []Out
	events    []Event
	losers    []*stream // whose lost lines are to be told
	counters  Counters
	next      at // that Due said
	judge     at // nobody is judged before
	judged    at // when that was last done
	doubles   at // when to look at people who are here more than once
}

// New begins a conversation. Its first HELLO is due soon.
func New(cfg Config, now time.Time) *Conversation {
	c := &Conversation{
		cfg: cfg, start: now, latest: now, now: time.Hour,
		table: newTable(), limits: newLimits(), doubles: forever,
		speakers: speakers{by: map[netip.AddrPort]*stream{}},
	}
	c.store.c = c
	c.makeSelf(c.now)
	c.hellos.first = c.now + firstLeast + c.within(firstMost-firstLeast)
	return c
}

// makeSelf is the stream of ourselves: a member as the others, in none of the lists.
func (c *Conversation) makeSelf(now at) {
	name := c.cfg.Author.Stream
	x := &stream{ref: name.Ref(), name: name, key: c.cfg.Author.Public(), named: true, self: true, since: now, lostOut: -1}
	x.kept.begun = true
	x.pos = len(c.table.order)
	if c.self != nil {
		c.matrix.slots[0] = nil
		c.self.slot = -1
	}
	c.matrix.slots[0], c.matrix.rows[0] = x, make([]cell, MaxRows)
	c.self = x
	c.table.byRef[x.ref] = x
	c.table.order = append(c.table.order, x)
}

// at is a time, as it is used here. It never runs backwards.
func (c *Conversation) at(now time.Time) at { return max(c.now, now.Sub(c.start)+time.Hour) }

// wall is the time of a clock, as of when it was given last.
func (c *Conversation) wall(t at) time.Time { return c.latest.Add(t - c.now) }

// begin takes in the time. Who comes much later than something was due was stopped, and
// says so before judging who is silent.
func (c *Conversation) begin(now time.Time) at {
	t := now.Sub(c.start) + time.Hour
	if t < c.now {
		return c.now
	}
	if c.next != 0 && t-c.next > suspendAfter {
		c.judged = c.now
		c.judge = t + c.interval()*3/2
		c.hellos.now = c.hellos.sent != 0
		c.next = 0
	}
	c.now, c.latest = t, now
	return t
}

// SetNick changes the own nickname: the user chose this one.
func (c *Conversation) SetNick(now time.Time, nick string) {
	t := c.begin(now)
	c.cfg.Nick = nick
	c.cfg.Bits &^= frame.BitHostName
	c.hellos.trigger(c, t)
}

// SetPlainPort says which port the own plain text leaves from, when that is another
// one than that of frames.
func (c *Conversation) SetPlainPort(port uint16) { c.plainPort = port }

// Load takes in a frame of a history, which is shown as earlier. The error is that of
// frame.Room.Decode.
func (c *Conversation) Load(now time.Time, data []byte) error {
	t := c.begin(now)
	f, err := c.decode(data)
	if err != nil {
		return err
	}
	if frame.SpaceOf(f.Number) != frame.Kept || f.Stream == c.self.name {
		return nil
	}
	ref := f.Stream.Ref()
	x := c.table.byRef[ref]
	if x == nil {
		if x = c.add(ref, t); x == nil {
			return nil
		}
	}
	if !x.named {
		x.named, x.name = true, f.Stream
		copy(x.key[:], f.Author)
	}
	k := &x.kept
	if x.name != f.Stream || x.frames[f.Number] != nil || k.has(f.Number) && !k.pending {
		return nil
	}
	if k.pending && f.Number > k.low && k.has(f.Number) {
		return nil
	}
	c.store.put(x, f)
	c.say(x, f, nil, false, true, t)
	if k.pending {
		k.know(f.Number)
		k.slide(f.Number) // what is not in the history is not asked for
		k.begun, k.first = true, max(k.first, f.Number)
	} else {
		k.take(f.Number)
		c.needs.came(x, f.Number)
	}
	c.table.changed(x)
	return nil
}

// decode opens a frame with the room that it is of.
func (c *Conversation) decode(data []byte) (f *frame.Frame, err error) {
	h, err := frame.Parse(data)
	if err != nil {
		return nil, err
	}
	err = frame.ErrRoom
	for _, r := range c.cfg.Rooms {
		if r.Tag() != h.Tag {
			continue
		}
		if c.cfg.Decode != nil {
			f, err = c.cfg.Decode(r, data)
		} else {
			f, err = r.Decode(data)
		}
		if err == nil || errors.Is(err, frame.ErrBody) || errors.Is(err, frame.ErrRange) {
			break
		}
	}
	return f, err
}

// encode makes a frame in the room that seals what is said.
func (c *Conversation) encode(number uint64, b frame.Body) ([]byte, error) {
	if c.cfg.Encode != nil {
		return c.cfg.Encode(c.cfg.Rooms[0], c.cfg.Author, number, b)
	}
	return c.cfg.Rooms[0].Encode(c.cfg.Author, number, b)
}

// Due returns the frames that are to be sent now, and when to ask again at the latest.
// Ask after each call of another method, too.
func (c *Conversation) Due(now time.Time) ([]Out, time.Time) {
	t := c.begin(now)
	if c.ended {
		out := c.outs
		c.outs = nil
		return out, now.Add(time.Hour)
	}
	if c.silent {
		c.hush(t)
		c.tellLost()
		c.next = min(max(c.judgingAt(), t+time.Second), t+time.Hour)
		return nil, c.wall(c.next)
	}
	c.expire(t)
	c.sendHellos(t)
	c.sendNeed(t)
	c.sendRepairs(t)
	if c.lines.due != 0 && c.lines.due <= t {
		c.tellHeard(t)
	}
	c.tellLost()
	out := c.outs
	c.outs = nil
	c.next = min(c.dueAt(t), t+time.Hour)
	return out, c.wall(c.next)
}

// NextDue returns when Due is to be asked at the latest, after a call of another method.
// Most that is received changes nothing about that.
func (c *Conversation) NextDue(now time.Time) time.Time {
	t := c.begin(now)
	if c.silent {
		return c.wall(min(max(c.judgingAt(), t+time.Second), t+time.Hour))
	}
	if c.ended || len(c.outs) > 0 {
		return now
	}
	return c.wall(min(c.dueAt(t), t+time.Hour))
}

// dueAt is when something is to be done.
func (c *Conversation) dueAt(now at) at {
	due := min(c.hellos.dueAt(), c.needs.dueAt(), c.repairs.dueAt(now))
	if c.lines.due != 0 {
		due = min(due, c.lines.due)
	}
	return max(min(due, c.judgingAt()), now)
}

// judgingAt is when it is to be judged who is gone.
func (c *Conversation) judgingAt() at {
	judging := c.doubles
	if x := c.table.fresh.first; x != nil {
		judging = min(judging, x.proof+c.goneTime()+1)
	}
	return max(judging, c.judge)
}

// emit queues an event.
func (c *Conversation) emit(e Event) {
	if len(c.events) >= maxEvents {
		c.events = c.events[:copy(c.events, c.events[maxEvents/2:])]
	}
	c.events = append(c.events, e)
}

// Events returns what happened since the last call, the latest 8,192 at most.
func (c *Conversation) Events() []Event {
	c.tellLost()
	e := c.events
	c.events = nil
	return e
}

// Leave returns the last HELLO, by each way that HELLOs leave. Nothing is sent after it.
func (c *Conversation) Leave(now time.Time) []Out {
	t := c.begin(now)
	if c.ended {
		return nil
	}
	if c.hellos.sent != 0 || c.self.kept.known > 0 {
		c.hello(t, true)
	}
	c.ended = true
	out := c.outs
	c.outs = nil
	return out
}
