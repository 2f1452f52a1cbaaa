package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/ends"
	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/members"
	"github.com/groupcast/groupcast/mcast/session"
)

// Times of a look at both ends.
const (
	withPatience = 40 * time.Second       // until it is given up, unless --watch says
	withSettle   = 4 * time.Second        // until a member that hears us has told what it hears, twice
	withDeaf     = 10 * time.Second       // until one that does not hear us is asked all the same: its counters have grown
	withLook     = 200 * time.Millisecond // between two looks at who is there
	withRounds   = 4                      // times that facts are asked for, while a direction is not known
)

// withFlags are the flags of --with.
func (e *examiner) withFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&e.with, "with", "", "look at both ends: at this host, and at that of the member `NAME` (or the beginning of the fingerprint of its key)")
	before := map[string]bool{}
	flags.VisitAll(func(f *pflag.Flag) { before[f.Name] = true })
	e.member.add(cmd)
	flags.VisitAll(func(f *pflag.Flag) {
		if !before[f.Name] {
			e.memberNames = append(e.memberNames, f.Name)
		}
	})
	for _, name := range []string{"plain-only", "history", "share-facts"} {
		flags.Lookup(name).Hidden = true
	}
	cmd.RegisterFlagCompletionFunc("with", cobra.NoFileCompletions)
}

// checkWith looks at the flags that go with --with, and at those that do not.
func (e *examiner) checkWith(cmd *cobra.Command) error {
	flags := cmd.Flags()
	if !flags.Changed("with") {
		for _, name := range e.memberNames {
			if flags.Changed(name) {
				return fmt.Errorf("--%s needs --with: only that is about members", name)
			}
		}
		return nil
	}
	if strings.TrimSpace(e.with) == "" {
		return errors.New("--with: want the name of a member, as groupcast who lists it")
	}
	for _, name := range []string{"probe", "kernel", "from", "to", "size", "record", "plain-only", "history", "share-facts"} {
		if f := flags.Lookup(name); f != nil && f.Changed {
			return fmt.Errorf("--%s and --with do not go together", name)
		}
	}
	return nil
}

// bothEnds looks at both ends.
func (e *examiner) bothEnds(cmd *cobra.Command) (err error) {
	ctx := cmd.Context()
	member, err := e.member.membership(cmd, e.set, e.group, true)
	if err != nil {
		return err
	}
	defer func() { err = member.end(err, e.errs) }()
	p := &linePrinter{out: e.out, errs: e.errs, json: e.set.json, quiet: e.set.quiet}
	member.tell(p)
	s, err := session.Start(ctx, session.Config{
		Group: e.group, Interfaces: e.set.interfaces, Hops: e.set.ttl, NoLoopback: !e.set.loopback, MulticastAll: e.set.multicastAll,
		Trace: e.set.tracer(e.errs), Hint: hint, Members: member.config,
	})
	if err != nil {
		return err
	}
	defer s.Close()
	patience := e.watch
	if patience <= 0 {
		patience = withPatience
	}
	w := &withLooks{e: e, s: s, until: time.Now().Add(patience), patience: patience}
	found, err := w.find(ctx)
	if err != nil {
		return err
	}
	both, verdicts, err := w.look(ctx, found)
	if err != nil {
		return err
	}
	r := withReport{
		here: ends.Party{Name: withName(s.Snapshot().Members.Self.Who), End: both.Here},
		peer: ends.Party{Name: withName(found.Who), End: both.There}, verdicts: verdicts, group: e.group, quiet: e.set.quiet, strong: emphasis(e.out),
	}
	if e.set.json {
		r.objects(e.out)
	} else {
		r.write(e.out)
	}
	switch {
	case both.Err != nil:
		return fmt.Errorf("doctor --with %s: %w", r.peer.Name, both.Err)
	case both.There == nil && verdicts[0].Verdict == ends.NotKnown:
		return w.silent(found, both)
	case r.trouble():
		return status(exitDoubt)
	}
	return nil
}

