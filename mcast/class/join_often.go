package class

import (
	"errors"
	"time"

	"golang.org/x/time/rate"

	"github.com/groupcast/groupcast/mcast/internal/lru"
)

// ErrOften is an error of [Class.Join].
var ErrOften = errors.New("many have joined from this address just now: try again in a few seconds")

// Joins from one address, behind which a whole class may be: all at once, and twice.
const (
	joinInterval = time.Second // in the long run
	joinsAtOnce  = 20          // and two for each seat
)

// joins counts those of each address: a join costs a line on the teacher's terminal.
type joins struct {
	by *lru.Map[string, *rate.Limiter]
}

func newJoins() joins { return joins{lru.New[string, *rate.Limiter](triesKept)} }

// may reports whether one more may join from an address, in a class of so many seats.
func (j joins) may(from string, seats int) bool {
	l, _ := j.by.Ensure(from)
	if *l == nil {
		*l = rate.NewLimiter(rate.Every(joinInterval), joinsAtOnce+2*seats)
	}
	return (*l).Allow()
}
