package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/session"
)

func newDoctor(set *settings) *cobra.Command {
	e := &examiner{set: set}
	cmd := &cobra.Command{
		Use:   "doctor [GROUP[:PORT]]",
		Short: "Look for every known pitfall, and say how to fix what is wrong",
		Long: `Look for every known pitfall of multicast, for one group and for the interfaces that join it and send to it. Each
finding comes with the fact that shows it, and with commands to copy. A check that the doctor cannot make is reported
as not known, never as fine.

By default it only reads the state of the system: it joins nothing and sends nothing. With --probe it joins, sends at
most 10 datagrams a second out of each interface, and listens for the loopback copies; before that it says what it
will send. With --watch it observes the counters for that long, to find what takes time; with --probe it also stays
joined and listens. ctrl+c ends it early, with what it has seen until then. With --kernel and --probe, as root, it
reads from the kernel why datagrams of the probe were dropped: the reason and the function (groupcast explain
receive-path).

After a run that listened, the report begins with the hosts that were heard. --from looks for the reason why this host
does not receive from another one. --to looks for the reason why another host does not receive from this one; only a
reply of that host can prove that it does. Each gets a line of its own.

--with looks at both ends at once: it joins as a member, asks the member NAME for facts of its host, and says for each
direction on which side what is sent is lost. Both must be in one sealed room, or have verified each other, and the
other end must agree: groupcast chat --share-facts, or the chat's question. --watch is then how long is waited at most.

--report FILE writes a report for an issue: the findings, the facts that they were made from, and versions. It is shown
first, and written when you agree. --mask replaces addresses and the names of interfaces, hosts and users by others.`,
		Example: `  groupcast doctor                                    the default group, at once, without sending
  groupcast doctor --probe -i eth0 239.1.2.3:5000     send and listen as well
  groupcast doctor --from 10.1.0.10 239.1.2.3         why does this host not hear that one?
  groupcast doctor --probe --watch 5m 239.1.2.3       does a switch time out the group?
  groupcast doctor --report - --mask 239.1.2.3        the facts and findings for an issue, without names and addresses
  groupcast doctor --with bob 239.1.2.3               why does bob not hear this host, or this host not bob?`,
		Args:              oneGroup,
		ValidArgsFunction: completeGroups,
		RunE: func(cmd *cobra.Command, args []string) error {
			groups, err := set.groups(cmd, args)
			if err != nil {
				return err
			}
			e.group, e.out, e.errs = groups[0], cmd.OutOrStdout(), cmd.ErrOrStderr()
			if err := errors.Join(e.checkWith(cmd), e.check(cmd.Flags().Changed("watch")), e.file.check(cmd, e)); err != nil {
				return usageError{err}
			}
			if e.with != "" {
				return e.bothEnds(cmd)
			}
			if err := e.recording.check(e.out, "the findings"); err != nil {
				return err
			}
			return e.run(cmd.Context())
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&e.probe, "probe", false, "join, send out of each interface, and listen for the loopback copies")
	set.has(cmd, "family", "interface", "ttl", "loopback", "multicast-all", "json", "quiet", "trace")
	flags.BoolVar(&e.kernel, "kernel", false, "with --probe: name the kernel's reason for each drop of the probe's datagrams (Linux, root)")
	timeFlag(flags, &e.watch, "watch", "", 0, "observe for this long, such as 5m; without --probe only the counters")
	alias(flags, "watch", "timeout", "t")
	alias(flags, "watch", "", "w")
	verboseFlag(flags, &e.all, "print in full what is fine and what is not known, too")
	alias(flags, "verbose", "all", "")
	flags.StringVar(&e.fromText, "from", "", "the `ADDRESS` of a host that this one should receive from")
	flags.StringVar(&e.toText, "to", "", "the `ADDRESS` of a host that should receive from this one")
	sizeFlag(flags, &e.size, 0, "the size in `BYTES` of the largest payload that your program sends; 0: not known")
	recordFlags(cmd, &e.recording)
	e.reportFlags(cmd)
	e.withFlags(cmd)
	for _, name := range []string{"watch", "from", "to", "size"} {
		cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions)
	}
	return cmd
}

