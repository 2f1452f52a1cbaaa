package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// bracketed is text as a terminal pastes it.
func bracketed(lines []string) string {
	return "\x1b[200~" + strings.Join(lines, "\r") + "\x1b[201~"
}

// Fifty pasted lines are fifty datagrams, one, or none, as the answer says.
func TestScreenAsksAboutAPaste(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	listener := start(t, l.Host("B"), "groupcast", "listen", "--json", "-c", "52")
	listener.prints(`"joined"`)
	s := openScreen(t, l.Host("A"), 44, 12, "-i", "eth0")
	s.shows("224.0.0.114:1234")
	lines := make([]string, 50)
	for i := range lines {
		lines[i] = fmt.Sprintf("row %02d", i+1)
	}

	s.keys(bracketed(lines))
	s.shows("Send 50 pasted lines, 349 bytes?")
	s.keys("\x1b")
	s.shows("nothing was sent")
	s.keys(bracketed(lines))
	s.shows("Send 50 pasted lines")
	s.shows("e each line · o as one datagram · esc none")
	s.keys("e")
	s.shows("row 50")
	s.keys(bracketed(lines[:2]))
	s.shows("Send 2 pasted lines")
	s.keys("o")
	s.shows("❯ type to talk")
	s.keys(bracketed([]string{"one line", ""}))
	s.shows("❯ one line")
	s.keys("\r")
	if status := listener.status(); status != exitOK {
		t.Errorf("exit status %d of who hears 52 datagrams", status)
	}
	heard := listener.out.String()
	for _, line := range lines {
		if n := strings.Count(heard, `"text":"`+line+`"`); n != 1 {
			t.Errorf("%q was heard %d times, want once", line, n)
		}
	}
	if !strings.Contains(heard, `"text":"row 01\nrow 02"`) || !strings.Contains(heard, `"text":"one line"`) {
		t.Errorf("no datagram of two lines, or none of one was heard:\n%s", heard)
	}
	s.keys("\x03")
	s.quits(exitOK)
}

// send in a terminal says where lines go before the first, and its totals once,
// however it is ended.
func TestSendOnATerminal(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	for _, tc := range []struct {
		name, key string
		status    int
	}{
		{"ctrl+d", "\x04", exitDoubt},
		{"ctrl+c", "\x03", exitInterrupted},
	} {
		t.Run(tc.name, func(t *testing.T) {
			listener := start(t, l.Host("A"), "groupcast", "listen", "-i", "eth1", "-c", "3")
			listener.remarks("joined")
			s := openTerminal(t, l.Host("A"), 120, 30, nil, withTerminal("groupcast", "send", "224.0.0.114")...)
			s.shows("each line is sent to 224.0.0.114:1234 as a datagram; ctrl+d ends; sends leave by eth1")
			s.keys("hello\rtwo\rthree\r")
			listener.status() // ctrl+c drops what waits in the terminal
			s.keys(tc.key)
			s.quits(tc.status)
			s.shows("wrong-egress")
			if n := strings.Count(s.written(), "groupcast: sent 3 datagrams ("); n != 1 {
				t.Errorf("the totals were printed %d times:\n%s", n, s.text())
			}
		})
	}
}
