package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

// A timetable has each slot at its time, and commands that the program takes.
func TestTimetables(t *testing.T) {
	for _, p := range coursePaths() {
		var out strings.Builder
		printPath(&out, p)
		list := commandsOf("```\n" + out.String() + "```\n")
		want := 0
		for i, row := range timetable(p) {
			if i > 0 && row.At != timetable(p)[i-1].At+timetable(p)[i-1].Minutes {
				t.Errorf("%s: slot %d begins at %d", p.Name, i, row.At)
			}
			if row.Title == "" || row.Lesson != "" && len(row.Commands) == 0 {
				t.Errorf("%s: slot %+v", p.Name, row)
			}
			if !strings.Contains(out.String(), sinceBegin(row.At)) {
				t.Errorf("%s does not say %s", p.Name, sinceBegin(row.At))
			}
			want += len(row.Commands)
		}
		if len(list) != want {
			t.Errorf("%s prints %d commands, want %d", p.Name, len(list), want)
		}
		for _, args := range list {
			if err := understood(newRoot(), args); err != nil {
				t.Errorf("%s: %s: %v", p.Name, args, err)
			}
		}
		for line := range strings.Lines(out.String()) {
			if n := len([]rune(strings.TrimRight(line, "\n"))); n > lessonWidth && !strings.Contains(line, "groupcast") {
				t.Errorf("%s: a line of %d columns: %s", p.Name, n, line)
			}
		}
	}
	for name, want := range map[string]string{"article": "A", "echo": "B", "answers-and-silence": "C"} {
		if l, err := lesson.Find(name); err != nil || cureHost(l) != want {
			t.Errorf("the exercise %s is mended in %s, %v; want %s", name, cureHost(l), err, want)
		}
	}
	if sinceBegin(0) != "0:00" || sinceBegin(65) != "1:05" {
		t.Errorf("65 minutes are %s", sinceBegin(65))
	}
}

// The lists have the lessons below the title of their block, once each.
func TestListsHaveBlocks(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	for name, list := range map[string]func(out *strings.Builder){
		"lessons":   func(out *strings.Builder) { listLessons(out, false) },
		"exercises": func(out *strings.Builder) { listExercises(out, false) },
	} {
		var out strings.Builder
		list(&out)
		lines := strings.Split(out.String(), "\n")
		at := -1
		for _, b := range lesson.Course() {
			title := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, b.Title) && strings.HasSuffix(line, ":") })
			if title <= at {
				t.Errorf("%s: %s stands in line %d, and what is before it in %d", name, b.Title, title, at)
			}
			at = title
			for _, l := range b.Lessons {
				row := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, l+" ") })
				if row <= at {
					t.Errorf("%s: %s stands in line %d, and what is before it in %d", name, l, row, at)
				}
				at = row
			}
		}
		if scenes := slices.Index(lines, strings.TrimSpace(scenesTitle)); scenes <= at {
			t.Errorf("%s: the scenes stand in line %d", name, scenes)
		}
	}
	if _, err := findPath("90-minute"); err == nil || !strings.Contains(err.Error(), "did you mean 90-minutes?") {
		t.Errorf("90-minute: %v", err)
	}
	if _, err := findPath("xyzzy"); err == nil || !strings.Contains(err.Error(), "lists them") {
		t.Errorf("xyzzy: %v", err)
	}
}
