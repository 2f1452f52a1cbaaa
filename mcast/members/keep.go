package members

import (
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

// keep takes in a kept frame.
func (c *Conversation) keep(x *stream, f *frame.Frame, d *Datagram, now at) Outcome {
	k := &x.kept
	if !k.begun {
		k.begun, k.first = true, f.Number-1
	}
	top := k.top()
	gap := f.Number <= top
	if i := c.needs.find(x, f.Number); i >= 0 && c.needs.active[i].tries == 0 && d.From == x.from {
		gap = false // late, and nobody had asked for it
	}
	lost := k.take(f.Number)
	k.begin()
	c.lost(x, lost)
	c.needs.came(x, f.Number)
	if lost > 0 {
		c.needs.passed(x)
	}
	if x.in == &c.table.strangers {
		c.table.strangers.put(x)
	}
	it := c.store.put(x, f)
	if gap {
		c.repairs.heard(it, d.From == x.from, now)
	}
	if c.cfg.Kept != nil {
		c.cfg.Kept(f)
	}
	c.table.changed(x)
	earlier := gap && f.Number <= k.first && c.before(x, f)
	o := Taken
	if gap {
		o = Repair
	}
	c.say(x, f, d, gap && !earlier, earlier, now)
	if k.top() > top {
		c.gap(x, d.IfIndex, now)
	}
	c.needs.fill = c.needs.fill || k.gappy
	return o
}

// before reports whether a frame was made before this conversation began here.
func (c *Conversation) before(x *stream, f *frame.Frame) bool {
	if x.since-time.Hour < 5*time.Second {
		return true
	}
	var said uint64
	switch b := f.Body.(type) {
	case *frame.Text:
		said = b.Time
	case *frame.Relay:
		said = b.Time
	default:
		return false
	}
	return int64(said) < c.start.UnixMilli()-5000
}

// say tells of a line.
func (c *Conversation) say(x *stream, f *frame.Frame, d *Datagram, repaired, earlier bool, now at) {
	s := Said{Name: frame.Name{Stream: f.Stream, Number: f.Number}, Off: x.off, Repaired: repaired, Earlier: earlier}
	if d != nil {
		if s.From, s.IfIndex = d.From, d.IfIndex; repaired || earlier {
			s.From = x.from // who sent it again may be another
		}
	}
	var when uint64
	var relay *frame.Relay
	switch b := f.Body.(type) {
	case *frame.Text:
		c.talks(x)
		s.Text, when, s.Part, s.Parts = b.Text, b.Time, int(b.Part), int(b.Parts)
	case *frame.Relay:
		relay = b
		s.Text, when, s.Part, s.Parts = b.Text, b.Time, int(b.Part), int(b.Parts)
		if b.Data != nil {
			s.Text = string(b.Data)
		}
	default:
		return
	}
	x.texts++
	if repaired {
		x.repaired++
	}
	if f.Number < x.kept.high {
		for n := f.Number + 1; n <= min(x.kept.high, f.Number+Window); n++ {
			if it := x.frames[n]; it != nil && (it.kind == frame.KindText || it.kind == frame.KindRelay) {
				s.Before = frame.Name{Stream: f.Stream, Number: n}
				break
			}
		}
	}
	s.Who, s.Time = c.who(x), time.UnixMilli(int64(when))
	if relay != nil {
		e := Relayed{Said: s, Source: relay.Source.String(), Addr: relay.Source, Interface: relay.Interface}
		e.Site, e.Where = c.where(x, now)
		c.emit(e)
		return
	}
	c.emit(s)
}
