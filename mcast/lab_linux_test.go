package mcast_test

import (
	"os"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

func TestMain(m *testing.M) {
	if what := os.Getenv(workerEnv); what != "" {
		benchWorker(what)
		return
	}
	if os.Getenv(rootEnv) != "" {
		os.Exit(runAsRoot(m))
	}
	os.Exit(labtest.RunTests(labtest.Lightly{M: m}))
}

func join(t *testing.T, host *lab.Node, c *mcast.Conn, g mcast.Group, on host.Interface) {
	t.Helper()
	labtest.In(t, host, func() error { return c.Join(g, on) })
}

func send(t *testing.T, host *lab.Node, c *mcast.Conn, text string, via mcast.Via) {
	t.Helper()
	labtest.In(t, host, func() error { return c.Send([]byte(text), mcast.DefaultGroup.AddrPort(), via) })
}
