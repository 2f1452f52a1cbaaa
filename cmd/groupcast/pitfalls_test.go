package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

// recorded are the pitfalls that no namespaces can make, with why. The tests
// of package doctor find them in facts that were written down.
var recorded = map[string]string{
	"answers-blocked": "no counter tells a dropped answer from a group that nobody on the host has joined",
	"virtual-network": "Wi-Fi, WSL and clouds cannot be made of namespaces",
}

// reproduced are the pitfalls that a scene makes.
func reproduced() []string {
	return slices.DeleteFunc(doctor.Names(), func(name string) bool { return recorded[name] != "" })
}

const pitfallsPage = "../../docs/pitfalls/README.md"

// Each pitfall really happens in its scene, the doctor names it and no other,
// it is mended, and the doctor finds nothing. The table in docs/pitfalls is
// made of that; run with -update to write it anew.
func TestPitfalls(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	scenes := map[string]*scene{}
	t.Run("scenes", func(t *testing.T) { // ends when all of them have
		for _, name := range reproduced() {
			scenes[name] = &scene{name: name}
		}
		together(t, reproduced(), nameItself, func(t *testing.T, name string) {
			l, err := lesson.Find(name)
			if err != nil {
				t.Fatal(err)
			}
			s := scenes[name]
			var said bytes.Buffer
			p := &lessonPrinter{out: &said, ok: "ok  ", failed: "FAIL"}
			o := lesson.Options{Program: program, Run: inLesson, Whole: true, Need: true, Report: func(e lesson.Event) {
				p.event(e)
				if e.Outcome != nil && slices.ContainsFunc(l.Parts, func(p lesson.Part) bool { return p.Step == e.Outcome.Step }) {
					s.event(e) // not of what is done by hand, or proves an answer
				}
			}}
			recorded := recordRun(&o)
			result, err := lesson.Run(t.Context(), l, o)
			if err != nil || result.Failed > 0 || !s.seen || !s.named || !s.gone || !s.clean {
				t.Errorf("symptom seen %v, named %v, gone %v, doctor clean at last %v; %+v, %v\n%s",
					s.seen, s.named, s.gone, s.clean, result, err, said.String())
				return
			}
			for _, line := range cardSeen(name, said.String()) {
				t.Errorf("the card of %s shows %q, which its scene did not print:\n%s", name, line, said.String())
			}
			recorded.write(t, shippedDir, l)
		})
	})
	if t.Failed() {
		return
	}
	checkPage(t, 0, pitfallsTable(scenes))
}

const falseAlarms = "\n## False alarms\n"

// checkPage compares what was seen with a half of the page: 0 is before its
// heading of false alarms, 1 after it.
func checkPage(t *testing.T, half int, want string) {
	t.Helper()
	b, err := os.ReadFile(pitfallsPage)
	if err != nil && !updating() {
		t.Fatal(err)
	}
	first, second, _ := strings.Cut(string(b), falseAlarms)
	halves := []string{first, second}
	if halves[half] == want {
		return
	}
	if !updating() {
		t.Fatalf("%s is not what was seen: run go test ./cmd/groupcast -run '%s' -update", pitfallsPage, bothTests)
	}
	halves[half] = want
	if err := os.WriteFile(pitfallsPage, []byte(strings.Join(halves, falseAlarms)), 0o644); err != nil {
		t.Fatal(err)
	}
}

const bothTests = "TestPitfalls|TestNoFalseAlarms"

// scene is what a scene has shown.
type scene struct {
	name   string
	seen   bool     // what was expected before the doctor was asked was seen
	named  bool     // the doctor found it, and nothing else
	gone   bool     // what was expected after that was seen
	clean  bool     // the doctor was asked once more, and found nothing
	asked  string   // the doctor's command
	naming string   // that one that named it
	fix    []string // the steps that mended it
	done   []string // the commands after it was named, but the doctor's
}

