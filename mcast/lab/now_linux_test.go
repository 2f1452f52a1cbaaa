package lab_test

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// toldFaults are the faults that stand, by their places, each as it is typed.
func toldFaults(t *testing.T, l interface{ Now() (lab.Now, error) }) string {
	t.Helper()
	now, err := l.Now()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, place := range slices.Sorted(maps.Keys(now.Faults)) {
		for _, f := range now.Faults[place] {
			all = append(all, f.String())
		}
	}
	return strings.Join(all, ", ")
}

func classroomOf(t testing.TB, hosts int) lab.Topology {
	t.Helper()
	topology, err := lab.FindTopology("classroom", hosts)
	if err != nil {
		t.Fatal(err)
	}
	return topology
}

// Every kind of fault is told while it stands, and no longer.
func TestNowFaults(t *testing.T) {
	t.Parallel()
	topology, err := lab.ParseTopology("now", strings.NewReader(`
		switch lan
		host A
		  eth0 on lan 192.0.2.1/24
		  eth1 on lan 192.0.2.2/24 loss 30% delay 20ms
		  eth2 on lan 192.0.2.3/24 down
		  tun0 on - 10.8.0.2/24
		host B
		  eth0 on lan 192.0.2.4/24`))
	if err != nil {
		t.Fatal(err)
	}
	l := labtest.Build(t, topology)
	const design = "loss A.eth1 30%, delay A.eth1 20ms, down A.eth2"
	told := func(after, want string) {
		t.Helper()
		if got := toldFaults(t, l); got != want {
			t.Errorf("after %s: %s\nwant %s", after, got, want)
		}
	}
	told("the beginning", design)
	missing := map[string]bool{}
	for _, line := range lab.Faults() {
		missing[strings.Fields(line)[0]] = true
	}
	for _, words := range []string{
		"loss B.eth0 30%", "delay B.eth0 20ms", "cut B.eth0", "down B.eth0", "delete B.eth0", "firewall B in", "firewall B out", "firewall B both",
		"filter B reports", "filter B queries", "filter B answers", "rp_filter B 1", "rp_filter B.eth0 2", "multicast B.eth0 off",
	} {
		f, err := lab.ParseFault(strings.Fields(words))
		if err != nil {
			t.Fatal(err)
		}
		undo, ok := f.Undo()
		if !ok {
			t.Fatalf("nothing undoes %s", words)
		}
		fault(t, l, words)
		told(words, design+", "+words)
		if now, err := l.Now(); words == "cut B.eth0" && (err != nil || now.Links["B.eth0"].Carrier) {
			t.Errorf("cut, it has a carrier: %+v, %v", now.Links["B.eth0"], err)
		}
		fault(t, l, undo.String())
		told(undo.String(), design)
		delete(missing, f.Kind)
		delete(missing, undo.Kind)
	}
	if len(missing) != 1 || !missing["kill"] { // which is below
		t.Errorf("not tried: %v", missing)
	}
	for _, step := range []struct{ words, want string }{
		{"cut A.tun0", design + ", cut A.tun0"},
		{"up A.eth2", "loss A.eth1 30%, delay A.eth1 20ms, cut A.tun0"},
		{"loss A.eth1 0%", "delay A.eth1 20ms, cut A.tun0"},
		{"delete A.eth1", "delete A.eth1, cut A.tun0"},
		{"make A.eth1", "loss A.eth1 30%, delay A.eth1 20ms, cut A.tun0"},
		{"rp_filter A.eth0 1", "rp_filter A.eth0 1, loss A.eth1 30%, delay A.eth1 20ms, cut A.tun0"},
		{"rp_filter A 2", "rp_filter A 2, loss A.eth1 30%, delay A.eth1 20ms, cut A.tun0"},
		{"kill A", "kill A"},
	} {
		fault(t, l, step.words)
		told(step.words, step.want)
	}
	l.Close()
	if _, err := l.Now(); err == nil {
		t.Error("a lab that is closed tells how it is")
	}
}

