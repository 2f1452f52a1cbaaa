package class

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
)

// openLAN is a class on a shared LAN of two hosts, with their addresses.
func openLAN(t testing.TB) (*Class, *fakeLab) {
	t.Helper()
	top, err := lab.FindTopology("classroom", 3)
	if err != nil {
		t.Fatal(err)
	}
	l := newLab(t)
	c := newClass(Config{Topology: top}.withDefaults(), l, nil, placesOf("H1", "H2", "H3"), "K7MQ4R")
	t.Cleanup(func() { c.Close() })
	return c, l
}

// undos are those of a board's log that can be undone, by their texts.
func undos(c *Class) (list []string) {
	for _, e := range c.Board().Log {
		if e.Undo != "" {
			list = append(list, e.Text+" -> "+e.Undo)
		}
	}
	return list
}

// A fault is in the log until it is undone, ended, replaced, or its interface is another.
func TestFaultsAndUndo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := openLAN(t)
		fault := func(words ...string) int64 {
			t.Helper()
			if err := c.Fault("", words); err != nil {
				t.Fatal(err)
			}
			log := c.Board().Log
			return log[len(log)-1].Number
		}
		can := func(want ...string) {
			t.Helper()
			if got := undos(c); !slices.Equal(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
		}
		cut := fault("cut", "H2.eth0")
		fault("loss", "H1.eth0", "30%")
		can("fault: cut H2.eth0 -> heal H2.eth0", "fault: loss H1.eth0 30% -> loss H1.eth0 0%")
		fault("loss", "H1.eth0", "50%")
		firewall := fault("firewall", "H1", "in")
		fault("firewall", "H3", "in")
		fault("kill", "H3") // no firewall is off in what has ended
		can("fault: cut H2.eth0 -> heal H2.eth0", "fault: loss H1.eth0 50% -> loss H1.eth0 0%", "fault: firewall H1 in -> firewall H1 off")
		fault("heal", "H2.eth0")
		can("fault: loss H1.eth0 50% -> loss H1.eth0 0%", "fault: firewall H1 in -> firewall H1 off")
		fault("delete", "H1.eth0")
		can("fault: firewall H1 in -> firewall H1 off", "fault: delete H1.eth0 -> make H1.eth0")
		if err := c.Undo(cut); !errors.Is(err, ErrUndo) {
			t.Errorf("what was healed is undone: %v", err)
		}
		l.fails = errors.New("no")
		if err := c.Undo(firewall); !errors.Is(err, l.fails) {
			t.Errorf("an undo that fails: %v", err)
		}
		l.fails = nil
		both := make(chan error, 2) // two pages of teachers
		for range 2 {
			go func() { both <- c.Undo(firewall) }()
		}
		if a, b := <-both, <-both; (a == nil) == (b == nil) || !errors.Is(errors.Join(a, b), ErrUndo) {
			t.Errorf("undone twice: %v, %v", a, b)
		}
		fault("delay", "H1.eth0", "0s")
		can("fault: delete H1.eth0 -> make H1.eth0")
		want := []string{
			"cut H2.eth0", "loss H1.eth0 30%", "loss H1.eth0 50%", "firewall H1 in", "firewall H3 in", "kill H3", "heal H2.eth0", "delete H1.eth0", "firewall H1 off", "delay H1.eth0 0s",
		}
		if !slices.Equal(l.faults, want) {
			t.Errorf("the lab is given %q", l.faults)
		}
		for _, words := range [][]string{nil, {"cut"}, {"cut", "H1"}, {"loss", "H1.eth0", "300%"}, {"no", "H1.eth0"}} {
			if err := c.Fault("", words); err == nil || strings.HasPrefix(err.Error(), "lab: ") {
				t.Errorf("%q as a fault: %v", words, err)
			}
		}
		if err := c.Fault("H1", []string{"cut", "H1.eth0"}); err != ErrSeat {
			t.Errorf("the network of a seat: %v", err)
		}
		for range maxLog {
			fault("loss", "H1.eth0", "1%")
		}
		if log := c.Board().Log; len(log) != maxLog || log[0].Number != 11 || !log[0].Fault {
			t.Errorf("%d events from %d on", len(log), log[0].Number)
		}
		c.Close()
		if err := c.Fault("", []string{"cut", "H1.eth0"}); err != ErrOver {
			t.Errorf("at the end: %v", err)
		}
	})
}

