package bridge

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/members"
)

// What a [FrameCarrier] decides besides.
const (
	NotBridged Why = "not-bridged" // a frame that is for one LAN, or for one member, or a numbered datagram
	Forged     Why = "forged"      // its author did not sign it, or it cannot be read
	Answered   Why = "answered"    // a NEED: the bridge holds all that it asks for, or others here are asked first
	Held       Why = "held"        // from the history: for whoever asks
	Nobody     Why = "nobody"      // a frame of a bridge, and no member is heard, at no site
)

// FrameCarrierConfig says what a [FrameCarrier] carries.
type FrameCarrierConfig struct {
	Group        mcast.Group // of the conversation, with its plain port; frames are on the port after it
	Site, Bridge string
	Nick         string            // the bridge's, as a member
	Identity     frame.Identity    // signs RELAY, HELLO and SITES
	Random       *rand.Rand        // for waits, and for the name of the stream: another one at each start
	Rate         float64           // plain lines a second that become a RELAY; 0: no limit
	Burst        int               // of them, at once; 0: [DefaultBurst]
	Trusted      func(Parcel) bool // nil: every parcel of a site is taken
	// Decode verifies a frame of the open room; nil: that of frame.Room does.
	Decode func(*frame.Room, []byte) (*frame.Frame, error)
}

// FrameCarrier decides for one conversation on one LAN which frames cross to other sites
// and which of theirs are sent into the LAN. It is the LAN's bridge as a member of the
// conversation, too: of the open room it holds what was said, answers who asks for it,
// makes a RELAY of plain text that no member said, and tells which member is at which site.
// Frames of sealed rooms cross as they are: it has no key. As long as no member is heard,
// at no site, it sends nothing into its LAN; to the other sites its HELLO crosses.
//
// It is not safe for concurrent use, and has no socket and no clock: times that it is given
// must not go back. Everything in it is bounded.
type FrameCarrier struct {
	cfg    FrameCarrierConfig
	start  time.Time
	latest since
	room   *frame.Room
	conv   *members.Conversation
	silent bool         // another bridge leads
	lone   bool         // no member is heard, at no site: nothing is sent into the LAN
	free   bool         // what is given to conv passes no budget of its source
	taken  *frame.Frame // by conv, from the last datagram
	looked since        // that it was seen whether anybody is there
	names  map[int]string

	seen   seenFrames
	budget frameBudget
	here   asked // by members of this LAN, and by this bridge
	beyond asked // by other sites
	inbox  frameInbox
	relays relays
	unled  since // that this bridge goes on without its lease; 0: it does not
	other  since // that another bridge was heard in this LAN
	homes  homes
}

// FrameVerdict is what a FrameCarrier decides.
type FrameVerdict struct {
	Why  Why      // of the datagram or the parcel; "": there was none, or it waits: see Brought
	Keep []Parcel // to be given to [Link.Keep]
	Pass []Parcel // to be given to [Link.Pass]
	Send [][]byte // to be sent to the group on the port of frames, from Mark
	// Brought are parcels that had to wait until they could be sent into the LAN.
	Brought []Brought
	// Untold is why plain text that had waited became no RELAY, of each: Limited, Late, TooLong.
	Untold []Why
}

// Brought is what became of a parcel that waited.
type Brought struct {
	Parcel Parcel
	Why    Why // if Resent, its Data is in Send
}

// NewFrameCarrier makes one. now is the time of the first call.
func NewFrameCarrier(cfg FrameCarrierConfig, now time.Time) *FrameCarrier {
	c := &FrameCarrier{
		cfg: cfg, start: now, latest: time.Hour,
		room: frame.OpenRoom(conversationOf(cfg.Group)), names: map[int]string{},
		seen: newSeenFrames(), budget: newFrameBudget(), here: newAsked(), beyond: newAsked(), relays: newRelays(),
	}
	c.homes.streams = newHomes()
	author := func() frame.Author {
		var random [8]byte
		binary.BigEndian.PutUint64(random[:], cfg.Random.Uint64())
		return frame.NewAuthor(cfg.Identity, random)
	}
	c.conv = members.New(members.Config{
		Rooms: []*frame.Room{c.room}, Author: author(), Anew: author, Nick: cfg.Nick,
		Bits: frame.BitBridge | frame.BitLog | frame.BitBrief, Random: cfg.Random,
		Free:   func(netip.Addr) bool { return c.free },
		NoEcho: true, Decode: cfg.Decode, Encode: c.encode,
		Frames: func(_ time.Time, f *frame.Frame, _ members.Datagram) { c.taken = f },
	}, now)
	c.silent, c.lone = true, true
	c.conv.SetSilent(now, true)
	return c
}

// conversationOf is the name of a group's conversation (docs/protocol.md).
func conversationOf(g mcast.Group) string {
	return netip.AddrPortFrom(g.Addr.Unmap().WithZone(""), g.Port).String()
}

// at is a time, as it is used here. It never runs backwards.
func (c *FrameCarrier) at(now time.Time) since {
	c.latest = max(c.latest, now.Sub(c.start)+time.Hour)
	return c.latest
}

// encode makes a frame of the bridge's own.
func (c *FrameCarrier) encode(r *frame.Room, a frame.Author, number uint64, b frame.Body) ([]byte, error) {
	if need, ok := b.(*frame.Need); ok {
		c.here.need(c.latest, need)
	}
	return r.Encode(a, number, b)
}

