package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/lab/lesson"
	"github.com/groupcast/groupcast/mcast/lab/lesson/desk"
	"github.com/groupcast/groupcast/mcast/lab/lesson/progress"
	"github.com/groupcast/groupcast/tui"
)

// The panel of an exercise says how far it is and what to do next, and keeps the last
// hint, whatever else was done since.
func TestExercisePanel(t *testing.T) {
	p := exercisePanel{
		exercise: &lesson.Exercise{Task: []string{"B receives nothing. Mend it on A."}, Hints: []string{"Where?", "Look\x1b[2J there.", "In A: ip route"}},
		lab:      "mine", lesson: "article", program: "groupcast",
	}
	checked := time.Date(2026, 1, 2, 3, 4, 5, 0, time.Local)
	unmet := []lesson.Expectation{{Text: "ready", Met: true}, {Text: "third", After: "A$ x", Seen: []string{"1", "2", "3", "4"}}}
	for _, tt := range []struct {
		name  string
		state lesson.State
		last  []lesson.Expectation
		said  string
		want  []string
		not   string
	}{
		{"begun", lesson.State{Of: 2}, nil, "", []string{"B receives nothing. Mend it on A.", "0 of 2 met: not checked yet", "In another terminal: groupcast lab enter mine HOST", "In another terminal: groupcast lab check --watch mine"}, "Hint"},
		{"checked", lesson.State{Of: 2, Met: 1, Checked: checked, Hints: 2}, unmet, "", []string{"1 of 2 met at 03:04:05", "Hint 2 of 3: Look␛[2J there.", "ready", "third", "after: A$ x", "seen:  1"}, "\x1b"},
		{"cut", lesson.State{Of: 2, Met: 1, Checked: checked}, unmet, "", []string{"third", "2"}, "       3"},
		{"last hint", lesson.State{Of: 2, Met: 1, Checked: checked, Hints: 3}, nil, "", []string{"Hint 3 of 3: In A: ip route\n", "The solution: groupcast lab exercise --cure article\n"}, "another terminal"},
		{"said", lesson.State{Of: 2, Hints: 1}, nil, "r once more", []string{"r once more\n", "Hint 1 of 3: Where?\n"}, "solution"},
		{"solved", lesson.State{Of: 2, Met: 2, Checked: checked, Hints: 3}, nil, "", []string{"2 of 2 met: solved\n", "ctrl+c ends it; then: groupcast lab report\n"}, "Hint"},
	} {
		p.said = tt.said
		var b strings.Builder
		for _, row := range p.rows(tt.state, tt.last, 60) {
			if len([]rune(row.Text)) > 60 {
				t.Errorf("%s: a row of %d columns: %s", tt.name, len([]rune(row.Text)), row.Text)
			}
			b.WriteString(row.Text + "\n")
		}
		for _, want := range tt.want {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s: no %q in\n%s", tt.name, want, b.String())
			}
		}
		if strings.Contains(b.String(), tt.not) {
			t.Errorf("%s: %q in\n%s", tt.name, tt.not, b.String())
		}
	}
	p.busy, p.said = "checking ...", ""
	stay := ""
	for _, row := range p.rows(lesson.State{Of: 2, Hints: 1, Checked: checked}, unmet, 60) {
		if row.Stays {
			stay += row.Text + "\n"
		}
		if row.Tone == tui.Bad && !strings.Contains(row.Text, "third") {
			t.Errorf("drawn as unmet: %s", row.Text)
		}
	}
	if want := "checking ...\nHint 1 of 3: Where?\n"; stay != want {
		t.Errorf("stays:\n%s\nwant:\n%s", stay, want)
	}
}

func TestReportText(t *testing.T) {
	begun := time.Date(2026, 1, 2, 10, 0, 0, 0, time.Local)
	runs := []progress.Run{
		{ID: "1", Exercise: "article", Lab: "article", Begun: begun, Last: begun.Add(9 * time.Minute), Checks: 1, Hints: 2, Met: 1, Of: 2},
		{ID: "2", Exercise: "article", Lab: "article", Begun: begun.Add(time.Hour), Last: begun.Add(2 * time.Hour), Checks: 3, Resets: 1, Cure: true, Met: 2, Of: 2,
			Solved: begun.Add(64 * time.Minute), First: []progress.First{{Line: 3, Text: "B prints: \x1b[2Jready", Time: begun.Add(61 * time.Minute)}}},
		{ID: "3", Exercise: "echo", Lab: "echo", Begun: begun, Last: begun, Of: 1},
	}
	var out bytes.Buffer
	reportText(&out, runs, "Ada\x1b]0;x\x07 Lovelace", 1)
	want := `Ada␛]0;x␇ Lovelace

article: not solved, 1 of 2 met at the last check, 9 minutes
  started 2026-01-02 10:00; 1 check, 2 hints, 0 resets
article: solved, 2 of 2 met at the last check, 4 minutes
  started 2026-01-02 11:00; 3 checks, 0 hints, 1 reset, the solution was shown
  11:01:00  met: B prints: ␛[2Jready
echo: not solved, 0 of 1 met at the last check, less than a minute
  started 2026-01-02 10:00; 0 checks, 0 hints, 0 resets

1 of 2 exercises solved.
1 line of the record could not be read.
`
	if got := out.String(); got != want {
		t.Errorf("the report is\n%s\nwant\n%s", got, want)
	}
}

// A watch says that a check found nothing new.
func TestWatchNews(t *testing.T) {
	var out bytes.Buffer
	p := &checkPrinter{out: &out, watch: true, program: "groupcast"}
	p.news(desk.News{State: &lesson.State{Met: 1, Of: 2}})
	p.news(desk.News{State: &lesson.State{Met: 1, Of: 2}, Same: true})
	if want := "1 of 2 met. Watching; ctrl+c ends it.\nChecked again: still 1 of 2 met.\n"; out.String() != want {
		t.Errorf("the watch says:\n%s\nwant:\n%s", out.String(), want)
	}
}
