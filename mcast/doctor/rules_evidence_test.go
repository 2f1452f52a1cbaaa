package doctor

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/groupcast/groupcast/mcast/stream"
)

// overruled are the findings that say of a host that it cannot be heard. What was
// heard overrules them.
var overruled = []struct {
	name string
	says func(f Finding, host netip.Addr) bool
}{
	{"not-heard", func(Finding, netip.Addr) bool { return true }},
	{"never-routed", func(f Finding, host netip.Addr) bool {
		return strings.Contains(f.Title, host.String()+" cannot be heard")
	}},
	{"hops-too-small", func(f Finding, host netip.Addr) bool { return strings.HasPrefix(f.Title, host.String()) }},
	{"reverse-path", func(f Finding, host netip.Addr) bool {
		return f.Verdict == Failure && strings.Contains(f.Title, host.String())
	}},
	{"firewall-in", func(f Finding, host netip.Addr) bool {
		return f.Verdict == Failure && strings.Contains(f.Title, host.String())
	}},
}

// Whatever the facts, a source that was heard in the window is never said not to
// be hearable.
func TestHeardOverrules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, in := drawFacts(t), drawIntent(t)
		host := rapid.SampledFrom([]netip.Addr{addr("192.168.8.226"), addr("10.1.0.3"), addr("169.254.167.41")}).Draw(t, "heard")
		in.From, in.Hops = host, rapid.IntRange(0, 2).Draw(t, "hops")
		from := netip.AddrPortFrom(host, 5004)
		index := rapid.IntRange(1, 3).Draw(t, "by")
		lasted := time.Duration(rapid.IntRange(0, 60).Draw(t, "listened")) * time.Second
		f.Observed.For = max(f.Observed.For, time.Second)
		f.Observed.Senders = append(f.Observed.Senders, Sender{From: from, IfIndex: index, Datagrams: 3, Outside: rapid.Bool().Draw(t, "outside")})
		if lasted > 0 {
			f.Observed.Listen = Listened{Since: listenStart, Until: listenStart.Add(lasted), On: []int{index}}
			f.Observed.Heard = []stream.Row{{Key: stream.Key{From: from, IfIndex: index}, Datagrams: 3, First: listenStart, Last: listenStart.Add(lasted)}}
		}
		for _, finding := range Seen(Diagnose(f, in)) {
			for _, o := range overruled {
				if finding.Name == o.name && o.says(finding, host) {
					t.Errorf("%s was heard, and yet: %s: %s; %s", host, finding.Name, finding.Title, finding.Evidence)
				}
			}
		}
	})
}
