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
	Plain() bool
	Look() (done func())
	Input(class.Input)
	Next(ctx context.Context, seen int64) (class.Screen, error)
	Say(line string)
	Lines(ctx context.Context, seen int64) (list []string, last int64, lost int, err error)
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
	return at.Tabs()[0], nil
}

func (s seats) Leave(t class.Token) error { return s.class.Leave(t) }
