package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/igmp"
	"github.com/groupcast/groupcast/tui"
)

func newIGMP(set *settings) *cobra.Command {
	c := &igmpCommand{set: set}
	cmd := &cobra.Command{
		Use:   "igmp [GROUP...]",
		Short: "Show the queriers, and which hosts are members of which groups",
		Long: `Watch IGMP and MLD on the wire: which querier sends queries, which hosts report which groups, for which sources and in
which version, and how much of that reaches this port at all (groupcast explain igmp). With GROUP it shows only the
members of that group; it always shows queriers. Without -i it watches every usable interface. It joins nothing, and
without --query it sends nothing.

In a terminal it is a live table. Without one, or with --plain, each change is a line:

` + igmpEventsHelp() + `
--once prints one table: when the first query is answered, or after 135 seconds, when a query is overdue. --until ends
it when an event happens: groupcast igmp --until group-first:239.1.2.3 -t 1h && COMMAND.

--query sends queries itself, on a network that has no querier. A small network without a router has none, and the
entries of a snooping switch time out then. It looks for another querier first, and later gives way to one with a
lower address.

It needs CAP_NET_RAW: root, setcap cap_net_raw+ep, or a host of a lab. Without, it says so and prints what any user
can read about this host alone, as with --proc.`,
		Example: `  groupcast igmp                                  the queriers, and the members of all groups
  groupcast igmp --once -i eth0 239.1.2.3         the members of one group, once
  groupcast igmp --json                           an object for each change
  groupcast igmp --until member-left:239.1.2.3    until a host leaves it`,
		ValidArgsFunction: completeGroups,
		RunE: func(cmd *cobra.Command, args []string) error {
			c.in, c.out, c.errs = cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()
			if err := c.check(cmd.Flags().Changed); err != nil {
				return usageError{err}
			}
			for _, arg := range args {
				addrs, err := groupAddrs(arg, !c.set.ip6, !c.set.ip4)
				if err != nil {
					return usageError{fmt.Errorf("%s: %w", arg, noGroup(cmd, arg, err))}
				}
				c.groups = append(c.groups, addrs...)
			}
			return c.run(cmd.Context())
		},
	}
	flags := cmd.Flags()
	set.has(cmd, "family", "interface", "json", "quiet")
	flags.Lookup("interface").Usage = "watch `NAME|INDEX|ADDRESS`; several: each of them"
	flags.Lookup("ipv4").Usage, flags.Lookup("ipv6").Usage = "IGMP only (IPv4)", "MLD only (IPv6)"
	timeoutFlag(flags, &c.timeout)
	flags.BoolVar(&c.once, "once", false, "print one table and end: when the first query is answered, or after 135 seconds")
	flags.Var(&c.until, "until", "end when this `EVENT[:GROUP]` happens")
	cmd.RegisterFlagCompletionFunc("until", completeUntil)
	flags.BoolVar(&c.asks, "query", false, "be the querier of a network that has none, for an hour unless --timeout is given; switches then send every group to this port")
	waitFlag(flags, &c.wait, lookFirst, "how long --query looks for another querier before it sends queries")
	for _, name := range []string{"timeout", "wait"} {
		cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions)
	}
	flags.BoolVar(&c.proc, "proc", false, "show only what any user can read: the groups, versions and timers of this host")
	flags.BoolVar(&c.plain, "plain", false, "plain lines instead of the screen, for screen readers")
	flags.BoolVar(&c.ascii, "ascii", false, "draw the screen with ASCII only (the default where the locale is not UTF-8)")
	themeFlag(cmd, &c.theme)
	return cmd
}

// igmpEventsHelp lists the events, two in a line.
func igmpEventsHelp() string {
	var b strings.Builder
	for _, e := range igmpEvents {
		fmt.Fprintf(&b, "  %-17s %s\n", e.kind, e.what)
	}
	return b.String()
}

