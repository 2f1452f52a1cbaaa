package session

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/ping"
)

// maxAnswers is how many responders a /ping tells of.
const maxAnswers = 32

// ping asks everyone in the current group for echoes, from a socket of its own,
// and returns at once.
func (s *Session) ping(requests int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.group
	fail := func(err error, hint string) error {
		return &mcast.Advised{Err: &mcast.OpError{Op: "ping", Target: g.String(), Err: err}, Advice: hint}
	}
	switch {
	case s.life.Err() != nil:
		return nil
	case s.pinging:
		return fail(ErrPinging, "wait until its replies are shown")
	case s.hops == 0:
		return fail(mcast.ErrHopsOutside, "a request has to leave: /ttl 1")
	}
	p, err := ping.New(ping.Config{
		Target: g.AddrPort(), Via: mcast.ViaChoice(s.choice(), g.Addr), Count: requests, Interval: pingInterval,
		Size: 32, Hops: s.hops, Trace: s.trace,
	})
	if err != nil {
		return fail(err, "")
	}
	s.pinging = true
	s.room.SetPing(p.IsRequest)
	s.put(fmt.Sprintf("pinging %s with %s", g, chat.Count(requests, "request")), "")
	s.done.Go(func() {
		defer s.recoverPanic()
		summary, err := p.Run(s.life)
		s.pinged(g, summary, err)
	})
	return nil
}

// pingInterval is the time between the requests of a /ping.
const pingInterval = 200 * time.Millisecond

// pinged tells in the talk who answered.
func (s *Session) pinged(g mcast.Group, summary ping.Summary, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pinging = false
	if s.life.Err() != nil {
		return
	}
	if err != nil {
		s.ring.Put(s.room.Problem(time.Now(), mcast.Plain(err), s.hint(err)))
	}
	for _, text := range slices.Sorted(maps.Keys(summary.Errors)) {
		s.ring.Put(s.room.Problem(time.Now(), "ping: "+chat.CleanRow(text), ""))
	}
	for n, r := range summary.Responders {
		if n == maxAnswers {
			s.put(fmt.Sprintf("and %d more; all of them: groupcast ping %s", len(summary.Responders)-n, g), "")
			break
		}
		s.put(answeredText(r, s.room.InterfaceName(r.IfIndex)), "")
	}
	if err == nil && len(summary.Responders) == 0 && summary.Sent > 0 {
		s.put(fmt.Sprintf("no reply to the ping of %s", g), "groupcast echo "+g.AddrPort().String()+" answers")
	}
}

// answeredText is what a responder did, in a row.
func answeredText(r ping.Responder, by string) string {
	text := fmt.Sprintf("%s answered %d of %d", r.AddrPort(), r.Received, r.Received+r.Lost)
	if r.Received > 0 {
		text += fmt.Sprintf(" in %s ms (%s to %s)", ping.Millis(r.Avg), ping.Millis(r.Min), ping.Millis(r.Max))
	}
	if by != "" {
		text += ", by " + by
	}
	if r.Hops > 0 {
		text += fmt.Sprintf(", ttl %d", r.Hops)
	}
	if r.Duplicates > 0 {
		text += fmt.Sprintf(", %d twice", r.Duplicates)
	}
	return text
}
