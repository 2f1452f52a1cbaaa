package class

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/groupcast/groupcast/mcast/lab/lesson/desk"
)

// How long a network may take to carry out an order. It ends a check itself, after 20 s.
const (
	checkTime = 30 * time.Second
	hintTime  = 10 * time.Second
	resetTime = 60 * time.Second
)

// Check sees whether it is solved, in the background, when its turn comes.
func (x *Exercise) Check() {
	x.touch()
	x.do(desk.CheckOrder, checkTime, x.class.checks, "The check could not be run", x.order)
}

// Hint takes the next hint, in the background.
func (x *Exercise) Hint() {
	x.touch()
	x.do(desk.HintOrder, hintTime, nil, "There is no hint now", x.order)
}

// Reset builds the network anew, with the fault, in the background when its turn comes:
// every program in it ends, and starts again.
func (x *Exercise) Reset() {
	x.touch()
	x.reset()
}

// touch says that the student is there.
func (x *Exercise) touch() {
	if s := x.network.seat(); s != nil {
		s.touch()
	}
}

// reset is Reset, by the teacher. The caller may hold the class's mu.
func (x *Exercise) reset() {
	x.do(desk.ResetOrder, resetTime, x.class.builds, "The network could not be built anew", func(ctx context.Context, order string) error {
		if s, known := x.network.stand(); !known || s.err == nil && x.order(ctx, order) == nil {
			return nil // it is being built, or was
		}
		x.network.rebuild() // which waits for the turn that this one has now
		return nil
	})
}

var errNotThere = errors.New("the network is still being built")

// order gives an order to the network.
func (x *Exercise) order(ctx context.Context, order string) error {
	s, known := x.network.stand()
	switch l, ok := s.lab.(exercising); {
	case !known:
		return errNotThere
	case s.err != nil:
		return s.err
	case !ok:
		return errors.ErrUnsupported
	default:
		return l.order(ctx, order)
	}
}

// do begins something, unless the same is at work. turns, if there are any, bounds how
// many are done at once.
func (x *Exercise) do(what string, within time.Duration, turns chan struct{}, failed string, work func(context.Context, string) error) {
	begun := false
	x.change(func() {
		if begun = !x.closed && !x.busy[what]; begun {
			x.busy[what], x.said = true, ""
			x.working.Add(1)
		}
	})
	if !begun {
		return
	}
	go func() {
		defer x.working.Done()
		err := x.inTurn(what, within, turns, work)
		x.change(func() {
			delete(x.busy, what)
			if err != nil && x.ctx.Err() == nil {
				x.said = failed + ": " + reasonOf(err) + "."
			}
		})
	}()
}

func (x *Exercise) inTurn(what string, within time.Duration, turns chan struct{}, work func(context.Context, string) error) error {
	if err := x.orders.Wait(x.ctx); err != nil {
		return err
	}
	if turns != nil {
		done, err := take(x.ctx, turns)
		if err != nil {
			return err
		}
		defer done()
	}
	ctx, cancel := context.WithTimeout(x.ctx, within)
	defer cancel()
	return work(ctx, what)
}

// reasonOf is an error in words for a page.
func reasonOf(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "it took too long"
	}
	return ansi.Truncate(harmlessAll(strings.TrimPrefix(err.Error(), "lab: ")), maxReason, "…")
}

// maxReason bounds a reason, in columns.
const maxReason = 300