// igmpCommand watches who asks and who is a member.
type igmpCommand struct {
	set          *settings
	groups       []netip.Addr
	timeout      time.Duration
	until        untilValue
	wait         time.Duration // before it asks
	once, proc   bool
	asks         bool
	plain, ascii bool
	theme        tui.Theme
	in           io.Reader
	out, errs    io.Writer

	began time.Time
	seen  bool // something of what was asked about
}

// wire is what an [igmp.Watcher] offers.
type wire interface {
	Next(context.Context) ([]igmp.Event, error)
	Snapshot() igmp.Snapshot
	Losses() igmp.Losses
	Close() error
}

// queryWait is how long a first query is waited for: a querier asks every 125 s, and
// its members answer within 10 s (RFC 3376, sections 8.2 and 8.3).
const queryWait = 135 * time.Second

// answerMargin is how long after its response time the answers to a query are all
// there.
const answerMargin = time.Second

// check looks at the flags alone.
func (c *igmpCommand) check(named func(flag string) bool) error {
	var ways []string
	for _, flag := range []string{"once", "until"} {
		if named(flag) {
			ways = append(ways, "--"+flag)
		}
	}
	switch {
	case c.set.ip4 && c.set.ip6:
		return errors.New("-4 and -6: one of them, or none")
	case c.timeout < 0:
		return fmt.Errorf("--timeout %s: want 0 (no limit) or more", c.timeout)
	case len(ways) > 1:
		return fmt.Errorf("%s: one of them", strings.Join(ways, " and "))
	case c.once && c.asks:
		return errors.New("--once and --query: one of them")
	case c.proc && named("until"):
		return errors.New("--proc and --until: events are seen on the wire alone")
	case slices.Contains(c.set.interfaces, host.KernelDefault):
		return errors.New("-i default: membership is seen on an interface; name one")
	}
	return c.checkQuery(named)
}

// onScreen reports whether a live table is drawn.
func (c *igmpCommand) onScreen() bool {
	return !c.once && !c.set.json && !c.plain && onTerminal(c.in, c.out)
}

func (c *igmpCommand) family() igmp.Family {
	switch {
	case c.set.ip4:
		return igmp.IGMP
	case c.set.ip6:
		return igmp.MLD
	}
	return 0
}

// text is how things are said now.
func (c *igmpCommand) text(now time.Time) *igmpText {
	return &igmpText{name: interfaceName, groups: c.groups, family: c.family(), now: now}
}

func interfaceName(index int) string { return chat.Clean(host.InterfaceName(index)) }

func (c *igmpCommand) run(ctx context.Context) error {
	on, err := c.interfaces()
	if err != nil {
		return err
	}
	if c.asks && !on[0].Addr(netip.IPv4Unspecified()).IsValid() {
		return fmt.Errorf("--query: %s: %w", on[0].Name, host.ErrNoAddress)
	}
	if c.proc {
		return c.own(ctx, on)
	}
	w, err := openWire(ctx, on)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return errNeedsLinux
	case mayNotLook(err) && c.until.kind != "":
		return fmt.Errorf("--until %s: %w", c.until.text, errNeedsRaw)
	case mayNotLook(err) && c.asks:
		return fmt.Errorf("--query: %w", errNeedsRaw)
	case mayNotLook(err):
		c.remark(needsRaw)
		c.hint(rawHint)
		return cmp.Or(c.own(ctx, on), error(status(exitDoubt)))
	case err != nil:
		return err
	}
	defer w.Close()
	defer func() { c.tellLosses(w.Losses()) }()
	c.began = time.Now()
	if c.asks {
		return c.query(ctx, w, on[0])
	}
	return c.watch(ctx, w, on)
}

// tellLosses says what was not seen, or not told.
func (c *igmpCommand) tellLosses(l igmp.Losses) {
	if l.Packets > 0 {
		c.remark(fmt.Sprintf("packets of IGMP and MLD that came faster than they were read, and were not seen: %d; there may be more members than were listed", l.Packets))
	}
	if l.Events > 0 {
		c.remark(fmt.Sprintf("changes that came faster than they were printed: %d", l.Events))
	}
}

