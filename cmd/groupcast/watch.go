package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/cmd/internal/systemd"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/stream"
	"github.com/groupcast/groupcast/mcast/watch"
	"github.com/groupcast/groupcast/tui"
)

func newWatch(set *settings) *cobra.Command {
	c := &watchCommand{set: set, bars: watchBars{minRate: streamRate{finite: true}}}
	cmd := &cobra.Command{
		Use:   "watch TARGET... [--pair A=B]",
		Short: "Watch many groups for hours, and count the losses of each sender",
		Long: `Join groups and count each of their senders separately: how many datagrams come, how regularly, and how many were
lost, by the numbers that RTP, MPEG-TS, iperf2, sockperf, PTP, mcjoin and groupcast send --rate put into their
datagrams. It reports when a sender falls silent and when it is back. It separates what was lost before this host's
socket from what found no room in the socket. It ends at ctrl+c or after --timeout, with a report and an exit status.

TARGET is [SOURCE@]GROUP[:PORT], with +N for N groups in a row; a URL as players have it, udp://@239.1.1.1:5004 or
rtp://...; or @FILE, a list with one target in each line, and its name in the rest of the line. It reads M3U as well.

--pair compares two legs that carry the same stream, as SMPTE ST 2022-7 has them, by their numbers: what each leg lost,
what both lost, and which is how much earlier. Of a pair --max-loss is about what both lost.

In a terminal it is a live screen. Without one, or with --plain, each event is a line, and each stream is a line every
--every. A loss is exact unless it says "at least" or "about". -q prints only the report.`,
		Example: `  groupcast watch 239.1.1.1                                 a row for each sender; ctrl+c prints the report
  groupcast watch 239.1.1.0:5004+100 10.0.0.1@232.1.1.1:5004
  groupcast watch @channels.txt -t 1h --max-loss 0.01% --max-gap 2s --min-rate 900/s --json
  groupcast watch --pair 239.1.1.1:5004=239.2.1.1:5004      two legs of one stream: what both of them lost
  groupcast watch --metrics :9464 @channels.txt             Prometheus reads http://127.0.0.1:9464/metrics
  groupcast watch --plain --csv night.csv @channels.m3u`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 && len(c.pairs.pairs) == 0 {
				return usageError{errors.New("watch: name a group, such as 239.1.1.1:5004, or a list of them: @channels.txt")}
			}
			return nil
		},
		ValidArgsFunction: completeGroups,
		RunE: func(cmd *cobra.Command, args []string) error {
			c.in, c.out, c.errs = cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()
			if err := c.check(cmd.Flags().Changed); err != nil {
				return usageError{err}
			}
			ctx, cancel := within(cmd.Context(), c.timeout)
			defer cancel()
			if err := c.metrics.listen(ctx); err != nil {
				return err
			}
			defer c.metrics.close()
			c.sayMetrics()
			targets, remarks, err := c.targets(ctx, cmd, args)
			if err != nil {
				return err
			}
			for _, text := range remarks {
				c.remark(text)
			}
			return c.run(cmd.Context(), targets)
		},
	}
	flags := cmd.Flags()
	set.has(cmd, "family", "interface", "json", "quiet", "trace")
	flags.Lookup("interface").Usage = "listen on `NAME|INDEX|ADDRESS`; several: on each of them"
	timeoutFlag(flags, &c.timeout)
	flags.Var(&c.bars.maxLoss, "max-loss", "exit with 3 if a stream lost more than this `PERCENT` of its datagrams")
	timeFlag(flags, &c.bars.maxGap, "max-gap", "", 0, "report every sender as silent after this time; 0: only steady senders, judged by their own rate")
	flags.Var(&c.bars.minRate, "min-rate", "exit with 3 if a stream stayed more than 10 % below this `RATE` for 10 s, such as 900/s or 8Mb/s")
	timeFlag(flags, &c.every, "every", "", time.Minute, "how often each stream is printed, 100ms at least")
	flags.StringVar(&c.csv.file, "csv", "", "write each stream to this new `FILE`, too, a row every --every; -: only that, to standard output")
	flags.Var(&c.seq, "seq", "where the datagrams have their number: `OFFSET:TYPE`, such as 4:u32; TYPE is u8, u16, u32 or u64, with le behind it if little-endian")
	flags.Var(&c.metrics, "metrics", "serve the counts to Prometheus at `[HOST]:PORT`, such as :9464; without HOST only this host can read them")
	flags.Var(&c.pairs, "pair", "compare two groups that carry the same stream, `A=B`; several: each is a pair; --max-loss is then about what both lost")
	flags.BoolVar(&c.joinOnly, "join-only", false, "join the groups, and read nothing")
	flags.BoolVar(&c.plain, "plain", false, "plain lines instead of the screen, for screen readers")
	flags.BoolVar(&c.ascii, "ascii", false, "draw the screen with ASCII only (the default where the locale is not UTF-8)")
	themeFlag(cmd, &c.theme)
	for _, name := range []string{"timeout", "max-loss", "max-gap", "min-rate", "every", "seq", "metrics", "pair"} {
		cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions)
	}
	return cmd
}

