package wires_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/lab/wires"
	"github.com/groupcast/groupcast/mcast/record"
)

var group = netip.MustParseAddrPort("239.1.2.3:5000")

// recorded is a lab that is recorded until the test ends, or end is called.
func recorded(t *testing.T, o wires.Options) (l *lab.Lab, r *wires.Recording, end func() map[string]wires.Wire) {
	t.Helper()
	o.Topology = lab.Article
	r, err := wires.Begin(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	l, err = lab.UpWatched(t.Context(), lab.Article, r.Made)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l, r, func() map[string]wires.Wire {
		l.Close()
		all := map[string]wires.Wire{}
		for _, w := range r.Close().Wires {
			all[w.Host+"."+w.Interface] = w
		}
		return all
	}
}

// sender sends texts by an interface of a host, with a TTL of 7.
func sender(t *testing.T, node *lab.Node) func(by, text string) {
	conn := labtest.Socket(t, node, mcast.Config{Hops: 7})
	return func(by, text string) {
		t.Helper()
		if err := conn.Send([]byte(text), group, mcast.ViaInterface(labtest.Device(t, node, by), group.Addr())); err != nil {
			t.Fatal(err)
		}
	}
}

// talk are the datagrams to the group in a file, a line each, until it ends.
func talk(t *testing.T, file string) (lines []string) {
	t.Helper()
	in, err := record.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	for {
		p, err := in.Next()
		if errors.Is(err, io.EOF) {
			return lines
		}
		if err != nil {
			t.Fatalf("%s, after %q: %v", file, lines, err)
		}
		if p.To == group {
			way := map[bool]string{true: "out", false: "in"}[p.Out]
			lines = append(lines, fmt.Sprintf("%s %s %s ttl %d: %s", p.Interface, way, p.From.Addr(), p.Hops, p.Data))
		}
	}
}

func expect(t *testing.T, file string, want ...string) {
	t.Helper()
	if got := talk(t, file); !slices.Equal(got, want) {
		t.Errorf("%s has\n  %s\nand not\n  %s", filepath.Base(file), strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// What goes over a wire is in the file of each host that is on it: also what a
// fault loses in front of the host, and what comes when an interface was deleted
// and made again. What is recorded is in the file at once.
func TestRecording(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l, r, end := recorded(t, wires.Options{Dir: filepath.Join(dir, "lessons"), Name: "article"})
	file := func(wire string) string { return filepath.Join(dir, "lessons", "article", wire+".pcapng") }
	say := sender(t, l.Host("A"))
	b := l.Host("B")

	for n := range 19 { // which no frame is between: the latest 16 of all are kept
		r.Step(fmt.Sprintf("earlier %d: %s", n, strings.Repeat("é", 1000)))
	}
	r.Step("step 2: one")
	say("eth0", "one")
	say("eth1", "elsewhere")
	if err := b.Link("eth0").Drop(100); err != nil {
		t.Fatal(err)
	}
	r.Step("step 3: two")
	say("eth0", "two")
	labtest.Eventually(t, "what was lost at B is in the file", func() bool { return len(talk(t, file("B.eth0"))) == 2 })
	for _, do := range []func() error{b.Link("eth0").Delete, b.Link("eth0").Make} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	say("eth0", "again")
	var ofB string // the address of its frames
	labtest.In(t, b, func() error {
		eth0, err := net.InterfaceByName("eth0")
		if err == nil {
			ofB = eth0.HardwareAddr.String()
		}
		return err
	})
	member := labtest.Member(t, b, labtest.Group("239.1.2.3:5000"))
	say("eth0", "last")
	labtest.Hears(t, member, "last")
	unicast := labtest.Socket(t, b, mcast.Config{})
	if err := unicast.Send([]byte("who has"), netip.MustParseAddrPort("192.168.8.164:9"), mcast.Via{}); err != nil {
		t.Fatal(err)
	}
	labtest.Eventually(t, "the port is unreachable, and the answer says of what", func() bool {
		b, _ := os.ReadFile(file("B.eth0"))
		return bytes.Count(b, []byte("who has")) == 2
	})
	for _, wire := range []string{"A.eth0", "B.eth0"} { // the kernel sends a report some moments after the join
		labtest.Eventually(t, "a report to 224.0.0.22 is in the file of "+wire, func() bool {
			b, _ := os.ReadFile(file(wire))
			return bytes.Contains(b, []byte{1, 0, 0x5e, 0, 0, 0x16})
		})
	}

	all := end()
	if len(all) != 3 {
		t.Fatalf("%d wires: %v", len(all), all)
	}
	for wire, w := range all {
		info, err := os.Stat(file(wire))
		if err != nil || w.File != file(wire) || info.Size() != w.Bytes || w.Lost != 0 || w.Stopped != nil {
			t.Errorf("%+v, and the file: %v", w, err)
			continue
		}
		if owner := int(info.Sys().(*syscall.Stat_t).Uid); info.Mode() != 0o600 || owner != os.Geteuid() {
			t.Errorf("%s has mode %v, and is of %d", wire, info.Mode(), owner)
		}
	}
	for _, d := range []string{"", "article"} {
		if info, err := os.Stat(filepath.Join(dir, "lessons", d)); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("directory %q: %v, %v", d, info.Mode(), err)
		}
	}
	expect(t, file("A.eth0"), "A.eth0 out 192.168.8.164 ttl 7: one", "A.eth0 out 192.168.8.164 ttl 7: two",
		"A.eth0 out 192.168.8.164 ttl 7: again", "A.eth0 out 192.168.8.164 ttl 7: last")
	expect(t, file("A.eth1"), "A.eth1 out 169.254.167.41 ttl 7: elsewhere")
	expect(t, file("B.eth0"), "B.eth0 in 192.168.8.164 ttl 7: one", "B.eth0 in 192.168.8.164 ttl 7: two",
		"B.eth0 in 192.168.8.164 ttl 7: again", "B.eth0 in 192.168.8.164 ttl 7: last")
	// All that B sends by its new interface, A hears.
	reads := map[string]string{}
	for wire := range all {
		reads[wire] = tshark(t, file(wire))
	}
	var since []int
	for _, wire := range []string{"A.eth0", "B.eth0"} {
		_, rest, _ := strings.Cut(reads[wire], "|two")
		until, _, found := strings.Cut(rest, "|again")
		if since = append(since, strings.Count(until, "|"+ofB+"|")); !found || since[0] < 1 || since[0] != since[len(since)-1] {
			t.Errorf("%s has %d frames of B since the interface was deleted, %v:\n%s", wire, since, found, rest)
		}
	}
	for wire, want := range map[string][]string{
		"A.eth0": {"step 2: one", "one", "step 3: two", "two"},
		"B.eth0": {"earlier 18: é", "step 2: one", "one", "step 3: two", "two"},
		"A.eth1": {"step 2: one", "elsewhere"},
	} {
		said := reads[wire]
		if n := int64(strings.Count(said, "\n")); n != all[wire].Frames {
			t.Errorf("%s: tshark reads %d frames, and there are %d", wire, n, all[wire].Frames)
		}
		if strings.Count(said, "step ") > 2 || strings.Contains(said, "earlier 3: ") || strings.Contains(said, strings.Repeat("é", 513)) || strings.Contains(said, "\ufffd") {
			t.Errorf("%s: a step is told twice, or too much of it:\n%s", wire, said)
		}
		rest := said
		for _, text := range want {
			_, after, found := strings.Cut(rest, text)
			if !found {
				t.Errorf("%s: no %q, or not in this order, in\n%s", wire, text, said)
				break
			}
			rest = after
		}
		for _, protocol := range []string{":igmp", ":arp|", ":icmp:"} {
			if strings.Contains(said, protocol) != (wire != "A.eth1") {
				t.Errorf("%s: a frame of %q: %v, in\n%s", wire, protocol, wire == "A.eth1", said)
			}
		}
	}
}

// tshark is a line for each frame: its comments, its protocols, its sender, its payload.
func tshark(t *testing.T, file string) string {
	t.Helper()
	labtest.Program(t, "tshark")
	out, err := exec.Command("tshark", "-r", file, "-T", "fields", "-E", "separator=|",
		"-e", "frame.comment", "-e", "frame.protocols", "-e", "eth.src", "-e", "udp.payload").Output()
	if err != nil {
		t.Fatal(err)
	}
	text := string(out)
	for _, said := range []string{"one", "two", "again", "elsewhere"} {
		text = strings.ReplaceAll(text, fmt.Sprintf("%x", said), said)
	}
	return text
}

// All files have so many bytes together and no more, and whoever recorded is told.
func TestLimit(t *testing.T) {
	t.Parallel()
	const most = 30 << 10
	told := make(chan error, 10)
	l, _, end := recorded(t, wires.Options{Dir: t.TempDir(), Name: "small", Max: most, Failed: func(host, name string, err error) {
		told <- fmt.Errorf("%s.%s: %w", host, name, err)
	}})
	say := sender(t, l.Host("A"))
	for range 20 {
		say("eth0", strings.Repeat("x", 1000))
	}
	for range 2 {
		if err := <-told; !errors.Is(err, record.ErrLimit) || !strings.Contains(err.Error(), ".eth0: ") {
			t.Error(err)
		}
	}
	for wire, w := range end() {
		heard := len(talk(t, w.File))
		if w.Bytes > most/3 || wire != "A.eth1" && (heard < 5 || heard > 10 || !errors.Is(w.Stopped, record.ErrLimit)) || wire == "A.eth1" && w.Stopped != nil {
			t.Errorf("%s has %d bytes with %d datagrams, and %v", wire, w.Bytes, heard, w.Stopped)
		}
	}
}

// Each recording has its own directory, and none overwrites another.
func TestDirectories(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var got []string
	for range 3 {
		r, err := wires.Begin(wires.Options{Dir: dir, Name: "echo"})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(r.Dir(), "mine"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		got = append(got, filepath.Base(r.Close().Dir))
	}
	if want := []string{"echo", "echo-2", "echo-3"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	// What was not used is not left behind.
	r, err := wires.Begin(wires.Options{Dir: dir, Name: "echo"})
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	if _, err := os.Stat(r.Dir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an empty directory is left: %v", err)
	}

	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{file: syscall.ENOTDIR, filepath.Join(file, "below"): syscall.ENOTDIR, filepath.Join(dir, "none", "below"): syscall.ENOENT, "/proc/sys/nothing": nil, "": nil} {
		if _, err := wires.Begin(wires.Options{Dir: path, Name: "echo"}); err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("in %q: %v, want %v", path, err, want)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a directory is made that nobody named: %v", err)
	}
}
