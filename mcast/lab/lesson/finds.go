package lesson

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// finders are the commands of groupcast that end with findings.
var finders = []string{"doctor", "who"}

// finds parses "NAME..." or "nothing", after a command of groupcast doctor, or who.
func (p *parser) finds(text string) (action, error) {
	names := strings.Fields(text)
	if p.command == nil || len(p.command.args) < 2 || p.command.args[0] != "groupcast" || !slices.Contains(finders, p.command.args[1]) {
		return nil, errors.New("want finds after a command of groupcast doctor, or who")
	}
	if len(names) == 0 || slices.Contains(names, "nothing") && len(names) > 1 {
		return nil, errors.New("want finds NAME..., or finds nothing")
	}
	s := findsStep{}
	if names[0] != "nothing" {
		s = slices.Sorted(slices.Values(names))
	}
	return s, nil
}

// symptoms are findings that stand beside their cause, which a scene is about.
var symptoms = []string{"not-heard", "one-way", "stopped"}

// alternative may stand beside reverse-path: both are about the interface on which a
// source's datagrams arrive, and one of the two is right.
const alternative = "joined-elsewhere"

// findsStep checks what groupcast doctor, or who, has found: the names of its
// warnings and failures, in the alphabet's order. A symptom that it does not name
// may stand beside what it names.
type findsStep []string

func (findsStep) checks() {}

func (s findsStep) expected() string {
	if len(s) == 0 {
		return "no findings"
	}
	text := "the findings are " + strings.Join(s, " and ")
	if slices.Contains(s, "reverse-path") && !slices.Contains(s, alternative) {
		text += ", perhaps with " + alternative
	}
	return text + ", and no others"
}

func (s findsStep) do(_ context.Context, r *runner) ([]string, error) {
	var seen, names []string
	for _, line := range r.last.out.lines() {
		verdict, rest, _ := strings.Cut(strings.TrimPrefix(line, "groupcast: "), ": ")
		name, _, _ := strings.Cut(rest, ":")
		if verdict == "failure" || verdict == "warning" {
			seen, names = append(seen, line), append(names, name)
		}
	}
	slices.Sort(names)
	if slices.Contains(s, "reverse-path") && !slices.Contains(s, alternative) {
		names = slices.DeleteFunc(names, func(name string) bool { return name == alternative })
	}
	if len(s) > 0 {
		names = slices.DeleteFunc(names, func(name string) bool { return slices.Contains(symptoms, name) && !slices.Contains(s, name) })
	}
	status := 3
	if len(s) == 0 {
		status = 0
	}
	if !slices.Equal(slices.Compact(names), s) || r.last.state != status {
		return append(lastLines(r.last.out.lines()), fmt.Sprintf("exit status %d", r.last.state)), unmet("the findings")
	}
	return seen, nil
}
