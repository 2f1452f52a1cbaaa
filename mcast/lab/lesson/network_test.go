package lesson

import (
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
)

func TestNetworkOfSwitches(t *testing.T) {
	topology, err := lab.ParseTopology("test", strings.NewReader(
		"switch plain\nswitch deaf flood off\nswitch lan snooping querier igmp 2 mld 1 limit 20 fastleave flood off\nswitch hub on lan"))
	if err != nil {
		t.Fatal(err)
	}
	_, got, _ := strings.Cut(Lesson{Topology: topology}.Network(), "\n")
	const want = `The switch deaf drops every group.
The switch lan does IGMP snooping, and sends queries of IGMPv2 and MLDv1.
The switch lan remembers at most 20 groups for each port.
The switch lan removes a port from a group with the first leave that it receives there.
The switch lan drops datagrams to groups of which it knows no member.
The switch hub is connected to the switch lan.
`
	if got != want {
		t.Errorf("Network:\n%s\nwant:\n%s", got, want)
	}
}
