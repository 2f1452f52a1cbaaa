package changes

import (
	"fmt"
	"slices"
	"testing"
)

func TestDiff(t *testing.T) {
	before := Snapshot{
		{Route, "224.0.0.0/4"}:         "dev eth1",
		{Address, "10.0.0.1/8 on a"}:   "",
		{Link, "eth0"}:                 "up, mtu 1500",
		{Sysctl, "net.ipv4.x"}:         "1",
		{Firewall, "chain in of t"}:    "2 rules, policy drop",
		{Membership, "224.0.0.1 on a"}: "",
	}
	after := Snapshot{
		{Route, "224.0.0.0/4"}:         "dev eth0",
		{Address, "10.0.0.2/8 on a"}:   "",
		{Link, "eth0"}:                 "up, mtu 1500",
		{Sysctl, "net.ipv4.x"}:         "",
		{Membership, "224.0.0.1 on a"}: "",
		{Socket, "UDP 0.0.0.0:1234"}:   "2 of them",
	}
	want := []string{
		"address 10.0.0.1/8 on a: removed",
		"address 10.0.0.2/8 on a: added",
		"route 224.0.0.0/4: dev eth0, was dev eth1",
		"socket UDP 0.0.0.0:1234: added, 2 of them",
		"firewall chain in of t: removed, 2 rules, policy drop",
		"sysctl net.ipv4.x: empty, was 1",
	}
	var got []string
	for _, c := range Diff(before, after) {
		got = append(got, c.String())
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if again := Diff(after, after); len(again) != 0 {
		t.Errorf("the same differs: %v", again)
	}
	back := Diff(after, before)
	if len(back) != len(want) || fmt.Sprint(back[2]) != "route 224.0.0.0/4: dev eth1, was dev eth0" {
		t.Errorf("the way back: %v", back)
	}
}

func TestSnapshotIsBounded(t *testing.T) {
	s := Snapshot{}
	for n := range 2 * Most {
		s.add(Address, fmt.Sprint(n), "")
	}
	if len(s) != Most {
		t.Errorf("%d facts, want %d", len(s), Most)
	}
}
