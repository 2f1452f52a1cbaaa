package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// withTerminal makes a command the leader of a session whose controlling
// terminal is its standard input, as a terminal window does: openTerminal only
// gives it the files.
func withTerminal(command ...string) []string {
	return append([]string{"setsid", "--ctty", "--wait"}, command...)
}

// written is everything that was written to the terminal.
func (s *screen) written() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.raw.String()
}

// until waits until something holds.
func (s *screen) until(what string, holds func() bool) {
	s.t.Helper()
	for deadline := time.After(labtest.Patience); !holds(); {
		select {
		case <-s.changed:
		case <-deadline:
			s.t.Fatalf("waited in vain for %s:\n%s", what, s.text())
		}
	}
}

func (s *screen) title() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.vt.Title()
}

// resize gives the terminal another size; only a program that it controls is
// told.
func (s *screen) resize(columns, rows int) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.vt.Resize(columns, rows)
	if err := pty.Setsize(s.master, &pty.Winsize{Cols: uint16(columns), Rows: uint16(rows)}); err != nil {
		s.t.Fatal(err)
	}
}

// isMember reports whether the kernel of a host has 224.0.0.114 joined on any
// interface, for whatever program.
func isMember(t *testing.T, host *lab.Node) bool {
	t.Helper()
	igmp, err := host.Command(t.Context(), "cat", "/proc/net/igmp").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(igmp), "720000E0") // little endian
}

// A signal ends the screen, gives the terminal back and leaves the group.
func TestScreenOnSignals(t *testing.T) {
	t.Parallel()
	host := labtest.Build(t, lab.Article).Host("A")
	for _, signal := range []syscall.Signal{syscall.SIGHUP, syscall.SIGTERM, syscall.SIGQUIT} {
		s := openScreen(t, host, 100, 30)
		s.shows("▲ sends leave here")
		if !isMember(t, host) {
			t.Error("the screen is there, and the group is not joined")
		}
		if err := s.cmd.Signal(signal); err != nil {
			t.Fatal(err)
		}
		s.quits(exitInterrupted)
		if isMember(t, host) {
			t.Errorf("%s: the program has ended, and the group is still joined", signal)
		}
	}
}

// The terminal itself goes away: script(1) is one, and is killed.
func TestScreenWhenTheTerminalGoes(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"exec groupcast", "groupcast; true", "trap : HUP; groupcast; true"} {
		host := labtest.Build(t, lab.Article).Host("A")
		s := openTerminal(t, host, 100, 30, nil, "script", "-qec", command, "/dev/null")
		s.shows("▲ sends leave here")
		if !isMember(t, host) {
			t.Error("the screen is there, and the group is not joined")
		}
		if err := s.cmd.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(labtest.Patience); isMember(t, host); {
			if time.Now().After(deadline) {
				t.Fatalf("%s: goes on without a terminal", command)
			}
		}
	}
}

// ctrl+z gives the terminal back to the shell, and fg goes on where it was.
func TestScreenSuspended(t *testing.T) {
	t.Parallel()
	s := openTerminal(t, labtest.Build(t, lab.Article).Host("A"), 100, 30, []string{"PS1=shell> "},
		withTerminal("bash", "--noprofile", "--norc", "-i")...)
	s.shows("shell>")
	s.keys("groupcast\r")
	s.shows("▲ sends leave here")
	s.keys("before\r")
	s.shows("you", "before", "↺", "→ eth1")
	for range 2 {
		s.keys("\x1a") // ctrl+z
		s.shows("Stopped", "groupcast")
		if !s.leftAlternate() {
			t.Error("the shell is on the alternate screen")
		}
		s.keys("echo $((6*7)) is here\r")
		s.shows("42 is here")
		s.keys("fg\r")
		s.shows("you", "before", "↺", "→ eth1")
		s.shows("❯ type to talk")
	}
	s.keys("after\r")
	s.shows("you", "after", "↺", "→ eth1")
	s.keys("\x03")
	s.until("the shell's screen", s.leftAlternate)
	s.keys("echo status $?\r")
	s.shows("status 0")
	s.keys("exit\r")
	s.quits(0)
}

// What is to be chosen can go while one chooses.
func TestPickerWhenAnInterfaceVanishes(t *testing.T) {
	t.Parallel()
	host := labtest.Build(t, lab.Article).Host("A")
	s := openScreen(t, host, 100, 30)
	s.shows("▲ sends leave here")
	s.keys(keyF5)
	s.shows("▸ ● eth1")
	if err := host.Link("eth1").Delete(); err != nil {
		t.Fatal(err)
	}
	s.shows("eth1 is gone")
	s.keys(keyUp + keyUp)
	s.shows("▸ ● eth0")
	s.keys("\r")
	s.shows("sends leave by eth0, source 192.168.8.164")
	s.keys("still here\r")
	s.shows("you 192.168.8.164", "still here", "↺", "→ eth0")
	s.keys("\x03")
	s.quits(exitOK)
}

