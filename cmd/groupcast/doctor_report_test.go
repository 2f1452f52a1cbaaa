package main

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// The report of a host on paper, as it is and masked. Run with -update to write both
// anew, and look at the difference.
func TestReportGolden(t *testing.T) {
	const up = net.FlagUp | net.FlagBroadcast | net.FlagMulticast | net.FlagRunning
	f := doctor.Facts{
		Interfaces: []host.Interface{
			{Index: 1, Name: "lo", Flags: net.FlagUp | net.FlagLoopback | net.FlagRunning, MTU: 65536, Addrs: labtest.Prefixes("127.0.0.1/8")},
			{Index: 2, Name: "enp3s0", Flags: up, MTU: 1500, Addrs: labtest.Prefixes("192.168.8.164/24", "2a02:8071:1234:5678:21b:21ff:fe01:203/64")},
			{Index: 3, Name: "corp-vpn", Flags: up, MTU: 1400, Addrs: labtest.Prefixes("10.77.3.9/16")},
		},
		Links: map[int]doctor.Link{2: {OperState: "up", Queue: "fq_codel"}, 3: {Kind: "tun", OperState: "unknown"}},
		Join:  doctor.RouteResult{Route: host.Route{Interface: "corp-vpn", IfIndex: 3, Source: labtest.Addr("10.77.3.9")}},
		Send: doctor.RouteResult{Route: host.Route{
			Interface: "corp-vpn", IfIndex: 3, Source: labtest.Addr("10.77.3.9"),
			Match: host.Match{Found: true, Dst: labtest.Prefix("0.0.0.0/0"), Gateway: labtest.Addr("10.77.0.1"), Table: 254},
		}},
		Back: map[netip.Addr]doctor.RouteResult{labtest.Addr("192.168.8.226"): {Route: host.Route{Interface: "enp3s0", IfIndex: 2, Source: labtest.Addr("192.168.8.164")}}},
		Routing: &host.Routing{Routes: []host.Entry{
			{Dst: labtest.Prefix("10.77.0.0/16"), Table: 254, Kind: host.Unicast, On: []int{3}, Source: labtest.Addr("10.77.3.9")},
			{Dst: labtest.Prefix("10.77.40.0/24"), Table: 254, Kind: host.Unicast, On: []int{3}},
			{Dst: labtest.Prefix("0.0.0.0/0"), Table: 254, Kind: host.Unicast, On: []int{3}},
		}},
		Groups:   []host.InterfaceGroups{{Index: 2, Name: "enp3s0", Version: 3, Groups: []host.JoinedGroup{{Addr: labtest.Addr("239.77.1.2"), Users: 1}}}},
		Sockets:  []host.Socket{{Local: netip.MustParseAddrPort("192.168.8.164:5000"), UID: 1000, Inode: 7, Program: "ada's ```player``` \x1b[31mon ada-laptop"}},
		Settings: map[string]int{"net.ipv4.conf.enp3s0.rp_filter": 1, "net.ipv4.conf.corp-vpn.rp_filter": 2, "net.ipv4.ip_forward": 0},
		Counters: map[string]uint64{"Udp.InDatagrams": 5, "Udp.NoPorts": 0},
		Tools:    []string{"nft"},
		Firewall: []doctor.FirewallChain{{Family: "inet", Table: "acme", Name: "acme-in", In: true, Policy: true}},
		Unread:   map[doctor.Origin]error{doctor.FromFilters: os.ErrPermission},
	}
	in := doctor.Intent{Group: labtest.Group("239.77.1.2:5000"), Joined: []int{3}, Loopback: true, Hops: 1, From: labtest.Addr("192.168.8.226")}
	names := []string{"ada-laptop.acme.example", "ada"}
	masked := issueOf(f, in, true, names...)
	checkDoc(t, "testdata/report.md", issueOf(f, in, false, names...), "TestReportGolden")
	checkDoc(t, "testdata/report-masked.md", masked, "TestReportGolden")
	for _, secret := range []string{"192.168.8", "10.77", "2a02", "21b:", "enp3s0", "corp", "acme", "ada", "\x1b"} {
		if strings.Contains(masked, secret) {
			t.Errorf("the masked report has %q", secret)
		}
	}
}