// watchGarbage is how much the collector lets gather, in percent of what is in use. A
// datagram leaves none, so that the collector has little to do.
const watchGarbage = 20

// watchCommand watches groups.
type watchCommand struct {
	set          *settings
	timeout      time.Duration
	every        time.Duration
	bars         watchBars
	csv          watchCSV
	seq          seqValue
	metrics      watchMetrics
	pairs        pairsValue
	joinOnly     bool
	plain, ascii bool
	theme        tui.Theme
	first        []string // remarks that the screen begins with
	service      *systemd.Service
	in           io.Reader
	out, errs    io.Writer
}

// check looks at the flags alone.
func (c *watchCommand) check(named func(flag string) bool) error {
	if c.joinOnly {
		for _, other := range []string{"max-loss", "max-gap", "min-rate", "every", "csv", "seq", "metrics", "pair"} {
			if named(other) {
				return fmt.Errorf("--join-only: it reads nothing, so --%s does not go with it", other)
			}
		}
	}
	switch {
	case c.timeout < 0:
		return fmt.Errorf("--timeout %s: want 0 (no limit) or more", c.timeout)
	case c.bars.maxGap < 0:
		return fmt.Errorf("--max-gap %s: want 0 (of steady senders, by how they send) or more", c.bars.maxGap)
	case c.every < 100*time.Millisecond:
		return fmt.Errorf("--every %s: want 100ms or more", c.every)
	case named("csv") && c.csv.file == "":
		return errors.New("--csv: name a file")
	case c.csv.file == "-" && c.set.json:
		return errors.New("--csv - and --json both write to standard output: name a file, or leave one out")
	case c.set.quiet && !c.set.json && c.metrics.at.IsValid() && c.metrics.at.Port() == 0:
		return errors.New("--metrics with port 0 takes a free one, and --quiet hides which: name a port, such as :9464")
	case c.onScreen() && c.set.trace && isTerminal(c.errs):
		return errors.New("--trace writes to standard error, where the screen is: add 2>FILE, or --plain")
	}
	return nil
}

// targets are the groups that are named, and the legs of the pairs.
func (c *watchCommand) targets(ctx context.Context, cmd *cobra.Command, args []string) (list []watch.Target, remarks []string, err error) {
	if c.pairs.pairs, err = c.pairs.ofVersion(c.set); err != nil || len(args) == 0 {
		return nil, nil, err
	}
	return c.set.targets(ctx, cmd, args)
}

// onScreen reports whether it is a live screen.
func (c *watchCommand) onScreen() bool {
	return !c.set.json && !c.set.quiet && !c.plain && !c.joinOnly && c.csv.file != "-" && onTerminal(c.in, c.out)
}

