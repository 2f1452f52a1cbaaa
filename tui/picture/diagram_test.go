package picture

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

func networkOf(t lab.Topology) Network {
	n := Network{Notes: t.Notes()}
	for _, s := range t.Switches {
		n.Switches = append(n.Switches, NetworkSwitch{Name: s.Name, On: s.On})
	}
	for _, h := range t.Hosts {
		drawn := NetworkHost{Name: h.Name, Router: h.Router}
		for _, i := range h.Interfaces {
			end := NetworkInterface{Name: i.Name, Switch: i.Switch, Extra: i.Settings()}
			for _, a := range i.Addrs {
				end.Addrs = append(end.Addrs, a.String())
			}
			drawn.Interfaces = append(drawn.Interfaces, end)
		}
		n.Hosts = append(n.Hosts, drawn)
	}
	return n
}

// named are the networks that have names, those of lessons among them.
func named() map[string]Network {
	all := map[string]Network{}
	for _, n := range lab.Topologies() {
		all[n.Name] = networkOf(n.Make(0))
	}
	for _, hosts := range []int{1, 9, 250} {
		t, err := lab.FindTopology("classroom", hosts)
		if err != nil {
			panic(err)
		}
		all[fmt.Sprintf("classroom-%d", hosts)] = networkOf(t)
	}
	for _, l := range slices.Concat(lesson.All(), lesson.Scenes()) {
		all["lesson-"+l.Name] = networkOf(l.Topology)
	}
	return all
}

// wayFrom parses "LABEL | A.eth0 > B.eth0!", as lessons have it.
func wayFrom(text string) *Way {
	label, hops, _ := strings.Cut(text, " | ")
	way := &Way{Label: label}
	for hop := range strings.SplitSeq(hops, ", ") {
		from, to, _ := strings.Cut(hop, " > ")
		to, lost := strings.CutSuffix(to, "!")
		way.Hops = append(way.Hops, WayHop{from, to, lost})
	}
	return way
}

// failures is what a test and a property have.
type failures interface {
	Helper()
	Errorf(string, ...any)
	Fatalf(string, ...any)
}

// hold holds a diagram to what every one promises.
func hold(t failures, n Network, way *Way, columns int, ascii bool) Diagram {
	t.Helper()
	d := NewDiagram(n, way, DiagramOptions{Columns: columns, ASCII: ascii})
	rows := d.Rows()
	shown := func() string { return "\n" + strings.Join(rows, "\n") }
	// No two labels share a cell, no other thing lies on one, and each is there whole.
	cells := map[[2]int]string{}
	for _, l := range d.Labels() {
		if l.X < 0 || l.Y < 0 || l.X+l.Width() > columns {
			t.Errorf("%q is at column %d of %d%s", l.Text, l.X, columns, shown())
		}
		for x := range l.Width() {
			if other, ok := cells[[2]int{l.X + x, l.Y}]; ok {
				t.Errorf("%q lies over %q%s", l.Text, other, shown())
			}
			cells[[2]int{l.X + x, l.Y}] = l.Text
		}
		if l.Y >= len(rows) || ansi.Cut(rows[l.Y], l.X, l.X+l.Width()) != l.Text {
			t.Errorf("%q is not in row %d%s", l.Text, l.Y, shown())
		}
	}
	for _, row := range rows {
		if ansi.StringWidth(row) > columns || strings.TrimRight(row, " ") != row {
			t.Errorf("%q is too wide%s", row, shown())
		}
		if ascii && strings.ContainsFunc(row, func(r rune) bool { return r > '~' || r < ' ' }) {
			t.Errorf("%q is not ASCII", row)
		}
	}
	holdWires(t, d, n, rows, shown)
	if way != nil {
		holdWay(t, d, *way, rows, shown)
	}
	holdSVG(t, d, shown)
	return d
}

