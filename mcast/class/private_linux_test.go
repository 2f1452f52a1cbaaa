package class

import (
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// A student with a network alone has a program in each host of it, and another student is
// not heard there.
func TestPrivateScreens(t *testing.T) {
	t.Parallel()
	cfg, err := talking(2)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Private, cfg.Seats = true, 2
	c, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_, one := mustJoin(t, c, Applicant{Name: "Ada", From: "a"})
	_, eve := mustJoin(t, c, Applicant{Name: "Eve", From: "b"})
	two := &sitting{one.at.Tabs()[1], one.at}
	for _, s := range []*sitting{eve, one, two} {
		s.Input(Input{Size: Size{80, 24}})
		showsAll(t, s, "ready")
	}
	types(eve, "from another network")
	types(one, "hello")
	showsAll(t, two, "heard Ada H1: hello")
	if err := c.Fault("S1", []string{"cut", "H2.eth0"}); err != nil {
		t.Fatal(err)
	}
	labtest.Eventually(t, "the board shows what is joined, and cut", func() bool {
		n, err := c.Net("S1")
		return err == nil && len(n.Hosts[0].Groups) > 0 && n.Hosts[0].Groups[0] == "224.0.0.114 by eth0" && n.Wires[0].Whole && !n.Wires[1].Whole
	})
	if n, err := c.Net("S2"); err != nil || !n.Wires[1].Whole {
		t.Errorf("Eve's network: %+v, %v", n, err)
	}
	undo := c.Board().Log
	if err := c.Undo(undo[len(undo)-1].Number); err != nil {
		t.Fatal(err)
	}
	labtest.Eventually(t, "the wire is whole", func() bool { n, err := c.Net("S1"); return err == nil && n.Wires[1].Whole })
	types(two, "and I")
	showsAll(t, one, "heard Ada H1: hello", "heard Ada H2: and I")
	screen, err := one.Next(t.Context(), 0)
	if text := textOf(screen); err != nil || strings.Contains(text, "another network") {
		t.Errorf("Ada is shown %v\n%s", err, text)
	}
}

// A shell on a shared LAN changes nothing in its host.
func TestShellOnSharedLAN(t *testing.T) {
	t.Parallel()
	labtest.Program(t, "ip")
	cfg, err := talking(1)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Shell = true
	c, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_, ada := mustJoin(t, c, Applicant{Name: "Ada", From: "a"})
	ada.Input(Input{Size: Size{80, 24}})
	showsAll(t, ada, "H1$")
	types(ada, `ip link set eth0 down || echo "st$((1+1))ys $(id -un 2>/dev/null) $HOME"`)
	showsAll(t, ada, "Operation not permitted", "st2ys", "/home/student")
}
