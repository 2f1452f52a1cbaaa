package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/session"
	"github.com/groupcast/groupcast/tui"
)

// runLines is the conversation without a terminal: it sends each line of in,
// prints what arrives, and ends at the end of in, when no own copy is awaited
// any more. Lines that start with a slash are the commands of the screen when a
// person types them.
func runLines(ctx context.Context, s *session.Session, in io.Reader, p *linePrinter) error {
	input := make(chan error, 1)
	go func() {
		input <- eachLine(ctx, in, func(text string, err error) error {
			switch {
			case err != nil:
				s.Problem(err)
			case p.person:
				return command(ctx, s, text, p)
			default:
				return s.Do(ctx, session.Say{Text: text})
			}
			return nil
		})
	}()
	type result struct {
		session.Batch
		err error
	}
	batches := make(chan result)
	next, stop := context.WithCancel(context.WithoutCancel(ctx)) // what is there is printed, also after ctrl+c
	defer stop()
	go func() {
		for {
			b, err := s.Next(next)
			select {
			case batches <- result{b, err}:
			case <-next.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()

	idle := time.NewTicker(session.RefreshEvery)
	defer idle.Stop()
	last := time.NewTimer(lastReach)
	defer last.Stop()
	ended, asked := false, ctx.Done()
	var readErr error
	for {
		select {
		case <-asked:
			asked = nil
			s.Close() // what is left comes by Next, and then io.EOF
		case readErr = <-input:
			if errors.Is(readErr, errQuit) {
				readErr = nil
			}
			ended = true
		case <-idle.C: // findings come without anything being said, and so does who lacks a line
		case <-last.C:
		case b := <-batches:
			snap := s.Snapshot()
			p.noTTL, p.port = snap.Hops == 0, snap.Group.Port
			p.batch(b.Batch)
			switch {
			case b.err != nil && ctx.Err() != nil:
				p.sum(s)
				return ctx.Err()
			case errors.Is(b.err, io.EOF):
				return p.end(s, readErr)
			case b.err != nil:
				return b.err
			}
		}
		now, snap := time.Now(), s.Snapshot()
		p.findings(snap.Findings)
		p.tellReach(now, snap.Members.Interval)
		waits := p.reach.waiting(now, len(snap.Members.Snapshot.Members) > 0)
		if waits {
			last.Reset(lastReach)
		}
		if ended && asked != nil && snap.Room.Pending == 0 && !waits {
			s.Close() // what is left comes by Next, and then io.EOF
			ended = false
		}
	}
}

// errQuit ends the line mode.
var errQuit = errors.New("quit")

// command carries out a line that a person typed.
func command(ctx context.Context, s *session.Session, line string, p *linePrinter) error {
	a, text, quits, err := tui.Command(line, s.Snapshot())
	if err != nil {
		p.warn(chat.Clean(mcast.Plain(err)), chat.SanitizeString(tui.Hint(err)))
		return nil
	}
	for _, row := range text {
		fmt.Fprintln(p.errs, row)
	}
	if quits {
		return errQuit
	}
	if a == nil {
		return nil
	}
	return s.Do(ctx, a)
}

// end says what became of everything that was sent, and gives the exit status.
func (p *linePrinter) end(s *session.Session, readErr error) error {
	if readErr != nil {
		complain(p.errs, readErr)
		p.problems++
	}
	snap := p.sum(s)
	c := snap.Room.Counters
	switch {
	case c.Failed+p.problems > 0 && c.Sent == 0:
		return status(exitNot)
	case c.Failed+p.problems > 0, c.Missing > 0, p.dropped > 0, len(snap.Findings) > 0:
		return status(exitDoubt)
	}
	return nil
}

// sum says what became of everything that was sent, as far as it is known.
func (p *linePrinter) sum(s *session.Session) session.Snapshot {
	snap := s.Snapshot()
	c := snap.Room.Counters
	if !p.json && !p.quiet && c.Sent+c.Failed > 0 {
		p.remark(sentText(c, snap))
		if text := membersText(snap.Members); text != "" {
			p.remark(text)
		}
		p.otherRooms(snap.Members)
		if snap.Room.SendersTotal == 0 && !anyMember(snap.Members) && len(snap.Members.Others) == 0 && p.ask != nil {
			p.remark(fmt.Sprintf("nobody else was heard in %s; joined on %s", shortly(time.Since(p.began)), chat.ShortList(joinedNames(snap))))
			ask := *p.ask
			ask.hops = snap.Hops
			if snap.Group != ask.group { // of the commands of the screen
				ask.group, ask.from = snap.Group, snap.Group.Source
			}
			p.advise(ask)
		}
	}
	return snap
}

// joinedNames are the interfaces that the group is joined on.
func joinedNames(snap session.Snapshot) (names []string) {
	for _, i := range snap.Interfaces {
		if i.Joined {
			names = append(names, chat.Clean(i.Name))
		}
	}
	return names
}

func sentText(c chat.Counters, snap session.Snapshot) string {
	if c.Sent == 0 {
		return "sent nothing: " + chat.Count(int(c.Failed), "line") + " could not be sent"
	}
	lines := chat.Count(int(c.Sent), "line")
	if c.Failed > 0 {
		lines = fmt.Sprintf("%d of %s", c.Sent, chat.Count(int(c.Sent+c.Failed), "line"))
	}
	text := fmt.Sprintf("sent %s to %s by %s", lines, snap.Group, snap.Sends.Interface)
	switch {
	case c.Stayed == c.Sent:
		text = fmt.Sprintf("said %s in %s, and nothing left this host, with TTL 0", lines, snap.Group)
	case c.Stayed > 0:
		text = fmt.Sprintf("sent %s to %s, of which %d stayed on this host, with TTL 0", lines, snap.Group, c.Stayed)
	case snap.Hops == 0:
		text = fmt.Sprintf("sent %s to %s; %s", lines, snap.Group, noHops(snap.Sends.Interface))
	}
	switch {
	case !snap.Loopback:
		return text + "; own copies are off"
	case c.Missing > 0:
		return text + "; no own copy of " + chat.Count(int(c.Missing), "line")
	}
	if c.Reached > 0 {
		return text + fmt.Sprintf("; a member confirmed %d of them", c.Reached)
	}
	back := c.Sent - uint64(snap.Room.Pending)
	return text + fmt.Sprintf("; own copies back: %d, which only shows that this host hears itself", back)
}