// SetInterface tells the LAN's interface, as HELLOs and RELAYs name it.
func (c *FrameCarrier) SetInterface(now time.Time, index int, name string) {
	c.at(now)
	c.names = map[int]string{index: name}
	c.conv.SetInterfaces(now, []members.Interface{{Index: index, Name: name}}, index)
}

func (c *FrameCarrier) nameOf(index int) string { return c.names[index] }

// kindOfFrame is how a frame crosses.
type kindOfFrame uint8

const (
	stays   kindOfFrame = iota // on its LAN
	keeps                      // to all sites and to the history
	passes                     // to all sites
	asksFor                    // a NEED
)

// crosses is how a frame does; false: no frame of its kind has such a number.
func (c *FrameCarrier) crosses(h *frame.Header) (kindOfFrame, bool) {
	space := frame.SpaceOf(h.Number)
	ours := h.Tag == c.room.Tag() || h.Tag&1 == 1
	switch h.Kind {
	case frame.KindProbe, frame.KindAsk, frame.KindFacts:
		return stays, space == frame.Direct
	case frame.KindSites:
		return stays, space == frame.Passing
	case frame.KindNeed:
		if ours {
			return asksFor, space == frame.Passing
		}
	case frame.KindHello, frame.KindStats:
		if ours {
			return passes, space == frame.Passing
		}
	case frame.KindText, frame.KindRelay, frame.KindReport:
		if ours {
			return keeps, space == frame.Kept
		}
	default:
		if ours && space == frame.Kept {
			return keeps, true
		}
		return stays, space != 0
	}
	return stays, true // of the open room of another conversation
}

// open reports whether a frame is one of the open room.
func (c *FrameCarrier) open(h *frame.Header) bool { return h.Tag == c.room.Tag() }

// receive gives the bridge as a member a datagram.
func (c *FrameCarrier) receive(now time.Time, d members.Datagram, free bool) members.Outcome {
	c.taken, c.free = nil, free
	o := c.conv.Receive(now, d)
	c.free = false
	c.conv.Events() // it reads nothing
	return o
}

// parcel is a frame for other sites.
func (c *FrameCarrier) parcel(data []byte, kept, again bool) Parcel {
	return Parcel{Group: c.cfg.Group, Site: c.cfg.Site, Bridge: c.cfg.Bridge, Data: append([]byte(nil), data...), Kept: kept, Again: again}
}

// NextDue is when Due is to be called at the latest.
func (c *FrameCarrier) NextDue(now time.Time) time.Time {
	t := c.at(now)
	due := t + time.Second
	if len(c.relays.held) > 0 {
		due = min(due, c.relays.held[0].due)
	}
	if at, ok := c.inbox.dueAt(t); ok {
		due = min(due, at)
	}
	if c.silent || c.lone {
		due = min(due, c.looked+lookEvery)
	} else {
		due = min(due, c.sitesDue())
	}
	wait := max(0, due-t)
	if next := c.conv.NextDue(now); next.Before(now.Add(wait)) {
		return next
	}
	return now.Add(wait)
}

// lookEvery is how often it is looked whether one that sends nothing into its LAN shall.
const lookEvery = 200 * time.Millisecond

// lead begins to speak, or ceases: to all, or into the LAN.
func (c *FrameCarrier) lead(now time.Time, leads bool) {
	c.looked = c.at(now)
	lone := !c.conv.Sounds(now, frame.BitBridge)
	if c.silent == !leads && c.lone == lone {
		return
	}
	if c.lone && !lone {
		c.conv.SetSilent(now, true) // its next HELLO comes soon
	}
	c.silent, c.lone = !leads, lone
	c.conv.SetSilent(now, c.silent)
	c.homes.changed = true
}

// GoesOn takes in whether this bridge led last and cannot renew its lease, as when the hub is
// away. It reports whether the bridge leads on in what concerns frames, so that what is kept
// waits: until another bridge is heard in the LAN, which then leads.
func (c *FrameCarrier) GoesOn(now time.Time, unled bool) bool {
	t := c.at(now)
	switch {
	case !unled:
		c.unled = 0
		return false
	case c.unled == 0:
		c.unled = t
	}
	return c.other < c.unled
}

// Due does what is due, and returns when it is to be called again at the latest: also after
// a call of another method.
func (c *FrameCarrier) Due(now time.Time, leads bool) (v FrameVerdict, next time.Time) {
	t := c.at(now)
	if !leads && !c.silent {
		c.relayHeld(now, true, &v) // it was heard while this bridge led
		outs, _ := c.conv.Due(now)
		c.speak(t, outs, &v)
	}
	c.lead(now, leads)
	for {
		p, ok := c.inbox.take(t)
		if !ok {
			break
		}
		why := c.bring(now, p, leads, &v)
		v.Brought = append(v.Brought, Brought{p, why})
	}
	c.relayHeld(now, false, &v)
	if !c.silent && !c.lone && c.sitesDue() <= t {
		c.tellSites(now)
	}
	outs, _ := c.conv.Due(now)
	c.speak(t, outs, &v)
	c.conv.Events()
	return v, c.NextDue(now)
}

// Sounds reports whether a member is heard: else bridges say nothing.
func (c *FrameCarrier) Sounds(now time.Time) bool {
	c.at(now)
	return c.conv.Sounds(now, frame.BitBridge)
}