// holdWires follows each wire that is drawn from the name of its interface, and finds the
// host at one end and the switch at the other.
func holdWires(t failures, d Diagram, n Network, rows []string, shown func() string) {
	t.Helper()
	if d.listed || d.options.ASCII {
		return
	}
	grid := make([][]string, len(rows))
	for y, row := range rows {
		for row != "" {
			cluster, width := ansi.FirstGraphemeCluster(row, ansi.GraphemeWidth)
			row = row[len(cluster):]
			for range max(width, 1) {
				grid[y] = append(grid[y], cluster)
			}
		}
	}
	at := func(x, y int) string {
		if y < 0 || y >= len(grid) || x < 0 || x >= len(grid[y]) {
			return " "
		}
		return grid[y][x]
	}
	found := map[string]bool{}
	for _, l := range d.Labels() {
		if l.kind != interfaceLabel || strings.HasPrefix(l.Text, "(") || l.Text == "on no switch" {
			continue
		}
		x, ends := l.X-2, [2]int{l.Y, l.Y}
		for i, step := range []int{-1, 1} {
			for strings.Contains("│┃▲▼✗╽╿", at(x, ends[i])) {
				ends[i] += step
			}
		}
		var host, on string
		for _, y := range ends {
			inBox := false
			for _, b := range d.scene.boxes {
				if b.x < x && x < b.x+b.width && (y == b.y || y == b.y+b.height-1) {
					inBox = true
					for _, h := range d.Labels() {
						if h.X == b.x+2 && h.Y == b.y+1 {
							host, _, _ = strings.Cut(h.Text, " (router)")
						}
					}
				}
			}
			if name := barName(d, at, x, y); name != "" && !inBox {
				on = name
			}
		}
		found[host+"."+l.Text+" on "+on] = true
	}
	labels := map[string]bool{}
	for _, l := range d.Labels() {
		if l.kind == hostLabel || l.kind == foldLabel {
			labels[l.Text] = true
		}
	}
	drawn, folded := 0, 0
	for _, h := range n.Hosts {
		if !labels[h.Name] && !labels[h.Name+" (router)"] {
			folded++
			continue
		}
		drawn++
		for _, i := range h.Interfaces {
			if !found[h.Name+"."+i.Name+" on "+i.Switch] {
				t.Errorf("%s.%s on %q is not drawn so; found are %v%s", h.Name, i.Name, i.Switch, found, shown())
			}
		}
	}
	counted := 0
	for label := range labels {
		if m := regexp.MustCompile(`^and (\d+) more hosts?$`).FindStringSubmatch(label); m != nil {
			counted++
		}
	}
	if folded > 0 && counted == 0 {
		t.Errorf("%d hosts are drawn and %d are missing%s", drawn, folded, shown())
	}
}

// holdWay finds the end of each hop: an arrow at its interface, or a cross beside the word.
func holdWay(t failures, d Diagram, way Way, rows []string, shown func() string) {
	t.Helper()
	if d.options.ASCII || d.listed {
		return
	}
	beside := map[string]string{} // what is left of the rows of an interface
	lost := ""
	of := map[[2]int]string{} // the host of a box
	for _, l := range d.Labels() {
		if l.kind == hostLabel {
			name, _, _ := strings.Cut(l.Text, " (router)")
			of[[2]int{l.X - 2, l.Y - 1}] = name
		}
	}
	for _, l := range d.Labels() {
		if l.X < 2 {
			continue
		}
		mark := ansi.Cut(rows[l.Y], l.X-2, l.X-1)
		if l.kind == lostLabel {
			lost += mark
		}
	}
	for _, h := range d.network.Hosts {
		for _, i := range h.Interfaces {
			for _, l := range d.Labels() {
				if l.kind != interfaceLabel || l.Text != i.Name {
					continue
				}
				for _, b := range d.scene.boxes {
					if of[[2]int{b.x, b.y}] != h.Name || l.X-2 <= b.x || l.X-2 >= b.x+b.width {
						continue
					}
					for _, y := range []int{b.y - 1, b.y + b.height} {
						if y >= 0 && y < len(rows) && (y < b.y) == (l.Y < b.y) {
							beside[h.Name+"."+i.Name] += ansi.Cut(rows[y], l.X-2, l.X-1)
						}
					}
				}
			}
		}
	}
	if strings.Trim(lost, "✗") != "" {
		t.Errorf("beside the word lost is %q%s", lost, shown())
	}
	for _, h := range way.Hops {
		switch at, drawn := beside[h.To]; {
		case h.Lost && h.From != h.To && !strings.Contains(lost, "✗"):
			t.Errorf("%+v: no cross%s", h, shown())
		case drawn && !h.Lost && h.From != h.To && !strings.ContainsAny(at, "▲▼✗"): // a cross of another hop may be there
			t.Errorf("%+v: at its end is %q%s", h, at, shown())
		}
	}
}

