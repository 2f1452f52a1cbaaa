package main

import (
	"context"
	"fmt"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/record"
)

// plan is what one round sends, as a Schedule says.
type plan struct {
	datagrams int
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
	return err
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
	text += fmt.Sprintf(" (%s bytes) of %s", thousands(int(p.bytes)), r.from.title())
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
			text += "; " + thousands(r.chosen.Out) + " had left the host that recorded them"
		}
		if p.tooLong > 0 {
			text += "; not sent: " + thousands(p.tooLong) + " " + mcast.ErrTooLong.Error()
		}
		fmt.Fprintln(r.out, chat.Clean(text+oddities(p.back, p.cut, r.pace.CapGap)+restText(p.read)))
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
			jsonHead: jsonHead{Type: "due", Time: d.At}, From: addrPortText(d.From), To: addrPortText(r.group.AddrPort()), AfterMS: inMillis(after),
			Size: len(d.Data), Text: chat.Sanitize(d.Data).String(), Data: d.Data, Out: d.Out,
		})
		return
	}
	from := addrPortText(d.From)
	if d.Out {
		from += " (left)"
	}
	fmt.Fprintf(r.out, "+%.6f s  %s → %s  %d B  %s\n", after.Seconds(), from, addrPortText(r.group.AddrPort()), len(d.Data),
		chat.Gutter(chat.Sanitize(d.Data).String(), 10, mostRows))
}
