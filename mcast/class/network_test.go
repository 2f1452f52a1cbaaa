package class

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Each student who sits down gets a network, two are built at once, and pages say so.
func TestNetworksAreBuilt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, b := openCopies(t, 30, nil)
		if b.count() != 0 {
			t.Error("networks of nobody are built")
		}
		var seats []*sitting
		var tokens []Token
		for n := range 9 {
			token, s := mustJoin(t, c, Applicant{Name: fmt.Sprint("Student ", n), Plain: n == 1 || n == 2})
			s.Input(Input{Size: Size{80, 24}})
			tokens, seats = append(tokens, token), append(seats, s)
		}
		if got := seats[8].at.Host() + seats[8].at.Tabs()[1].Host(); got != "S9B" {
			t.Errorf("the second tab of the ninth seat is %s", got)
		}
		if text, screen := shown(t, seats[0]); text != beingBuilt+"\n" || screen.Ended != "" {
			t.Errorf("the page shows %q, %q", text, screen.Ended)
		}
		for _, s := range seats[1:3] {
			if list, _, _, err := s.Lines(t.Context(), 0); err != nil || list[0] != beingBuilt {
				t.Errorf("the page reads %q, %v", list, err)
			}
		}
		if err := c.Leave(tokens[8]); err != nil { // who waits for the turn
			t.Fatal(err)
		}
		if err := c.Free("S2"); err != nil { // who is being built
			t.Fatal(err)
		}
		if err := c.Free("S99"); err != ErrSeat {
			t.Errorf("no seat is freed: %v", err)
		}
		time.Sleep(4500 * time.Millisecond)
		if list, _, _, err := seats[2].Lines(t.Context(), 0); err != nil || len(list) < 2 || list[1] != isBuilt {
			t.Errorf("then it reads %q, %v", list, err)
		}
		n := b.count()
		if most, _ := b.atOnce(); n != 7 || most != mostBuilds {
			t.Errorf("%d networks are there, %d were built at once", n, most)
		}
		if text, _ := shown(t, seats[0]); text != "" {
			t.Errorf("the page shows %q", text)
		}
		if !slices.ContainsFunc(b.list(), func(l *fakeCopy) bool { r := l.running("A"); return r != nil && r.name == "Student 0" }) {
			t.Error("no program runs")
		}
		if _, err := c.Seat(tokens[1]); err != ErrToken {
			t.Errorf("the student whose seat was freed: %v", err)
		}

		// A network of one's own ends with its student.
		if err := c.Leave(tokens[0]); err != nil {
			t.Fatal(err)
		}
		if n := b.left(); n != 6 {
			t.Errorf("%d networks are there", n)
		}
		if _, err := c.Net("S1"); err != ErrSeat {
			t.Errorf("the network of nobody: %v", err)
		}
		if _, err := c.Net(""); err != ErrSeat {
			t.Errorf("the shared LAN: %v", err)
		}
	})
}

// A network that is built anew ends the programs in it, and they start again by
// themselves; others stay as they are.
func TestReset_ofNetworks(t *testing.T) {
	for name, l := range map[string]bool{"a topology": false, "an exercise": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var of = anExercise()
				if !l {
					of = nil
				}
				c, b := openCopies(t, 2, of)
				_, s := mustJoin(t, c, Applicant{Name: "Ada"})
				_, other := mustJoin(t, c, Applicant{Name: "Bob"})
				other.Input(Input{Size: Size{80, 24}})
				s.Input(Input{Size: Size{80, 24}})
				time.Sleep(3 * time.Second)
				all := b.list()
				run := all[slices.IndexFunc(all, func(l *fakeCopy) bool { r := l.running("A"); return r != nil && r.name == "Bob" })].running("A")
				ended := &sitting{s.at.Tabs()[1], s.at}
				ended.Input(Input{Size: Size{80, 24}})
				synctest.Wait()
				for _, l := range all {
					if r := l.running("B"); r != nil {
						r.exit("it has ended, with exit status 1")
					}
				}
				synctest.Wait()
				if err := c.Reset("S1"); err != nil {
					t.Fatal(err)
				}
				time.Sleep(3 * time.Second)
				if text, screen := shown(t, s); text != builtAnew+"\n" || screen.Ended != "" {
					t.Errorf("the page shows %q, %q", text, screen.Ended)
				}
				if text, screen := shown(t, ended); text != builtAnew+"\n" || screen.Ended != "" {
					t.Errorf("the page of what had ended before: %q, %q", text, screen.Ended)
				}
				select {
				case <-run.over():
					t.Error("the program of another seat has ended")
				default:
				}
				if state := c.Seats()[0]; !state.Running {
					t.Errorf("%+v", state)
				}
				want := []string{"joined S1 Ada: ", "joined S2 Bob: ", "ended S1 Ada: it has ended, with exit status 1", "reset S1 Ada: "}
				if got := happened(c); !slices.Equal(got, want) {
					t.Errorf("%q", got)
				}
			})
		})
	}
}

// A network that ends by itself, or cannot be built, is told, and can be built anew.
func TestNetworkEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, b := openCopies(t, 1, anExercise())
		token, s := mustJoin(t, c, Applicant{Name: "Ada"})
		s.Input(Input{Size: Size{80, 24}})
		time.Sleep(2 * time.Second)
		x := s.at.Exercise()
		b.mu.Lock()
		b.fails = errors.New("no room for /home/teacher")
		b.mu.Unlock()
		b.last().close()
		synctest.Wait()
		_, version, _ := x.Next(t.Context(), 0)
		if state, _, _ := x.Next(t.Context(), 0); !strings.HasPrefix(state.Said, "There is no network") {
			t.Errorf("the page is told %+v", state)
		}
		if _, screen := shown(t, s); screen.Ended != hostEnded {
			t.Errorf("the page shows %q", screen.Ended)
		}
		x.Reset()
		time.Sleep(3 * time.Second)
		if _, _, err := x.Next(t.Context(), version); err != nil {
			t.Error(err)
		}
		b.mu.Lock()
		b.fails = nil
		b.mu.Unlock()
		x.Reset()
		time.Sleep(5 * time.Second)
		if text, screen := shown(t, s); text != builtAnew+"\n" || screen.Ended != "" {
			t.Errorf("the page shows %q, %q", text, screen.Ended)
		}
		if state, _, _ := x.Next(t.Context(), 0); state.Said != "" || state.Busy != "" || state.Progress.Resets != 1 {
			t.Errorf("then: %+v", state)
		}
		want := []string{"joined S1 Ada: ", "network-ended S1 Ada: ", "network-failed S1 Ada: no room for /home/teacher", "reset S1 Ada: "}
		if got := happened(c); !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
		_ = c.Leave(token)
		if _, _, err := x.Next(t.Context(), 0); err != io.EOF {
			t.Errorf("who left is told %v", err)
		}
	})
}
