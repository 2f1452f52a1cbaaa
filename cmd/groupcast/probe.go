package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/probe"
)

func newProbe(set *settings) *cobra.Command {
	p := &prober{set: set}
	cmd := &cobra.Command{
		Use:   "probe HOST:PORT...",
		Short: "Send datagrams to UDP ports of hosts, and say exactly what is known then",
		Long: `Send datagrams to ports of hosts, and print what is known of each port, in a line:

  answered     a reply came back; the line shows its beginning
  refused      ICMP reports that no process is bound to the port; the line names the host that says so
  unreachable  another ICMP error, no reply to ARP, or this host cannot send
  silent       nothing came back: open, filtered or lost. UDP cannot tell
  unresolved   the name has no address

Ports are 9, 7-9 or 7-9,1234. Names are resolved, and every address of a name is probed. Many services reply only to
their own protocol: --data, --hex and --file give the payload.

--follow repeats the probe and prints each change with its time, until ctrl+c or --timeout. --json prints an object
result for each line, and totals.`,
		Example: `  groupcast probe 192.168.8.226:1234
  groupcast probe -4 printer:161,9100 [2001:db8::1]:7-9
  groupcast probe --hex 1b$(printf %094d 0) pool.ntp.org:123   a request that NTP understands
  groupcast probe --follow 192.168.8.226:1234                   when does it stop, when is it back?`,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{errors.New("probe: name a target, such as 192.168.8.226:1234")}
			}
			hosts, err := probe.ParseTargets(args...)
			if err == nil {
				err = p.check(cmd.Flags().Changed)
			}
			if err != nil {
				return usageError{err}
			}
			if err := p.fill(cmd); err != nil {
				return err
			}
			p.out, p.errs = cmd.OutOrStdout(), cmd.ErrOrStderr()
			return p.run(cmd.Context(), hosts)
		},
	}
	flags := cmd.Flags()
	set.has(cmd, "interface", "source", "json", "quiet", "trace")
	familyFlags(flags, &p.only4, &p.only6)
	countFlag(flags, &p.cfg.Tries, 3, "number of datagrams to a target that is silent")
	alias(flags, "count", "tries", "")
	intervalFlag(flags, &p.cfg.Interval, time.Second, "time between two tries; with --follow also between two rounds")
	timeoutFlag(flags, &p.until)
	alias(flags, "timeout", "for", "")
	waitFlag(flags, &p.cfg.Timeout, 2*time.Second, "time to wait after the last try; at least 3.5s on this host's own networks, because ARP needs that time")
	p.cfg.Rate = 100
	flags.Var((*rateValue)(&p.cfg.Rate), "rate", "limit in datagrams a second, for all targets together")
	payloadFlags(cmd, &p.payload)
	flags.StringVar(&p.data, "data", "", "send this `TEXT` (default: a line that names groupcast)")
	flags.BoolVar(&p.follow, "follow", false, "repeat the probe, and print what changes")
	alias(flags, "follow", "watch", "")
	for _, name := range []string{"count", "interval", "timeout", "wait", "rate", "data"} {
		cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions)
	}
	return cmd
}

// maxWatched is how many targets are watched at once: each has a socket of its
// own all the time.
const maxWatched = 64

// prober asks targets and prints what is known of each.
type prober struct {
	set          *settings
	cfg          probe.Config
	only4, only6 bool
	payload      payload
	data         string
	follow       bool
	until        time.Duration
	out, errs    io.Writer

	width   int                            // of the column of targets
	verdict map[probe.Target]probe.Verdict // at last
	hinted  bool                           // what silence means has been said
}

// check looks at the flags.
func (p *prober) check(changed func(string) bool) error {
	chosen := p.payload.chosen()
	if changed("data") {
		chosen = append(chosen, "--data")
	}
	switch {
	case len(chosen) > 1:
		return fmt.Errorf("%s: want one of them", strings.Join(chosen, " and "))
	case p.only4 && p.only6:
		return errors.New("-4 and -6: leave both out to ask addresses of both")
	case p.cfg.Tries < 1 || p.cfg.Tries > 100:
		return fmt.Errorf("--count %d: want 1 to 100", p.cfg.Tries)
	case p.cfg.Interval <= 0 || p.cfg.Timeout <= 0:
		return errors.New("--interval and --wait: want a time, such as 500ms")
	case !(p.cfg.Rate >= 0.01 && p.cfg.Rate <= 1e6):
		return fmt.Errorf("--rate %g: want 0.01 to 1000000 datagrams a second", p.cfg.Rate)
	case p.until < 0:
		return fmt.Errorf("--timeout %s: want 0 (no limit) or more", p.until)
	}
	return fits("--data", len(p.data))
}

