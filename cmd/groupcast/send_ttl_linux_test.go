package main

import (
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// With TTL 0 a datagram leaves where the group is not joined, and stays where it
// is; send says which, and it is so.
func TestSendWithTTLZero(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	const group = "239.7.8.5"
	other := start(t, l.Host("B"), "groupcast", "listen", "-i", "eth0", "-c", "2", group)
	other.remarks("joined " + group)
	send := func(text string, more ...string) string {
		p := start(t, l.Host("A"), "groupcast", append([]string{"send", "-i", "eth0", group, text}, more...)...)
		p.status()
		return p.err.String()
	}
	if said := send("away", "--ttl", "0"); !strings.Contains(said, "TTL 0 does not keep it here: nobody on this host has joined the group on eth0, so it leaves with TTL 0") {
		t.Errorf("to a group that is not joined here it says\n%s", said)
	}
	member := start(t, l.Host("A"), "groupcast", "listen", "-i", "eth0", "-c", "1", group)
	member.remarks("joined " + group)
	if said := send("here", "--ttl", "0"); !strings.Contains(said, "; sends stay on this host: TTL 0, and the group is joined on eth0\n") {
		t.Errorf("to a group that is joined here it says\n%s", said)
	}
	member.ends(exitOK)
	send("aloud")
	other.ends(exitOK)
	if text := other.out.String(); !strings.Contains(text, "ttl 0  4 B  away") || strings.Contains(text, "here") || !strings.Contains(text, "aloud") {
		t.Errorf("B heard\n%s", text)
	}
}
