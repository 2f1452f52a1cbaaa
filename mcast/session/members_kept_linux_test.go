package session

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/echo"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// memory is a history in memory.
type memory struct {
	mu   sync.Mutex
	kept map[string][][]byte
	fail error
}

func (m *memory) Frames(conversation string, each func([]byte) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, data := range m.kept[conversation] {
		if err := each(data); err != nil {
			return err
		}
	}
	return nil
}

func (m *memory) Append(conversation string, _ time.Time, data []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	m.kept[conversation] = append(m.kept[conversation], slices.Clone(data))
	return nil
}

// What was said is kept, shown again as earlier, and given to one who comes late. A
// history that cannot be written is told once.
func TestHistory(t *testing.T) {
	t.Parallel()
	if !labtest.InHost(t, lab.Article, "B") {
		return
	}
	g := labtest.Group("239.1.2.3:5000")
	log := &memory{kept: map[string][][]byte{}}
	keeping := as("alice", g)
	keeping.Members.History = log
	alice, bob := enter(t, keeping), enter(t, as("bob", g))
	alice.told("bob is here")
	bob.told("alice is here")
	bob.says("from bob")
	alice.says("from alice")
	alice.hears("from bob")
	alice.reaches("from alice", 1, 1)
	alice.Close()
	bob.told("alice left")
	bob.Close()
	if n := len(log.kept["239.1.2.3:5000"]); n != 2 {
		t.Fatalf("%d frames are kept, want 2", n)
	}
	before := time.Now()
	alice = enter(t, keeping)
	for _, text := range []string{"from bob", "from alice"} {
		if l := alice.hears(text); !l.Earlier || l.At.After(before) || l.From.IsValid() {
			t.Errorf("of the history: %+v", l)
		}
	}
	carol := enter(t, as("carol", g))
	for _, text := range []string{"from bob", "from alice"} {
		if l := carol.hears(text); !l.Earlier {
			t.Errorf("to a late joiner: %+v", l)
		}
	}
	log.mu.Lock()
	log.fail = fmt.Errorf("no space left")
	log.mu.Unlock()
	alice.told("carol is here")
	alice.says("one")
	alice.says("two")
	if l := alice.told("history: no space left"); l.Kind != chat.Problem {
		t.Errorf("it is told as %+v", l)
	}
	alice.reaches("two", 1, 1)
	if n := len(alice.all(chat.Problem)); n != 1 {
		t.Errorf("%d problems are told, want one", n)
	}
}

// Members answer pings to their group.
func TestMembersAnswerPings(t *testing.T) {
	t.Parallel()
	if !labtest.InHost(t, lab.Article, "B") {
		return
	}
	g := labtest.Group("239.1.2.3:5000")
	answering := as("alice", g)
	answering.Members.Pings = echo.ForMember()
	alice, bob := enter(t, answering), enter(t, as("bob", g))
	do(t, bob.Session, Ping{Count: 2})
	bob.told(" answered 2 of 2 in ")
	do(t, alice.Session, Ping{Count: 1})
	alice.told("no reply to the ping of 239.1.2.3:5000")
	for _, p := range []*person{alice, bob} {
		if list := p.all(chat.Heard); len(list) > 0 {
			t.Errorf("a ping is in the talk: %+v", list)
		}
	}
}

// pins remembers keys in memory.
type pins struct {
	mu       sync.Mutex
	keys     map[string][32]byte
	verified map[[32]byte]bool
}

func (p *pins) Pin(nick string, key [32]byte) (pinned [32]byte, first bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if pinned, known := p.keys[nick]; known {
		return pinned, false
	}
	p.keys[nick] = key
	return key, true
}

func (p *pins) Pinned(nick string) (key [32]byte, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	key, ok = p.keys[nick]
	return key, ok
}

func (p *pins) NickOf(key [32]byte) (nick string, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for nick, of := range p.keys {
		if of == key {
			return nick, true
		}
	}
	return "", false
}

func (p *pins) Verified(key [32]byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.verified[key]
}

func (p *pins) Verify(key [32]byte, on bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.verified[key] = on
	return nil
}

// A key that was compared is verified; one that takes another's name is warned of; and
// whoever says too much waits, and loses nothing.
func TestMembersAreTold(t *testing.T) {
	t.Parallel()
	if !labtest.InHost(t, lab.Article, "B") {
		return
	}
	g := labtest.Group("239.1.2.3:5000")
	pinning := as("bob", g)
	pinning.Members.Pins = &pins{keys: map[string][32]byte{}, verified: map[[32]byte]bool{}}
	alice, bob := enter(t, as("alice", g)), enter(t, pinning)
	bob.told("alice is here: ")
	do(t, bob.Session, Verify{Name: "Alice", On: true})
	bob.told("alice is verified: the key " + fingerprint("alice") + " is theirs")
	if m := bob.Snapshot().Members.Members; len(m) != 1 || !m[0].Verified {
		t.Errorf("after /verify members are %+v", m)
	}
	do(t, bob.Session, Verify{Name: "alice"})
	bob.told("alice is not verified any more")

	eve := as("alice", g)
	eve.Members.Identity = identity("eve")
	enter(t, eve)
	short := fingerprint("eve")[:4]
	l := bob.told("WARNING: this alice is not the alice that was here before: the key is " + fingerprint("eve") + ", and the name belongs to " + fingerprint("alice"))
	if l.Kind != chat.Problem || !strings.Contains(l.Hint.String(), "alice~"+short) {
		t.Errorf("the warning is %+v", l)
	}

	alice.told("bob is here")
	const many = 110 // more than members may say at once
	for n := range many {
		alice.says(fmt.Sprint("line ", n))
	}
	labtest.Eventually(t, "each line is there", func() bool { return len(bob.all(chat.Heard)) == many })
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	// A busy host is slow enough to be let say all of a few.
	refused := func() bool {
		return slices.ContainsFunc(alice.all(chat.Problem), func(l chat.Line) bool { return strings.Contains(l.Text.String(), "not said") })
	}
	for n := 0; n < 20*many && !refused(); n++ {
		if err := alice.Do(ended, Say{Text: fmt.Sprint("late ", n)}); err != nil {
			t.Fatal(err)
		}
	}
	if l := alice.told("not said: the talk ended before it was its turn"); l.Kind != chat.Problem {
		t.Errorf("%+v", l)
	}
}
