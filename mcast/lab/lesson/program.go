package lesson

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/internal/hosts"
	"github.com/groupcast/groupcast/mcast/lab/lesson/peer"
)

// listing is the command that [Options.Listing] names.
const listing = "listing"

// program is a command that was started in a host.
type program struct {
	out   output
	stdin io.WriteCloser // nil: it has none
	cmd   *lab.Cmd
	ended chan struct{} // closed when it has, and status is set
	state int           // its exit status; -1: a signal ended it, or it was killed
}

// start starts a command; one that goes on is given a standard input.
func (r *runner) start(ctx context.Context, s *runStep, goesOn bool) (*program, error) {
	path := r.path
	args := s.args
	if args[0] == "peer" {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		path, args = cmp.Or(hosts.Peer, self), append([]string{peer.Process}, args[1:]...)
	}
	if args[0] == listing {
		if r.o.Listing == nil {
			return nil, errors.New("it is not said which program is listing")
		}
		args = r.o.Listing(args[1:])
		path = args[0]
	}
	if slices.Contains(tools, args[0]) {
		var err error
		if path, err = exec.LookPath(args[0]); err != nil {
			return nil, &missingTool{args[0]}
		}
	}
	p := &program{ended: make(chan struct{})}
	p.cmd = r.lab.Host(s.host).Command(ctx, path)
	p.cmd.Args, p.cmd.Env, p.cmd.Dir = args, environment(), os.TempDir()
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.out
	if goesOn {
		var err error
		if p.stdin, err = p.cmd.StdinPipe(); err != nil {
			return nil, err
		}
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	r.started = append(r.started, p)
	go func() {
		defer close(p.ended)
		err := p.cmd.Wait()
		if exit, ok := errors.AsType[*lab.ExitError](err); ok {
			p.state = exit.Code
		} else if err != nil {
			p.state = -1
		}
	}()
	return p, nil
}

// runElsewhere lets [Options.Run] run a command to its end. It is nil where a process
// has to.
func (r *runner) runElsewhere(s *runStep) *program {
	if r.run == nil || s.args[0] != "groupcast" {
		return nil
	}
	run := r.run(r.lab.Host(s.host), s.args[1:])
	if run == nil {
		return nil
	}
	p := &program{ended: make(chan struct{})}
	r.started = append(r.started, p)
	go func() {
		defer close(p.ended)
		printed, status := run()
		_, _ = p.out.Write(printed)
		p.state = status
	}()
	return p
}

// environment is this process's without the settings of groupcast, so that
// every lesson is the same for everybody.
func environment() (env []string) {
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "GROUPCAST_") {
			env = append(env, e)
		}
	}
	return env
}

func (p *program) hasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// begin waits until the program prints something, or has ended: on a computer that is busy
// it may be long until it runs, or the kernel long in joining a group for it, which says
// nothing about what is expected.
func (p *program) begin(ctx context.Context, within time.Duration) {
	_, _ = waitFor(ctx, within, func() (bool, error) { return p.hasEnded() || p.out.begun(), nil })
}

// end waits for the program's end. It is false if that does not come.
func (p *program) end(ctx context.Context, within time.Duration) bool {
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-p.ended:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

// maxOutput bounds what is kept of a program's output, in bytes.
const maxOutput = 1 << 20

// output collects what a program prints.
type output struct {
	mu     sync.Mutex
	text   []byte
	marked int
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text = append(o.text, b[:min(len(b), maxOutput-len(o.text))]...)
	return len(b), nil
}

// mark lets lines begin here.
func (o *output) mark() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.marked = strings.LastIndexByte(string(o.text), '\n') + 1
}

// begun reports whether anything was printed.
func (o *output) begun() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.text) > 0
}

// lines are the whole lines that were printed since the mark, which stays.
func (o *output) lines() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return wholeLines(string(o.text[o.marked:]))
}

// wholeLines leaves out a last line that has no end yet.
func wholeLines(text string) (list []string) {
	for line := range strings.Lines(text) {
		if whole, ok := strings.CutSuffix(line, "\n"); ok {
			list = append(list, whole)
		}
	}
	return list
}
