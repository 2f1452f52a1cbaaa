package doctor

import (
	"slices"
	"testing"

	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/stream"
)

func TestFollow(t *testing.T) {
	was := []host.Interface{{Index: 2, Name: "eth0"}, {Index: 3, Name: "eth1"}, {Index: 4, Name: "eth2"}}
	now := []host.Interface{{Index: 3, Name: "eth1"}, {Index: 9, Name: "eth0"}}
	in := Intent{Joined: []int{2, 3, 4}, Send: 2, Wanted: []host.Interface{was[0], was[2]}}
	joined := in.Joined
	o := Observed{Listen: Listened{On: []int{3, 2}}, Heard: []stream.Row{{Key: stream.Key{IfIndex: 2}}}, Senders: []Sender{{IfIndex: 3}}}
	Follow(&in, &o, was, now)
	if !slices.Equal(in.Joined, []int{9, 3, 4}) || in.Send != 9 || in.Wanted[0].Index != 9 || in.Wanted[1].Index != 4 {
		t.Errorf("the intent is %+v, want eth0 by its new index, and eth2, which is gone, by its old one", in)
	}
	if !slices.Equal(o.Listen.On, []int{3, 9}) || o.Heard[0].IfIndex != 9 || o.Senders[0].IfIndex != 3 {
		t.Errorf("observed is %+v, want eth0 by its new index", o)
	}
	if joined[0] != 2 {
		t.Errorf("what others hold was changed: %v", joined)
	}
}
