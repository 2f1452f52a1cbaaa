package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
)

// patience is how long a person at a terminal looks at nothing before listen
// says where to look.
const patience = 5 * time.Second

// ear is a group that is listened to.
type ear struct {
	group  mcast.Group
	on     []host.Interface
	heard  volume
	beside *doctor.Lookout // at the port of frames; nil: nobody looks
	since  time.Time       // of that
}

// besideGroups is in how many groups listen looks for members' frames.
const besideGroups = 16

// lookBeside looks for members that talk by frames, where a silence is told of: to a
// person, or at the end. Some member has sent a frame when patience ends. It is no longer
// than that, since what comes is hidden meanwhile from the kernel's counters.
func (l *listener) lookBeside(ctx context.Context) (stop func()) {
	if l.set.quiet || len(l.ears) > besideGroups || l.timeout == 0 && (l.set.json || !isTerminal(l.errs)) {
		return func() {}
	}
	for _, e := range l.ears {
		e.beside = doctor.LookBeside(ctx, e.group, e.on, nil)
		e.since = time.Now()
	}
	end := func() {
		for _, e := range l.ears {
			e.beside.Close()
		}
	}
	t := time.AfterFunc(patience+time.Second, end)
	return func() {
		t.Stop()
		end()
	}
}

// members says who talks in a silent group by frames; "": nobody, as far as is known.
func (e *ear) members() string { return e.beside.Seen(e.since).Text(e.group) }

// takes reports whether a datagram that came to that port was for the group.
// With a zone it has to come by that interface, which may have another index by
// now.
func (e *ear) takes(d mcast.Datagram, port uint16, by string) bool {
	g := e.group
	return port == g.Port && d.To == g.Addr.WithZone("") && (!g.Source.IsValid() || g.Source == d.From.Addr().WithZone("")) &&
		(g.Addr.Zone() == "" || slices.Contains(chat.InterfaceNames(e.on), by))
}

// countFor counts a datagram for its group. Where the system does not tell the
// group, none is known to be silent.
func (l *listener) countFor(d mcast.Datagram, port uint16) {
	l.any.Store(true)
	if !d.To.IsValid() {
		l.untold = true
	}
	for _, e := range l.ears {
		if e.takes(d, port, l.names[d.IfIndex]) {
			e.heard.add(d)
		}
	}
}

// silent are the groups that nothing was heard in.
func (l *listener) silent() (list []*ear) {
	if l.untold {
		return nil
	}
	for _, e := range l.ears {
		if e.heard.datagrams == 0 {
			list = append(list, e)
		}
	}
	return list
}

// jsonSilent is a group that nothing was heard in. Fields are only added.
type jsonSilent struct {
	jsonHead            // silent
	Group      string   `json:"group"`
	Interfaces []string `json:"interfaces"` // where it was joined
	ForMS      int64    `json:"for_ms"`
	Doctor     string   `json:"doctor"` // the command that looks closer

	Beside *jsonBeside `json:"beside,omitempty"` // members that take part by frames
}

// unheard is the error of a listen that heard nothing at all. Of several groups
// a line for each was told before.
func (l *listener) unheard() error {
	if len(l.ears) != 1 {
		return &mcast.Advised{Err: fmt.Errorf("listen %s: %w in %s", chat.Count(len(l.ears), "group"), errNothingHeard, l.timeout)}
	}
	e := l.ears[0]
	err := fmt.Errorf("listen %s: %w in %s; joined on %s", e.group, errNothingHeard, l.timeout, chat.InterfaceList(e.on))
	return &mcast.Advised{Err: err, Advice: cmp.Or(e.members(), l.set.about(e.group).command())}
}

// tellSilence says which groups stayed silent for so long, where they were
// joined, and how to look closer.
func (l *listener) tellSilence(list []*ear, lasted time.Duration) {
	for _, e := range list {
		ask := l.set.about(e.group).command()
		if l.set.json {
			writeJSON(l.out, jsonSilent{headOf("silent"), chat.Clean(e.group.String()), chat.InterfaceNames(e.on), lasted.Milliseconds(), ask, besideObject(e.beside.Seen(e.since))})
			continue
		}
		l.remark(fmt.Sprintf("nothing heard of %s in %s; joined on %s", e.group, shortly(lasted), chat.InterfaceList(e.on)))
		if !l.set.quiet && !l.advised {
			fmt.Fprintf(l.errs, "  hint: %s\n", chat.CleanRow(cmp.Or(e.members(), ask)))
		}
	}
}

// shortly is a time for people.
func shortly(d time.Duration) string {
	switch {
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// watchSilence tells a person once that nothing comes. The groups are not
// written to any more by then, and what was heard is known by any.
func (l *listener) watchSilence() (stop func()) {
	if l.set.json || l.set.quiet || !isTerminal(l.errs) {
		return func() {}
	}
	told := make(chan struct{})
	t := time.AfterFunc(patience, func() {
		defer close(told)
		if !l.any.Load() {
			l.tellSilence(l.ears, patience)
			l.advised = true
		}
	})
	return func() {
		if !t.Stop() {
			<-told
		}
	}
}

// warnSourceless says what the doctor says of a source-specific group without
// a source.
func (l *listener) warnSourceless(g mcast.Group) {
	const name = "ssm-over-asm"
	if g.Source.IsValid() {
		return
	}
	for _, f := range doctor.Seen(doctor.Diagnose(doctor.Facts{}, doctor.Intent{Group: g})) {
		switch {
		case f.Name != name:
		case l.set.json:
			writeJSON(l.out, objectOf(f))
		case !l.set.quiet:
			writeFinding(l.errs, f)
		}
	}
}
