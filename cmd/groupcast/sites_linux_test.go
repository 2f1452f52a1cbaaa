package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge"
	"github.com/groupcast/groupcast/mcast/bridge/natslink"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// builtHub builds groupcast-hub, once, and returns its directory.
var builtHub = sync.OnceValues(func() (string, error) {
	dir := filepath.Join(os.Getenv("XDG_CACHE_HOME"), "hub-program")
	build := exec.Command("go", "build", "-race=false", "-buildvcs=false", "-o", dir+string(filepath.Separator), "./cmd/groupcast-hub")
	build.Dir, build.Env = "../..", append(os.Environ(), "XDG_CACHE_HOME=") // with what go has built before
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%v: %w\n%s", build, err, out)
	}
	return dir, nil
})

// startHub starts a hub in a host, in the directory of the test.
func startHub(t *testing.T, at *lab.Node, dir string, args ...string) *program {
	t.Helper()
	programs, err := builtHub()
	if err != nil {
		t.Fatal(err)
	}
	return start(t, at, filepath.Join(programs, "groupcast-hub"), append([]string{"--dir", filepath.Join(dir, "hub"), "--out", dir}, args...)...)
}

// sites is three LANs, as docs/scripts/three-sites.txt has them.
type sites struct {
	t       *testing.T
	l       *lab.Lab
	dir     string
	hub     *program
	bridges []*program
}

const hubAt = "10.9.0.9"

