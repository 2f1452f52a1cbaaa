package identity

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/groupcast/groupcast/mcast/members"
)

var _ members.Pins = (*Pins)(nil)

func keyNumber(n int) key { return key{byte(n), byte(n >> 8), byte(n >> 16), 1} }

func open(t *testing.T, file string) *Pins {
	t.Helper()
	p, remarks := OpenPins(file)
	if len(remarks) > 0 {
		t.Errorf("%v", remarks)
	}
	return p
}

func closed(t *testing.T, p *Pins) {
	t.Helper()
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

// want says whose a nickname is when a key comes with it.
func want(t *testing.T, p *Pins, nick string, comes, belongs key, isNew bool) {
	t.Helper()
	if got, first := p.Pin(nick, comes); got != belongs || first != isNew {
		t.Errorf("%q belongs to %x (new: %t), want %x (%t)", nick, got[:2], first, belongs[:2], isNew)
	}
}

func TestPinsAreKept(t *testing.T) {
	file := PinsFile(filepath.Join(t.TempDir(), "groupcast"))
	alice, bob := keyNumber(1), keyNumber(2)
	p := open(t, file)
	want(t, p, "alice", alice, alice, true)
	want(t, p, "alice", alice, alice, false)
	want(t, p, "alice", bob, alice, false)
	const hostile = "x\u202e\n\x1b[31m\"verified 00\\ "
	want(t, p, hostile, bob, bob, true)
	if err := p.Verify(alice, true); err != nil || !p.Verified(alice) || p.Verified(bob) {
		t.Errorf("%v", err)
	}
	for of, want := range map[key]string{alice: "alice", bob: hostile, keyNumber(3): ""} {
		if nick, ok := p.NickOf(of); nick != want || ok != (want != "") {
			t.Errorf("the nickname of %x is %q, want %q", of[:2], nick, want)
		}
	}
	closed(t, p)

	text, _ := os.ReadFile(file)
	if strings.ContainsAny(string(text), "\x1b\u202e") {
		t.Errorf("the file has what a terminal obeys: %q", text)
	}
	for _, p := range []*Pins{open(t, file), ReadPins(file)} {
		want(t, p, "alice", bob, alice, false)
		want(t, p, hostile, alice, bob, false)
		if !p.Verified(alice) {
			t.Error("forgotten that alice was verified")
		}
	}
	if err := p.Verify(alice, false); err != nil || p.Verified(alice) || open(t, file).Verified(alice) {
		t.Errorf("still verified; %v", err)
	}
}

// To verify the one who has a name that belongs to another key says whose it is; to
// verify one who has a name of its own does not, whatever it was called before.
func TestVerifiedTakesTheName(t *testing.T) {
	old, now, other := keyNumber(1), keyNumber(2), keyNumber(3)
	var p Pins
	p.Pin("alice", old)
	want(t, &p, "alice", other, old, false)
	want(t, &p, "mallory", other, other, true)
	p.Verify(other, true)
	want(t, &p, "alice", now, old, false)
	p.Verify(now, true)
	want(t, &p, "alice", now, now, false)
	want(t, &p, "alice", other, now, false)
	p.Verify(other, true) // both are verified: the first one stays
	want(t, &p, "alice", other, now, false)
}

// Programs with one file do not lose each other's pins, and the earlier one is right.
func TestPinsOfSeveralPrograms(t *testing.T) {
	file := PinsFile(t.TempDir())
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	early, late := open(t, file), open(t, file)
	early.now, late.now = func() time.Time { return at }, func() time.Time { return at.Add(time.Minute) }
	want(t, late, "alice", keyNumber(2), keyNumber(2), true)
	closed(t, late)
	want(t, early, "alice", keyNumber(1), keyNumber(1), true)
	early.Verify(keyNumber(7), true)
	closed(t, early)
	want(t, late, "bob", keyNumber(3), keyNumber(3), true)
	late.Verify(keyNumber(8), true)
	want(t, late, "alice", keyNumber(2), keyNumber(1), false)
	if !late.Verified(keyNumber(7)) {
		t.Error("what the other program verified is not seen")
	}

	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			p, _ := OpenPins(file)
			for j := range 20 {
				p.Pin(fmt.Sprint("member ", i, j), keyNumber(i))
			}
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	p := ReadPins(file)
	if n := len(p.known.names); n != 162 || !p.Verified(keyNumber(7)) || !p.Verified(keyNumber(8)) {
		t.Errorf("%d names, want 162, and two verified keys", n)
	}
}

// What the user takes out of the file while a program runs is forgotten.
func TestPinsThatTheUserTakesOut(t *testing.T) {
	file := PinsFile(t.TempDir())
	p := open(t, file)
	p.Pin("alice", keyNumber(1))
	p.write()
	if err := os.WriteFile(file, []byte("rubbish\nname \"carol\" short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.Pin("bob", keyNumber(2))
	p.write()
	want(t, p, "alice", keyNumber(3), keyNumber(3), true)
	closed(t, p)
	text, _ := os.ReadFile(file)
	for _, line := range []string{"rubbish\n", "name \"carol\" short\n"} {
		if strings.Count(string(text), line) != 1 {
			t.Errorf("the damaged line %q is not there once: %s", line, text)
		}
	}
	if _, remarks := OpenPins(file); len(remarks) != 1 || !strings.Contains(remarks[0].Text, "2 lines are damaged") {
		t.Errorf("%v", remarks)
	}
}

// A flood of names has a bound, and takes the name of nobody who was verified or seen.
func TestPinsAreBounded(t *testing.T) {
	file := PinsFile(t.TempDir())
	p := open(t, file)
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	p.now = func() time.Time { now = now.Add(time.Second); return now }
	p.Pin("alice", keyNumber(1))
	p.Verify(keyNumber(1), true)
	p.Pin("seen", keyNumber(2))
	p.Pin("not seen", keyNumber(3))
	for i := range 2 * MaxNames {
		if i%100 == 0 {
			p.Pin("seen", keyNumber(2))
		}
		p.Pin(fmt.Sprint(i), keyNumber(i+10))
		p.mu.Lock()
		n := len(p.known.names)
		p.mu.Unlock()
		if n > MaxNames {
			t.Fatalf("%d names", n)
		}
		p.Pin("alice", keyNumber(i+10))
	}
	closed(t, p)
	p = open(t, file)
	want(t, p, "alice", keyNumber(9), keyNumber(1), false)
	want(t, p, "seen", keyNumber(9), keyNumber(2), false)
	want(t, p, "not seen", keyNumber(9), keyNumber(9), true)
	for i := range MaxVerified - 1 {
		p.setVerified(keyNumber(i+100), true)
	}
	if err := p.Verify(keyNumber(1<<20), true); !errors.Is(err, ErrTooManyVerified) {
		t.Errorf("%v, want ErrTooManyVerified", err)
	}
}

// What comes is written once, a while after it came.
func TestPinsAreWrittenSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := PinsFile(t.TempDir())
		p := open(t, file)
		p.Pin("alice", keyNumber(1))
		synctest.Wait()
		if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("written at once: %v", err)
		}
		time.Sleep(writeAfter + time.Second)
		want(t, ReadPins(file), "alice", keyNumber(2), keyNumber(1), false)
		closed(t, p)
	})
}

// Where they cannot be written the talk goes on, and a later write has them all.
func TestPinsThatCannotBeWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "groupcast")
	file := PinsFile(dir)
	p := open(t, file)
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p.Pin("alice", keyNumber(1))
	if err := p.Verify(keyNumber(1), true); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("%v, want an error that names the file", err)
	}
	want(t, p, "alice", keyNumber(2), keyNumber(1), false)
	os.Remove(dir)
	closed(t, p)
	if p := ReadPins(file); !p.Verified(keyNumber(1)) {
		t.Error("lost")
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(file, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, remarks := OpenPins(file); len(remarks) != 1 {
		t.Errorf("%v, want a remark", remarks)
	}
}
