package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/mesh"
	"github.com/groupcast/groupcast/mcast/stream"
	"github.com/groupcast/groupcast/tui"
)

func newMesh(set *settings) *cobra.Command {
	c := &meshCommand{set: set, rate: mesh.DefaultRate}
	cmd := &cobra.Command{
		Use:   "mesh [[SOURCE@]GROUP[:PORT]]...",
		Short: "Measure on many hosts at once which of them hears which",
		Long: `Measure who hears whom: run the same command on each host, in any order, and every host ends with the same matrix. No
host needs a list of the others. Each sends numbered datagrams to the group, on the port after the group's, and counts
those of each other one: how many were lost, came twice or late, the longest silence and when it was, the interface
and the TTL. Each tells the others what it counted. Signed probes by unicast measure the way between two hosts apart.

In a terminal it is a live screen; elsewhere, with --plain, or for several groups, a line every --every. It ends after
--timeout or at ctrl+c, exchanges the final reports with the others, which takes 10 seconds at the most and 100 ms for
each member, and prints the report. A second ctrl+c ends it at once. Start and end it on all hosts at about the same
time: who is missing at the end cannot report. --wait-for lets hosts start in any order.

The numbered datagrams are not authenticated, even with a key: a host on the LAN can spoil the counts of others. Only
members can report. A firewall must let in the ports of the group and the one after it.`,
		Example: `  groupcast mesh 239.1.2.3:5000                     on each host; ctrl+c ends it with a report
  groupcast mesh 239.1.2.3:5000 -t 1h --report night.html --max-loss 0.1%
  groupcast mesh 239.1.2.3:5000 -t 30 --wait-for 4 --json | jq -r 'select(.type == "report").holes[].text'
  groupcast mesh --expect-names hosts.txt -t 60 239.1.2.3:5000 && echo all hear all`,
		ValidArgsFunction: completeGroups,
		RunE: func(cmd *cobra.Command, args []string) error {
			c.in, c.out, c.errs = cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()
			groups, err := set.groups(cmd, args)
			if err != nil {
				return err
			}
			if c.groups, err = meshGroups(groups); err != nil {
				return usageError{err}
			}
			if err := c.check(cmd.Flags().Changed); err != nil {
				return usageError{err}
			}
			return c.run(cmd)
		},
	}
	flags := cmd.Flags()
	set.has(cmd, "family", "interface", "source", "ttl", "json", "quiet", "trace")
	timeoutFlag(flags, &c.timeout)
	alias(flags, "timeout", "for", "")
	flags.Var(&c.rate, "rate", "send so many numbered datagrams a second, 1000 at most")
	sizeFlag(flags, &c.size, mesh.DefaultSize, "send numbered datagrams of so many `BYTES`, 40 to 65507")
	flags.Var(&c.maxLoss, "max-loss", "exit with 3 if a pair lost more than this `PERCENT` of its datagrams")
	flags.IntVar(&c.expect, "expect", 0, "exit with 1 unless `N` members took part, with this one; 0: any number")
	flags.StringVar(&c.namesFile, "expect-names", "", "exit with 1 unless these members took part: a `FILE` with a name in each line; # begins a comment")
	flags.IntVar(&c.waitFor, "wait-for", 0, "let the time of --timeout begin when `N` members are here, with this one; at the end as many are expected, unless --expect says more; 0: at once")
	flags.StringVar(&c.report, "report", "", "write the report to this new `FILE`, too: .html or .txt; of several groups a file each")
	timeFlag(flags, &c.every, "every", "", 10*time.Second, "how often a line says how it stands, 1s at least")
	flags.BoolVar(&c.plain, "plain", false, "plain lines instead of the screen, for screen readers")
	flags.BoolVar(&c.ui, "ui", false, "the live screen (the default in a terminal, for one group)")
	flags.BoolVar(&c.ascii, "ascii", false, "draw the screen with ASCII only (the default where the locale is not UTF-8)")
	themeFlag(cmd, &c.theme)
	c.member.add(cmd)
	for _, name := range []string{"plain-only", "history"} { // of a talk
		flags.MarkHidden(name)
	}
	for _, name := range []string{"timeout", "rate", "size", "max-loss", "expect", "wait-for", "every"} {
		cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions)
	}
	return cmd
}

