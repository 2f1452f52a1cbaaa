package sender

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/internal/nap"
	"github.com/groupcast/groupcast/mcast/stream"
	"github.com/groupcast/groupcast/mcast/stream/pace"
)

// Run sends until each stream has its Count, or ctx ends, and then says the end of
// numbered streams three times, which takes 300 ms. That ctx ended is no error, nor
// is what the kernel refused: see [Snapshot].
func (s *Sender) Run(ctx context.Context) {
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		s.deadline(time.Now()) // a send may wait for room
		close(stopped)
	})
	s.run(ctx)
	if !stop() {
		<-stopped
	}
	if s.cfg.Kind == Numbered {
		s.end()
	}
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
}

func (s *Sender) deadline(at time.Time) {
	for _, l := range s.lanes {
		l.deadline(at)
	}
}

func (s *Sender) run(ctx context.Context) {
	s.mu.Lock()
	s.began = time.Now()
	s.last = s.began
	s.schedule = pace.New(s.began, len(s.streams), s.cfg.Rate)
	s.mu.Unlock()
	left := len(s.streams) // that have not sent their Count
	for turn := 0; left > 0 && ctx.Err() == nil; turn++ {
		now := time.Now()
		if s.cfg.Joined {
			left -= s.join(ctx, turn%len(s.streams), s.sentAt(now))
			continue
		}
		s.mu.Lock()
		turns := s.schedule.Next(now, s.most)
		s.mu.Unlock()
		if turns.N == 0 {
			s.wait(ctx, now.Add(turns.Wait))
			continue
		}
		sent := s.sentAt(now)
		for i := range turns.N {
			left -= s.add((turns.First+i)%len(s.streams), sent)
		}
		refused := false
		for _, l := range s.lanes {
			refused = s.flush(ctx, l, sent) || refused
		}
		s.pause(ctx, refused)
	}
}

// pause slows a sender without pauses that was refused: a full queue needs time, and a
// firewall no haste.
func (s *Sender) pause(ctx context.Context, refused bool) {
	if refused && s.cfg.Rate == Max {
		s.wait(ctx, time.Now().Add(nap.Least))
	}
}

// join sends datagrams of one stream in one piece. It returns 1 if they were its last,
// else 0.
func (s *Sender) join(ctx context.Context, i int, sent time.Duration) (last int) {
	for range s.most {
		last += s.add(i, sent)
	}
	s.pause(ctx, s.flush(ctx, s.streams[i].lane, sent))
	return last
}

// sentAt is a time as the wall clock had it at the beginning: a clock that is set
// meanwhile makes no jump in it.
func (s *Sender) sentAt(now time.Time) time.Duration {
	return time.Duration(s.began.UnixNano()) + now.Sub(s.began)
}

// add puts the next datagram of a stream into its batch. It returns 1 if that was the
// stream's last one, else 0.
func (s *Sender) add(i int, sent time.Duration) (last int) {
	st := &s.streams[i]
	done := st.sent + st.refused + st.pending
	if s.cfg.Count > 0 && done >= s.cfg.Count {
		return 0
	}
	l := st.lane
	n := len(l.batch)
	l.owners[n], l.number[n] = i, st.sent+st.pending
	l.batch = append(l.batch, mcast.Outgoing{Data: s.payload(l, n, sent), To: st.to, Via: st.via})
	st.pending++
	if s.cfg.Count > 0 && done+1 == s.cfg.Count {
		return 1
	}
	return 0
}

// payload makes the payload of a datagram of the batch.
func (s *Sender) payload(l *lane, n int, sent time.Duration) []byte {
	if s.cfg.Kind == Fixed {
		return s.cfg.Data
	}
	data := l.arena[n*s.cfg.Size : (n+1)*s.cfg.Size]
	st := &s.streams[l.owners[n]]
	if s.cfg.Kind == Mcjoin {
		st.text.put(data, l.number[n])
		return data
	}
	stream.Header{Stream: st.id, Number: l.number[n], Sent: sent, Promise: s.promise}.Put(data)
	return data
}

// flush sends the batch, and reports whether the kernel refused any of it. What ctx
// ended is neither sent nor refused.
func (s *Sender) flush(ctx context.Context, l *lane, sent time.Duration) (refused bool) {
	for rest := 0; rest < len(l.batch); {
		n, err := l.send(l.batch[rest:])
		if err != nil && ctx.Err() != nil {
			s.settle(l, rest, n, nil)
			break
		}
		s.settle(l, rest, n, err)
		if rest += n; err == nil {
			continue
		}
		refused = true
		s.renumber(l, rest, sent)
		rest++
	}
	for i := range l.batch {
		s.streams[l.owners[i]].pending = 0
	}
	l.batch = l.batch[:0]
	return refused
}

// renumber gives the number of a datagram that was refused to the stream's next one in
// the batch, and so on.
func (s *Sender) renumber(l *lane, refused int, sent time.Duration) {
	for n := refused + 1; n < len(l.batch); n++ {
		if l.owners[n] == l.owners[refused] {
			l.number[n]--
			s.payload(l, n, sent)
		}
	}
}

// settle counts n datagrams of a batch that were sent, from first on, and with an
// error the next one, which was refused.
func (s *Sender) settle(l *lane, first, n int, err error) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := first; i < first+n; i++ {
		st := &s.streams[l.owners[i]]
		st.last = now.Sub(s.began)
		if st.sent == 0 {
			st.first = st.last
		}
		st.sent++
		st.pending--
	}
	if n > 0 {
		s.last = now
	}
	if err == nil {
		return
	}
	st := &s.streams[l.owners[first+n]]
	st.refused++
	st.pending--
	st.err = err
	s.blame(host.Cause(err))
}

// mostCauses are told apart.
const mostCauses = 16

// blame counts an error. It needs s.mu.
func (s *Sender) blame(cause error) {
	i := slices.IndexFunc(s.causes, func(c Cause) bool { return c.Err.Error() == cause.Error() })
	switch {
	case i >= 0:
		s.causes[i].Datagrams++
	case len(s.causes) < mostCauses:
		s.causes = append(s.causes, Cause{Err: cause, Datagrams: 1})
	default:
		s.causes[mostCauses-1].Datagrams++
		s.causes[mostCauses-1].Err = errOthers
	}
}

var errOthers = errors.New("other errors")

// ends is when the end is said, after the last datagram.
var ends = [...]time.Duration{0, 100 * time.Millisecond, 300 * time.Millisecond}

// end says how many datagrams each stream had. It does not matter which of the three
// arrives.
func (s *Sender) end() {
	first := time.Now()
	for _, after := range ends {
		s.wait(context.Background(), first.Add(after))
		s.deadline(time.Now().Add(100 * time.Millisecond))
		sent := s.sentAt(time.Now())
		for i := range s.streams {
			st := &s.streams[i]
			if st.sent == 0 {
				continue
			}
			l := st.lane
			n := len(l.batch)
			data := l.arena[n*s.cfg.Size:][:stream.HeaderSize]
			stream.Header{Stream: st.id, Number: st.sent, Sent: sent, Promise: s.promise, End: true}.Put(data)
			l.batch = append(l.batch, mcast.Outgoing{Data: data, To: st.to, Via: st.via})
			if len(l.batch) == s.most {
				l.sendAll()
			}
		}
		for _, l := range s.lanes {
			l.sendAll()
		}
	}
}

// sendAll sends the batch, whatever is refused.
func (l *lane) sendAll() {
	for rest := 0; rest < len(l.batch); {
		n, err := l.apart(l.batch[rest:])
		if rest += n; err != nil {
			rest++
		}
	}
	l.batch = l.batch[:0]
}
