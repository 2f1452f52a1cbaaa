package main

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// responder has a port on all addresses, as an mDNS responder has 5353, and says
// what it gets.
const responder = `
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("0.0.0.0", 5353))
print("ready", flush=True)
while True:
    print("got", s.recv(2048).decode(), flush=True)
`

// What is sent to the host alone still reaches the program that had the port
// before listen came, and groups of one port are all heard.
func TestListenTakesNothingAway(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	program := start(t, a, "python3", "-c", responder)
	program.prints("ready")
	listen := start(t, a, "groupcast", "listen", "-i", "eth0", "-c", "2", "mdns", "239.7.8.4:5353", "239.7.8.4:5354")
	listen.remarks("joined 239.7.8.4:5354")
	client := start(t, b, "socat", "-u", "-", "UDP4:192.168.8.164:5353")
	client.say("for it alone")
	program.prints("got for it alone\n")
	for _, group := range []string{"239.7.8.4:5353", "224.0.0.251:5353"} {
		do(t, b, "send", "-i", "eth0", group, "for all").ends(exitOK)
	}
	listen.ends(exitOK)
	for _, want := range []string{" → 239.7.8.4:5353  ttl 1  7 B  for all\n", " → 224.0.0.251:5353  ttl 1  7 B  for all\n"} {
		if !strings.Contains(listen.out.String(), want) {
			t.Errorf("it does not print %q:\n%s", want, listen.out.String())
		}
	}
	const remark = "port 5353 is shared with python3 ("
	if text := listen.err.String(); strings.Count(text, remark) != 1 || !strings.Contains(text, "still receives unicast to this host: listen is bound to the group\n") ||
		strings.Contains(text, "port 5354 is shared") {
		t.Errorf("it remarks\n%s", text)
	}
}

// Where a group cannot be bound, listen says what it may take away.
func TestListenSaysWhatItTakesAway(t *testing.T) {
	t.Parallel()
	host := labtest.Build(t, dual()).Host("A")
	start(t, host, "groupcast", "listen", "[ff02::fb]:5353").remarks("joined [ff02::fb]:5353")
	object := start(t, host, "groupcast", "listen", "--json", "[ff02::fb]:5353")
	object.prints(`"shared_with":"groupcast (`)
	if strings.Contains(object.out.String(), `"bound"`) {
		t.Errorf("it says that it is bound to the group: %s", object.out.String())
	}
	second := start(t, host, "groupcast", "listen", "[ff02::fb]:5353")
	second.remarks("), and unicast to this host may arrive here instead (a socket that is bound to ff02::fb hears one interface only)")
}

// Alone at its port, listen is bound to all addresses: one socket for all groups.
func TestListenAloneBindsAll(t *testing.T) {
	l := &listener{set: &settings{}}
	for _, text := range []string{"239.7.8.5:64001", "239.7.8.6:64001"} {
		g, err := mcast.ParseGroup(text)
		if err != nil {
			t.Fatal(err)
		}
		if at := l.bind(g); at != g.Wildcard() {
			t.Errorf("%s is bound at %s", g, at)
		}
	}
}

// A membership is of an interface, which needs no address: it is listened to when
// it is named, and else it is said that it was left out. Sends need a source.
func TestListenWithoutAddress(t *testing.T) {
	t.Parallel()
	topology := lab.Article
	topology.Hosts = append(topology.Hosts[:2:2], lab.Host{Name: "C", Interfaces: []lab.Interface{
		{Name: "na0", Switch: "lan"},
		{Name: "eth1", Switch: "other", Addrs: []netip.Prefix{netip.MustParsePrefix("192.168.9.227/24")}},
	}})
	l := labtest.Build(t, topology)
	c := l.Host("C")
	named := start(t, c, "groupcast", "listen", "-i", "na0", "-c", "1", "239.7.8.7")
	named.remarks("joined 239.7.8.7:1234 on na0")
	plain := start(t, c, "groupcast", "listen", "-t", "0.05", "239.7.8.7")
	object := start(t, c, "groupcast", "listen", "--json", "-t", "0.05", "239.7.8.7")
	do(t, c, "send", "-i", "na0", "239.7.8.7", "x").ends(exitNot)
	start(t, l.Host("B"), "groupcast", "send", "-i", "eth0", "239.7.8.7", "to na0").ends(exitOK)
	named.ends(exitOK)
	named.prints("  na0  192.168.8.226:")
	plain.remarks("groupcast: without an IPv4 address: na0, and so left out; -i na0 listens there\n")
	object.prints(`"interfaces":["eth1"]`)
	object.prints(`"left_out":["na0"]`)
}
