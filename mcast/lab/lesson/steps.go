package lesson

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
)

// mostSeen is how many lines an outcome shows when none of them decided it.
const mostSeen = 12

func lastLines(lines []string) []string { return lines[max(0, len(lines)-mostSeen):] }

// runStep runs a command to its end.
type runStep struct {
	host    string
	command string
	args    []string // its words
	status  []int    // one of which it has to end with
	checked bool     // by the next step
}

// String is the command with the prompt of its host.
func (s *runStep) String() string { return s.host + "$ " + s.command }

func (s *runStep) expected() string { return "" }

func (s *runStep) do(ctx context.Context, r *runner) ([]string, error) {
	p := r.runElsewhere(s)
	if p == nil {
		var err error
		if p, err = r.start(ctx, s, false); err != nil {
			return nil, err
		}
	}
	r.last = p
	if !p.end(ctx, 4*r.wait) {
		return lastLines(p.out.lines()), unmet("the command ends")
	}
	if !s.checked && !slices.Contains(s.status, p.state) {
		return append(lastLines(p.out.lines()), fmt.Sprintf("exit status %d", p.state)), unmet("the command succeeds")
	}
	return lastLines(p.out.lines()), nil
}

// statusStep checks the status of the last command: it is one of these.
type statusStep []int

func (statusStep) checks() {}

func (s statusStep) expected() string {
	words := make([]string, len(s))
	for i, n := range s {
		words[i] = strconv.Itoa(n)
	}
	return "exit status " + strings.Join(words, " or ")
}

func (s statusStep) do(_ context.Context, r *runner) ([]string, error) {
	seen := []string{fmt.Sprintf("exit status %d", r.last.state)}
	if !slices.Contains(s, r.last.state) {
		return seen, unmet("status")
	}
	return seen, nil
}

// startStep starts a command that goes on.
type startStep struct {
	name string
	runStep
}

func (s *startStep) do(ctx context.Context, r *runner) ([]string, error) {
	if p := r.programs[s.name]; p != nil && !p.hasEnded() {
		return nil, fmt.Errorf("there is already a command of the name %q", s.name)
	}
	p, err := r.start(ctx, &s.runStep, true)
	if err == nil {
		r.programs[s.name] = p
	}
	return nil, err
}

// sayStep writes a line to a program that goes on.
type sayStep struct{ name, who, line string }

func (sayStep) expected() string { return "" }

func (s sayStep) do(_ context.Context, r *runner) ([]string, error) {
	_, err := io.WriteString(r.programs[s.name].stdin, s.line+"\n")
	return nil, err
}

// stopStep ends a program. It is not an interrupt, which a shell lets the jobs
// in its background ignore, and all that they start.
type stopStep struct{ name, who string }

func (stopStep) expected() string { return "" }

func (s stopStep) do(ctx context.Context, r *runner) ([]string, error) {
	p := r.programs[s.name]
	if err := p.cmd.Signal(syscall.SIGTERM); err != nil {
		return lastLines(p.out.lines()), unmet("it runs until it is stopped")
	}
	if !p.end(ctx, r.wait) {
		return lastLines(p.out.lines()), unmet("it ends when it is stopped")
	}
	return lastLines(p.out.lines()), nil
}

// faultStep changes the network.
type faultStep struct{ lab.Fault }

func (faultStep) expected() string { return "" }

func (s faultStep) do(_ context.Context, r *runner) ([]string, error) {
	return nil, r.lab.Apply(s.Fault)
}

// sysctlStep changes a setting.
type sysctlStep struct{ host, name, value string }

func (sysctlStep) expected() string { return "" }

func (s sysctlStep) do(_ context.Context, r *runner) ([]string, error) {
	return nil, r.lab.Host(s.host).Sysctl(s.name, s.value)
}

// routeStep adds or deletes a route.
type routeStep struct {
	host  string
	del   bool
	route lab.Route
}

func (routeStep) expected() string { return "" }

func (s routeStep) do(_ context.Context, r *runner) ([]string, error) {
	if s.del {
		return nil, r.lab.Host(s.host).DelRoute(s.route)
	}
	return nil, r.lab.Host(s.host).AddRoute(s.route)
}

// addressStep adds or deletes an address.
type addressStep struct {
	host, dev string
	addr      netip.Prefix
	del       bool
}

func (addressStep) expected() string { return "" }

func (s addressStep) do(_ context.Context, r *runner) ([]string, error) {
	link := r.lab.Host(s.host).Link(s.dev)
	if s.del {
		return nil, link.DelAddr(s.addr)
	}
	return nil, link.AddAddr(s.addr)
}

// expectStep waits for a program to print something.
type expectStep struct {
	name   string // "": the last command that was run
	who    string // prints it, in words
	want   pattern
	within time.Duration // 0: as usual
}

func (expectStep) checks() {}

func (s expectStep) expected() string {
	if s.within != 0 {
		return fmt.Sprintf("%s prints within %s: %s", s.who, s.within, s.want)
	}
	return fmt.Sprintf("%s prints: %s", s.who, s.want)
}

func (s expectStep) do(ctx context.Context, r *runner) ([]string, error) {
	p := r.last
	if s.name != "" {
		p = r.programs[s.name]
	}
	if p == nil {
		return nil, fmt.Errorf("no command was run before")
	}
	within := s.within
	if within == 0 {
		within = r.wait
		p.begin(ctx, 2*r.wait)
	}
	return s.want.waitFor(ctx, within, p)
}

// orderStep checks that the last command, which has ended, has printed these in
// this order, each in a line of its own.
type orderStep []pattern

func (orderStep) checks() {}

func (s orderStep) expected() string {
	words := make([]string, len(s))
	for i, p := range s {
		words[i] = p.String()
	}
	return "lines in this order: " + strings.Join(words, " | ")
}

func (s orderStep) do(_ context.Context, r *runner) ([]string, error) {
	if r.last == nil {
		return nil, fmt.Errorf("no command was run before")
	}
	lines := r.last.out.lines()
	first, next := 0, 0
	for i, line := range lines {
		if !s[next].matches(line) {
			continue
		}
		if next == 0 {
			first = i
		}
		if next++; next == len(s) {
			return lines[first : i+1], nil
		}
	}
	return lastLines(lines), unmet("the order")
}

// waitFor waits until a program prints a line with the pattern, and returns
// that line, or the last ones if there was none.
func (p pattern) waitFor(ctx context.Context, within time.Duration, in *program) ([]string, error) {
	var lines []string
	found := -1
	_, _ = waitFor(ctx, within, func() (bool, error) {
		ended := in.hasEnded() // before the lines are read: there will be no more
		lines = in.out.lines()
		for i, line := range lines {
			if p.matches(line) {
				found = i
				return true, nil
			}
		}
		return ended, nil
	})
	if found < 0 {
		return lastLines(lines), unmet("it is printed")
	}
	return lines[found : found+1], nil
}

// quotedOnce quotes a text that is not quoted yet.
func quotedOnce(s string) string {
	if strings.ContainsRune(s, '"') {
		return s
	}
	return `"` + s + `"`
}
