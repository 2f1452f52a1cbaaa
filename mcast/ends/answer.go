package ends

import (
	"crypto/rand"
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/internal/lru"
)

// Asker is a member that wants facts of this host.
type Asker struct {
	Stream frame.Stream
	Key    [32]byte
	From   netip.AddrPort
	Bridge bool // it says that it is a bridge, or its frames come from one
	Known  bool // the room is sealed, or the user verified the key
}

// Answer is what becomes of a question.
type Answer int

// What becomes of questions. Only Tell sends anything.
const (
	Ignore  Answer = iota // it is for somebody else, was asked before, too often, or over a bridge
	Refuse                // the user said no, or never yes
	Prompt                // the user may be asked; that is said once for each key
	Unknown               // the key is neither verified nor in a sealed room
	Tell                  // its answer is due
)

const (
	askerMemory = 60 * time.Second // that a nonce is remembered
	maxAskers   = 64
	maxNonces   = 1024
	factsHold   = 20 * time.Second // that all parts are asked for
	perMember   = 10               // answers a second
)

// Answerer decides which members get facts of this host. The zero Answerer answers
// nobody. Two goroutines must not use it at once.
type Answerer struct {
	Share bool // everybody who is known gets them
	Asks  bool // there is a user who can be asked

	said    map[[32]byte]bool // by key: what the user said
	asking  map[[32]byte]bool // was told to the user, and not answered
	unknown map[[32]byte]bool // was told to the user, while it was not known
	nonces  *lru.Map[[8]byte, time.Time]
	askers  *lru.Map[[32]byte, asker]
	second  time.Time
	told    int // in this second
}

type asker struct {
	allowed time.Time // when it may ask again
	stream  frame.Stream
	parts   [][]byte
	until   time.Time // parts are of these facts
	Count
}

func (a *Answerer) begin() {
	if a.nonces == nil {
		a.said, a.asking, a.unknown = map[[32]byte]bool{}, map[[32]byte]bool{}, map[[32]byte]bool{}
		a.nonces = lru.New[[8]byte, time.Time](maxNonces)
		a.askers = lru.New[[32]byte, asker](maxAskers)
	}
}

// Say is what the user said of a key. There are as many as the user types.
func (a *Answerer) Say(key [32]byte, yes bool) {
	a.begin()
	delete(a.asking, key)
	a.said[key] = yes
}

// Agreed reports whether the user named a key that gets facts, whether or not all do.
func (a *Answerer) Agreed(key [32]byte) bool { return a.said[key] }

// Answers reports whether anybody could be answered: what a HELLO says.
func (a *Answerer) Answers() bool { return a.Share || a.Asks }

// Take decides about a question that was verified. me is the own stream, alone that it
// came to this host alone.
func (a *Answerer) Take(now time.Time, who Asker, ask *frame.Ask, me frame.Stream, alone bool) Answer {
	a.begin()
	if ask.To != me.Ref() || who.Bridge || frame.Marked(who.From) {
		return Ignore
	}
	if at := a.nonces.Get(ask.Nonce); at != nil && now.Sub(*at) < askerMemory {
		return Ignore
	}
	nonce, _ := a.nonces.Ensure(ask.Nonce)
	*nonce = now
	if !who.Known {
		if a.Answers() && first(a.unknown, who.Key) {
			return Unknown
		}
		return Refuse
	}
	yes, said := a.said[who.Key]
	switch {
	case said && !yes:
		return Refuse
	case yes || a.Share:
	case a.Asks && first(a.asking, who.Key):
		return Prompt
	default:
		return Refuse
	}
	x, _ := a.askers.Ensure(who.Key)
	if x.stream != who.Stream {
		*x = asker{stream: who.Stream}
	}
	if alone {
		x.Alone++
	} else {
		x.Group++
	}
	if now.Sub(a.second) >= time.Second {
		a.second, a.told = now, 0
	}
	if now.Before(x.allowed) || a.told >= perMember {
		return Ignore
	}
	a.told++
	x.allowed = now.Add(AskEvery)
	return Tell
}

// first reports whether the user hears of a key, which is once for each and bounded.
func first(told map[[32]byte]bool, key [32]byte) bool {
	if told[key] || len(told) >= maxAskers {
		return false
	}
	told[key] = true
	return true
}

// Count is how many questions of a key came.
func (a *Answerer) Count(key [32]byte) Count {
	a.begin()
	if x := a.askers.Peek(key); x != nil {
		return x.Count
	}
	return Count{}
}

// Fresh reports whether facts have to be read for an answer: the first part is asked
// for, or those of before are too old.
func (a *Answerer) Fresh(now time.Time, key [32]byte, part uint64) bool {
	x := a.askers.Peek(key)
	return x != nil && (part <= 1 || !now.Before(x.until))
}

// Facts is the answer to a question that [Answerer.Take] said Tell to. end is nil
// unless [Answerer.Fresh]. The error is that of [Encode] or of the key.
func (a *Answerer) Facts(now time.Time, who Asker, ask *frame.Ask, me frame.Stream, end *End) (*frame.Facts, error) {
	x := a.askers.Peek(who.Key)
	if x == nil {
		return nil, errPart
	}
	if end != nil {
		facts, err := Encode(end)
		if err != nil {
			return nil, err
		}
		set := [4]byte{}
		rand.Read(set[:])
		x.parts, x.until = split(binary.BigEndian.Uint32(set[:]), facts), now.Add(factsHold)
	}
	part := max(ask.Part, 1)
	if part > uint64(len(x.parts)) {
		part = 1 // of facts that were longer before
	}
	if len(x.parts) == 0 {
		return nil, errPart
	}
	sealed, err := Seal(ask.Key, who.Stream, me, x.parts[part-1])
	if err != nil {
		return nil, err
	}
	return &frame.Facts{Part: part, Parts: uint64(len(x.parts)), Echo: ask.Nonce, To: who.Stream.Ref(), Sealed: sealed}, nil
}
