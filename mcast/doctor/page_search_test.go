package doctor

import (
	"slices"
	"testing"
)

func TestSearchPages(t *testing.T) {
	for word, want := range map[string]string{
		"igmp": "no-querier", "loopback": "loopback-off", "ttl": "hops-too-small", "TTL": "hops-too-small", "mac": "same-mac",
		"port": "wrong-port", "firewall": "firewall-in", "querier": "no-querier", "macvlan": "macvlan", "icmp": "udp-refused",
		"docker": "virtual-network", "zone": "no-zone", "checksum": "bad-checksum", "MTU": "over-mtu",
	} {
		var names []string
		for _, p := range SearchPages(word) {
			names = append(names, p.Name)
		}
		if !slices.Contains(names, want) {
			t.Errorf("%s: %v, want %s among them", word, names, want)
		}
	}
	for _, word := range []string{"", " ", "no-such-word", "(", "tt"} {
		if got := SearchPages(word); len(got) > 0 {
			t.Errorf("%q finds %s", word, got[0].Name)
		}
	}
	if best := SearchPages("mac"); best[0].Name != "same-mac" {
		t.Errorf("mac: %s comes first", best[0].Name)
	}
}
