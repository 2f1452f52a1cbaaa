package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/term"
	"github.com/creack/pty"
	"github.com/hinshun/vt10x"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// screen is groupcast in a terminal in a host: a pseudo terminal that is read
// back as a person would see it.
type screen struct {
	t        *testing.T
	master   *os.File
	cmd      *lab.Cmd
	wait     func() error // for its end, and for what it wrote last, from any goroutine
	before   *term.State  // of the terminal, before the program had it
	terminal *os.File

	mu      sync.Mutex
	vt      vt10x.Terminal
	raw     bytes.Buffer
	changed chan struct{}
	drained chan struct{} // closed when all that it wrote has been read
}

func openScreen(t *testing.T, host *lab.Node, columns, rows int, args ...string) *screen {
	t.Helper()
	return openTerminal(t, host, columns, rows, nil, append([]string{"groupcast"}, args...)...)
}

// openTerminal runs any command in a terminal, with more in its environment.
func openTerminal(t *testing.T, host *lab.Node, columns, rows int, env []string, command ...string) *screen {
	t.Helper()
	master, terminal, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(master, &pty.Winsize{Cols: uint16(columns), Rows: uint16(rows)}); err != nil {
		t.Fatal(err)
	}
	s := &screen{
		t: t, master: master, terminal: terminal,
		vt:      vt10x.New(vt10x.WithSize(columns, rows)),
		changed: make(chan struct{}, 1),
		drained: make(chan struct{}),
	}
	if s.before, err = term.GetState(terminal.Fd()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.cmd = host.Command(ctx, command[0], command[1:]...)
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = terminal, terminal, terminal
	s.wait = sync.OnceValue(func() error { return cmp.Or(s.cmd.Wait(), s.drain()) })
	// A shell reads no file of the user who tests: one was seen to wait there for a minute.
	s.cmd.Env = append(environOf(host), "TERM=xterm-256color", "LANG=C.UTF-8", "HOME="+t.TempDir())
	s.cmd.Env = append(s.cmd.Env, env...)
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		s.read()
	}()
	t.Cleanup(func() {
		cancel()
		s.wait()
		terminal.Close()
		master.Close()
		<-read
	})
	return s
}

func (s *screen) read() {
	b := make([]byte, 1<<16)
	var rest []byte // of a character that is not here yet
	told := sync.OnceFunc(func() { close(s.drained) })
	defer told()
	for {
		n, err := s.master.Read(b)
		if err != nil {
			return
		}
		var text []byte
		text, rest = singleCells(append(rest, b[:n]...))
		s.mu.Lock()
		s.raw.Write(b[:n])
		s.vt.Write(text)
		ended := bytes.LastIndex(s.raw.Bytes(), []byte(drained))
		if ended >= 0 {
			s.raw.Truncate(ended)
		}
		s.mu.Unlock()
		if ended >= 0 {
			told()
		}
		select {
		case s.changed <- struct{}{}:
		default:
		}
	}
}

// singleCells makes up for vt10x, which gives every character one cell: a wide
// one is followed by a space, and what has no cell of its own is left out.
func singleCells(b []byte) (text, rest []byte) {
	for len(b) > 0 && utf8.FullRune(b) {
		r, size := utf8.DecodeRune(b)
		switch width := ansi.StringWidthWc(string(r)); {
		case r < 0x80 || width == 1:
			text = append(text, b[:size]...)
		case width == 2:
			text = append(append(text, b[:size]...), ' ')
		}
		b = b[size:]
	}
	return text, b
}

// keys types.
func (s *screen) keys(text string) {
	s.t.Helper()
	if _, err := io.WriteString(s.master, text); err != nil {
		s.t.Fatal(err)
	}
}

// shows waits until a row of the screen has all of these, in this order.
func (s *screen) shows(parts ...string) {
	s.t.Helper()
	deadline := time.After(labtest.Patience)
	for {
		if text := s.text(); hasRow(text, parts) {
			return
		}
		select {
		case <-s.changed:
		case <-deadline:
			s.t.Fatalf("no row of the screen has %q:\n%s", parts, s.text())
		}
	}
}

func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.vt.String()
}

func hasRow(text string, parts []string) bool {
	for row := range strings.Lines(text) {
		found := true
		for _, part := range parts {
			_, after, ok := strings.Cut(row, part)
			row, found = after, found && ok
		}
		if found {
			return true
		}
	}
	return false
}

// quits waits for the program's end and checks that it gave the terminal back.
func (s *screen) quits(code int) {
	s.t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- s.wait() }()
	select {
	case err := <-ended:
		if got := exitCode(s.t, err); got != code {
			s.t.Errorf("exit status %d, want %d", got, code)
		}
	case <-time.After(labtest.Patience):
		s.t.Fatalf("groupcast does not quit:\n%s", s.text())
	}
	after, err := term.GetState(s.terminal.Fd())
	if err != nil {
		s.t.Fatal(err)
	}
	if *after != *s.before {
		s.t.Error("the terminal's modes are not what they were")
	}
	if !s.leftAlternate() {
		s.t.Error("the alternate screen was not left")
	}
}

