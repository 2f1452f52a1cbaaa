package main

import (
	"context"
	"os"
	"os/exec"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/tui"
	"github.com/groupcast/groupcast/tui/picture"
)

// labView is a lab that runs as its screen takes it.
type labView struct {
	ctx     context.Context // that the lab lives in
	lab     *lab.Lab
	name    string
	drawing *picture.NetworkDrawing
	secret  bool // the faults are for the user to find

	hosts  map[string]picture.HostState
	looked time.Time // into the hosts
}

// hostsPause is the time between two looks into all hosts, which cost more than the
// rest of a picture.
const hostsPause = 3 * time.Second

// Rows implements tui.LabView.
func (v *labView) Rows() []tui.LabRow {
	now := time.Now()
	if v.hosts == nil || now.Sub(v.looked) >= hostsPause {
		v.hosts, v.looked = hostsOf(v.lab), now
	}
	var rows []tui.LabRow
	found, _ := v.lab.Now() // of a lab that ends, nothing
	state := picture.NetworkState{Links: linksOf(found), Hosts: v.hosts}
	if v.secret { // of an interface only what goes over its wire: not that it is down, or the wire cut
		for name, link := range state.Links {
			link.Up, link.Carrier, link.Dropped = true, true, 0
			state.Links[name] = link
		}
	} else {
		state.Faults = faultsOf(found)
	}
	for _, row := range v.drawing.Rows(state, now) {
		rows = append(rows, tui.LabRow(row))
	}
	return rows
}

// Enter implements tui.LabView: another process, so that nothing of it still reads
// the terminal when the screen has that again.
func (v *labView) Enter(host string) *exec.Cmd {
	c := exec.CommandContext(v.ctx, "/proc/self/exe", "lab", "enter", v.name, host)
	c.Args[0] = os.Args[0]
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) } // it gives the terminal back
	return c
}