// meshCommand measures who hears whom.
type meshCommand struct {
	set       *settings
	member    memberFlags
	groups    []meshGroup
	timeout   time.Duration
	rate      rateValue
	size      int
	maxLoss   percentValue
	expect    int
	namesFile string
	names     []string
	waitFor   int
	report    string
	files     []string // of the report, one for each group
	every     time.Duration
	plain, ui bool
	ascii     bool
	theme     tui.Theme
	in        io.Reader
	out, errs io.Writer
	printer   linePrinter
	several   bool // groups: lines say which
	runs      []*meshRun
	hold      *[]chat.Line // what is told after the screen; nil: there is none
}

// check looks at the flags alone, and at the file with names.
func (c *meshCommand) check(named func(flag string) bool) (err error) {
	c.several = len(c.groups) > 1
	switch {
	case c.timeout < 0:
		return fmt.Errorf("--timeout %s: want 0 (no limit) or more", c.timeout)
	case c.every < time.Second:
		return fmt.Errorf("--every %s: want 1s or more", c.every)
	case !(c.rate > 0 && c.rate <= mesh.MaxRate):
		return fmt.Errorf("--rate %s: want more than 0 and at most %d a second", c.rate.String(), mesh.MaxRate)
	case c.size < stream.HeaderSize || c.size > mcast.MaxPayload:
		return fmt.Errorf("--size %d: want %d to %d", c.size, stream.HeaderSize, mcast.MaxPayload)
	case named("expect") && (c.expect < 2 || c.expect > mesh.MaxPeers+1) && c.expect != 0:
		return fmt.Errorf("--expect %d: want 2 to %d, with this host", c.expect, mesh.MaxPeers+1)
	case named("wait-for") && (c.waitFor < 2 || c.waitFor > mesh.MaxPeers+1) && c.waitFor != 0:
		return fmt.Errorf("--wait-for %d: want 2 to %d, with this host", c.waitFor, mesh.MaxPeers+1)
	case c.expect > 0 && c.namesFile != "":
		return errors.New("--expect and --expect-names: one of them, as the file says how many")
	case named("expect-names") && c.namesFile == "":
		return errors.New("--expect-names: name a file")
	case c.expect > 0 && c.waitFor > c.expect:
		return fmt.Errorf("--wait-for %d waits for more members than --expect %d expects", c.waitFor, c.expect)
	case c.member.plainOnly:
		return errors.New("--plain-only: only members can measure")
	case c.member.history != "":
		return errors.New("--history: nothing is said in a measurement; --report FILE keeps what it found")
	case named("report") && c.report == "":
		return errors.New("--report: name a file")
	case c.ui && (c.plain || c.set.json):
		return errors.New("--ui: a screen does not go with --plain and --json")
	case c.ui && c.several:
		return errors.New("--ui: the screen shows one group; several have lines")
	case c.ui && !onTerminal(c.in, c.out):
		return errors.New("--ui: the screen needs a terminal")
	case c.onScreen() && c.set.trace && isTerminal(c.errs):
		return errors.New("--trace writes to standard error, where the screen is: add 2>FILE, or --plain")
	}
	if c.namesFile != "" {
		if c.names, err = readNames(c.namesFile); err != nil {
			return fmt.Errorf("--expect-names: %w", err)
		}
		if c.waitFor > len(c.names)+1 {
			return fmt.Errorf("--wait-for %d: --expect-names has %d names", c.waitFor, len(c.names))
		}
	} else if c.expect == 0 {
		c.expect = c.waitFor
	}
	return c.checkReport()
}

// onScreen reports whether it is a live screen.
func (c *meshCommand) onScreen() bool {
	return !c.set.json && !c.set.quiet && !c.plain && !c.several && onTerminal(c.in, c.out)
}

// drawsASCII reports whether texts are to have nothing else.
func (c *meshCommand) drawsASCII() bool { return c.ascii || !speaksUTF8() }

// subject is what a line begins with where there are several groups.
func (c *meshCommand) subject(r *meshRun) string {
	if !c.several {
		return ""
	}
	return r.name() + ": "
}

// hasHTML reports whether a report is to be one of HTML.
func hasHTML(file string) bool { return strings.HasSuffix(strings.ToLower(file), ".html") }
