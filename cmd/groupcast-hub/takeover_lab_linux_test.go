package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
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
	p := &pair{site: "room-" + room}
	p.leader = startBridge(t, l.Host(room+"1"), dir, p.site, "-rate", "0", labGroup.String())
	p.leader.says("leads")
	if second := l.Host(room + "2"); second != nil {
		p.standby = startBridge(t, second, dir, p.site, "-rate", "0", labGroup.String())
		p.standby.says("stands by")
	}
	return p
}

// death is a way of a leader to die, and how it comes back.
type death struct {
	name string
	room string // of the leader
	die  func(leader *program) error
	// heal mends it; nil: the bridge is started again.
	heal func(leader *program) error
}

var deaths = [][]death{
	{
		{"the sender's is killed", "A", kill, nil},
		{"the sender's is stopped, and goes on", "A", given(syscall.SIGSTOP), given(syscall.SIGCONT)},
		{"the receiver's is killed", "B", kill, nil},
		{"the receiver's is stopped, and goes on", "B", given(syscall.SIGSTOP), given(syscall.SIGCONT)},
	},
	{
		{"the sender's is cut off from the hub", "A", cutOff(true), cutOff(false)},
		{"the interface of the sender's is down", "A",
			func(p *program) error { return p.node.Link("eth0").SetDown() },
			func(p *program) error { return p.node.Link("eth0").SetUp() }},
		{"the receiver's is cut off from the hub", "B", cutOff(true), cutOff(false)},
		{"the interface of the receiver's is down", "B",
			func(p *program) error { return p.node.Link("eth0").SetDown() },
			func(p *program) error { return p.node.Link("eth0").SetUp() }},
	},
}

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
					testDeath(t, d, pairs[d.room], talk, e, func(node *lab.Node) *program {
						return startBridge(t, node, dir, pairs[d.room].site, "-rate", "0", labGroup.String())
					})
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

func testDeath(t *testing.T, d death, p *pair, talk *talker, e *ear, again func(*lab.Node) *program) {
	t.Helper()
	// A machine that does something else for half a second makes it longer, but not each time.
	for attempt := 1; ; attempt++ {
		first := talk.next.Load()
		if err := d.die(p.leader); err != nil {
			t.Fatal(err)
		}
		p.standby.says("leads")
		e.hears("T", talk.next.Load(), 20)
		missing, _ := e.count("T", first, talk.next.Load()-20)
		died := p.leader
		p.leader, p.standby = p.standby, died
		if d.heal == nil {
			p.standby = again(died.node)
		} else if err := d.heal(died); err != nil {
			t.Fatal(err)
		}
		p.standby.says("stands by")
		e.hears("T", talk.next.Load(), 20)
		t.Logf("%s: %d datagrams, of 100 a second, are missing", d.name, missing)
		if missing < mayMiss {
			return
		}
		if *long || attempt == 3 {
			t.Errorf("%s: %d datagrams are missing, want less than %d", d.name, missing, mayMiss)
			return
		}
	}
}
