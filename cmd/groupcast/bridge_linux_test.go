package main

import (
	"encoding/json"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// twoRooms is two LANs that are wired to one host, which forwards nothing.
func twoRooms() lab.Topology {
	at := func(name, lan, addr string) lab.Interface {
		return lab.Interface{Name: name, Switch: lan, Addrs: []netip.Prefix{netip.MustParsePrefix(addr)}}
	}
	out := []lab.Route{{Dst: netip.MustParsePrefix("0.0.0.0/0"), Dev: "eth0"}}
	return lab.Topology{
		Switches: []lab.Switch{{Name: "left"}, {Name: "right"}},
		Hosts: []lab.Host{
			{Name: "A", Interfaces: []lab.Interface{at("eth0", "left", "10.1.0.10/24")}, Routes: out},
			{Name: "B", Interfaces: []lab.Interface{at("eth0", "right", "10.2.0.10/24")}, Routes: out},
			{Name: "M", Interfaces: []lab.Interface{at("eth0", "left", "10.1.0.1/24"), at("eth1", "right", "10.2.0.1/24")}},
		},
	}
}

// Two rooms wired to one host: node on one side hears node on the other, once, and what
// is typed wrongly or taken already is said.
func TestBridgeBetweenTwoRooms(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, twoRooms())
	a, b, m := l.Host("A"), l.Host("B"), l.Host("M")
	atA, atB := start(t, a, "node", peer(t, "server.js")), start(t, b, "node", peer(t, "server.js"))
	atA.prints("ready")
	atB.prints("ready")
	manager := serviceManager(t, t.TempDir()+"/notify")
	carrying := start(t, m, "env", "NOTIFY_SOCKET="+manager.LocalAddr().String(), "groupcast", "bridge", "-v", "-i", "eth0", "-i", "10.2.0.1", "224.0.0.114", "239.9.9.9")
	objects := start(t, m, "groupcast", "bridge", "-v", "--json", "-i", "eth1", "-i", "eth0", "239.1.2.3:5000")
	carrying.prints("eth0 and eth1: 224.0.0.114:1234 and 239.9.9.9:1234 are carried between them\n")
	objects.prints(`"type":"bridging"`)

	for _, text := range []string{"from the left", "from the left", "the last"} {
		start(t, a, "node", peer(t, "client.js"), text).status()
	}
	atB.prints("receive msg: the last from 10.2.0.1\n")
	carrying.prints("  eth1  10.2.0.1:1236 → 224.0.0.114:1234  ttl 1  8 B  re-sent, from 10.1.0.10:")
	start(t, b, "node", peer(t, "client.js"), "from the right").status()
	atA.prints("receive msg: from the right from 10.1.0.1\n")
	do(t, a, "send", "-i", "eth0", "239.1.2.3:5000", "tick").status()
	objects.prints(`"type":"resent"`)
	ada, bob := talks(t, a, "--ephemeral", "--name", "ada", "239.1.2.3:5000"), talks(t, b, "--ephemeral", "--name", "bob", "239.1.2.3:5000")
	ada.meets("bob")
	bob.meets("ada")
	ada.say("from the left, in a frame")
	bob.hears("ada", "from the left, in a frame")
	objects.prints(`"frame":"TEXT"`)

	if err := carrying.cmd.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if status := carrying.status(); status != exitOK {
		t.Errorf("exit status %d after SIGTERM, want 0\n%s", status, carrying.err.String())
	}
	for _, want := range []string{"READY=1\nSTATUS=224.0.0.114:1234 and 239.9.9.9:1234 on eth0 and eth1\n", "STOPPING=1\n"} {
		if got := nextState(t, manager); got != want {
			t.Errorf("systemd is told %q, want %q", got, want)
		}
	}
	carrying.prints("eth0, 224.0.0.114:1234: heard 3, carried 3, re-sent 1\n")
	carrying.prints("eth1, 224.0.0.114:1234: heard 1, carried 1, re-sent 3\n")
	carrying.prints("eth1: nothing came of 239.9.9.9:1234\n")
	if got := strings.Count(atB.out.String(), "receive msg: from the left from 10.2.0.1\n"); got != 2 {
		t.Errorf("of two datagrams with the same bytes %d arrived:\n%s", got, atB.out.String())
	}
	if got := strings.Count(atA.out.String(), "receive msg: from the left"); got != 2 {
		t.Errorf("the sender's LAN has %d copies of two datagrams:\n%s", got, atA.out.String())
	}

	interrupted(t, objects)
	readObjectsDoc(t).hold(t, "bridge", "-v --json", objects.out.String())
	var kinds []string
	for line := range strings.Lines(objects.out.String()) {
		var o struct{ Type, Site, Origin, From, Frame string }
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatal(err)
		}
		if kinds = append(kinds, o.Type); o.Type == "resent" && o.Frame == "" && (o.Site != "eth1" || o.Origin != "eth0" || !strings.HasPrefix(o.From, "10.1.0.10:")) {
			t.Errorf("re-sent is\n%s", line)
		}
	}
	if got := strings.Join(kinds, " "); !strings.HasPrefix(got, "bridging ") || !strings.Contains(got, " carried ") || !strings.HasSuffix(got, " stats stats totals") {
		t.Errorf("printed %s\n%s", got, objects.out.String())
	}

	// Nothing comes; an interface that is down; a program that has port 1236 for itself.
	silent := do(t, m, "bridge", "-t", "0.05", "-i", "eth0", "-i", "eth1", "239.9.9.9")
	if status := silent.status(); status != exitNot {
		t.Errorf("nothing was carried: exit status %d, want 1", status)
	}
	silent.remarks("groupcast: nothing was carried in 50ms, as nothing was heard\n  hint: groupcast doctor -i eth0 -i eth1 239.9.9.9\n")
	holds := start(t, m, "python3", "-c", "import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.bind(('', 1236))\nprint('ready', flush=True)\ninput()")
	holds.prints("ready")
	taken := do(t, m, "bridge", "-i", "eth0", "-i", "eth1", "239.9.9.9")
	if status := taken.status(); status != exitNot {
		t.Errorf("port 1236 is taken: exit status %d, want 1", status)
	}
	taken.remarks("  hint: every bridge sends from port 1236, which is how others know what it sent: python3 (")
	if err := m.Link("eth1").SetDown(); err != nil {
		t.Fatal(err)
	}
	down := do(t, m, "bridge", "-i", "eth0", "-i", "eth1", "239.9.9.9")
	if status := down.status(); status != exitNot {
		t.Errorf("eth1 is down: exit status %d, want 1", status)
	}
	down.remarks("groupcast: join 239.9.9.9:1234: interface eth1: interface is down\n  hint: bring it up")
}