// What a command in a host does is told as well.
func TestNowFaultsByOtherMeans(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, classroomOf(t, 2))
	h := l.Host("H1")
	run := func(script string) {
		t.Helper()
		if out, err := h.Command(t.Context(), "sh", "-c", script).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", script, err, out)
		}
	}
	labtest.Program(t, "ip")
	labtest.Program(t, "nft")
	for _, step := range []struct {
		made, done string
		want       string
	}{
		{"", "ip link set eth0 down", "down H1.eth0"},
		{"", "ip link set eth0 up", ""},
		{"down H1.eth0", "ip link set eth0 up", ""},
		{"", "ip link set eth0 multicast off", "multicast H1.eth0 off"},
		{"multicast H1.eth0 off", "ip link set eth0 multicast on", ""},
		{"loss H1.eth0 100%", "nft delete table netdev lab-eth0", ""},
		{"firewall H1 both", "nft flush ruleset", ""},
		{"filter H1 reports", "nft flush chain inet lab-filter reports", ""},
		{"rp_filter H1 1", "echo 0 > /proc/sys/net/ipv4/conf/all/rp_filter", ""},
		{"rp_filter H1 0", "true", ""},
		{"delay H1.eth0 20ms", "ip link delete eth0", "delete H1.eth0"},
	} {
		if step.made != "" {
			fault(t, l, step.made)
		}
		run(step.done)
		if got := toldFaults(t, l); got != step.want {
			t.Errorf("after %q and %q: %s, want %s", step.made, step.done, got, step.want)
		}
	}
	// The wire of an interface that a command has deleted is as new.
	fault(t, l, "make H1.eth0")
	if got := toldFaults(t, l); got != "" {
		t.Errorf("made again it has %s", got)
	}
	c := listener(t, h, "239.1.1.1:5000", "eth0")
	say(t, l.Host("H2"), "239.1.1.1:5000", 1, "x")
	hears(t, "H1, made again,", c, "x from 192.168.1.2")
}

// Groups are told of the interface that they were joined on, as long as that lasts.
func TestNowGroups(t *testing.T) {
	t.Parallel()
	a, err := lab.UpApart(t.Context(), lab.Article, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	joined := func() string {
		t.Helper()
		now, err := a.Now()
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(now.Groups)
	}
	if got := joined(); got != "map[]" {
		t.Errorf("before anybody joins: %s", got)
	}
	cmd := a.Command(t.Context(), "A", "/proc/self/exe")
	cmd.Env = []string{programEnv + "=join by both"}
	end, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	begin(t, cmd, "ready")
	const want = "map[A.eth0:[239.1.1.1 239.1.1.2] A.eth1:[ff05::1234] A.lo:[239.1.1.3]]"
	if got := joined(); got != want {
		t.Errorf("a program has joined: %s, want %s", got, want)
	}
	end.Close()
	labtest.Eventually(t, "the groups are left", func() bool { return joined() == "map[]" })
	again := a.Command(t.Context(), "A", "/proc/self/exe")
	again.Env = cmd.Env
	if _, err := again.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	begin(t, again, "ready")
	if err := a.Fault([]string{"kill", "A"}); err != nil {
		t.Fatal(err)
	}
	if got := joined() + toldFaults(t, a); got != "map[]kill A" {
		t.Errorf("of a host that was killed: %s", got)
	}
	_ = again.Wait()
}

func init() {
	programs["join by both"] = func() error {
		at := func(name string) int {
			i, err := net.InterfaceByName(name)
			if err != nil {
				return -1
			}
			return i.Index
		}
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
		if err != nil {
			return err
		}
		for group, name := range map[string]string{"239.1.1.2": "eth0", "239.1.1.1": "eth0", "239.1.1.3": "lo"} {
			if err := unix.SetsockoptIPMreqn(fd, unix.IPPROTO_IP, unix.IP_ADD_MEMBERSHIP, &unix.IPMreqn{
				Multiaddr: netip.MustParseAddr(group).As4(), Ifindex: int32(at(name)),
			}); err != nil {
				return err
			}
		}
		fd6, err := unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM, 0)
		if err != nil {
			return err
		}
		if err := unix.SetsockoptIPv6Mreq(fd6, unix.IPPROTO_IPV6, unix.IPV6_JOIN_GROUP, &unix.IPv6Mreq{
			Multiaddr: netip.MustParseAddr("ff05::1234").As16(), Interface: uint32(at("eth1")),
		}); err != nil {
			return err
		}
		fmt.Println("ready")
		_, _ = unix.Read(0, make([]byte, 1))
		return nil
	}
}

// A lab of many hosts is told in several messages, as one is by itself.
func TestNowOfMany(t *testing.T) {
	t.Parallel()
	const hosts = 30
	l := labtest.Build(t, classroomOf(t, hosts))
	for n := range hosts {
		fault(t, l, fmt.Sprintf("rp_filter H%d 1", n+1))
	}
	whole, err := l.Now()
	if err != nil {
		t.Fatal(err)
	}
	parts, err := lab.NowInParts(l, 1000)
	if err != nil {
		t.Fatal(err)
	}
	if len(parts) < 3 || len(parts) > hosts {
		t.Errorf("%d parts", len(parts))
	}
	faults := map[string][]lab.Fault{}
	for _, p := range parts {
		maps.Copy(faults, p.Faults)
	}
	if len(faults) != hosts || !reflect.DeepEqual(faults, whole.Faults) {
		t.Errorf("in parts: %v\nas one: %v", faults, whole.Faults)
	}
}

// How long it takes to tell how a lab of 30 hosts is.
func BenchmarkNow(b *testing.B) {
	l := labtest.Build(b, classroomOf(b, 30))
	for b.Loop() {
		if _, err := l.Now(); err != nil {
			b.Fatal(err)
		}
	}
}
