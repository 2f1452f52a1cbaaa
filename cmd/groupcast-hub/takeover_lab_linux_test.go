package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

var long = flag.Bool("long", false, "let leaders die ten times, not once, and wait until two rooms that were joined are apart again")

var labGroup = labtest.Group("239.1.2.3:1234")

// A datagram every 10 ms: 200 of them are 2 s.
const (
	talkEvery = 10 * time.Millisecond
	mayMiss   = 200
)

// pair is the two bridges of a room.
type pair struct {
	site            string
	leader, standby *program
}

func startPair(t *testing.T, l *lab.Lab, dir, room string) *pair {
	p := &pair{site: "room-" + strings.ToLower(room)}
	p.leader = startUnlimited(t, l.Host(room+"1"), dir, p.site)
	p.leader.says("leads")
	p.standby = startUnlimited(t, l.Host(room+"2"), dir, p.site)
	p.standby.says("ready")
	return p
}

func startUnlimited(t *testing.T, node *lab.Node, dir, site string) *program {
	return startBridge(t, node, dir, site, "-rate", "0", labGroup.String())
}

// death is a way of a leader to die, and how it comes back.
type death struct {
	name string
	room string // of the leader
	long bool   // it is only seen to with -long
	die  func(leader *program) error
	seen string                      // what the leader says of it, before it comes back
	heal func(leader *program) error // nil: the bridge is started again
	back string                      // what it says then
}

// The deaths of a list share a lab.
var deaths = [][]death{
	{
		{"the sender's is killed", "A", false, kill, "", nil, "ready"},
		{"the sender's is stopped, and goes on", "A", false, given(syscall.SIGSTOP), "", given(syscall.SIGCONT), "stands by"},
		{"the receiver's is killed", "B", false, kill, "", nil, "ready"},
		{"the receiver's is stopped, and goes on", "B", true, given(syscall.SIGSTOP), "", given(syscall.SIGCONT), "stands by"},
	},
	{
		{"the interface of the sender's is down", "A", false, down, "stands by", up, ""},
		{"the sender's is cut off from the hub", "A", false, cutOff(true), "away", cutOff(false), "reached"},
		{"the interface of the receiver's is down", "B", true, down, "stands by", up, ""},
		{"the receiver's is cut off from the hub", "B", true, cutOff(true), "away", cutOff(false), "reached"},
	},
}

func down(p *program) error { return p.node.Link("eth0").SetDown() }
func up(p *program) error   { return p.node.Link("eth0").SetUp() }

func kill(p *program) error {
	p.signal(os.Kill)
	return nil
}

func given(s syscall.Signal) func(p *program) error {
	return func(p *program) error { return p.cmd.Signal(s) }
}

// cutOff drops what the host sends to the hub, and what comes from it.
func cutOff(on bool) func(p *program) error {
	return func(p *program) error {
		wire, percent := p.node.Link("eth1"), 0
		if on {
			percent = 100
		}
		return errors.Join(wire.Swallow(on), wire.Drop(percent))
	}
}

// When a leader dies its standby goes on: less than 2 s of what is said do not come, and
// nothing comes twice.
func TestTakeover(t *testing.T) {
	t.Parallel()
	for n, list := range deaths {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			l, dir := buildRooms(t, secondA, secondB), t.TempDir()
			startHub(t, l, dir, "room-a", "room-b")
			pairs := map[string]*pair{"A": startPair(t, l, dir, "A"), "B": startPair(t, l, dir, "B")}
			talk := talk(t, l.Host("T"), "eth0", labGroup, "T", talkEvery)
			e := listen(t, l.Host("E"), "eth0", labGroup)
			e.hears("T", 0, 20)
			times := 1
			if *long {
				times = 10
			}
			for range times {
				for _, d := range list {
					if *long || !d.long {
						testDeath(t, d, pairs[d.room], talk, e, dir)
					}
				}
			}
			talk.stop()
			end := talk.next.Load()
			labtest.Eventually(t, "the last comes", func() bool { missing, _ := e.count("T", end-1, end); return missing == 0 })
			if _, extra := e.count("T", 0, end); extra > 0 {
				t.Errorf("%d copies of %d datagrams came besides the first ones", extra, end)
			}
		})
	}
}

func testDeath(t *testing.T, d death, p *pair, talk *talker, e *ear, dir string) {
	t.Helper()
	for attempt := 1; ; attempt++ {
		first := talk.next.Load()
		if err := d.die(p.leader); err != nil {
			t.Fatal(err)
		}
		p.standby.says("leads")
		since := talk.next.Load()
		e.hears("T", since, 20)
		missing, _ := e.count("T", first, since)
		p.leader, p.standby = p.standby, p.leader
		p.standby.says(d.seen)
		if d.heal == nil {
			p.standby = startUnlimited(t, p.standby.node, dir, p.site)
		} else if err := d.heal(p.standby); err != nil {
			t.Fatal(err)
		}
		p.standby.says(d.back)
		e.hears("T", talk.next.Load(), 20)
		t.Logf("%s: %d datagrams, of 100 a second, are missing", d.name, missing)
		if missing < mayMiss {
			return
		}
		if *long || attempt == attempts {
			t.Errorf("%s: %d datagrams are missing, want less than %d", d.name, missing, mayMiss)
			return
		}
	}
}
