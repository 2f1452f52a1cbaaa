package doctor

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/host"
)

// A shell takes the commands of hints as they are printed, whatever an interface is
// called.
func TestHintsAreTyped(t *testing.T) {
	const name, dotted = "a;reboot#", "$(id).1"
	f := Facts{Interfaces: []host.Interface{lo, iface(2, name, up, "192.168.8.164/24"), iface(3, dotted, up), iface(4, "eth0.100", up)}}
	for _, c := range []struct{ group, hint, want string }{
		{"239.1.2.3", "for every program of this host: ip route add 224.0.0.0/4 dev a;reboot#", "for every program of this host: ip route add 224.0.0.0/4 dev 'a;reboot#'"},
		{"239.1.2.3", "send and join by a;reboot#: -i a;reboot#, or /interface a;reboot#", "send and join by a;reboot#: -i 'a;reboot#', or /interface a;reboot#"},
		{"239.1.2.3", "sysctl -w net.ipv4.conf.$(id)/1.rp_filter=0", "sysctl -w net.ipv4.conf.'$(id)/1'.rp_filter=0"},
		{"239.1.2.3", "ip link set eth0.100 up", "ip link set eth0.100 up"},
		{"ff02::114", "name the zone: ff02::114%$(id).1", "name the zone: ff02::114%'$(id).1'"},
		{"[ff15::114]:1234", "groupcast doctor [ff15::114]:1234 --probe", "groupcast doctor ff15::114 --probe"},
		{"[ff15::114]:5000", "name one: groupcast doctor [ff15::114]:5000 --from ADDRESS", "name one: groupcast doctor '[ff15::114]:5000' --from ADDRESS"},
		{"2001:db8::9@[ff35::114]:5000", "at fe80::1, groupcast doctor --probe [ff35::114]:5000 tells whether it leaves", "at fe80::1, groupcast doctor --probe '[ff35::114]:5000' tells whether it leaves"},
		{"[ff15::114]:5000", "or listen there: groupcast listen [ff15::114]:5001, or groupcast listen 2001:db8::9@[ff35::114]:5001", "or listen there: groupcast listen '[ff15::114]:5001', or groupcast listen '2001:db8::9@[ff35::114]:5001'"},
		{"[ff02::114%a;reboot#]:5000", "groupcast doctor [ff02::114%a;reboot#]:5000 --probe", "groupcast doctor [ff02::114%'a;reboot#']:5000 --probe"},
		{"[ff15::114]:5000", "join again: /leave [ff15::114]:5000, then /join [ff15::114]:5000", "join again: /leave [ff15::114]:5000, then /join [ff15::114]:5000"},
		{"239.1.2.3:5000", "groupcast who -t 15 239.1.2.3:5000", "groupcast who -t 15 239.1.2.3:5000"},
	} {
		got := f.typed(inGroup(c.group), []string{c.hint})[0]
		if got != c.want {
			t.Errorf("%q becomes\n%q, want\n%q", c.hint, got, c.want)
		}
	}

	in := inGroup("239.1.2.3")
	f.Interfaces[1].Flags &^= up
	in.Joined = []int{2}
	found := Diagnose(f, in)
	n := slices.IndexFunc(found, func(f Finding) bool { return f.Name == "interface-down" })
	if len(found[n].Commands) == 0 {
		t.Fatalf("no command: %+v", found[n])
	}
	words, err := exec.Command("sh", "-c", `ip() { printf '%s\n' "$@"; }; `+found[n].Commands[0]).Output()
	if err != nil || !slices.Contains(strings.Split(string(words), "\n"), name) {
		t.Errorf("a shell makes %q of %q, %v", words, found[n].Commands[0], err)
	}
}
