package lab

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Cmd is a command to be run in a host. It is used as an exec.Cmd is, whose
// documentation holds for the fields and methods of the same names, and like
// it runs once. The command leads a process group of its own.
type Cmd struct {
	Path   string
	Args   []string // with Args[0], the name
	Env    []string // nil: this process's; GROUPCAST_LAB, which InHost reads, is added
	Dir    string   // "": this process's
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	TTY    bool // Stdin is a terminal: the command leads a session that has it as its controlling terminal

	// Confine lets a stranger use the command. Path, Dir ("": Home) and Env (nil: none)
	// are then those of the root that it has of its own.
	Confine *Confinement

	ctx     context.Context
	host    machine
	err     error // of looking for Path
	process *process
	started bool
	waited  bool
	theirs  []*os.File     // ends that are the command's; closed here once it has started
	ours    []*os.File     // the other ends; closed by Wait
	inputs  []func()       // copies to the command; nobody waits for them
	outputs []func() error // copies from the command; Wait does
	copied  chan error
}

// machine is where a command runs: a host of this process's lab, or of another's.
type machine interface {
	Name() string
	start(context.Context, request, [3]*os.File) (*process, error)
}

// request is what the host's process is asked to run. These are bytes because
// arguments and environments need not be UTF-8, which JSON strings are.
type request struct {
	Path, Dir []byte
	Args, Env [][]byte
	TTY       bool
	Confine   *Confinement `json:",omitempty"`
}

func byteSlices(list []string) [][]byte {
	out := make([][]byte, len(list))
	for i, s := range list {
		out[i] = []byte(s)
	}
	return out
}

// ended is what the host's process says when the command has ended.
type ended struct {
	Code     int // -1: by the signal
	Signal   int
	Exceeded string `json:",omitempty"`
}

// ExitError is the error of a command that ended without success.
type ExitError struct {
	Code     int            // its exit status; -1: a signal ended it
	Signal   syscall.Signal // that signal, or 0
	Exceeded string         // what it used more of than its Confinement lets it, and was killed for: memory, processes, sockets or groups; with Confinement.Admin also interfaces, routes and the like
	Stderr   []byte         // what Output collected of its standard error
}

// Error says the status or the signal.
func (e *ExitError) Error() string {
	if e.Exceeded != "" {
		return "killed: it used more " + e.Exceeded + " than it may"
	}
	if e.Signal != 0 {
		return "signal: " + e.Signal.String()
	}
	return fmt.Sprintf("exit status %d", e.Code)
}

// stragglers is how long Wait still reads output when the context and the
// command have ended and some other process holds the output open.
const stragglers = time.Second

// Command prepares a command in the host; name is looked up in PATH. When the
// context ends before the command does, its whole process group is killed.
func (n *Node) Command(ctx context.Context, name string, args ...string) *Cmd {
	return command(ctx, n, name, args)
}

// ConfinedCommand prepares a confined command in the host. path is that of a file in the
// root that the command has of its own.
func (n *Node) ConfinedCommand(ctx context.Context, c Confinement, path string, args ...string) *Cmd {
	return confinedCommand(ctx, n, c, path, args)
}

func confinedCommand(ctx context.Context, host machine, c Confinement, path string, args []string) *Cmd {
	return &Cmd{Path: path, Args: append([]string{path}, args...), Confine: &c, ctx: ctx, host: host}
}

func command(ctx context.Context, host machine, name string, args []string) *Cmd {
	path, err := exec.LookPath(name)
	return &Cmd{Path: path, Args: append([]string{name}, args...), ctx: ctx, host: host, err: err}
}

// Start starts the command and does not wait for it.
func (c *Cmd) Start() error {
	if c.started {
		return fmt.Errorf("lab: run %s in %s: already started", c.Args[0], c.host.Name())
	}
	c.started = true
	if err := c.start(); err != nil {
		closeAll(c.ours)
		return fmt.Errorf("lab: run %s in %s: %w", c.Args[0], c.host.Name(), err)
	}
	for _, in := range c.inputs {
		go in()
	}
	c.copied = make(chan error, len(c.outputs))
	for _, out := range c.outputs {
		go func() { c.copied <- out() }()
	}
	return nil
}

