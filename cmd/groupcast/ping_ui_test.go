package main

import (
	"os"
	"strings"
	"testing"
)

// The live screen of a ping: rows come by themselves, keys act, and the end
// leaves the statistics on the normal screen.
func TestPingScreen(t *testing.T) {
	t.Parallel()
	l := pingLAN(t, 8)
	p := l.Host("P")
	s := openScreen(t, p, 100, 30, "ping", "--ui", "-i", "eth0", "--interval", "20ms", "239.1.2.3:5000")
	s.shows(" P  groupcast ping", "239.1.2.3:5000", "8 responders")
	s.until("the host in the title", func() bool { return s.title() == "P: groupcast ping 239.1.2.3:5000" })
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
	t.Parallel()
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
