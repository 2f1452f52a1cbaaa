package main

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/stream"
)

// At its end listen says who was heard in which group, in lines and in JSON, and
// names the one that is missed.
func TestListenSaysWhoWasHeard(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	lines := start(t, l.Host("A"), "groupcast", "listen", "-i", "eth0", "-c", "41", "239.7.8.1", "239.7.8.2:5000")
	object := start(t, l.Host("A"), "groupcast", "listen", "-i", "eth0", "-c", "41", "--json", "239.7.8.1", "239.7.8.2:5000")
	lines.remarks("joined 239.7.8.2:5000")
	object.prints(`"joined","group":"239.7.8.2:5000"`)
	for _, args := range [][]string{
		{"-c", "40", "--interval", "60ms", "239.7.8.1", "tick"},
		{"--interval", "1ms", "--ttl", "7", "239.7.8.2:5000", "one"},
	} {
		start(t, l.Host("B"), "groupcast", append([]string{"send", "-i", "eth0"}, args...)...).ends(exitOK)
	}
	lines.ends(exitOK)
	object.ends(exitOK)
	for _, want := range []string{
		`heard in 239\.7\.8\.1: 192\.168\.8\.226:\d+: 40 datagrams by eth0, 1[0-7](\.\d)?/s, from \d\d:\d\d:\d\d to \d\d:\d\d:\d\d, longest gap [0-9.]+ s at \d\d:\d\d:\d\d, ttl 1\n`,
		`heard in 239\.7\.8\.2:5000: 192\.168\.8\.226:\d+: 1 datagram by eth0, at \d\d:\d\d:\d\d, ttl 7\n`,
	} {
		if !regexp.MustCompile(want).MatchString(lines.err.String()) {
			t.Errorf("it does not say %s:\n%s", want, lines.err.String())
		}
	}
	heard := map[string]int{}
	for line := range strings.Lines(object.out.String()) {
		var o struct {
			Type, Group, Interface string
			Datagrams              int
		}
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if o.Type == "heard" && o.Interface == "eth0" {
			heard[o.Group] = o.Datagrams
		}
	}
	if len(heard) != 2 || heard["239.7.8.1:1234"] != 40 || heard["239.7.8.2:5000"] != 1 {
		t.Errorf("in JSON: %v", heard)
	}
}

func TestListenHearsNobodyElse(t *testing.T) {
	t.Parallel()
	host := labtest.Build(t, lab.Article).Host("A")
	p := start(t, host, "groupcast", "listen", "-i", "eth0", "-c", "1", "239.7.8.3")
	p.remarks("joined 239.7.8.3")
	start(t, host, "groupcast", "send", "-i", "eth0", "239.7.8.3", "tick").ends(exitOK)
	p.ends(exitOK)
	if text := p.err.String(); !strings.Contains(text, "nobody but this host was heard in ") || strings.Contains(text, "heard: ") {
		t.Errorf("one datagram of this host came, and it says:\n%s", text)
	}
}

// Many sources are named in short, and one that stopped only if all was read.
func TestListenHeardInShort(t *testing.T) {
	began := time.Now().Add(-time.Minute)
	for _, all := range []bool{true, false} {
		var said strings.Builder
		l := &listener{set: &settings{}, errs: &said, tally: stream.New(maxRows, 0), names: map[int]string{2: "eth0"}, ears: []*ear{{group: mcast.DefaultGroup}}}
		for host := range 11 {
			for n := range 21 + host {
				l.tell(mcast.Datagram{
					At: began.Add(time.Duration(n) * 300 * time.Millisecond), To: mcast.DefaultGroup.Addr, IfIndex: 2,
					From: netip.AddrPortFrom(netip.MustParseAddr(fmt.Sprintf("10.9.9.%d", host+1)), 9),
				}, mcast.DefaultPort)
			}
		}
		l.heard = 286
		l.tellHeard(all, time.Minute)
		text := said.String()
		if strings.Count(text, "\n") != mostHeard+1 || !strings.HasPrefix(text, "groupcast: heard: 10.9.9.11:9: 31 datagrams by eth0, 3.33/s, from ") ||
			!strings.HasSuffix(text, "heard: and 3 more\n") || strings.Contains(text, "stopped at") != all {
			t.Errorf("all was read: %v; it says\n%s", all, text)
		}
	}
}