func buildSites(t *testing.T) *sites {
	t.Helper()
	text, err := os.ReadFile("../../docs/scripts/three-sites.txt")
	if err != nil {
		t.Fatal(err)
	}
	topology, err := lab.ParseTopology("three-sites", bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	s := &sites{t: t, l: labtest.Build(t, topology), dir: t.TempDir()}
	s.hub = startHub(t, s.l.Host("N"), s.dir, "--url", hubAt, "--site", "room-1", "--site", "room-2", "--site", "room-3")
	s.hub.saysAnywhere("room-3.hub")
	return s
}

// bridge starts the bridge of a room.
func (s *sites) bridge(n int, groups ...string) *program {
	s.t.Helper()
	b := start(s.t, s.l.Host(fmt.Sprintf("M%d", n)), "groupcast",
		append([]string{"bridge", "--hub", filepath.Join(s.dir, fmt.Sprintf("room-%d.hub", n)), "-i", "eth0"}, groups...)...)
	s.bridges = append(s.bridges, b)
	b.prints(fmt.Sprintf("room-%d on eth0 carries ", n))
	return b
}

// kill ends the hub by force, and starts it again.
func (s *sites) kill() {
	s.t.Helper()
	if err := s.hub.cmd.Signal(syscall.SIGKILL); err != nil {
		s.t.Fatal(err)
	}
	s.hub.wait()
}

func (s *sites) revive() {
	s.t.Helper()
	s.hub = startHub(s.t, s.l.Host("N"), s.dir, "--url", hubAt)
	s.hub.saysAnywhere("hub on")
}

// member starts a member in a room.
func (s *sites) member(n int, name, group string, args ...string) *program {
	s.t.Helper()
	return talks(s.t, s.l.Host(fmt.Sprintf("H%d", n)), append([]string{"--ephemeral", "--name", name, group}, args...)...)
}

// hasAll waits until each of the texts was heard, and checks that none was twice.
func (p *program) hasAll(texts []string) {
	p.t.Helper()
	labtest.Eventually(p.t, fmt.Sprintf("%s hears %d lines", p.name, len(texts)), func() bool {
		list := p.heard()
		return !slices.ContainsFunc(texts, func(text string) bool {
			return !slices.ContainsFunc(list, func(l talkLine) bool { return l.Text == text })
		})
	})
	p.onceEach(texts)
}

// onceEach checks that none of the texts is there twice.
func (p *program) onceEach(texts []string) {
	p.t.Helper()
	counts := map[string]int{}
	for _, l := range p.heard() {
		counts[l.Text]++
	}
	for _, text := range texts {
		if counts[text] > 1 {
			p.t.Errorf("%s has %q %d times", p.name, text, counts[text])
		}
	}
}

// Three rooms, eight members and a plain program of node in each: all have the same talk,
// nobody hears a line twice, and what is said while the hub is killed, twice, is no
// exception.
func TestOneTalkAtThreeSites(t *testing.T) {
	t.Parallel()
	labtest.Program(t, "node")
	s := buildSites(t)
	const group = "239.1.2.3:5000"
	for n := 1; n <= 3; n++ {
		s.bridge(n, group)
	}
	var nodes, members []*program
	names := []string{"ada", "bob", "cas", "dan", "eve", "fay", "gus", "hal"}
	for i, name := range names {
		members = append(members, s.member(1+i%3, name, group))
	}
	for n := 1; n <= 3; n++ {
		p := start(t, s.l.Host(fmt.Sprintf("P%d", n)), "node", peer(t, "talker.js"), "239.1.2.3", "5000", fmt.Sprintf("10.%d.0.11", n))
		p.prints("ready")
		nodes = append(nodes, p)
	}
	for i, p := range members {
		for j, name := range names {
			if i != j {
				p.meets(name)
			}
		}
	}
	var texts []string
	said := map[*program][]string{}
	round := func(what string) {
		for i, p := range append(slices.Clone(members), nodes...) {
			text := fmt.Sprintf("%s %d", what, i)
			p.say(text)
			texts, said[p] = append(texts, text), append(said[p], text)
		}
	}
	all := func() {
		t.Helper()
		for _, p := range members {
			p.hasAll(slices.DeleteFunc(slices.Clone(texts), func(text string) bool { return slices.Contains(said[p], text) }))
		}
	}
	round("hello of")
	all()
	for _, p := range nodes {
		for _, text := range texts {
			if !slices.Contains(said[p], text) {
				p.prints("heard " + text + "\n")
			}
		}
	}
	for n := range 2 {
		s.kill()
		round(fmt.Sprintf("%d without a hub, of", len(texts)))
		if n == 0 { // the doctor is no member, and no member runs at its host
			labtest.Eventually(t, "the doctor says that the other sites are not reached", func() bool {
				p := start(t, s.l.Host("P2"), "groupcast", "doctor", "-i", "eth0", "--probe", "--watch", "4s", group)
				p.end()
				return strings.Contains(p.out.String(), "warning: beyond-one-lan: the bridge of this LAN, room-2, does not reach the other sites")
			})
		}
		s.revive()
		round(fmt.Sprintf("%d with it again, of", len(texts)))
		all()
	}
	round("at last, of")
	all()
	for _, p := range nodes {
		for _, text := range texts {
			if n := strings.Count(p.out.String(), "heard "+text+"\n"); n > 1 {
				t.Errorf("%s heard %q %d times", p.name, text, n)
			}
		}
	}
	for _, b := range s.bridges {
		if err := b.cmd.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		b.prints("frames kept")
	}
}

// spy takes whatever the hub gives to a site of two groups, until the test ends.
type spy struct {
	mu      sync.Mutex
	data    bytes.Buffer
	parcels int
}

func (s *sites) spy(n int, groups ...string) *spy {
	s.t.Helper()
	file, err := natslink.ReadFile(filepath.Join(s.dir, fmt.Sprintf("room-%d.hub", n)))
	if err != nil {
		s.t.Fatal(err)
	}
	var list []mcast.Group
	for _, g := range groups {
		list = append(list, labtest.Group(g))
	}
	var client *natslink.Client
	var link bridge.Link
	labtest.In(s.t, s.l.Host("N"), func() (err error) { // where its sockets are made, too
		reached := make(chan bool, 4)
		if client, err = natslink.Dial(s.t.Context(), natslink.Config{File: file, Tell: func(up bool, _ error) { reached <- up }}); err != nil {
			return err
		}
		for !<-reached {
		}
		link, err = client.Link(list)
		return err
	})
	p, ended := &spy{}, make(chan struct{})
	go func() {
		defer close(ended)
		for a := range link.Arrivals() {
			p.take(a)
		}
	}()
	s.t.Cleanup(func() {
		link.Close()
		<-ended
		client.Close()
	})
	return p
}

func (p *spy) take(a bridge.Arrival) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case a.Parcel != nil:
		p.parcels++
		p.data.Write(a.Parcel.Data)
	case a.Message != nil:
		p.data.Write(a.Message.Data)
	}
}

