package identity

import (
	"fmt"
	"os"
	"testing"
	"time"
)

// A name that the user took out of the file stays out, though whoever has it is seen again;
// a later run may pin it to somebody else.
func TestTakenOutAndSeenAgain(t *testing.T) {
	file := PinsFile(t.TempDir())
	p := open(t, file)
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	p.now = func() time.Time { return now }
	alice, bob := keyNumber(1), keyNumber(2)
	p.Pin("alice", alice)
	p.Pin("bob", bob)
	p.write()
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	now = now.Add(2 * time.Minute)
	p.Pin("alice", alice) // which was seen since, and is not new
	p.Pin("carol", keyNumber(3))
	closed(t, p)
	p = ReadPins(file)
	want(t, p, "carol", keyNumber(9), keyNumber(3), false)
	want(t, p, "alice", keyNumber(9), keyNumber(9), true)
}

// Where there are too many names, one of each verified key stays: the one that was seen last.
func TestVerifiedNamesStay(t *testing.T) {
	begun := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	k := known{}
	k.init()
	add := func(nick string, of key, last time.Duration) {
		k.names[nick] = name{of, begun, begun.Add(last)}
	}
	alice := keyNumber(1)
	k.verified[alice] = begun
	add("alice", alice, 0)
	add("alice, as she was called before", alice, -time.Hour)
	add("of nobody who is verified", keyNumber(2), 0)
	for n := range MaxNames {
		add(fmt.Sprint(n), keyNumber(n+10), time.Duration(n+1)*time.Second)
	}
	k.bound()
	if len(k.names) > MaxNames {
		t.Errorf("%d names", len(k.names))
	}
	for nick, stays := range map[string]bool{"alice": true, "alice, as she was called before": false, "of nobody who is verified": false, fmt.Sprint(MaxNames - 1): true} {
		if _, there := k.names[nick]; there != stays {
			t.Errorf("%q is there: %t", nick, there)
		}
	}
}

// Who is seen all the time is written once a minute at most.
func TestSeenOnceAMinute(t *testing.T) {
	p := open(t, PinsFile(t.TempDir()))
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	p.now = func() time.Time { return now }
	p.Pin("alice", keyNumber(1))
	p.write()
	for _, step := range []struct {
		after time.Duration
		news  int
	}{{time.Second, 0}, {58 * time.Second, 0}, {time.Second, 1}} {
		now = now.Add(step.after)
		p.Pin("alice", keyNumber(1))
		p.mu.Lock()
		n := len(p.news().names)
		p.mu.Unlock()
		if n != step.news {
			t.Errorf("at %v there are %d names to be written", now.Format(time.TimeOnly), n)
		}
	}
	closed(t, p)
}
