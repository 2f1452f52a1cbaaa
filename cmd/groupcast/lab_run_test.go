package main

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

// Each lesson is a test of the program: what it expects is what happens. Those
// that are scenes of pitfalls are left to TestPitfalls, which expects more.
func TestLessons(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	scenes := reproduced()
	lessons := slices.DeleteFunc(lesson.All(), func(l lesson.Lesson) bool { return slices.Contains(scenes, l.Name) })
	together(t, lessons, func(l lesson.Lesson) string { return l.Name }, func(t *testing.T, l lesson.Lesson) {
		var said bytes.Buffer
		p := newLessonPrinter(&said, l)
		o := lesson.Options{Program: program, Run: inLesson, Report: p.event, Whole: true, Need: true}
		recorded := recordRun(&o)
		result, err := lesson.Run(t.Context(), l, o)
		if err != nil || result.Failed > 0 || result.Passed == 0 {
			t.Errorf("%+v, %v\n%s", result, err, said.String())
			return
		}
		recorded.write(t, shippedDir, l)
	})
}

func TestLabRun(t *testing.T) {
	t.Parallel()
	host := labtest.Build(t, lab.Topology{Hosts: []lab.Host{{Name: "alone"}}}).Host("alone")

	list := do(t, host, "lab", "run")
	if status := list.status(); status != exitOK {
		t.Errorf("the list: exit status %d", status)
	}
	list.prints("article                  A sends to a group")
	list.prints("Scenes of pitfalls:\n\nwrong-egress ")

	unknown := do(t, host, "lab", "run", "articel")
	if status := unknown.status(); status != exitUsage {
		t.Errorf("an unknown lesson: exit status %d, want %d", status, exitUsage)
	}
	unknown.remarks(`no lesson "articel": did you mean article?`)

	none := do(t, host, "lab", "run", "xyzzy")
	none.ends(exitUsage)
	none.remarks(`no lesson "xyzzy": groupcast lab run lists them`)

	// A step waits for enter; when there is no more input it waits no longer.
	run := start(t, host, "groupcast", "lab", "run", "--step", "article")
	run.say("")
	if status := run.end(); status != exitOK {
		t.Errorf("article: exit status %d\n%s%s", status, run.out.String(), run.err.String())
	}
	run.remarks("(enter)")
	run.prints("A$ groupcast send 224.0.0.114 test")
	run.prints("expected: A prints: by eth1")
	run.prints("expectations were met")
}

// On a terminal each step waits, and --step=false is for who does not want to.
func TestLabRunWaitsOnATerminal(t *testing.T) {
	t.Parallel()
	host := labtest.Build(t, lab.Topology{Hosts: []lab.Host{{Name: "alone"}}}).Host("alone")
	s := openTerminal(t, host, 100, 50, nil, withTerminal("groupcast", "lab", "run", "article")...)
	s.shows("(enter: the next step; ctrl+c: end)")
	s.keys("\r")
	s.shows("    (enter)")
	s.keys("\x03")
	s.quits(exitInterrupted)
	s = openTerminal(t, host, 80, 50, nil, withTerminal("groupcast", "lab", "run", "--step=false", "article")...)
	s.quits(exitOK)
	s.cutsNoWords(80)
	if strings.Contains(s.written(), "(enter") {
		t.Errorf("it waits for enter in spite of --step=false:\n%s", s.text())
	}
}

func TestLabRunJSON(t *testing.T) {
	t.Parallel()
	host := labtest.Build(t, lab.Topology{Hosts: []lab.Host{{Name: "alone"}}}).Host("alone")
	run := start(t, host, "groupcast", "lab", "run", "--json", "article")
	if status := run.status(); status != exitOK {
		t.Fatalf("exit status %d\n%s", status, run.err.String())
	}
	kinds := map[string]int{}
	for line := range strings.Lines(run.out.String()) {
		var o struct{ Type string }
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		kinds[o.Type]++
	}
	for _, want := range []string{"prose", "question", "step", "outcome", "result"} {
		if kinds[want] == 0 {
			t.Errorf("no object of type %s among %v", want, kinds)
		}
	}
}

// What was expected and what was seen instead is there for the class to read,
// in ASCII where the locale has no more, and the exit status tells.
func TestLabRunFails(t *testing.T) {
	t.Setenv("LC_ALL", "C")
	l, err := lesson.Parse("wrong.txt", strings.NewReader(`title: Wrong
topology: lan

`+strings.Repeat("Some words of prose. ", 8)+`

    A: peer send to=239.1.2.3:1234 test
    expect: received
`))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd := &cobra.Command{}
	cmd.SetContext(t.Context())
	cmd.SetOut(&out)
	if err := runLesson(cmd, &settings{}, l, &lessonRun{}); err != status(exitDoubt) {
		t.Errorf("runLesson: %v, want exit status %d", err, exitDoubt)
	}
	for _, want := range []string{
		"Wrong\n=====\n",
		"| 192.168.1.10/24   | 192.168.1.11/24   | 192.168.1.12/24\n",
		"Routes of A, B and C: 224.0.0.0/4 dev eth0\n",
		"\nSome words of prose. Some words of prose. Some words of prose. Some words of\nprose.",
		"\n  A$ peer send to=239.1.2.3:1234 test\n    | sent 4 bytes to 239.1.2.3:1234\n",
		"\n  FAIL EXPECTED: A prints: received\n           seen: sent 4 bytes to 239.1.2.3:1234\n",
		"\nFAIL 1 of 1 expectations failed\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	for _, c := range out.String() {
		if c > '~' {
			t.Fatalf("%U is not ASCII:\n%s", c, out.String())
		}
	}
}

// A class: one says a line, and all 30 hear it.
func TestAClassOfThirty(t *testing.T) {
	class, err := lab.FindTopology("classroom", 30)
	if err != nil {
		t.Fatal(err)
	}
	l := labtest.Build(t, class)
	var pupils []*program
	for _, h := range class.Hosts {
		p := start(t, l.Host(h.Name), "groupcast", "listen", "-c", "1")
		pupils = append(pupils, p)
	}
	for _, p := range pupils {
		p.remarks("joined 224.0.0.114:1234")
	}
	do(t, l.Host(class.Hosts[0].Name), "send", "224.0.0.114", "good morning, class").status()
	for _, p := range pupils {
		p.prints("good morning, class")
	}
}

func TestWrapCountsCells(t *testing.T) {
	for text, want := range map[string]string{
		"組播 是 多播":                  "組播 是\n多播\n",
		"groupcast doctor --probe": "groupcast\ndoctor\n--probe\n",
		"  a\n b\tc  ":             "a b c\n",
	} {
		if got := wrap(text, 9); got != want {
			t.Errorf("%q in 9 cells is %q, want %q", text, got, want)
		}
	}
}
