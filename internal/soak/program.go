package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/creack/pty"

	"github.com/groupcast/groupcast/internal/soak/meter"
	"github.com/groupcast/groupcast/mcast/lab"
)

// A program is one that is measured, in a host of the lab.
type program struct {
	name   string // as the report has it
	cmd    *lab.Cmd
	meter  string         // the file that it tells its heap to
	input  io.WriteCloser // nil: it reads nothing
	master *os.File       // of its terminal, nil: it has none
	ended  chan struct{}  // closed when err is set
	err    error
	stderr *tail

	spare   float64 // bytes that it may grow by besides: see filling
	samples []sample
	peak    float64
	blind   int // samples that could not be taken
}

// keptLine is the longest line of a program that is read, in bytes.
const keptLine = 1 << 20

// start starts a program in a host. took is given each object that it prints, by one
// goroutine; nil: it has a terminal, and draws on it.
func (s *scene) start(host, name string, took func(object), args ...string) (*program, error) {
	p := &program{name: name, meter: filepath.Join(s.dir, fmt.Sprintf("meter-%d", len(s.programs))), ended: make(chan struct{}), stderr: &tail{}}
	node := s.lab.Host(host)
	if node == nil {
		return nil, fmt.Errorf("no host %s", host)
	}
	p.cmd = node.Command(s.ctx, filepath.Join(s.dir, args[0]), args[1:]...)
	p.cmd.Dir, p.cmd.Env = s.dir, append(os.Environ(),
		"HOME="+s.dir, "XDG_STATE_HOME="+filepath.Join(s.dir, "state"), "XDG_RUNTIME_DIR="+s.dir, "TERM=xterm-256color",
		meter.FileEnv+"="+p.meter, meter.EveryEnv+"="+s.every.String())
	var read func()
	if took == nil {
		master, terminal, err := pty.Open()
		if err != nil {
			return nil, err
		}
		defer terminal.Close()
		if err := pty.Setsize(master, &pty.Winsize{Rows: 30, Cols: 100}); err != nil {
			return nil, errors.Join(err, master.Close())
		}
		p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr, p.cmd.TTY = terminal, terminal, terminal, true
		p.master, read = master, func() { _, _ = io.Copy(p.stderr, master) } // EIO at the end
	} else {
		out, err := p.cmd.StdoutPipe()
		if err != nil {
			return nil, err
		}
		if p.input, err = p.cmd.StdinPipe(); err != nil {
			return nil, err
		}
		p.cmd.Stderr = p.stderr
		read = func() { readObjects(out, took) }
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	go func() {
		defer close(p.ended)
		read()
		p.err = p.cmd.Wait()
	}()
	s.programs = append(s.programs, p)
	return p, nil
}

// object is a line of --json; the fields that some of the programs have.
type object struct {
	Type, Text string

	Sent, Datagrams, Skipped, Lost, Limited uint64
	Requests, Answers                       uint64
	LostKernel                              uint64          `json:"lost_kernel"`
	Unanswered                              json.RawMessage // a number of ping, an object of echo
	P99                                     float64         `json:"p99_ms"`
	Pairs                                   []struct{ Sent, Lost uint64 }
}

// readObject reads a line. One with other types in these fields is none that is asked for.
func readObject(line []byte) (o object, ok bool) {
	return o, json.Unmarshal(line, &o) == nil
}

func readObjects(r io.Reader, took func(object)) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, keptLine)
	for lines.Scan() {
		if o, ok := readObject(lines.Bytes()); ok {
			took(o)
		}
	}
	_, _ = io.Copy(io.Discard, r) // after a line that is too long: the program is not to wait
}

// measure takes a sample.
func (p *program) measure(at time.Duration) {
	select {
	case <-p.ended:
		return
	default:
	}
	sample, peak, err := readSample(p.cmd.Pid(), p.meter, at)
	if err != nil {
		p.blind++
		return
	}
	p.samples, p.peak = append(p.samples, sample), max(p.peak, peak)
}

// wait waits for the end of a program that was asked to, and returns an error of one that did
// not, or not well: exit status 130 is that of ctrl+c, and 3 says that something was lost,
// which is judged from what was counted.
func (p *program) wait(ctx context.Context) error {
	defer func() {
		if p.master != nil {
			p.master.Close()
		}
	}()
	select {
	case <-p.ended:
	case <-ctx.Done():
		return fmt.Errorf("%s does not end", p.name)
	}
	if exit, ok := errors.AsType[*lab.ExitError](p.err); p.err != nil && (!ok || exit.Code != 130 && exit.Code != 3) {
		return fmt.Errorf("%s: %w: %s", p.name, p.err, p.stderr)
	}
	return nil
}

// tail keeps the last bytes that were written to it.
type tail struct {
	mu   sync.Mutex
	kept []byte
}

const keptTail = 4 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, b...)
	if over := len(t.kept) - keptTail; over > 0 {
		t.kept = append(t.kept[:0], t.kept[over:]...)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.TrimSpace(t.kept))
}
