package class

import (
	"bytes"
	"context"
	"fmt"
	"runtime/pprof"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// programs starts programs in a host.
type programs struct {
	t    *testing.T
	host *lab.Node
}

func newPrograms(t *testing.T) programs {
	return programs{t, labtest.Build(t, lab.Topology{Hosts: []lab.Host{{Name: "A"}}}).Host("A")}
}

// shell runs a script in a terminal of 80x24.
func (p programs) shell(t *testing.T, script string) (*program, *Terminal) {
	t.Helper()
	var running atomic.Pointer[program]
	term := NewTerminal(Size{80, 24}, func(b []byte) {
		if p := running.Load(); p != nil {
			p.input(b)
		}
	})
	t.Cleanup(term.Close)
	running.Store(p.start(t, term, false, script))
	return running.Load(), term
}

func (p programs) start(t *testing.T, out interface{ Write([]byte) (int, error) }, plain bool, script string) *program {
	t.Helper()
	running, err := startProgram(out, Size{80, 24}, plain, nil, func(ctx context.Context) *lab.Cmd {
		return p.host.Command(ctx, "/bin/sh", "-c", script)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(running.kill)
	return running
}

// ends waits until a program has ended.
func ends(t *testing.T, p *program) {
	t.Helper()
	select {
	case <-p.over():
	case <-time.After(labtest.Patience):
		t.Fatal("it does not end")
	}
}

// shows waits until a screen has a text.
func shows(t *testing.T, term *Terminal, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), labtest.Patience)
	defer cancel()
	for seen := int64(0); ; {
		s, err := term.Next(ctx, seen)
		if err != nil {
			t.Fatalf("%q is not shown: %v\n%s", text, err, screenOf(t, term))
		}
		if strings.Contains(screenOf(t, term), text) {
			return
		}
		seen = s.Version
	}
}

// textBuffer is what a plain program wrote.
type textBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *textBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *textBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func TestProgramEnds(t *testing.T) {
	t.Parallel()
	p := newPrograms(t)
	for _, tt := range []struct {
		name, script, last, how string
		kill                    bool
	}{
		{"by itself", "echo last words", "last words", "it has ended", false},
		{"with a status", "seq 1000; echo last words; exit 3", "999\n1000\nlast words", "it has ended, with exit status 3", false},
		{"by a signal", "echo last words; kill -TERM $$", "last words", "by a signal: terminated", false},
		{"by what kills", "echo last words; kill -KILL $$", "last words", "by a signal: killed", false},
		{"killed", "trap '' HUP INT TERM; echo started; while :; do sleep 0.1; done", "started", "it was ended", true},
		{"and leaves a child", "(trap '' HUP; exec sleep 1000) & echo last words", "last words", "it has ended", false},
		{"and leaves one in a session of its own", "setsid sh -c 'trap \"\" HUP; while :; do echo more; sleep 0.01; done' & exit 0", "", "it has ended", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			running, term := p.shell(t, tt.script)
			if tt.kill {
				shows(t, term, tt.last)
				running.kill()
			}
			ends(t, running)
			if screen := screenOf(t, term); !strings.Contains(screen, tt.last) {
				t.Errorf("the screen is\n%s", screen)
			}
			if how := running.reason(); !strings.Contains(how, tt.how) {
				t.Errorf("it ends with %q, want %q", how, tt.how)
			}
			running.input([]byte("x")) // neither blocks nor panics
			running.resize(Size{100, 30})
		})
	}
	t.Run("before it begins", func(t *testing.T) {
		t.Parallel()
		_, err := startProgram(&textBuffer{}, Size{80, 24}, false, nil, func(ctx context.Context) *lab.Cmd {
			return p.host.Command(ctx, "/no/such/program")
		})
		if err == nil {
			t.Error("a program that is not there runs")
		}
	})
}

// The size is there before the program is, and another that comes before it can be told
// is told again.
func TestProgramIsToldItsSize(t *testing.T) {
	t.Parallel()
	running, term := newPrograms(t).shell(t, `stty size; echo started; sleep 0.2; trap 'stty size' WINCH; while :; do sleep 0.1; done`)
	shows(t, term, "24 80\nstarted")
	running.resize(Size{100, 30}) // nothing listens yet
	shows(t, term, "30 100")
	running.resize(Size{1, 1000})
	shows(t, term, "100 20")
}

