package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

// classMode is how the students of a class sit.
type classMode struct{ exercise, shared, private, shell bool }

// classPlan is what a class is made of, as it was named.
type classPlan struct {
	topology       lab.Topology
	lesson         *lesson.Lesson // whose exercise it is; nil: none
	private, shell bool
}

func (m *classMode) add(flags *pflag.FlagSet) {
	flags.BoolVar(&m.exercise, "exercise", false, "give each student a network of their own with the fault of the lesson's exercise in it, and a shell in each host, to mend it")
	flags.BoolVar(&m.shared, "shared", false, "seat all students in one LAN, each at a host (the default without --exercise)")
	flags.BoolVar(&m.private, "private", false, "give each student a copy of the topology, with all of its hosts (the default with --exercise)")
	flags.BoolVar(&m.shell, "shell", false, "give students a shell instead of groupcast's screen (always with --exercise); it is confined, too")
}

// check says which flags contradict each other.
func (m classMode) check(named bool, results string) error {
	bad := func(text, advice string) error {
		return usageError{&mcast.Advised{Err: errors.New(text), Advice: advice}}
	}
	switch {
	case m.exercise && m.shared:
		return bad("--exercise and --shared: with an exercise each student mends a network of their own", "leave --shared out; or, for one LAN without an exercise, leave --exercise out")
	case m.private && m.shared:
		return bad("--private and --shared: a student has either a network of their own or a host of one LAN", "leave one of them out")
	case m.exercise && !named:
		return bad("--exercise: of which lesson?", "as in: groupcast class article --exercise; groupcast lab exercise lists the exercises")
	case results != "" && !m.exercise:
		return bad("--results: only an exercise has results", "add --exercise, as in: groupcast class article --exercise --results "+shellWord(results))
	case results != "":
		return checkResults(results)
	}
	return nil
}

// find finds what was named. hosts is how many a classroom gets.
func (m classMode) find(cmd *cobra.Command, arg string, hosts int) (p classPlan, err error) {
	p.private, p.shell = m.private || m.exercise, m.shell || m.exercise
	if m.exercise {
		l, err := findExercise(cmd.Context(), arg)
		if err != nil {
			return p, noExercise(arg, err)
		}
		if ends := l.Exercise.Ends(); len(ends) > 0 {
			return p, usageError{&mcast.Advised{
				Err:    fmt.Errorf("--exercise: the exercise of %s is solved by ending a program (%s), and the shells of a class see no process of their host", l.Name, ends[0]),
				Advice: "each student does it on a computer of their own: groupcast lab exercise " + l.Name + "; groupcast lab exercise lists the others",
			}}
		}
		p.lesson, p.topology = &l, l.Topology
		return p, nil
	}
	if _, e := lab.FindTopology(arg, hosts); e != nil && !m.private && !m.shared {
		if l, e := lesson.Find(arg); e == nil {
			return p, chooseMode(l)
		}
	}
	if p.private && arg == "classroom" {
		hosts = privateClassroom
	}
	if p.topology, err = topology(cmd.Context(), arg, hosts); err != nil {
		return p, noClass(cmd, arg, err)
	}
	return p, nil
}

// privateClassroom is how many hosts of a classroom each student has for themselves.
const privateClassroom = 3

// chooseMode asks what is meant by a lesson whose name is that of no topology.
func chooseMode(l lesson.Lesson) error {
	advice := fmt.Sprintf("groupcast class %s --shared seats the students in its network, --private gives each a copy of it", l.Name)
	if l.Exercise != nil && len(l.Exercise.Ends()) == 0 {
		advice = fmt.Sprintf("groupcast class %s --exercise gives each student its exercise; --shared seats them all in its network, --private gives each a copy of it", l.Name)
	}
	return usageError{&mcast.Advised{Err: fmt.Errorf("%s is a lesson: with its exercise, or its network alone?", l.Name), Advice: advice}}
}

// noExercise is why there is no exercise of that name, which may be that of a topology.
func noExercise(arg string, err error) error {
	if _, e := lab.FindTopology(arg, 0); e != nil {
		return err
	}
	if _, e := lesson.Find(arg); e == nil {
		return err
	}
	return usageError{&mcast.Advised{
		Err: fmt.Errorf("%s is a topology, and no lesson that has an exercise", arg), Advice: "groupcast lab exercise lists the exercises; leave --exercise out for a class without one",
	}}
}

// noClass says what may have been meant, where neither a topology nor a file was named.
func noClass(cmd *cobra.Command, arg string, err error) error {
	if _, e := os.Stat(arg); !errors.Is(e, fs.ErrNotExist) || strings.ContainsRune(arg, filepath.Separator) {
		return err
	}
	var near []string
	for _, name := range cmd.SuggestionsFor(arg) {
		near = append(near, "groupcast class "+name)
	}
	if len(near) == 0 && !strings.Contains(err.Error(), "did you mean") {
		var names []string
		for _, l := range classExercises() {
			names = append(names, l.Name)
		}
		for _, name := range lab.Nearest(arg, names) {
			near = append(near, "groupcast class "+name+" --exercise")
		}
	}
	return &mcast.Advised{Err: didYouMean(err, near), Advice: "groupcast lab list shows the topologies, and groupcast lab exercise the lessons for --exercise"}
}

// shellLandlock is the version of Landlock that keeps a shell from signalling the user's
// programs by more than a namespace.
const shellLandlock = 6

// classExercises are the lessons whose exercise can be solved in the shells of a class.
func classExercises() []lesson.Lesson {
	return slices.DeleteFunc(exercises(), func(l lesson.Lesson) bool { return len(l.Exercise.Ends()) > 0 })
}

// needs says what this computer lacks.
func (p classPlan) needs() error {
	if abi := lab.LandlockABI(); p.shell && abi < shellLandlock {
		return tooOldForShells(abi)
	}
	return nil
}

// tooOldForShells is the error where Landlock has an older version; 0: there is none.
func tooOldForShells(abi int) error {
	have := fmt.Sprintf("this kernel has version %d", abi)
	if abi == 0 {
		have = "this kernel has none"
	}
	return &mcast.Advised{
		Err:    fmt.Errorf("class: shells for students need version %d of Landlock, which keeps them from your programs, and %s", shellLandlock, have),
		Advice: "use Linux 6.12 or newer; groupcast's screens, without --shell and --exercise, need less",
	}
}

// completeClasses offers topologies, lessons with an exercise, and files.
func completeClasses(cmd *cobra.Command, args []string, _ string) (out []string, _ cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	exercise, _ := cmd.Flags().GetBool("exercise")
	if !exercise {
		for _, n := range lab.Topologies() {
			out = append(out, n.Name+"\t"+n.Title)
		}
		if private, _ := cmd.Flags().GetBool("private"); private {
			return out, cobra.ShellCompDirectiveDefault
		}
	}
	for _, l := range classExercises() {
		if !slices.ContainsFunc(out, func(row string) bool { return strings.HasPrefix(row, l.Name+"\t") }) {
			out = append(out, l.Name+"\t"+l.Title)
		}
	}
	return out, cobra.ShellCompDirectiveDefault
}