// A window that is dragged to and fro while people talk.
func TestResizeStorm(t *testing.T) {
	l := labtest.Build(t, lab.Article)
	s := openTerminal(t, l.Host("A"), 100, 30, nil, withTerminal("groupcast")...)
	s.shows("▲ sends leave here")
	b := openShout(t, l.Host("B"))
	dice := rand.New(rand.NewPCG(1, 2))
	for i := range 200 {
		s.resize(1+dice.IntN(200), 1+dice.IntN(70))
		b.says(fmt.Sprintf("resized %d times", i+1))
	}
	s.resize(100, 30)
	s.shows("192.168.8.226", "resized 200 times", "← eth0")
	s.keys("an answer\r")
	s.shows("you 169.254.167.41", "an answer", "↺", "→ eth1")
	s.until("a whole frame", func() bool { return isFramed(s.text()) })
	s.keys("\x03")
	s.quits(exitOK)
}

// isFramed reports whether 100x30 cells hold the screen and nothing else: each
// row begins and ends as it should.
func isFramed(text string) bool {
	rows := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(rows) != 30 || !strings.HasPrefix(rows[0], " A  groupcast  224.0.0.114:1234") ||
		!strings.HasPrefix(rows[28], " A ❯ ") || !strings.HasPrefix(rows[29], " tab pane") {
		return false
	}
	for _, row := range rows[1:28] {
		cells := []rune(row)
		if len(cells) != 100 || !strings.ContainsRune("╭│├╰", cells[0]) || !strings.ContainsRune("╮│╯", cells[99]) {
			return false
		}
	}
	return true
}

// With --notify a line rings and counts while the terminal is not looked at.
func TestNotify(t *testing.T) {
	t.Parallel()
	const title = "A: groupcast 224.0.0.114:1234" // A is the host of the lab
	l := labtest.Build(t, lab.Article)
	s := openScreen(t, l.Host("A"), 100, 30, "--notify")
	s.shows("▲ sends leave here")
	s.until("the title", func() bool { return s.title() == title })
	b := openShout(t, l.Host("B"))
	b.says("seen")
	s.shows("192.168.8.226", "seen")

	s.keys("\x1b[Ox") // what is typed after it shows that it was read
	s.shows("❯ x")
	b.says("unseen")
	s.until("the count in the title", func() bool { return s.title() == "(1) "+title })
	s.keys("\x1b[Iy")
	s.shows("❯ xy")
	s.until("the title without a count", func() bool { return s.title() == title })
	b.says("seen again")
	s.shows("192.168.8.226", "seen again")
	s.keys("\x03")
	s.quits(exitOK)
	if n := bells(controls(t, s.written())); n != 1 {
		t.Errorf("the bell rang %d times, want once: one line came while nobody looked", n)
	}
}

func TestNoColor(t *testing.T) {
	t.Parallel()
	s := openTerminal(t, labtest.Build(t, lab.Article).Host("A"), 100, 30,
		[]string{"NO_COLOR=yes", "COLORTERM=truecolor"}, "groupcast")
	s.shows("▲ sends leave here")
	s.shows("wrong-egress")
	s.keys("hello\r")
	s.shows("you", "hello", "↺")
	s.keys(keyF5)
	s.shows("▸ ● eth1")
	s.keys("\x03")
	s.quits(exitOK)
	if found := colours(controls(t, s.written())); len(found) > 0 {
		t.Errorf("there are colours in spite of NO_COLOR=yes: %q", found)
	}
}

// A dumb terminal gets lines.
func TestDumbTerminal(t *testing.T) {
	t.Parallel()
	s := openTerminal(t, labtest.Build(t, lab.Article).Host("A"), 100, 30, nil, "env", "TERM=dumb", "groupcast")
	s.shows("groupcast: joined 224.0.0.114:1234 on eth0, eth1")
	s.keys("hello\n")
	s.keys("\x04")
	s.shows("sent 1 line to 224.0.0.114:1234 by eth1")
	s.quits(exitDoubt)
	if strings.Contains(s.written(), "\x1b") {
		t.Errorf("there are escape sequences between the lines: %q", s.written())
	}
}

func TestASCII(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	s := openScreen(t, l.Host("A"), 100, 30, "--ascii")
	s.shows("^ sends leave here")
	s.keys("hello\r")
	s.shows("you", "hello")
	s.shows("own copy", "ms  -> eth1")
	openShout(t, l.Host("B")).says("hi")
	s.shows("192.168.8.226", "hi", "<- eth0")
	for _, view := range []struct{ key, shows string }{
		{keyF2, "first bytes"}, {"\r", "esc back"}, {keyF3, "in node"}, {keyF4, "192.168.8.0/24"},
		{keyF5, "Interfaces for"}, {keyF6, "Groups"}, {keyF7, "Sources"}, {"\x1b[20~", "Help"},
	} {
		s.keys(view.key)
		s.shows(view.shows)
	}
	s.keys("\x03")
	s.quits(exitOK)
	for i, r := range s.written() {
		if r >= 0x80 {
			t.Fatalf("%q was written: %q", r, around(s.written(), i))
		}
	}
}
