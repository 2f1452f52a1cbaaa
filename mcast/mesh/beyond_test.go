package mesh

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/members"
)

// A measurement ends at a bridge: it carries the frames of those beyond, and none of their
// numbered datagrams, so that all of them would seem to be silent. They are in no report,
// and no probe goes to the bridge.
func TestMeshStopsAtTheBridge(t *testing.T) {
	bridge := netip.MustParseAddrPort("10.0.0.254:1236")
	s := newSim(t, 30, 0)
	across := func(a, b *node) bool { return a.id/2 != b.id/2 }
	s.cut = across
	s.sent = func(n *node, o members.Out) {
		if frame.Marked(o.To) {
			t.Error("something is sent to the bridge")
		}
		h, err := frame.Parse(o.Data)
		if err != nil || o.To.IsValid() || frame.SpaceOf(h.Number) == frame.Direct {
			return
		}
		for _, to := range s.nodes {
			if across(n, to) {
				s.push(happening{at: s.now.Add(time.Millisecond), to: to, from: bridge, data: o.Data})
			}
		}
	}
	s.enterAll(4, nil)
	s.run(15 * time.Second)
	for _, n := range s.nodes {
		if got := n.conv.Snapshot(s.now).Members; len(got) != 3 {
			t.Errorf("%s has %d members: nothing came over the bridge", n.name, len(got))
		}
	}
	s.end()
	for _, n := range s.nodes {
		r := n.last
		var names []string
		for _, m := range r.Members {
			names = append(names, m.Name)
		}
		slices.Sort(names)
		if want := [][]string{{"host0", "host1"}, {"host2", "host3"}}[n.id/2]; !slices.Equal(names, want) {
			t.Errorf("the report of %s is of %v", n.name, names)
		}
		for _, p := range r.Pairs {
			if p.Received == 0 || p.Received != p.Sent {
				t.Errorf("%s: of %d datagrams %d came", n.name, p.Sent, p.Received)
			}
		}
	}
}
