package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// twoSharedLANs is A and B, which share two networks of both IP versions.
var twoSharedLANs = drawn(`
switch lan
switch other
host A
  eth0 on lan 10.7.0.1/24 fd00:7::1/64
  eth1 on other 10.8.0.1/24 fd00:8::1/64
  route 224.0.0.0/4 dev eth0 src 10.7.0.1
host B
  eth0 on lan 10.7.0.2/24 fd00:7::2/64
  eth1 on other 10.8.0.2/24 fd00:8::2/64
`)

const bridged = "A: ip link add br0 type bridge && ip link set br0 up && ip addr flush dev eth1 && ip link set eth1 master br0 && " +
	"ip addr add 10.8.0.1/24 dev br0 && ip addr add fd00:8::1/64 dev br0 nodad\n"

var otherPrograms = []struct {
	name, setup, ask string
	want             string // the names of what is found, with a space between them
	says             string
}{
	{"bound to another interface", "A& tenant -device eth0 -join 239.7.7.7@eth1 0.0.0.0:7000", "--from 10.8.0.2 239.7.7.7:7000", "wrong-device", "is bound to the interface eth0"},
	{"bound to another interface, by IPv6", "A& tenant -device eth0 -join ff05::7@eth1 [::]:7000", "-i eth1 --from fd00:8::2 [ff05::7]:7000", "wrong-device", "is bound to the interface eth0"},
	{"bound to its interface", "A& tenant -device eth1 -join 239.7.7.7@eth1 0.0.0.0:7000", "--from 10.8.0.2 239.7.7.7:7000", "", ""},
	{"bound to another group", "A& tenant -join 239.7.7.7@eth0 239.9.9.9:7000", "--from 10.7.0.2 239.7.7.7:7000", "wrong-port", "is bound to 239.9.9.9, another group"},
	{"bound to another group, by IPv6", "A& tenant -join ff05::7@eth0 [ff05::9]:7000", "-i eth0 --from fd00:7::2 [ff05::7]:7000", "wrong-port", "is bound to ff05::9, another group"},
	{"bound to no port", "A& tenant -join 239.7.7.7@eth0 0.0.0.0:0", "239.7.7.7:7000", "wrong-port", "nobody listens at port 7000"},
	{"bound to no port, by IPv6", "A& tenant -join ff05::7@eth0 [::]:0", "-i eth0 [ff05::7]:7000", "wrong-port", "nobody listens at port 7000"},
	{"bound to an address", "A& tenant -join 239.7.7.7@eth0 10.7.0.1:7000", "239.7.7.7:7000", "unicast-bind", "is bound to 10.7.0.1"},
	{"bound to an address, by IPv6", "A& tenant -join ff05::7@eth0 [fd00:7::1]:7000", "-i eth0 [ff05::7]:7000", "unicast-bind", "is bound to fd00:7::1"},
	{"a source is blocked", "A& tenant -join 239.7.7.7@eth0 -block 10.7.0.2 0.0.0.0:7000", "--from 10.7.0.2 239.7.7.7:7000", "source-blocked", "has blocked 10.7.0.2"},
	{"a source is blocked, by IPv6", "A& tenant -join ff05::7@eth0 -block fd00:7::2 [::]:7000", "-i eth0 --from fd00:7::2 [ff05::7]:7000", "source-blocked", "has blocked fd00:7::2"},
	{"joined on the port of a bridge", bridged + "A& tenant -join 239.7.7.7@eth1 0.0.0.0:7000", "-i br0 239.7.7.7:7000", "bridge-port", "another program has joined 239.7.7.7 on eth1"},
	{"joined on the port of a bridge, by IPv6", bridged + "A& tenant -join ff05::7@eth1 [::]:7000", "-i br0 [ff05::7]:7000", "bridge-port", "another program has joined ff05::7 on eth1"},
	{"a multicast router, which joins for others", "R& tenant -join 239.7.7.7@eth0 0.0.0.0:0", "-i eth0 239.7.7.7:7000", "", ""},
	{"a server, which never joined", "A& tenant 0.0.0.0:7000", "239.7.7.7:7000", "", ""},
	{"a server, which never joined, by IPv6", "A& tenant [::]:7000", "-i eth0 [ff05::7]:7000", "", ""},
}

// What another program does wrong is found passively, with IPv4 and IPv6, and a
// user without privileges is told the same.
func TestOtherPrograms(t *testing.T) {
	type testCase = struct{ name, setup, ask, want, says string }
	var list []testCase
	for _, c := range otherPrograms {
		list = append(list, testCase(c))
	}
	together(t, list, func(c testCase) string { return c.name }, func(t *testing.T, c testCase) {
		where, on := twoSharedLANs, "A"
		if strings.HasPrefix(c.setup, "R&") {
			where, on = topologyNamed("routed", 0), "R"
		}
		l := labtest.Build(t, where())
		for line := range strings.Lines(c.setup) {
			if step(t, l, strings.TrimSpace(line)); t.Failed() {
				return
			}
		}
		for _, as := range [][]string{{}, {"unshare", "--user"}} { // where its user is 65534, and has no capability
			command := slices.Concat(as, []string{"groupcast", "doctor"}, strings.Fields(c.ask))
			p := start(t, l.Host(on), command[0], command[1:]...)
			p.end()
			var names []string
			for line := range strings.Lines(p.out.String()) {
				verdict, rest, _ := strings.Cut(line, ": ")
				name, _, _ := strings.Cut(rest, ":")
				if verdict == "failure" || verdict == "warning" {
					names = append(names, name)
				}
			}
			if got := strings.Join(names, " "); got != c.want || !strings.Contains(p.out.String(), c.says) {
				t.Errorf("%q finds %q, want %q, and that it says %q:\n%s%s", command, got, c.want, c.says, p.out.String(), p.err.String())
			}
		}
	})
}
