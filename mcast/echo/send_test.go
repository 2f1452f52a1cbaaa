package echo

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/groupcast/groupcast/mcast"
)

// fullSocket is a socket with a send buffer that has no room: a send waits
// until its deadline, or for ever.
type fullSocket struct {
	*script
	deadline time.Time
	waits    int
}

func (s *fullSocket) TrySendBatch([]mcast.Outgoing) (int, error) {
	return 0, &mcast.OpError{Op: "send", Err: syscall.EAGAIN}
}

func (s *fullSocket) SetWriteDeadline(t time.Time) error {
	s.deadline = t
	return nil
}

func (s *fullSocket) SendBatch([]mcast.Outgoing) (int, error) {
	s.waits++
	if s.deadline.IsZero() {
		select {}
	}
	time.Sleep(time.Until(s.deadline))
	return 0, &mcast.OpError{Op: "send", Err: os.ErrDeadlineExceeded}
}

func TestAFullSendBufferHoldsUpNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fullSocket{script: &script{reads: []error{nil, nil, nil, context.Canceled}}}
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // while the answers are sent
		r, start := New(Config{}), time.Now()
		if err := r.serve(ctx, s, nil, false); !errors.Is(err, context.Canceled) {
			t.Errorf("Serve ends with %v, want its context's error", err)
		}
		if took := time.Since(start); took > roomTime || s.waits != 1 {
			t.Errorf("%d answers wait %d times, %v in all; want one wait of %v", len(s.reads)*3, s.waits, took, roomTime)
		}
		if got := r.Stats(); got.NoRoom != 9 || got.Failed != 0 || got.Requests != 9 {
			t.Errorf("%+v, want 9 requests, and no room for 9 answers", got)
		}
		if !s.deadline.IsZero() {
			t.Error("the socket keeps its write deadline, want none")
		}
	})
}
