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
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/ping"
	"github.com/groupcast/groupcast/mcast/probe"
	"github.com/groupcast/groupcast/mcast/session"
	"github.com/groupcast/groupcast/tui"
)

func newPing(set *settings) *cobra.Command {
	p := &pingCommand{set: set}
	cmd := &cobra.Command{
		Use:   "ping HOST[:PORT] | GROUP[:PORT]",
		Short: "Time the replies of one host, or of every host in a group",
		Long: `Send requests to a UDP echo server and time the replies: from one host or, if TARGET is a group, from every host that
replies there, each with its own statistics. Any server that sends back what it receives will do; groupcast echo is
one. The default port is 1234. Without -i, requests leave as the kernel routes them; with several -i, each request
leaves via every one of them.

Without --count and --timeout it goes on until ctrl+c, which prints the statistics; a second ctrl+c ends it at once.
With -q or --flood it prints only the statistics. With --message it sends a text of yours once and waits for the echo;
with --message - it does so for each line of standard input.`,
		Example: `  groupcast ping 192.168.8.226                 one host, until ctrl+c
  groupcast ping -i eth0 -c 5 224.0.0.114      every host in a group, five requests out of eth0
  groupcast ping --ui 239.1.2.3:5000           the same on a live screen
  groupcast ping --message "HELLO!!" 127.0.0.1:7000`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{errors.New("ping: name a host or a group, such as 192.168.8.226:1234 or 224.0.0.114")}
			}
			return atMost(1)(nil, args)
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, part string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return completeGroups(cmd, args, part)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			p.in, p.out, p.errs = cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()
			if err := p.check(cmd.Flags().Changed); err != nil {
				return usageError{err}
			}
			if err := p.recording.check(p.out, "the statistics"); err != nil {
				return err
			}
			if cmd.Flags().Changed("ttl") {
				p.hops = set.ttl
			}
			p.once = cmd.Flags().Changed("message")
			return p.run(cmd.Context(), args[0])
		},
	}
	flags := cmd.Flags()
	set.has(cmd, "interface", "source", "ttl", "json", "quiet", "trace")
	countFlag(flags, &p.count, 0, "end after this many requests; 0: no limit")
	intervalFlag(flags, &p.interval, ping.DefaultInterval, "time between two requests, 1ms at least")
	timeoutFlag(flags, &p.timeout)
	waitFlag(flags, &p.wait, ping.DefaultTimeout, "how long to wait for the reply to a request")
	sizeFlag(flags, &p.size, 32, "`BYTES` of payload, 0 to 65507")
	flags.BoolVar(&p.flood, "flood", false, "send the next request as soon as a reply arrives; only to this host itself, or in a lab")
	flags.StringVar(&p.message, "message", "", "send this `TEXT` once and wait for its echo; \"-\": each line of standard input")
	flags.BoolVar(&p.ui, "ui", false, "show the replies on a live screen")
	flags.BoolVar(&p.ascii, "ascii", false, "draw the screen with ASCII only (the default where the locale is not UTF-8)")
	themeFlag(cmd, &p.theme)
	recordFlags(cmd, &p.recording)
	familyFlags(flags, &p.ip4, &p.ip6)
	for _, name := range []string{"count", "interval", "timeout", "wait", "size", "message"} {
		cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions)
	}
	return cmd
}

// pingCommand pings a host, or everyone in a group.
type pingCommand struct {
	set               *settings
	count, size, hops int
	interval          time.Duration
	timeout, wait     time.Duration
	flood, ui, ascii  bool
	theme             tui.Theme
	message           string
	once              bool // there is a message
	ip4, ip6          bool
	recording         recording
	in                io.Reader
	out, errs         io.Writer
}

