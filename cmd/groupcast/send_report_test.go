package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	streams "github.com/groupcast/groupcast/mcast/sender"
	"github.com/groupcast/groupcast/mcast/session"
)

// A report says by which way each group's datagrams left, what was left out, and what
// was refused, of which group.
func TestStreamReport(t *testing.T) {
	var errs bytes.Buffer
	list, _, err := targets(t.Context(), []string{"239.1.1.1+4", "ff3e::1"})
	if err != nil {
		t.Fatal(err)
	}
	s := &streamSender{}
	s.sender, s.targets = &sender{set: &settings{}, out: &errs, errs: &errs}, list
	snap := streams.Snapshot{Began: time.Unix(100, 0), Last: time.Unix(110, 0), At: time.Unix(110, 0)}
	for i, target := range list {
		way := session.Egress{IfIndex: 2, Interface: "eth0", Because: "you chose it"}
		if i == 4 {
			way.Interface = "eth1"
		}
		s.ways = append(s.ways, &sender{set: &settings{ttl: 1}, group: target.Group, way: way})
		c := streams.Counts{Group: target.Group, Rate: 100}
		c.Sent, c.Bytes = 1000, 64000
		if i == 3 {
			c.Refused, c.Err = 7, errors.New("no room")
		}
		snap.Streams = append(snap.Streams, c)
	}
	snap.Refused, snap.Skipped = 7, 5000
	snap.Causes = []streams.Cause{{Err: errors.New("no room"), Datagrams: 7}}
	s.report(snap)
	want := `groupcast: no room
groupcast: sent 4,000 datagrams (256,000 bytes) to 4 groups, 239.1.1.1:1234 to 239.1.1.4:1234 in 10.0 s, 400/s in all; sends leave by eth0: you chose it
groupcast: sent 1,000 datagrams (64,000 bytes) to [ff3e::1]:1234 in 10.0 s, 100/s; sends leave by eth1: you chose it
groupcast: 5,000 datagrams were overdue by more than 100 ms and not sent: it was stopped, or cannot send so fast
groupcast: 7 datagrams were refused: no room
groupcast: 239.1.1.4:1234: 7 of 1,007 refused
`
	if got := errs.String(); got != want {
		t.Errorf("the report is\n%s\nwant\n%s", got, want)
	}

	// What was left out is said when it happens, but not each second, and what was said
	// whole is not said again.
	errs.Reset()
	s.told = toldOfStreams{causes: 1}
	s.tell(snap)
	snap.Skipped, snap.At = 6000, snap.At.Add(time.Second)
	s.tell(snap)
	if got := strings.Count(errs.String(), "overdue"); got != 1 {
		t.Errorf("it was said %d times:\n%s", got, errs.String())
	}
	errs.Reset()
	if s.report(snap); !strings.Contains(errs.String(), "6,000 datagrams were overdue") {
		t.Errorf("the sum is not said:\n%s", errs.String())
	}
	s.told.skipped = snap.Skipped
	errs.Reset()
	if s.report(snap); strings.Contains(errs.String(), "overdue") {
		t.Errorf("it is said again:\n%s", errs.String())
	}
}
