package main

import (
	"context"
	"flag"
	"fmt"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge"
	"github.com/groupcast/groupcast/mcast/bridge/natslink"
	"github.com/groupcast/groupcast/mcast/lab"
)

// bridgeProgram is a bridge of a site, which prints a line for each event.
func bridgeProgram(args []string) error {
	flags := flag.NewFlagSet("bridge", flag.ContinueOnError)
	path := flags.String("hub", "", "the hub file")
	on := flags.String("i", "eth0", "the interface")
	rate := flags.Float64("rate", bridge.DefaultRate, "datagrams a second")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var groups []mcast.Group
	for _, arg := range flags.Args() {
		g, err := mcast.ParseGroup(arg)
		if err != nil {
			return err
		}
		groups = append(groups, g)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	file, err := natslink.ReadFile(*path)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	say := func(words ...any) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Println(words...)
	}
	client, err := natslink.Dial(ctx, natslink.Config{File: file, Alone: true, Tell: func(reached bool, err error) {
		if reached {
			say("reached")
		} else {
			say("away:", err)
		}
	}})
	if err != nil {
		return err
	}
	defer client.Close()
	link, err := client.Link(groups)
	if err != nil {
		return err
	}
	b, err := bridge.Open(ctx, bridge.Config{
		Groups: groups, Ports: []bridge.Port{{Interface: *on, Site: file.Site}},
		Link: link, Register: client.Register,
		Rate: *rate, Burst: bridge.DefaultBurst,
		Tell: func(e bridge.Event) {
			switch {
			case e.Kind == bridge.EventLease && e.Leads:
				say("leads")
			case e.Kind == bridge.EventLease:
				say("stands by")
			case e.Kind == bridge.EventFinding:
				say("finds", e.Finding.Name, e.Finding.Other, "stops:", e.Finding.Stops)
			case e.Kind == bridge.EventError:
				say("error:", e.Err)
			}
		},
	})
	if err != nil {
		return err
	}
	defer b.Close()
	if err := client.Serve(b.Status); err != nil {
		return err
	}
	go func() {
		select {
		case <-client.Refused():
			stop()
		case <-ctx.Done():
		}
	}()
	say("ready")
	if err := b.Run(ctx); err != nil {
		return err
	}
	return client.Err()
}

// startBridge starts the bridge of a site in a host, by the hub files in dir.
func startBridge(t testing.TB, node *lab.Node, dir, site string, args ...string) *program {
	t.Helper()
	return start(t, node, "bridge", append([]string{"-hub", filepath.Join(dir, site+".hub")}, args...)...)
}
