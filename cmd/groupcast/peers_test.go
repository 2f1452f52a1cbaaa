package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// program is a command that runs in a host of a lab.
type program struct {
	t        *testing.T
	name     string
	cmd      *lab.Cmd
	wait     func() error // for its end, from any goroutine
	in       io.WriteCloser
	out, err printed
}

// start runs a command in a host until it ends or the test does.
func start(t *testing.T, host *lab.Node, name string, args ...string) *program {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	p := &program{
		t:    t,
		name: fmt.Sprintf("%s: %s %s", host.Name(), name, strings.Join(args, " ")),
		cmd:  host.Command(ctx, name, args...),
	}
	p.wait = sync.OnceValue(p.cmd.Wait)
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = environOf(host), &p.out, &p.err
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("%s: %v", p.name, err)
	}
	t.Cleanup(func() {
		cancel()
		p.wait()
	})
	return p
}

// say writes a line to its standard input. A program that has ended is no failure:
// what it printed says whether it should have.
func (p *program) say(line string) {
	p.t.Helper()
	if _, err := fmt.Fprintln(p.in, line); err != nil && !errors.Is(err, syscall.EPIPE) {
		p.t.Fatalf("%s: %v", p.name, err)
	}
}

// prints waits until it has printed text on its standard output.
func (p *program) prints(text string) {
	p.t.Helper()
	if !p.out.await(text) {
		p.t.Fatalf("%s did not print %q, but:\n%s\nand on standard error:\n%s", p.name, text, p.out.String(), p.err.String())
	}
}

// remarks waits until it has printed text on its standard error.
func (p *program) remarks(text string) {
	p.t.Helper()
	if !p.err.await(text) {
		p.t.Fatalf("%s did not remark %q, but:\n%s", p.name, text, p.err.String())
	}
}

// neverPrinted checks that it has not printed text on its standard output.
// Something later that was printed makes it a proof.
func (p *program) neverPrinted(text string) {
	p.t.Helper()
	if strings.Contains(p.out.String(), text) {
		p.t.Errorf("%s printed %q:\n%s", p.name, text, p.out.String())
	}
}

// end closes its standard input and returns its exit status.
func (p *program) end() int {
	p.t.Helper()
	p.in.Close()
	return p.status()
}

// status waits for its end.
func (p *program) status() int {
	p.t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- p.wait() }()
	select {
	case err := <-ended:
		return exitCode(p.t, err)
	case <-time.After(labtest.Patience):
		p.t.Fatalf("%s does not end; it printed:\n%s%s", p.name, p.out.String(), p.err.String())
	}
	return -1
}

func exitCode(t *testing.T, err error) int {
	t.Helper()
	switch err := err.(type) {
	case nil:
		return 0
	case *lab.ExitError:
		return err.Code
	default:
		t.Fatalf("wait: %v", err)
	}
	return -1
}

// printed collects what a program prints, for others to wait for.
type printed struct {
	mu      sync.Mutex
	b       bytes.Buffer
	changed chan struct{} // closed at the next change
}

func (o *printed) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.changed != nil {
		close(o.changed)
		o.changed = nil
	}
	return o.b.Write(p)
}

func (o *printed) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// await reports whether text came within labtest.Patience.
func (o *printed) await(text string) bool { return o.awaitTimes(1, text) }

// awaitTimes waits until text was printed so many times.
func (o *printed) awaitTimes(n int, text string) bool {
	deadline := time.After(labtest.Patience)
	for {
		o.mu.Lock()
		if strings.Count(o.b.String(), text) >= n {
			o.mu.Unlock()
			return true
		}
		if o.changed == nil {
			o.changed = make(chan struct{})
		}
		changed := o.changed
		o.mu.Unlock()
		select {
		case <-changed:
		case <-deadline:
			return false
		}
	}
}

// peer is the path of a program of another language.
func peer(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("testdata", "peers", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}