func (c *watchCommand) run(ctx context.Context, targets []watch.Target) error {
	c.serve()
	ports := &listener{set: c.set} // which knows what other programs have
	cfg := watch.Config{
		Targets: targets, Pairs: c.pairs.pairs, Interfaces: c.set.interfaces, JoinOnly: c.joinOnly, Bind: ports.bind, Trace: c.set.tracer(c.errs),
		Stream: stream.Config{MaxGap: c.bars.maxGap, Seq: stream.Seq(c.seq)}, MinRate: c.bars.minRate.bound(), Ticked: c.service.Alive,
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(watchGarbage)
	}
	w, err := watch.New(ctx, cfg)
	if errors.Is(err, watch.ErrTooMuch) {
		return usageError{err}
	}
	if err != nil {
		return err
	}
	defer w.Close()
	if err := c.csv.open(c.out); err != nil {
		return err
	}
	if c.csv.file == "-" {
		c.out = io.Discard
	}
	defer c.csv.close()
	parent := ctx
	ctx, cancel := within(ctx, c.timeout)
	defer cancel()
	c.remarkOn(w.Snapshot())
	c.ready(w.Snapshot())
	if c.onScreen() {
		return c.screen(parent, ctx, w)
	}
	c.begin(w.Snapshot())
	return c.lines(ctx, w)
}

// lines tells what happens until ctx ends, and then reports.
func (c *watchCommand) lines(ctx context.Context, w *watch.Watcher) error {
	reading, stop := context.WithCancel(ctx)
	defer stop()
	defer c.metrics.serve(w.Counts, c.complain)()
	ended := make(chan error, 1)
	go func() { ended <- w.Run(reading) }()
	each := time.NewTicker(c.every)
	defer each.Stop()
	for {
		select {
		case <-w.News():
			c.tell(w)
		case <-each.C:
			c.tell(w)
			c.interval(w.Counts())
		case err := <-ended:
			c.tell(w)
			if err != nil {
				return err
			}
			return c.end(w.Counts())
		}
	}
}

// tell prints what happened since the last time.
func (c *watchCommand) tell(w *watch.Watcher) {
	events := w.Events()
	if c.set.quiet || len(events) == 0 {
		return
	}
	s := w.Names()
	if c.set.json && slices.ContainsFunc(events, func(e watch.Event) bool { return len(e.Each) > 0 }) {
		s = w.Counts() // of which group each of them is
	}
	if c.set.json {
		for _, e := range events {
			writeJSON(c.out, c.eventObject(s, e))
		}
		return
	}
	for _, e := range watch.Gather(events) {
		c.say(!quietEvents[e.Kind], c.eventText(s, e))
	}
}

// interval prints how it stands with each stream.
func (c *watchCommand) interval(s watch.Snapshot) {
	if c.joinOnly {
		return
	}
	c.unserved(c.service.Status(summaryText(s)))
	if err := c.csv.write(s, c.streamObject); err != nil {
		c.complain(err)
	}
	if c.set.quiet {
		return
	}
	if !c.set.json {
		c.say(false, c.clock(s.At)+summaryText(s))
	}
	for _, one := range s.Streams {
		if c.set.json {
			writeJSON(c.out, c.streamObject(s, one))
			continue
		}
		c.say(false, c.clock(s.At)+streamText(s, one))
	}
	for _, p := range s.Pairs {
		if c.set.json {
			writeJSON(c.out, pairObject(s, p))
			continue
		}
		c.say(false, c.clock(s.At)+pairText(s, p))
	}
}

// end reports, and gives the exit status. Ctrl+c is the end of most watches, so it
// makes no difference.
func (c *watchCommand) end(s watch.Snapshot) error {
	c.unserved(c.service.Stopping())
	if c.joinOnly {
		for _, g := range s.Groups {
			if len(g.Joined) == 0 {
				return status(exitNot)
			}
		}
		return nil
	}
	if err := c.csv.write(s, c.streamObject); err != nil {
		c.complain(err)
	}
	if err := c.csv.close(); err != nil {
		c.complain(err)
	}
	r := c.report(s)
	if c.set.json {
		for _, one := range s.Streams {
			writeJSON(c.out, c.streamObject(s, one))
		}
		for _, p := range s.Pairs {
			writeJSON(c.out, pairObject(s, p))
		}
		writeJSON(c.out, c.reportObject(s, r))
	} else {
		rows, faults := c.reportText(s, r), len(c.faultsText(s, r))
		for n, row := range rows {
			c.say(n >= len(rows)-faults, row)
		}
	}
	if r.exit != exitOK {
		return status(r.exit)
	}
	return nil
}

func cleanAll(names []string) []string {
	out := make([]string, len(names)) // [], not null
	for n, name := range names {
		out[n] = chat.Clean(name)
	}
	return out
}
