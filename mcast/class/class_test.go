package class

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := open(t, 2, nil)
		_, s := mustJoin(t, c, Applicant{Name: "Ada"})
		reset := func() {
			t.Helper()
			if err := c.Reset("H1"); err != nil {
				t.Fatal(err)
			}
		}
		ended := func(want string) {
			t.Helper()
			if _, screen := shown(t, s); screen.Ended != want {
				t.Errorf("it has ended: %q, want %q", screen.Ended, want)
			}
		}
		reset() // before anything runs
		ended("")
		l.meanwhile = func() { time.Sleep(time.Second) }
		s.Input(Input{Size: Size{80, 24}})
		synctest.Wait()
		reset() // while it starts
		time.Sleep(2 * time.Second)
		ended("the teacher reset the seat")
		reset() // when it has ended
		s.Input(Input{Text: "x"})
		s.Input(Input{Size: Size{90, 24}})
		if n := l.count(); n != 1 {
			t.Fatalf("%d programs without an Enter", n)
		}
		s.Input(Input{Key: Key{Name: "Enter"}})
		time.Sleep(2 * time.Second)
		ended("")
		reset() // while it runs
		reset()
		ended("the teacher reset the seat")
		l.fails = errors.New("no \x1b[2J /home/teacher")
		s.Input(Input{Key: Key{Name: "Enter"}})
		time.Sleep(2 * time.Second)
		ended("it could not be started: ask the teacher")
		if err := c.Reset("H2"); err != nil {
			t.Errorf("a free seat: %v", err)
		}
		if err := c.Reset("H3"); err != ErrSeat {
			t.Errorf("no seat: %v", err)
		}
		got := slices.DeleteFunc(happened(c), func(s string) bool { return strings.HasPrefix(s, "reset") })
		want := []string{
			"joined H1 Ada: ", "ended H1 Ada: the teacher reset the seat", "ended H1 Ada: the teacher reset the seat",
			"ended H1 Ada: it could not be started: no \ufffd[2J /home/teacher",
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
		c.Close()
		if err := c.Reset("H1"); err != ErrOver {
			t.Errorf("over: %v", err)
		}
	})
}

func TestTheClassIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := open(t, 2, nil)
		l.lags = -1 // nothing ends before the lab does
		token, s := mustJoin(t, c, Applicant{Name: "Ada"})
		_, plain := mustJoin(t, c, Applicant{Name: "Bob", Plain: true})
		s.Input(Input{Size: Size{80, 24}})
		plain.Say("hello")
		l.last()
		_, screen := shown(t, s)
		page := make(chan error, 1)
		go func() {
			_, err := s.Next(context.Background(), screen.Version)
			page <- err
		}()
		go c.Close()
		c.Close()
		<-c.Done()
		if err := <-page; err != io.EOF {
			t.Errorf("the page is told %v", err)
		}
		if list, _, _, err := plain.Lines(t.Context(), 0); err != nil || !slices.Equal(list, []string{"the class is over"}) {
			t.Errorf("%q, %v", list, err)
		}
		if _, err := c.Seat(token); err != ErrOver {
			t.Errorf("the seat: %v", err)
		}
		if err := c.Leave(token); err != ErrOver {
			t.Errorf("leave: %v", err)
		}
		if _, _, err := c.Join(Applicant{Code: c.Code(), Name: "Cy"}); err != ErrOver {
			t.Errorf("join: %v", err)
		}
		want := []string{"joined H1 Ada: ", "joined H2 Bob: ", "left H1 Ada: the class is over", "left H2 Bob: the class is over"}
		if got := happened(c); !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
		if _, err := c.Next(t.Context()); err != io.EOF {
			t.Errorf("then: %v", err)
		}
	})
}

func TestTheLabEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := open(t, 1, nil)
		_, s := mustJoin(t, c, Applicant{Name: "Ada"})
		s.Input(Input{Size: Size{80, 24}})
		l.last()
		l.close()
		<-c.Done()
		got := slices.DeleteFunc(happened(c), func(s string) bool { return strings.HasPrefix(s, "ended") }) // it may be told first
		if !slices.Equal(got, []string{"joined H1 Ada: ", "lab-ended  : the lab has ended", "left H1 Ada: the class is over"}) {
			t.Errorf("%q", got)
		}
	})
}