// A program that reads nothing: what is typed is dropped and counted, and its screen and
// all that is to be done with it go on.
func TestProgramThatReadsNothing(t *testing.T) {
	t.Parallel()
	running, term := newPrograms(t).shell(t, `stty raw -echo; n=0; while :; do n=$((n+1)); printf '\033[H%d\033[6n' $n; sleep 0.05; done`)
	shows(t, term, "3")
	paste := strings.Repeat("x", 1000)
	for range 1 << 20 / len(paste) {
		running.input(term.Encode(Input{Paste: paste}))
	}
	lost := running.lost()
	if least := 1<<20 - maxQueue - 3*maxTaken - 20_000; lost < least {
		t.Errorf("of 1 MB %d bytes are dropped, want at least %d", lost, least)
	}
	running.resize(Size{100, 30})
	seen := term.drawn()
	for range 5 { // screens come
		s, err := term.Next(t.Context(), seen)
		if err != nil {
			t.Fatal(err)
		}
		if s.Dropped < lost {
			t.Errorf("a screen says that %d bytes were dropped, and %d were", s.Dropped, lost)
		}
		seen = s.Version
	}
	running.kill()
}

// A plain program reads lines and gets no echo of them.
func TestProgramWithoutAScreen(t *testing.T) {
	t.Parallel()
	var out textBuffer
	running := newPrograms(t).start(t, &out, true, `echo ready; read x; echo "got $x"; read y || echo end`)
	labtest.Eventually(t, "it is ready", func() bool { return out.String() == "ready\n" })
	running.input([]byte("hello\n"))
	labtest.Eventually(t, "it has read a line", func() bool { return out.String() == "ready\ngot hello\n" })
	running.input([]byte("\x04"))
	ends(t, running)
	if got := out.String(); got != "ready\ngot hello\nend\n" {
		t.Errorf("it wrote %q", got)
	}
}

// What a program tells on its standard error is no part of its screen; what else it writes
// there is, when it ends with an error.
func TestProgramTells(t *testing.T) {
	t.Parallel()
	p := newPrograms(t)
	for status, want := range map[int]string{0: "drawn", 3: "5000 is long ago\nno such  thing\nlast"} {
		term := NewTerminal(Size{80, 24}, func([]byte) {})
		t.Cleanup(term.Close)
		var told []report
		script := fmt.Sprintf(`printf drawn
			echo '{"type":"report","heard":[{"from":"192.168.1.7","datagrams":3,"ago":2}]}' >&2
			seq 5000 | sed 's/$/ is long ago/' >&2
			printf '\n\nno such \033[2J thing\r\nlast' >&2; exit %d`, status)
		running, err := startProgram(term, Size{80, 24}, false, func(r report) { told = append(told, r) }, func(ctx context.Context) *lab.Cmd {
			return p.host.Command(ctx, "/bin/sh", "-c", script)
		})
		if err != nil {
			t.Fatal(err)
		}
		ends(t, running)
		if screen := strings.TrimSpace(screenOf(t, term)); !strings.HasSuffix(screen, want) || strings.Contains(screen, "report") || status == 0 && screen != want {
			t.Errorf("status %d: the screen is\n%s", status, screen)
		}
		if len(told) != 1 || told[0].heard[0].datagrams != 3 {
			t.Errorf("it told %+v", told)
		}
	}
}

// No program keeps a thread of this process waiting in read(2).
func TestProgramsWaitInThePoller(t *testing.T) {
	p := newPrograms(t)
	for range 4 {
		_, term := p.shell(t, "echo started; read x")
		shows(t, term, "started")
	}
	var stacks bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&stacks, 2); err != nil {
		t.Fatal(err)
	}
	polling := 0
	for stack := range strings.SplitSeq(stacks.String(), "\n\n") {
		if !strings.Contains(stack, "(*program).read") {
			continue
		}
		if first, _, _ := strings.Cut(stack, "\n"); strings.Contains(first, "[syscall") {
			t.Errorf("a thread waits:\n%s", stack)
		} else if strings.Contains(first, "[IO wait") {
			polling++
		}
	}
	if polling < 4 {
		t.Errorf("%d of 4 wait in the poller\n%s", polling, stacks.String())
	}
}
