package main

import (
	"net"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// The commands of the questions, run where a fault was made, give the answers that
// are announced.
func TestSymptomsAreDecided(t *testing.T) {
	t.Parallel()
	topology, err := lab.FindTopology("routed", 0)
	if err != nil {
		t.Fatal(err)
	}
	l := labtest.Build(t, topology)
	a, b, c := l.Host("A"), l.Host("B"), l.Host("C")

	labtest.Talker(t, a, labtest.Group("239.1.2.3:5001"), "tick")
	nft(t, a, "output", "ip daddr 239.1.2.3 udp dport 5002 drop")
	nft(t, b, "input", "ip daddr 239.1.2.3 udp dport 5003 drop")
	holds(t, b, "192.168.1.11:5004", "239.1.2.3")
	holds(t, b, "0.0.0.0:5005", "239.7.7.7")

	for _, s := range []struct {
		host           *lab.Node
		question, port string
		leads          string // to a pitfall, or to a question
	}{
		{b, "hears", "5001", "program"},
		{b, "hears", "5006", "joins"},
		{a, "sends", "5002", "firewall-out"},
		{b, "network", "5003", "firewall-in"},
		{b, "program", "5004", "unicast-bind"},
		{b, "error", "5005", "port-taken"},
		{c, "beyond", "5001", "hops-too-small"},
		{b, "joins", "5001", "network"}, // nothing is wrong with its memberships
	} {
		q := symptomNamed(s.question)
		var output strings.Builder
		for _, run := range q.Runs {
			run = strings.NewReplacer("239.1.2.3", "239.1.2.3:"+s.port, "192.168.2.10", "192.168.1.10",
				"-t 10", "-t 1", "--watch 5s", "--watch 0.2s", "--watch 8s", "--watch 1s").Replace(run)
			p := do(t, s.host, strings.Fields(run)[1:]...)
			output.WriteString(p.out.String() + p.err.String())
		}
		answer := q.decides(output.String())
		if answer == nil || answer.Next != s.leads && !slices.Contains(answer.Pitfalls, s.leads) {
			t.Errorf("%s at port %s: the answer is %+v, want %s:\n%s", s.question, s.port, answer, s.leads, output.String())
		}
	}
}

// On a terminal the questions are asked, one by one.
func TestSymptomOnATerminal(t *testing.T) {
	t.Parallel()
	a := labtest.Build(t, lab.Article).Host("A")
	s := openTerminal(t, a, 100, 50, nil, "groupcast", "explain", "--symptom")
	s.shows("Which one? 1 to 8")
	s.keys("1\r")
	s.shows("groupcast doctor --probe 239.1.2.3")
	s.shows("Which one? 1 to 7")
	s.keys("q\r")
	wantStatus(t, s, exitOK)
}

// holds opens a socket that shares its port with nobody, and has joined a group.
func holds(t *testing.T, host *lab.Node, at, group string) {
	t.Helper()
	labtest.In(t, host, func() error {
		conn, err := net.ListenPacket("udp4", at)
		if err != nil {
			return err
		}
		t.Cleanup(func() { conn.Close() })
		raw, err := conn.(*net.UDPConn).SyscallConn()
		if err != nil {
			return err
		}
		return raw.Control(func(fd uintptr) {
			joins := &unix.IPMreqn{Multiaddr: labtest.Addr(group).As4(), Ifindex: int32(labtest.Device(t, host, "eth0").Index)}
			if err := unix.SetsockoptIPMreqn(int(fd), unix.IPPROTO_IP, unix.IP_ADD_MEMBERSHIP, joins); err != nil {
				t.Error(err)
			}
		})
	})
}
