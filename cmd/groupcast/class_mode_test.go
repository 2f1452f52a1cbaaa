package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// Each command line of a class that makes no sense is refused before there is a LAN, with
// what to type instead.
func TestClassModesRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, c := range []struct {
		line   string
		status int
		says   string
	}{
		{"article --exercise --shared", exitUsage, "each student mends a network of their own\n  hint: leave --shared out"},
		{"--private --shared", exitUsage, "either a network of their own or a host of one LAN\n  hint: leave one"},
		{"--exercise", exitUsage, "--exercise: of which lesson?\n  hint: as in: groupcast class article --exercise"},
		{"artcle --exercise", exitUsage, `no lesson "artcle": did you mean article?`},
		{"classroom --exercise", exitUsage, "classroom is a topology, and no lesson that has an exercise\n  hint: groupcast lab exercise lists"},
		{"code --exercise", exitUsage, `no lesson "code"`},
		{"buffers", exitUsage, "buffers is a lesson: with its exercise, or its network alone?\n  hint: groupcast class buffers --exercise gives"},
		{"firewal-in", exitNot, "did you mean groupcast class firewall-in --exercise?\n  hint: groupcast lab list shows the topologies, and groupcast lab exercise"},
		{"artcle", exitNot, "did you mean"},
		{"receive-path --exercise", exitUsage, "the exercise of receive-path is solved by ending a program (B$ peer listen bind=0.0.0.0:7400"},
		{"--results x.csv", exitUsage, "--results: only an exercise has results\n  hint: add --exercise, as in: groupcast class article --exercise --results x.csv"},
		{"article --exercise --results x.xls", exitUsage, "the ending of the name says the format\n  hint: .csv"},
		{"article --shared --seats 30", exitUsage, "--seats 30: article has 2 hosts for students\n  hint: leave --seats out, or take classroom, which has any number of hosts; --private gives"},
		{"article --private --seats 251", exitUsage, "--seats 251: want 1 to 250"},
		{"--tls=perhaps", exitUsage, "want true or false"},
		{"fault", exitUsage, "needs a fault, as in: cut H2.eth0"},
		{"fault S1 cut", exitUsage, "cut"},
		{"fault chop H2.eth0", exitUsage, "chop"},
		{"fault S1 chop A.eth0", exitUsage, "chop"},
		{"fault loss H2.eth0 much", exitUsage, "much"},
		{"undo first", exitUsage, "want the number of a fault\n  hint: groupcast class status"},
		{"undo 0", exitUsage, "want the number of a fault"},
		{"results --csv - --json", exitUsage, "want one format"},
		{"free", exitUsage, "needs SEAT"},
	} {
		args := append([]string{"class"}, strings.Fields(strings.ReplaceAll(c.line, "DIR", dir))...)
		var out, errs strings.Builder
		if status := run(t.Context(), args, strings.NewReader(""), &out, &errs); status != c.status || (!strings.Contains(errs.String(), c.says) && !slices.Contains(args, "--json")) || out.Len() > 0 {
			t.Errorf("class %s: %d\n%s%s\nwant %d and %q", c.line, status, out.String(), errs.String(), c.status, c.says)
		}
	}
	for abi, want := range map[int]string{0: "this kernel has none", 5: "this kernel has version 5"} {
		if err := tooOldForShells(abi); !strings.Contains(err.Error(), want) || hint(err) == "" {
			t.Errorf("Landlock %d: %v", abi, err)
		}
	}
}

// What is named is a topology, or the exercise of a lesson.
func TestClassPlans(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mode           classMode
		arg            string
		lesson         string
		private, shell bool
		hosts          int
	}{
		{classMode{}, "article", "", false, false, 2},
		{classMode{shared: true, shell: true}, "classroom", "", false, true, 12},
		{classMode{private: true}, "classroom", "", true, false, privateClassroom},
		{classMode{exercise: true}, "article", "article", true, true, 2},
		{classMode{exercise: true, private: true, shell: true}, filepath.Join("..", "..", "mcast", "lab", "lesson", "lessons", "article.txt"), "article", true, true, 2},
		{classMode{shared: true}, "buffers", "", false, false, 3},
	} {
		cmd := &cobra.Command{}
		cmd.SetContext(t.Context())
		p, err := c.mode.find(cmd, c.arg, 12)
		if err != nil || p.private != c.private || p.shell != c.shell || len(p.topology.Hosts) != c.hosts || (p.lesson != nil) != (c.lesson != "") || p.lesson != nil && p.lesson.Name != c.lesson {
			t.Errorf("%+v of %s: %+v with %d hosts, %v; want %+v", c.mode, c.arg, p.lesson, len(p.topology.Hosts), err, c)
		}
	}
}

// A word before a fault is a seat.
func TestClassSeatAndFault(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"cut H2.eth0": " cut H2.eth0", "S1 cut A.eth0": "S1 cut A.eth0", "loss A.eth0 30%": " loss A.eth0 30%", "s2 loss A.eth0 30%": "s2 loss A.eth0 30%",
	} {
		seat, words, err := seatAndFault(strings.Fields(line))
		if got := seat + " " + strings.Join(words, " "); err != nil || got != want {
			t.Errorf("%q is %q, %v; want %q", line, got, err, want)
		}
	}
	places := []string{"A", "A.eth0", "R", "R.eth1"}
	for kind, want := range map[string]string{"cut": "A.eth0 R.eth1", "kill": "A R", "firewall": "A R", "rp_filter": "A A.eth0 R R.eth1"} {
		if got := strings.Join(faultPlaces(places, kind), " "); got != want {
			t.Errorf("%s can be at %s, want %s", kind, got, want)
		}
	}
}
