package session

import (
	"testing"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/members"
)

// What the user says of one who wants facts is said as it is: in an open room nobody gets
// them whose key is not verified. It holds in groups that are joined later.
func TestWordAboutFacts(t *testing.T) {
	t.Parallel()
	if !labtest.InHost(t, lab.Article, "B") {
		return
	}
	cfg := as("bob", labtest.Group("239.1.2.3:5000"))
	cfg.Members.AskUser = true
	enter(t, as("alice", labtest.Group("239.1.2.3:5000")))
	bob := enter(t, cfg)
	var alice members.Member
	bob.until("alice is here", func() bool {
		for _, m := range bob.Snapshot().Members.Members {
			alice = m
		}
		return alice.Nick == "alice"
	})
	said := func(text, hint string) {
		t.Helper()
		bob.told(text)
		for _, l := range bob.all(chat.Notice) {
			if l.Text.String() == text && l.Hint.String() == hint {
				return
			}
		}
		t.Errorf("%q has not the hint %q", text, hint)
	}
	agreed := func() bool {
		current := locked(bob.Session, bob.current)
		current.mu.Lock()
		defer current.mu.Unlock()
		return current.ends.answerer.Agreed(alice.Key)
	}
	do(t, bob.Session, AgreeFacts{Name: "alice", Yes: true})
	said("alice gets facts of this host when it asks, once its key is verified", "ask that person by another way which key it has: /verify alice")
	do(t, bob.Session, Join{Group: labtest.Group("239.1.2.4:5000")})
	if at := locked(bob.Session, bob.current).name; at != "239.1.2.4:5000" || !agreed() {
		t.Errorf("in %s, which was joined later, alice gets facts: %t", at, agreed())
	}
	do(t, bob.Session, Join{Group: labtest.Group("239.1.2.3:5000")})
	do(t, bob.Session, AgreeFacts{Name: "alice"})
	said("alice gets no facts of this host", "")
	if agreed() {
		t.Error("the word is not taken back")
	}
}
