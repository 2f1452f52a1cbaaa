package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// lan is hosts H1 to Hn, from 192.168.1.1 on.
func lan(hosts int) func() lab.Topology { return topologyNamed("classroom", hosts) }

// talks starts a member, which prints JSON, in a host.
func talks(t *testing.T, host *lab.Node, args ...string) *program {
	t.Helper()
	return start(t, host, "groupcast", append([]string{"--json", "--plain-only=false", "-i", "eth0"}, args...)...)
}

// talkLine is what the tests need of a line of a talk.
type talkLine struct {
	ID         uint64
	Type       string
	Name, Text string
	Earlier    bool
}

// heard is the lines that were heard so far, each in its last state.
func (p *program) heard() (list []talkLine) {
	p.t.Helper()
	for text := range strings.Lines(p.out.String()) {
		var l talkLine
		if err := json.Unmarshal([]byte(text), &l); err != nil || l.Type != "heard" {
			continue // another kind, or half of one
		}
		list = append(slices.DeleteFunc(list, func(old talkLine) bool { return old.ID == l.ID }), l)
	}
	return list
}

// meets waits until a member is here.
func (p *program) meets(name string) {
	p.t.Helper()
	p.prints(`"event":"joined","name":"` + name + `"`)
}

// hears waits until a line was heard from somebody, and checks that it was heard once.
func (p *program) hears(name, text string) {
	p.t.Helper()
	var found []talkLine
	labtest.Eventually(p.t, fmt.Sprintf("%s hears %q of %q", p.name, text, name), func() bool {
		found = slices.DeleteFunc(p.heard(), func(l talkLine) bool { return l.Text != text })
		return len(found) > 0 && found[0].Name == name
	})
	if len(found) != 1 {
		p.t.Errorf("%s heard %q %d times: %+v", p.name, text, len(found), found)
	}
}

// The programs of other languages take part in a room of members: each line reaches each
// of them once, byte by byte, and no frame comes to the port of plain text.
func TestPlainProgramsAmongMembers(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"node", "python3", "socat"} {
		labtest.Program(t, name)
	}
	l := labtest.Build(t, lan(4)())
	const group, at = "239.1.2.3:5000", "192.168.1.4"
	d := l.Host("H4")
	spy := start(t, d, "python3", peer(t, "spy.py"), "239.1.2.3", at, "5000", "5001")
	node := start(t, d, "node", peer(t, "member.js"), "239.1.2.3", "5000", at)
	python := start(t, d, "python3", peer(t, "member.py"), "239.1.2.3", "5000", at)
	socat := start(t, d, "socat", "-u", "UDP4-RECV:5000,reuseaddr,ip-add-membership=239.1.2.3:"+at, "STDOUT")
	for _, p := range []*program{spy, node, python} {
		p.prints("ready")
	}
	piped := start(t, l.Host("H1"), "groupcast", "--plain-only=false", "--name", "ada", "-i", "eth0", group)
	object := talks(t, l.Host("H2"), "--name", "bob", group)
	terminal := openTerminal(t, l.Host("H3"), 100, 30, nil, "groupcast", "--name", "carol", "-i", "eth0", group)
	for _, name := range []string{"bob", "carol"} {
		piped.remarks(name)
	}
	object.meets("ada")
	object.meets("carol")
	terminal.shows("ada")

	plainLine := func(text string) {
		from := start(t, d, "socat", "-u", "STDIN", "UDP4-DATAGRAM:239.1.2.3:5000,ip-multicast-if="+at)
		from.say(text)
		from.end()
	}
	labtest.Eventually(t, "socat hears", func() bool { // it does not say when it has joined
		plainLine("are you there?")
		return strings.Contains(socat.out.String(), "are you there?")
	})
	long := strings.Repeat("grüße ", 200)
	lines := []string{"one from ada", "ünï©ödé 🦉 ", "  spaces  ", long, "last of ada"}
	for _, text := range lines {
		piped.say(text)
	}
	object.prints(`"last of ada"`)
	object.say("and bob")
	piped.prints("and bob")
	terminal.keys("and carol\r")
	for _, p := range []*program{piped, object} {
		p.prints("and carol")
	}
	node.prints("and carol") // and so all who are on its host
	plainLine("and socat")
	for _, p := range []*program{piped, object} {
		p.prints("and socat")
	}
	terminal.shows("and socat")
	for _, p := range []*program{spy, node, python, socat} {
		p.prints(map[bool]string{false: "and socat", true: hex.EncodeToString([]byte("and socat"))}[p == spy])
	}
	want := strings.Join(slices.Concat(lines, []string{"and bob", "and carol", "and socat"}), "")
	said := func(text string) string { // without the greeting, and what stands before each line
		for _, cut := range []string{"ready\n", "heard are you there?\n\n", "are you there?\n", "\nheard ", "heard "} {
			text = strings.ReplaceAll(text, cut, "")
		}
		return strings.TrimRight(text, "\n")
	}
	for _, p := range []*program{node, python, socat} {
		if got := said(p.out.String()); got != want {
			t.Errorf("%s heard\n%q\nwant\n%q", p.name, got, want)
		}
	}
	var plain []byte
	frames := 0
	for line := range strings.Lines(spy.out.String()) {
		f := strings.Fields(line)
		if len(f) != 3 {
			continue
		}
		data, err := hex.DecodeString(f[2])
		if err != nil {
			t.Fatal(err)
		}
		framed := bytes.HasPrefix(data, []byte("\xfeMC"))
		switch {
		case f[0] == "5001" && framed:
			frames++
		case f[0] == "5001" || framed:
			t.Errorf("at port %s there is %q", f[0], data)
		case !bytes.Equal(data, []byte("are you there?\n")):
			plain = append(plain, data...)
		}
	}
	if got := strings.TrimRight(string(plain), "\n"); got != want || frames == 0 {
		t.Errorf("at the port of plain text there is\n%q\nand %d frames at the next; want\n%q", got, frames, want)
	}
	for _, text := range []string{"and bob", "and carol", "and socat"} {
		if n := strings.Count(piped.out.String(), text); n != 1 {
			t.Errorf("%s printed %q %d times", piped.name, text, n)
		}
	}
	object.hears("carol", "and carol")
	object.hears("", "and socat")
}