func (p *spy) reads(text string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return bytes.Contains(p.data.Bytes(), []byte(text))
}

// inFiles reports whether a file of the hub has text in it.
func (s *sites) inFiles(text string) (found bool) {
	s.t.Helper()
	err := filepath.WalkDir(filepath.Join(s.dir, "hub"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return nil // it was replaced meanwhile
		}
		data, _ := os.ReadFile(path)
		found = found || bytes.Contains(data, []byte(text))
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return found
}

// A sealed room at two sites: what is said at one is heard at the other, and neither a spy
// with the key of a third site nor the hub's files have a word of it. In the open room who
// comes to the third site reads what was said before, from the hub's history: of members
// that have ended, and of a plain program.
func TestSealedRoomAndNewcomerAtSites(t *testing.T) {
	t.Parallel()
	labtest.Program(t, "node")
	s := buildSites(t)
	const open, sealed = "239.1.2.3:5000", "239.1.2.4:5000"
	key := filepath.Join(s.dir, "room.key")
	if err := os.WriteFile(key, []byte(strings.Repeat("0f1e2d3c", 8)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	spies := s.spy(3, open, sealed)
	s.bridge(1, open, sealed)
	s.bridge(2, open, sealed)

	ada, bob := s.member(1, "ottilie", sealed, "--key-file", key), s.member(2, "quirin", sealed, "--key-file", key)
	ada.meets("quirin")
	bob.meets("ottilie")
	ada.say("a word under seal")
	bob.hears("ottilie", "a word under seal")
	bob.say("its answer under seal")
	ada.hears("quirin", "its answer under seal")

	cas, dan := s.member(1, "cas", open), s.member(2, "dan", open)
	cas.meets("dan")
	dan.meets("cas")
	node := start(t, s.l.Host("P1"), "node", peer(t, "talker.js"), "239.1.2.3", "5000", "10.1.0.11")
	node.prints("ready")
	var texts []string
	for n := range 20 {
		texts = append(texts, fmt.Sprintf("before the newcomer, %d", n))
	}
	node.say(texts[0])
	dan.hasAll(texts[:1])
	for _, text := range texts[1:] {
		cas.say(text)
	}
	dan.hasAll(texts)
	labtest.Eventually(t, "the hub has it in its files", func() bool { return s.inFiles(texts[19]) })
	for _, p := range []*program{cas, dan} {
		p.end()
	}
	for _, b := range s.bridges { // what they hold goes with them
		if err := b.cmd.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		b.wait()
	}

	s.bridge(3, open, sealed)
	eve := s.member(3, "eve", open)
	eve.hasAll(texts)
	for _, l := range eve.heard() {
		if slices.Contains(texts, l.Text) && !l.Earlier {
			t.Errorf("eve has %q, and it is not marked earlier", l.Text)
		}
	}
	if !spies.reads(texts[1]) || spies.parcels == 0 {
		t.Errorf("the spy read %d frames, and not what is open", spies.parcels)
	}
	for _, word := range []string{"under seal", "ottilie", "quirin"} {
		if spies.reads(word) || s.inFiles(word) {
			t.Errorf("a spy at the hub reads %q of a sealed room", word)
		}
	}
}
