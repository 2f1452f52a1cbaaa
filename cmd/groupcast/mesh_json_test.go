package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/mesh"
	"github.com/groupcast/groupcast/mcast/mesh/meshreport"
	"github.com/groupcast/groupcast/mcast/mesh/meshtest"
)

// The report has every pair once, its holes in words, and what is not known; and it is JSON
// whatever members tell.
func TestMeshReportObject(t *testing.T) {
	v := meshreport.Look(meshtest.Faulty())
	o := meshReportObject(v, exitDoubt)
	if len(o.Members) != 8 || len(o.Pairs) != 56 || o.More != 0 || o.Exit != exitDoubt || !slices.Equal(o.Missing, []string{"queue2"}) ||
		o.Counts != (jsonMeshCounts{Pairs: 56, Well: 46, Lossy: 1, Silent: 1, Never: 1, Unknown: 7}) {
		t.Errorf("%+v", o)
	}
	if len(o.Holes) != 3 || o.Holes[1] != (jsonMeshHole{"db2", "web1", "db2 does not hear web1 on eth1 since 03:12:00: 28,800 of 36,000 lost (80.0 %)"}) {
		t.Errorf("holes: %+v", o.Holes)
	}
	p := o.Pairs[1]
	if p.Hears != "db2" || p.Speaks != "web1" || p.State != "silent" || p.Lost != 28800 || p.SilentMS != 48*60*1000 || p.Interface != "eth1" || p.TTL != 1 || p.Unicast != nil {
		t.Errorf("the silent pair: %+v", p)
	}
	if never := o.Pairs[0]; never.State != "never heard" || never.SpreadMS != nil || never.TTL != 0 {
		t.Errorf("the pair that was never heard: %+v", never)
	}

	huge := meshtest.Hostile()
	huge.Members[1].Rate, huge.MaxLoss = -1, 1e300
	for _, o := range []object{
		meshReportObject(meshreport.Look(huge), exitNot), meshReportObject(meshreport.Look(mesh.Report{}), exitNot),
		meshIntervalObject(meshreport.Look(huge), nil), meshMemberObject(meshreport.Look(huge), 3, true), meshMemberObject(meshreport.Look(huge), 2, false),
	} {
		text := objectText(o, true)
		var back map[string]any
		if err := json.Unmarshal(text, &back); err != nil || strings.ContainsFunc(string(text), func(r rune) bool { return r < ' ' && r != '\n' || r >= 0x202a && r <= 0x202e || r == 0x7f }) {
			t.Errorf("%v: %.300q", err, text)
		}
	}
}

// An interval has the pairs that lost something in it, or that changed.
func TestMeshIntervalObject(t *testing.T) {
	before := meshtest.Well(3)
	for i := range before.Pairs {
		before.Pairs[i].Sent, before.Pairs[i].Received = 35_400, 35_400
	}
	now := meshtest.Well(3)
	meshtest.Pair(now, 0, 1).Received -= 4
	p := meshtest.Pair(now, 1, 2)
	p.Received, p.SilentFor, p.SilenceAt = 35_400, time.Minute, meshtest.Began.Add(59*time.Minute)
	p.Silence = p.SilentFor
	o := meshIntervalObject(meshreport.Look(now), meshreport.Look(before))
	want := []jsonMeshChange{
		{Hears: "db2", Speaks: "web1", State: "silent", Was: "well", Sent: 600, Lost: 600, Since: p.SilenceAt, Interface: "eth0"},
		{Hears: "db1", Speaks: "db2", State: "lost", Was: "well", Sent: 600, Lost: 4, Interface: "eth0"},
	}
	if !slices.Equal(o.Changed, want) || o.Pairs != 6 || o.Well != 4 {
		t.Errorf("%+v", o)
	}
	if o := meshIntervalObject(meshreport.Look(now), meshreport.Look(now)); len(o.Changed) != 0 || o.More != 0 {
		t.Errorf("nothing happened, and %+v changed", o.Changed)
	}
	if o := meshMemberObject(meshreport.Look(meshtest.Killed(4, 12)), 2, false); o.Event != "left" || !o.Gone || o.Text != "web1 is gone, and did not say so, last heard at 03:12:00" {
		t.Errorf("%+v", o)
	}
}
