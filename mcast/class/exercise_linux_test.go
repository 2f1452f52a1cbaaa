package class

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

// becomes waits until an exercise stands like that.
func becomes(t *testing.T, x *Exercise, what string, is func(ExerciseState) bool) (s ExerciseState) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), labtest.Patience)
	defer cancel()
	for seen := int64(0); !is(s) || seen == 0; {
		next, version, err := x.Next(ctx, seen)
		if err != nil {
			t.Fatalf("never %s: %v; %+v", what, err, s)
		}
		s, seen = next, version
	}
	return s
}

// Two students are at an exercise, each in a network of their own. One mends it with a real
// command, and nothing changes for the other.
func TestStudentMendsExercise(t *testing.T) {
	labtest.Program(t, "ip")
	labtest.AgainAsNobody(t)
	if os.Geteuid() == 0 {
		return
	}
	l, err := lesson.Find("article")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c, err := Start(t.Context(), Config{Lesson: &l, Seats: 2, Program: program, Limits: Limits{Data: ownMemory}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_, ada := mustJoin(t, c, Applicant{Name: "Ada", From: "a"})
	_, bob := mustJoin(t, c, Applicant{Name: "Bob", From: "b", Plain: true})
	x, other := ada.at.Exercise(), bob.at.Exercise()
	b := ada.at.Tabs()[1]
	if tabs := ada.at.Tabs(); len(tabs) != 2 || ada.Host() != "A" || b.Host() != "B" || ada.at.Host() != "S1" {
		t.Fatalf("%d tabs of %s", len(tabs), ada.at.Host())
	}
	ada.Input(Input{Size: Size{100, 30}})
	showsAll(t, ada, "A$")
	types(ada, "ip route get 239.192.7.7")
	showsAll(t, ada, "dev eth1")
	x.Check()
	becomes(t, x, "one is met", func(s ExerciseState) bool {
		return s.Progress.Checks == 1 && s.Progress.Met == 1 && !s.Expectations[1].Met
	})
	var last int64
	bob.Say("id -u; ls /home; ip route")
	before := reads(t, bob, &last, "239.192.0.0/14 dev eth1")
	if text := strings.Join(before, "\n"); !strings.Contains(text, "\nstudent") {
		t.Errorf("Bob reads %q", text)
	}

	types(ada, "ip route del 239.192.0.0/14; echo $((6*7)) done")
	showsAll(t, ada, "42 done")
	x.Check()
	s := becomes(t, x, "it is solved", func(s ExerciseState) bool { return s.Progress.Solved })
	if s.Progress.Met != 2 || s.Progress.Checks != 2 || s.Said != "" {
		t.Errorf("%+v", s)
	}
	other.Check()
	becomes(t, other, "the other's is as it was", func(s ExerciseState) bool { return s.Progress.Checks == 1 && s.Progress.Met == 1 })
	if seats := c.Board().Seats; !seats[0].Progress.Solved || seats[1].Progress.Solved || seats[1].Progress.Checks != 1 {
		t.Errorf("the board: %+v, %+v", seats[0].Progress, seats[1].Progress)
	}
	if list := c.Results(); len(list) != 2 || !list[0].Passed || list[0].Met != 2 || list[0].Name != "Ada" || list[1].Passed || list[1].Met != 1 {
		t.Errorf("the results: %+v", list)
	}

	// A fault by the teacher is in the student's network, and gone with a reset.
	if err := c.Fault("S1", []string{"cut", "B.eth0"}); err != nil {
		t.Fatal(err)
	}
	cut := func(seat string) bool {
		n, err := c.Net(seat)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range n.Wires {
			if w.Name == "B.eth0" {
				return !w.Whole
			}
		}
		return false
	}
	labtest.Eventually(t, "the board shows the wire cut", func() bool { return cut("S1") })
	if cut("S2") {
		t.Error("Bob's wire is cut")
	}
	x.Reset()
	becomes(t, x, "it is reset", func(s ExerciseState) bool { return s.Progress.Resets == 1 && s.Busy == "" })
	showsAll(t, ada, builtAnew, "A$")
	types(ada, "ip route show 239.192.0.0/14")
	showsAll(t, ada, "dev eth1")
	if cut("S1") {
		t.Error("the wire is still cut")
	}
}
