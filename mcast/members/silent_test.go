package members

import (
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

// A silent member takes in what is said and sends nothing; once it speaks, it lists and
// repairs what it took in. Nobody waits for a bridge to read a line.
func TestSilent(t *testing.T) {
	s := newNetwork(t, 30)
	ada, bob := s.join(nil), s.join(nil)
	bridge := s.join(func(c *Config) { c.Bits, c.NoEcho = frame.BitBridge|frame.BitLog, true })
	bridge.c.SetSilent(s.now, true)
	heard := 0
	s.sent = func(n *node, _ Out, _ frame.Header) {
		if n == bridge {
			heard++
		}
	}
	s.run(5 * time.Second)
	name := s.say(ada, "one")
	s.run(5 * time.Second)
	if heard != 0 || bridge.c.Frame(name.Stream.Ref(), 1) == nil || bridge.c.Frame(name.Stream.Ref(), 2) != nil {
		t.Fatalf("it sent %d frames; held %t", heard, bridge.c.Frame(name.Stream.Ref(), 1) != nil)
	}
	if !bridge.c.Sounds(s.now, frame.BitBridge) || bob.c.Sounds(s.now, 0) == false {
		t.Error("nobody was heard")
	}
	bridge.c.SetSilent(s.now, false)
	s.run(5 * time.Second)
	if heard == 0 {
		t.Fatal("it says nothing")
	}
	s.say(ada, "two")
	s.run(10 * time.Second)
	var last Heard
	for _, e := range ada.events {
		if h, ok := e.(Heard); ok {
			last = h
		}
	}
	if last.Name.Number != 2 || last.By != 1 || last.Of != 1 {
		t.Errorf("of the second line it is told: %+v", last)
	}
	ada.dead, bob.dead = true, true
	late := s.join(nil)
	s.run(10 * time.Second)
	if late.c.Frame(name.Stream.Ref(), 1) == nil || late.c.Frame(name.Stream.Ref(), 2) == nil {
		t.Error("who came late has not what the bridge holds")
	}
}
