package main

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
	"github.com/groupcast/groupcast/tui/picture"
)

const cardsDir = "../../docs/pitfalls/cards"

// Each pitfall has a card on one page, made of the words of its page and of the network
// and the way of its scene. Run with -update to write them anew.
func TestCards(t *testing.T) {
	pages := map[string]string{"README.md": cardsPage()}
	for _, p := range doctor.Pages() {
		c, err := cardOf(p)
		if err != nil {
			t.Errorf("%s: %v", p.Name, err)
			continue
		}
		if err := c.Fits(); err != nil {
			t.Errorf("the card of %s: %v", p.Name, err)
		}
		if err := wayFits(c); err != nil {
			t.Errorf("the card of %s: %v", p.Name, err)
		}
		svg := c.SVG()
		if c.SVG() != svg {
			t.Errorf("the card of %s is not the same twice", p.Name)
		}
		pages[p.Name+".svg"] = svg + "\n"
	}
	labtest.Pages(t, cardsDir, pages, updating())
}

// cardOf is the card of a pitfall.
func cardOf(p doctor.Page) (picture.Card, error) {
	c := picture.Card{Name: p.Name, Surprise: p.Card.Surprise, Ends: p.Card.Ends, Unsent: p.Card.Unsent, Lost: p.Card.Place != "-",
		Why: p.Card.Why, Helps: p.Card.Helps, Proved: "Made and mended in a lab: groupcast lab exercise " + p.Name}
	if p.Card.Place != "-" && p.Card.Place != "wire" {
		c.Place = p.Card.Place
	}
	for _, line := range p.Card.Seen {
		c.Seen = append(c.Seen, strings.ReplaceAll(line, "...", "…"))
	}
	if recorded[p.Name] != "" {
		drawn, ok := unmadeCards[p.Name]
		if !ok {
			return c, fmt.Errorf("no lab can make it: unmadeCards has to have its network")
		}
		c.Network, c.Way = networkOf(drawn.topology), &drawn.way
		c.Proved = "No lab can make it: this is from documents and recorded facts. See groupcast explain " + p.Name
		return c, nil
	}
	l, err := lesson.Find(p.Name)
	if err != nil {
		return c, err
	}
	ways := l.Ways()
	if len(ways) == 0 {
		return c, fmt.Errorf("%s has no way: paragraph", l.Name)
	}
	c.Network, c.Way = networkOf(l.Topology), wayOf(*ways[0])
	if p.Card.Label != "" {
		c.Way.Label = p.Card.Label
	}
	if p.Name == "macvlan" { // the scene makes mv0, and leaves the wire of box unused
		for i, h := range c.Network.Hosts {
			if h.Name == "box" {
				c.Network.Hosts[i].Interfaces = []picture.NetworkInterface{{Name: "mv0", Switch: "lan", Addrs: []string{"192.168.1.20/24"}, Extra: []string{"on B's eth0"}}}
			}
		}
	}
	return c, nil
}

// unmadeCards are the networks and ways of pitfalls that no lab can make.
var unmadeCards = map[string]struct {
	topology lab.Topology
	way      picture.Way
}{
	"answers-blocked": {oneSwitch("lan", "192.168.1.10/24", "192.168.1.11/24", "192.168.1.12/24"),
		picture.Way{Label: "query to 239.1.2.3", Hops: []picture.WayHop{{From: "A.eth0", To: "B.eth0"}, {From: "A.eth0", To: "C.eth0"}, {From: "B.eth0", To: "A.eth0"}, {From: "C.eth0", To: "A.eth0"}}}},
	"virtual-network": {oneSwitch("cloud", "10.0.0.4/24", "10.0.0.5/24", "10.0.0.6/24"),
		picture.Way{Label: "to 239.1.2.3", Hops: []picture.WayHop{{From: "A.eth0", To: "cloud"}}}},
}