// barName is the name of the bar at a cell; the bars of a comb have theirs at the top.
func barName(d Diagram, at func(x, y int) string, x, y int) string {
	sides := func() (of sides) {
		for sides, r := range lineRunes {
			if r == at(x, y) && sides[0]+sides[1]+sides[2]+sides[3] > of[0]+of[1]+of[2]+of[3] {
				of = sides // the fullest: a bar has the same character at its ends
			}
		}
		return of
	}
	if s := sides(); s[0]+s[2] == 0 {
		return ""
	}
	for x > 0 && at(x-1, y) != " " {
		x--
	}
	for sides()[1] > 0 {
		y--
	}
	for _, l := range d.Labels() {
		if l.kind != switchLabel || l.Y != y {
			continue
		}
		if end := l.X + l.Width(); end == x-1 || end < x && strings.TrimSpace(textBetween(at, end, x, y)) == "" {
			return l.Text
		}
	}
	return ""
}

func textBetween(at func(x, y int) string, from, to, y int) (text string) {
	for x := from; x < to; x++ {
		text += at(x, y)
	}
	return text
}

var svgText = regexp.MustCompile(`<text x="([\d.]+)" y="([\d.]+)" textLength="([\d.]+)"[^>]*>`)

// holdSVG holds the texts of the picture: none lies over another, none leaves the picture.
func holdSVG(t failures, d Diagram, shown func() string) {
	t.Helper()
	svg := d.SVG(Light)
	size := regexp.MustCompile(`viewBox="0 0 (\d+) (\d+)"`).FindStringSubmatch(svg)
	if size == nil {
		t.Fatalf("no viewBox: %.200s", svg)
	}
	type rect struct{ x1, y1, x2, y2 float64 }
	number := func(s string) float64 {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatalf("%v", err)
		}
		return f
	}
	var rects []rect
	for _, m := range svgText.FindAllStringSubmatch(svg, -1) {
		x, y, w := number(m[1]), number(m[2]), number(m[3])
		r := rect{x + 0.01, y - fontSize*0.9, x + w - 0.01, y + fontSize*0.25}
		if r.x1 < 0 || r.y1 < 0 || r.x2 > number(size[1]) || r.y2 > number(size[2]) {
			t.Errorf("a text leaves the picture: %+v%s", r, shown())
		}
		for _, o := range rects {
			if r.x1 < o.x2 && o.x1 < r.x2 && r.y1 < o.y2 && o.y1 < r.y2 {
				t.Errorf("two texts overlap: %+v and %+v%s", r, o, shown())
			}
		}
		rects = append(rects, r)
	}
	if len(rects) != len(d.Labels()) {
		t.Errorf("%d texts for %d labels", len(rects), len(d.Labels()))
	}
}

func TestDiagramsOfNamedNetworks(t *testing.T) {
	for name, n := range named() {
		for _, ascii := range []bool{false, true} {
			if d := hold(t, n, nil, 80, ascii); d.listed {
				t.Errorf("%s is a list:\n%s", name, strings.Join(d.Rows(), "\n"))
			}
			hold(t, n, nil, 40, ascii)
		}
	}
}

// Any network that a topology can be is drawn, whatever its names, addresses and cables.
func TestDiagramsOfAnyNetwork(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, way := anyNetwork(t)
		hold(t, n, way, rapid.SampledFrom([]int{80, 80, 60, 40}).Draw(t, "columns"), rapid.Bool().Draw(t, "ASCII"))
	})
}

