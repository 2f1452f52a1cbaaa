package picture

import (
	"strings"
	"testing"
)

func someCard() Card {
	return Card{
		Name: "name", Surprise: "It <came> back.", Place: "B", Ends: "It ends & stays here.", Lost: true,
		Network: Network{Switches: []NetworkSwitch{{Name: "lan"}}, Hosts: []NetworkHost{
			{Name: "A", Interfaces: []NetworkInterface{{Name: "eth0", Switch: "lan"}}},
			{Name: "B", Interfaces: []NetworkInterface{{Name: "eth0", Switch: "lan"}}}}},
		Way:  &Way{Label: "hello", Hops: []WayHop{{From: "A.eth0", To: "B.eth0"}}},
		Seen: []string{"A$ one", "two"}, Why: "A reason.", Helps: []string{"do", "# and so on"}, Proved: "proved",
	}
}

// A card says what has no room, and where it ends has to be in its network.
func TestCardFits(t *testing.T) {
	if err := someCard().Fits(); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("long ", 40)
	for what, change := range map[string]func(c *Card){
		"wide":    func(c *Card) { c.Seen = []string{long} },
		"tall":    func(c *Card) { c.Why = strings.Repeat(long, 10) },
		"word":    func(c *Card) { c.Surprise = strings.Repeat("w", 99) },
		"footer":  func(c *Card) { c.Proved = long },
		"nowhere": func(c *Card) { c.Place = "C" },
	} {
		c := someCard()
		change(&c)
		if c.Fits() == nil {
			t.Errorf("%s: nothing is said about it", what)
		}
	}
}

// A card is read aloud, escapes its text, and has a cross where the way ends.
func TestCardSVG(t *testing.T) {
	svg := someCard().SVG()
	for _, want := range []string{"<title>name: It &lt;came&gt; back.</title>", "<desc>", "It ends &amp; stays here.", "and so on"} {
		if !strings.Contains(svg, want) {
			t.Errorf("the card has no %q:\n%s", want, svg)
		}
	}
	cross := Light.paints().lost + `" stroke-width="4.5"`
	if n := strings.Count(svg, cross); n != 2 {
		t.Errorf("there are %d crosses, want one at B and one beside what happens", n)
	}
	c := someCard()
	c.Lost, c.Place = false, ""
	if svg := c.SVG(); strings.Contains(svg, cross) || strings.Contains(svg, "dasharray") {
		t.Error("what is not lost has a cross, or a way that is only wanted")
	}
	c.Unsent = true
	if !strings.Contains(c.SVG(), "dasharray") {
		t.Error("the way that is only wanted is not dashed")
	}
}
