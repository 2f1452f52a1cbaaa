package main

import (
	"fmt"
	"io"
	"os/exec"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
	"github.com/groupcast/groupcast/mcast/lab/wires"
)

// labRecording is the directory that --record names, if it does.
type labRecording struct {
	dir     string
	quiet   bool // no remarks: JSON says it, or nobody is to
	errs    io.Writer
	readers []string         // commands that show a file
	to      *wires.Recording // nil: not asked for, or it could not begin
	failed  error            // why it could not
	sum     wires.Summary    // when it has ended
	ended   bool
}

func (r *labRecording) flag(flags *pflag.FlagSet) {
	flags.StringVar(&r.dir, "record", "", "write the frames of each wire to a pcapng file of its own, in a new subdirectory of `DIRECTORY` (made if its parent exists)")
}

// begin makes the directory. What cannot be recorded is said, and keeps nobody
// from the lab.
func (r *labRecording) begin(cmd *cobra.Command, set *settings, name string, t lab.Topology) error {
	if r.dir == "" && !cmd.Flags().Changed("record") {
		return nil
	}
	if r.dir == "" || r.dir == "-" {
		return usageError{fmt.Errorf("--record %q: a lab has many wires, so it takes a directory", r.dir)}
	}
	r.quiet, r.errs = set.quiet || set.json, cmd.ErrOrStderr()
	r.readers = captureReaders(cmd.Root())
	r.to, r.failed = wires.Begin(wires.Options{Dir: r.dir, Name: name, Topology: t, Failed: func(host, name string, err error) {
		r.remark(fmt.Sprintf("%s.%s is not recorded any more: %v; the lab goes on", host, name, err))
	}})
	if r.failed != nil {
		complain(r.errs, &mcast.Advised{
			Err:    fmt.Errorf("nothing is recorded, the lab goes on: %w", r.failed),
			Advice: "name a directory that exists or can be made, such as --record /tmp/lab",
		})
	}
	return nil
}

// made is for lab.UpWatched; nil: nothing is recorded.
func (r *labRecording) made() func(*lab.Node, string) {
	if r.to == nil {
		return nil
	}
	return r.to.Made
}

// steps is for a lesson's Begins; nil: nothing is recorded.
func (r *labRecording) steps() func(*lesson.Step) {
	if r.to == nil {
		return nil
	}
	n := 0
	return func(s *lesson.Step) {
		n++
		r.to.Step(stepComment(n, s))
	}
}

// stepComment is what a recording says of a step, the n-th that acts.
func stepComment(n int, s *lesson.Step) string { return fmt.Sprintf("step %d: %s", n, s) }

// end ends the recording of a lab that has ended, and says what is recorded.
func (r *labRecording) end(out io.Writer, json bool) {
	if r.to == nil || r.ended {
		return
	}
	r.sum, r.ended = r.to.Close(), true
	if json {
		writeJSON(out, r.object())
		return
	}
	show := ""
	for _, w := range r.sum.Wires {
		if w.File == "" {
			continue
		}
		text := fmt.Sprintf("recorded %s of %s.%s in %s", chat.Count(int(w.Frames), "frame"), w.Host, w.Interface, w.File)
		if w.Lost > 0 {
			text += fmt.Sprintf(", %d lost", w.Lost)
		}
		if w.Stopped != nil {
			text += fmt.Sprintf("; it stopped early: %v", w.Stopped)
		}
		r.remark(text)
		if show == "" && w.Frames > 0 {
			show = w.File
		}
	}
	if show == "" || r.quiet || chat.Clean(show) != show { // a terminal is not given what it may take for its own
		return
	}
	for _, command := range r.readers {
		fmt.Fprintf(r.errs, "  look at one: %s %s\n", command, shellWord(show))
	}
}

// captureReaders are two commands at the most that show a capture, and are there.
func captureReaders(root *cobra.Command) (list []string) {
	if open, _, err := root.Find([]string{"open"}); err == nil && open != root {
		list = append(list, root.Name()+" open")
	}
	for _, command := range []string{"tshark -r", "tcpdump -n -r"} {
		program, _, _ := strings.Cut(command, " ")
		if _, err := exec.LookPath(program); err == nil && len(list) < 2 {
			list = append(list, command)
		}
	}
	return list
}

func (r *labRecording) remark(text string) {
	if !r.quiet {
		fmt.Fprintf(r.errs, "groupcast: %s\n", chat.Clean(text))
	}
}

// doubtful reports whether something was to be recorded and is not.
func (r *labRecording) doubtful() bool {
	doubt := r.failed != nil
	for _, w := range r.sum.Wires {
		doubt = doubt || w.Lost > 0 || w.Stopped != nil
	}
	return doubt
}

// The recording of a lab as --json prints it. Fields are only added.
type (
	jsonRecorded struct {
		jsonHead             // recorded
		Directory string     `json:"directory"` // a new one, in that which --record names
		Wires     []jsonWire `json:"wires"`     // each interface of a host
	}
	jsonWire struct {
		Host      string `json:"host"` // of the lab
		Interface string `json:"interface"`
		File      string `json:"file,omitempty"`    // pcapng
		Frames    int64  `json:"frames"`            // in the file
		Bytes     int64  `json:"bytes"`             // of the file
		Lost      int64  `json:"lost"`              // frames that came faster than they were written
		Stopped   string `json:"stopped,omitempty"` // why it ended early
	}
)

func (r *labRecording) object() jsonRecorded {
	o := jsonRecorded{jsonHead: headOf("recorded"), Directory: chat.Clean(r.sum.Dir), Wires: []jsonWire{}}
	for _, w := range r.sum.Wires {
		wire := jsonWire{Host: w.Host, Interface: w.Interface, File: chat.Clean(w.File), Frames: w.Frames, Bytes: w.Bytes, Lost: w.Lost}
		if w.Stopped != nil {
			wire.Stopped = w.Stopped.Error()
		}
		o.Wires = append(o.Wires, wire)
	}
	return o
}