func anyNetwork(t *rapid.T) (n Network, way *Way) {
	names := map[string]bool{}
	name := func(what string) string {
		return rapid.StringMatching(`[A-Za-z0-9_]{1,3}|[A-Za-z0-9_-]{1,15}`).Filter(func(s string) bool { return s[0] != '-' && !names[what+s] }).Draw(t, what)
	}
	for range rapid.SampledFrom([]int{0, 1, 1, 2, 2, 3, 4, 9}).Draw(t, "switches") {
		s := NetworkSwitch{Name: name("switch")}
		names["switch"+s.Name] = true
		if len(n.Switches) > 0 && rapid.IntRange(0, 2).Draw(t, "cable") == 0 {
			s.On = rapid.SampledFrom(n.Switches).Draw(t, "on").Name
		}
		n.Switches = append(n.Switches, s)
	}
	root := map[string]string{}
	for _, s := range n.Switches {
		if root[s.Name] = s.Name; s.On != "" {
			root[s.Name] = root[s.On]
		}
	}
	lans := map[string][]string{} // HOST.INTERFACE
	for range rapid.SampledFrom([]int{0, 1, 2, 3, 3, 4, 5, 6, 30}).Draw(t, "hosts") {
		h := NetworkHost{Name: name("host"), Router: rapid.IntRange(0, 3).Draw(t, "router") == 0}
		names["host"+h.Name] = true
		for range rapid.SampledFrom([]int{0, 1, 1, 1, 2, 2, 3, 6}).Draw(t, "interfaces") {
			i := NetworkInterface{Name: name(h.Name + " interface")}
			names[h.Name+" interface"+i.Name] = true
			if len(n.Switches) > 0 && rapid.IntRange(0, 7).Draw(t, "wired") > 0 {
				i.Switch = rapid.SampledFrom(n.Switches).Draw(t, "at").Name
				lans[root[i.Switch]] = append(lans[root[i.Switch]], h.Name+"."+i.Name)
			}
			i.Addrs = rapid.SliceOfN(rapid.SampledFrom([]string{"10.0.0.1/8", "192.168.255.255/24", "2001:db8::1/64", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"}), 0, 4).Draw(t, "addresses")
			i.Extra = rapid.SampledFrom([][]string{nil, nil, {"down"}, {"mtu 9000", "loss 100%", "delay 1.234567s", "down"}}).Draw(t, "settings")
			h.Interfaces = append(h.Interfaces, i)
		}
		n.Hosts = append(n.Hosts, h)
	}
	n.Notes = rapid.SliceOfN(rapid.SampledFrom([]string{"", "switch lan snooping", strings.Repeat("long words of a note ", 9), strings.Repeat("x", 200)}), 0, 3).Draw(t, "notes")
	if len(lans) == 0 || rapid.Bool().Draw(t, "still") {
		return n, nil
	}
	way = &Way{Label: rapid.SampledFrom([]string{"test", "a label with several words in it", "日本語のテキスト", strings.Repeat("y", 60), "e\u0301 🇩🇪"}).Draw(t, "label")}
	var roots []string
	for _, s := range n.Switches {
		if len(lans[s.Name]) > 0 && root[s.Name] == s.Name {
			roots = append(roots, s.Name)
		}
	}
	for range rapid.IntRange(1, 4).Draw(t, "hops") {
		lan := rapid.SampledFrom(roots).Draw(t, "lan")
		to := slices.Clone(lans[lan])
		for _, s := range n.Switches {
			if root[s.Name] == lan {
				to = append(to, s.Name)
			}
		}
		way.Hops = append(way.Hops, WayHop{rapid.SampledFrom(lans[lan]).Draw(t, "from"), rapid.SampledFrom(to).Draw(t, "to"), rapid.Bool().Draw(t, "lost")})
	}
	return n, way
}

// seen are networks with the ways of datagrams, for a look at testdata/diagrams.txt.
var seen = []struct{ name, topology, way string }{
	{"article", "article", "test | A.eth1 > other"},
	{"article, heard", "article", "test | A.eth0 > B.eth0"},
	{"article, lost on the first wire", "article", "a longer text with several words in it | A.eth0 > lan!"},
	{"routed: a switch copies", "routed", "test | A.eth0 > B.eth0, A.eth0 > R.eth0, R.eth1 > C.eth0, R.eth1 > D.eth0!"},
	{"wan", "wan", "to 239.1.1.1 | A.eth0 > R1.eth1, R1.eth0 > R2.eth0, R2.eth1 > B.eth0"},
	{"wan, still", "wan", ""},
	{"snooping", "snooping", "to 239.1.1.1 | A.eth0 > B.eth0"},
	{"two-homed-both", "two-homed-both", "test | B.eth0 > A.eth0, B.eth0 > A.eth1"},
	{"vpn", "vpn", ""},
	{"ipv6", "ipv6", "test | A.eth1 > C.eth0"},
	{"two-networks: there and back", "two-networks", "hello | A.eth0 > B.eth0, B.eth1 > A.eth1"},
	{"two-routers", "two-routers", "test | A.eth0 > R.eth0, A.eth0 > S.eth0, R.eth1 > C.eth0, S.eth1 > C.eth0"},
	{"container", "container", ""},
	{"classroom: hosts on the way are drawn", "classroom", "test | H1.eth0 > H2.eth0, H1.eth0 > H30.eth0"},
	{"cables", "switch lan\nswitch hub on lan\nswitch far on hub\nhost A\n eth0 on lan 10.0.0.1/24\nhost B\n eth0 on hub 10.0.0.2/24\nhost C\n eth0 on far 10.0.0.3/24",
		"hello | A.eth0 > B.eth0, A.eth0 > far!"},
	{"wires that cross a bar", "switch a\nswitch b\nswitch c\nhost A\n eth0 on a 10.0.0.1/24\n eth1 on b 10.0.1.1/24\n eth2 on c 10.0.2.1/24\n" +
		"host B\n eth0 on a 10.0.0.2/24\n eth1 on b 10.0.1.2/24\nhost C\n eth0 on c 10.0.2.3/24\n eth1 on b 10.0.1.3/24",
		"hello | A.eth2 > C.eth0, C.eth1 > B.eth1"},
	{"a list, for what is too wide", "switch one\nswitch two\nhost A\n eth0 on one 2001:db8:aaaa:bbbb:cccc:dddd:eeee:1/64\n eth1 on two 10.0.1.1/24\n" +
		"host B\n eth0 on one 2001:db8:aaaa:bbbb:cccc:dddd:eeee:2/64\n eth1 on two 10.0.1.2/24", "hello | A.eth0 > B.eth0, B.eth1 > A.eth1!"},
}

func topologyOf(t *testing.T, text string) Network {
	t.Helper()
	topology, ok := lesson.TopologyOf(text)
	if !ok {
		var err error
		if topology, err = lab.ParseTopology("test", strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	}
	return networkOf(topology)
}

func TestDiagramsAsSeen(t *testing.T) {
	update := flag.Lookup("update").Value.String() == "true"
	var b strings.Builder
	for _, s := range seen {
		n := topologyOf(t, s.topology)
		var way *Way
		if s.way != "" {
			way = wayFrom(s.way)
		}
		d := hold(t, n, way, 80, false)
		fmt.Fprintf(&b, "# %s\n# %s\n%s\n\n", s.name, s.way, strings.Join(d.Rows(), "\n"))
		hold(t, n, way, 80, true)
		if dir := os.Getenv("DIAGRAMS"); dir != "" { // for a look at them
			for name, theme := range map[string]Theme{"dark": Dark, "light": Light} {
				path := filepath.Join(dir, strings.NewReplacer(" ", "-", ",", "", ":", "").Replace(s.name)+"-"+name+".svg")
				if err := os.WriteFile(path, []byte(d.SVG(theme)), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	b.WriteString("# ASCII\n")
	b.WriteString(strings.Join(NewDiagram(topologyOf(t, "routed"), wayFrom(seen[3].way), DiagramOptions{ASCII: true}).Rows(), "\n") + "\n")
	files := map[string]string{filepath.Join("testdata", "diagrams.txt"): b.String()}
	routed := NewDiagram(topologyOf(t, "routed"), wayFrom(seen[3].way), DiagramOptions{})
	for name, theme := range map[string]Theme{"diagram-dark.svg": Dark, "diagram-light.svg": Light} {
		files[filepath.Join("..", "..", "docs", "screens", name)] = routed.SVG(theme)
	}
	for path, want := range files {
		if update {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("%s is not as it is drawn: go test ./tui/picture -update (%v)", path, err)
		}
	}
}

// Colours say nothing that the rows do not say without them, and end in their row.
func TestDiagramColours(t *testing.T) {
	n, way := topologyOf(t, "routed"), wayFrom(seen[3].way)
	plain := NewDiagram(n, way, DiagramOptions{}).Rows()
	coloured := NewDiagram(n, way, DiagramOptions{Colour: true}).Rows()
	for y, row := range coloured {
		if ansi.Strip(row) != plain[y] || strings.Contains(row, "\x1b") && !strings.HasSuffix(row[:strings.LastIndex(row, "m")+1], redOff) {
			t.Errorf("%q is coloured as %q", plain[y], row)
		}
	}
	if all := strings.Join(coloured, "\n"); !strings.Contains(all, wayOn+"┃") || !strings.Contains(all, redOn+"✗") {
		t.Errorf("nothing is coloured: %q", all)
	}
}
