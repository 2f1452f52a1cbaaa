package main

import (
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// While the user's own program holds the group, the doctor's join is not reported,
// and so it cannot try whether the group comes back. That a steady sender fell
// silent, and 224.0.0.x from it went on, is what can be said.
func TestNoQuerierWhileAProgramHoldsTheGroup(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, topologyNamed("snooping-no-querier", 0)())
	step(t, l, "B& groupcast listen 239.1.2.3")
	for _, group := range []string{"239.1.2.3", "224.0.0.114"} {
		start(t, l.Host("C"), "groupcast", "send", "-c", "600", "--interval", "100ms", group, "tick")
	}
	found := findingsAbout(t, "no-querier", executeIn(t, l.Host("B"), executable(t), "doctor", "--json", "--probe", "--watch", "10s", "239.1.2.3"))
	if len(found) != 1 || found[0].Verdict != "warning" || !strings.Contains(found[0].Evidence, "while 224.0.0.114 from it went on; another program of this host has joined 239.1.2.3") {
		t.Errorf("found: %+v", found)
	}
}
