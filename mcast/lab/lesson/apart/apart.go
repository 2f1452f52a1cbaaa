// Package apart has exercises in processes of their own, one for each student: who starts
// them need not have called lab.Enter, and stays in the computer's network. A program that
// imports the package becomes such a process when os.Args[0] says so.
package apart

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
	"github.com/groupcast/groupcast/mcast/lab/lesson/desk"
)

// process is os.Args[0] of the process that holds an exercise.
const process = "groupcast-lab-exercise"

// checkWait is how long a check waits for what it expects, where the exercise does not say:
// a student waits for it, and the network is inside this computer.
const checkWait = 3 * time.Second

// Copy is an exercise in a process of its own. It has no name, so that only who started it
// reaches it, and writes nothing down. Its orders are those of package desk; the methods of
// its lab are about the network as it is now, also after a reset. A reset ends every command
// in it.
type Copy struct{ *lab.Apart }

// request is what the process is asked to build.
type request struct {
	Name    string
	Text    []byte // of the lesson
	Program string // the path of groupcast
	Packets int
}

func init() {
	if os.Args[0] == process {
		lab.ServeApart(build)
	}
}

// Start builds the network of a lesson's exercise, with its fault, as [lab.UpApart] builds
// one, with the same limit of frames. Its checks run this program as groupcast. The error is
// [lesson.ErrNoExercise] where there is none.
func Start(ctx context.Context, l lesson.Lesson, packets int) (*Copy, error) {
	if l.Exercise == nil {
		return nil, fmt.Errorf("%s: %w", l.Name, lesson.ErrNoExercise)
	}
	if l.Source() == "" {
		return nil, fmt.Errorf("%s: its text is too long for a process of its own: at most 64 KiB", l.Name)
	}
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	a, err := lab.StartApart(ctx, process, request{l.Name, []byte(l.Source()), program, packets})
	if err != nil {
		return nil, err
	}
	return &Copy{a}, nil
}

// Follow tells the state of the exercise, with what the last check found, and again whenever
// either changes: see [desk.Follow].
func (c *Copy) Follow(ctx context.Context, heard func(desk.News)) error {
	return desk.Follow(ctx, c.Remote, heard)
}

// build is what the process serves.
func build(ctx context.Context, asked json.RawMessage) (lab.Service, error) {
	var r request
	if err := json.Unmarshal(asked, &r); err != nil {
		return lab.Service{}, err
	}
	l, err := lesson.Parse(r.Name+".txt", bytes.NewReader(r.Text))
	if err != nil {
		return lab.Service{}, err
	}
	x := &desk.Desk{Lesson: l, Complain: func(error) {}}
	x.Attempt, err = lesson.Begin(ctx, l, lesson.Options{Program: r.Program, Wait: checkWait, Packets: r.Packets})
	if err != nil {
		return lab.Service{}, fmt.Errorf("%s: %w", l.Name, err)
	}
	return lab.Service{Kind: desk.Kind, Lab: x.Attempt.Use, Order: x.Order, Down: x.Attempt.Close}, nil
}
