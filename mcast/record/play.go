package record

import (
	"context"
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/internal/nap"
)

// Player sends the datagrams of a replay, each when it is due. Those that are due
// together are sent by one call. It is for one goroutine.
type Player struct {
	Pace Pace
	To   netip.AddrPort // where each is sent
	Via  mcast.Via      // and by which way

	// Send is [mcast.Conn.SendBatch] or works as it does: it sends in order, returns
	// how many were sent, and an error about the next one.
	Send func([]mcast.Outgoing) (n int, err error)

	// Failed is called for each datagram that was not sent, of so many bytes.
	Failed func(size int, err error)

	Due    time.Duration // of the latest that was played, after the first
	Sent   int
	Bytes  int64         // of payload, of those that were sent
	Latest time.Duration // how much later than it was due one was sent, at the most

	late     time.Duration // the sum
	begun    time.Time     // when the first was due
	ended    time.Time     // when the last was sent
	schedule *Schedule
	batch    []mcast.Outgoing
	due      [mcast.BatchSize]time.Time // of those
	arena    []byte                     // their payloads
	timers   bool                       // wait by them alone, whose time tests can make
}

// Play waits until the next datagram of the capture is due, and sends it then or
// with those that follow it: data is copied. The error is that of ctx.
func (p *Player) Play(ctx context.Context, at time.Time, data []byte) error {
	if p.schedule == nil {
		p.begun = time.Now()
		p.ended = p.begun
		p.schedule = NewSchedule(p.begun, p.Pace)
	}
	due := p.schedule.Due(at)
	p.Due = due.Sub(p.begun)
	if len(p.batch) == mcast.BatchSize || time.Now().Before(due) {
		if err := p.Flush(ctx); err != nil {
			return err
		}
	}
	if err := p.wait(ctx, due); err != nil {
		return err
	}
	p.due[len(p.batch)] = due
	p.arena = append(p.arena, data...)
	p.batch = append(p.batch, mcast.Outgoing{Data: p.arena[len(p.arena)-len(data):], To: p.To, Via: p.Via})
	return nil
}

// Again begins another round of the recording. See [Schedule.Again].
func (p *Player) Again() { p.schedule.Again() }

// Flush sends what is due, as is needed after the last Play. The error is that of
// ctx, where it ended a send that waited.
func (p *Player) Flush(ctx context.Context) error {
	for rest := 0; rest < len(p.batch); {
		n, err := p.Send(p.batch[rest:])
		p.ended = time.Now()
		for i := rest; i < rest+n; i++ {
			p.Sent++
			p.Bytes += int64(len(p.batch[i].Data))
			late := p.ended.Sub(p.due[i])
			p.Latest = max(p.Latest, late)
			p.late = add(p.late, max(late, 0))
		}
		rest += n
		if err == nil {
			continue
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		p.Failed(len(p.batch[rest].Data), err)
		rest++
	}
	p.batch, p.arena = p.batch[:0], p.arena[:0]
	return nil
}

// Took is how long the replay was, from when its first datagram was due until its
// last was sent.
func (p *Player) Took() time.Duration { return p.ended.Sub(p.begun) }

// Late is how much later than they were due datagrams were sent, in the mean.
func (p *Player) Late() time.Duration {
	if p.Sent == 0 {
		return 0
	}
	return p.late / time.Duration(p.Sent)
}

// Back is how many datagrams had a time before that of the one before them.
func (p *Player) Back() int {
	if p.schedule == nil {
		return 0
	}
	return p.schedule.Back()
}

// Cut is how many pauses were cut by Pace.CapGap.
func (p *Player) Cut() int {
	if p.schedule == nil {
		return 0
	}
	return p.schedule.Cut()
}

// wait returns when a datagram is due.
func (p *Player) wait(ctx context.Context, due time.Time) error {
	if !p.timers {
		return nap.Until(ctx, due)
	}
	for left := time.Until(due); left > 0; left = time.Until(due) {
		if err := nap.Timer(ctx, left); err != nil {
			return err
		}
	}
	return ctx.Err()
}
