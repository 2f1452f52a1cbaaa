package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// Two subnets on one interface: what is sent carries the address that was named,
// by -i or by --source, and else the one of the route.
func TestSourceOnTwoSubnets(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, pair("10.0.1.1/24 192.168.50.1/24 2001:db8:1::1/64 2001:db8:2::1/64",
		"10.0.1.2/24 192.168.50.2/24 2001:db8:1::2/64 2001:db8:2::2/64", "")())
	a, b := l.Host("A"), l.Host("B")
	heard := start(t, b, "groupcast", "listen", "239.1.2.3:5000", "[ff15::5]:5000")
	heard.remarks("joined 239.1.2.3:5000")
	heard.remarks("joined [ff15::5]:5000")
	asked := start(t, b, "groupcast", "echo", "-v", ":7000")
	asked.remarks("echoing")
	member := start(t, b, "groupcast", "echo", "-v", "239.7.7.7:7001")
	member.remarks("echoing")

	const group, group6 = "239.1.2.3:5000", "[ff15::5]:5000"
	for n, tc := range []struct {
		by   *program // who hears it
		args string   // TEXT is a mark; a line of standard input
		in   bool
		from string
	}{
		{heard, "send -i eth0 " + group + " TEXT", false, "10.0.1.1"},
		{heard, "send -i 192.168.50.1 " + group + " TEXT", false, "192.168.50.1"},
		{heard, "send --source 192.168.50.1 " + group + " TEXT", false, "192.168.50.1"},
		{heard, "send -i eth0 --source 192.168.50.1 " + group + " TEXT", false, "192.168.50.1"},
		{heard, "send -i 192.168.50.1 " + group6 + " TEXT", false, "2001:db8"},
		{heard, "send -i 2001:db8:2::1 " + group6 + " TEXT", false, "2001:db8:2::1"},
		{heard, "send --source 2001:db8:1::1 " + group6 + " TEXT", false, "2001:db8:1::1"},
		{heard, "chat -i 192.168.50.1 " + group, true, "192.168.50.1"},
		{heard, "chat --source 192.168.50.1 " + group, true, "192.168.50.1"},
		{heard, "chat -i eth0 " + group, true, "10.0.1.1"},
		{asked, "ping -c 1 -i eth0 192.168.50.2:7000", false, "192.168.50.1"},
		{asked, "ping -c 1 --source 10.0.1.1 192.168.50.2:7000", false, "10.0.1.1"},
		{asked, "ping -c 1 -i 192.168.50.1 10.0.1.2:7000", false, "192.168.50.1"},
		{member, "ping -c 1 -i 192.168.50.1 239.7.7.7:7001", false, "192.168.50.1"},
		{asked, "probe -c 1 -i eth0 192.168.50.2:7000", false, "192.168.50.1"},
		{asked, "probe -c 1 -i 10.0.1.1 192.168.50.2:7000", false, "10.0.1.1"},
		{asked, "probe -c 1 --source 10.0.1.1 192.168.50.2:7000", false, "10.0.1.1"},
	} {
		mark := fmt.Sprintf("case-%d", n)
		before := len(tc.by.out.String())
		p := start(t, a, "groupcast", strings.Fields(strings.ReplaceAll(tc.args, "TEXT", mark))...)
		ends := p.status
		if tc.in {
			p.say(mark)
			ends = p.end
		}
		if status := ends(); status != exitOK {
			t.Errorf("%s: exit status %d\n%s%s", tc.args, status, p.out.String(), p.err.String())
			continue
		}
		want := regexp.MustCompile(`(  |from=)\[?` + regexp.QuoteMeta(tc.from))
		if tc.by == heard {
			heard.prints(mark)
		}
		labtest.Eventually(t, tc.args+": heard from "+tc.from, func() bool { return want.MatchString(tc.by.out.String()[before:]) })
	}
	for args, says := range map[string]string{
		"send --source 192.168.50.9 " + group + " x":       "source 192.168.50.9: not an address of this host",
		"send -i lo --source 192.168.50.1 " + group + " x": "not an address of the interface that sends",
		"send --source 2001:db8:1::1 " + group + " x":      "of the group's IP version",
		"send --source here " + group + " x":               "want an address, such as",
		"probe --source 10.9.9.9 192.168.50.2:7000":        "not an address of this host",
	} {
		p := do(t, a, strings.Fields(args)...)
		if status := p.status(); status == exitOK || !strings.Contains(p.err.String(), says) {
			t.Errorf("%s: exit status %d, want an error that says %q:\n%s", args, status, says, p.err.String())
		}
	}
}
