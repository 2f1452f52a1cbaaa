package class

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

var update = flag.Bool("update", false, "record groupcast in labs anew, and ask tmux how that looks")

// recorder is a screen that keeps what was written to it, up to where it can be cut: no
// sequence and no text is open there.
type recorder struct {
	*Terminal
	mu    sync.Mutex
	bytes []byte
	whole int
}

func (r *recorder) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bytes = append(r.bytes, p...)
	n, err := r.Terminal.Write(p)
	r.Terminal.mu.Lock()
	defer r.Terminal.mu.Unlock()
	if r.stream.state == ground && !r.stream.holds() {
		r.whole = len(r.bytes)
	}
	return n, err
}

// cut is what was written since the last cut.
func (r *recorder) cut() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := bytes.Clone(r.bytes[:r.whole])
	r.bytes, r.whole = append([]byte(nil), r.bytes[r.whole:]...), 0
	return b
}

// rests waits until a screen does not change for a while, or until it has for too long.
func (r *recorder) rests(t *testing.T, most time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), most)
	defer cancel()
	for seen := r.drawn(); ctx.Err() == nil; {
		quiet, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
		s, err := r.Next(quiet, seen)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		seen = s.Version
	}
}

// TestRecordDrawn records the states again.
func TestRecordDrawn(t *testing.T) {
	if !*update {
		t.Skip("go test -update records programs in labs, and asks tmux")
	}
	dir := t.TempDir()
	groupcast := filepath.Join(dir, "groupcast")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", groupcast, "../../cmd/groupcast").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	for _, size := range drawnSizes {
		t.Run(fmt.Sprintf("%dx%d", size.Width, size.Height), func(t *testing.T) {
			var list []drawnState
			steps := 0
			for n, s := range drawnSessions {
				steps += len(s.steps)
				all := t.Run(s.name, func(t *testing.T) {
					top, err := lab.FindTopology(s.topology, s.hosts)
					if err != nil {
						t.Fatal(err)
					}
					s.host = top.Hosts[0].Name
					s.name = fmt.Sprintf("%02d-%s/", n+1, s.name)
					states := recordSession(t, labtest.Build(t, top), size, groupcast, s)
					if len(states) != len(s.steps) {
						t.Fatalf("only %d states", len(states))
					}
					list = append(list, states...)
				})
				if !all {
					return
				}
			}
			if len(list) < steps {
				return // only some of them were asked for
			}
			askTmux(t, size, list)
			writeDrawn(t, size, list)
		})
	}
}

// recordSession runs a program in the first host, and others beside it.
func recordSession(t *testing.T, l *lab.Lab, size Size, groupcast string, s drawnSession) (list []drawnState) {
	t.Helper()
	home := t.TempDir()
	env := []string{
		"PATH=" + filepath.Dir(groupcast) + ":/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + home, "XDG_RUNTIME_DIR=" + home, "USER=student",
		"TERM=xterm-256color", "COLORTERM=truecolor", "LANG=C.UTF-8", "PS1=$ ",
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for host, script := range s.others {
		other := l.Host(host).Command(ctx, "sh", "-c", script)
		other.Env, other.Dir = env, home
		if err := other.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() {
			cancel()
			other.Wait()
		}()
	}
	r := &recorder{}
	var asks atomic.Pointer[program]
	r.Terminal = NewTerminal(size, func(b []byte) {
		if !s.clusters {
			b = bytes.ReplaceAll(b, []byte("\x1b[?2027;3$y"), []byte("\x1b[?2027;0$y"))
		}
		if p := asks.Load(); p != nil {
			p.input(b)
		}
	})
	defer r.Close()
	program, err := startProgram(r, size, false, nil, func(ctx context.Context) *lab.Cmd {
		cmd := l.Host(s.host).Command(ctx, "sh", append([]string{"-c", `exec "$@"`, "sh"}, s.command...)...)
		cmd.Env, cmd.Dir = env, home
		return cmd
	})
	if err != nil {
		t.Fatal(err)
	}
	asks.Store(program)
	defer program.kill()
	for n, step := range s.steps {
		for _, in := range step.do {
			program.input(r.Encode(in))
			if in.Key.Name == "Escape" { // with the next key it would be another one
				r.rests(t, time.Second)
			}
		}
		shows(t, r.Terminal, step.shows)
		if !step.busy {
			r.rests(t, 3*time.Second)
		}
		list = append(list, drawnState{session: s.name, name: fmt.Sprintf("%02d-%s", n, step.name), bytes: r.cut(), alone: s.clusters})
	}
	return list
}

// feeder writes the bytes of states to the terminal that it runs in, and stores what tmux
// shows then. tmux answers a question when it has drawn what came before.
const feeder = `stty raw -echo
for f in "$1"/*.bytes; do
	cat "$f"
	printf '\033[5n'
	while c=$(dd bs=1 count=1 2>/dev/null); [ "$c" != n ]; do :; done
	tmux capture-pane -e -N -p >"${f%.bytes}.screen"
done
`

// askTmux adds what tmux shows to the states.
func askTmux(t *testing.T, size Size, list []drawnState) {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "tmux") // the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	write := func(name string, b []byte) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("feed.sh", []byte(feeder))
	write("conf", []byte("set -g status off\nset -g history-limit 0\nset -g escape-time 0\nset -g allow-rename off\n"))
	for _, s := range list {
		write(s.session+s.name+".bytes", s.bytes)
	}
	for n, s := range list {
		if s.alone || n > 0 && s.session == list[n-1].session {
			continue
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*labtest.Patience)
		defer cancel()
		cmd := exec.CommandContext(ctx, "tmux", "-u", "-L", fmt.Sprint(n), "-f", filepath.Join(dir, "conf"), "new-session", "-d",
			"-x", fmt.Sprint(size.Width), "-y", fmt.Sprint(size.Height),
			fmt.Sprintf("sh %s/feed.sh %s/%s; tmux wait-for -S fed", dir, dir, s.session), ";", "wait-for", "fed")
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMUX_TMPDIR=" + dir, "LANG=C.UTF-8", "TERM=xterm-256color"}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("tmux: %v\n%s", err, out)
		}
	}
	for n, s := range list {
		if s.alone {
			continue
		}
		screen, err := os.ReadFile(filepath.Join(dir, s.session+s.name+".screen"))
		if err != nil {
			t.Fatal(err)
		}
		list[n].screen = screen
	}
}