// withName is the name of a member, safe to show.
func withName(w members.Who) string {
	if w.Nick == "" {
		return w.Fingerprint
	}
	return chat.CleanRow(w.String())
}

// withLooks is a look at both ends that goes on.
type withLooks struct {
	e        *examiner
	s        *session.Session
	until    time.Time
	patience time.Duration
}

// wait takes what the session brings for a moment.
func (w *withLooks) wait(ctx context.Context) error {
	short, cancel := context.WithTimeout(ctx, withLook)
	defer cancel()
	for {
		_, err := w.s.Next(short)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case short.Err() != nil:
			return nil
		case err != nil && !errors.Is(err, io.EOF):
			return err
		case err != nil:
			return errors.New("the talk ended")
		}
	}
}

func (w *withLooks) over() bool { return !time.Now().Before(w.until) }

// find waits for the member, and looks whether it can be asked.
func (w *withLooks) find(ctx context.Context) (members.Member, error) {
	fail := func(err error, advice string) (members.Member, error) {
		return members.Member{}, &mcast.Advised{Err: fmt.Errorf("doctor --with %s: %w", chat.CleanRow(w.e.with), err), Advice: advice}
	}
	for {
		snap := w.s.Snapshot()
		m := snap.Members
		if !m.On && m.Off != "" && m.Off != "it begins" {
			return fail(errors.New("members are off: "+m.Off), "")
		}
		if m.Self.Key != [32]byte{} && (withName(m.Self.Who) == w.e.with && w.over() || withKey(m.Self.Who, w.e.with)) {
			return fail(errors.New("that is this program itself"), "name a member of another host: groupcast who lists them")
		}
		list := withFound(m.Members, w.e.with)
		switch {
		case len(list) == 1:
			return w.mayAsk(list[0], m.Sealed, fail)
		case len(list) > 1:
			return fail(errors.New("several have this name"), "name one by the beginning of its fingerprint, which groupcast who shows")
		case w.over():
			here := "no other member is here"
			if len(m.Members) > 0 {
				var names []string
				for _, other := range m.Members {
					names = append(names, withName(other.Who))
				}
				here = "here are: " + chat.ShortList(names)
			} else if len(m.Others) > 0 {
				here = "only members of another room are here"
			}
			w.ownSide(snap)
			return fail(fmt.Errorf("nobody of this name was heard in %s; %s", shortly(w.patience), here), "there, in the same room: "+w.there())
		}
		if err := w.wait(ctx); err != nil {
			return members.Member{}, err
		}
	}
}

// ownSide says what was found on this host, where nothing else can be said.
func (w *withLooks) ownSide(snap session.Snapshot) {
	p := &linePrinter{out: w.e.out, errs: w.e.errs, json: w.e.set.json, quiet: w.e.set.quiet}
	p.findings(snap.Findings)
}

// there is what is typed on the other host.
func (w *withLooks) there() string {
	return "groupcast chat --share-facts " + shellWord(groupArg(w.e.group))
}

func withKey(who members.Who, typed string) bool {
	key := strings.ToLower(strings.ReplaceAll(typed, " ", ""))
	return len(key) >= 4 && strings.HasPrefix(strings.ReplaceAll(who.Fingerprint, " ", ""), key)
}

// withFound are the members with a name, each key once; by fingerprint if none has the name.
func withFound(list []members.Member, typed string) (found []members.Member) {
	for _, fits := range []func(members.Member) bool{
		func(m members.Member) bool { return withName(m.Who) == typed || m.Nick == typed },
		func(m members.Member) bool { return strings.EqualFold(withName(m.Who), typed) },
		func(m members.Member) bool { return withKey(m.Who, typed) },
	} {
		for _, m := range list {
			if fits(m) && m.Presence != members.Gone {
				found = append(found, m)
			}
		}
		if len(found) > 0 {
			break
		}
	}
	if len(found) > 1 && withName(found[0].Who) == typed && !slices.ContainsFunc(found[1:], func(m members.Member) bool { return withName(m.Who) == typed }) {
		return found[:1] // alice, and not alice~7f3c
	}
	return found
}

