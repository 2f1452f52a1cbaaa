package picture

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func init() {
	if flag.Lookup("update") == nil {
		flag.Bool("update", false, "draw the pictures of the docs anew")
	}
}

// article is the LAN of the article, with a switch that nobody hangs on.
var article = Network{
	Switches: []NetworkSwitch{{Name: "lan"}, {Name: "other"}, {Name: "hub", On: "lan"}},
	Hosts: []NetworkHost{
		{Name: "A", Interfaces: []NetworkInterface{{"eth0", "lan", []string{"192.168.8.164/24"}, nil}, {"eth1", "other", []string{"169.254.167.41/16"}, nil}, {"tun0", "", nil, nil}}},
		{Name: "B", Interfaces: []NetworkInterface{{"eth0", "lan", []string{"192.168.8.226/24", "2001:db8::1/64"}, nil}}},
	},
	Notes: []string{"switch lan snooping querier igmp 2"},
}

func articleState() NetworkState {
	up := LinkState{Up: true, Carrier: true}
	heard := up
	heard.RxPackets, heard.RxBytes, heard.Dropped = 40, 4000, 3
	return NetworkState{
		Links:  map[string]LinkState{"A.eth0": {Up: true}, "A.eth1": up, "B.eth0": heard},
		Faults: map[string][]string{"B.eth0": {"loss 30%"}, "B": {"firewall"}},
		Hosts:  map[string]HostState{"A": {Inside: []string{"bash", "groupcast"}, Groups: []string{"224.0.0.114 (eth0 eth1)"}}},
	}
}

func TestNetworkRows(t *testing.T) {
	d := NewNetworkDrawing(article, false, false)
	at := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	d.Rows(NetworkState{Links: map[string]LinkState{"B.eth0": {Up: true, Carrier: true}}}, at)
	var text, hosts []string
	for _, row := range d.Rows(articleState(), at.Add(2*time.Second)) {
		text, hosts = append(text, strings.Join(strings.Fields(row.Text), " ")), append(hosts, row.Host)
	}
	want := []string{
		"lan ─┬─ A.eth0 192.168.8.164/24 cut",
		"└─ B.eth0 192.168.8.226/24 2001:db8::1/64 loss 30% ← 20 pkt/s 2000 B/s → 0 pkt/s 0 B/s 3 dropped",
		"other ── A.eth1 169.254.167.41/16 ← 0 pkt/s 0 B/s → 0 pkt/s 0 B/s",
		"hub on lan",
		"A.tun0 deleted",
		"",
		"A bash groupcast joined 224.0.0.114 (eth0 eth1)",
		"B - firewall",
		"",
		"switch lan snooping querier igmp 2",
	}
	if got := strings.Join(text, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("the rows are\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	if got := strings.Join(hosts, ","); got != "A,B,A,,A,,A,B,," {
		t.Errorf("the hosts of the rows are %s", got)
	}
	for _, row := range NewNetworkDrawing(article, false, true).Rows(articleState(), at) {
		if strings.ContainsFunc(row.Text, func(r rune) bool { return r > 0x7e }) {
			t.Errorf("in ASCII: %q", row.Text)
		}
	}
}

// What the terminal shows is what the page has: the same rows, with faults in red.
// docs/screens has the picture.
func TestNetworkSVG(t *testing.T) {
	at := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	d := NewNetworkDrawing(article, true, false)
	d.Rows(NetworkState{}, at)
	rows := d.Rows(articleState(), at.Add(2*time.Second))
	screen := NetworkScreen(rows)
	if screen.Height != len(rows) || screen.Width < 60 {
		t.Fatalf("%d x %d cells", screen.Width, screen.Height)
	}
	for name, theme := range map[string]Theme{"network-dark.svg": Dark, "network-light.svg": Light} {
		svg := SVG(screen, theme)
		if !strings.Contains(svg, ">loss 30%</text>") || !strings.Contains(svg, "#d94f4f") || strings.Contains(svg, "\x1b") {
			t.Errorf("%s has no fault in red:\n%s", name, svg)
		}
		path := filepath.Join("..", "..", "docs", "screens", name)
		if flag.Lookup("update").Value.String() == "true" {
			if err := os.WriteFile(path, []byte(svg), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != svg {
			t.Errorf("%s is not as it is drawn: go test ./tui/picture -update (%v)", path, err)
		}
	}
}