// drained is written behind all that a program wrote: a sequence that no terminal shows.
const drained = "\x1b]777;drained\x07"

// drain waits until what the program wrote last has come through the terminal.
func (s *screen) drain() error {
	if _, err := io.WriteString(s.terminal, drained); err != nil {
		return err
	}
	select {
	case <-s.drained:
		return nil
	case <-time.After(labtest.Patience):
		return errors.New("the terminal does not bring what was written")
	}
}

func (s *screen) leftAlternate() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.LastIndex(s.raw.Bytes(), []byte("\x1b[?1049l")) >= bytes.LastIndex(s.raw.Bytes(), []byte("\x1b[?1049h"))
}

// The article, on the screen: talk into silence, see why, press the key, and
// be heard.
func TestScreenTellsTheArticle(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	server := start(t, b, "node", peer(t, "server.js"))
	server.prints("ready")
	s := openScreen(t, a, 100, 30)
	s.shows("224.0.0.114:1234", "eth1")
	s.shows("eth0", "192.168.8.164/24")
	s.shows("sends leave here")
	s.shows("wrong-egress")

	s.keys("to nobody\r")
	s.shows("you", "169.254.167.41", "to nobody", "↺", "ms", "eth1")
	start(t, b, "node", peer(t, "client.js"), "from node").status()
	s.shows("192.168.8.226", "from node", "eth0")

	s.keys("\x06") // ctrl+f
	s.shows("sends leave by eth0, source 192.168.8.164")
	s.keys("to node\r")
	s.shows("you", "192.168.8.164", "to node", "↺", "ms", "eth0")
	server.prints("receive msg: to node from 192.168.8.164")
	server.neverPrinted("to nobody")

	s.keys("/quit\r")
	s.quits(exitOK)
}

func TestScreenCommands(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	s := openScreen(t, l.Host("A"), 80, 24)
	s.shows("224.0.0.114:1234")
	for _, step := range []struct {
		types string
		shows []string
	}{
		{"/loopback off", []string{"own copies (loopback) off"}},
		{"/loopback on", []string{"own copies (loopback) on"}},
		{"/ttl 8", []string{"sends with ttl 8"}},
		{"/ttl 1", []string{"sends with ttl 1"}},
		{"/interface eth0", []string{"sends leave by eth0"}},
		{"/join 239.1.2.3:5000", []string{"joined 239.1.2.3:5000 on"}},
		{"/leave", []string{"left 239.1.2.3:5000"}},
		{"/leave", []string{"left 224.0.0.114:1234"}},
		{"/leave", []string{"leave 224.0.0.114:1234: not joined there"}},
		{"/interface default", []string{"sends leave by eth1"}},
	} {
		s.keys(step.types + "\r")
		s.shows(step.shows...)
	}
	// What is wrong is said in the talk.
	for _, wrong := range []struct{ types, shows string }{
		{"/interface eth9", "no such interface"},
		{"/join 192.168.8.226", "not a multicast address"},
		{"/join 224.0.0.1:70000", "not a UDP port"},
	} {
		s.keys(wrong.types + "\r")
		s.shows(wrong.shows)
	}
	s.keys("\x03")
	s.quits(exitOK)
}

// A signal ends the screen, leaves the group, and gives the terminal back.
func TestScreenOnSignal(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	s := openScreen(t, l.Host("B"), 100, 30)
	s.shows("224.0.0.114:1234")
	if err := s.cmd.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	s.quits(exitInterrupted)
}

// With --plain a terminal gets lines, for those to whom a screen is read out.
func TestPlainOnATerminal(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	s := openScreen(t, l.Host("B"), 100, 30, "--plain")
	s.shows("groupcast: joined 224.0.0.114:1234 on eth0")
	start(t, l.Host("A"), "groupcast", "send", "-q", "-i", "eth0", "224.0.0.114", "hello B").status()
	s.shows("192.168.8.164", "eth0", "hello B")
	s.keys("hello\n\x04") // ctrl+d
	s.shows("sent 1 line to 224.0.0.114:1234 by eth0")
	s.quits(exitOK)
	if bytes.Contains(s.raw.Bytes(), []byte("\x1b")) {
		t.Error("there are escape sequences between the lines")
	}
}

// A line that is too long for a datagram is refused where it was typed.
func TestScreenLineTooLong(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	s := openScreen(t, l.Host("B"), 100, 30, "--plain-only") // members cut it into parts
	s.shows("224.0.0.114:1234")
	s.keys("\x1b[200~" + strings.Repeat("y", 65508) + "\x1b[201~")
	s.keys("\r")
	s.shows("send 224.0.0.114:1234: 65508")
	s.keys("short\r")
	s.shows("you", "short", "↺")
	s.keys("\x03")
	s.quits(exitOK)
}
