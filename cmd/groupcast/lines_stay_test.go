package main

import (
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// With TTL 0 nothing leaves this host, and line mode says so when it starts and when
// it ends.
func TestLinesThatStay(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	other := start(t, l.Host("B"), "groupcast", "listen", "-i", "eth0", "-c", "1", "239.7.8.4")
	other.remarks("joined 239.7.8.4")
	p := start(t, l.Host("A"), "groupcast", "chat", "-i", "eth0", "--ttl", "0", "239.7.8.4")
	p.remarks("sends stay on this host: TTL 0, and the group is joined on eth0")
	p.say("mumble")
	p.say("mumble more")
	if p.end() != exitDoubt || !strings.Contains(p.err.String(), "said 2 lines in 239.7.8.4:1234, and nothing left this host, with TTL 0") {
		t.Errorf("it ends with\n%s", p.err.String())
	}
	start(t, l.Host("A"), "groupcast", "send", "-i", "eth0", "239.7.8.4", "aloud").ends(exitOK)
	other.ends(exitOK)
	if text := other.out.String(); !strings.Contains(text, "aloud") || strings.Contains(text, "mumble") {
		t.Errorf("B heard\n%s", text)
	}
}
