package lab_test

import (
	"net"
	"net/netip"
	"os"
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
	// Hosts that go on with IGMPv3 say that they leave, whoever has reported last.
	hosts := "\nswitch hub on lan" + strings.ReplaceAll(three, "LAN", "hub")
	for _, h := range []string{"B", "C"} {
		hosts = strings.Replace(hosts, "host "+h+"\n", "host "+h+"\n  igmp 3\n", 1)
	}
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
			a, b, c := l.Host("A"), at(t, l.Host("B"), group), at(t, l.Host("C"), group)
			control := at(t, l.Host("B"), "192.168.1.11:5002")
			waitJoined(t, a, group, b.UDPConn)
			waitJoined(t, a, group, c.UDPConn)
			c.Close()
			if !test.hears {
				// B says twice that it is a member, the second time perhaps after C has left.
				labtest.Eventually(t, "B hears nothing more", func() bool {
					c := at(t, l.Host("C"), group)
					waitJoined(t, a, group, c.UDPConn)
					c.Close()
					for end := time.Now().Add(2 * time.Second); time.Now().Before(end); { // it says so within one
						if !reaches(t, a, group, b, control) {
							return true
						}
					}
					return false
				})
				return
			}
			// The querier asks for a second (RFC 2236, section 8.8) before it forgets.
			for end := time.Now().Add(2 * time.Second); time.Now().Before(end); {
				if !reaches(t, a, group, b, control) {
					t.Fatal("B is forgotten, though it answers the querier")
				}
			}
		})
	}
}

// What a host reports is in the version that it, or its querier, speaks.
func TestIGMPVersions(t *testing.T) {
	l := built(t, `
switch lan snooping querier igmp 2
switch other snooping querier
host A
  eth0 on lan 192.168.1.10/24
host B
  eth0 on other 192.168.1.11/24
host C
  igmp 1
  eth0 on other 192.168.1.12/24
`)
	for host, want := range map[string]string{"A": "V2", "B": "V3", "C": "V1"} {
		at(t, l.Host(host), "239.1.1.1:5000")
		var got string
		labtest.Eventually(t, host+" speaks "+want, func() bool {
			labtest.In(t, l.Host(host), func() error {
				b, err := os.ReadFile("/proc/thread-self/net/igmp")
				_, line, _ := strings.Cut(string(b), "eth0")
				line, _, _ = strings.Cut(line, "\n")
				got = line
				return err
			})
			return strings.HasSuffix(got, want)
		})
	}
}
