package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/record"
)

func newReplay(set *settings) *cobra.Command {
	r := &replayer{sender: sender{set: set}}
	cmd := &cobra.Command{
		Use:   "replay FILE [GROUP[:PORT]]",
		Short: "Send the datagrams of a recording to a group, with their pauses",
		Long: `Send the payload of each datagram of a recording to a group that you name, from a socket of this host, with the pauses
of the recording. FILE was written by --record or by tcpdump -w: pcap or pcapng, also with gzip; - is a pipe. Nothing
goes to the group that was recorded, unless you name it or use --as-recorded. Nothing goes to a single host, and
nothing to the groups of routing protocols, name services and clocks, which could mislead a network. Datagrams that
the recording host itself sent are replayed, too: they are part of the talk.

If the recording has several groups, --only chooses one. From a pipe, that group is sent as it comes; without --only,
the pipe is read to its end first. At the end it prints how many datagrams were sent, how long that took, how late the
latest was, and what was skipped: fragments, datagrams of which only the beginning was recorded, and what is not UDP.
--dry-run prints what would be sent, and when, and opens no socket to send from.`,
		Example: `  groupcast replay talk.pcapng 239.9.9.9:5000
  groupcast replay -i eth0 --speed 2 --cap-gap 1s talk.pcapng 239.9.9.9:5000
  groupcast replay --only 239.1.2.3:5000 --loop 0 lan.pcap 239.9.9.9:5000
  groupcast replay --dry-run -v --as-recorded talk.pcapng
  tcpdump -U -i eth0 -w - udp | groupcast replay -i eth1 --only 239.1.2.3:5000 - 239.9.9.9:5000`,
		ValidArgsFunction: func(cmd *cobra.Command, args []string, part string) ([]string, cobra.ShellCompDirective) {
			switch len(args) {
			case 0:
				return nil, cobra.ShellCompDirectiveDefault
			case 1:
				return completeGroups(cmd, args, part)
			}
			return nil, cobra.ShellCompDirectiveNoFileComp
		},
		Args: func(_ *cobra.Command, args []string) error {
			switch len(args) {
			case 0:
				return usageError{errors.New("replay: name the file, such as talk.pcapng")}
			case 1, 2:
				return nil
			}
			return usageError{fmt.Errorf("%q: one argument too many", args[2])}
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			r.out, r.errs = cmd.OutOrStdout(), cmd.ErrOrStderr()
			if err := r.check(cmd, args); err != nil {
				return err
			}
			return r.run(cmd.Context(), cmd.InOrStdin())
		},
	}
	set.has(cmd, "family", "interface", "source", "ttl", "loopback", "json", "quiet", "trace")
	timeoutFlag(cmd.Flags(), &r.timeout)
	flags := cmd.Flags()
	flags.StringVar(&r.onlyText, "only", "", "replay only what was sent to this `GROUP:PORT`, of a recording with several groups")
	cmd.RegisterFlagCompletionFunc("only", completeRecorded)
	flags.BoolVar(&r.asRecorded, "as-recorded", false, "send to the group that was recorded")
	flags.Var((*speedValue)(&r.pace.Speed), "speed", "multiply the speed of the recording, such as by 2 or 0.5; max: no pauses, 10,000 datagrams a second unless --rate is given")
	flags.Var((*rateValue)(&r.pace.Rate), "rate", "send at most this many datagrams a second")
	timeFlag(flags, &r.pace.CapGap, "cap-gap", "", 0, "shorten pauses to this; 0: pauses as recorded")
	flags.IntVar(&r.loops, "loop", 1, "replay the recording this many times; 0: until ctrl+c or --timeout")
	flags.BoolVar(&r.dry, "dry-run", false, "print what would be sent, and when; send nothing")
	verboseFlag(flags, &r.verbose, "print a line for each datagram, with the time when it is due")
	return cmd
}

