package members

import (
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

// Peer is what a measurement needs to know of another stream.
type Peer struct {
	Who
	Presence Presence
	Fresh    bool           // a member: what it sends is no recording
	Deaf     bool           // for a while it has named nothing that was sent lately
	Left     bool           // it said that it leaves
	From     netip.AddrPort // of its last passing frame; invalid: none came here
	IfIndex  int            // that it came by
	Bits     frame.Bits
	Off      time.Duration // that its clock is ahead, if by more than 5 s
	UpTo     uint64        // it has all of our kept frames up to this one
}

// Peer is what is known of a stream; false: nothing is, or it is our own.
func (c *Conversation) Peer(now time.Time, ref frame.Ref) (Peer, bool) {
	x := c.table.byRef[ref]
	if x == nil || x.self {
		return Peer{}, false
	}
	t := c.at(now)
	return Peer{
		Who: c.who(x), Presence: c.presence(x, t), Fresh: x.in == &c.table.fresh, Deaf: c.deaf(x, t), Left: x.left != 0,
		From: x.from, IfIndex: x.ifIndex, Bits: x.bits, Off: x.off, UpTo: x.upTo,
	}, true
}

// Self is who says what is said here. Its Ref changes when somebody else uses the
// stream.
func (c *Conversation) Self() Who { return c.who(c.self) }

// Room is the one that seals what is said.
func (c *Conversation) Room() *frame.Room { return c.cfg.Rooms[0] }

// Crowd is how many members there are, with this one, at most MaxMembers.
func (c *Conversation) Crowd() int { return c.table.fresh.n + 1 }

// Interfaces is what a frame that is sent now calls the interfaces, the one that it
// leaves by first, and their indexes.
func (c *Conversation) Interfaces() (names []string, indexes []int) { return c.interfaces(0) }

// Pass queues a frame that is not repaired, such as a *frame.Stats. The error is
// ErrEnded or one of frame.Room.Encode.
func (c *Conversation) Pass(now time.Time, b frame.Body) error {
	t := c.begin(now)
	if c.ended {
		return ErrEnded
	}
	number := c.sent.last + 1
	data, err := c.encode(frame.FirstPassing-1+number, b)
	if err != nil {
		return err
	}
	c.sentPassing(number, data, 0, t)
	return nil
}

// Keep queues a frame that is kept and repaired as a line is, such as a *frame.Report,
// and returns its number. The error is ErrEnded or one of frame.Room.Encode.
func (c *Conversation) Keep(now time.Time, b frame.Body) (uint64, error) {
	t := c.begin(now)
	if c.ended {
		return 0, ErrEnded
	}
	number := c.self.kept.known + 1
	data, err := c.encode(number, b)
	if err != nil {
		return 0, err
	}
	c.keepOwn(number, b, data, t)
	return number, nil
}

// Direct queues a frame for one member alone, such as a *frame.Probe. It leaves via the
// interface ifIndex, or with 0 via the one that the kernel chooses. The error is ErrEnded,
// ErrBridge or one of frame.Room.Encode.
func (c *Conversation) Direct(now time.Time, b frame.Body, to netip.AddrPort, ifIndex int) error {
	c.begin(now)
	if c.ended {
		return ErrEnded
	}
	if frame.Marked(to) {
		return ErrBridge
	}
	data, err := c.encode(frame.FirstDirect+c.direct, b)
	if err != nil {
		return err
	}
	c.direct++
	c.outs = append(c.outs, Out{Data: data, IfIndex: ifIndex, To: to})
	c.counters.Sent++
	return nil
}