func (c *Cmd) start() error {
	defer func() { closeAll(c.theirs) }()
	if err := errors.Join(c.err, c.ctx.Err()); err != nil {
		return err
	}
	r, err := c.request()
	if err != nil {
		return err
	}
	files, err := c.standardFiles()
	if err != nil {
		return err
	}
	c.process, err = c.host.start(c.ctx, r, files)
	return err
}

func (c *Cmd) request() (r request, err error) {
	env, dir := c.Env, c.Dir
	if c.Confine != nil {
		limits := c.Confine.withDefaults()
		if err := limits.checkFiles(); err != nil {
			return r, err
		}
		r.Confine, dir = &limits, cmp.Or(dir, Home)
	} else {
		if env == nil {
			env = os.Environ()
		}
		if dir == "" {
			if dir, err = os.Getwd(); err != nil {
				return r, err
			}
		}
	}
	r.Path, r.Dir, r.Args, r.Env, r.TTY = []byte(c.Path), []byte(dir), byteSlices(c.Args), byteSlices(env), c.TTY
	return r, nil
}

// Wait waits for the command to end and for its output to be copied, then
// closes the pipes. The error is an *ExitError for a command that ended
// without success, and the context's if that ended it.
func (c *Cmd) Wait() error {
	if c.process == nil || c.waited {
		return fmt.Errorf("lab: wait for %s: not started, or waited for before", c.Args[0])
	}
	c.waited = true
	end, err := c.process.wait()
	stop := context.AfterFunc(c.ctx, func() {
		time.AfterFunc(stragglers, func() { closeAll(c.ours) })
	})
	var copying error
	for range c.outputs {
		copying = errors.Join(copying, <-c.copied)
	}
	stop()
	closeAll(c.ours)
	switch {
	case err != nil:
	case end == ended{}:
		err = copying
	case c.ctx.Err() != nil:
		err = c.ctx.Err()
	default:
		return &ExitError{Code: end.Code, Signal: syscall.Signal(end.Signal), Exceeded: end.Exceeded}
	}
	if err != nil {
		return fmt.Errorf("lab: %s in %s: %w", c.Args[0], c.host.Name(), err)
	}
	return nil
}

// Run is Start and Wait.
func (c *Cmd) Run() error {
	if err := c.Start(); err != nil {
		return err
	}
	return c.Wait()
}

// Output is Run, and returns what the command wrote to its standard output.
func (c *Cmd) Output() ([]byte, error) {
	if c.Stdout != nil {
		return nil, errors.New("lab: Stdout is already set")
	}
	var stdout, stderr bytes.Buffer
	c.Stdout = &stdout
	if c.Stderr == nil {
		c.Stderr = &stderr
	}
	err := c.Run()
	if exit, ok := errors.AsType[*ExitError](err); ok {
		exit.Stderr = stderr.Bytes()
	}
	return stdout.Bytes(), err
}

// CombinedOutput is Run, and returns what the command wrote to its standard
// output and standard error.
func (c *Cmd) CombinedOutput() ([]byte, error) {
	if c.Stdout != nil || c.Stderr != nil {
		return nil, errors.New("lab: Stdout or Stderr is already set")
	}
	var b bytes.Buffer
	c.Stdout, c.Stderr = &b, &b
	err := c.Run()
	return b.Bytes(), err
}

// Pid is the command's process, once it has started.
func (c *Cmd) Pid() int {
	if c.process == nil {
		return 0
	}
	return c.process.pid
}

// Lacks is what the host could not be given of its own, a line each, once the
// command has started: its name, or its /sys/class/net.
func (c *Cmd) Lacks() []string {
	if c.process == nil {
		return nil
	}
	return c.process.lacks
}

// Signal sends a signal to the command; the error is os.ErrProcessDone if it
// has ended.
func (c *Cmd) Signal(s os.Signal) error {
	if c.process == nil {
		return errors.New("lab: signal: not started")
	}
	return c.process.signal(s)
}
