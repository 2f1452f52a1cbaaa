package main

import (
	"strings"
	"syscall"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// A person who looks at nothing is told where to look: once, and neither with -q
// nor once something was heard.
func TestListenSaysThatItIsSilent(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	host := l.Host("A")
	for _, group := range []string{"239.7.7.6", "ff05::7"} {
		start(t, l.Host("B"), "groupcast", "chat", "-i", "eth0", "--plain-only=false", "--ephemeral", "--name", "ada", group)
	}
	silent := openTerminal(t, host, 120, 30, nil, "groupcast", "listen", "-i", "eth0", "[ff02::114%eth0]:5000", "239.7.7.7", "239.7.7.6", "ff05::7")
	quiet := openTerminal(t, host, 120, 30, nil, "groupcast", "listen", "-q", "-t", "6s", "239.7.7.8")
	heard := openTerminal(t, host, 120, 30, nil, "groupcast", "listen", "-t", "6s", "239.7.7.9")
	heard.shows("joined 239.7.7.9")
	if out, err := host.Command(t.Context(), "groupcast", "send", "-i", "eth0", "239.7.7.9", "tick").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, row := range []string{
		"nothing heard of [ff02::114%eth0]:5000 in 5s; joined on eth0", "hint: groupcast doctor '[ff02::114%eth0]:5000'",
		"nothing heard of 239.7.7.7:1234 in 5s; joined on eth0", "hint: groupcast doctor -i eth0 239.7.7.7",
		"hint: members of groupcast talk here by frames at port 1235, from 192.168.8.226; to take part: groupcast 239.7.7.6",
		"hint: members of groupcast talk here by frames at port 1235, from fe80::",
	} {
		silent.shows(row)
	}
	if err := silent.cmd.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	silent.shows("heard 0 datagrams")
	wantStatus(t, silent, exitNot)
	if n := strings.Count(silent.text(), "hint"); n != 4 {
		t.Errorf("%d hints:\n%s", n, silent.text())
	}
	wantStatus(t, quiet, exitNot)
	if text := quiet.text(); strings.Contains(text, "in 5s") || strings.Count(text, "groupcast doctor 239.7.7.8") != 1 {
		t.Errorf("with -q it says:\n%s", text)
	}
	wantStatus(t, heard, exitOK)
	if text := heard.text(); strings.Contains(text, "hint") || strings.Contains(text, "nothing heard") {
		t.Errorf("something was heard, and it says:\n%s", text)
	}
}

// wantStatus waits for the end of a program that prints lines.
func wantStatus(t *testing.T, s *screen, want int) {
	t.Helper()
	if got := exitCode(t, s.wait()); got != want {
		t.Errorf("exit status %d, want %d:\n%s", got, want, s.text())
	}
}