// maxWatch is longer than anything that a watch waits for.
const maxWatch = 24 * time.Hour

// examiner looks for the pitfalls of one group.
type examiner struct {
	set         *settings
	group       mcast.Group
	probe, all  bool
	kernel      bool
	watch       time.Duration
	fromText    string
	from        netip.Addr
	toText      string
	to          netip.Addr
	size        int
	recording   recording
	file        issueFile
	with        string // the member at the other end; "": only this host is looked at
	member      memberFlags
	memberNames []string // of the flags of members
	fill        int      // bytes of the probe's datagrams; 0: as they are
	out, errs   io.Writer
}

// check looks at the flags, and reads the address of --from.
func (e *examiner) check(watches bool) error {
	if watches && (e.watch <= 0 || e.watch > maxWatch) {
		return fmt.Errorf("--watch %s: want a time up to 24h, such as 5m", e.watch)
	}
	if e.kernel && !e.probe {
		return errors.New("--kernel needs --probe: it watches the datagrams of the probe")
	}
	if e.size < 0 || e.size > mcast.MaxPayload {
		return fmt.Errorf("--size %d: a datagram has 0 to %d bytes of payload", e.size, mcast.MaxPayload)
	}
	if e.recording.file != "" && !e.probe {
		return errors.New("--record: nothing is sent or received without --probe")
	}
	var err error
	if e.from, err = e.hostOf("--from", e.fromText); err != nil {
		return err
	}
	e.to, err = e.hostOf("--to", e.toText)
	return err
}

// hostOf reads the address of a host; "" is none.
func (e *examiner) hostOf(flag, text string) (netip.Addr, error) {
	if text == "" {
		return netip.Addr{}, nil
	}
	a, err := netip.ParseAddr(text)
	a = a.Unmap()
	switch {
	case err != nil:
		return netip.Addr{}, fmt.Errorf("%s %q: want an address: %w", flag, text, session.ErrNoUnicast)
	case a.IsMulticast():
		return netip.Addr{}, fmt.Errorf("%s %q: that is a group: %w", flag, text, session.ErrNoUnicast)
	case a.IsUnspecified(), a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return netip.Addr{}, fmt.Errorf("%s %q: %w", flag, text, session.ErrNoUnicast)
	case a.Is4() != e.group.Addr.Is4():
		return netip.Addr{}, fmt.Errorf("%s %s: %w", flag, a, errOtherVersion)
	}
	return a, nil
}

// notThisHost refuses an own address.
func (e *examiner) notThisHost(interfaces []host.Interface) error {
	networks := host.NetworksOf(interfaces)
	for flag, a := range map[string]netip.Addr{"--from": e.from, "--to": e.to} {
		if a.IsValid() && (a.IsLoopback() || networks.Ours(a)) {
			return usageError{fmt.Errorf("%s %s: %w", flag, a, errThisHost)}
		}
	}
	return nil
}

