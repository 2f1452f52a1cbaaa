package main

import (
	"bufio"
	"bytes"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

func TestChoice(t *testing.T) {
	choices := []string{"eth0, because B is there", "eth1", "eth1 and eth0", "2"}
	for typed, want := range map[string]int{
		"a": 0, "D": 3, "e": -1, "1": 0, "4": 3, "5": -1, "0": -1, "eth0": 0, " ETH0, BEC ": 0, "eth1": -1, "eth1 a": 2, "": -1, "-1": -1, "both": -1,
	} {
		if got := choice(typed, choices); got != want {
			t.Errorf("%q is choice %d, want %d", typed, got, want)
		}
	}
}

// The answers are compared with what the run has shown, not with the text.
func TestQuiz(t *testing.T) {
	l, err := lesson.Parse("quiz.txt", strings.NewReader(`title: Quiz
topology: lan

predict: Which? | one | two* | three

    A: peer send to=239.1.2.3:1234 x
    expect: sent

Prose decides it.

predict: And now? | yes* | no

    A: peer send to=239.1.2.3:1234 x
    expect: sent
    A: peer send to=239.1.2.3:1234 y
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		typed  string
		passes bool
		want   []string
		not    string
	}{
		{"b\nyes\n", true, []string{"(your answer, a to c; enter: none)", "Your prediction was right: b: two", "(your answer, a or b;", "right: a: yes", "2 of 2 predictions right\n"}, "Seen"},
		{"four\x1b]0;x\x07\nc\nn", true, []string{`"four␛]0;x␇" is none of them.`, "You predicted c: three\n    Seen: b: two", "You predicted b: no", "0 of 2 predictions right\n"}, "\x1b"},
		{"\n", true, []string{"Seen: b: two", "0 of 0 predictions right, 2 not answered\n"}, "You"},
		{"b\na\n", false, []string{"Not decided", "0 of 0 predictions right, 2 not decided by this run\n"}, "was right"},
	} {
		var out bytes.Buffer
		q := &lessonQuiz{ctx: t.Context(), keys: bufio.NewReader(strings.NewReader(tt.typed)), out: &out}
		for i := range l.Parts {
			part := &l.Parts[i]
			q.event(lesson.Event{Part: part})
			if part.Step != nil {
				q.event(lesson.Event{Outcome: &lesson.Outcome{Step: part.Step, Expected: part.Step.Expected(), Passed: tt.passes}})
			}
		}
		q.end()
		for _, want := range tt.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%q: no %q in\n%s", tt.typed, want, out.String())
			}
		}
		if strings.Contains(out.String(), tt.not) {
			t.Errorf("%q: there is %q in\n%s", tt.typed, tt.not, out.String())
		}
	}
}

// Each choice has the letter that answers it, and a long one goes on below its words.
func TestPredictionIsPrinted(t *testing.T) {
	var out bytes.Buffer
	p := &lessonPrinter{out: &out}
	p.predict(lesson.Prediction{Text: "Who?", Choices: []string{"only B", strings.Repeat("word ", 18) + "end"}})
	want := "\n  Predict: Who?\n    a: only B\n    b: " + strings.Repeat("word ", 13) + "word\n       " + strings.Repeat("word ", 4) + "end\n"
	if got := out.String(); got != want {
		t.Errorf("printed:\n%s\nwant:\n%s", got, want)
	}
}
