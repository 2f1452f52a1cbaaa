package class

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/groupcast/groupcast/mcast/lab"
)

// Start builds the lab; its seats are empty. The context ends the waiting only: end the
// class with Close. The error is a *lab.ForbiddenError where the system does not allow
// namespaces, and a *lab.NotConfinedError where what runs in seats cannot be confined.
func Start(ctx context.Context, c Config) (*Class, error) {
	c = c.withDefaults()
	hosts, code, err := c.check()
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
	l, err := lab.UpApart(ctx, c.Topology, c.Limits.Packets)
	if err != nil {
		return nil, err
	}
	return newClass(c, &apart{l, c}, hosts, code), nil
}

// apart is a lab in a process of its own.
type apart struct {
	*lab.Apart
	cfg Config
}

func (a *apart) ended() <-chan struct{} { return a.Ended() }
func (a *apart) close()                 { a.Close() }

func (a *apart) start(host string, out shower, size Size, name string, plain bool) (runner, error) {
	l := a.cfg.Limits
	limits := lab.Confinement{Program: a.cfg.Program, Processes: l.Processes, Data: l.Data, Memory: l.Memory, Disk: l.Disk}
	args, terminal := a.cfg.Screen, []string{"TERM=xterm-256color", "COLORTERM=truecolor"}
	if plain {
		args, terminal = a.cfg.Plain, []string{"TERM=dumb"}
	}
	return startProgram(out, size, plain, func(ctx context.Context) *lab.Cmd {
		cmd := a.ConfinedCommand(ctx, host, limits, lab.SeatProgram, args(name)...)
		cmd.Env = append(terminal,
			"PATH=/opt/groupcast:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME="+lab.Home, "USER=student", "LANG=C.UTF-8")
		return cmd
	})
}
