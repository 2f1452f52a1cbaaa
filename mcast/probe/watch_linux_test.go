package probe_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/probe"
)

// watch watches an address from a host until the test ends.
func watch(t *testing.T, host *lab.Node, cfg probe.Config, addr string) reports {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	changes, ended := make(reports), make(chan error, 1)
	target := probe.Target{Host: addr, Addr: netip.MustParseAddrPort(addr)}
	go func() {
		ended <- host.Do(func() error {
			return probe.Watch(ctx, cfg, target, 20*time.Millisecond, func(r probe.Result) {
				select {
				case changes <- r:
				case <-ctx.Done():
				}
			})
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Watch ended with %v, want the error of its context", err)
		}
	})
	return changes
}

// A server stops and comes back. One connected socket sees both.
func TestWatch(t *testing.T) {
	for _, at := range []string{"192.168.1.11:7", "[2001:db8:1::b]:7"} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			l := build(t)
			b := l.Host("B")
			connects := make(chan string, 10)
			cfg := brief
			cfg.Trace = &mcast.Trace{Call: func(c mcast.Call) {
				if c.Name == "connect" {
					connects <- c.String()
				}
			}}
			stop := echo(t, b, at)
			changes := watch(t, l.Host("A"), cfg, at)
			since := time.Now()
			for _, step := range []struct {
				what string
				do   func()
				want probe.Verdict
			}{
				{"the server runs", func() {}, probe.Answered},
				{"the server stops", func() { stop() }, probe.Refused},
				{"the server is back", func() { stop = echo(t, b, at) }, probe.Answered},
				{"it stops again", func() { stop() }, probe.Refused},
				{"and is back again", func() { stop = echo(t, b, at) }, probe.Answered},
			} {
				step.do()
				r := changes.next(t, step.what)
				if r.Verdict != step.want || r.At.Before(since) {
					t.Fatalf("%s: %s at %s: %s; want %s", step.what, r.Verdict, r.At, r.Because(), step.want)
				}
				since = r.At
			}
			if len(connects) != 1 {
				t.Errorf("%d sockets were connected, want one", len(connects))
			}
		})
	}
}

// A firewall that drops is silence, a host that is gone is known by ARP, and
// a host that comes back answers.
func TestWatchHost(t *testing.T) {
	t.Parallel()
	l := build(t)
	b := l.Host("B")
	echo(t, b, "192.168.1.11:7")
	// It believes in a neighbour for 15 to 45 s and 5 s more; here it does not.
	for _, setting := range []string{"base_reachable_time_ms", "delay_first_probe_time"} {
		if err := l.Host("A").Sysctl("net.ipv4.neigh.eth0."+setting, "0"); err != nil {
			t.Fatal(err)
		}
	}
	changes := watch(t, l.Host("A"), brief, "192.168.1.11:7")
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		what string
		do   func()
		want string
	}{
		{"the host is there", func() {}, "answered: an answer of 21 bytes"},
		{"its firewall drops", func() { must(b.Firewall(true, false)) }, "silent: nothing in 2 tries: open, filtered or lost; UDP cannot tell"},
		{"its firewall is off", func() { must(b.Firewall(false, false)) }, "answered: an answer of 21 bytes"},
	} {
		step.do()
		r := changes.next(t, step.what)
		if got := fmt.Sprintf("%s: %s", r.Verdict, r.Because()); got != step.want {
			t.Fatalf("%s: %s, want %s", step.what, got, step.want)
		}
	}
	must(b.Link("eth0").Cut())
	for r := changes.next(t, "the host is gone"); r.Verdict != probe.Unreachable; r = changes.next(t, "the host is gone") {
		if r.Verdict != probe.Silent {
			t.Fatalf("the host is gone: %s, %s; want silence, and then that nobody answers ARP", r.Verdict, r.Because())
		}
	}
	must(b.Link("eth0").Heal())
	for r := changes.next(t, "the host is back"); r.Verdict != probe.Answered; r = changes.next(t, "the host is back") {
		if r.Verdict != probe.Silent {
			t.Fatalf("the host is back: %s, %s; want an answer", r.Verdict, r.Because())
		}
	}
}

// Where this host itself cannot send, a new socket is made when it can.
func TestWatchOwnRoute(t *testing.T) {
	t.Parallel()
	l := build(t)
	d := l.Host("D")
	echo(t, l.Host("C"), "192.168.2.10:7")
	if err := l.Host("C").AddRoute(lab.Route{Dst: netip.MustParsePrefix("192.168.1.12/32"), Via: netip.MustParseAddr("192.168.2.1"), Dev: "eth0"}); err != nil {
		t.Fatal(err)
	}
	changes := watch(t, d, brief, "192.168.2.10:7")
	way := lab.Route{Dst: netip.MustParsePrefix("192.168.2.0/24"), Via: netip.MustParseAddr("192.168.1.1"), Dev: "eth0"}
	if r := changes.next(t, "no route"); r.Because() != "no route on this host (ENETUNREACH)" {
		t.Fatalf("without a route: %s, %s", r.Verdict, r.Because())
	}
	if err := d.AddRoute(way); err != nil {
		t.Fatal(err)
	}
	if r := changes.next(t, "a route"); r.Verdict != probe.Answered {
		t.Fatalf("with a route: %s, %s; want an answer", r.Verdict, r.Because())
	}
	if err := d.DelRoute(way); err != nil {
		t.Fatal(err)
	}
	if r := changes.next(t, "no route again"); r.Because() != "no route on this host (ENETUNREACH)" {
		t.Fatalf("without a route again: %s, %s", r.Verdict, r.Because())
	}
}

// A name that does not resolve cannot be watched.
func TestWatchUnresolved(t *testing.T) {
	_, err := probe.Lookup(t.Context(), "192.0.2.1", probe.IPv6)
	var got []probe.Verdict
	ended := probe.Watch(t.Context(), probe.Config{}, probe.Target{Host: "192.0.2.1", Err: err}, 0, func(r probe.Result) { got = append(got, r.Verdict) })
	if !errors.Is(ended, err) || len(got) != 1 || got[0] != probe.Unresolved {
		t.Errorf("Watch reported %v and ended with %v, want unresolved and %v", got, ended, err)
	}
}
