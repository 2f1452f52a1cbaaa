package class

import (
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A page that stays open when its seat is another's shows nothing of theirs, and changes
// nothing there.
func TestNextStudent(t *testing.T) {
	for _, plain := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c, l := open(t, 1, nil)
			size := Input{Size: Size{80, 24}}
			token, ada := mustJoin(t, c, Applicant{Name: "Ada", Plain: plain})
			ada.Look()
			begin := func(s *sitting) {
				if s.Input(size); plain {
					s.Say("hello")
				}
			}
			begin(ada)
			l.last().writes("of Ada\n")
			if err := c.Leave(token); err != nil {
				t.Fatal(err)
			}
			_, bob := mustJoin(t, c, Applicant{Name: "Bob", Plain: plain})
			begin(bob)
			run := l.last()
			run.writes("of Bob\n")
			run.takes()
			if run.name != "Bob" || l.running("H1") != run || c.Seats()[0].Pages != 0 {
				t.Errorf("the program of %s runs; %+v", run.name, c.Seats())
			}
			ada.Input(Input{Size: Size{33, 10}})
			ada.Input(Input{Text: "x", Key: Key{Name: "Enter"}, Paste: "y"})
			ada.Say("z")
			if read := run.takes(); read != "" || run.size != bob.size {
				t.Errorf("Bob's program reads %q and is %v large", read, run.size)
			}
			for range 2 {
				screen, err := ada.Next(t.Context(), 0)
				if err != io.EOF || screen.Rows != nil {
					t.Errorf("Ada is shown %+v, %v", screen, err)
				}
			}
			list, last, _, err := ada.Lines(t.Context(), 0)
			if plain && (err != nil || !slices.Equal(list, []string{"of Ada"})) {
				t.Errorf("Ada's lines: %q, %v", list, err)
			}
			if list, _, _, err = ada.Lines(t.Context(), last); list != nil || err != io.EOF {
				t.Errorf("Ada's lines then: %q, %v", list, err)
			}
			if plain {
				list, _, _, err = bob.Lines(t.Context(), 0)
			} else {
				text, _ := shown(t, bob)
				list = strings.Fields(text)
			}
			if !slices.Equal(list, []string{"of Bob"}) && !slices.Equal(list, []string{"of", "Bob"}) {
				t.Errorf("Bob is shown %q, %v", list, err)
			}
		})
	}
}

// The next student's program starts when the one before has ended, even if that was only
// being started.
func TestSeatIsGivenAwayWhileItStarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := open(t, 1, nil)
		l.meanwhile = func() { time.Sleep(3 * time.Second) }
		l.lags = 4 * time.Second
		size := Input{Size: Size{80, 24}}
		token, ada := mustJoin(t, c, Applicant{Name: "Ada"})
		ada.Input(size)
		synctest.Wait()
		_ = c.Leave(token)
		token, none := mustJoin(t, c, Applicant{Name: "Cy"}) // who never starts anything
		_ = c.Leave(token)
		_, bob := mustJoin(t, c, Applicant{Name: "Bob"})
		bob.Input(size)
		bob.Input(Input{Text: "early"})
		bob.Input(Input{Size: Size{100, 30}})
		synctest.Wait()
		if c.Seats()[0].Running || none.Host() != "H1" {
			t.Error("Bob's program runs at once")
		}
		time.Sleep(10 * time.Second)
		run := l.last()
		if run.name != "Bob" || l.count() != 2 || run.takes() != "early" || run.size != (Size{100, 30}) {
			t.Errorf("%d programs; the last for %s, size %v", l.count(), run.name, run.size)
		}
	})
}

// What the program does not take is told to pages though nothing is drawn, be it that it
// is only being started or that it reads nothing.
func TestDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := open(t, 2, nil)
		starts := make(chan struct{})
		l.meanwhile = func() { <-starts }
		_, s := mustJoin(t, c, Applicant{Name: "Ada"})
		s.Input(Input{Size: Size{80, 24}})
		_, screen := shown(t, s)
		s.Input(Input{Text: strings.Repeat("a", maxQueue)})
		s.Input(Input{Text: "bcd"})
		screen, err := s.Next(t.Context(), screen.Version)
		if err != nil || screen.Dropped != 3 || len(screen.Rows) != 0 {
			t.Fatalf("%d rows, dropped %d, %v", len(screen.Rows), screen.Dropped, err)
		}
		close(starts)
		run := l.last()
		if n := len(run.takes()); n != maxQueue {
			t.Errorf("the program reads %d bytes", n)
		}
		run.mu.Lock()
		run.full = true
		run.mu.Unlock()
		s.Input(Input{Paste: strings.Repeat("a", 1<<20)})
		if screen, err = s.Next(t.Context(), screen.Version); err != nil || screen.Dropped != 3+1<<20 {
			t.Errorf("dropped %d, %v", screen.Dropped, err)
		}
		run.exit("enough")
		if _, screen = shown(t, s); screen.Ended != "enough" || screen.Dropped != 3+1<<20 {
			t.Errorf("%q, dropped %d", screen.Ended, screen.Dropped)
		}
		s.Input(Input{Key: Key{Name: "Enter"}})
		l.last()
		time.Sleep(usualPause)
		if _, screen = shown(t, s); screen.Dropped != 0 || screen.Ended != "" {
			t.Errorf("anew: %q, dropped %d", screen.Ended, screen.Dropped)
		}

		_, plain := mustJoin(t, c, Applicant{Name: "Bob", Plain: true})
		plain.Say("one\rrm two\nthree")
		run = l.last()
		if read := run.takes(); read != "one\n" || run.size != plainSize {
			t.Errorf("it reads %q, %v large", read, run.size)
		}
		run.mu.Lock()
		run.full = true
		run.mu.Unlock()
		plain.Say("four")
		plain.Say(strings.Repeat("a", maxSaid+1))
		var told []string
		for last := int64(0); len(told) < 2; {
			var list []string
			if list, last, _, err = plain.Lines(t.Context(), last); err != nil {
				t.Fatal(err)
			}
			told = append(told, list...)
		}
		if !strings.Contains(told[0], "2048 bytes") || !strings.Contains(told[1], "5 bytes of what was said are lost") {
			t.Errorf("%q", told)
		}
	})
}

