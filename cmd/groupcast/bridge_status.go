package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge"
	"github.com/groupcast/groupcast/mcast/bridge/natslink"
	"github.com/groupcast/groupcast/mcast/chat"
)

func newBridgeStatus(set *settings) *cobra.Command {
	s := &bridgeStatus{set: set}
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show how all bridges of a hub stand",
		Long: `Ask all bridges of a hub, and print for each whether it leads its site or stands by, and a row for each group: how
many datagrams it heard on its LAN, how long ago the last one, how many it carried (gave to the hub) and sent again into
its LAN, how many frames of members crossed in both directions, and how many datagrams it did not carry: those of the
most frequent reason, and + those of others. Kept are frames that the hub has acknowledged; waiting those that it has
not. Each bridge reports about itself, since it began. --json prints the objects stats.`,
		Example: `  groupcast bridge status --hub room-1.hub
  groupcast bridge status --hub tls://nats.example:4222 --site room-1 --creds room-1.creds --json`,
		Args: atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if s.hub.at == "" {
				return usageError{&mcast.Advised{Err: errors.New("bridge status: name the hub"), Advice: "groupcast bridge status --hub FILE"}}
			}
			if s.wait <= 0 {
				return usageError{fmt.Errorf("--wait %s: want more than 0", s.wait)}
			}
			if err := s.hub.check(); err != nil {
				return usageError{err}
			}
			return s.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	set.has(cmd, "json")
	s.hub.flags(cmd)
	waitFlag(cmd.Flags(), &s.wait, 2*time.Second, "how long the hub is waited for, and then the answers of the bridges")
	cmd.RegisterFlagCompletionFunc("wait", cobra.NoFileCompletions)
	return cmd
}

// bridgeStatus asks bridges how they stand.
type bridgeStatus struct {
	set  *settings
	hub  hubFlags
	wait time.Duration
}

func (s *bridgeStatus) run(ctx context.Context, out, errs io.Writer) error {
	hub, err := s.hub.config()
	if err != nil {
		return err
	}
	told := make(chan reach, 1)
	client, err := dialHub(ctx, hub, told)
	if err != nil {
		return err
	}
	defer client.Close()
	if err := s.reached(ctx, hub, client, told, errs); err != nil {
		return err
	}
	list, err := client.Statuses(ctx, s.wait)
	if err != nil {
		return fmt.Errorf("ask the bridges of the hub at %s: %w", hubPlace(hub), err)
	}
	if len(list) == 0 {
		return &mcast.Advised{
			Err:    fmt.Errorf("no bridge of the hub at %s answered in %s", hubPlace(hub), shortly(s.wait)),
			Advice: "a bridge is started by: groupcast bridge --hub FILE -i NAME GROUP",
		}
	}
	sortStatuses(list)
	now := time.Now()
	if s.set.json {
		for _, one := range list {
			writeJSON(out, statsObject(one, now))
		}
		return nil
	}
	return statusTable(out, list, now)
}

// reached waits until the hub is.
func (s *bridgeStatus) reached(ctx context.Context, hub natslink.Config, client *natslink.Client, told <-chan reach, errs io.Writer) error {
	late := time.NewTimer(s.wait)
	defer late.Stop()
	var last error
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case r := <-told:
			if r.reached {
				return nil
			}
			if last == nil && s.wait > 5*time.Second && !s.set.json {
				fmt.Fprintf(errs, "groupcast: the hub at %s is not reached yet: %s\n", hubPlace(hub), chat.Clean(fmt.Sprint(r.err)))
			}
			last = r.err
		case <-client.Refused():
			return refusedBy(hub, client.Err())
		case <-late.C:
			return notReached(hub, shortly(s.wait), last)
		}
	}
}

// sortStatuses puts rows in an order: by site, bridge and group, whoever leads first.
func sortStatuses(list []bridge.Status) {
	leads := func(s bridge.Status) int {
		if s.Leads {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(list, func(a, b bridge.Status) int {
		return cmp.Or(strings.Compare(a.Site, b.Site), leads(a)-leads(b), a.Addr.Compare(b.Addr), strings.Compare(a.Bridge, b.Bridge),
			a.Group.Addr.Compare(b.Group.Addr), cmp.Compare(a.Group.Port, b.Group.Port))
	})
}
