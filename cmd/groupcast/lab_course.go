package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

func newLabCourse(set *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "course [PATH|BLOCK]",
		Short: "Print a timetable for a class, with the command for each part of it",
		Long: `Print a timetable for a class: when each lesson begins, how long it takes, and the command that shows it. A path is a
way through lessons for the time that a class has: 90 minutes, or a day. A block is all lessons on one subject. Without
a name it lists the paths and the blocks.`,
		Example: `  groupcast lab course               the paths and the blocks
  groupcast lab course 90-minutes    a timetable for 90 minutes
  groupcast lab course udp           all lessons on UDP`,
		Args:              atMost(1),
		ValidArgsFunction: completePaths,
		RunE: func(cmd *cobra.Command, args []string) error {
			out := cmd.OutOrStdout()
			if len(args) == 0 {
				listCourse(out, set.json)
				return nil
			}
			p, err := findPath(args[0])
			if err != nil {
				return err
			}
			if set.json {
				pathJSON(out, p)
			} else {
				printPath(out, p)
			}
			return nil
		},
	}
	set.has(cmd, "json")
	return cmd
}

// coursePaths are the paths, and the paths through the blocks.
func coursePaths() []lesson.Path {
	list := lesson.Paths()
	for _, b := range lesson.Course() {
		list = append(list, lesson.PathOf(b))
	}
	return list
}

func findPath(name string) (lesson.Path, error) {
	if p, ok := lesson.FindPath(name); ok {
		return p, nil
	}
	var names []string
	for _, p := range coursePaths() {
		names = append(names, p.Name)
	}
	err := fmt.Errorf("no path or block %q: groupcast lab course lists them", name)
	if near := lab.Nearest(name, names); len(near) > 0 {
		err = didYouMean(fmt.Errorf("no path or block %q", name), near)
	}
	return lesson.Path{}, usageError{err}
}

