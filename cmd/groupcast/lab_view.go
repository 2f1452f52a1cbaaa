package main

import (
	"context"
	"os"
	"os/exec"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/tui"
)

// labView is a lab that runs as its screen takes it.
type labView struct {
	ctx     context.Context // that the lab lives in
	lab     *lab.Lab
	name    string
	drawing *labDrawing
}

// Rows implements tui.LabView.
func (v *labView) Rows() []tui.LabRow { return v.drawing.rows(stateOf(v.lab), time.Now()) }

// Enter implements tui.LabView: another process, so that nothing of it still reads
// the terminal when the screen has that again.
func (v *labView) Enter(host string) *exec.Cmd {
	c := exec.CommandContext(v.ctx, "/proc/self/exe", "lab", "enter", v.name, host)
	c.Args[0] = os.Args[0]
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) } // it gives the terminal back
	return c
}