// A report says how much of a long list it leaves out.
func TestReportSaysWhatIsLeftOut(t *testing.T) {
	f := doctor.Facts{Routing: &host.Routing{Rules: make([]host.Rule, mostFacts+1)}, Groups: []host.InterfaceGroups{{Name: "eth0", Groups: make([]host.JoinedGroup, mostFacts+2)}}}
	text := issueOf(f, doctor.Intent{Group: labtest.Group("239.1.2.3:5000")}, false)
	for _, want := range []string{"and 1 more\n", "and 2 more\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q:\n%s", want, text)
		}
	}
}

// A report is shown before it is written, to a new file that only the user can read.
func TestDoctorReport(t *testing.T) {
	t.Parallel()
	a := labtest.Build(t, lab.Article).Host("A")
	file := filepath.Join(t.TempDir(), "report.md")
	status := func(want int, says string, args ...string) string {
		t.Helper()
		p := do(t, a, append([]string{"doctor"}, args...)...)
		if got := p.status(); got != want || !strings.Contains(p.err.String(), says) {
			t.Errorf("doctor %s: exit status %d, want %d and %q:\n%s%s", strings.Join(args, " "), got, want, says, p.out.String(), p.err.String())
		}
		return p.out.String()
	}
	status(exitUsage, "add --yes", "--report", file)
	status(exitUsage, "needs --report", "--mask")
	status(exitUsage, "a directory that exists", "--report", filepath.Join(t.TempDir(), "none", "report.md"), "--yes")
	status(exitUsage, "do not go together", "--report", "-", "--json")
	status(exitUsage, "do not go together", "--report", "-", "--with", "bob")

	s := openTerminal(t, a, 120, 40, nil, "groupcast", "doctor", "--report", file)
	s.shows("Write it to", "[y/N]")
	s.keys("n\r")
	s.shows("the report was not written")
	wantStatus(t, s, exitNot)
	if _, err := os.Stat(file); err == nil {
		t.Error("it was written without a yes")
	}
	early := filepath.Join(t.TempDir(), "report.md") // of a watch that ctrl+c ends
	s = openTerminal(t, a, 120, 40, nil, "groupcast", "doctor", "--watch", "20m", "--report", early)
	s.shows("ctrl+c ends it early")
	if err := s.cmd.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	s.shows("Write it to", "[y/N]")
	s.keys("y\r")
	wantStatus(t, s, exitDoubt)
	if _, err := os.Stat(early); err != nil {
		t.Errorf("what was seen until ctrl+c was not written: %v", err)
	}

	printed := status(exitDoubt, "", "--report", "-", "--mask-groups", "239.77.1.2")
	for _, secret := range []string{"192.168.8.164", "169.254.167.41", "239.77.1.2", "With the true addresses"} {
		if strings.Contains(printed, secret) {
			t.Errorf("the masked report has %s:\n%s", secret, printed)
		}
	}
	shown := status(exitDoubt, "", "--report", file, "--yes", "--mask")
	b, err := os.ReadFile(file)
	if err != nil || string(b) != shown || !strings.Contains(shown, "warning: wrong-egress") {
		t.Errorf("%v: the file has\n%s\nand this was shown:\n%s", err, b, shown)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v, %v", info.Mode(), err)
	}
	status(exitUsage, "is not overwritten", "--report", file, "--yes")
}

// A report that has no room leaves no file behind, and the hint names a way that this
// command has.
func TestDoctorReportWithoutRoom(t *testing.T) {
	t.Parallel()
	a := labtest.Build(t, lab.Article).Host("A")
	file := filepath.Join(t.TempDir(), "report.md")
	p := start(t, a, "sh", "-c", "ulimit -f 1; exec groupcast doctor --report \"$0\" --yes", file)
	if got := p.status(); got != exitNot || !strings.Contains(p.err.String(), "hint: name a file") || strings.Contains(p.err.String(), "--rotate") {
		t.Errorf("exit status %d:\n%s", got, p.err.String())
	}
	if _, err := os.Lstat(file); err == nil {
		t.Error("a part of the report was left behind")
	}
}
