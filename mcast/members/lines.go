package members

import (
	"cmp"
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/groupcast/groupcast/mcast/frame"
)

// ErrTooFast is the error of a line that came too soon after many others.
var ErrTooFast = errors.New("members: own lines come faster than 20 a second")

// ErrEnded is the error of a line after the end.
var ErrEnded = errors.New("members: this conversation has ended")

// ErrBridge is the error of a frame for one member alone that is beyond a bridge: its
// address is the bridge's, and bridges carry no such frames.
var ErrBridge = errors.New("members: what is for one member alone stops at the bridge")

const (
	maxOwn    = 256 // own lines of which it is told who has them
	heardWait = 100 * time.Millisecond
)

// lines are the last own lines, and who has them.
type lines struct {
	list    []line
	pace    bucket
	version int       // of the list of members, as of there
	there   []*stream // the members
	read    []*stream // those without bridges, if there are any; shared by the lines that were said to them
	readOf  int       // the version that it is of
	due     at        // when to tell what changed; 0: nothing did
}

// line is an own line.
type line struct {
	number uint64
	there  []*stream // members when it was said
	by     int       // as it was told; -1: it was not
	gone   int
}

// Say queues a TEXT; of a longer text, that [Split] has cut, part n of parts, 0 of 0
// when it is whole. It returns the frame's name. It fails with ErrTooFast when own lines
// come faster than 20 a second after the first 100: ask again at the time it returns.
// Other errors are ErrEnded and those of frame.Room.Encode.
func (c *Conversation) Say(now time.Time, text string, part, parts int) (frame.Name, time.Time, error) {
	t := c.begin(now)
	if c.ended {
		return frame.Name{}, time.Time{}, ErrEnded
	}
	l := &c.lines
	if ready := l.pace.full(t, ownRate, ownBurst); ready > t {
		return frame.Name{}, c.wall(ready), ErrTooFast
	}
	number := c.self.kept.known + 1
	b := &frame.Text{Text: text, Time: uint64(max(0, now.UnixMilli())), Part: uint64(max(0, part)), Parts: uint64(max(0, parts))}
	data, err := c.encode(number, b)
	if err != nil {
		return frame.Name{}, time.Time{}, err
	}
	l.pace.tokens--
	c.keepOwn(number, b, data, t)
	if len(l.list) >= maxOwn {
		l.list = l.list[:copy(l.list, l.list[1:])]
	}
	l.list = append(l.list, line{number: number, there: l.readers(c), by: -1})
	c.tellHeard(t)
	return frame.Name{Stream: c.self.name, Number: number}, time.Time{}, nil
}

// keepOwn sends a kept frame of our own, and keeps it for repair.
func (c *Conversation) keepOwn(number uint64, b frame.Body, data []byte, now at) {
	c.self.kept.take(number)
	key := c.cfg.Author.Public()
	f := &frame.Frame{
		Header: frame.Header{Kind: b.Kind(), Tag: c.cfg.Rooms[0].Tag(), Stream: c.self.name, Number: number},
		Author: key[:], Body: b, Bytes: data,
	}
	c.echoes(c.store.put(c.self, f))
	if c.cfg.Kept != nil {
		c.cfg.Kept(f)
	}
	c.send(data, 0)
	c.hellos.said(c, now)
}

// echoes takes in that a kept frame is sent: a copy may come back by loopback.
func (c *Conversation) echoes(it *item) {
	if !c.cfg.NoEcho {
		it.echo++
	}
}

// members is who is there now, by name.
func (l *lines) members(c *Conversation) []*stream {
	if l.there == nil || l.version != c.table.version {
		l.there = make([]*stream, 0, c.table.fresh.n)
		for x := c.table.fresh.first; x != nil; x = x.next {
			l.there = append(l.there, x)
		}
		slices.SortFunc(l.there, byName)
		l.version = c.table.version
	}
	return l.there
}

// readers is the members without bridges, which carry what is said and read nothing.
func (l *lines) readers(c *Conversation) []*stream {
	there := l.members(c)
	if !slices.ContainsFunc(there, bridges) {
		return there
	}
	if l.read == nil || l.readOf != l.version {
		l.read, l.readOf = slices.DeleteFunc(slices.Clone(there), bridges), l.version
	}
	return l.read
}

// bridges reports whether a stream says that it is a bridge. Bridges say nothing themselves:
// who does is shown as any other, whatever it says that it is.
func bridges(x *stream) bool { return x.bits&frame.BitBridge != 0 && !x.talked }

func byName(a, b *stream) int {
	return cmp.Or(cmp.Compare(a.nick, b.nick), cmp.Compare(a.place, b.place), cmp.Compare(be64(a.ref[:]), be64(b.ref[:])))
}

// changed says that it is to be told anew who has own lines.
func (l *lines) changed(c *Conversation) {
	if len(l.list) > 0 && l.due == 0 {
		l.due = c.now + heardWait
	}
}

// tellHeard tells of each own line who has it, when that changed.
func (c *Conversation) tellHeard(now at) {
	l := &c.lines
	l.due = 0
	done := 0 // from the first one on, all have them or are gone
	for i := range l.list {
		o := &l.list[i]
		by, gone := 0, 0
		e := Heard{Name: frame.Name{Stream: c.self.name, Number: o.number}, Of: len(o.there)}
		for _, x := range o.there {
			switch {
			case x.upTo >= o.number:
				by++
			case x.in != &c.table.fresh:
				gone++
				fallthrough
			default:
				if len(e.Missing) < maxMissing {
					e.Missing = append(e.Missing, c.who(x))
				}
			}
		}
		if e.By = by; by != o.by || gone != o.gone {
			o.by, o.gone = by, gone
			c.emit(e)
		}
		if by+gone == len(o.there) && done == i {
			done++
		}
	}
	if done > 0 {
		n := copy(l.list, l.list[done:])
		clear(l.list[n:])
		l.list = l.list[:n]
	}
}

// maxMissing is how many of those that have not an own line are named.
const maxMissing = 8

// Split cuts a text into what fits into frames, between characters. What is not UTF-8
// becomes U+FFFD.
func Split(text string) []string {
	var parts []string
	if !utf8.ValidString(text) {
		text = string([]rune(text))
	}
	for len(text) > frame.MaxText {
		n := frame.MaxText
		for n > 0 && !utf8.RuneStart(text[n]) {
			n--
		}
		parts = append(parts, text[:n])
		text = text[n:]
	}
	return append(parts, text)
}
