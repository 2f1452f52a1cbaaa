package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/session"
)

func newWho(set *settings) *cobra.Command {
	w := whoCommand{set: set}
	cmd := &cobra.Command{
		Use:   "who [GROUP[:PORT]]",
		Short: "List the members of a group, and whether they hear you",
		Long: `Join a group as a member that says nothing, and list the members, after three seconds or --timeout. Each has a line:
its name and the fingerprint of its key; whether it hears you (live), does not hear you (one-way), or has not been
heard lately (quiet); its address, the interface that receives it and the interface that it sends from, the round
trip, how much of its frames is lost on the way here, and how much of yours on the way there.

Members see this program, too: otherwise they could not say whether they hear it. Hosts that only send plain text do
not announce themselves: they are listed only if they were heard. A member is unknown until it has said whether it
hears you. It says that it does not (one-way) only after two of its rounds, of five seconds and more: --timeout 15 is
long enough for a few members.`,
		Example: `  groupcast who                      the members of the default group
  groupcast who -t 15 239.1.2.3      long enough to know which members do not hear you
  groupcast who --json | jq -r 'select(.type == "member").name'`,
		Args:              oneGroup,
		ValidArgsFunction: completeGroups,
		PreRunE: func(*cobra.Command, []string) error {
			switch {
			case w.timeout <= 0:
				return usageError{errors.New("--timeout: want more than 0")}
			case w.member.plainOnly:
				return usageError{errors.New("--plain-only: only members can see the other members")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			groups, err := set.groups(cmd, args)
			if err != nil {
				return err
			}
			w.printer = linePrinter{out: cmd.OutOrStdout(), errs: cmd.ErrOrStderr(), json: set.json, quiet: set.quiet}
			return w.run(cmd, groups[0])
		},
	}
	set.has(cmd, "family", "interface", "source", "ttl", "json", "quiet", "trace")
	timeFlag(cmd.Flags(), &w.timeout, "timeout", "t", 3*time.Second, "time before the list is printed, such as 5 (seconds) or 1m30s")
	alias(cmd.Flags(), "timeout", "", "w")
	w.member.add(cmd)
	return cmd
}

// whoCommand lists the members of a group.
type whoCommand struct {
	set     *settings
	member  memberFlags
	timeout time.Duration
	printer linePrinter
}

func (w *whoCommand) run(cmd *cobra.Command, g mcast.Group) (err error) {
	member, err := w.member.membership(cmd, w.set, g, true)
	if err != nil {
		return err
	}
	defer func() { err = member.end(err, cmd.ErrOrStderr()) }()
	member.tell(&w.printer)
	s, err := session.Start(cmd.Context(), session.Config{
		Group: g, Interfaces: w.set.interfaces, Source: w.set.source, Hops: w.set.ttl,
		Trace: w.set.tracer(cmd.ErrOrStderr()), Hint: hint, Members: member.config,
	})
	if err != nil {
		return err
	}
	defer s.Close()
	began := time.Now()
	if err := w.wait(cmd.Context(), s); err != nil {
		return err
	}
	seen := whoSeen{s.Snapshot(), time.Since(began), w.set.about(g)}
	return seen.tell(cmd.Context(), &w.printer)
}

// wait takes what the session brings until the time is over, and says what went
// wrong.
func (w *whoCommand) wait(ctx context.Context, s *session.Session) error {
	ctx, cancel := within(ctx, w.timeout)
	defer cancel()
	for {
		b, err := s.Next(ctx)
		for _, l := range b.Lines {
			if l.Kind == chat.Problem {
				w.printer.problems++
				w.printer.lineOrObject(l)
			}
		}
		switch {
		case ctx.Err() != nil, errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// whoSeen is what is known of a group once the time is over.
type whoSeen struct {
	session.Snapshot
	lasted time.Duration
	ask    question
}

// tell prints who is there, and returns the exit status.
func (w whoSeen) tell(ctx context.Context, p *linePrinter) error {
	if !p.json {
		w.table(p)
	}
	p.findings(w.Findings)
	if p.json {
		w.objects(p.out)
	}
	better, _ := w.betterWay()
	there := len(w.Members.Members) + len(w.plain())
	switch {
	case there == 0 && ctx.Err() != nil:
		return ctx.Err() // who was asked for could still come
	case there == 0 && len(w.Members.Others) > 0:
		return status(exitDoubt) // somebody is there
	case there == 0 && p.json:
		return status(exitNot)
	case there == 0:
		names := joinedNames(w.Snapshot)
		err := errNobodyHeard
		if n := len(w.Members.Bridges); n > 0 {
			err = fmt.Errorf("no member was heard, only %s,", chat.Count(n, "bridge"))
		}
		err = fmt.Errorf("who %s: %w in %s; joined on %s", w.Group, err, shortly(w.lasted), chat.ShortList(names))
		return &mcast.Advised{Err: err, Advice: w.ask.command()}
	case p.problems > 0, !w.Members.On, len(w.Findings) > 0, w.oneWay() > 0, better != "":
		return status(exitDoubt)
	}
	return nil
}
