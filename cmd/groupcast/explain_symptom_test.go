package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/doctor"
)

// Every pitfall is reached by six questions at most, whatever is answered, and every
// command of a question is one that the program takes.
func TestSymptomTree(t *testing.T) {
	asked, reached := map[string]int{symptomStart: 1}, map[string]bool{}
	for todo := []string{symptomStart}; len(todo) > 0; todo = todo[1:] {
		q := symptomNamed(todo[0])
		if q == nil {
			t.Fatalf("no question is named %s", todo[0])
		}
		n := asked[q.Name]
		if n > symptomsAsked {
			t.Errorf("%s is question %d", q.Name, n)
		}
		for _, a := range q.all() {
			if a.Next == "" && len(a.pages()) == 0 {
				t.Errorf("%s: %q leads nowhere", q.Name, a.Text)
			}
			for _, name := range a.pages() {
				if _, err := doctor.FindPage(name); err != nil {
					t.Errorf("%s: %v", q.Name, err)
				}
				reached[name] = true
			}
			if a.Next != "" && asked[a.Next] <= n && n <= symptomsAsked { // the longest way counts
				asked[a.Next] = n + 1
				todo = append(todo, a.Next)
			}
		}
		for _, command := range q.Runs {
			if err := understood(newRoot(), strings.Fields(command)[1:]); err != nil {
				t.Errorf("%s: %s: %v", q.Name, command, err)
			}
		}
	}
	for _, q := range symptomTree {
		if asked[q.Name] == 0 {
			t.Errorf("no answer leads to %s", q.Name)
		}
	}
	for _, name := range doctor.Names() {
		if !reached[name] {
			t.Errorf("no answer leads to %s", name)
		}
	}
}

// What a scene needs to name its pitfall, a question that leads to it asks for: the
// table of pitfalls has the command that did.
func TestSymptomCommandsNameTheirPitfalls(t *testing.T) {
	row := regexp.MustCompile("(?m)^\\| \\[([a-z-]+)\\].*\\| [a-z, ]+: `groupcast ([^`]+)` \\|")
	rows := row.FindAllStringSubmatch(page(t, "docs/pitfalls/README.md"), -1)
	if len(rows) < 40 {
		t.Fatalf("%d rows: they are not found", len(rows))
	}
	needs := func(command string) (list []string) { // its command, its flags, and what makes another question of it
		for i, w := range strings.Fields(command) {
			flag, _, _ := strings.Cut(w, "=")
			if i == 0 || strings.HasPrefix(flag, "--") || w == "default" {
				list = append(list, flag)
			}
		}
		return list
	}
	for _, r := range rows {
		name, named := r[1], needs(r[2])
		named = slices.DeleteFunc(named, func(w string) bool { return w == "--loopback" }) // the program's own setting, which it says
		decided := slices.ContainsFunc(symptomTree, func(q symptomQuestion) bool {
			leads := slices.ContainsFunc(q.Answers, func(a symptomAnswer) bool { return slices.Contains(a.Pitfalls, name) })
			return leads && slices.ContainsFunc(q.Runs, func(run string) bool {
				has := needs(strings.TrimPrefix(run, "groupcast "))
				return !slices.ContainsFunc(named, func(w string) bool { return !slices.Contains(has, w) })
			})
		})
		if !decided {
			t.Errorf("%s was named by groupcast %s, and no question that leads to it asks for %q", name, r[2], named)
		}
	}
}

// What people say leads to the question that decides it.
func TestSymptomsAbout(t *testing.T) {
	for typed, want := range map[string]string{
		"I hear myself but nobody else":                    "sends",
		"nobody receives me":                               "sends",
		"nothing arrives":                                  "hears",
		"tcpdump shows the packets but my program doesn't": "hears",
		"no reply":                    "oneway",
		"it stops after some minutes": "stops",
		"works until restart":         "stops",
		"packet loss":                 "some",
		"every datagram comes twice":  "toomuch",
		"other subnet":                "beyond",
		"address already in use":      "error",
		"far":                         "far", // an answer says to go on with it
		"Network ":                    "network",
	} {
		got, err := symptomsAbout(typed)
		if err != nil || got[0].Name != want {
			t.Errorf("%q: %v, want %s", typed, err, want)
			for _, q := range got {
				t.Log(q.Name)
			}
		}
	}
	for _, typed := range []string{"xyzzyplugh", "?!", "\x1b[2J"} {
		if got, err := symptomsAbout(typed); err == nil || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%q: %d questions, %v", typed, len(got), err)
		}
	}
}

