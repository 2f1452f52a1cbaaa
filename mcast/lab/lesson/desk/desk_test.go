package desk

import (
	"testing"

	"github.com/groupcast/groupcast/mcast/lab/changes"
)

// What an interface brings is left out: nobody set it.
func TestOfInterest(t *testing.T) {
	link := changes.Change{Kind: changes.Link, Name: "br0", Way: changes.Added}
	brought := changes.Change{Kind: changes.Sysctl, Name: "net.ipv4.conf.br0.rp_filter", Way: changes.Added}
	set := changes.Change{Kind: changes.Sysctl, Name: "net.ipv4.conf.eth0.rp_filter", Way: changes.Changed}
	other := changes.Change{Kind: changes.Sysctl, Name: "net.ipv4.conf.br01.rp_filter", Way: changes.Added}
	got := ofInterest([]changes.Change{link, brought, set, other})
	if len(got) != 3 || got[0] != link || got[1] != set || got[2] != other {
		t.Errorf("of interest: %v", got)
	}
}
