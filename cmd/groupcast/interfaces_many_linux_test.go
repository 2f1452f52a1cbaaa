package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// On a host with 40 interfaces more, the one that sends leave by is named first in
// the notice, and is in sight in 24 rows, and ten of them are the talk's.
func TestScreenOfFortyInterfaces(t *testing.T) {
	t.Parallel()
	host := labtest.Build(t, lab.Topology{Hosts: []lab.Host{{Name: "many"}}}).Host("many")
	var batch strings.Builder
	for n := 0; n < 40; n += 2 {
		fmt.Fprintf(&batch, "link add e%02d type veth peer name e%02d\n", n, n+1)
		for _, i := range []int{n, n + 1} {
			fmt.Fprintf(&batch, "addr add 10.0.%d.1/24 dev e%02d\nlink set e%02d up\n", i, i, i)
		}
	}
	batch.WriteString("route add default via 10.0.31.9\n")
	ip := host.Command(t.Context(), "ip", "-batch", "-")
	ip.Stdin = strings.NewReader(batch.String())
	if out, err := ip.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	s := openScreen(t, host, 80, 24)
	s.shows("joined 224.0.0.114:1234 on 40 interfaces: e31, e01 and 38 more")
	s.shows("e31", "10.0.31.1/24", "▲ sends leave here")
	s.shows("… 39 idle more")
	s.keys("hello\r")
	s.shows("you 10.0.31.1", "hello", "→ e31")
	rows := strings.Split(s.text(), "\n")
	talk := 0
	for n, row := range rows {
		if strings.HasPrefix(row, "╭ Talk") {
			for _, r := range rows[n+1:] {
				if !strings.HasPrefix(r, "│") {
					break
				}
				talk++
			}
		}
	}
	if talk < 10 {
		t.Errorf("%d rows of talk, want 10:\n%s", talk, s.text())
	}
	s.keys("\x03")
	s.quits(exitOK)
	s.shows("joined on 40 interfaces: ")
}
