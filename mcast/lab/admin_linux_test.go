package lab_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// What who may administer a host can fill the kernel's memory with ends the command, and
// the host's network with it. Others go on.
func TestAdminIsEnded(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"ip", "nft", "tc"} {
		labtest.Program(t, program)
	}
	labtest.AgainAsNobody(t)
	// The shells themselves go last, and would need long on a busy computer.
	tests := []struct{ host, of, fill string }{
		{"H1", "interfaces", `for i in $(seq 40); do ip link add dev v$i type veth; done`},
		{"H2", "routes", `seq -f 'route add unreachable fd00::%g' 1000 5999 | ip -batch -`},
		{"H3", "neighbours", `seq -f 'neigh add fe80::%g lladdr 02:00:00:00:00:01 dev eth0 nud permanent' 1001 1100 | ip -batch -`},
		{"H4", "rules of the firewall", `nft add table ip a; nft add set ip a s '{ type inet_service; }'
			for i in $(seq 1 2000 18000); do nft add element ip a s "{ $(seq -s, $i $((i+1999))) }"; done`},
		{"H5", "rules of the firewall", `nft add table ip a && nft add set ip a s '{ type ipv4_addr; size 20000000; }'`}, // 256 MiB
		{"H6", "next hops", `ip nexthop add id 1 blackhole; seq -f 'nexthop add id %g group 1 type resilient buckets 65535' 2 20 | ip -batch -`},
		{"H7", "queueing disciplines", `ip link set lo txqueuelen 500000; tc qdisc add dev lo root handle 1: htb; for i in 1 2 3; do
			tc class add dev lo parent 1: classid 1:$i htb rate 1mbit; tc qdisc add dev lo parent 1:$i pfifo_fast; done`},
	}
	a := upApart(t, len(tests)+1, 2000)
	answers := neighbour(t, a, "H8")
	var ends sync.WaitGroup
	for _, test := range tests {
		ends.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), labtest.Patience)
			defer cancel()
			admin := lab.Confinement{Admin: true}
			shell := shellInSeat(ctx, a, test.host, admin, "exec sleep 1000")
			if err := shell.Start(); err != nil {
				t.Error(err)
				return
			}
			said, _ := a.Command(ctx, test.host, "sh", "-c", test.fill).CombinedOutput() // it may be ended in the middle
			err := shell.Wait()
			exit, ok := errors.AsType[*lab.ExitError](err)
			if !ok || exit.Exceeded != test.of || exit.Signal != syscall.SIGKILL {
				t.Errorf("%s: %v, want the shell killed for %s\n%.1000s", test.fill, err, test.of, said)
				return
			}
			left, err := a.Command(ctx, test.host, "ip", "-o", "link").CombinedOutput()
			if err != nil || strings.Contains(string(left), ": eth0") {
				t.Errorf("after too many %s the host has these interfaces, %v:\n%s", test.of, err, left)
			}
			left, err = a.Command(ctx, test.host, "sh", "-c", "ip nexthop; nft list sets; tc class show dev lo").CombinedOutput()
			if err != nil || strings.Contains(string(left), "id ") || strings.Contains(string(left), "20000000") || strings.Contains(string(left), "htb") {
				t.Errorf("after too many %s the host still has this, %v:\n%s", test.of, err, left)
			}
		})
	}
	ends.Wait()
	answers()
}

// A shell that ends before anybody looks leaves no network behind that is full.
func TestAdminEndsInTime(t *testing.T) {
	t.Parallel()
	labtest.Program(t, "ip")
	a := upApart(t, 1, 2000)
	fill := `ip nexthop add id 1 blackhole; for i in 2 3 4 5 6 7 8 9; do ip nexthop add id $i group 1 type resilient buckets 65535; done`
	err := shellInSeat(t.Context(), a, "H1", lab.Confinement{Admin: true}, fill).Run()
	if exit, ok := errors.AsType[*lab.ExitError](err); !ok || exit.Exceeded != "next hops" {
		t.Errorf("%v", err)
	}
	if left, err := a.Command(t.Context(), "H1", "ip", "nexthop").CombinedOutput(); err != nil || len(left) > 0 {
		t.Errorf("what is left, %v:\n%s", err, left)
	}
}

// A lab whose hosts are not apart has no administrators in its seats.
func TestAdminNeedsALimit(t *testing.T) {
	t.Parallel()
	a := upApart(t, 1, 0)
	err := shellInSeat(t.Context(), a, "H1", lab.Confinement{Admin: true}, "true").Run()
	if err == nil || !strings.Contains(err.Error(), "limit on packets") {
		t.Errorf("without a limit on packets: %v", err)
	}
}