func (s *scene) event(e lesson.Event) {
	o := e.Outcome
	if o == nil {
		return
	}
	text := o.Step.Text
	_, command, found := strings.Cut(text, ": groupcast ")
	tool, _, _ := strings.Cut(command, " ")
	starts := strings.Contains(text, " = ") // it goes on
	switch {
	case found && !starts && (tool == "doctor" || tool == "who"):
		s.asked = "groupcast " + command
	case strings.HasPrefix(text, "finds "):
		if text == "finds "+s.name {
			s.named, s.naming = o.Passed, s.asked
		}
		s.clean = s.named && o.Passed && text == "finds nothing"
	case o.Expected != "" && s.named:
		s.gone = o.Passed
	case o.Expected != "" && s.asked == "":
		s.seen = o.Passed
	case o.Expected == "" && s.named && !isCommand(text):
		s.fix = append(s.fix, "`"+text+"`")
	case s.named && isCommand(text):
		s.done = append(s.done, "`"+text+"`")
	}
}

// isCommand reports whether a step runs a command to its end, or groupcast.
func isCommand(text string) bool {
	first, _, _ := strings.Cut(text, " ")
	return strings.HasSuffix(first, ":") || strings.Contains(text, " = ") && strings.Contains(text, ": groupcast ")
}

// how says what the doctor needed to name it.
func (s *scene) how() string {
	has := func(flags ...string) bool {
		return slices.ContainsFunc(flags, func(f string) bool { return strings.Contains(s.naming, " "+f) })
	}
	switch {
	case strings.HasPrefix(s.naming, "groupcast who"):
		return "members"
	case has("--probe") && has("--watch"):
		return "probe, over a time"
	case has("--probe"):
		return "probe"
	case has("--watch"):
		return "watching"
	case has("--loopback", "--ttl", "--size", "--multicast-all"):
		return "own setting"
	}
	return "passive"
}

// fixed is what mended it: in the network, else in what the program sets, else in
// what another host does.
func (s *scene) fixed() string {
	if len(s.fix) > 0 {
		return strings.Join(s.fix, ", ")
	}
	only := func(a, b string) string { // the words that only a has
		return strings.Join(slices.DeleteFunc(strings.Fields(a), func(w string) bool { return slices.Contains(strings.Fields(b), w) }), " ")
	}
	now, before := only(s.asked, s.naming), only(s.naming, s.asked)
	switch {
	case now == "" && before == "" && len(s.done) > 0:
		return s.done[0]
	case now == "":
		return "`" + before + "` left out"
	case before == "":
		return "`" + now + "`"
	}
	return "`" + now + "` instead of `" + before + "`"
}

func pitfallsTable(scenes map[string]*scene) string {
	var b strings.Builder
	b.WriteString(`# Pitfalls of multicast

This is what can go wrong, each with a name. ` + "`groupcast doctor`" + ` finds it. ` + "`groupcast explain NAME`" + ` explains it, as the page behind its
link does. ` + "`groupcast lab run NAME`" + ` makes it happen in a LAN inside this computer, and ` + "`groupcast lab exercise NAME`" + ` lets you mend it. The
project's tests have seen every row but those with recorded facts, as a user without privileges: the symptom came, the doctor named the
pitfall and no other, the fix was made, the symptom was gone, and the doctor found nothing.

Passive: the doctor read it, and sent nothing. Own setting: the program itself has made it. Probe: the doctor sends and listens. Members:
each says which others it hears.

| name | what is seen | scene | reproduced | named by | fixed by |
|---|---|---|---|---|---|
`)
	for _, name := range doctor.Names() {
		if why := recorded[name]; why != "" {
			fmt.Fprintf(&b, "| [%s](%s.md) | %s | none: %s | recorded facts | recorded facts | |\n", name, name, titleOf(name), why)
			continue
		}
		s := scenes[name]
		fmt.Fprintf(&b, "| [%s](%s.md) | %s | `groupcast lab run %s` | yes | %s: `%s` | %s |\n",
			name, name, titleOf(name), name, s.how(), s.naming, s.fixed())
	}
	return b.String()
}

// titleOf is what is seen of a pitfall, as its page has it.
func titleOf(name string) string {
	page, err := doctor.FindPage(name)
	if err != nil {
		panic(err) // the tests of package doctor read them all
	}
	return page.Title
}