// A sealed room beside a spy: nothing comes to the port of plain text, and no word is in
// what comes to that of frames. Who has no key or another one is told so. Two keys let
// everybody in while the old one is replaced.
func TestSealedRoomAndSpy(t *testing.T) {
	t.Parallel()
	labtest.Program(t, "python3")
	l := labtest.Build(t, lan(3)())
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	old, wrong := file("old", strings.Repeat("0f1e2d3c", 8)+"\n"), file("wrong", strings.Repeat("0f1e2d3b", 8)+"\n")
	made := file("new", "5a0b77c1d2e9348f6a1b0c9d8e7f60514233a4b5c6d7e8f9011223344556677c\n")
	const group = "239.1.2.3:5000"
	spy := start(t, l.Host("H3"), "python3", peer(t, "spy.py"), "239.1.2.3", "192.168.1.3", "5000", "5001")
	spy.prints("ready")
	ada := talks(t, l.Host("H1"), "--name", "ada", "--key-file", old, group)
	bob := talks(t, l.Host("H2"), "--name", "bob", "--key-file", old, group)
	ada.meets("bob")
	bob.meets("ada")
	open := talks(t, l.Host("H3"), "--name", "open", group)
	other := talks(t, l.Host("H3"), "--name", "other", "--key-file", wrong, group)
	const secret = "the secret word"
	ada.say(secret)
	bob.prints(secret)
	open.prints("a sealed room is in this group, too: its frames come from 192.168.1.")
	other.prints("frames of another sealed room come from 192.168.1.")
	ada.prints("talks in this group in the open: its frames are refused here")

	// carol can open what the new key seals, and both seals with it already.
	carol := talks(t, l.Host("H2"), "--name", "carol", "--key-file", old, "--key-file", made, group)
	carol.meets("ada")
	ada.meets("carol")
	ada.say("with the old key")
	carol.hears("ada", "with the old key")
	both := talks(t, l.Host("H1"), "--name", "both", "--key-file", made, "--key-file", old, group)
	both.meets("carol")
	carol.meets("both")
	both.say("with the new key")
	carol.hears("both", "with the new key")
	carol.say("with the old key again")
	both.hears("carol", "with the old key again")
	ada.hears("carol", "with the old key again")

	for line := range strings.Lines(spy.out.String()) {
		f := strings.Fields(line)
		if len(f) != 3 {
			continue
		}
		data, err := hex.DecodeString(f[2])
		if err != nil {
			t.Fatal(err)
		}
		if f[0] == "5000" {
			t.Errorf("the spy has plain text: %q", data)
		}
		for _, word := range []string{secret, "the old key", "the new key", "ada", "bob", "carol"} {
			if bytes.Contains(data, []byte(word)) && f[1] != "192.168.1.3" {
				t.Errorf("the spy reads %q in a frame", word)
			}
		}
	}
	for _, p := range []*program{open, other} {
		p.neverPrinted(secret)
	}
	ada.neverPrinted("with the new key") // it has the old one alone
}