// On a terminal the questions come one by one.
func TestAskSymptom(t *testing.T) {
	var out strings.Builder
	if err := askSymptom(t.Context(), strings.NewReader("9\nx\n1\nb\n1\n7\n2\n1\n2\n"), &out); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for _, want := range []string{
		"Type a number from 1 to 8", "start: What do you see?", "sends: Do your datagrams leave", "far: Does the other host receive",
		"joins: Has this host joined", "joined-elsewhere: ", "groupcast explain flag-off",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not print %q:\n%s", want, text)
		}
	}
	if n := strings.Count(text, "start: What do you see?"); n != 2 {
		t.Errorf("the first question came %d times, want 2: b goes back", n)
	}
	if strings.Contains(text, "interface-down: ") {
		t.Errorf("it goes on after a pitfall:\n%s", text)
	}
	out.Reset()
	if err := askSymptom(t.Context(), strings.NewReader("3\n"), &out); err != nil || !strings.Contains(out.String(), "oneway: ") { // the end of input is the end
		t.Errorf("%v:\n%s", err, out.String())
	}
}

// Run with -update to write the page anew.
func TestSymptomsPage(t *testing.T) {
	checkDoc(t, "../../docs/topics/symptoms.md", symptomsPage(), "TestSymptomsPage")
}

func symptomsPage() string {
	var b strings.Builder
	b.WriteString(`# symptoms: From what you see to the pitfall

In a terminal: ` + "`groupcast explain --symptom`" + ` asks these questions one by one. With words, such as
` + "`groupcast explain --symptom \"I hear myself but nobody else\"`" + `, it prints the questions about them.

Begin with the first question. Each has commands that decide it. Put your group in the place of 239.1.2.3, and the other
host's address in the place of 192.168.1.10 or 192.168.2.10. Two to six questions lead to each of the ` +
		fmt.Sprint(len(doctor.Names())) + ` [pitfalls](../pitfalls/README.md).

**How it was proved.** A test makes this page from the table that the command uses. It checks that every pitfall is reached, that every
command is one that the program takes, and that a question has the flags by which the doctor named its pitfalls in the labs of the
[table of pitfalls](../pitfalls/README.md). Another one makes some of the faults in a lab, and the commands give their answers.
`)
	for _, q := range symptomTree {
		fmt.Fprintf(&b, "\n## %s\n\nTo decide it%s:\n\n", q.title(), q.on())
		for _, run := range q.Runs {
			fmt.Fprintf(&b, "    %s\n", run)
		}
		fmt.Fprintf(&b, "\n%s\n\n| answer | leads to |\n|---|---|\n", q.Decides)
		for i, a := range q.all() {
			var to []string
			for _, name := range a.Pitfalls {
				to = append(to, fmt.Sprintf("[%s](../pitfalls/%s.md)", name, name))
			}
			for _, name := range a.Topics {
				to = append(to, fmt.Sprintf("[%s](%s.md)", name, name))
			}
			if next := symptomNamed(a.Next); next != nil {
				to = append(to, fmt.Sprintf("go on with [%s](#%s)", next.Name, docAnchors("## " + next.title())[0]))
			}
			text := a.Text
			if a.Says != "" {
				text += fmt.Sprintf(" (the output has %q)", a.Says)
			} else if q.NotFound != nil && i == len(q.Answers) {
				text = "None of these: " + text
			}
			fmt.Fprintf(&b, "| %s | %s |\n", text, strings.Join(to, ", "))
		}
	}
	return b.String()
}
