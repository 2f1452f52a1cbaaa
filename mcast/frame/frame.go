// Package frame reads and writes the datagrams by which members of a conversation
// know each other: signed, in a sealed room also encrypted, each with one name.
// docs/protocol.md describes them.
//
// A frame is immutable. Its author signs it, and seals it, once; to repair, to keep
// a history and to pass it on is to send the same bytes again.
package frame

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"net/netip"
)

// Bounds of a frame, in bytes.
const (
	MaxSize = 1200 // of a frame, so that no network cuts it up
	MaxText = 1030 // of the text of one frame
	MaxNick = 32   // of a nickname, in runes
)

// Kind is what a frame is for.
type Kind uint8

// The kinds of frames. A frame of another kind is verified, and carried on if its
// number is a kept one.
const (
	KindHello  Kind = iota + 1 // who is here, and who hears whom
	KindText                   // a line of the talk
	KindNeed                   // which kept frames are missing
	KindRelay                  // what was said beyond this network
	KindStats                  // a row of the measured matrix
	KindReport                 // the last rows of a measurement
	KindProbe                  // asks for an answer, or is one
	KindAsk                    // asks a member for its facts
	KindFacts                  // some of them
	KindSites                  // a bridge tells which members are at which site
)

// Stream is one run of one author in one conversation: the first half stands for
// the public key, the second is random.
type Stream [16]byte

// Ref is how bodies name a stream: the beginning of its hash.
type Ref [8]byte

func (r Ref) String() string { return fmt.Sprintf("%x", r[:]) }

// Name is the name of a frame. No two have the same.
type Name struct {
	Stream Stream
	Number uint64
}

// Where the numbers of a stream begin, by what becomes of a frame. Each space counts
// up by one, and none reaches the next.
const (
	FirstKept    uint64 = 1                 // is repaired
	FirstPassing uint64 = 1<<63 + 1         // is not
	FirstDirect  uint64 = 1<<63 + 1<<62 + 1 // is for one member alone
)

// Space is what becomes of a frame, told by its number.
type Space uint8

// The spaces of numbers.
const (
	Kept Space = iota + 1
	Passing
	Direct
)

// Identity is the key that a member signs with.
type Identity struct{ key ed25519.PrivateKey }

// Author signs the frames of one stream.
type Author struct {
	Identity
	Stream Stream
}

// RoomKey is the secret of a sealed room.
type RoomKey [32]byte

// String keeps the key out of whatever prints it.
func (RoomKey) String() string { return "(a room key)" }

// GoString does so for %#v.
func (RoomKey) GoString() string { return "(a room key)" }

// Header is the clear beginning of a frame.
type Header struct {
	Kind   Kind
	Tag    uint16 // of the room: the first two bytes of its id
	Stream Stream
	Number uint64
}

// Frame is a frame that was verified.
type Frame struct {
	Header
	Author ed25519.PublicKey
	Body   Body
	Bytes  []byte // all of it, as it was received
}

// Body is what a frame says: a *Hello, *Text, *Need, *Relay, *Stats, *Report, *Probe,
// *Ask, *Facts, *Sites, or an *Unknown.
type Body interface{ Kind() Kind }

// Hello is a sign of life, and says who hears whom. Times are ages or monotonic where
// members compare them; Time alone is the author's wall clock.
type Hello struct {
	Nick       string   // 1 to MaxNick runes, as [Nick] makes it
	Interfaces []string // at most 8; the one that this frame left by first
	Time       uint64   // milliseconds since 1970
	Digest     []Entry  // the author's own stream first
	Leaving    bool     // the author ends
	PlainPort  uint16   // that its plain text leaves from, when not that of its frames; 0: the same
	Bits       Bits
	Heard      uint64 // streams heard, of which the digest lists some
	RowSum     Ref    // XOR of their refs, without the author's own
	Elsewhere  uint64 // bit n: the passing number n+1 before this one left by another interface, and is not missing here
}

// Bits say what a member can do.
type Bits uint64

// The bits.
const (
	BitMesh     Bits = 1 // measures
	BitFacts    Bits = 2 // answers ASK
	BitBridge   Bits = 4
	BitLog      Bits = 8  // keeps a history, and serves it
	BitBrief    Bits = 16 // its key is for this run alone: no nickname belongs to it
	BitHostName Bits = 32 // its nickname is its host's name, which nobody chose
)

// Entry is what a member has of one stream.
type Entry struct {
	Ref       Ref
	AllUpTo   uint64 // all kept frames from where it began to ask are there up to this one
	Ahead     uint64 // highest kept number known, minus AllUpTo
	Passing   uint64 // last passing number heard, minus 1<<63; 0: not heard directly
	Ago       uint64 // milliseconds since then
	Interface uint64 // index in the Interfaces of the Hello, by which it was heard
	Lost      uint64 // per mille of its last 64 passing numbers
}

// Text is a line of the talk. A longer one is cut into parts.
type Text struct {
	Text        string // at most MaxText bytes
	Time        uint64 // milliseconds since 1970, by the author's clock
	Part, Parts uint64 // from 1; 0, 0: it is whole
}

