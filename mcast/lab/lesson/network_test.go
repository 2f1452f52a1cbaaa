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
The switch lan does IGMP snooping, and asks by IGMPv2 and by MLDv1 who the members are.
The switch lan keeps 20 groups for each port.
The switch lan forgets a port with the first leave that comes by it.
The switch lan drops the groups that it knows no member of.
The switch hub hangs on the switch lan.
`
	if got != want {
		t.Errorf("Network:\n%s\nwant:\n%s", got, want)
	}
}
