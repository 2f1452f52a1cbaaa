package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/cmd/internal/systemd"
	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge/hub"
	"github.com/groupcast/groupcast/mcast/chat"
)

func (set *settings) run(cmd *cobra.Command) error {
	if set.dir == "" {
		dir, err := stateDir()
		if err != nil {
			return err
		}
		set.dir = dir
	}
	running, err := hub.Dial(set.dir)
	if err != nil && !errors.Is(err, hub.ErrNone) {
		return err
	}
	out, remarks := cmd.OutOrStdout(), cmd.OutOrStdout()
	if set.quiet {
		remarks = io.Discard
	}
	switch {
	case len(set.remove) > 0:
		return set.takeBack(running, remarks)
	case set.list:
		return set.listSites(running, out)
	case running == nil:
		return set.start(cmd.Context(), remarks, cmd.ErrOrStderr())
	case len(set.sites) == 0:
		return fmt.Errorf("%s: %w", short(set.dir), hub.ErrRunning)
	}
	if name := ofStart(cmd.Flags()); name != "" {
		return usageError{fmt.Errorf("a hub runs on %s already: --%s would do nothing", short(set.dir), name)}
	}
	_, err = set.invite(running, "", remarks)
	return err
}

// start runs a hub until ctx or the time ends.
func (set *settings) start(ctx context.Context, remarks, errs io.Writer) (err error) {
	cfg := hub.Config{Dir: set.dir, Listen: set.listen, History: set.history}
	if set.history == 0 {
		cfg.History = -1
	}
	if set.url != "" {
		cfg.URLs = []string{set.url}
	}
	if !set.quiet {
		cfg.Tell = func(text string) { fmt.Fprintf(errs, "groupcast-hub: %s\n", chat.CleanRow(text)) }
	}
	h, err := hub.Start(ctx, cfg)
	if ctx.Err() != nil {
		err = errors.Join(err, context.Cause(ctx))
	}
	if err != nil {
		return ended(notListening(set.listen, err))
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	history := "no history"
	if set.history > 0 {
		history = fmt.Sprintf("history 24 h (%s)", (*sizeValue)(&set.history))
	}
	fmt.Fprintf(remarks, "hub on %s, %s, state in %s\n", chat.CleanRow(h.URL()), history, chat.CleanRow(short(set.dir)))
	wrote, err := set.invite(h, h.URL(), remarks)
	if err != nil {
		return err
	}
	names, err := h.Sites()
	none := err == nil && len(names) == 0
	set.tellReach(h.URL(), wrote > 0 || none, remarks)
	if none {
		fmt.Fprintf(remarks, "it has no site yet: %s --site NAME, in another terminal, adds one\n", called)
	}
	service, err := systemd.FromEnvironment()
	if err = errors.Join(err, service.Ready("hub on "+h.URL())); err != nil {
		complain(errs, err)
	}
	defer service.Stopping()
	if set.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, set.timeout, context.Canceled)
		defer cancel()
	}
	<-ctx.Done()
	return ended(context.Cause(ctx))
}

// tellReach says who can reach a hub at an address that may not be meant. New sites get
// hub files with it.
func (set *settings) tellReach(url string, newSites bool, remarks io.Writer) {
	host, _, _ := net.SplitHostPort(set.listen)
	a, err := netip.ParseAddr(host)
	name, _, _ := net.SplitHostPort(strings.TrimPrefix(url, "tls://"))
	guess, _ := netip.ParseAddr(name)
	switch {
	case host == "localhost" || err == nil && a.IsLoopback():
		fmt.Fprintf(remarks, "it listens on %s: only programs of this host reach it\n", host)
	case set.url != "" || err == nil && !a.IsUnspecified() || !newSites:
	case guess.IsLoopback():
		fmt.Fprintf(remarks, "this host has no other address, and hub files name %s: only programs of this host reach that; for others: --url HOST\n", name)
	default:
		fmt.Fprintf(remarks, "hub files name %s; if sites reach it otherwise: --url HOST\n", chat.CleanRow(name))
	}
}

// ended is the error of a hub that a signal, or the time, has ended.
func ended(err error) error {
	switch {
	case errors.Is(err, errInterrupted):
		return errInterrupted
	case errors.Is(err, context.Canceled):
		return nil
	}
	return err
}

// hubFiles are the sites of a hub that runs, in this process or another, or not.
type hubFiles interface {
	Sites() ([]string, error)
	Key(site string) (string, error)
	Remove(site string) error
}

// found is the hub that runs, or what one has left.
func (set *settings) found(running *hub.Remote) (hubFiles, error) {
	if running != nil {
		return running, nil
	}
	stopped, err := hub.OpenStopped(set.dir)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", short(set.dir), err)
	}
	return stopped, nil
}

func (set *settings) takeBack(running *hub.Remote, remarks io.Writer) error {
	h, err := set.found(running)
	if err != nil {
		return err
	}
	for _, site := range set.remove {
		key, err := h.Key(site)
		if err == nil {
			err = h.Remove(site)
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(remarks, "removed %s: its hub file opens nothing any more\n", site)
		if f, public, err := readHubFile(set.hubFile(site)); err == nil && f.Site == site && public == key {
			fmt.Fprintf(remarks, "%s can be deleted\n", chat.CleanRow(set.hubFile(site)))
		}
	}
	return nil
}

func (set *settings) listSites(running *hub.Remote, out io.Writer) error {
	h, err := set.found(running)
	if err != nil {
		return err
	}
	names, err := h.Sites()
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return &mcast.Advised{Err: errors.New("the hub has no site"), Advice: called + " --site NAME adds one"}
	}
	for _, name := range names {
		if _, err := fmt.Fprintln(out, chat.CleanRow(name)); err != nil {
			return err
		}
	}
	return nil
}
