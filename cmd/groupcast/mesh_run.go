package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/mesh"
	"github.com/groupcast/groupcast/mcast/mesh/meshreport"
	"github.com/groupcast/groupcast/mcast/session"
)

// meshRun is the measurement of one group.
type meshRun struct {
	group   meshGroup
	session *session.Session
	last    *meshreport.View // as it was looked at last
	before  *meshreport.View // as the last line of an interval had it
	here    map[string]bool  // members that were told of, by key, name and address; false: they left
	said    chan []chat.Line // what the session has to say
	failed  chan error       // what ended it
}

func (r *meshRun) name() string { return chat.Clean(r.group.joins[0].AddrPort().String()) }

// Report implements tui.Meshing.
func (r *meshRun) Report() mesh.Report {
	report, _ := r.session.Mesh(true)
	return report
}

func (c *meshCommand) run(cmd *cobra.Command) (err error) {
	member, err := c.member.membership(cmd, c.set, c.groups[0].joins[0], true)
	if err != nil {
		return err
	}
	for _, g := range c.groups[1:] {
		if err := c.member.contradiction(cmd, c.set, g.joins[0]); err != nil {
			return err
		}
	}
	c.printer = linePrinter{out: c.out, errs: c.errs, json: c.set.json, quiet: c.set.quiet}
	defer func() { err = member.end(err, c.errs) }()
	member.tell(&c.printer)
	var reading sync.WaitGroup
	defer reading.Wait()
	over := make(chan struct{})
	defer close(over)
	for _, g := range c.groups {
		r, err := c.start(cmd.Context(), g, *member.config)
		if err != nil {
			return err
		}
		defer r.session.Close()
		reading.Go(func() { r.read(over) })
		c.runs = append(c.runs, r)
	}
	if c.onScreen() {
		if err := c.screen(cmd.Context()); err != nil {
			return err
		}
	} else if err := c.measure(cmd.Context()); err != nil {
		return err
	}
	c.finish(cmd.Context())
	return c.tellReports()
}

// start joins a group, and begins to measure there. It goes on when ctx ends: the end is
// to be told to the others.
func (c *meshCommand) start(ctx context.Context, g meshGroup, member session.MembersConfig) (*meshRun, error) {
	member.Pings, member.Invite = nil, nil
	member.Mesh = &mesh.Config{
		Rate: float64(c.rate), Size: c.size, MaxLoss: float64(c.maxLoss), Expect: c.expect, Names: c.names, Sources: g.sources,
	}
	s, err := session.Start(context.WithoutCancel(ctx), session.Config{
		Group: g.joins[0], Interfaces: c.set.interfaces, Source: c.set.source, Hops: c.set.ttl,
		Trace: c.set.tracer(c.errs), Hint: hint, Members: &member,
	})
	if err != nil {
		return nil, err
	}
	for _, join := range g.joins[1:] {
		if err := s.Do(ctx, session.Join{Group: join, ListenOnly: true}); err != nil {
			s.Close()
			return nil, err
		}
	}
	r := &meshRun{group: g, session: s, here: map[string]bool{}, said: make(chan []chat.Line), failed: make(chan error, 1)}
	if _, ok := s.Mesh(false); !ok {
		why := s.Snapshot().Members.Off
		s.Close()
		advice := "another port for frames, the same on every host: --frame-port PORT"
		if _, is := g.joins[0].Registered(); is {
			advice = "measure in another group, such as 239.1.2.3:5000; or send frames there all the same: --plain-only=false"
		}
		return nil, &mcast.Advised{Err: fmt.Errorf("mesh %s: %w: %s", r.name(), session.ErrNoMembers, why), Advice: advice}
	}
	return r, nil
}

// read takes what the session brings until it is closed, or nobody wants to know.
func (r *meshRun) read(over <-chan struct{}) {
	for {
		b, err := r.session.Next(context.Background())
		lines := slices.DeleteFunc(b.Lines, func(l chat.Line) bool { return l.Kind != chat.Problem && l.Kind != chat.Notice })
		if len(lines) > 0 {
			select {
			case r.said <- lines:
			case <-over:
				return
			}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				r.failed <- err
			}
			close(r.said)
			return
		}
	}
}

// look takes in how it stands now.
func (r *meshRun) look() *meshreport.View {
	report, _ := r.session.Mesh(false)
	r.last = meshreport.Look(report)
	return r.last
}

// present is how many members are here, with this one.
func present(v *meshreport.View) (n int) {
	for _, m := range v.Members {
		if !m.Gone {
			n++
		}
	}
	return n
}

// endTime is what the final reports may take.
func (c *meshCommand) endTime() time.Duration {
	most := 0
	for _, r := range c.runs {
		most = max(most, present(r.look()))
	}
	return 10*time.Second + time.Duration(most)*100*time.Millisecond
}

// finish ends the measurements: the reports of the others are waited for. The user may
// have ended the measurement; who wants no report ends that, too, by another ctrl+c.
func (c *meshCommand) finish(ctx context.Context) {
	others := 0
	for _, r := range c.runs {
		others = max(others, present(r.look())-1)
		r.session.EndMesh()
	}
	if others > 0 {
		c.printer.remark(fmt.Sprintf("ending: the final reports of %s are waited for, %s at the most; ctrl+c ends at once", chat.Count(others, "member"), shortly(c.endTime())))
	}
	again := ctx.Done()
	if ctx.Err() != nil {
		again = nil // another signal ends the program
	}
	for _, r := range c.runs {
		for over := false; !over; {
			select {
			case lines, ok := <-r.said:
				c.lines(r, lines)
				over = !ok
			case <-r.session.MeshOver():
				over = true
			case <-again:
				return
			}
		}
	}
}

// lines tells what a session has to say.
func (c *meshCommand) lines(r *meshRun, lines []chat.Line) {
	if c.hold != nil {
		if *c.hold = append(*c.hold, lines...); len(*c.hold) > 2*mostAfter {
			*c.hold = (*c.hold)[len(*c.hold)-mostAfter:]
		}
		return
	}
	for _, l := range lines {
		switch {
		case l.Kind == chat.Problem && c.set.json:
			c.printer.lineOrObject(l)
		case l.Kind == chat.Problem:
			c.printer.line(l)
		case !c.set.json:
			c.printer.remark(c.subject(r) + l.Text.Row())
		}
	}
}
