package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/tui"
)

// The live screen of a ping: rows come by themselves, keys act, and the end
// leaves the statistics on the normal screen.
func TestPingScreen(t *testing.T) {
	l := pingLAN(t, 8)
	p := l.Host("P")
	s := openScreen(t, p, 100, 30, "ping", "--ui", "-i", "eth0", "--interval", "20ms", "239.1.2.3:5000")
	s.shows("groupcast ping", "239.1.2.3:5000", "8 responders")
	s.shows("192.168.1.18:5000", "eth0", "0.0 %")
	s.shows("▸Responders", "by appearance")
	s.keys("s")
	s.shows("▸Responders", "by loss")
	if err := l.Host("R5").Link("eth0").Drop(100); err != nil {
		t.Fatal(err)
	}
	s.keys("\x1b[H\x1b[A")
	s.until("the lossy one at the top", func() bool {
		rows := strings.Split(s.text(), "\n")
		return len(rows) > 3 && strings.Contains(rows[3], "192.168.1.15:5000") && !strings.Contains(rows[3], " 0.0 %")
	})
	s.keys("?")
	s.shows("sort by appearance, loss")
	s.keys("?p")
	s.shows("paused")
	s.keys("q")
	s.quits(exitDoubt)
	s.shows("8 responders to", "requests in")
}

func TestPingScreenEnds(t *testing.T) {
	p := pingLAN(t, 1).Host("P")
	s := openScreen(t, p, 80, 24, "ping", "--ui", "-i", "eth0", "-c", "2", "--interval", "20ms", "239.1.2.3:5000")
	s.shows("ended", "2 sent")
	s.keys("\x03")
	s.quits(exitOK)
	s.shows("--- 192.168.1.11:5000 ---")

	s = openTerminal(t, p, 44, 12, []string{"NO_COLOR=yes"}, "groupcast", "ping", "--ui", "--ascii", "192.168.1.11:9")
	s.shows("192.168.1.11:9", "100.0 %")
	if err := s.cmd.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	s.quits(exitNot)
	if found := colours(controls(t, s.written())); len(found) > 0 {
		t.Errorf("there are colours in spite of NO_COLOR=yes: %q", found)
	}
}

// /ping, in host P of a LAN with three that answer.
func TestPingInTheTalk(t *testing.T) {
	if !inPingLAN(t) {
		return
	}
	g, err := mcast.ParseGroup("239.1.2.3:5000")
	if err != nil {
		t.Fatal(err)
	}
	s := startHere(t, sessionConfig{group: g, interfaces: []string{"eth0"}, hops: 1})
	do(t, s, tui.Ping{Count: 2})
	do(t, s, tui.Ping{Count: 1})
	says(t, s, "pinging 239.1.2.3:5000 with 2 requests", "ping 239.1.2.3:5000: one is under way")
	const all = " answered 2 of 2 in "
	if l := says(t, s, all, all, all); l.Kind != chat.Notice || !strings.Contains(l.Text.String(), " ms (") || !strings.Contains(l.Text.String(), ", by eth0, ttl ") {
		t.Errorf("%q, want times, interface and TTL as a notice", l.Text)
	}

	other, _ := mcast.ParseGroup("239.9.9.9")
	do(t, s, tui.Join{Group: other})
	do(t, s, tui.Ping{Count: 1})
	if l := says(t, s, "nobody answered the ping of 239.9.9.9:1234"); l.Hint.String() != "groupcast echo 239.9.9.9:1234 answers" {
		t.Errorf("the hint is %q", l.Hint)
	}
	do(t, s, tui.SetHops{Hops: 0})
	do(t, s, tui.Ping{Count: 1})
	if l := says(t, s, "ping 239.9.9.9:1234: hops"); l.Kind != chat.Problem || l.Hint.String() == "" {
		t.Errorf("with ttl 0: %+v, want a problem with a hint", l)
	}
	for _, d := range s.Snapshot().Room.Groups {
		if d.Datagrams == 0 {
			t.Errorf("requests are not counted in %s", d.Group)
		}
	}

	// It ends with the session, and at once.
	do(t, s, tui.SetHops{Hops: 1})
	do(t, s, tui.Ping{Count: tui.MaxPings})
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

// inPingLAN is inHost, in P of a LAN with three responders.
func inPingLAN(t *testing.T) bool {
	t.Helper()
	if _, ok := lab.InHost(); ok {
		return true
	}
	runIn(t, pingLAN(t, 3).Host("P"))
	return false
}
