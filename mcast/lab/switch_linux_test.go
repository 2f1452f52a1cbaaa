package lab_test

import (
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// built is a lab of a topology that is written.
func built(t *testing.T, text string) *lab.Lab {
	t.Helper()
	topology, err := lab.ParseTopology(t.Name(), strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return labtest.BuildAlone(t, topology)
}

const three = `
host A
  eth0 on lan 192.168.1.10/24
  route 224.0.0.0/4 dev eth0
host B
  eth0 on LAN 192.168.1.11/24
host C
  eth0 on LAN 192.168.1.12/24
`

// listening is a listener, and what it hears.
type listening struct {
	*net.UDPConn
	at string
}

func at(t *testing.T, n *lab.Node, to string) listening {
	t.Helper()
	if netip.MustParseAddrPort(to).Addr().IsMulticast() {
		return listening{listener(t, n, to, "eth0"), to}
	}
	return listening{listener(t, n, to), to}
}

// reaches says whether datagrams to a group come to a listener; a later one to
// its host's address, by the same wires, is the proof of a silence.
func reaches(t *testing.T, from *lab.Node, group string, c, control listening) bool {
	t.Helper()
	say(t, from, group, 1, "to the group")
	say(t, from, control.at, 1, "to the host")
	hears(t, "the host", control.UDPConn, "to the host from 192.168.1.10")
	return receive(t, c.UDPConn, 20*time.Millisecond) != ""
}

// A switch that does not flood drops every group, 224.0.0.x too, or those that
// it knows no members of; what is sent to a host comes.
func TestFloodOff(t *testing.T) {
	hosts := strings.ReplaceAll(three, "LAN", "lan")
	for _, test := range []struct {
		name, words      string
		joined, neighbor bool // whether B hears 239.1.1.1, and 224.0.0.114
	}{
		{"it floods", "switch lan", true, true},
		{"it does not", "switch lan flood off", false, false},
		{"it does not, and knows the members", "switch lan snooping querier flood off", true, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := built(t, test.words+hosts)
			a, b := l.Host("A"), l.Host("B")
			wide, local, control := at(t, b, "239.1.1.1:5000"), at(t, b, "224.0.0.114:5001"), at(t, b, "192.168.1.11:5002")
			if test.joined {
				waitJoined(t, a, wide.at, wide.UDPConn)
			}
			if got := reaches(t, a, wide.at, wide, control); got != test.joined {
				t.Errorf("B hears 239.1.1.1: %v, want %v", got, test.joined)
			}
			if got := reaches(t, a, local.at, local, control); got != test.neighbor {
				t.Errorf("B hears 224.0.0.114: %v, want %v", got, test.neighbor)
			}
		})
	}
}

// B and C are behind one port of the switch. When C leaves, B is forgotten
// with it where leaves are believed at once.
func TestFastLeave(t *testing.T) {
	hosts := "\nswitch hub on lan" + strings.ReplaceAll(three, "LAN", "hub")
	for _, test := range []struct {
		words string
		hears bool
	}{
		{"switch lan snooping querier igmp 2", true},
		{"switch lan snooping querier igmp 2 fastleave", false},
	} {
		t.Run(test.words, func(t *testing.T) {
			l := built(t, test.words+hosts)
			const group = "239.1.1.1:5000"
			a, b := l.Host("A"), at(t, l.Host("B"), group)
			control := at(t, l.Host("B"), "192.168.1.11:5002")
			waitJoined(t, a, group, b.UDPConn)
			heardOn := func() bool { // for two seconds
				for end := time.Now().Add(2 * time.Second); time.Now().Before(end); {
					if !reaches(t, a, group, b, control) {
						return false
					}
				}
				return true
			}
			if test.hears {
				// The querier asks for a second (RFC 2236, section 8.8) before it forgets. B's
				// answer may come too late from a busy computer, but not each time.
				for try := 1; ; try++ {
					joinAndLeave(t, l.Host("C"), group)
					if heardOn() {
						return
					}
					if try == 3 {
						t.Fatal("B is forgotten, though it answers the querier")
					}
					waitJoined(t, a, group, b.UDPConn)
				}
			}
			// B may report once more after C has left.
			labtest.Eventually(t, "B hears nothing more", func() bool {
				joinAndLeave(t, l.Host("C"), group)
				return !heardOn()
			})
		})
	}
}

// joinAndLeave lets a host join a group, and leave it when its leave will be
// sent: always with IGMPv3, and with IGMPv2 from a host that was the last to
// report the group, which is all that it must do (RFC 2236, section 3).
func joinAndLeave(t *testing.T, n *lab.Node, group string) {
	t.Helper()
	c := at(t, n, group)
	defer c.Close()
	labtest.Eventually(t, "a leave would be sent", func() bool {
		lines := strings.Split(membershipsOnEth0(t, n), "\n")
		reporter := slices.ContainsFunc(lines, func(s string) bool {
			return strings.Contains(s, "010101EF") && strings.HasSuffix(s, "1")
		})
		return strings.HasSuffix(lines[0], "V3") || reporter
	})
}

// membershipsOnEth0 is what /proc/net/igmp says of a host's last interface,
// eth0: the version, and a line for each group.
func membershipsOnEth0(t *testing.T, n *lab.Node) (text string) {
	t.Helper()
	labtest.In(t, n, func() error {
		b, err := os.ReadFile("/proc/thread-self/net/igmp")
		_, text, _ = strings.Cut(string(b), "eth0")
		return err
	})
	return text
}

// What a host reports is in the version that it, or its querier, speaks.
func TestIGMPVersions(t *testing.T) {
	l := built(t, `
switch lan snooping querier igmp 2
switch hub on lan
switch other snooping querier
host A
  eth0 on hub 192.168.1.10/24
host B
  eth0 on other 192.168.1.11/24
host C
  igmp 1
  eth0 on other 192.168.1.12/24
`)
	for host, want := range map[string]string{"A": "V2", "B": "V3", "C": "V1"} {
		at(t, l.Host(host), "239.1.1.1:5000")
		labtest.Eventually(t, host+" speaks "+want, func() bool {
			version, _, _ := strings.Cut(membershipsOnEth0(t, l.Host(host)), "\n")
			return strings.HasSuffix(version, want)
		})
	}
}
