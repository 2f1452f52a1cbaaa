package main

import (
	"encoding/json"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/igmp"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// asks sends a query from a host, to be answered within 0.2 s.
func asks(t *testing.T, from *lab.Node, addr string) {
	t.Helper()
	labtest.In(t, from, func() error {
		a, err := igmp.OpenAsker(labtest.Device(t, from, "eth0"), labtest.Addr(addr))
		if err != nil {
			return err
		}
		defer a.Close()
		return a.Ask(igmp.Message{
			Family: igmp.IGMP, Kind: igmp.Query, Version: 3, From: labtest.Addr(addr), To: labtest.Addr("224.0.0.1"),
			MaxResponse: 200 * time.Millisecond, Robustness: 2, Interval: 125 * time.Second,
		})
	})
}

// A host of IGMPv3 and one of IGMPv2 join and leave, queriers ask, and groupcast
// igmp tells all of it: as lines, as objects, as one table, on a screen, by its exit
// status, and as much as nobody may know.
func TestIGMPOnTheWire(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, drawn("switch lan\nhost A\neth0 on lan 192.168.8.10/24\nhost B\neth0 on lan 192.168.8.11/24\nhost C\nigmp 2\neth0 on lan 192.168.8.12/24\n")())
	a, b, c := l.Host("A"), l.Host("B"), l.Host("C")
	lines := start(t, a, "groupcast", "igmp")
	lines.remarks("watching IGMP and MLD on eth0")
	objects := start(t, a, "groupcast", "igmp", "--json", "-4", "-t", "600", "239.1.2.3")
	objects.prints("watching")
	ended := start(t, a, "groupcast", "igmp", "--until", "group-last:239.1.2.3", "-t", "600")
	ended.remarks("watching")
	screen := openTerminal(t, a, 100, 30, nil, "groupcast", "igmp", "-4", "-i", "eth0")
	screen.shows("Members")
	once := start(t, a, "groupcast", "igmp", "--once")
	once.remarks("waiting for a query")
	onceJSON := start(t, a, "groupcast", "igmp", "--once", "--json")
	polite := start(t, a, "groupcast", "igmp", "--query", "-i", "eth0", "-W", "600")
	polite.remarks("switches will send every group of the network to this port")
	polite.remarks("looking for another querier on eth0")

	var members []*program
	for _, host := range []*lab.Node{a, b, c} {
		p := start(t, host, "groupcast", "listen", "-i", "eth0", "239.1.2.3")
		p.remarks("joined")
		members = append(members, p)
	}
	lines.prints("239.1.2.3 192.168.8.10 (this host) on eth0: v3: ")
	lines.prints("239.1.2.3 192.168.8.11 on eth0: v3: ")
	lines.prints("239.1.2.3 192.168.8.12 on eth0: v2: ")
	lines.prints("sight-changed     igmp on eth0: all: ")
	screen.shows("192.168.8.12")

	// A program that has started says so with its first object only: B asks until
	// all have heard it.
	labtest.Eventually(t, "one table, and one object", func() bool {
		asks(t, b, "192.168.8.11")
		return strings.Contains(once.out.String(), "HOW") && strings.Contains(onceJSON.out.String(), `"sight"`)
	})
	once.ends(exitOK)
	table := once.out.String()
	for _, want := range []string{"eth0  IGMPv3  querier 192.168.8.11 (v3, every 125 s, answers within 0.2 s, robustness 2)", "sight: all",
		"192.168.8.10 (this host)", "report seen leaving", "192.168.8.12", "v2, at least"} {
		if !strings.Contains(table, want) {
			t.Errorf("the table has no %q:\n%s", want, table)
		}
	}
	onceJSON.ends(exitOK)
	readObjectsDoc(t).hold(t, "igmp", "--once", onceJSON.out.String())
	var o struct {
		Type     string
		Queriers []struct{ Host string }
		Members  []struct {
			Group, Host string
			Self        bool
		}
		Sight []struct{ Family, Sight string }
	}
	if err := json.Unmarshal([]byte(onceJSON.out.String()), &o); err != nil || o.Type != "igmp" || len(o.Queriers) != 1 || o.Queriers[0].Host != "192.168.8.11" || len(o.Sight) != 2 || o.Sight[0].Sight != "all" {
		t.Errorf("%v: %s", err, onceJSON.out.String())
	}
	polite.ends(exitNot)
	polite.remarks("192.168.8.11 sends queries on eth0: there is a querier already")
	lines.prints("querier-appeared  192.168.8.11 on eth0: ")
	querier := start(t, a, "groupcast", "igmp", "--query", "-i", "eth0", "-W", "0.01", "-t", "600")
	lines.prints("querier-changed   192.168.8.10 (this host) on eth0: ")
	querier.prints("querier-appeared  192.168.8.10 (this host)")

	// Who may not look is told so, and what is known of this host.
	nobody := start(t, a, "unshare", "--user", "groupcast", "igmp", "--once", "239.1.2.3")
	nobody.ends(exitDoubt)
	nobody.remarks("queries and reports of other hosts are not seen")
	nobody.remarks("hint: sudo groupcast igmp")
	nobody.prints("239.1.2.3")
	refused := start(t, a, "unshare", "--user", "groupcast", "igmp", "--until", "group-first")
	refused.ends(exitNot)
	refused.remarks("CAP_NET_RAW")

	for n, left := range []string{"192.168.8.10 (this host) on eth0: v3: to include nothing", "192.168.8.11 on eth0: v3: to include nothing", "192.168.8.12 on eth0: v2: leave"} {
		if err := members[n].cmd.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		lines.prints("member-left       239.1.2.3 " + left)
	}
	lines.prints("group-last        239.1.2.3 192.168.8.12 on eth0: ")
	ended.ends(exitOK)
	ended.prints("group-last        239.1.2.3")
	objects.prints(`"event":"group-last"`)
	joined := map[string]int{}
	for line := range strings.Lines(objects.out.String()) {
		var e struct {
			Type, Event, Interface, Family, Group, Host, Mode, Sight string
			Version                                                  int
		}
		if strings.HasPrefix(line, `{"type":"watching"`) {
			continue
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Type != "igmp-event" || e.Interface != "eth0" || e.Family != "igmp" {
			t.Errorf("%v: %s", err, line)
		}
		if e.Event == "member-joined" && e.Group == "239.1.2.3" && e.Mode == "exclude" {
			joined[e.Host] = e.Version
		}
	}
	if joined["192.168.8.11"] != 3 || joined["192.168.8.12"] != 2 {
		t.Errorf("joined: %v", joined)
	}
	screen.shows("group-last")
	screen.keys("q")
	if code := exitCode(t, screen.cmd.Wait()); code != exitOK {
		t.Errorf("the screen ends with %d", code)
	}
	for _, p := range []*program{lines, querier} {
		if err := p.cmd.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		p.ends(exitOK)
	}
	querier.remarks("no more queries are sent")
}
