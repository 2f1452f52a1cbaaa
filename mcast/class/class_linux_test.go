package class

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// Two talk, one with a screen and one with lines.
func TestSeatsTalk(t *testing.T) {
	t.Parallel()
	c := startTalking(t, 3)
	token, ada := mustJoin(t, c, Applicant{Name: "Ada", From: "a"})
	_, bob := mustJoin(t, c, Applicant{Name: "Bob", From: "a", Plain: true})
	ada.Input(Input{Size: Size{100, 30}})
	showsAll(t, ada, "ready")
	var last int64
	reads(t, bob, &last, "ready")
	types(ada, "hello")
	reads(t, bob, &last, "heard Ada: hello")
	bob.Say("there")
	showsAll(t, ada, "heard Ada: hello", "heard Bob: there")

	// What they tell of what they hear is on the board.
	types(ada, "report "+c.cfg.Topology.Hosts[1].Interfaces[0].Addrs[0].Addr().String())
	labtest.Eventually(t, "the board shows who hears whom", func() bool {
		n, err := c.Net("")
		return err == nil && len(n.Heard) == 1 && n.Heard[0].By == "H1" && n.Heard[0].From == "H2" && n.Heard[0].Datagrams == 7
	})

	// Of the teacher's environment nothing is in a seat.
	bob.Say("environment")
	variables := reads(t, bob, &last, "arguments ")
	for n := range variables {
		variables[n], _, _ = strings.Cut(variables[n], "/net:") // of the host
	}
	slices.Sort(variables)
	want := []string{
		"variable GOMAXPROCS=2", "variable GROUPCAST_LAB=H2", "variable HOME=/home/student", "variable LANG=C.UTF-8",
		"variable PATH=/opt/groupcast:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "variable TERM=dumb", "variable USER=student",
	}
	variables = slices.DeleteFunc(variables, func(s string) bool { return strings.HasPrefix(s, "heard ") })
	if !slices.Equal(variables, want) {
		t.Errorf("the environment of a seat: %q", variables)
	}
	list, _, _, err := bob.Lines(t.Context(), last-1)
	if want := lab.SeatProgram + " " + testProgram + " talk Bob"; err != nil || list[0] != "arguments "+want {
		t.Errorf("the arguments: %q, want %q; %v", list, want, err)
	}

	// A program that ends.
	types(ada, "exit 7")
	showsAll(t, ada, "it has ended, with exit status 7")
	types(ada, "") // Enter
	showsAll(t, ada, "ready")
	bob.Say("exit 0")
	reads(t, bob, &last, "The program does not run now: it has ended. Any line starts it again; nobody reads that line.")
	bob.Say("again")
	reads(t, bob, &last, "ready")

	// Another sits at a host.
	if err := c.Leave(token); err != nil {
		t.Fatal(err)
	}
	_, cy := mustJoin(t, c, Applicant{Name: "Cy", From: "a"})
	if cy.Host() != "H1" {
		t.Errorf("Cy sits at %s", cy.Host())
	}
	cy.Input(Input{Size: Size{60, 20}})
	showsAll(t, cy, "ready")
	types(cy, "and I")
	reads(t, bob, &last, "heard Cy: and I")

	c.Close()
	reads(t, bob, &last, "the class is over")
	if _, _, _, err := bob.Lines(t.Context(), last); err != io.EOF {
		t.Errorf("at the end Bob is told %v", err)
	}
}

func TestStartRefuses(t *testing.T) {
	good, err := talking(3)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]func(*Config){
		"class: 400 seats: the LAN has 3 hosts":    func(c *Config) { c.Seats = 400 },
		"class: -1 seats: the LAN has 3 hosts":     func(c *Config) { c.Seats = -1 },
		"class: the LAN has no host":               func(c *Config) { c.Topology = lab.Topology{Switches: []lab.Switch{{Name: "lan"}}} },
		"class: a code has 6 to 32 letters":        func(c *Config) { c.Code = "AB" },
		"class: a time below zero":                 func(c *Config) { c.Idle = -1 },
		"class: a limit below zero":                func(c *Config) { c.Limits.Processes = -1 },
		"class: no arguments for the program":      func(c *Config) { c.Plain = nil },
		"class: the program of seats: stat /no/su": func(c *Config) { c.Program = "/no/such/file" },
	}
	for want, change := range tests {
		cfg := good
		change(&cfg)
		c, err := Start(t.Context(), cfg)
		if c != nil || err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
		if c != nil {
			c.Close()
		}
	}
}

func TestHowProgramsEnd(t *testing.T) {
	for want, err := range map[string]error{
		"it has ended": nil,
		"it was ended: it used more memory than a seat may": fmt.Errorf("x: %w", &lab.ExitError{Code: -1, Signal: syscall.SIGKILL, Exceeded: "memory"}),
		"it was ended by a signal: killed":                  &lab.ExitError{Code: -1, Signal: syscall.SIGKILL},
		"it has ended, with exit status 7":                  &lab.ExitError{Code: 7},
		"it was ended":                                      fmt.Errorf("x: %w", context.Canceled),
		"its host has ended":                                io.ErrUnexpectedEOF,
	} {
		if got := howEnded(err); got != want {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
}