// check looks at the flags alone.
func (p *pingCommand) check(named func(flag string) bool) error {
	if named("message") {
		for _, other := range []string{"count", "interval", "size", "flood", "ui", "ttl"} {
			if named(other) {
				return fmt.Errorf("--message: --%s does not go with it", other)
			}
		}
	}
	switch {
	case p.count < 0:
		return fmt.Errorf("--count %d: want 0 (no limit) or more", p.count)
	case p.interval < ping.MinInterval:
		return fmt.Errorf("--interval %s: want %s or more", p.interval, ping.MinInterval)
	case p.timeout < 0:
		return fmt.Errorf("--timeout %s: want 0 (no limit) or more", p.timeout)
	case p.wait <= 0 || p.wait > ping.MaxTimeout:
		return fmt.Errorf("--wait %s: want more than 0, and %s at most", p.wait, ping.MaxTimeout)
	case p.size < 0 || p.size > mcast.MaxPayload:
		return fmt.Errorf("--size %d: a datagram has 0 to %d bytes of payload", p.size, mcast.MaxPayload)
	case named("ttl") && p.set.ttl == 0:
		return errors.New("--ttl 0: a request has to leave: want 1 to 255")
	case p.ip4 && p.ip6:
		return errors.New("-4 and -6: one of them, or none")
	case !p.ui:
		return nil
	case p.set.json:
		return errors.New("--ui and --json: a screen, or objects for a program")
	case !onTerminal(p.in, p.out):
		return errors.New("--ui needs a terminal to draw on: leave it out for lines, or take --json")
	case p.set.trace && isTerminal(p.errs):
		return errors.New("--trace writes to standard error, where the screen is: add 2>FILE")
	}
	return nil
}

func (p *pingCommand) family() probe.Family {
	switch {
	case p.ip4:
		return probe.IPv4
	case p.ip6:
		return probe.IPv6
	}
	return probe.AnyFamily
}

func (p *pingCommand) run(ctx context.Context, arg string) error {
	target, err := findPingTarget(ctx, arg, p.family())
	if err != nil {
		return err
	}
	if p.flood && !mayFlood(target) {
		return usageError{errFlood}
	}
	way, err := target.wayOut(p.set)
	if err != nil {
		return err
	}
	parent := ctx
	ctx, cancel := within(ctx, p.timeout)
	defer cancel()
	if err := p.record(target, way); err != nil {
		return err
	}
	defer p.recording.close()
	if p.once {
		var objects io.Writer
		if p.set.json {
			objects = p.out
		}
		err := p.exchange(parent, ctx, target, way)
		return p.recording.end(err, objects, p.remark)
	}
	t := &pingText{
		recording: &p.recording, out: p.out, errs: p.errs, target: target, way: way, size: p.size, wait: p.wait,
		json: p.set.json, quiet: p.set.quiet, flood: p.flood,
		ask: question{group: mcast.Group{Addr: target.addr.Addr(), Port: target.addr.Port()}, interfaces: p.set.interfaces, hops: p.hops},
	}
	cfg := ping.Config{
		Target: target.addr, Group: target.group, Interfaces: way.all, Via: way.via, Count: p.count,
		Interval: p.interval, Timeout: p.wait, Size: p.size, Flood: p.flood, Hops: p.hops, Trace: p.recording.trace(p.set.tracer(p.errs)),
	}
	if p.ui {
		return p.recording.sparing(p.runScreen(ctx, t, cfg))
	}
	cfg.Report = t.event
	t.begin()
	summary, err := ping.Run(ctx, cfg)
	if err != nil {
		return p.recording.sparing(err)
	}
	return t.end(summary, parent.Err())
}

// record begins the recording, if there is to be one.
func (p *pingCommand) record(target pingTarget, way pingWay) error {
	if p.recording.file == "" {
		return nil
	}
	list, err := host.Interfaces()
	if err != nil {
		return err
	}
	on := way.all
	if by, ok := host.ByIndex(list, way.egress.IfIndex); ok {
		on = append(on, by)
	}
	p.recording.goesOn = "pinging"
	p.recording.way = func(c *mcast.Conn, d mcast.Departure) session.Egress {
		because := chosenBecause(d.Via)
		if d.Via == way.via {
			because = way.egress.Because
		}
		return p.recording.routedBecause(c, d, because)
	}
	return p.recording.begin(on, p.errs)
}

func (p *pingCommand) remark(text string) {
	if !p.set.quiet && !p.set.json {
		fmt.Fprintf(p.errs, "groupcast: %s\n", chat.Clean(text))
	}
}

// mayFlood reports whether requests cannot reach anybody else's network.
func mayFlood(target pingTarget) bool {
	_, inLab := lab.InHost()
	return inLab || target.addr.Addr().IsLoopback()
}