// watch shows a wire in the way that is asked for.
func (c *igmpCommand) watch(parent context.Context, w wire, on []host.Interface) error {
	c.began = time.Now()
	ctx, cancel := within(parent, c.timeout)
	defer cancel()
	if c.once {
		return c.table(parent, ctx, w, on)
	}
	return c.follow(parent, ctx, w, on)
}

// follow shows what happens until ctx ends, which parent ends as well.
func (c *igmpCommand) follow(parent, ctx context.Context, w wire, on []host.Interface) error {
	if c.onScreen() {
		return c.screen(parent, ctx, w, on)
	}
	if c.set.json {
		writeJSON(c.out, jsonWatching{headOf("watching"), chat.InterfaceNames(on)})
	}
	c.remark(fmt.Sprintf("watching IGMP and MLD on %s; ctrl+c ends it", chat.InterfaceList(on)))
	met := false
	for !met {
		events, err := w.Next(ctx)
		met = c.tell(events)
		if err != nil && ctx.Err() == nil {
			return err
		}
		if err != nil {
			break
		}
	}
	return c.ended(parent, w.Snapshot(), met)
}

// tell writes the events that are asked about, up to the one that is waited for.
func (c *igmpCommand) tell(events []igmp.Event) (met bool) {
	t := c.text(time.Now())
	for _, e := range events {
		if !t.wants(e) {
			continue
		}
		c.seen = c.seen || len(c.groups) == 0 || ofAGroup(e.Kind)
		writeIGMPEvents(c.out, t, []igmp.Event{e}, c.set.json)
		if c.until.met(e) {
			return true
		}
	}
	return false
}

// ended is the exit status of what ran until something happened, until its time was
// over, or until it was interrupted.
func (c *igmpCommand) ended(parent context.Context, s igmp.Snapshot, met bool) error {
	switch {
	case met:
		return nil
	case c.until.kind != "" && parent.Err() != nil:
		return status(exitInterrupted) // it could still happen
	case c.until.kind != "":
		return fmt.Errorf("%s did not happen in %s", c.until.text, c.timeout)
	case c.seen || len(c.groups) == 0 && messages(c.text(s.At).only(s)) > 0:
		return nil
	}
	c.remark("nothing seen in " + spanText(time.Since(c.began)))
	c.advise(s)
	return status(exitNot)
}

// interfaces are those that are watched.
func (c *igmpCommand) interfaces() (on []host.Interface, err error) {
	list, err := host.Interfaces()
	if err != nil {
		return nil, err
	}
	return igmpInterfaces(list, c.set.interfaces)
}

// igmpInterfaces are the interfaces that were named, or those that a group can be
// joined on. To watch needs no address, so that a named one needs none.
func igmpInterfaces(list []host.Interface, names []string) (on []host.Interface, err error) {
	for _, name := range names {
		i, err := host.Find(list, name)
		if err == nil && !i.Up() {
			err = fmt.Errorf("%s: %w", i.Name, host.ErrInterfaceDown)
		}
		if err != nil {
			return nil, err
		}
		if _, twice := host.ByIndex(on, i.Index); !twice {
			on = append(on, i)
		}
	}
	if len(names) > 0 {
		return on, nil
	}
	for _, i := range list {
		if i.Usable(netip.IPv4Unspecified()) || i.Usable(netip.IPv6Unspecified()) {
			on = append(on, i)
		}
	}
	if len(on) == 0 {
		return nil, errNothingToWatch
	}
	return on, nil
}

func (c *igmpCommand) remark(text string) {
	if !c.set.quiet && !c.set.json {
		fmt.Fprintf(c.errs, "groupcast: %s\n", chat.Clean(text))
	}
}

func (c *igmpCommand) hint(text string) {
	if !c.set.quiet && !c.set.json {
		fmt.Fprintf(c.errs, "  hint: %s\n", chat.Clean(text))
	}
}
