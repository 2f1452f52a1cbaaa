package bridge

import (
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/internal/lru"
)

const (
	askedFor   = 3 * time.Second // a NEED counts
	maxAsked   = 4096            // numbers
	maxTags    = 64              // sealed rooms
	againNeed  = time.Second     // a NEED of a sealed room within this time of the last one of its author
	sentApart  = 40 * time.Millisecond
	againApart = 40 * time.Millisecond
)

// asked is what somebody asked for lately, by NEEDs: of the open room each number, of
// sealed rooms only that there was one.
type asked struct {
	numbers *lru.Map[askedNumber, since] // until then
	rooms   *lru.Map[uint16, since]
	by      *lru.Map[frame.Stream, since] // who asked in a sealed room, last
}

type askedNumber struct {
	ref    frame.Ref
	number uint64
}

func newAsked() asked {
	return asked{numbers: lru.New[askedNumber, since](maxAsked), rooms: lru.New[uint16, since](maxTags), by: lru.New[frame.Stream, since](maxOrigins)}
}

// need takes in a NEED of the open room.
func (a *asked) need(now since, n *frame.Need) {
	for number := range eachNeeded(n) {
		a.numbers.Put(number, now+askedFor)
	}
}

// room takes in a NEED of a sealed room.
func (a *asked) room(now since, tag uint16) { a.rooms.Put(tag, now+askedFor) }

// first reports whether somebody asks in a sealed room who did not ask just before: others
// on its LAN may have what is missing.
func (a *asked) first(now since, s frame.Stream) bool {
	last, _ := a.by.Ensure(s)
	first := *last == 0 || now-*last > againNeed
	*last = now
	return first
}

// wants reports whether a frame was asked for. ref is that of its stream.
func (a *asked) wants(now since, h *frame.Header, ref frame.Ref) bool {
	if h.Tag&1 == 1 {
		until := a.rooms.Peek(h.Tag)
		return until != nil && now < *until
	}
	until := a.numbers.Peek(askedNumber{ref, h.Number})
	return until != nil && now < *until
}

// eachNeeded are the numbers that a NEED names, at most 64.
func eachNeeded(n *frame.Need) func(yield func(askedNumber) bool) {
	return func(yield func(askedNumber) bool) {
		left := 64
		for _, r := range n.Ranges {
			for number := r.From; number <= r.To && left > 0; number++ {
				if left--; !yield(askedNumber{r.Ref, number}) {
					return
				}
			}
		}
	}
}