// An author is killed when one member has its line. The others have it soon.
func TestAuthorKilled(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lan(4)())
	const group = "239.1.2.3:5000"
	var all []*program
	names := []string{"ada", "bob", "carol", "dave"}
	for n, name := range names {
		all = append(all, talks(t, l.Host(fmt.Sprintf("H%d", n+1)), "--name", name, group))
	}
	for n, p := range all {
		for m, name := range names {
			if m != n {
				p.meets(name)
			}
		}
	}
	deaf := func(percent int) {
		for _, name := range []string{"H3", "H4"} {
			if err := l.Host(name).Link("eth0").Drop(percent); err != nil {
				t.Fatal(err)
			}
		}
	}
	deaf(100)
	all[0].say("my last words")
	all[1].prints("my last words")
	if err := all[0].cmd.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for _, p := range all[2:] {
		p.neverPrinted("my last words")
	}
	deaf(0)
	began := time.Now()
	for _, p := range all[1:] {
		p.hears("ada", "my last words")
	}
	t.Logf("it took %v", time.Since(began).Round(time.Millisecond))
}

// Two terminals of one user are two members of one name; two hosts of one name are told
// apart.
func TestOneNameTwice(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lan(2)())
	const group = "239.1.2.3:5000"
	t.Run("two terminals of one user", func(t *testing.T) {
		config := "XDG_CONFIG_HOME=" + t.TempDir()
		ada := func() *program {
			return start(t, l.Host("H1"), "env", config, "groupcast", "--json", "--plain-only=false", "-i", "eth0", "--ephemeral=false", "--name", "ada", group)
		}
		watcher := talks(t, l.Host("H2"), "--name", "watcher", group)
		first := ada()
		watcher.meets("ada")
		second := ada()
		watcher.meets("ada #2")
		first.meets("ada #2")
		second.prints(`"event":"joined"`)
		first.say("from the first")
		second.say("from the second")
		watcher.hears("ada", "from the first")
		watcher.hears("ada #2", "from the second")
		first.hears("ada #2", "from the second")
		for _, p := range []*program{first, second, watcher} {
			p.neverPrinted("WARNING")
			if code := p.end(); code != 0 {
				t.Errorf("%s: status %d: %s", p.name, code, p.err.String())
			}
		}
	})
	t.Run("two hosts of one name", func(t *testing.T) {
		one := talks(t, l.Host("H1"), "--name", "pi", group)
		two := talks(t, l.Host("H2"), "--name", "pi", group)
		for _, p := range []*program{one, two} {
			p.prints("two are called pi: the one with the key ")
			p.prints("another name for yourself: --name NAME")
			p.prints(`"pi~`)
		}
	})
}

// A class at 10 % loss: each line reaches everybody, once, and each hears each. With -long
// it has thirty hosts.
func TestClassOfMembers(t *testing.T) {
	t.Parallel()
	hosts := 6
	if *allHints {
		hosts = 30
	}
	l := labtest.Build(t, lan(hosts)())
	name := func(n int) string { return fmt.Sprintf("H%d", n+1) }
	for n := range hosts {
		if err := l.Host(name(n)).Link("eth0").Drop(10); err != nil {
			t.Fatal(err)
		}
	}
	const group = "239.1.2.3:5000"
	began := time.Now()
	var all []*program
	for n := range hosts {
		all = append(all, talks(t, l.Host(name(n)), group))
	}
	labtest.Eventually(t, "all are known to all", func() bool {
		for _, p := range all {
			if strings.Count(p.out.String(), `"event":"joined"`) < hosts-1 {
				return false
			}
		}
		return true
	})
	t.Logf("%d members know each other after %v", hosts, time.Since(began).Round(time.Millisecond))
	began = time.Now()
	for n, p := range all {
		p.say(name(n) + " is listening")
	}
	for n, p := range all {
		for m := range all {
			if m != n {
				p.hears(name(m), name(m)+" is listening")
			}
		}
	}
	t.Logf("all lines are everywhere after %v", time.Since(began).Round(time.Millisecond))
	labtest.Eventually(t, "all know that all have their lines", func() bool {
		for _, p := range all {
			if !strings.Contains(p.out.String(), fmt.Sprintf(`"heard_by":%d,"of":%d`, hosts-1, hosts-1)) {
				return false
			}
		}
		return true
	})
	t.Logf("and that is known everywhere after %v", time.Since(began).Round(time.Millisecond))
	repaired := 0
	for _, p := range all {
		repaired += strings.Count(p.out.String(), `"repaired":true`)
		p.neverPrinted("could not be recovered")
		p.neverPrinted(`"event":"left"`)
	}
	t.Logf("repaired lines: %d of %d", repaired, hosts*(hosts-1))

	// The matrix of one who comes now: whoever listens hears whoever speaks.
	s := openTerminal(t, l.Host("H1"), 200, 60, nil, "groupcast", "--name", "judge", "-i", "eth0", group)
	s.shows("H2")
	s.keys("/matrix\r")
	s.until("a matrix without a question", func() bool {
		text := s.text()
		return strings.Contains(text, name(hosts-1)) && strings.Contains(text, "not known") && strings.Count(text, "?") == 2 && strings.Count(text, "✗") == 2 // of the legend, and the help
	})
	t.Logf("the matrix, %v after the lines:\n%s", time.Since(began).Round(time.Millisecond), s.text())
}
