package main

import (
	"bufio"
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab/labtest/programs"
	"github.com/groupcast/groupcast/mcast/session"
)

func init() {
	for name, other := range programs.ByName {
		plainCommands[name] = func() { plainly(other(os.Args[1:])) }
	}
	plainCommands["looks"] = func() { os.Exit(lookEachWay(os.Args[1:])) }
}

// looked ends what a look has printed.
const looked = "looked."

// lookEachWay asks in each of the looks, when a line of standard input says so,
// and returns the first status that is not 0. It is one process for all of them:
// one that the race detector watches costs more to start than a look.
func lookEachWay(args []string) (status int) {
	in := bufio.NewScanner(os.Stdin)
	for _, look := range looks {
		if !in.Scan() {
			return exitNot
		}
		ask := run
		if look[0] == "pane" {
			ask = pane
		}
		code := ask(context.Background(), slices.Concat(look, args), strings.NewReader(""), os.Stdout, os.Stderr)
		if code != exitOK {
			fmt.Fprintf(os.Stderr, "%s: status %d\n", strings.Join(look, " "), code)
		}
		status = cmp.Or(status, code)
		fmt.Println(looked)
	}
	return status
}

// paneTime is how long the screen is open: the facts are read anew twice.
const paneTime = 2*session.RefreshEvery + session.RefreshEvery/2

// pane is a talk whose screen is open for a while. It prints what its pane has
// shown at any time, and returns the status that the doctor has.
func pane(ctx context.Context, args []string, _ io.Reader, stdout, stderr io.Writer) int {
	cfg, err := paneConfig(args[1:])
	if err != nil {
		fmt.Fprintln(stderr, err)
		return exitUsage
	}
	s, err := session.Start(ctx, cfg)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return exitNot
	}
	defer s.Close()
	shown := map[string]bool{}
	look, end := time.NewTicker(100*time.Millisecond), time.After(paneTime)
	defer look.Stop()
	for {
		select {
		case <-look.C:
			for _, f := range s.Snapshot().Findings {
				text := fmt.Sprintf("%s %s on %s: %s: %s", f.Verdict, f.Name, f.Interface, f.Title, f.Evidence)
				if !shown[text] {
					shown[text] = true
					fmt.Fprintln(stdout, text)
				}
			}
		case <-end:
			if len(shown) > 0 {
				return exitDoubt
			}
			return exitOK
		}
	}
}

// paneConfig reads the arguments that the doctor is given as well.
func paneConfig(args []string) (session.Config, error) {
	flags := flag.NewFlagSet("pane", flag.ContinueOnError)
	on := flags.String("i", "", "interface")
	hops := flags.Int("ttl", 1, "TTL")
	flags.String("from", "", "of the doctor only")
	flags.Int("size", 0, "of the doctor only")
	cfg := session.Config{Group: mcast.DefaultGroup}
	// Flags may stand behind the group.
	for len(args) > 0 {
		if err := flags.Parse(args); err != nil {
			return cfg, err
		}
		if args = flags.Args(); len(args) > 0 {
			g, err := mcast.ParseGroup(args[0])
			if err != nil {
				return cfg, err
			}
			cfg.Group, args = g, args[1:]
		}
	}
	if cfg.Hops = *hops; *on != "" {
		cfg.Interfaces = []string{*on}
	}
	return cfg, nil
}