// fill makes the payload.
func (p *prober) fill(cmd *cobra.Command) (err error) {
	switch {
	case cmd.Flags().Changed("data"):
		p.cfg.Payload = []byte(p.data)
	case len(p.payload.chosen()) > 0:
		p.cfg.Payload, err = p.payload.bytes(cmd.Context(), cmd.InOrStdin())
	}
	return err
}

func (p *prober) family() probe.Family {
	switch {
	case p.only4:
		return probe.IPv4
	case p.only6:
		return probe.IPv6
	}
	return probe.AnyFamily
}

func (p *prober) run(ctx context.Context, hosts []probe.HostPort) error {
	p.cfg.Trace = p.set.tracer(p.errs)
	var err error
	if p.cfg.Via, err = p.via(); err != nil {
		return err
	}
	targets := probe.Resolve(ctx, p.family(), hosts)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	p.verdict = map[probe.Target]probe.Verdict{}
	for _, t := range targets {
		p.width = max(p.width, utf8.RuneCountInString(targetText(t)))
	}
	parent := ctx
	ctx, cancel := within(ctx, p.until)
	defer cancel()
	if p.follow {
		return p.keep(parent, ctx, targets)
	}
	err = probe.Probe(ctx, p.cfg, targets, p.tell)
	switch {
	case err != nil && ctx.Err() == nil:
		return mistake(err)
	case len(p.verdict) == 0 && parent.Err() != nil:
		return parent.Err() // nothing was known yet
	}
	return p.end(len(targets))
}

// via is the way out that -i and --source choose.
func (p *prober) via() (mcast.Via, error) {
	via := mcast.Via{Source: p.set.source}
	if len(p.set.interfaces) == 0 && !via.Source.IsValid() {
		return via, nil
	}
	list, err := host.Interfaces()
	if err != nil {
		return via, err
	}
	var c host.Choice
	if names := p.set.interfaces; len(names) > 0 && names[0] != host.KernelDefault {
		if c.Send, err = host.Find(list, names[0]); err != nil {
			return via, err
		}
		via.IfIndex = c.Send.Index
		if a, err := netip.ParseAddr(names[0]); err == nil && !via.Source.IsValid() {
			via.Source = a.Unmap().WithZone("")
		}
	}
	if p.set.source.IsValid() {
		_, err = c.From(list, p.set.source, p.set.source)
	}
	return via, err
}

// mistake makes an error of the command line of one about the targets.
func mistake(err error) error {
	if errors.Is(err, probe.ErrNotOneHost) || errors.Is(err, probe.ErrTooManyTargets) {
		return usageError{err}
	}
	return err
}

// keep watches the targets until it is told to end, which is no failure: by
// parent, or by ctx when its time is over.
func (p *prober) keep(parent, ctx context.Context, targets []probe.Target) error {
	if len(targets) > maxWatched {
		return usageError{fmt.Errorf("--follow: %d targets: want %d at most", len(targets), maxWatched)}
	}
	p.remark(fmt.Sprintf("probing every %s; ctrl+c ends it", p.cfg.Interval))
	err := probe.WatchAll(ctx, p.cfg, targets, p.cfg.Interval, p.tell)
	switch {
	case err != nil && ctx.Err() == nil:
		return mistake(err)
	case len(p.verdict) == 0:
		return parent.Err() // nothing was known yet
	}
	return p.end(len(targets))
}

// end gives the exit status for what is known at last.
func (p *prober) end(targets int) error {
	counts := map[probe.Verdict]int{}
	for _, v := range p.verdict {
		counts[v]++
	}
	p.totals(targets, counts)
	if p.limited() {
		p.hint("a host limits its ICMP errors, mostly to one a second: with --rate 1 closed ports do not look silent")
	}
	switch counts[probe.Answered] {
	case targets:
		return nil
	case 0:
		return status(exitNot)
	}
	return status(exitDoubt)
}

// limited reports whether ports of one host refused and were silent, as they
// are when its ICMP errors are limited.
func (p *prober) limited() bool {
	refused := map[string]bool{}
	for t, v := range p.verdict {
		refused[t.Host] = refused[t.Host] || v == probe.Refused
	}
	for t, v := range p.verdict {
		if v == probe.Silent && refused[t.Host] {
			return true
		}
	}
	return false
}
