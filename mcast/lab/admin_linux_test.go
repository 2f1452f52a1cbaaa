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
	for _, program := range []string{"ip", "nft"} {
		labtest.Program(t, program)
	}
	labtest.AgainAsNobody(t)
	tests := []struct{ host, of, script string }{
		{"H1", "interfaces", `i=0; while ip link add dev v$i type veth; do i=$((i+1)); done`},
		{"H2", "routes", `seq -f 'route add unreachable 10.0.0.0/8 metric %g' 8000 | ip -batch -`},
		{"H3", "neighbours", `seq -f 'neigh add fe80::%g lladdr 02:00:00:00:00:01 dev eth0 nud permanent' 1001 1300 | ip -batch -`},
		{"H4", "rules", `seq -f 'rule add pref %g to 10.0.0.0/8 table 5' 8000 | ip -batch -`},
		{"H5", "rules of the firewall", `nft add table ip a; nft add set ip a s '{ type inet_service; }'
			i=1; while [ $i -lt 20000 ]; do nft add element ip a s "{ $(seq -s, $i $((i+1999))) }"; i=$((i+2000)); done`},
		{"H6", "processes", `while sleep 1000 & do :; done 2> /dev/null`},
	}
	a := upApart(t, len(tests)+1, 2000)
	answers := neighbour(t, a, "H7")
	var ends sync.WaitGroup
	for _, test := range tests {
		ends.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), labtest.Patience)
			defer cancel()
			admin := lab.Confinement{Admin: true}
			out, err := shellInSeat(ctx, a, test.host, admin, test.script+"; exec sleep 1000").CombinedOutput()
			exit, ok := errors.AsType[*lab.ExitError](err)
			if ok && test.of == "processes" && exit.Code == 2 { // a limit was there first
				return
			}
			if !ok || exit.Exceeded != test.of || exit.Signal != syscall.SIGKILL {
				t.Errorf("%s: %v, want it killed for %s\n%.1000s", test.script, err, test.of, out)
				return
			}
			out, err = shellInSeat(t.Context(), a, test.host, admin, "ip -o link").CombinedOutput()
			if want := test.of == "processes"; err != nil && want || strings.Contains(string(out), "eth0") != want {
				t.Errorf("after too many %s the host has these interfaces, %v:\n%s", test.of, err, out)
			}
		})
	}
	ends.Wait()
	answers()
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
