package class

import (
	"context"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

func TestTwoSeats(t *testing.T) {
	top, err := lab.FindTopology("classroom", 3)
	if err != nil {
		t.Fatal(err)
	}
	sh := func(string) []string {
		return []string{"-c", `echo "$(hostname) $(id -u) in $PWD"; read x; echo got $x; exit 3`}
	}
	c, err := Start(t.Context(), Config{Topology: top, Program: "/bin/sh", Screen: sh, Plain: sh})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, one, err := c.Join(Applicant{Code: c.Code(), Name: "Ada", From: "a"})
	if err != nil {
		t.Fatal(err)
	}
	_, two, err := c.Join(Applicant{Code: c.Code(), Name: "Bob", From: "a", Plain: true})
	if err != nil {
		t.Fatal(err)
	}
	one.Input(Input{Size: Size{80, 24}})
	shows := func(s *Seat, want string) {
		labtest.Eventually(t, s.Name()+" is shown "+want, func() bool {
			screen, err := s.Next(context.Background(), 0)
			text := screen.Ended
			for y := range screen.Height {
				for _, r := range screen.Rows[y] {
					text += r.Text
				}
			}
			if err != nil {
				t.Fatal(err)
			}
			return strings.Contains(text, want)
		})
	}
	shows(one, "H1")
	shows(one, "/home/student")
	one.Input(Input{Text: "hello"})
	one.Input(Input{Key: Key{Name: "Enter"}})
	shows(one, "got hello")
	shows(one, "exit status 3")
	lines, last, _, err := two.Lines(t.Context(), 0)
	t.Log(lines, last, err)
	two.Say("there")
	lines, last, _, err = two.Lines(t.Context(), last)
	t.Log(lines, last, err)
}
