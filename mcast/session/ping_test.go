package session

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// /ping, in host P of a LAN with three that answer.
func TestPingInTheTalk(t *testing.T) {
	g := labtest.Group("239.1.2.3:5000")
	if os.Getenv(labtest.InHostEnv) == "" {
		labtest.RunInHost(t, labtest.EchoLAN(t, 3, g).Host("P"))
		return
	}
	s := startHere(t, Config{Group: g, Interfaces: []string{"eth0"}, Hops: 1})
	do(t, s, Ping{Count: 2})
	do(t, s, Ping{Count: 1})
	says(t, s, "pinging 239.1.2.3:5000 with 2 requests", "ping 239.1.2.3:5000: one is under way")
	all := " answered 2 of 2 in "
	if l := says(t, s, all, all, all); l.Kind != chat.Notice || !strings.Contains(l.Text.String(), " ms (") || !strings.Contains(l.Text.String(), ", by eth0, ttl ") {
		t.Errorf("%q, want times, interface and TTL as a notice", l.Text)
	}

	other, _ := mcast.ParseGroup("239.9.9.9")
	do(t, s, Join{Group: other})
	do(t, s, Ping{Count: 1})
	if l := says(t, s, "no reply to the ping of 239.9.9.9:1234"); l.Hint.String() != "groupcast echo 239.9.9.9:1234 answers" {
		t.Errorf("the hint is %q", l.Hint)
	}
	do(t, s, SetHops{Hops: 0})
	do(t, s, Ping{Count: 1})
	if l := says(t, s, "ping 239.9.9.9:1234: the TTL"); l.Kind != chat.Problem || l.Hint.String() == "" {
		t.Errorf("with ttl 0: %+v, want a problem with a hint", l)
	}
	// What comes back of the requests is an own copy, and nobody was heard by it.
	room := s.Snapshot().Room
	if len(room.Senders)+len(room.Local)+len(room.Groups) > 0 || room.Counters.OwnCopies == 0 {
		t.Errorf("own pings are heard: senders %+v, of this host %+v, groups %+v, counters %+v", room.Senders, room.Local, room.Groups, room.Counters)
	}

	// Another program of this host is this host, and not somebody else.
	beside := startHere(t, Config{Group: g, Interfaces: []string{"eth0"}, Hops: 1})
	do(t, beside, Ping{Count: 1})
	all = " answered 1 of 1 in "
	says(t, beside, all, all, all)
	labtest.Eventually(t, "the ping of another program is heard, as one datagram of this host", func() bool {
		room = s.Snapshot().Room
		return len(room.Local) == 1 && room.Local[0].Datagrams == 1 && len(room.Local[0].Ports) == 1
	})
	if room = s.Snapshot().Room; len(room.Senders) > 0 || room.SendersTotal > 0 {
		t.Errorf("the ping of another program here is taken for somebody else's: %+v", room.Senders)
	}

	// It ends with the session, and at once.
	do(t, s, SetHops{Hops: 1})
	do(t, s, Ping{Count: MaxPings})
	begin := time.Now()
	s.Close()
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("the session took %v to close while it pinged", took)
	}
	for b, err := s.Next(t.Context()); err == nil; b, err = s.Next(t.Context()) {
		for _, l := range b.Lines {
			if l.Kind == chat.Heard {
				t.Errorf("a request is in the talk: %q", l.Text)
			}
		}
	}
}