func (e *examiner) run(ctx context.Context) (err error) {
	facts, err := doctor.GatherRoutes(e.group)
	if err != nil {
		return err
	}
	if err := e.notThisHost(facts.Interfaces); err != nil {
		return err
	}
	c, err := host.ChooseNamed(facts.Interfaces, e.set.interfaces, e.group.Addr)
	if err != nil && !errors.Is(err, host.ErrNothingUsable) {
		return err
	}
	in := intentOf(e.group, c, facts.Join, e.set)
	in.From, in.To, in.Size = e.from, e.to, e.size
	if facts, err = doctor.Gather(in); err != nil {
		return err
	}
	r := report{group: e.group, from: e.from, intent: in, choice: c, all: e.all, quiet: e.set.quiet, strong: emphasis(e.out)}
	if !e.set.json && e.file.name == "" {
		r.begin(e.out)
	}
	if err := e.record(facts, in); err != nil {
		return err
	}
	defer func() { err = e.recording.end(err, e.objects(), e.remark) }()
	var failed error
	var asked *kernelAsked
	if e.kernel {
		asked = askKernel(e.group.Addr, facts.Interfaces)
		defer asked.close()
		e.fill = asked.size
	}
	if e.probe || e.watch > 0 {
		observed, err := e.observe(ctx, in, facts)
		if ctx.Err() == nil {
			failed = err
		}
		now, err := doctor.GatherRoutes(e.group)
		if err != nil {
			return err
		}
		doctor.Follow(&in, &observed, facts.Interfaces, now.Interfaces)
		if facts, err = doctor.Gather(in); err != nil {
			return err
		}
		facts.Take(observed)
		r.intent = in
	}
	r.facts, r.findings = facts, diagnose(facts, in)
	switch {
	case e.file.name != "":
		if err := e.file.write(ctx, e, r); err != nil {
			return err
		}
	case e.set.json:
		r.writeJSON(e.out)
	default:
		r.write(e.out)
	}
	lost := asked.tell(e)
	switch {
	case failed != nil:
		return failed
	case lost, len(doctor.Seen(r.findings)) > 0:
		return status(exitDoubt)
	case ctx.Err() != nil && e.probe && !facts.Observed.Probed:
		return ctx.Err() // what was to be tried was not
	}
	return nil
}

// diagnose finds what is wrong at this host, and with the sites that bridges join.
func diagnose(facts doctor.Facts, in doctor.Intent) []doctor.Finding {
	return append(doctor.Diagnose(facts, in), doctor.Sites(facts.Observed, time.Now())...)
}

// observe says what it is about to do, and does it. What was seen until an error
// or the end of ctx counts.
func (e *examiner) observe(ctx context.Context, in doctor.Intent, facts doctor.Facts) (doctor.Observed, error) {
	p := doctor.Probe{Intent: in, Facts: facts, Active: e.probe, For: e.watch, Trace: e.recording.trace(e.set.tracer(e.errs)), Fill: e.fill}
	for line := range strings.Lines(p.Announce()) {
		e.remark(strings.TrimSuffix(line, "\n"))
	}
	if e.watch > 0 {
		e.remark(fmt.Sprintf("looking for %s; ctrl+c ends it early", e.watch))
	}
	return p.Run(ctx)
}

// record begins the recording, if there is to be one.
func (e *examiner) record(facts doctor.Facts, in doctor.Intent) error {
	var on []host.Interface
	for _, index := range append(slices.Clone(in.Joined), facts.Send.Route.IfIndex) {
		if i, ok := host.ByIndex(facts.Interfaces, index); ok {
			on = append(on, i)
		}
	}
	e.recording.goesOn = "the probe"
	e.recording.way = func(c *mcast.Conn, d mcast.Departure) session.Egress {
		because := ""
		if d.Via.IfIndex != 0 {
			because = "the probe sends out of each interface"
		}
		way := e.recording.routedBecause(c, d, because)
		by, _ := host.ByIndex(facts.Interfaces, way.IfIndex)
		// ip_mc_output and ip6_finish_output2: a TTL of 0 is looked at where a copy is made for this host.
		way.Stays = d.To.Addr().IsMulticast() && d.Hops == 0 && slices.Contains(in.Joined, way.IfIndex) && !by.Loopback() && (in.Loopback || d.To.Addr().Is4())
		return way
	}
	return e.recording.begin(on, e.errs)
}

// objects is where JSON is printed; nil: it is not.
func (e *examiner) objects() io.Writer {
	if e.set.json && !e.set.quiet {
		return e.out
	}
	return nil
}

// jsonNotice is what doctor is about to do. It comes before what is found.
type jsonNotice struct {
	jsonHead        // notice
	Text     string `json:"text"` // what is sent, what is joined, and how long it takes
}

func (e *examiner) remark(text string) {
	switch {
	case e.set.quiet:
	case e.set.json:
		writeJSON(e.out, jsonNotice{headOf("notice"), chat.Clean(text)})
	default:
		fmt.Fprintf(e.errs, "groupcast: %s\n", chat.Clean(text))
	}
}