// Where a shell has no screen, a key ends what runs in it.
func TestInterruptShellOfLines(t *testing.T) {
	for _, shell := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			c, l := open(t, 1, func(c *Config) { c.Shell = shell })
			_, s := mustJoin(t, c, Applicant{Name: "Ada", Plain: true})
			s.Say("ping B")
			run := l.last()
			for _, in := range []Input{
				{Key: Key{Name: "c", Ctrl: true}}, {Key: Key{Name: "c"}}, {Key: Key{Name: "d", Ctrl: true}}, {Key: Key{Name: "z", Ctrl: true}}, {Text: "x"}, {Size: Size{90, 30}},
			} {
				s.Input(in)
			}
			want := map[bool]string{true: "ping B\n\x03\x04", false: "ping B\n"}[shell]
			if read := run.takes(); read != want || run.size != plainSize {
				t.Errorf("a shell %v: it reads %q, %v large", shell, read, run.size)
			}
		})
	}
}

// A page that starts one program after the other does so once a second.
func TestStartsAreRare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := open(t, 1, nil)
		_, s := mustJoin(t, c, Applicant{Name: "Ada"})
		s.Input(Input{Size: Size{80, 24}})
		begin := time.Now()
		for time.Since(begin) < 10*time.Second {
			if run := l.running("H1"); run != nil {
				run.exit("it has ended")
				synctest.Wait()
				s.Input(Input{Key: Key{Name: "Enter"}})
			}
			time.Sleep(10 * time.Millisecond)
		}
		if n := l.count(); n < 11 || n > 13 {
			t.Errorf("%d programs in 10 s", n)
		}
	})
}

// A program that asked for it is told whether anybody looks: even when nobody does at its
// start.
func TestSeatTellsWhoLooks(t *testing.T) {
	const in, out = "\x1b[I", "\x1b[O"
	synctest.Test(t, func(t *testing.T) {
		c, l := open(t, 1, nil)
		_, s := mustJoin(t, c, Applicant{Name: "Ada"})
		s.Input(Input{Size: Size{80, 24}})
		run := l.last()
		time.Sleep(2 * time.Second)
		if read := run.takes(); read != "" {
			t.Errorf("it did not ask, and reads %q", read)
		}
		run.writes("\x1b[?1004h")
		time.Sleep(2 * time.Second)
		one, two := s.Look(), s.Look()
		one()
		synctest.Wait()
		two()
		if read := run.takes(); read != out+in+out {
			t.Errorf("it reads %q", read)
		}
	})
}

// A student's programs find the same files each time, and those of the next student
// others.
func TestFilesOfStudent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := byte(0)
		c, l := open(t, 2, func(c *Config) {
			c.Files = func() map[string][]byte { key++; return map[string][]byte{"key": {key}} }
		})
		has := func(s *sitting, want byte) {
			t.Helper()
			s.Input(Input{Size: Size{80, 24}})
			s.Input(Input{Key: Key{Name: "Enter"}})
			s.Say("x")
			time.Sleep(2 * startInterval) // they are rare
			if got := l.last().files["key"]; len(got) != 1 || got[0] != want {
				t.Errorf("%s has the key %v, want %d", s.Name(), got, want)
			}
		}
		_, ada := mustJoin(t, c, Applicant{Name: "Ada"})
		has(ada, 1)
		l.last().exit("it has ended")
		synctest.Wait()
		has(ada, 1)
		_, bob := mustJoin(t, c, Applicant{Name: "Bob"})
		has(bob, 2)
		token, ada := mustJoin(t, c, Applicant{Name: "Ada", Plain: true})
		has(ada, 1)
		_ = c.Leave(token)
		_, eve := mustJoin(t, c, Applicant{Name: "Eve"})
		has(eve, 3)
	})
}