// Need asks for kept frames, at most 64 in all.
type Need struct{ Ranges []Range }

// Range is kept numbers of a stream, both ends included.
type Range struct {
	Ref      Ref
	From, To uint64
}

// Relay is what was said beyond this network, by someone who signs no frames. One who
// bridges networks signs it. A longer one is cut into parts.
type Relay struct {
	Text        string         // at most MaxText bytes, or
	Data        []byte         // at most MaxText bytes that are not UTF-8; nil: Text was said
	Time        uint64         // milliseconds since 1970, by the author's clock
	Part, Parts uint64         // from 1; 0, 0: it is whole
	Source      netip.AddrPort // whose it is, without a zone
	Interface   string         // by which the author heard it; "": not told
}

// Stats is what a member has measured of the numbered datagrams of others, or some of it.
type Stats struct {
	Interfaces []string // at most 8; the one that this frame left by first
	Heard      uint64   // streams heard, of which there are rows of some
	RowSum     Ref      // XOR of their refs, without the author's own
	Rows       []Row    // at most 64
	Lossless   uint64   // of the streams heard, those without loss
	Sent       uint64   // the author's own last number; 0: it has sent none
}

// Row is what was measured of one stream. Lost are Highest - First + 1 - Distinct.
type Row struct {
	Ref        Ref
	First      uint64 // the number that it was first heard with
	Highest    uint64
	Distinct   uint64
	Duplicates uint64
	Reordered  uint64
	Ago        uint64 // milliseconds since the last one
	Silence    uint64 // milliseconds: the longest
	Age        uint64 // milliseconds since it was first heard
	Spread     uint64 // microseconds: 95 of 100 came at most so much later than the fastest did at that time
	Interface  uint64 // index in the Interfaces, by which it was heard
	Hops       uint64 // left of the datagram's hop limit, at most 255; 0: not known
}

// Report is all that a member has measured, at the end, cut into parts.
type Report struct {
	Stats
	Time        uint64 // milliseconds since 1970, by the author's clock
	Part, Parts uint64 // from 1; 0, 0: it is whole
	Nick        string // as in a Hello, for those that heard none; "": not told
	Ways        []Way  // at most 64: what probes to others brought
}

// Way is what probes to one stream have shown of the unicast way to it.
type Way struct {
	Ref       Ref
	Sent      uint64
	Answered  uint64
	RoundTrip uint64 // microseconds: the median
	Refused   uint64 // by ICMP: 1, else 0
}

// Probe asks one member for an answer, or is one.
type Probe struct {
	Nonce [8]byte  // random, not 0
	Echo  *[8]byte // the Nonce that this answers; nil: it is a question
	Held  uint64   // microseconds between question and answer
	To    Ref      // who is asked, or answered
	Fill  uint64   // zeros after it, at most 64: a question is as long as its answer will be
}

// Ask asks one member for its facts. It fills the largest frame, so that no answer is
// longer.
type Ask struct {
	Time  uint64 // milliseconds since 1970, by the author's clock
	Part  uint64 // of the answer, from 1 to 64; 0: any
	Nonce [8]byte
	To    Ref
	Key   [32]byte // X25519, which the answer is encrypted for
	Facts []uint64 // which, at most 64; none: all
}

// Facts is a part of an answer to Ask.
type Facts struct {
	Part, Parts uint64 // from 1; 0, 0: it is whole
	Echo        [8]byte
	To          Ref
	Sealed      []byte // by HPKE (RFC 9180) for the Key of the Ask
}

// Unknown is the body of a kind that this version does not know.
type Unknown struct{ Of Kind }

// Kind is KindHello.
func (*Hello) Kind() Kind { return KindHello }

// Kind is KindText.
func (*Text) Kind() Kind { return KindText }

// Kind is KindNeed.
func (*Need) Kind() Kind { return KindNeed }

// Kind is KindRelay.
func (*Relay) Kind() Kind { return KindRelay }

// Kind is KindStats.
func (*Stats) Kind() Kind { return KindStats }

// Kind is KindReport.
func (*Report) Kind() Kind { return KindReport }

// Kind is KindProbe.
func (*Probe) Kind() Kind { return KindProbe }

// Kind is KindAsk.
func (*Ask) Kind() Kind { return KindAsk }

// Kind is KindFacts.
func (*Facts) Kind() Kind { return KindFacts }

// Kind is the one that is not known.
func (u *Unknown) Kind() Kind { return u.Of }

// Why a datagram is no frame to be read, to be tested with errors.Is. They come in the
// order of the checks.
var (
	ErrNotFrame  = errors.New("frame: no frame of groupcast's") // another magic
	ErrSize      = errors.New("frame: too short or too long")
	ErrVersion   = errors.New("frame: of another version")
	ErrFlags     = errors.New("frame: with flags that are not known")
	ErrRoom      = errors.New("frame: of another room")
	ErrTag       = errors.New("frame: does not open with this key")
	ErrKey       = errors.New("frame: its key does not make its stream")
	ErrSignature = errors.New("frame: with a wrong signature")
	ErrBody      = errors.New("frame: its body cannot be read")
	ErrRange     = errors.New("frame: a value is out of range")
)
