package session

import (
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/ends"
	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/members"
)

// sealedAs is a member of a sealed room.
func sealedAs(nick, at string) Config {
	cfg := as(nick, labtest.Group(at))
	cfg.Members.Keys = func(string) ([]frame.RoomKey, error) { return []frame.RoomKey{{7}}, nil }
	return cfg
}

// asks asks a member for its facts until the verdicts are as they should be.
func (p *person) asks(nick, what string, want func(here, peer ends.Party, verdicts [2]ends.Direction) bool) {
	p.t.Helper()
	var last [2]ends.Direction
	var both BothEnds
	defer func() {
		if p.t.Failed() {
			p.t.Logf("%s: %+v, asked %d times, answered: %v", what, last, both.Asked, both.There != nil)
		}
	}()
	var ref frame.Ref
	p.until(nick+" is here", func() bool {
		for _, m := range p.Snapshot().Members.Members {
			if m.Nick == nick && m.Bits&frame.BitFacts != 0 {
				ref = m.Ref
			}
		}
		return ref != frame.Ref{}
	})
	asked := false
	p.until(what, func() bool {
		if !asked || p.Answered() {
			if asked {
				var err error
				if both, err = p.Ends(ref); err != nil || both.Err != nil {
					p.t.Fatal(err, both.Err)
				}
				here, peer := ends.Party{Name: "here", End: both.Here}, ends.Party{Name: nick, End: both.There}
				last = ends.Judge(here, peer)
				if want(here, peer, last) {
					return true
				}
			}
			if err := p.AskFacts(ref); err != nil {
				p.t.Fatal(err)
			}
			asked = true
		}
		return false
	})
}

// The article: what A says leaves by eth1, and both ends say whose side that is; by eth0 all
// is well; and when B's firewall drops what comes to groups, B is asked at its address and
// names itself.
func TestBothEnds(t *testing.T) {
	t.Parallel()
	labtest.Program(t, "nft")
	const group = "239.1.2.3:5000"
	if os.Getenv(labtest.InHostEnv) == "" {
		l := labtest.Build(t, lab.Article)
		var both sync.WaitGroup
		for _, name := range []string{"A", "B"} {
			both.Go(func() { labtest.RunInHost(t, l.Host(name)) })
		}
		both.Wait()
		return
	}
	if name, _ := lab.InHost(); name == "B" {
		over, err := net.Listen("tcp", "192.168.8.226:7000") // nothing that is dropped can say that all is over
		if err != nil {
			t.Fatal(err)
		}
		defer over.Close()
		cfg := sealedAs("bob", group)
		cfg.Members.ShareFacts = true
		bob := enter(t, cfg)
		bob.told("gets facts of this host")
		bob.hears("drop it")
		for _, rule := range [][]string{
			{"add", "table", "inet", "t"},
			{"add", "chain", "inet", "t", "c", "{ type filter hook input priority 0; }"},
			{"add", "rule", "inet", "t", "c", "meta", "pkttype", "multicast", "meta", "l4proto", "udp", "drop"},
		} {
			if out, err := exec.Command("nft", rule...).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
		}
		bob.says("dropped")
		if err := over.(*net.TCPListener).SetDeadline(time.Now().Add(2 * labtest.Patience)); err != nil {
			t.Fatal(err)
		}
		if c, err := over.Accept(); err == nil {
			c.Close()
		}
		return
	}
	defer func() {
		if c, err := net.Dial("tcp", "192.168.8.226:7000"); err == nil {
			c.Close()
		}
	}()
	cfg := sealedAs("alice", group)
	cfg.Interfaces = nil
	alice := enter(t, cfg)
	alice.asks("bob", "the side is alice's", func(here, peer ends.Party, d [2]ends.Direction) bool {
		return d[0].Verdict == ends.WrongInterface && d[0].Side == "here" && d[0].Cause == "wrong-egress" && d[1].Verdict == ends.Arrives &&
			peer.Seen.IfIndex != 0 && peer.Seen.From.String() == "192.168.8.164"
	})
	do(t, alice.Session, UseInterface{Interface: "eth0"})
	alice.asks("bob", "all is well", func(_, _ ends.Party, d [2]ends.Direction) bool {
		return d[0].Verdict == ends.Arrives && d[1].Verdict == ends.Arrives
	})
	alice.says("drop it")
	alice.hears("dropped")
	alice.asks("bob", "the side is bob's", func(_, _ ends.Party, d [2]ends.Direction) bool {
		return d[0].Verdict == ends.Dropped && d[0].Side == "bob" && d[0].Cause == "firewall-in" && d[1].Verdict == ends.Arrives
	})
}

// Who did not agree tells nothing: in an open room nobody is told who is not verified, and a
// user is asked, once.
func TestFactsTakeAWord(t *testing.T) {
	t.Parallel()
	const group = "239.1.2.3:5000"
	if !labtest.InHost(t, lab.Article, "B") {
		return
	}
	asker := sealedAs("alice", group)
	user := sealedAs("bob", group)
	user.Members.AskUser = true
	alice, bob := enter(t, asker), enter(t, user)
	alice.told("bob is here")
	var ref frame.Ref
	alice.until("bob is live", func() bool {
		for _, m := range alice.Snapshot().Members.Members {
			ref = m.Ref
			return m.Presence == members.Live
		}
		return false
	})
	if err := alice.AskFacts(ref); err != nil {
		t.Fatal(err)
	}
	bob.told("asks for facts of this host")
	alice.until("it was asked again", func() bool {
		t := locked(alice.Session, alice.current)
		t.mu.Lock()
		defer t.mu.Unlock()
		return t.ends.question.Asked() > 2
	})
	if alice.Answered() {
		t.Error("it gets them before the user agreed")
	}
	asked := 0
	for _, l := range bob.all(chat.Notice) {
		if strings.Contains(l.Text.String(), "asks for facts of this host") {
			asked++
		}
	}
	if asked != 1 {
		t.Errorf("the user was asked %d times", asked)
	}
	do(t, bob.Session, AgreeFacts{Name: "alice", Yes: true})
	alice.until("bob has agreed", func() bool { return alice.Answered() })
	bob.told("gets facts of this host: it asked, and you agreed")
	hint := ""
	for _, l := range bob.all(chat.Notice) {
		if strings.Contains(l.Text.String(), "and you agreed") {
			hint = l.Hint.String()
		}
	}
	if hint != "to end that: /facts no alice" { // /facts off would not
		t.Errorf("how it is ended: %q", hint)
	}
	if both, err := alice.Ends(ref); err != nil || both.There == nil || both.Err != nil {
		t.Errorf("%+v, %v", both, err)
	}
}
