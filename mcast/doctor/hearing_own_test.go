package doctor

import (
	"net"
	"strings"
	"testing"
	"time"
)

// What is known of this host comes before any guess about the network between.
func TestNotHeardHere(t *testing.T) {
	from := func(loopback bool) Intent {
		return intent(func(in *Intent) { in.From, in.Loopback = addr("192.168.8.226"), loopback })
	}
	noCopies := listened(6*time.Second, func(o *Observed) { o.Sent = map[int]Sent{2: {Tried: 3}} })
	runRule(t, notHeard, []ruleCase{
		{"nor own copies", noCopies, from(true), "failure", []string{"own copies did not come either: 0 of 3"}},
		{"own copies, which were not wanted", noCopies, from(false), "failure", []string{"nobody else was heard"}},
		{"a link's group, by an address of another kind", listened(6*time.Second, nil, heardRow("[fe80::2%eth0]:9", 5*time.Second, nil)),
			intent(func(in *Intent) { in.Group.Addr, in.From = addr("ff02::114"), addr("2001:db8::2") }), "unknown", []string{"fe80::2", "may be its own"}},
	})
	alone := listened(6*time.Second, nil)
	alone.Interfaces = alone.Interfaces[:1]
	alone.Interfaces[0].Flags = net.FlagUp | net.FlagLoopback
	for what, tt := range map[string]struct {
		f    Facts
		says string
	}{"own copies do not come": {noCopies, "first let the group in here"}, "there is no network": {alone, "bring up a network"}} {
		hints := strings.Join(notHeard(tt.f, from(true))[0].Hints, "\n")
		if !strings.Contains(hints, tt.says) || strings.Contains(hints, "snooping") {
			t.Errorf("%s: the hints are\n%s\nwant %q, and nothing of switches", what, hints, tt.says)
		}
	}
}
