package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/record"
)

// plan is what one round sends, as a Schedule says. Where the time that was given
// ends it, it is what is due until then.
type plan struct {
	datagrams int
	left      int // datagrams that are due later
	bytes     int64
	takes     time.Duration // from the first datagram to the last
	longest   time.Duration // pause
	tooLong   int           // datagrams that the group's IP version has no room for
	back, cut int
	read      account
}

// makePlan reads what was chosen, without sending it.
func (r *replayer) makePlan(ctx context.Context) (err error) {
	most := mcast.MaxPayload
	if r.group.Addr.Is6() {
		most = mcast.MaxPayload6
	}
	begin := time.Now()
	s, before := record.NewSchedule(begin, r.pace), begin
	p := &r.plan
	p.read, err = r.from.each(ctx, r.chosen.To, func(d record.Packet) error {
		due := s.Due(d.At)
		if r.timeout > 0 && due.Sub(begin) >= r.timeout {
			p.left++
			return ctx.Err()
		}
		p.datagrams++
		p.bytes += int64(len(d.Data))
		p.takes, p.longest, before = due.Sub(begin), max(p.longest, due.Sub(before)), due
		if len(d.Data) > most {
			p.tooLong++
		}
		if r.verbose && r.dry {
			r.dueLine(d, due.Sub(begin))
		}
		return ctx.Err()
	}, nil) // no stream
	p.back, p.cut = s.Back(), s.Cut()
	if err == nil && p.takes == forever && !r.dry {
		err = r.tooLong()
	}
	return err
}

// all is how many datagrams a round has.
func (p *plan) all() int { return p.datagrams + p.left }

// tooLong is the error of a replay that nobody sees the end of. It says what makes
// it so: a flag, or times of the file.
func (r *replayer) tooLong() error {
	span, speed := r.chosen.Last.Sub(r.chosen.First), cmp.Or(r.pace.Speed, 1)
	const so = "the replay would take more than 292 years"
	switch {
	case span == forever && speed <= 1 || math.IsInf(speed, 1) && r.pace.Rate == 0:
		return &mcast.Advised{Err: r.from.about(errors.New("its times are more than 292 years apart")), Advice: "make no pause longer than a second: --cap-gap 1s"}
	case float64(span)/speed < float64(forever) && r.pace.Rate > 0:
		return usageError{fmt.Errorf("--rate %v: %s", r.pace.Rate, so)}
	}
	return usageError{fmt.Errorf("--speed %v: %s", r.pace.Speed, so)}
}

// rate is how many datagrams a second it has in the mean, as if it took a
// millisecond at the least.
func (p *plan) rate() int {
	return int(float64(p.datagrams) / max(p.takes, time.Millisecond).Seconds())
}

// text is what is sent.
func (p *plan) text(r *replayer) string {
	text := chat.Count(p.datagrams, "datagram")
	if p.datagrams >= 1000 {
		text = thousands(p.datagrams) + " datagrams"
	}
	text += fmt.Sprintf(" (%s) of %s", payloadText(p.bytes), r.from.title())
	if r.chosen.To != r.group.AddrPort() {
		text += ", recorded for " + r.chosen.To.String() + ","
	}
	return text
}

// dryRun says what would be sent.
func (r *replayer) dryRun() error {
	p := &r.plan
	if r.set.json {
		writeJSON(r.out, r.planObject())
	} else {
		text := fmt.Sprintf("would replay %s to %s%s, TTL %d", p.text(r), r.group, r.rhythm(), r.set.ttl)
		if p.longest >= time.Millisecond {
			text += "; longest pause " + lasted(p.longest)
		}
		if r.chosen.Out > 0 {
			text += "; " + thousands(r.chosen.Out) + " had left the recording host them"
		}
		if p.tooLong > 0 {
			text += "; not sent: " + thousands(p.tooLong) + " " + mcast.ErrTooLong.Error()
		}
		fmt.Fprintln(r.out, chat.Clean(text+r.leftText()+oddities(p.back, p.cut, r.pace.CapGap)+restText(p.read)))
	}
	r.read = p.read
	r.tellBroken()
	switch {
	case p.tooLong == p.datagrams:
		return status(exitNot)
	case p.tooLong > 0, r.doubtful():
		return status(exitDoubt)
	}
	return nil
}

// dueLine is a datagram that is due so long after the first.
func (r *replayer) dueLine(d record.Packet, after time.Duration) {
	if r.set.json {
		writeJSON(r.out, jsonDue{
			jsonHead: jsonHead{Type: "due", Time: d.At}, From: addrPortText(d.From), Recorded: addrPortText(d.To), To: addrPortText(r.group.AddrPort()), AfterMS: inMillis(after),
			Size: len(d.Data), Text: chat.Sanitize(d.Data).String(), Data: d.Data, Out: d.Out,
		})
		return
	}
	from := addrPortText(d.From)
	if d.Out {
		from += " (left)"
	}
	at := fmt.Sprintf("%.6f s", after.Seconds())
	if after == forever {
		at = lasted(after)
	}
	fmt.Fprintf(r.out, "+%s  recorded %s → %s  %d B  %s\n", at, from, addrPortText(d.To), len(d.Data),
		chat.Gutter(chat.Sanitize(d.Data).String(), 10, mostRows))
}