// mayAsk refuses to ask whom it cannot believe, or who says that it answers nobody.
func (w *withLooks) mayAsk(m members.Member, sealed bool, fail func(error, string) (members.Member, error)) (members.Member, error) {
	name := withName(m.Who)
	switch {
	case m.Afar:
		at := "beyond a bridge"
		if m.Site != "" {
			at = "at " + chat.CleanRow(m.Site) + ", beyond a bridge"
		}
		return fail(fmt.Errorf("%s is %s: facts stop at the bridge", name, at), "on that host: groupcast doctor "+shellWord(groupArg(w.e.group)))
	case !sealed && !m.Verified:
		return fail(fmt.Errorf("this room is open, and the key of %s (%s) is not verified: anybody could answer in that name", name, m.Fingerprint),
			"in chats in terminals, both ends compare and verify their keys; or use a sealed room at both ends: --passphrase-file FILE")
	case m.Bits&frame.BitFacts == 0:
		return fail(fmt.Errorf("%s is here, and shares no facts of its host", name), "there, in the same room: "+w.there())
	}
	return m, nil
}

// look asks until both directions are known, or the time is over.
func (w *withLooks) look(ctx context.Context, m members.Member) (both session.BothEnds, verdicts [2]ends.Direction, err error) {
	began, rounds, asked := time.Now(), 0, false
	name := withName(m.Who)
	w.e.remark(fmt.Sprintf("asking %s, with the key %s, for facts of its host", name, m.Fingerprint))
	for {
		now := time.Now()
		hears := false
		for _, other := range w.s.Snapshot().Members.Members {
			if other.Ref == m.Ref {
				hears = other.Presence == members.Live
			}
		}
		settled := hears && now.Sub(began) >= withSettle || now.Sub(began) >= withDeaf || now.Add(withSettle).After(w.until)
		answered := w.s.Answered()
		if rounds == 0 && (settled || !asked && now.Sub(began) >= withSettle || asked && answered) {
			if settled {
				rounds++
			}
			asked = true // before it is settled, so that something comes there that can be counted
			if err := w.s.AskFacts(m.Ref); err != nil {
				return both, verdicts, err
			}
			answered = false
		}
		if answered && rounds > 0 || w.over() {
			if both, err = w.s.Ends(m.Ref); err != nil {
				return both, verdicts, err
			}
			verdicts = ends.Judge(ends.Party{Name: withName(w.s.Snapshot().Members.Self.Who), End: both.Here}, ends.Party{Name: name, End: both.There})
			open := verdicts[0].Verdict == ends.NotKnown || verdicts[1].Verdict == ends.NotKnown
			if !open || w.over() || rounds >= withRounds || both.Err != nil {
				return both, verdicts, nil
			}
			rounds++
			if err := w.s.AskFacts(m.Ref); err != nil {
				return both, verdicts, err
			}
		}
		if err := w.wait(ctx); err != nil {
			return both, verdicts, err
		}
	}
}

// silent is the error of a member that did not answer.
func (w *withLooks) silent(m members.Member, both session.BothEnds) error {
	name := withName(m.Who)
	why, advice := "nobody there agreed yet, or the key of this program is not verified there", "there, in the same room: "+w.there()
	if both.Here.Seen.Deaf {
		why = "it does not hear this host, as it says, and questions to its address alone were not answered either"
		if i, ok := host.ByIndex(both.Here.Facts.Interfaces, both.Here.Seen.IfIndex); ok && i.Addr(w.e.group.Addr).IsValid() {
			there := question{group: w.e.group, from: i.Addr(w.e.group.Addr), flags: "--probe --watch 10s"}
			advice = "there: " + there.command()
		}
	}
	err := fmt.Errorf("doctor --with %s: it did not answer %s in %s: %s", name, chat.Many(uint64(both.Asked), "question"), shortly(w.patience), why)
	return &mcast.Advised{Err: err, Advice: advice}
}
