package mcast_test

import (
	"slices"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// Follow knows the interfaces from the changes: it asks neither the system nor
// the network namespace of the thread that calls it.
func TestFollowAsksNothing(t *testing.T) {
	eachVersion(t, func(t *talk) {
		c := t.listen()
		t.must(c.Join, t.only(100), t.eth1)
		follow := func(ch host.Change, wantLost, wantRejoined int) { // this thread is in neither host
			t.Helper()
			lost, rejoined, err := c.Follow(ch)
			if len(lost) != wantLost || len(rejoined) != wantRejoined || err != nil {
				t.Errorf("%s of %s: lost %v, joined again %v, %v; want %d and %d", ch.Kind, ch.Interface.Name, lost, rejoined, err, wantLost, wantRejoined)
			}
		}
		far := host.Interface{Index: 4711, Name: "far"}

		follow(host.Change{Kind: host.Appeared, Interface: far}, 0, 0)
		follow(host.Change{Kind: host.Appeared, Interface: far, All: []host.Interface{t.eth0, far}}, 1, 0) // eth1 is not among them
		again := t.eth1
		again.Index = 4712
		follow(host.Change{Kind: host.Appeared, Interface: again}, 0, 0) // gone again by now: no error
		if got := c.Lost(); len(got) != 1 {
			t.Errorf("%v are lost, want one", got)
		}
		follow(host.Change{Kind: host.Appeared, Interface: t.eth1}, 0, 1)
		renamed := t.eth0
		renamed.Name = "wan0"
		follow(host.Change{Kind: host.Renamed, Interface: renamed}, 0, 0)
		if !slices.ContainsFunc(c.Memberships(), func(m mcast.Membership) bool { return m.Interface.Name == "wan0" }) {
			t.Errorf("the memberships are %v, want one on wan0", c.Memberships())
		}
		t.hears("followed", c, []int{1, 100}, []int{100})
	})
}
