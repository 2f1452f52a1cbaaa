package lab_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// fault applies a fault as it is typed.
func fault(t *testing.T, l *lab.Lab, words string) {
	t.Helper()
	f, err := lab.ParseFault(strings.Fields(words))
	if err == nil {
		err = l.Apply(f)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Each fault happens, and is undone: A says x, and B hears it or not.
func TestFaults(t *testing.T) {
	const x = "x from 192.168.1.1"
	for _, test := range []struct{ fault, undo string }{
		{"loss H2.eth0 100%", "loss H2.eth0 0%"},
		{"cut H2.eth0", "heal H2.eth0"},
		{"cut H1.eth0", "heal H1.eth0"},
		{"down H2.eth0", "up H2.eth0"},
		{"firewall H2 in", "firewall H2 off"},
		{"firewall H2 both", "firewall H2 out"},
	} {
		t.Run(test.fault, func(t *testing.T) {
			l := upNamed(t, "classroom", 2)
			b := listener(t, l.Host("H2"), "239.1.1.1:5000", "eth0")
			say(t, l.Host("H1"), "239.1.1.1:5000", 1, "x")
			hears(t, "H2, before,", b, x)
			fault(t, l, test.fault)
			say(t, l.Host("H1"), "239.1.1.1:5000", 1, "x")
			hears(t, "H2, during it,", b, "")
			fault(t, l, test.undo)
			say(t, l.Host("H1"), "239.1.1.1:5000", 1, "x")
			hears(t, "H2, after it,", b, x)
		})
	}
}

func TestFirewallOut(t *testing.T) {
	l := upNamed(t, "classroom", 2)
	a := member(t, l.Host("H1"), "eth0")
	for _, step := range []struct {
		fault string
		err   error
	}{{"firewall H1 out", syscall.EPERM}, {"firewall H1 in", nil}, {"firewall H1 both", syscall.EPERM}, {"firewall H1 off", nil}} {
		fault(t, l, step.fault)
		_, err := a.WriteToUDPAddrPort([]byte("x"), group)
		if !errors.Is(err, step.err) {
			t.Errorf("with %s a send fails with %v, want %v", step.fault, err, step.err)
		}
	}
}

// What the counters say of the wire: up, carrier.
func TestWireInCounters(t *testing.T) {
	l := upNamed(t, "classroom", 2)
	for _, step := range []struct {
		fault       string
		up, carrier bool
	}{
		{"heal H1.eth0", true, true}, // nothing to heal
		{"cut H1.eth0", true, false},
		{"heal H1.eth0", true, true},
		{"down H1.eth0", false, false},
		{"cut H1.eth0", false, false},
		{"heal H1.eth0", false, false},
		{"up H1.eth0", true, true},
		{"delete H1.eth0", false, false},
		{"make H1.eth0", true, true},
	} {
		fault(t, l, step.fault)
		if strings.HasPrefix(step.fault, "delete") {
			if c, err := l.Host("H1").Link("eth0").Counters(); err == nil {
				t.Errorf("deleted, it counts %+v", c)
			}
			continue
		}
		labtest.Eventually(t, step.fault, func() bool { // the loss of the carrier comes by itself
			c := counters(t, l, "H1")
			return c.Up == step.up && c.Carrier == step.carrier
		})
	}
}

func TestCounters(t *testing.T) {
	l := upNamed(t, "classroom", 2)
	b := listener(t, l.Host("H2"), "239.1.1.1:5000", "eth0")
	from, to := counters(t, l, "H1"), counters(t, l, "H2")
	for range 10 {
		say(t, l.Host("H1"), "239.1.1.1:5000", 1, "x")
		hears(t, "H2", b, "x from 192.168.1.1")
	}
	a, z := counters(t, l, "H1"), counters(t, l, "H2")
	if a.TxPackets-from.TxPackets < 10 || a.TxBytes-from.TxBytes < 10*43 || z.RxPackets-to.RxPackets < 10 || z.RxBytes-to.RxBytes < 10*43 {
		t.Errorf("ten datagrams of 43 bytes: H1 counted %+v and then %+v, H2 %+v and then %+v", from, a, to, z)
	}
}

func TestReversePath(t *testing.T) {
	l := upNamed(t, "article", 0)
	for _, step := range []struct{ fault, want string }{
		{"rp_filter A 1", "1 1 1"},
		{"rp_filter A.eth1 2", "1 1 2"},
		{"rp_filter A 0", "0 0 0"},
	} {
		fault(t, l, step.fault)
		out, err := shell(t.Context(), l.Host("A"), "cd /proc/sys/net/ipv4/conf && echo $(cat all/rp_filter eth0/rp_filter eth1/rp_filter)").Output()
		if got := strings.TrimSpace(string(out)); err != nil || got != step.want {
			t.Errorf("after %s all, eth0, eth1 have %s, %v; want %s", step.fault, got, err, step.want)
		}
	}
}

func TestMulticastFlag(t *testing.T) {
	l := upNamed(t, "article", 0)
	for _, step := range []struct {
		fault string
		on    bool
	}{{"multicast A.eth1 off", false}, {"multicast A.eth1 on", true}} {
		fault(t, l, step.fault)
		if on := labtest.Device(t, l.Host("A"), "eth1").Flags&net.FlagMulticast != 0; on != step.on {
			t.Errorf("after %s the flag is there: %v", step.fault, on)
		}
	}
}

func TestDelay(t *testing.T) {
	const by = 300 * time.Millisecond
	for _, name := range []string{"classroom", "snooping"} {
		t.Run(name, func(t *testing.T) {
			l := upNamed(t, name, 2)
			hosts := l.Topology().Hosts
			from, to := hosts[0].Name, hosts[1].Name
			source := hosts[0].Interfaces[0].Addrs[0].Addr().String()
			b := listener(t, l.Host(to), "239.1.1.1:5000", "eth0")
			waitJoined(t, l.Host(from), "239.1.1.1:5000", b)
			took := func(text string) time.Duration {
				start := time.Now()
				say(t, l.Host(from), "239.1.1.1:5000", 1, text)
				hears(t, to, b, text+" from "+source)
				return time.Since(start)
			}
			fault(t, l, "delay "+to+".eth0 300ms")
			dropped := uint64(0)
			for range 3 {
				if name == "classroom" { // a snooping switch forgets who is behind a wire that was cut
					fault(t, l, "cut "+to+".eth0")
					fault(t, l, "heal "+to+".eth0")
				}
				before := counters(t, l, to).Dropped // a wire that is cut may lose a report of the host
				if d := took("slow"); d < by {
					t.Errorf("with a delay of %s a datagram takes %s", by, d)
				}
				dropped += counters(t, l, to).Dropped - before
			}
			if c := counters(t, l, to); !c.Carrier || dropped != 0 {
				t.Errorf("the delayed interface has %+v, and dropped %d while it delayed, want its carrier and nothing dropped", c, dropped)
			}
			fault(t, l, "delay "+to+".eth0 10s")
			fault(t, l, "delay "+to+".eth0 0ms")
			took("quick") // it comes within the 5 s that hears waits
		})
	}
}

// Whoever is last sets the delay, and nobody fails because of another.
func TestDelaysAtOnce(t *testing.T) {
	const by = 100 * time.Millisecond
	l := upNamed(t, "classroom", 2)
	b := listener(t, l.Host("H2"), "239.1.1.1:5000", "eth0")
	for range 2 {
		errs := make(chan error)
		const many = 4
		for range many {
			go func() { errs <- l.Host("H2").Link("eth0").Delay(by) }()
		}
		for range many {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		start := time.Now()
		say(t, l.Host("H1"), "239.1.1.1:5000", 1, "slow")
		hears(t, "H2", b, "slow from 192.168.1.1")
		if d := time.Since(start); d < by {
			t.Errorf("with a delay of %s a datagram takes %s", by, d)
		}
	}
}

// TCP's frames are large, and their checksums are left to a card that is not there.
func TestDelayOfTCP(t *testing.T) {
	topology, err := lab.FindTopology("classroom", 2)
	if err != nil {
		t.Fatal(err)
	}
	for i := range topology.Hosts {
		topology.Hosts[i].Interfaces[0].Delay = 20 * time.Millisecond
	}
	l := labtest.BuildAlone(t, topology)
	var listener net.Listener
	err = l.Host("H2").Do(func() (err error) {
		listener, err = net.Listen("tcp4", "192.168.1.2:7")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	const size = 1 << 20
	sent := make(chan error, 1)
	go func() {
		sent <- l.Host("H1").Do(func() error {
			c, err := net.DialTimeout("tcp4", "192.168.1.2:7", 5*time.Second)
			if err != nil {
				return err
			}
			defer c.Close()
			_, err = c.Write(make([]byte, size))
			return err
		})
	}()
	start := time.Now()
	c, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetReadDeadline(time.Now().Add(20 * time.Second))
	n := 0
	for b := make([]byte, 1<<16); ; {
		got, err := c.Read(b)
		n += got
		if err != nil {
			break
		}
	}
	if err := <-sent; err != nil || n != size {
		t.Errorf("%d of %d bytes came, %v", n, size, err)
	}
	t.Logf("a megabyte in %s", time.Since(start))
}

func TestKill(t *testing.T) {
	l := upNamed(t, "classroom", 3)
	sleep := shell(t.Context(), l.Host("H2"), "sleep 100")
	if err := sleep.Start(); err != nil {
		t.Fatal(err)
	}
	c := listener(t, l.Host("H3"), "239.1.1.1:5000", "eth0")
	fault(t, l, "kill H2")
	if err := sleep.Wait(); err == nil {
		t.Error("the command in the killed host ended well")
	}
	// A process that waits for its parent to ask how it ended has no namespace.
	if _, err := os.Stat(fmt.Sprintf("/proc/%d/ns/net", sleep.Pid())); err == nil {
		t.Error("the command in the killed host is still there")
	}
	if err := shell(t.Context(), l.Host("H2"), "true").Run(); err == nil {
		t.Error("a command runs in the killed host")
	}
	say(t, l.Host("H1"), "239.1.1.1:5000", 1, "x")
	hears(t, "H3", c, "x from 192.168.1.1")
	if got := counters(t, l, "H2"); got.Carrier {
		t.Error("the killed host has its carrier")
	}
	for _, test := range []struct {
		fault lab.Fault
		want  string
	}{
		{lab.Fault{Kind: "kill", Host: "H2"}, "lab: host H2 has ended"},
		{lab.Fault{Kind: "kill", Host: "H22"}, `lab: no host "H22" (did you mean H2?)`},
		{lab.Fault{Kind: "cut", Host: "H3", Interface: "eth1"}, `lab: host H3: no interface "eth1" (did you mean eth0?)`},
		{lab.Fault{Kind: "cut", Host: "H3"}, `lab: fault: "H3": want cut HOST.INTERFACE`},
	} {
		if err := l.Apply(test.fault); err == nil || err.Error() != test.want {
			t.Errorf("Apply(%+v): %v, want %s", test.fault, err, test.want)
		}
	}
}

// An interface that comes back has what the topology gives it: its routes, and
// the address that the neighbours remember.
func TestAnInterfaceComesBackWhole(t *testing.T) {
	l := upNamed(t, "article", 0)
	a := l.Host("A")
	byDefault := lab.Article.Hosts[0].Routes[0]
	mac := func() (addr net.HardwareAddr) {
		err := a.Do(func() error {
			i, err := net.InterfaceByName("eth1")
			if err == nil {
				addr = i.HardwareAddr
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return addr
	}
	before := mac()
	for _, fallen := range [][2]string{{"down A.eth1", "up A.eth1"}, {"delete A.eth1", "make A.eth1"}} {
		fault(t, l, fallen[0])
		fault(t, l, fallen[1])
		if err := a.AddRoute(byDefault); !errors.Is(err, syscall.EEXIST) {
			t.Errorf("after %s and %s the default route is not there: adding it says %v", fallen[0], fallen[1], err)
		}
		if got := mac(); got.String() != before.String() {
			t.Errorf("after %s and %s the MAC address is %s, want %s", fallen[0], fallen[1], got, before)
		}
	}
}
