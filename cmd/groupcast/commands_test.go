package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/rogpeppe/go-internal/testscript"
)

// A process that the race detector watches costs more to start than most commands
// take. So a command that only has to run to its end, in a host or in a script, is
// run by a process that is there already, by the function run: all that main adds
// are signals. What is about signals, a terminal or a shell is a process of its own.

func init() { plainCommands["commands"] = func() { plainly(runCommands(os.Stdin, os.Stdout)) } }

// toRun is a command to be run, and ranTo how it ended.
type (
	toRun struct {
		Args []string
		Dir  string // "": the one of before
		Both bool   // both outputs are one
	}
	ranTo struct {
		Status   int
		Out, Err string
	}
)

// runCommands runs each command that it reads, one after the other.
func runCommands(in io.Reader, out io.Writer) error {
	from, to := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var a toRun
		if err := from.Decode(&a); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if a.Dir != "" {
			if err := os.Chdir(a.Dir); err != nil {
				return err
			}
		}
		var stdout, stderr printed
		errs := &stderr
		if a.Both {
			errs = &stdout
		}
		status := run(context.Background(), a.Args, strings.NewReader(""), &stdout, errs)
		if err := to.Encode(ranTo{status, stdout.String(), stderr.String()}); err != nil {
			return err
		}
	}
}

// commands is such a process, from outside. One at a time asks it.
type commands struct {
	mu   sync.Mutex
	to   *json.Encoder
	from *json.Decoder
}

func (c *commands) run(a toRun) (r ranTo, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err = c.to.Encode(a); err == nil {
		err = c.from.Decode(&r)
	}
	return r, err
}

// runners are the processes of hosts, each for as long as its lab is there.
var runners sync.Map // *lab.Node: func() (*commands, error)

// do runs groupcast in a host to its end, and returns it with what it printed. It has
// nothing to read.
func do(t *testing.T, host *lab.Node, args ...string) *program {
	t.Helper()
	c, err := commandsIn(host)
	p := &program{t: t, in: nothingToRead{}, name: fmt.Sprintf("%s: groupcast %s", host.Name(), strings.Join(args, " "))}
	if err != nil {
		t.Fatalf("%s: %v", p.name, err)
	}
	r, err := c.run(toRun{Args: args})
	if err != nil {
		t.Fatalf("%s: %v", p.name, err)
	}
	p.out.Write([]byte(r.Out))
	p.err.Write([]byte(r.Err))
	p.wait = func() error {
		if r.Status != 0 {
			return &lab.ExitError{Code: r.Status}
		}
		return nil
	}
	return p
}

// commandsIn is the process of a host, which the first who asks starts.
func commandsIn(host *lab.Node) (*commands, error) {
	begin, _ := runners.LoadOrStore(host, sync.OnceValues(func() (*commands, error) { return startCommands(host) }))
	return begin.(func() (*commands, error))()
}

// inLesson runs the commands of a lesson that end by themselves. What traces the
// kernel is a process: it looks at its own. So is what looks a name up: a process of Go
// keeps what it has read of /etc/hosts for five seconds.
func inLesson(host *lab.Node, args []string) func() ([]byte, int) {
	looksUp := func(arg string) bool { return strings.Contains(arg, ".example") }
	if len(args) > 0 && args[0] == "kernel" || slices.ContainsFunc(args, looksUp) {
		return nil
	}
	return func() ([]byte, int) {
		c, err := commandsIn(host)
		if err != nil {
			return []byte(err.Error() + "\n"), -1
		}
		r, err := c.run(toRun{Args: args, Dir: os.TempDir(), Both: true})
		if err != nil {
			return []byte(err.Error() + "\n"), -1
		}
		return []byte(r.Out), r.Status
	}
}

type nothingToRead struct{ io.Writer }

func (nothingToRead) Close() error { return nil }

// startCommands starts the process in a host. It ends with the host.
func startCommands(host *lab.Node) (*commands, error) {
	cmd := host.Command(context.Background(), "commands")
	cmd.Env, cmd.Stderr = append(environOf(host), endsByRace), os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	read, written := io.Pipe()
	cmd.Stdout = written
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		written.CloseWithError(fmt.Errorf("the process of its host's commands ended: %v", cmd.Wait()))
		runners.Delete(host)
	}()
	return &commands{to: json.NewEncoder(in), from: json.NewDecoder(read)}, nil
}

// endsByRace lets a race end the process, and so fail the test that asked it.
const endsByRace = "GORACE=atexit_sleep_ms=0 halt_on_error=1"

// scriptCommands gives a script two commands, which one process runs for all of the
// script, in its directory. They read nothing, and see no variable that the script
// sets: exec groupcast does.
//
//	groupcast listen ...            ends with status 0; with a ! before it, with another
//	status 3 groupcast doctor ...   ends with this status
func scriptCommands(env *testscript.Env) error {
	vars := append(env.Vars, endsByRace)
	begin := sync.OnceValues(func() (*commands, error) {
		cmd := exec.Command("commands")
		cmd.Env, cmd.Stderr = vars, os.Stderr
		in, err := cmd.StdinPipe()
		if err != nil {
			return nil, err
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			return nil, err
		}
		if err := cmd.Start(); err != nil {
			return nil, err
		}
		env.Defer(func() {
			in.Close()
			if err := cmd.Wait(); err != nil {
				env.T().Fatal("the process of the script's commands: ", err)
			}
		})
		return &commands{to: json.NewEncoder(in), from: json.NewDecoder(out)}, nil
	})
	env.Values[scriptRunner{}] = begin
	return nil
}

type scriptRunner struct{}

// inScript runs a command of a script.
func inScript(ts *testscript.TestScript, args []string) int {
	c, err := ts.Value(scriptRunner{}).(func() (*commands, error))()
	ts.Check(err)
	r, err := c.run(toRun{Args: args, Dir: ts.MkAbs(".")})
	ts.Check(err)
	io.WriteString(ts.Stdout(), r.Out)
	io.WriteString(ts.Stderr(), r.Err)
	return r.Status
}

var scriptCmds = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"groupcast": func(ts *testscript.TestScript, neg bool, args []string) {
		if status := inScript(ts, args); (status != 0) != neg {
			ts.Fatalf("exit status %d", status)
		}
	},
	"status": func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) < 2 || args[1] != "groupcast" {
			ts.Fatalf("usage: status N groupcast ...")
		}
		if status := inScript(ts, args[2:]); strconv.Itoa(status) != args[0] {
			ts.Fatalf("exit status %d, not %s", status, args[0])
		}
	},
}
