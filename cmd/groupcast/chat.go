package main

import (
	"errors"
	"os"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/session"
	"github.com/groupcast/groupcast/tui"
)

// screenMemory is what the collector keeps a screen's memory below. What is
// kept has bounds of its own, about half of this; the rest is what a flood of
// large datagrams would leave lying about.
const screenMemory = 48 << 20

func newChat(set *settings) *cobra.Command {
	var plain, mouse, heardJSON bool
	var logTo string
	var rec recording
	var member memberFlags
	var opts tui.Options
	cmd := &cobra.Command{
		Short: "Talk in a group: in a terminal UI, or line by line without a terminal",
		Long: `Talk in a group. In a terminal this opens the terminal UI.

Without a terminal (a pipe, a file, TERM=dumb), or with --plain, it sends each line of standard input as a datagram
and prints what arrives. It ends at the end of input, once the loopback copy of the last line is back, or after a
second. With --plain in a terminal, the commands of the screen work, too: /help lists them. From a pipe or a file,
every line is sent as it is.`,
		Args:              oneGroup,
		ValidArgsFunction: completeGroups,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			groups, err := set.groups(cmd, args)
			if err != nil {
				return err
			}
			screen := !set.json && !plain && onTerminal(cmd.InOrStdin(), cmd.OutOrStdout())
			if screen && set.trace && isTerminal(cmd.ErrOrStderr()) {
				return usageError{errors.New("--trace writes to standard error, where the screen is: add 2>FILE")}
			}
			if err := rec.check(cmd.OutOrStdout(), besides(map[string]bool{"--json": set.json})...); err != nil {
				return err
			}
			p := &linePrinter{out: rec.takeOutput(cmd.OutOrStdout()), errs: cmd.ErrOrStderr(), json: set.json, quiet: set.quiet}
			cfg := session.Config{
				Group:        groups[0],
				Interfaces:   set.interfaces,
				Source:       set.source,
				Hops:         set.ttl,
				NoLoopback:   !set.loopback,
				MulticastAll: set.multicastAll,
				Trace:        rec.trace(set.tracer(cmd.ErrOrStderr())),
				Hint:         hint,
			}
			member.lesson = opts.Lesson
			members, err := member.membership(cmd, set, groups[0], screen || isTerminal(cmd.InOrStdin()))
			if err != nil {
				return err
			}
			defer func() { err = members.end(err, cmd.ErrOrStderr()) }()
			heardJSON = heardJSON && screen && member.seat && !isTerminal(cmd.ErrOrStderr())
			if !heardJSON {
				members.tell(p)
			}
			cfg.Members = members.config
			if cfg.Members != nil {
				cfg.Members.AskUser = screen || !set.json && isTerminal(cmd.InOrStdin())
			}
			if screen {
				cfg.Capture, cfg.Wires, cfg.Recent = true, true, session.RecentFile()
			}
			if err := rec.recordTalk(cfg, screen, cmd.ErrOrStderr()); err != nil {
				return err
			}
			heard := reportsTo(cmd.ErrOrStderr(), heardJSON, &cfg)
			log, err := openTalkLog(logTo)
			if err != nil {
				return rec.sparing(err)
			}
			s, err := log.start(cmd.Context(), cfg)
			if err != nil {
				return rec.sparing(err)
			}
			rec.talk.Store(s)
			defer func() { s.Close(); err = rec.end(err, p.objects(), p.remark) }()
			defer func() { err = log.end(s, err, cmd.ErrOrStderr()) }()
			if heardJSON {
				tellInTalk(s, members.remarks)
				heard.follow(s)
				defer heard.end()
			}
			if screen {
				if os.Getenv("GOMEMLIMIT") == "" {
					debug.SetMemoryLimit(screenMemory)
				}
				// In the lesson the parent is a host of the lab, which is no shell.
				opts.NoMouse, opts.Suspend = !mouse, canSuspend() && !opts.Lesson && !member.seat
				opts.Seat = member.seat
				opts.Host, _ = lab.InHost()
				opts.ASCII = opts.ASCII || !speaksUTF8()
				opts.Recording = rec.state
				began := time.Now()
				if err := tui.Run(cmd.Context(), s, opts); err != nil || set.quiet {
					return err
				}
				talkSummary{s.Snapshot(), time.Since(began), set.about(groups[0]), opts.Lesson || opts.Seat}.write(cmd.OutOrStdout())
				return nil
			}
			p.person, p.began = isTerminal(cmd.InOrStdin()), time.Now()
			ask := set.about(groups[0])
			p.ask = &ask
			return runLines(cmd.Context(), s, cmd.InOrStdin(), p)
		},
	}
	set.has(cmd, "family", "interface", "source", "ttl", "loopback", "multicast-all", "json", "quiet", "trace")
	flags := cmd.Flags()
	flags.BoolVar(&plain, "plain", false, "plain lines instead of the screen, for screen readers")
	flags.BoolVar(&opts.ASCII, "ascii", false, "draw the screen with ASCII only (the default where the locale is not UTF-8)")
	themeFlag(cmd, &opts.Theme)
	flags.BoolVar(&mouse, "mouse", true, "use the mouse; --mouse=false leaves it to the terminal")
	flags.BoolVar(&opts.Notify, "notify", false, "ring the bell when something is said while you look elsewhere")
	flags.BoolVar(&opts.Lesson, "lesson", false, "lead through the article, as host A of the lab")
	flags.StringVar(&logTo, "log", "", "append the conversation to `FILE`, as the JSON objects of --json")
	cmd.RegisterFlagCompletionFunc("log", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveDefault
	})
	recordFlags(cmd, &rec)
	member.add(cmd)
	flags.BoolVar(&member.seat, "seat", false, "run in a seat of a class, where there is no shell")
	flags.BoolVar(&heardJSON, "heard-json", false, "in a seat: tell on standard error what is heard")
	for _, name := range []string{"lesson", "seat", "heard-json"} {
		flags.Lookup(name).Hidden = true
	}
	return cmd
}
