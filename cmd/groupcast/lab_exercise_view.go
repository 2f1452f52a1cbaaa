package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
	"github.com/groupcast/groupcast/mcast/lab/lesson/desk"
	"github.com/groupcast/groupcast/mcast/lab/lesson/progress"
	"github.com/groupcast/groupcast/tui"
	"github.com/groupcast/groupcast/tui/picture"
)

// exercise is one that runs in this process, as this program shows it.
type exercise struct {
	*desk.Desk
	program string // as it is typed
}

// beforeText is how the last run of the exercise was left; "": it was not.
func beforeText(before progress.Run) string {
	if before.ID == "" {
		return ""
	}
	return fmt.Sprintf("Last time it was left half done: %d of %d met, %s used. It begins anew.", before.Met, before.Of, chat.Count(before.Hints, "hint"))
}

// print is the task, and what to type next, for who has no screen.
func (x *exercise) print(out io.Writer, before progress.Run) {
	fmt.Fprintf(out, "ready: %s (%s)\n", x.Name, chat.CleanRow(x.Lesson.Title))
	if text := beforeText(before); text != "" {
		fmt.Fprintln(out, text)
	}
	for _, text := range x.Lesson.Exercise.Task {
		fmt.Fprintf(out, "\n%s", wrap(chat.Clean(text), lessonWidth))
	}
	fmt.Fprintln(out, "\nIn other terminals:")
	for _, h := range x.Lesson.Topology.Hosts {
		fmt.Fprintf(out, "  %s lab enter %s %s\n", x.program, x.Name, h.Name)
	}
	fmt.Fprintf(out, "  %s lab check %s\n  %s lab hint %s\n", x.program, x.Name, x.program, x.Name)
}

// summary is said when the exercise has ended.
func (x *exercise) summary() string {
	s := x.Attempt.State()
	state := "not solved"
	if !s.Solved.IsZero() {
		state = "solved"
	}
	return fmt.Sprintf("%s: %s, %d of %d met at the last check; %s, %s, %s.\nSee: %s lab report %s", x.Name, state, s.Met, s.Of,
		chat.Count(s.Checks, "check"), chat.Count(s.Hints, "hint"), chat.Count(s.Resets, "reset"), x.program, chat.CleanRow(s.Lesson))
}

// show is the screen, until a key ends it (nil) or ctx does (nil as well); its error
// is that of the terminal.
func (x *exercise) show(ctx context.Context, before progress.Run, took time.Duration) error {
	defer x.Hold()()
	working, stop := context.WithCancel(ctx)
	defer stop()
	d := picture.NewNetworkDrawing(networkOf(x.Lesson.Topology), os.Getenv("NO_COLOR") == "", !speaksUTF8())
	v := &exerciseView{labView: labView{ctx: working, name: x.Name, drawing: d, secret: true}, x: x, keys: desk.NewKeys(x.Attempt, beforeText(before))}
	title := fmt.Sprintf("exercise %s: %s", x.Name, x.Lesson.Title)
	err := tui.RunLab(ctx, title, v, tui.Options{ASCII: !speaksUTF8()})
	stop()
	v.keys.Wait()
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// exerciseView is an exercise as its screen takes it.
type exerciseView struct {
	labView
	x    *exercise
	keys *desk.Keys
}

// Rows implements tui.LabView.
func (v *exerciseView) Rows() []tui.LabRow {
	v.lab = v.x.Attempt.Lab()
	return v.labView.Rows()
}

// Panel implements tui.LabTask.
func (v *exerciseView) Panel(width int) []tui.LabPanelRow {
	last, _ := v.x.Attempt.Last()
	p := exercisePanel{exercise: v.x.Lesson.Exercise, lab: v.x.Name, lesson: v.x.Lesson.Name, program: v.x.program}
	p.busy, p.said = v.keys.Said()
	return p.rows(v.x.Attempt.State(), last, max(20, width))
}

// exercisePanel is what stands above the network of an exercise.
type exercisePanel struct {
	exercise    *lesson.Exercise
	lab, lesson string
	program     string
	busy, said  string
}

// rows are the verdict and the task, the last hint, and the expectations. Those that
// say what to do stay where there is no room for all.
func (p exercisePanel) rows(s lesson.State, last []lesson.Expectation, width int) (rows []tui.LabPanelRow) {
	add := func(tone tui.Tone, stays bool, text string) {
		for row := range strings.Lines(wrap(chat.CleanRow(text), width)) {
			rows = append(rows, tui.LabPanelRow{Text: strings.TrimSuffix(row, "\n"), Tone: tone, Stays: stays})
		}
	}
	for _, text := range p.exercise.Task {
		add(tui.Plain, false, text)
	}
	switch {
	case p.busy != "":
		add(tui.Dim, true, p.busy)
	case s.Green():
		add(tui.Good, true, fmt.Sprintf("%d of %d met: solved", s.Met, s.Of))
		add(tui.Dim, true, fmt.Sprintf("ctrl+c ends it; then: %s lab report", p.program))
	case s.Checked.IsZero():
		add(tui.Dim, true, fmt.Sprintf("0 of %d met: not checked yet", s.Of))
		add(tui.Dim, false, fmt.Sprintf("In another terminal: %s lab enter %s HOST", p.program, p.lab))
		add(tui.Dim, false, fmt.Sprintf("In another terminal: %s lab check --watch %s", p.program, p.lab))
	default:
		add(tui.Bad, true, fmt.Sprintf("%d of %d met at %s", s.Met, s.Of, s.Checked.Local().Format("15:04:05")))
	}
	if p.said != "" {
		add(tui.Accent, true, p.said)
	}
	if n, of := s.Hints, len(p.exercise.Hints); n > 0 && n <= of && !s.Green() {
		add(tui.Accent, true, hintText(desk.Hint{N: n, Of: of, Text: p.exercise.Hints[n-1]}))
		if n == of {
			add(tui.Dim, true, fmt.Sprintf("The solution: %s lab exercise --cure %s", p.program, p.lesson))
		}
	}
	for _, e := range last {
		lines := expectationLines(e)
		tone := tui.Good
		if !e.Met {
			tone = tui.Bad
			lines = lines[:min(len(lines), 4)]
		}
		for i, line := range lines {
			if i > 0 {
				tone = tui.Dim
			}
			rows = append(rows, tui.LabPanelRow{Text: line, Tone: tone})
		}
	}
	return rows
}

// Keys implements tui.LabTask.
func (v *exerciseView) Keys() []tui.LabKey {
	return []tui.LabKey{
		{Key: "c", Does: "check", Do: func() { v.keys.Check(v.ctx) }},
		{Key: "h", Does: "hint", Do: v.keys.Hint},
		{Key: "r", Does: "reset", Do: func() { v.keys.Reset(v.ctx) }},
	}
}
