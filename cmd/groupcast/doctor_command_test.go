package main

import (
	"net/netip"
	"os/exec"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast"
)

func TestDoctorCommand(t *testing.T) {
	group := func(text string) mcast.Group {
		g, err := mcast.ParseGroup(text)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	for _, tt := range []struct {
		what  string
		asked question
		want  string
	}{
		{"the default group", question{group: mcast.DefaultGroup}, "groupcast doctor"},
		{"its address at another port", question{group: group("224.0.0.114:5000")}, "groupcast doctor 224.0.0.114:5000"},
		{"the default port", question{group: group("239.1.2.3:1234")}, "groupcast doctor 239.1.2.3"},
		{"an interface", question{group: group("239.1.2.3:5000"), interfaces: []string{"eth0"}}, "groupcast doctor -i eth0 239.1.2.3:5000"},
		{"several", question{group: mcast.DefaultGroup, interfaces: []string{"eth0", "192.168.8.226"}}, "groupcast doctor -i eth0 -i 192.168.8.226"},
		{"a zone", question{group: group("ff02::114%eth0")}, "groupcast doctor ff02::114%eth0"},
		{"a zone and -i", question{group: group("ff02::114%eth0"), interfaces: []string{"eth0"}}, "groupcast doctor ff02::114%eth0"},
		{"brackets", question{group: group("[ff02::114%eth0]:5000")}, "groupcast doctor '[ff02::114%eth0]:5000'"},
		{"a source", question{group: group("10.0.0.1@232.1.1.1"), from: netip.MustParseAddr("10.0.0.1")}, "groupcast doctor --from 10.0.0.1 10.0.0.1@232.1.1.1"},
		{"hops", question{group: group("239.1.2.3"), hops: 32, flags: "--probe"}, "groupcast doctor --probe --ttl 32 239.1.2.3"},
		{"hops as they are by themselves", question{group: group("239.1.2.3"), hops: 1}, "groupcast doctor 239.1.2.3"},
		{"a name that a shell would read", question{group: mcast.DefaultGroup, interfaces: []string{"my lan", "a'b;$(id)"}},
			`groupcast doctor -i 'my lan' -i 'a'\''b;$(id)'`},
	} {
		if got := tt.asked.command(); got != tt.want {
			t.Errorf("%s: %s, not %s", tt.what, got, tt.want)
		}
	}
}

// What is printed comes out of a shell as it went in.
func TestDoctorCommandInShell(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	g := mcast.Group{Addr: netip.MustParseAddr("ff15::1"), Port: 5000}
	q := question{group: g, interfaces: []string{"my lan", "a'b;$(id)", "*"}}
	out, err := exec.Command(sh, "-c", "cd /; printf '%s\\n' "+q.command()).Output()
	if want := "groupcast\ndoctor\n-i\nmy lan\n-i\na'b;$(id)\n-i\n*\n[ff15::1]:5000\n"; err != nil || string(out) != want {
		t.Errorf("%q, %v; not %q", out, err, strings.TrimSpace(want))
	}
}