// replayer sends the datagrams of a capture.
type replayer struct {
	sender
	onlyText   string
	only       netip.AddrPort // the zero AddrPort: not told; port 0: any
	asRecorded bool
	pace       record.Pace
	loops      int
	dry        bool
	verbose    bool

	from   capture
	chosen record.Destination // what is replayed; of a stream its To alone
	plan   plan               // of one round; of a stream there is none
	player *record.Player
	rounds int            // that were begun
	read   account        // of the first round
	own    int            // datagrams of a stream that came back
	causes map[string]int // of what was not sent: how many
	ended  error          // why it ended before its end
}

// check reads the flags and arguments.
func (r *replayer) check(cmd *cobra.Command, args []string) (err error) {
	r.from.name = args[0]
	switch {
	case r.timeout < 0 || r.pace.CapGap < 0 || r.loops < 0:
		return usageError{errors.New("--timeout, --cap-gap and --loop want 0 or more")}
	case cmd.Flags().Changed("rate") && r.pace.Rate <= 0:
		return usageError{errors.New("--rate wants more than 0")}
	case r.asRecorded && len(args) == 2:
		return usageError{errors.New("GROUP and --as-recorded: one of them")}
	}
	if r.onlyText != "" {
		if r.only, err = recordedDestination(r.onlyText); err != nil {
			return usageError{err}
		}
	}
	if len(args) == 1 {
		return nil
	}
	groups, err := r.set.groups(cmd, args[1:])
	if err != nil {
		if _, missing := os.Stat(args[0]); missing != nil && isGroup(args[0]) {
			err = usageError{fmt.Errorf("%s is a group: the file comes first, and then the group", args[0])}
		}
		return err
	}
	r.group = groups[0]
	if err := record.MayReplay(r.group.Addr); err != nil {
		return usageError{err}
	}
	return nil
}

func isGroup(text string) bool {
	_, err := mcast.ParseGroup(text)
	return err == nil
}

// recordedDestination reads an address of a capture, with its port or without: 239.1.2.3:5000,
// [ff02::114]:5000, mdns, or that of a host.
func recordedDestination(text string) (netip.AddrPort, error) {
	if a, err := netip.ParseAddrPort(text); err == nil {
		return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()), nil
	}
	if a, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return netip.AddrPortFrom(a.Unmap(), 0), nil
	}
	g, err := mcast.ParseGroup(text)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("--only %q: want what the recording has, such as 239.1.2.3:5000", text)
	}
	return g.AddrPort(), nil
}

