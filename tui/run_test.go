package tui

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/creack/pty"
	"go.uber.org/goleak"

	"github.com/groupcast/groupcast/mcast/session"
)

// terminal is a terminal in memory: what is typed, and what is written.
type terminal struct {
	keys *io.PipeReader
	hand *io.PipeWriter

	mu      sync.Mutex
	written bytes.Buffer
}

func newTerminal(t *testing.T) *terminal {
	r, w := io.Pipe()
	t.Cleanup(func() { w.Close() })
	return &terminal{keys: r, hand: w}
}

func (t *terminal) Read(p []byte) (int, error) { return t.keys.Read(p) }

func (t *terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.written.Write(p)
}

func (t *terminal) shows(part string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Contains(t.written.String(), part)
}

// start runs a session on a terminal in memory and returns its end.
func start(t *testing.T, ctx context.Context, s Session) (*terminal, <-chan error) {
	t.Helper()
	term := newTerminal(t)
	end := make(chan error, 1)
	go func() {
		end <- Run(ctx, s, Options{Input: term, Output: term, Env: []string{"TERM=xterm-256color"}})
	}()
	return term, end
}

func ended(t *testing.T, end <-chan error) error {
	t.Helper()
	select {
	case err := <-end:
		return err
	case <-time.After(10 * time.Second):
		t.Fatal("Run has not returned after 10 s")
		return nil
	}
}

func TestRunSaysWhatIsTyped(t *testing.T) {
	defer goleak.VerifyNone(t)
	s := newFakeSession(before())
	term, end := start(t, t.Context(), s)
	go io.WriteString(term.hand, "hello\r")
	select {
	case a := <-s.actions:
		if a != (session.Say{Text: "hello"}) {
			t.Errorf("the session was asked %#v, want to say hello", a)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the session was asked nothing in 10 s")
	}
	go io.WriteString(term.hand, "\x03")
	if err := ended(t, end); err != nil {
		t.Errorf("ctrl+c: Run returned %v, want nil", err)
	}
	term.hand.Close()
	const altScreen = "\x1b[?1049"
	if !term.shows(altScreen+"h") || !term.shows(altScreen+"l") {
		t.Error("the alternate screen was not entered and left")
	}
}

func TestRunEnds(t *testing.T) {
	gone := errors.New("gone")
	for _, tc := range []struct {
		name string
		do   func(s *fakeSession, cancel context.CancelCauseFunc)
		want error
	}{
		{"with the context", func(_ *fakeSession, cancel context.CancelCauseFunc) { cancel(gone) }, gone},
		{"with the session", func(s *fakeSession, _ context.CancelCauseFunc) { close(s.batches) }, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			defer goleak.VerifyNone(t)
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			s := newFakeSession(before())
			term, end := start(t, ctx, s)
			tc.do(s, cancel)
			if err := ended(t, end); !errors.Is(err, tc.want) || (err == nil) != (tc.want == nil) {
				t.Errorf("Run returned %v, want %v", err, tc.want)
			}
			term.hand.Close()
		})
	}
}

// panicking is a session that panics where the screen does not see it.
type panicking struct{ *fakeSession }

func (panicking) Next(context.Context) (session.Batch, error) { panic("out of cheese") }

// cheeseless is a session that panics in Update: the screen asks it there.
type cheeseless struct {
	*fakeSession
	asked int
}

func (c *cheeseless) Snapshot() session.Snapshot {
	if c.asked++; c.asked > 1 {
		panic("out of cheese")
	}
	return before()
}

// badError panics in View, where it is written.
type badError struct{}

func (badError) Error() string { panic("out of cheese") }

// A panic anywhere gives the terminal back, and is told as an error with the
// stack of where it was.
func TestPanics(t *testing.T) {
	broken := before()
	broken.Interfaces[1].Err = badError{}
	for _, tc := range []struct {
		name    string
		session Session
		in      string // the stack
	}{
		{"beside the screen", panicking{newFakeSession(before())}, "panicking.Next"},
		{"in Update", &cheeseless{fakeSession: newFakeSession(before())}, "cheeseless).Snapshot"},
		{"in View", newFakeSession(broken), "badError.Error"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			defer goleak.VerifyNone(t)
			master, slave, err := pty.Open()
			if err != nil {
				t.Fatal(err)
			}
			defer slave.Close()
			if err := pty.Setsize(master, &pty.Winsize{Cols: 100, Rows: 30}); err != nil {
				t.Fatal(err)
			}
			var written bytes.Buffer
			copied := make(chan struct{})
			go func() {
				defer close(copied)
				io.Copy(&written, master)
			}()
			was, err := term.GetState(slave.Fd())
			if err != nil {
				t.Fatal(err)
			}
			end := make(chan error, 1)
			go func() {
				end <- Run(t.Context(), tc.session, Options{Input: slave, Output: slave, Env: []string{"TERM=xterm-256color"}})
			}()
			err = ended(t, end)
			crash, ok := errors.AsType[*session.PanicError](err)
			if !ok || crash.Value != "out of cheese" || !strings.Contains(string(crash.Stack), tc.in) {
				t.Errorf("Run returned %#v, want the panic with a stack through %s", err, tc.in)
			}
			if now, err := term.GetState(slave.Fd()); err != nil || *now != *was {
				t.Errorf("the modes of the terminal are %+v (%v), want %+v as before", now, err, was)
			}
			slave.Close()
			<-copied
			master.Close()
			const enter, leave = "\x1b[?1049h", "\x1b[?1049l"
			if out := written.String(); strings.LastIndex(out, leave) < strings.LastIndex(out, enter) {
				t.Error("the alternate screen was not left")
			}
		})
	}
}

func TestNoColor(t *testing.T) {
	for value, want := range map[string]string{"": "NO_COLOR=", "yes": "NO_COLOR=1", "0": "NO_COLOR=1"} {
		if got := environ([]string{"TERM=xterm", "NO_COLOR=" + value}); !slices.Contains(got, want) {
			t.Errorf("NO_COLOR=%s becomes %q, want %s", value, got, want)
		}
	}
}
