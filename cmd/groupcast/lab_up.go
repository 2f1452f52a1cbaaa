package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
	"github.com/groupcast/groupcast/tui"
	"github.com/groupcast/groupcast/tui/picture"
)

// labSize is how many hosts a topology gets that can have any number of them.
const labSize = 30

func newLabUp(set *settings) *cobra.Command {
	var name string
	var hosts int
	var rec labRecording
	cmd := &cobra.Command{
		Use:   "up NAME|LESSON|FILE",
		Short: "Build a LAN and keep it running",
		Long: `Build a LAN, from a topology in groupcast lab list, from a lesson or from a file, and keep it running until ctrl+c or
groupcast lab down. On a terminal it draws the LAN, with the traffic of each wire, every fault, and the programs in
each host; enter opens a shell in the selected host. Without a terminal it prints a line when the LAN is ready.`,
		Example: `  groupcast lab up article
  groupcast lab up classroom --hosts 12
  groupcast lab up ttl-and-routers         the LAN of a lesson
  groupcast lab up ./ours.lab --name ours`,
		Args:              arguments(1, 1, "NAME, LESSON or FILE; groupcast lab list and groupcast lab run have the names"),
		ValidArgsFunction: completeTopologies,
		RunE: func(cmd *cobra.Command, args []string) error {
			if hosts < 1 {
				return usageError{fmt.Errorf("--hosts %d: at least 1", hosts)}
			}
			t, err := topology(cmd.Context(), args[0], hosts)
			if err != nil {
				return err
			}
			if n := len(t.Hosts); cmd.Flags().Changed("hosts") && n != hosts {
				return usageError{fmt.Errorf("--hosts %d: %s has %d hosts; only classroom has any number of them", hosts, args[0], n)}
			}
			if err := lab.Enter(); err != nil {
				return err
			}
			if name == "" {
				name = strings.TrimSuffix(filepath.Base(args[0]), filepath.Ext(args[0]))
			}
			return keepUp(cmd, t, name, set, &rec)
		},
	}
	set.has(cmd, "json", "quiet")
	cmd.Flags().StringVar(&name, "name", "", "call the lab `NAME`, so that several can run at once (default: the topology's name)")
	cmd.Flags().IntVar(&hosts, "hosts", labSize, "number of hosts, in topologies that can have any number")
	rec.flag(cmd.Flags())
	return cmd
}

// topology finds a topology by its name or a lesson's, or reads it from a file.
func topology(ctx context.Context, arg string, hosts int) (lab.Topology, error) {
	t, err := lab.FindTopology(arg, hosts)
	if err == nil {
		return t, nil
	}
	if t, ok := lesson.TopologyOf(arg); ok {
		return t, nil
	}
	text, e := readText(ctx, arg)
	if errors.Is(e, fs.ErrNotExist) && !strings.ContainsRune(arg, filepath.Separator) {
		return t, err // no name and no file
	}
	if e != nil {
		return t, e
	}
	return lab.ParseTopology(arg, bytes.NewReader(text))
}

// keepUp is the life of a lab that other terminals can reach.
func keepUp(cmd *cobra.Command, t lab.Topology, name string, set *settings, rec *labRecording) (err error) {
	console, err := lab.Listen(name)
	if err != nil {
		return err
	}
	defer console.Close()
	if err := rec.begin(cmd, set, name, t); err != nil {
		return err
	}
	begin := time.Now()
	l, err := lab.UpWatched(cmd.Context(), t, rec.made())
	defer func() { // once the lab has ended
		rec.end(cmd.OutOrStdout(), set.json)
		if err == nil && rec.doubtful() {
			err = status(exitDoubt)
		}
	}()
	if err != nil {
		return err
	}
	defer l.Close()
	took := time.Since(begin)

	ctx, ended := context.WithCancel(cmd.Context())
	defer ended()
	serving, stop := context.WithCancel(cmd.Context())
	defer stop()
	served := make(chan error, 1)
	go func() {
		defer ended()
		served <- l.Serve(serving, console)
	}()
	out := cmd.OutOrStdout()
	ready := jsonReady{jsonHead: headOf("ready"), Lab: name, Hosts: hostNames(t), Switches: len(t.Switches), Milliseconds: took.Milliseconds()}
	switch {
	case set.json:
		writeJSON(out, ready)
	case onTerminal(cmd.InOrStdin(), out):
		d := picture.NewNetworkDrawing(networkOf(t), os.Getenv("NO_COLOR") == "", !speaksUTF8())
		view := &labView{ctx: ctx, lab: l, name: name, drawing: d}
		err := tui.RunLab(ctx, readyText(name, t, took), view, tui.Options{ASCII: !speaksUTF8()})
		if ctx.Err() == nil { // by a key, or not at all
			stop()
			<-served
			return cmp.Or[error](err, status(exitInterrupted))
		}
	case !set.quiet:
		fmt.Fprintln(out, readyText(name, t, took))
	}
	return <-served
}

// jsonReady is what --json prints once.
type jsonReady struct {
	jsonHead              // ready
	Lab          string   `json:"lab"`
	Hosts        []string `json:"hosts"`
	Switches     int      `json:"switches"`
	Milliseconds int64    `json:"ms"` // that building took
}

func readyText(name string, t lab.Topology, took time.Duration) string {
	text := fmt.Sprintf("ready: %s (%s) in %d ms", name, inventory(t), took.Milliseconds())
	if len(t.Hosts) > 0 {
		text += fmt.Sprintf("; enter a host: groupcast lab enter %s %s", name, t.Hosts[0].Name)
	}
	return text
}

// completeTopologies offers topologies, lessons, and files.
func completeTopologies(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var out []string
	for _, n := range lab.Topologies() {
		out = append(out, n.Name+"\t"+n.Title)
	}
	for _, l := range lesson.All() {
		if !slices.ContainsFunc(out, func(o string) bool { return strings.HasPrefix(o, l.Name+"\t") }) {
			out = append(out, l.Name+"\tthe lesson: "+l.Title)
		}
	}
	return out, cobra.ShellCompDirectiveDefault
}
