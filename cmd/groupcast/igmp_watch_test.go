package main

import (
	"bytes"
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/igmp"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// fakeWire is a wire whose events come at their times.
type fakeWire struct {
	snap   func() igmp.Snapshot
	events []igmp.Event
}

func (w *fakeWire) Next(ctx context.Context) ([]igmp.Event, error) {
	if len(w.events) > 0 && !w.events[0].At.After(time.Now()) {
		e := w.events[0]
		w.events = w.events[1:]
		return []igmp.Event{e}, nil
	}
	wait := context.Background()
	if len(w.events) > 0 {
		var stop context.CancelFunc
		wait, stop = context.WithDeadline(wait, w.events[0].At)
		defer stop()
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-wait.Done():
		return w.Next(ctx)
	}
}

func (w *fakeWire) Snapshot() igmp.Snapshot {
	if w.snap == nil {
		return igmp.Snapshot{At: time.Now()}
	}
	return w.snap()
}

func (w *fakeWire) Losses() igmp.Losses { return igmp.Losses{} }
func (w *fakeWire) Close() error        { return nil }

// What was not seen is said.
func TestIGMPLosses(t *testing.T) {
	var errs bytes.Buffer
	c := igmpCommand{set: &settings{}, errs: &errs}
	if c.tellLosses(igmp.Losses{}); errs.Len() > 0 {
		t.Errorf("nothing was lost, and it says %q", errs.String())
	}
	c.tellLosses(igmp.Losses{Packets: 3, Events: 5000})
	for _, want := range []string{"were not seen: 3; there may be more members", "faster than they were printed: 5000"} {
		if !strings.Contains(errs.String(), want) {
			t.Errorf("no %q in %q", want, errs.String())
		}
	}
}

// watched runs the command on a wire, in a bubble.
type watched struct {
	c         igmpCommand
	wire      fakeWire
	out, errs bytes.Buffer
}

func (w *watched) run(ctx context.Context) error {
	if w.c.set == nil {
		w.c.set = &settings{}
	}
	w.c.out, w.c.errs, w.c.in = &w.out, &w.errs, strings.NewReader("")
	return w.c.watch(ctx, &w.wire, []host.Interface{{Index: 2, Name: "eth0"}})
}

func until(t *testing.T, text string) (v untilValue) {
	t.Helper()
	if err := v.Set(text); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestIGMPUntil(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		event := func(kind igmp.EventKind, after time.Duration, group string) igmp.Event {
			return igmp.Event{Kind: kind, At: begin.Add(after), Interface: 2, Family: igmp.IGMP, Group: labtest.Addr(group), Host: labtest.Addr("192.168.8.226")}
		}
		events := []igmp.Event{
			event(igmp.MemberJoined, time.Second, "239.1.2.3"), event(igmp.GroupFirst, time.Second, "239.1.2.3"),
			event(igmp.GroupFirst, 2*time.Second, "239.9.9.9"), event(igmp.GroupFirst, 3*time.Second, "239.1.2.4"),
		}
		w := &watched{c: igmpCommand{until: until(t, "group-first:239.9.9.9"), timeout: time.Hour}, wire: fakeWire{events: events}}
		if err := w.run(t.Context()); err != nil || time.Since(begin) != 2*time.Second || strings.Count(w.out.String(), "\n") != 3 {
			t.Errorf("%v after %s, having printed:\n%s", err, time.Since(begin), w.out.String())
		}
		w = &watched{c: igmpCommand{until: until(t, "member-left"), timeout: time.Minute}}
		if err := w.run(t.Context()); err == nil || err.Error() != "member-left did not happen in 1m0s" {
			t.Errorf("an event that did not happen: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		w = &watched{c: igmpCommand{until: until(t, "member-left")}}
		if err := w.run(ctx); !errors.Is(err, status(exitInterrupted)) {
			t.Errorf("interrupted: %v", err)
		}
		w = &watched{c: igmpCommand{timeout: time.Minute, groups: []netip.Addr{labtest.Addr("239.1.2.3")}}, wire: fakeWire{events: []igmp.Event{event(igmp.GroupFirst, time.Second, "239.9.9.9")}}}
		if err := w.run(t.Context()); !errors.Is(err, status(exitNot)) || w.out.Len() > 0 || !strings.Contains(w.errs.String(), "hint: groupcast doctor 239.1.2.3\n") {
			t.Errorf("another group alone: %v, %s%s", err, w.out.String(), w.errs.String())
		}
	})
}

// One table is printed when the answers to the first query are there, or when no
// querier can be there any more; its status says what is amiss.
func TestIGMPOnce(t *testing.T) {
	querier := func(addr string, after time.Duration) igmp.Querier {
		at := time.Now().Add(after)
		return igmp.Querier{Addr: labtest.Addr(addr), Version: 3, MaxResponse: 10 * time.Second, Since: at, Last: at, Elected: true}
	}
	for _, tc := range []struct {
		name    string
		timeout time.Duration
		groups  string
		link    func() igmp.Link
		after   time.Duration
		want    error
		hint    string
	}{
		{"a querier", 0, "", func() igmp.Link { return igmp.Link{Queriers: []igmp.Querier{querier("192.168.8.1", 20*time.Second)}} }, 31 * time.Second, nil, ""},
		{"no querier", 0, "", func() igmp.Link { return igmp.Link{} }, queryWait, status(exitDoubt), "groupcast doctor GROUP"},
		{"no querier so soon", 5 * time.Second, "", func() igmp.Link { return igmp.Link{} }, 5 * time.Second, status(exitNot), ""},
		{"reports, and no query", 5 * time.Second, "", func() igmp.Link { return igmp.Link{Counters: igmp.Counters{Messages: 2}} }, 5 * time.Second, status(exitDoubt), "GROUP"},
		{"two queriers", 0, "", func() igmp.Link {
			return igmp.Link{Queriers: []igmp.Querier{querier("192.168.8.1", 0), querier("192.168.8.2", 0)}, Groups: []igmp.Group{{Addr: labtest.Addr("239.7.7.7")}}}
		}, 11 * time.Second, status(exitDoubt), "groupcast doctor 239.7.7.7"},
		{"a switch beside a querier", 0, "", func() igmp.Link {
			return igmp.Link{Queriers: []igmp.Querier{querier("192.168.8.1", 0), querier("0.0.0.0", 0)}}
		}, 11 * time.Second, nil, ""},
		{"reports kept back", 0, "239.1.2.3", func() igmp.Link {
			return igmp.Link{Sight: igmp.SightOwn, Queriers: []igmp.Querier{querier("192.168.8.1", 0)}}
		}, 11 * time.Second, status(exitDoubt), "groupcast doctor 239.1.2.3"},
		{"no member", 0, "239.1.2.3", func() igmp.Link { return igmp.Link{Queriers: []igmp.Querier{querier("192.168.8.1", 0)}} }, 11 * time.Second, status(exitNot), ""},
		{"a querier that lets members take an hour", 0, "", func() igmp.Link {
			q := querier("192.168.8.1", 0)
			q.MaxResponse = time.Hour
			return igmp.Link{Queriers: []igmp.Querier{q}}
		}, queryWait, nil, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin, link := time.Now(), tc.link()
				link.Interface, link.Family, link.Since = 2, igmp.IGMP, begin
				heard := link.Queriers
				w := &watched{c: igmpCommand{once: true, timeout: tc.timeout}}
				if tc.groups != "" {
					w.c.groups = []netip.Addr{labtest.Addr(tc.groups)}
				}
				w.wire.snap = func() igmp.Snapshot {
					link.Queriers = nil
					for _, q := range heard {
						if !q.Since.After(time.Now()) {
							link.Queriers = append(link.Queriers, q)
						}
					}
					return igmp.Snapshot{At: time.Now(), Links: []igmp.Link{link}}
				}
				for _, q := range heard {
					w.wire.events = append(w.wire.events, igmp.Event{Kind: igmp.QuerierAppeared, At: q.Since})
				}
				err := w.run(t.Context())
				if err != tc.want || time.Since(begin) != tc.after {
					t.Errorf("%v after %s, want %v after %s:\n%s", err, time.Since(begin), tc.want, tc.after, w.out.String())
				}
				if _, hint, _ := strings.Cut(w.errs.String(), "hint: "); !strings.Contains(hint, tc.hint) || (tc.hint == "") != (hint == "") {
					t.Errorf("hint: %q, want %q", hint, tc.hint)
				}
			})
		})
	}
}
