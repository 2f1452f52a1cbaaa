package web

import (
	"context"

	"github.com/groupcast/groupcast/mcast/class"
)

// classroom is a class as the handler has it.
type classroom interface {
	Join(class.Applicant) (class.Token, error)
	Seat(class.Token) (seat, error)
	Leave(class.Token) error
}

// seat is what a page needs of its seat: see [class.Seat].
type seat interface {
	Name() string       // of who sits there
	Place() string      // the seat's own
	Shell() bool        // its tabs are shells
	Tabs() []seatTab    // at least one
	Exercise() exercise // nil: none
}

// seatTab is what a page needs of a tab of a seat.
type seatTab interface {
	Host() string
	Plain() bool
	Look() (done func())
	Input(class.Input)
	Next(ctx context.Context, seen int64) (class.Screen, error)
	Say(line string)
	Lines(ctx context.Context, seen int64) (list []string, last int64, lost int, err error)
}

// exercise is what a page needs of the exercise of a seat. What it begins is at work in the
// background.
type exercise interface {
	Next(ctx context.Context, seen int64) (class.ExerciseState, int64, error)
	Check()
	Hint()
	Reset()
}

// tabOf is the tab of a seat with that name; "": the first. nil: it has none of that name.
func tabOf(s seat, name string) seatTab {
	for _, t := range s.Tabs() {
		if name == "" || t.Host() == name {
			return t
		}
	}
	return nil
}

// seats is a classroom of a class.
type seats struct{ class Class }

func (s seats) Join(a class.Applicant) (class.Token, error) {
	token, _, err := s.class.Join(a)
	return token, err
}

func (s seats) Seat(t class.Token) (seat, error) {
	at, err := s.class.Seat(t)
	if err != nil {
		return nil, err
	}
	return classSeat{at}, nil
}

func (s seats) Leave(t class.Token) error { return s.class.Leave(t) }

// classSeat is a seat of a class.
type classSeat struct{ *class.Seat }

func (s classSeat) Place() string { return s.Seat.Host() }

func (s classSeat) Tabs() (list []seatTab) {
	for _, t := range s.Seat.Tabs() {
		list = append(list, t)
	}
	return list
}

func (s classSeat) Exercise() exercise {
	if x := s.Seat.Exercise(); x != nil {
		return x
	}
	return nil
}