// oneSwitch is a switch with hosts of these addresses, which are called A, B and so on.
func oneSwitch(name string, addrs ...string) (t lab.Topology) {
	t.Switches = []lab.Switch{{Name: name}}
	for i, addr := range addrs {
		t.Hosts = append(t.Hosts, lab.Host{
			Name:       string(rune('A' + i)),
			Interfaces: []lab.Interface{{Name: "eth0", Switch: name, Addrs: []netip.Prefix{netip.MustParsePrefix(addr)}}},
		})
	}
	return t
}

// wayFits reports a hop that begins or ends at nothing of the card's network, and a way
// that is lost on a wire without a card that says so.
func wayFits(c picture.Card) error {
	at := map[string]string{}
	for _, h := range c.Network.Hosts {
		for _, i := range h.Interfaces {
			at[h.Name+"."+i.Name] = i.Switch
		}
	}
	for _, s := range c.Network.Switches {
		at[s.Name] = s.Name
	}
	lost := false
	for _, hop := range c.Way.Hops {
		if at[hop.From] == "" || at[hop.From] != at[hop.To] {
			return fmt.Errorf("the hop from %q to %q is not of its network", hop.From, hop.To)
		}
		lost = lost || hop.Lost
	}
	if c.Lost != (lost || c.Place != "") {
		return fmt.Errorf("ends: it is lost: %v; on a wire: %v; at %q", c.Lost, lost, c.Place)
	}
	return nil
}

// What a card shows of a terminal was seen in its scene.
func cardSeen(name, said string) (missing []string) {
	p, err := doctor.FindPage(name)
	if err != nil {
		return []string{err.Error()}
	}
	var lines []string
	for line := range strings.SplitSeq(said, "\n") {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	for _, want := range p.Card.Seen {
		if !strings.HasPrefix(want, "#") && !slices.ContainsFunc(lines, func(line string) bool { return hasPieces(line, strings.Split(want, "...")) }) {
			missing = append(missing, want)
		}
	}
	return missing
}

// hasPieces reports whether a line has these pieces, one after the other.
func hasPieces(line string, pieces []string) bool {
	for _, piece := range pieces {
		_, rest, ok := strings.Cut(line, strings.Join(strings.Fields(piece), " "))
		if !ok {
			return false
		}
		line = rest
	}
	return true
}

func TestCardSeen(t *testing.T) {
	const said = "  A$ groupcast send 224.0.0.114 lost\n    | groupcast: sent 1 datagram to 224.0.0.114:1234; sends leave by eth1, source 169.254.167.41: default route\n"
	if missing := cardSeen("wrong-egress", said); missing != nil {
		t.Errorf("missing: %q", missing)
	}
	for _, left := range []string{"A$ groupcast send", "leave by eth1"} {
		if missing := cardSeen("wrong-egress", strings.Replace(said, left, "", 1)); len(missing) != 1 {
			t.Errorf("without %q these are missing: %q, want one line", left, missing)
		}
	}
	if hasPieces("b a", []string{"a", "b"}) {
		t.Error("pieces in another order match")
	}
}

// cardsPage is the index of all cards.
func cardsPage() string {
	var b strings.Builder
	b.WriteString(`# One page, one surprise

Each pitfall of multicast on one page: what surprises, where the datagram's way ends, what you see in a terminal, why, and what helps. Each card
prints on one sheet of A4 or Letter, and its text can be searched and copied. ` + "`groupcast explain NAME`" + ` says more, and so does the page behind
each name.

The cards are made by ` + "`go test ./cmd/groupcast -run TestCards -update`" + ` from the headers of mcast/doctor/pages, and from the networks and ways of
the scenes. What a terminal shows on them is compared with what the scenes print. The ` + fmt.Sprint(len(recorded)) + ` pitfalls that no lab can make say so.

| name | surprise | card |
|---|---|---|
`)
	for _, p := range doctor.Pages() {
		fmt.Fprintf(&b, "| [%s](../%s.md) | %s | [![%s: %s](%s.svg)](%s.svg) |\n", p.Name, p.Name, p.Card.Surprise, p.Name, strings.ReplaceAll(p.Card.Surprise, `"`, "'"), p.Name, p.Name)
	}
	return b.String()
}
