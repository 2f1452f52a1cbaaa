package class

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
	"github.com/groupcast/groupcast/mcast/lab/lesson/apart"
	"github.com/groupcast/groupcast/mcast/lab/lesson/desk"
)

// Start builds the shared LAN; its seats are empty. Where each student has a network, it
// builds none: each is built when its student sits down. The context ends the waiting
// only: end the class with Close. The error is a *lab.ForbiddenError where the system does
// not allow namespaces, and a *lab.NotConfinedError where what runs in seats cannot be
// confined.
func Start(ctx context.Context, c Config) (*Class, error) {
	c = c.withDefaults()
	places, code, err := c.check()
	if err != nil {
		return nil, err
	}
	if c.Program, err = filepath.Abs(c.Program); err == nil {
		_, err = os.Stat(c.Program)
	}
	if err != nil {
		return nil, fmt.Errorf("class: the program of seats: %w", err)
	}
	if err := lab.Confines(); err != nil {
		return nil, err
	}
	if c.Private {
		return newClass(c, nil, c.buildOne, places, code), nil
	}
	l, err := c.buildOne(ctx)
	if err != nil {
		return nil, err
	}
	return newClass(c, l, nil, places, code), nil
}

// buildOne builds a network.
func (c Config) buildOne(ctx context.Context) (laboratory, error) {
	if c.Lesson != nil {
		l, err := apart.Start(ctx, *c.Lesson, c.Limits.Packets)
		if err != nil {
			return nil, err
		}
		return exerciseLab{farLab{l.Apart, c}, l}, nil
	}
	l, err := lab.UpApart(ctx, c.Topology, c.Limits.Packets)
	if err != nil {
		return nil, err
	}
	return farLab{l, c}, nil
}

// farLab is a lab in a process of its own.
type farLab struct {
	*lab.Apart
	cfg Config
}

func (a farLab) ended() <-chan struct{}     { return a.Ended() }
func (a farLab) close()                     { a.Close() }
func (a farLab) now() (lab.Now, error)      { return a.Now() }
func (a farLab) fault(words []string) error { return a.Fault(words) }

// exerciseLab is one with an exercise.
type exerciseLab struct {
	farLab
	copy *apart.Copy
}

func (e exerciseLab) order(ctx context.Context, order string) error {
	_, err := desk.Ask(ctx, e.copy.Remote, order, nil)
	return err
}

func (e exerciseLab) follow(ctx context.Context, heard func(lesson.State, []lesson.Expectation)) error {
	return e.copy.Follow(ctx, func(n desk.News) { heard(*n.State, n.Expectations) })
}

// orders are those that a student may give an exercise from within.
var orders = []string{desk.StateOrder, desk.CheckOrder, desk.HintOrder, desk.ResetOrder}

func (a farLab) start(l launch, out shower) (runner, error) {
	limits := a.cfg.Limits
	confined := lab.Confinement{Program: a.cfg.Program, Processes: limits.Processes, Data: limits.Data, Memory: limits.Memory, Disk: limits.Disk, Files: l.files}
	env := append(terminalOf(l.plain), "PATH="+seatPath, "HOME="+lab.Home, "USER=student", "LANG=C.UTF-8", "GOMAXPROCS=2")
	path, args, tells := lab.SeatProgram, []string(nil), l.tells
	switch {
	case a.cfg.Shell:
		confined.Admin = a.cfg.Private
		if a.cfg.Lesson != nil {
			confined.Orders = orders
		}
		path, args = shell()
		env, tells = append(env, "PS1="+l.prompt()), nil
	case l.plain:
		tells = nil // its lines are in the order in which it writes them
		args = a.cfg.Plain(l.title(a.cfg.Private))
	default:
		args = a.cfg.Screen(l.title(a.cfg.Private))
	}
	return startProgram(out, l.size, l.plain, tells, func(ctx context.Context) *lab.Cmd {
		cmd := a.ConfinedCommand(ctx, l.host, confined, path, args...)
		cmd.Env = env
		return cmd
	})
}

const seatPath = "/opt/groupcast:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// terminalOf are the variables by which programs know a terminal.
func terminalOf(plain bool) []string {
	if plain {
		return []string{"TERM=dumb"}
	}
	return []string{"TERM=xterm-256color", "COLORTERM=truecolor"}
}

// shell is the one of a tab. It reads no file of this computer's for what it does first.
func shell() (path string, args []string) {
	if _, err := os.Stat("/bin/bash"); err == nil {
		return "/bin/bash", []string{"--norc", "--noprofile"}
	}
	return "/bin/sh", nil
}

// prompt is that of a shell: as lessons have it. Where there is no screen it would stand
// before the first line that a command writes.
func (l launch) prompt() string {
	if l.plain {
		return ""
	}
	return l.host + "$ "
}

// title is the name of somebody in a host, which is not their only one if each has a
// network.
func (l launch) title(private bool) string {
	if name, err := CheckName(l.name + " " + l.host); private && err == nil {
		return name
	}
	return l.name
}