func completePaths(_ *cobra.Command, args []string, _ string) (out []string, _ cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	for _, p := range coursePaths() {
		out = append(out, p.Name+"\t"+p.Title)
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// timetableRow is a slot of a path as a teacher reads it.
type timetableRow struct {
	At       int    // minutes after the begin
	Title    string // of its lesson, or what it is
	Commands []string
	lesson.Slot
}

// timetable is a path with the time when each slot begins.
func timetable(p lesson.Path) (rows []timetableRow) {
	at := 0
	for _, s := range p.Slots {
		row := timetableRow{At: at, Slot: s}
		if l, err := lesson.Find(s.Lesson); err == nil {
			row.Title = l.Title
		}
		switch s.How {
		case lesson.Talk:
			row.Title = "Talk"
			if s.Command != "" {
				row.Commands = []string{s.Command}
			}
		case lesson.Break:
			row.Title = "Break"
		case lesson.Watch:
			row.Commands = []string{"groupcast lab run " + s.Lesson}
		case lesson.Predict:
			row.Commands = []string{"groupcast lab run --quiz " + s.Lesson}
		case lesson.SkipTo:
			row.Commands = []string{"groupcast lab run --step=false --stay " + s.Lesson}
		case lesson.Mend:
			row.Title = "Exercise: " + row.Title
			host := "HOST"
			if l, err := lesson.Find(s.Lesson); err == nil {
				host = cureHost(l)
			}
			row.Commands = []string{"groupcast lab exercise " + s.Lesson, "groupcast lab enter " + s.Lesson + " " + host, "groupcast lab check " + s.Lesson}
		}
		rows = append(rows, row)
		at += s.Minutes
	}
	return rows
}

// cureHost is the host where the documented solution of an exercise begins.
func cureHost(l lesson.Lesson) string {
	if l.Exercise != nil {
		for _, p := range l.Exercise.Cure {
			if p.Step == nil {
				continue
			}
			if host, _, ok := strings.Cut(p.Step.Command(), "$ "); ok && slices.Contains(hostNames(l.Topology), host) {
				return host
			}
		}
	}
	return firstHost(l.Topology)
}

// howWords say what a class does with a lesson.
var howWords = map[lesson.How]string{
	lesson.Watch:   "on the projector: enter shows the next step",
	lesson.Predict: "on the projector: the class predicts, then enter shows it",
	lesson.Mend:    "each student, or two together, at a computer",
	lesson.SkipTo:  "on the projector: all steps at once, and then the network that is left",
}

// sinceBegin is a time of a class, as in 1:05.
func sinceBegin(minutes int) string { return fmt.Sprintf("%d:%02d", minutes/60, minutes%60) }

func listCourse(out io.Writer, json bool) {
	if json {
		for _, p := range coursePaths() {
			writeJSON(out, jsonCourseOf(p))
		}
		return
	}
	fmt.Fprint(out, "Paths for a class:\n\n")
	for _, p := range lesson.Paths() {
		listRow(out, lessonColumn, p.Name, fmt.Sprintf("%s (%d minutes)", p.Title, p.Minutes()))
	}
	fmt.Fprint(out, "\nBlocks, in the order to take them in:\n\n")
	for _, b := range lesson.Course() {
		listRow(out, lessonColumn, b.Name, fmt.Sprintf("%s. %s", blockTitle(b), b.About))
	}
	fmt.Fprint(out, "\nNext: groupcast lab course NAME, as in: groupcast lab course 90-minutes\n")
}

func printPath(out io.Writer, p lesson.Path) {
	fmt.Fprintf(out, "%s\n%s\n\n%s", p.Title, strings.Repeat("=", len([]rune(p.Title))), wrap(p.About, lessonWidth))
	for _, row := range timetable(p) {
		margin := strings.Repeat(" ", 15)
		title := indent(wrap(row.Title, lessonWidth-len(margin)), margin)
		fmt.Fprintf(out, "\n%5s  %2d min  %s", sinceBegin(row.At), row.Minutes, title[len(margin):])
		for _, command := range row.Commands {
			fmt.Fprintf(out, "%s%s\n", margin, command)
		}
		for _, text := range []string{howWords[row.How], row.Text} {
			if text != "" {
				fmt.Fprint(out, indent(wrap(text, lessonWidth-len(margin)), margin))
			}
		}
	}
	fmt.Fprintf(out, "\n%s in all, without breaks\n", chat.Count(p.Minutes(), "minute"))
}

// The objects of a path as --json prints them. Fields are only added.
type (
	jsonCourse struct {
		jsonHead        // course
		Name     string `json:"name"`
		Title    string `json:"title"`
		About    string `json:"about"`           // for whom, and what they learn
		Minutes  int    `json:"minutes"`         // without the breaks
		Block    bool   `json:"block,omitempty"` // it is all lessons of a block
	}
	jsonSlot struct {
		jsonHead          // slot
		At       int      `json:"at_minutes"` // after the begin
		Minutes  int      `json:"minutes"`    // how long
		How      string   `json:"how"`        // talk, break, watch, predict, exercise, skip-to
		Lesson   string   `json:"lesson,omitempty"`
		Title    string   `json:"title"`              // of the lesson
		Commands []string `json:"commands,omitempty"` // to type
		Text     string   `json:"text,omitempty"`     // what the teacher does, or says first
	}
)

func jsonCourseOf(p lesson.Path) jsonCourse {
	_, block := lesson.FindBlock(p.Name)
	return jsonCourse{headOf("course"), p.Name, p.Title, p.About, p.Minutes(), block}
}

func pathJSON(out io.Writer, p lesson.Path) {
	writeJSON(out, jsonCourseOf(p))
	for _, row := range timetable(p) {
		writeJSON(out, jsonSlot{headOf("slot"), row.At, row.Minutes, string(row.How), row.Lesson, row.Title, row.Commands, row.Text})
	}
}
