package lab_test

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

func TestDrop(t *testing.T) {
	l := labtest.BuildAlone(t, lab.Article)
	a, b := member(t, l.Host("A"), "eth0"), member(t, l.Host("B"), "eth0")
	eth0 := l.Host("B").Link("eth0")
	// count says how many of 500 datagrams reach B. The drop happens on the
	// way to B's socket, inside the send, so there is nothing to wait for.
	count := func(percent int) (n int) {
		if err := eth0.Drop(percent); err != nil {
			t.Fatal(err)
		}
		for range 500 {
			send(t, a, "test")
			for receive(t, b, time.Millisecond) != "" {
				n++
			}
		}
		return n
	}
	if n := count(100); n != 0 {
		t.Errorf("with 100 %% lost %d of 500 arrive, want none", n)
	}
	if n := count(30); n < 250 || n > 450 { // 350 expected; this far off once in 10^20
		t.Errorf("with 30 %% lost %d of 500 arrive, want about 350", n)
	}
	if n := count(0); n != 500 {
		t.Errorf("with nothing lost %d of 500 arrive, want all", n)
	}
	if err := eth0.Drop(101); err == nil {
		t.Error("Drop(101) is accepted")
	}
	if err := l.Host("B").Link("eth9").Drop(1); err == nil {
		t.Error("Drop on an interface that is not there is accepted")
	}
}

func TestLinkChanges(t *testing.T) {
	l := labtest.BuildAlone(t, lab.Article)
	h := l.Host("A")
	eth0 := h.Link("eth0")
	addrs := func() string {
		var found []string
		err := h.Do(func() error {
			ifi, err := net.InterfaceByName("eth0")
			if err != nil {
				return err
			}
			found = append(found, ifi.Flags.String())
			list, err := ifi.Addrs()
			for _, a := range list {
				if !strings.HasPrefix(a.String(), "fe80") {
					found = append(found, a.String())
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(found, " ")
	}
	const ready = "up|broadcast|multicast|running"
	extra := netip.MustParsePrefix("10.1.2.3/8")
	six := netip.MustParsePrefix("2001:db8::1/64")
	groups := lab.Route{Dst: netip.MustParsePrefix("224.0.0.0/4"), Dev: "eth0"}
	for _, step := range []struct {
		name string
		do   func() error
		err  error
		want string
	}{
		{"as built", func() error { return nil }, nil, ready + " 192.168.8.164/24"},
		{"address added", func() error { return eth0.AddAddr(extra) }, nil, ready + " 192.168.8.164/24 10.1.2.3/8"},
		{"added again", func() error { return eth0.AddAddr(extra) }, syscall.EEXIST, ready + " 192.168.8.164/24 10.1.2.3/8"},
		{"deleted", func() error { return eth0.DelAddr(extra) }, nil, ready + " 192.168.8.164/24"},
		{"IPv6 added", func() error { return eth0.AddAddr(six) }, nil, ready + " 192.168.8.164/24 2001:db8::1/64"},
		{"IPv6 usable at once", func() error {
			return h.Do(func() error {
				c, err := net.ListenUDP("udp6", &net.UDPAddr{IP: six.Addr().AsSlice()})
				if err == nil {
					c.Close()
				}
				return err
			})
		}, nil, ready + " 192.168.8.164/24 2001:db8::1/64"},
		{"IPv6 deleted", func() error { return eth0.DelAddr(six) }, nil, ready + " 192.168.8.164/24"},
		{"route added", func() error { return h.AddRoute(groups) }, nil, ready + " 192.168.8.164/24"},
		{"route deleted", func() error { return h.DelRoute(groups) }, nil, ready + " 192.168.8.164/24"},
		{"route deleted again", func() error { return h.DelRoute(groups) }, syscall.ESRCH, ready + " 192.168.8.164/24"},
		{"off", eth0.SetDown, nil, "broadcast|multicast 192.168.8.164/24"},
		{"on", eth0.SetUp, nil, ready + " 192.168.8.164/24"},
	} {
		if err := step.do(); !errors.Is(err, step.err) {
			t.Fatalf("%s: error %v, want %v", step.name, err, step.err)
		}
		if got := addrs(); got != step.want {
			t.Errorf("%s: eth0 is %q, want %q", step.name, got, step.want)
		}
	}
}

func TestSysctl(t *testing.T) {
	h := labtest.BuildAlone(t, lab.Article).Host("A")
	if err := h.Sysctl("net.ipv4.conf.eth0.rp_filter", "2"); err != nil {
		t.Fatal(err)
	}
	got, err := h.Command(t.Context(), "cat", "/proc/sys/net/ipv4/conf/eth0/rp_filter").Output()
	if err != nil || string(got) != "2\n" {
		t.Errorf("rp_filter of A's eth0 is %q, %v; want 2", got, err)
	}
	if err := h.Sysctl("net.ipv4.conf.eth9.rp_filter", "2"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a setting of an interface that is not there: error %v, want that it does not exist", err)
	}
}

// An interface's own IPv6 address can be sent from as soon as the lab is there.
func TestLinkLocalReady(t *testing.T) {
	tentative := []string{"40", "c0"} // IFA_F_TENTATIVE, and with IFA_F_PERMANENT
	for range 5 {
		l := labtest.BuildAlone(t, lab.Article)
		for _, name := range []string{"A", "B"} {
			var table []byte
			err := l.Host(name).Do(func() (err error) {
				table, err = os.ReadFile("/proc/thread-self/net/if_inet6")
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			ready := false
			for line := range strings.Lines(string(table)) {
				f := strings.Fields(line) // address, index, prefix, scope, flags, interface
				ready = ready || f[5] == "eth0" && strings.HasPrefix(f[0], "fe80") && !slices.Contains(tentative, f[4])
			}
			if !ready {
				t.Errorf("host %s has no link-local address on eth0 that is not tentative:\n%s", name, table)
			}
		}
	}
}
