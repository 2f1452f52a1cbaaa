package bridge

import (
	"hash/maphash"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/internal/lru"
)

// Bounds of what a [FrameCarrier] remembers of frames.
const (
	seenKept    = 32768 // names
	seenPassing = 8192
	maxVariants = 4 // of a name
)

// since is a time, as it has passed since an hour before a FrameCarrier began: 0 is never.
type since = time.Duration

// seenFrames are frames that crossed, by their names: those that were carried from here,
// and those that came of sites. A bridge cannot tell whose a sealed frame is, so one name
// can have several: what somebody made up drops no other.
type seenFrames struct {
	seed          maphash.Seed
	kept, passing *lru.Map[frame.Name, seenFrame]
}

// seenFrame is what is remembered of a name.
type seenFrame struct {
	hashes [maxVariants]uint32
	n      uint8 // of them
	next   uint8 // where the next one goes
	echo   uint8 // copies of own sends that may come back by loopback
	sent   since // into the LAN, last
	again  since // carried again, last
}

func newSeenFrames() seenFrames {
	return seenFrames{
		seed: maphash.MakeSeed(),
		kept: lru.New[frame.Name, seenFrame](seenKept), passing: lru.New[frame.Name, seenFrame](seenPassing),
	}
}

func (s *seenFrames) hash(data []byte) uint32 { return uint32(maphash.Bytes(s.seed, data)) }

func (s *seenFrames) of(n frame.Name) *lru.Map[frame.Name, seenFrame] {
	if frame.SpaceOf(n.Number) == frame.Kept {
		return s.kept
	}
	return s.passing
}

// find is what is remembered of a frame; nil: it did not cross.
func (s *seenFrames) find(n frame.Name, hash uint32) *seenFrame {
	e := s.of(n).Get(n)
	if e == nil || !e.has(hash) {
		return nil
	}
	return e
}

// add remembers a frame. Of more than maxVariants of a name the first is forgotten: it is
// carried again then, and whoever has it drops it.
func (s *seenFrames) add(n frame.Name, hash uint32) *seenFrame {
	e, _ := s.of(n).Ensure(n)
	if !e.has(hash) {
		e.hashes[e.next] = hash
		e.n, e.next = min(e.n+1, maxVariants), (e.next+1)%maxVariants
		e.echo, e.sent, e.again = 0, 0, 0
	}
	return e
}

func (e *seenFrame) has(hash uint32) bool {
	for _, h := range e.hashes[:e.n] {
		if h == hash {
			return true
		}
	}
	return false
}
