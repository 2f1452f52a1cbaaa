package lab_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// The settings of a topology: sysctls, MTU, loss.
func TestSettings(t *testing.T) {
	topology, err := lab.ParseTopology("settings", strings.NewReader(`
		switch lan
		host A
		  eth0 on lan 192.0.2.1/24 mtu 1400 loss 100%
		  sysctl net.ipv4.conf.eth0.rp_filter=2
		  sysctl net.ipv4.igmp_max_memberships=5
		host B
		  eth0 on lan 192.0.2.2/24
		  eth1 on lan 192.0.2.3/24 mtu 9000`))
	if err != nil {
		t.Fatal(err)
	}
	l := labtest.BuildAlone(t, topology)
	a := l.Host("A")
	check := func(when string) {
		t.Helper()
		var got string
		err := a.Do(func() error {
			for _, name := range []string{"conf/eth0/rp_filter", "igmp_max_memberships"} {
				b, err := os.ReadFile("/proc/sys/net/ipv4/" + name)
				if err != nil {
					return err
				}
				got += strings.TrimSpace(string(b)) + " "
			}
			ifi, err := net.InterfaceByName("eth0")
			if err != nil {
				return err
			}
			got += fmt.Sprintf("mtu %d", ifi.MTU)
			return nil
		})
		if want := "2 5 mtu 1400"; err != nil || got != want {
			t.Errorf("%s A has %s, %v; want %s", when, got, err, want)
		}
	}
	check("As built")
	c := listener(t, a, "224.0.0.114:1234", "eth0")
	b := member(t, l.Host("B"), "eth0")
	send(t, b, "lost")
	hears(t, "A, who loses everything,", c, "")
	if got := counters(t, l, "A").Dropped; got == 0 {
		t.Errorf("A has dropped %d frames, want one at least", got)
	}
	if err := errors.Join(a.Link("eth0").Delete(), a.Link("eth0").Make()); err != nil {
		t.Fatal(err)
	}
	check("Made again")
	// The kernel has no setting of that name: the lab is not built.
	topology.Hosts[0].Sysctls = map[string]string{"net.ipv4.no_such_thing": "1"}
	if _, err := lab.Up(t.Context(), topology); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a setting that does not exist: error %v, want that", err)
	}
}
