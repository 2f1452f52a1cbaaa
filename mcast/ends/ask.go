package ends

import (
	"crypto/rand"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

// AskEvery is the time between two questions to one member.
const AskEvery = time.Second

// Question asks one member for its facts, part by part. Each part is asked for with a
// key of its own.
type Question struct {
	self, to frame.Stream
	key      [32]byte // of who is asked
	next     time.Time
	parts    joined
	open     []asked // the latest questions that have no answer
	asked    int
	heard    Count // answers
	end      *End
	err      error
}

type asked struct {
	nonce  [8]byte
	secret secret
}

// maxOpen is how many questions may have no answer: an answer may come late.
const maxOpen = 4

// NewQuestion asks the member with that stream and that key.
func NewQuestion(self, to frame.Stream, key [32]byte) *Question {
	return &Question{self: self, to: to, key: key}
}

// Due is the question to send now; nil: none is due. next is when to look again.
func (q *Question) Due(now time.Time) (ask *frame.Ask, next time.Time) {
	if q.Done() {
		return nil, now.Add(time.Hour)
	}
	if now.Before(q.next) {
		return nil, q.next
	}
	q.next = now.Add(AskEvery + AskEvery/10) // who is asked counts one a second
	a := asked{secret: newSecret()}
	rand.Read(a.nonce[:])
	if len(q.open) == maxOpen {
		q.open = q.open[1:]
	}
	q.open = append(q.open, a)
	q.asked++
	return &frame.Ask{Time: uint64(now.UnixMilli()), Part: q.parts.missing(), Nonce: a.nonce, To: q.to.Ref(), Key: a.secret.public()}, q.next
}

// Asked is how often it was asked.
func (q *Question) Asked() int { return q.asked }

// Heard is how many answers came, to the group and to this host alone.
func (q *Question) Heard() Count { return q.heard }

// Done reports whether nothing more is to be asked.
func (q *Question) Done() bool { return q.end != nil || q.err != nil }

// End is what was answered; nil: not all of it, or its error.
func (q *Question) End() (*End, error) { return q.end, q.err }

// Take takes in an answer, and reports whether it is one to a question that is open. A
// frame of another author, or one that cannot be opened, changes nothing.
func (q *Question) Take(now time.Time, f *frame.Frame, alone bool) bool {
	facts, ok := f.Body.(*frame.Facts)
	if !ok || q.Done() || f.Stream != q.to || facts.To != q.self.Ref() || string(f.Author) != string(q.key[:]) {
		return false
	}
	for n, a := range q.open {
		if a.nonce != facts.Echo {
			continue
		}
		plain, err := a.secret.open(q.self, q.to, facts.Sealed)
		if err != nil {
			return false
		}
		q.open = append(q.open[:n:n], q.open[n+1:]...)
		if alone {
			q.heard.Alone++
		} else {
			q.heard.Group++
		}
		if err := q.parts.put(facts.Part, facts.Parts, plain); err != nil {
			q.err = err
			return true
		}
		if q.parts.missing() == 0 {
			q.end, q.err = Decode(q.parts.whole())
		}
		return true
	}
	return false
}
