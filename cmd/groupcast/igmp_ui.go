package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/igmp"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/session"
	"github.com/groupcast/groupcast/tui"
)

// errMet ends a screen because what was waited for has happened.
var errMet = errors.New("it happened")

// screen shows a wire on a live screen, until the user ends it, the time is over, or
// what is waited for happens.
func (c *igmpCommand) screen(parent, ctx context.Context, w wire, on []host.Interface) error {
	shown, end := context.WithCancelCause(ctx)
	defer end(nil)
	view := &igmpScreen{command: c, wire: w, about: c.about(on), happened: make(chan []igmp.Event, 16)}
	var work sync.WaitGroup
	work.Go(func() {
		defer func() {
			if r := recover(); r != nil {
				end(session.Recovered(r))
			}
		}()
		end(view.pump(shown))
	})
	inLab, _ := lab.InHost()
	err := tui.RunIGMP(shown, view, tui.Options{Host: inLab, Theme: c.theme, ASCII: c.ascii || !speaksUTF8()})
	end(nil)
	work.Wait()
	switch {
	case errors.Is(err, errMet):
		return c.ended(parent, w.Snapshot(), true)
	case err != nil && ctx.Err() == nil:
		return err
	case parent.Err() != nil:
		return parent.Err()
	case err == nil && c.until.kind != "":
		return status(exitInterrupted) // by a key, before it happened
	case err == nil:
		return nil
	}
	c.seen = c.seen || view.seen
	return c.ended(parent, w.Snapshot(), false)
}

// about is what is watched, for the title.
func (c *igmpCommand) about(on []host.Interface) string {
	text := chat.InterfaceList(on)
	var groups []string
	for _, g := range c.groups {
		groups = append(groups, addrText(g))
	}
	if len(groups) > 0 {
		text += ": " + chat.ShortList(groups)
	}
	return text
}

// mostEvents is how many events a screen remembers.
const mostEvents = 500

// igmpScreen is a wire as the screen takes it.
type igmpScreen struct {
	command  *igmpCommand
	wire     wire
	about    string
	happened chan []igmp.Event

	// Of the goroutine that calls Snapshot.
	seen   bool
	events []tui.IGMPEvent
	last   tui.IGMPSnapshot
	at     time.Time // when it was made
}

// pump hands over the events until one is the one that is waited for.
func (v *igmpScreen) pump(ctx context.Context) error {
	for {
		events, err := v.wire.Next(ctx)
		if len(events) > 0 {
			select {
			case v.happened <- events:
			case <-ctx.Done():
			}
		}
		t := v.command.text(time.Now())
		for _, e := range events {
			if t.wants(e) && v.command.until.met(e) {
				return errMet
			}
		}
		if err != nil {
			return err
		}
	}
}

// Snapshot implements tui.IGMPView. The whole is read once a second, and when
// something happened.
func (v *igmpScreen) Snapshot() tui.IGMPSnapshot {
	now := time.Now()
	t := v.command.text(now)
	news := false
	for more := true; more; {
		select {
		case events := <-v.happened:
			for _, e := range events {
				if t.wants(e) {
					news = true
					v.seen = v.seen || len(t.groups) == 0 || ofAGroup(e.Kind)
					v.events = append(v.events, igmpEventRow(t, e))
				}
			}
		default:
			more = false
		}
	}
	if over := len(v.events) - mostEvents; over > 0 {
		v.events = slices.Clone(v.events[over:])
	}
	if !news && now.Sub(v.at) < time.Second-tuiSlack {
		return v.last
	}
	v.at, v.last = now, igmpPicture(t, v.wire.Snapshot())
	v.last.About, v.last.Events = v.about, slices.Clone(v.events)
	return v.last
}

// tuiSlack is how much sooner than a second after the last one a picture may be: so
// times count by whole seconds.
const tuiSlack = 50 * time.Millisecond

func igmpEventRow(t *igmpText, e igmp.Event) tui.IGMPEvent {
	at, rest, _ := strings.Cut(t.event(e), "  ")
	kind, text, _ := strings.Cut(rest, " ")
	return tui.IGMPEvent{Time: at, Kind: kind, Text: strings.TrimSpace(text)}
}

// igmpPicture is a snapshot as the screen takes it.
func igmpPicture(t *igmpText, s igmp.Snapshot) (out tui.IGMPSnapshot) {
	s = t.only(s)
	groups := map[string]bool{}
	for _, l := range s.Links {
		words := t.link(l)
		link := tui.IGMPLink{Interface: words.name, Protocol: words.protocol, Queriers: words.queriers, Sight: words.sight.String(), Notes: words.notes}
		if text := countersText(l.Counters); text != "" {
			link.Notes = append(link.Notes, text)
		}
		out.Links = append(out.Links, link)
		for _, g := range l.Groups {
			groups[g.Addr.String()] = true
		}
	}
	for _, r := range t.rows(s) {
		out.Members = append(out.Members, tui.IGMPMember{
			Interface: r.on, Group: r.group, Host: strings.TrimSuffix(r.host, thisHost), Since: r.since, Expires: r.expires, How: r.how, Self: r.self,
		})
	}
	out.Groups, out.Nobody = len(groups), t.noMember()
	return out
}