// Faults of a network of a student's own are void with it.
func TestFaultsOfNetworks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, b := openCopies(t, 2, anExercise())
		cut := []string{"cut", "A.eth0"}
		if err := c.Fault("S1", cut); err != ErrSeat {
			t.Errorf("nobody's network: %v", err)
		}
		_, s := mustJoin(t, c, Applicant{Name: "Ada"})
		if err := c.Fault("S1", cut); !errors.Is(err, ErrSeat) {
			t.Errorf("while it is built: %v", err)
		}
		time.Sleep(2 * time.Second)
		if err := c.Fault("S1", cut); err != nil {
			t.Fatal(err)
		}
		if got := b.last().faults; len(undos(c)) != 1 || !slices.Equal(got, []string{"cut A.eth0"}) {
			t.Errorf("%q, %q", undos(c), got)
		}
		s.at.Exercise().Reset()
		time.Sleep(2 * time.Second)
		if got := undos(c); got != nil {
			t.Errorf("after a reset: %q", got)
		}
	})
}

// woken reports whether a channel of Changed is closed.
func woken(changed <-chan struct{}) bool {
	synctest.Wait()
	select {
	case <-changed:
		return true
	default:
		return false
	}
}

// A network is asked while somebody wants to know, and not when nobody does; who shows it
// is woken soon after it has changed.
func TestNet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := openLAN(t)
		_, _ = mustJoin(t, c, Applicant{Name: "Ada"})
		time.Sleep(time.Hour)
		if n := l.asks(); n != 0 {
			t.Errorf("it is asked %d times, and nobody wants to know", n)
		}
		up := lab.Counters{Up: true, Carrier: true, RxPackets: 3, TxPackets: 4}
		l.is = lab.Now{Links: map[string]lab.Counters{"H1.eth0": up, "H2.eth0": {}}}
		n, err := c.Net("")
		if err != nil {
			t.Fatal(err)
		}
		h1, w1, w2, w3 := n.Hosts[0], n.Wires[0], n.Wires[1], n.Wires[2]
		if h1.Name != "H1" || h1.Student != "Ada" || h1.Tells || w1.Name != "H1.eth0" || !w1.Up || !w1.Whole || w1.Gone || w1.Packets != 7 || w2.Up || !w3.Gone || n.Heard == nil {
			t.Errorf("%+v", n)
		}
		// A page that shows it asks when it is woken.
		stop, pages := make(chan struct{}), make(chan Net, 1000)
		go func() {
			for {
				changed := c.Changed()
				n, _ := c.Net("")
				pages <- n
				select {
				case <-changed:
				case <-stop:
					return
				}
			}
		}()
		time.Sleep(time.Minute)
		if asks, shown := l.asks(), len(pages); asks < 118 || asks > 122 || shown > 25 {
			t.Errorf("in a minute it is asked %d times, and shown %d times", asks, shown)
		}
		l.mu.Lock()
		l.is = lab.Now{
			Links: map[string]lab.Counters{"H1.eth0": up, "H2.eth0": up, "H3.eth0": up},
			Faults: map[string][]lab.Fault{
				"H1": {{Kind: "firewall", Host: "H1", Value: "in"}}, "H2.eth0": {{Kind: "cut", Host: "H2", Interface: "eth0"}}, "H3": {{Kind: "kill", Host: "H3"}},
			},
			Groups: map[string][]netip.Addr{"H1.eth0": {netip.MustParseAddr("224.0.0.114")}},
		}
		l.mu.Unlock()
		for len(pages) > 0 {
			<-pages
		}
		begin := time.Now()
		if err := c.Fault("", []string{"cut", "H2.eth0"}); err != nil {
			t.Fatal(err)
		}
		for n := range pages {
			if len(n.Hosts[0].Groups) > 0 {
				h, w := n.Hosts, n.Wires
				if h[0].Groups[0] != "224.0.0.114 by eth0" || h[0].Faults[0] != "firewall in" || w[1].Whole || !w[1].Up || w[1].Faults[0] != "cut" || h[1].Dead || !h[2].Dead {
					t.Errorf("%+v", n)
				}
				break
			}
		}
		if late := time.Since(begin); late > 0 {
			t.Errorf("it is shown after %v", late)
		}
		close(stop)
		time.Sleep(time.Minute)
		asked := l.asks()
		time.Sleep(time.Hour)
		if l.asks() != asked {
			t.Error("it is asked, though nobody shows it any more")
		}
	})
}

