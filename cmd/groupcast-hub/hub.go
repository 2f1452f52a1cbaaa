package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

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
	return set.invite(running, "", remarks)
}

// start runs a hub until ctx or the time ends.
func (set *settings) start(ctx context.Context, remarks, errs io.Writer) (err error) {
	cfg := hub.Config{Dir: set.dir, Listen: set.listen}
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
		return ended(err)
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	fmt.Fprintf(remarks, "hub on %s, state in %s\n", chat.CleanRow(h.URL()), chat.CleanRow(short(set.dir)))
	if err := set.invite(h, h.URL(), remarks); err != nil {
		return err
	}
	if names, err := h.Sites(); err == nil && len(names) == 0 {
		fmt.Fprintln(remarks, "it has no site yet: groupcast-hub --site NAME, in another terminal, adds one")
	}
	if set.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, set.timeout, context.Canceled)
		defer cancel()
	}
	<-ctx.Done()
	return ended(context.Cause(ctx))
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
		if err := h.Remove(site); err != nil {
			return err
		}
		fmt.Fprintf(remarks, "removed %s: its hub file opens nothing any more\n", site)
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
		return &mcast.Advised{Err: errors.New("the hub has no site"), Advice: "groupcast-hub --site NAME adds one"}
	}
	for _, name := range names {
		if _, err := fmt.Fprintln(out, chat.CleanRow(name)); err != nil {
			return err
		}
	}
	return nil
}