// completeRecorded offers the groups of the file that is named already.
func completeRecorded(_ *cobra.Command, args []string, _ string) (out []string, _ cobra.ShellCompDirective) {
	const most = 64 << 20 // bytes: that takes a tenth of a second
	if len(args) > 0 {
		if info, err := os.Stat(args[0]); err == nil && info.Size() <= most {
			if in, err := record.Open(args[0]); err == nil {
				defer in.Close()
				list, _ := in.Destinations()
				for _, d := range list {
					out = append(out, fmt.Sprintf("%s\t%s", d.To, chat.Count(d.Datagrams, "datagram")))
				}
			}
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// run replays.
func (r *replayer) run(ctx context.Context, in io.Reader) error {
	defer r.from.close()
	pipe, err := r.from.open(in, r.only.Port() != 0 && !r.dry && r.loops == 1)
	if err != nil {
		return err
	}
	if pipe && !r.from.stream {
		why := "to see which groups it has; --only GROUP:PORT replays it as it comes"
		if r.only.Port() != 0 {
			why = "for --dry-run or --loop"
		}
		r.remark("reading standard input to its end, " + why)
		if err := r.from.copy(ctx); err != nil {
			return err
		}
	}
	if err := r.choose(ctx); err != nil {
		return err
	}
	if r.dry {
		return r.dryRun()
	}
	findings, err := r.prepare(ctx)
	if err != nil {
		return err
	}
	defer r.conn.Close()
	r.look()
	r.remark(r.beginText())
	if rate := r.plan.rate(); rate > record.MaxRate && r.rate() == 0 {
		r.remark(fmt.Sprintf("that is %s datagrams a second; --rate bounds it", thousands(rate)))
	}
	r.printer().findings(findings) // a replay may be long

	parent := ctx
	ctx, cancel := within(ctx, r.timeout)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { r.conn.SetWriteDeadline(time.Now()) }) // a send may wait
	defer stop()
	r.ended = r.play(ctx)
	return r.finish(parent, len(findings) > 0)
}

// choose finds what is replayed, and where to.
func (r *replayer) choose(ctx context.Context) error {
	if r.from.stream {
		r.chosen.To = netip.AddrPortFrom(r.only.Addr().WithZone(""), r.only.Port())
		return r.target()
	}
	list, err := r.from.destinations(ctx)
	if err != nil {
		return err
	}
	if r.chosen, err = record.Choose(list, r.only); err != nil {
		several, ok := errors.AsType[*record.SeveralError](err)
		switch {
		case ok:
			r.table(several.Groups)
			err = usageError{&mcast.Advised{Err: err, Advice: "choose one of them: --only " + several.Groups[0].To.String()}}
		case errors.Is(err, record.ErrNotThere):
			r.table(list)
		}
		return err
	}
	if err := r.target(); err != nil {
		r.table([]record.Destination{r.chosen})
		return err
	}
	if r.dry {
		if err := r.interfaceThere(); err != nil {
			return err
		}
	}
	return r.makePlan(ctx)
}

// target decides which group is sent to, where none was named.
func (r *replayer) target() error {
	if r.group.Addr.IsValid() {
		return nil
	}
	if !r.asRecorded {
		return usageError{&mcast.Advised{
			Err:    errors.New("replay: name the group to send to, such as 239.9.9.9:5000"),
			Advice: "nothing is sent to the group of the recording, unless you name it or use --as-recorded",
		}}
	}
	if err := record.MayReplay(r.chosen.To.Addr()); err != nil {
		return err
	}
	r.group = mcast.Group{Addr: r.chosen.To.Addr(), Port: r.chosen.To.Port()}
	return nil
}

// interfaceThere is the error of the real run where there is no interface or source
// as the flags name it. A dry run without them asks for none.
func (r *replayer) interfaceThere() error {
	if len(r.set.interfaces) == 0 && !r.set.source.IsValid() {
		return nil
	}
	list, err := host.Interfaces()
	if err != nil {
		return err
	}
	if _, err := r.set.choose(list, r.group.Addr); err != nil {
		return &mcast.OpError{Op: "send", Target: r.group.String(), Err: err}
	}
	return nil
}

// comesBack reports whether a datagram of a stream is one that was just replayed:
// the stream captures where it is replayed to. It would be sent for ever.
func (r *replayer) comesBack(p record.Packet) bool {
	return r.from.stream && p.To == r.chosen.To && p.From.Port() == r.conn.LocalAddr().Port() && (!r.way.Source.IsValid() || p.From.Addr() == r.way.Source.WithZone(""))
}

// play sends what is chosen, in each round. The error is what ended it before its
// end.
func (r *replayer) play(ctx context.Context) error {
	r.player = &record.Player{
		Pace: r.pace, To: r.group.AddrPort(), Via: mcast.ViaChoice(r.choice, r.group.Addr), Send: r.conn.SendBatch, Failed: r.failedBy,
	}
	for r.loops == 0 || r.rounds < r.loops {
		if r.rounds > 0 {
			r.player.Again()
		}
		r.rounds++
		read, err := r.from.each(ctx, r.chosen.To, func(p record.Packet) error {
			if r.comesBack(p) {
				r.own++
				return nil
			}
			err := r.player.Play(ctx, p.At, p.Data)
			if err == nil && r.verbose {
				r.dueLine(p, r.player.Due)
			}
			return err
		}, func() error { return r.player.Flush(ctx) })
		if r.rounds == 1 {
			r.read = read
		}
		if err == nil && read.chosen == 0 {
			break // the file has changed, or the stream had none
		}
		if err != nil {
			if ctx.Err() == nil {
				err = errors.Join(err, r.player.Flush(ctx))
			}
			return err
		}
	}
	return r.player.Flush(ctx)
}