// Whatever a board shows wakes it.
func TestChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := openLAN(t)
		var token Token
		var s *sitting
		var done, off func()
		for _, do := range []struct {
			what string
			do   func()
		}{
			{"a student sits down", func() { token, s = mustJoin(t, c, Applicant{Name: "Ada"}) }},
			{"a page shows the seat", func() { done = s.Look() }},
			{"a program starts", func() { s.Input(Input{Size: Size{80, 24}}) }},
			{"it tells", func() { l.last().tells(report{at: time.Now()}) }},
			{"the teacher looks on", func() { off = s.LookOn() }},
			{"and not any more", func() { off() }},
			{"the page goes", func() { done() }},
			{"the program ends", func() { l.last().exit("it has ended") }},
			{"the class is locked", func() { c.Lock(true) }},
			{"a fault", func() { _ = c.Fault("", []string{"cut", "H1.eth0"}) }},
			{"the student leaves", func() { _ = c.Leave(token) }},
		} {
			synctest.Wait()
			changed := c.Changed()
			do.do()
			if !woken(changed) {
				t.Errorf("%s: nobody is woken", do.what)
			}
		}
		if b := c.Board(); !b.Locked || len(b.Seats) != 3 || b.Seats[0].Name != "" || b.Private {
			t.Errorf("%+v", b)
		}
	})
}

// The teacher looks at what a student has, and the page says so.
func TestLookOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := openLAN(t)
		if _, err := c.SeatAt("H1"); err != ErrSeat {
			t.Errorf("at a free seat: %v", err)
		}
		_, s := mustJoin(t, c, Applicant{Name: "Ada"})
		_, plain := mustJoin(t, c, Applicant{Name: "Bob", Plain: true})
		at, err := c.SeatAt("H1")
		if err != nil || at != s.at {
			t.Fatalf("%p, %v", at, err)
		}
		off := at.Tabs()[0].LookOn() // before there is a screen
		plain.LookOn()()
		if _, screen := shown(t, s); !screen.Looked || c.Board().Seats[0].Pages != 0 || !c.Board().Seats[0].Looked {
			t.Errorf("%+v", screen)
		}
		b, _ := Screen{Looked: true}.MarshalJSON()
		if string(b) != `{"w":0,"h":0,"v":0,"cur":[0,0,0],"looked":true}` {
			t.Errorf("%s", b)
		}
		_, screen := shown(t, s)
		off()
		if next, err := s.Next(t.Context(), screen.Version); err != nil || next.Looked {
			t.Errorf("%+v, %v", next, err)
		}
		list, _, _, err := plain.Lines(t.Context(), 0)
		if err != nil || !slices.Equal(list, []string{"The teacher looks on.", "The teacher does not look on any more."}) {
			t.Errorf("%q, %v", list, err)
		}
	})
}
