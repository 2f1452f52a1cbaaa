package session

import (
	"net/netip"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/members"
)

// fate is what a datagram is taken for. The zero fate is that of plain text where no
// member takes part.
type fate struct {
	what   what
	among  bool       // means is to be looked at
	answer bool       // a ping in it may be answered
	means  chat.Means // of text
	name   frame.Name // of an own frame
}

type what uint8

const (
	isText    what = iota
	isTheirs       // a frame of another member, or of another room
	isOwn          // an own frame, by loopback
	isNothing      // neither, on the port of frames
)

// fates gives the conversations what is theirs, and says of each datagram what it is;
// nil: all of it is plain text, and there are no members. Signatures are verified here,
// without Session.mu.
func (s *Session) fates(batch []mcast.Datagram, port uint16, as purpose) []fate {
	b := s.board.Load()
	if b == nil {
		return nil
	}
	list := make([]fate, len(batch))
	for n := range batch {
		switch d := &batch[n]; as {
		case forText:
			list[n] = b.onText(d, port)
		case forFrames:
			list[n] = b.onFrames(d, port)
		case forSenders:
			list[n] = b.toUs(d)
		}
	}
	return list
}

// onText is the fate of what came to the port of plain text. What is no frame that can
// be read is plain text there, whatever its magic.
func (b *board) onText(d *mcast.Datagram, port uint16) fate {
	to := netip.AddrPortFrom(d.To.WithZone(""), port)
	t := b.find(func(t *talk) bool { return t.at == to || !d.To.IsMulticast() && t.at.Port() == port })
	toAll := d.To.IsMulticast() || !d.To.IsValid()
	switch {
	case d.Stray:
		return fate{}
	case isFrame(d.Data):
		if other := b.framesAt(d, to); other != nil && other != t && hasTag(other, d.Data) {
			return fate{what: isNothing} // its own socket brings it
		}
		if t == nil {
			return fate{}
		}
		return fateOf(d, t.take(d), fate{among: true, means: chat.Means{Outside: t.sealed && toAll}})
	case t == nil:
		return fate{}
	}
	f := fate{among: true, answer: toAll, means: chat.Means{Outside: t.sealed && toAll}}
	if !t.sealed && toAll {
		t.means(d, &f.means)
	}
	return f
}

// onFrames is the fate of what came to a port of frames.
func (b *board) onFrames(d *mcast.Datagram, port uint16) fate {
	to := netip.AddrPortFrom(d.To.WithZone(""), port)
	switch {
	case d.Stray:
		return fate{}
	case isFrame(d.Data):
		t := b.framesAt(d, to)
		if t == nil {
			return fate{what: isNothing}
		}
		return fateOf(d, t.take(d), fate{what: isTheirs})
	case isOurKind(d.Data):
		if t := b.framesAt(d, to); t != nil {
			t.count(d)
		}
		return fate{what: isNothing}
	case b.plain[to]:
		return fate{what: isNothing}
	}
	return fate{among: true, means: chat.Means{Outside: true, Aside: true}}
}

// toUs is the fate of what came to the socket that sends leave from.
func (b *board) toUs(d *mcast.Datagram) fate {
	if !isFrame(d.Data) {
		return fate{}
	}
	t := b.find(func(t *talk) bool { return t.at.Addr().Is4() == d.From.Addr().Is4() && hasTag(t, d.Data) })
	if t == nil {
		return fate{}
	}
	return fateOf(d, t.take(d), fate{what: isTheirs})
}

// framesAt is the conversation whose frames come to an address and port: of several
// with one port the one whose room it is, else the first.
func (b *board) framesAt(d *mcast.Datagram, to netip.AddrPort) *talk {
	goes := func(t *talk) bool {
		return t.port == to.Port() && (t.at.Addr() == to.Addr() || !to.Addr().IsMulticast() && t.at.Addr().Is4() == d.From.Addr().Is4())
	}
	if t := b.find(func(t *talk) bool { return goes(t) && hasTag(t, d.Data) }); t != nil {
		return t
	}
	return b.find(goes)
}

func (b *board) find(is func(*talk) bool) *talk {
	for _, t := range b.talks {
		if is(t) {
			return t
		}
	}
	return nil
}

// hasTag reports whether a frame says that it is of one of the conversation's rooms.
func hasTag(t *talk, data []byte) bool {
	h, err := frame.Parse(data)
	if err != nil {
		return false
	}
	for _, tag := range t.tags {
		if tag == h.Tag {
			return true
		}
	}
	return false
}

// fateOf is the fate of a datagram with the magic of frames; bad is that of one that
// cannot be read.
func fateOf(d *mcast.Datagram, out members.Outcome, bad fate) fate {
	switch out {
	case members.NotFrame, members.Newer, members.Malformed, members.Forged, members.BadBody:
		return bad
	case members.Own:
		h, _ := frame.Parse(d.Data)
		return fate{what: isOwn, name: frame.Name{Stream: h.Stream, Number: h.Number}}
	}
	return fate{what: isTheirs}
}
