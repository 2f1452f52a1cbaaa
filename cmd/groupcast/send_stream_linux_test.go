package main

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/stream"
	"github.com/groupcast/groupcast/mcast/watch"
)

// A stream arrives with its numbers in a row. Stopped and continued, the sender leaves
// out what was due meanwhile, and sends no burst; ctrl+c says the end three times. Then
// a firewall refuses one of two groups, and the other does not suffer.
func TestStreamOverLAN(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, labtest.PingLAN(1))
	group, clock := labtest.Group("239.1.1.1:5004"), labtest.Group("239.1.1.50:5004")
	c := labtest.Member(t, l.Host("R1"), group)
	eth0 := labtest.Device(t, l.Host("R1"), "eth0")
	labtest.In(t, l.Host("R1"), func() error { return c.Join(clock, eth0) })
	labtest.Talker(t, l.Host("P"), clock, "tick") // every 5 ms
	ctx, cancel := context.WithTimeout(t.Context(), 2*labtest.Patience)
	defer cancel()

	var got []stream.Header
	ticks := 0
	batch := make([]mcast.Datagram, mcast.BatchSize)
	until := func(what string, holds func() bool) {
		t.Helper()
		for !holds() {
			n, err := c.Read(ctx, batch)
			if err != nil {
				t.Fatalf("until %s: %v; %d datagrams", what, err, len(got))
			}
			for _, d := range batch[:n] {
				if d.To == clock.Addr {
					ticks++
				} else if h, err := stream.ParseHeader(d.Data, len(d.Data)); err != nil {
					t.Fatal(err)
				} else {
					got = append(got, h)
				}
			}
		}
	}
	p := start(t, l.Host("P"), "groupcast", "send", "-i", "eth0", "--json", "--rate", "1000", group.String())
	signal := func(s os.Signal) {
		t.Helper()
		if err := p.cmd.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
	until("it sends", func() bool { return len(got) >= 50 })
	signal(syscall.SIGSTOP)
	ticks = 0
	until("it was stopped for 500 ms", func() bool { return ticks >= 100 })
	signal(syscall.SIGCONT)
	heard := len(got)
	until("it sends again", func() bool { return len(got) >= heard+50 })
	signal(os.Interrupt)
	ended := func() (n int) {
		for _, h := range got {
			if h.End {
				n++
			}
		}
		return n
	}
	until("the end was said three times", func() bool { return ended() == 3 })
	if status := p.status(); status != exitDoubt {
		t.Errorf("exit status %d, want %d, as some were left out\n%s", status, exitDoubt, p.err.String())
	}
	objects := sentObjects(t, p.out.String())
	sent, skipped := int(objects["sent-totals"]["datagrams"].(float64)), objects["sent-totals"]["skipped"].(float64)
	if len(got) != sent+3 || skipped < 100 || objects["sent-stream"]["group"] != group.String() {
		t.Errorf("%d datagrams arrived: %s", len(got), p.out.String())
	}
	together, most := 0, 0
	for i, h := range got {
		switch {
		case h.End && int(h.Number) != sent:
			t.Errorf("the end says %d of %d", h.Number, sent)
		case !h.End && h.Number != uint64(i):
			t.Fatalf("datagram %d has the number %d", i, h.Number)
		case h.Stream != got[0].Stream || h.Promise != 10*time.Millisecond:
			t.Errorf("datagram %d is %+v", i, h)
		}
		if i > 0 && h.Sent-got[i-1].Sent < time.Millisecond/2 {
			together++
		} else {
			together = 0
		}
		most = max(most, together)
	}
	if most > 110 { // at 1,000/s what is late by 100 ms at most
		t.Errorf("%d datagrams were sent at once", most)
	}

	nft(t, l.Host("P"), "output", "ip daddr 239.1.1.2 drop")
	p = start(t, l.Host("P"), "groupcast", "send", "-i", "eth0", "--json", "--rate", "max", "-c", "5", "239.1.1.1:5004+2")
	if status := p.status(); status != exitDoubt || !strings.Contains(p.err.String(), `"error":"send 239.1.1.2:5004 on eth0: operation not permitted"`) {
		t.Errorf("exit status %d\n%s", status, p.err.String())
	}
	objects = sentObjects(t, p.out.String())
	refused := objects["sent-stream"] // the last of them
	if refused["group"] != "239.1.1.2:5004" || refused["refused"] != 5. || refused["datagrams"] != 0. || refused["error"] == nil ||
		objects["sent-totals"]["datagrams"] != 5. || objects["sent-totals"]["errors"].(map[string]any)["operation not permitted"] != 5. {
		t.Errorf("one group is refused: %s", p.out.String())
	}
}

// sentObjects are the last objects of each type that were printed.
func sentObjects(t *testing.T, printed string) map[string]map[string]any {
	t.Helper()
	all := map[string]map[string]any{"sent-stream": nil, "sent-totals": nil}
	for line := range strings.Lines(printed) {
		var o map[string]any
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		all[o["type"].(string)] = o
	}
	if all["sent-totals"] == nil || all["sent-stream"] == nil {
		t.Fatalf("no totals: %s", printed)
	}
	return all
}

// What speaks against the way out is looked for with the source that is used.
func TestStreamFromASource(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article) // A's default route leads by eth1, where nobody is
	for target, want := range map[string]bool{"232.1.1.7": true, "192.168.8.164@232.1.1.7": false} {
		s := &streamSender{sender: &sender{set: &settings{ttl: 1}}, targets: []watch.Target{{Group: labtest.Group(target)}}}
		labtest.In(t, l.Host("A"), s.choose)
		found := slices.ContainsFunc(s.findings, func(f doctor.Finding) bool { return f.Name == "wrong-egress" })
		if out := s.ways[0].choice.Send.Name; found != want || !want && out != "eth0" {
			t.Errorf("%s leaves by %q, findings %+v", target, out, s.findings)
		}
	}
	s := &streamSender{sender: &sender{set: &settings{ttl: 1}}, targets: []watch.Target{{Group: labtest.Group("10.9.9.9@232.1.1.7")}}}
	labtest.In(t, l.Host("A"), func() error {
		if err := s.choose(); err == nil || err.Error() != "mcast: send 10.9.9.9@232.1.1.7:1234: source 10.9.9.9: not an address of this host of the group's IP version" {
			t.Errorf("a source that no interface has: %v", err)
		}
		return nil
	})
}
