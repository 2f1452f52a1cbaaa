package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/record"
)

// recordedPackets reads a capture to its end.
func recordedPackets(t *testing.T, file string) (list []record.Packet) {
	t.Helper()
	if list = recordedSoFar(file); len(list) == 0 {
		t.Fatalf("%s has nothing", file)
	}
	return list
}

func spanOf(list []record.Packet) time.Duration { return list[len(list)-1].At.Sub(list[0].At) }

// What is recorded, replayed and recorded again is the same, byte by byte and in
// order, of any size; and a replay is as long as the recording to within 1 %, at
// pauses of 1 ms and of 0.1 ms. This measures time, so it runs alone; a machine
// that does other things gets several tries for the time, and one for the rest.
func TestReplayIsAsItWasRecorded(t *testing.T) {
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	dir := t.TempDir()
	var made []captured
	for i := range 5500 { // half a second of each pause
		ms := float64(i)
		if i > 500 {
			ms = 500 + float64(i-500)/10
		}
		made = append(made, says(ms, fmt.Sprint(i, "\x00\xff", strings.Repeat("x", i%300))))
	}
	made[7].data, made[8].data, made[9].data = nil, bytes.Repeat([]byte{1, 2, 3}, 3000), bytes.Repeat([]byte("ab"), 30000)
	first := capturedIn(t, filepath.Join(dir, "first"), linkRaw, made...)
	again := func(host, other *lab.Node, from, to string) []record.Packet {
		t.Helper()
		ear := start(t, other, "groupcast", "listen", "-i", "eth0", "-c", fmt.Sprint(len(made)), "--record", to, "239.9.9.9:5000")
		ear.remarks("joined")
		do(t, host, "replay", "-i", "eth0", from, "239.9.9.9:5000").ends(exitOK)
		ear.ends(exitOK)
		return recordedPackets(t, to)
	}
	for try := 1; ; try++ {
		one, two := filepath.Join(dir, fmt.Sprint("one", try)), filepath.Join(dir, fmt.Sprint("two", try))
		heard := again(a, b, first, one)
		twice := again(b, a, one, two)
		other := -1 // two datagrams overtake each other where the sender changes its processor
		for i, c := range made {
			if other < 0 && (!bytes.Equal(heard[i].Data, c.data) || !bytes.Equal(twice[i].Data, c.data)) {
				other = i
			}
		}
		recorded, replayed := spanOf(heard), spanOf(twice)
		switch off := (replayed - recorded).Abs(); {
		case other < 0 && off <= recorded/100:
			return
		case try < 5:
		case other >= 0:
			t.Fatalf("datagram %d was %q, and then %q, of %q", other, heard[other].Data, twice[other].Data, made[other].data)
		default:
			t.Fatalf("%v was replayed in %v", recorded, replayed)
		}
	}
}

// A replay among other programs, on a LAN that drops some of it, ended early, of
// captures of tcpdump and of pipes.
func TestReplayInALAN(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	dir := replayFiles(t)
	in := func(name string) string { return filepath.Join(dir, name) }
	replay := func(args string) *program {
		return start(t, a, "groupcast", append([]string{"replay"}, strings.Fields(args)...)...)
	}
	nft(t, a, "output", "udp dport 5100 drop", "udp dport 5101 udp length 13 drop")

	python := start(t, b, "python3", peer(t, "member.py"), "239.8.8.1", "5000", "192.168.8.226")
	node := start(t, b, "node", peer(t, "member.js"), "239.8.8.2", "5000", "192.168.8.226")
	second := start(t, a, "groupcast", "listen", "-i", "eth1", "-c", "2", "239.8.8.3:5000")
	six := start(t, b, "groupcast", "listen", "-c", "2", "[ff02::8888%eth0]:5000")
	early := start(t, b, "groupcast", "listen", "-i", "eth0", "-c", "1", "239.8.8.4:5000")
	capture := start(t, b, "tcpdump", "-Z", "root", "-U", "-i", "eth0", "-w", in("lan.pcap"), "udp or igmp")
	capture.remarks("listening on eth0")
	python.prints("ready")
	node.prints("ready")
	for _, p := range []*program{second, six, early} {
		p.remarks("joined")
	}

	// What tcpdump captured, IGMP among it and both groups, is replayed to whoever
	// understands UDP.
	do(t, a, "send", "-i", "eth0", "-c", "2", "239.1.2.3:5000", "tick").ends(exitOK)
	do(t, a, "send", "-i", "eth0", "-c", "3", "239.1.2.4:5000", "tock").ends(exitOK)
	labtest.Eventually(t, "tcpdump has all five", func() bool { return len(recordedSoFar(in("lan.pcap"))) == 5 })
	if err := capture.cmd.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	capture.status()
	several := replay(in("lan.pcap") + " 239.8.8.1:5000 -i eth0")
	several.ends(exitUsage)
	if text := several.err.String(); !like(text, "RECORDED FOR ...\n239.1.2.4:5000  3          12 ...\n239.1.2.3:5000  2          8 ...\ngroupcast: the capture has 2 groups: which of them?\n...") {
		t.Error(text)
	}
	replay(in("lan.pcap") + " 239.8.8.1:5000 -i eth0 --only 239.1.2.3:5000 --speed max").ends(exitOK)
	replay(in("lan.pcap") + " 239.8.8.2:5000 -i eth0 --only 239.1.2.4 --speed max").ends(exitOK)
	if !python.out.awaitTimes(2, "heard tick\n") || !node.out.awaitTimes(3, "heard tock\n") {
		t.Errorf("heard by python:\n%s\nby node:\n%s", python.out.String(), node.out.String())
	}

	// By another interface, in IPv6, twice in a row, from a pipe.
	replay(in("talk.pcap") + " 239.8.8.3:5000 -i eth1 --speed max --ttl 3").status()
	second.ends(exitOK)
	if text := second.out.String(); !like(text, "... eth1  169.254.167.41:... → 239.8.8.3:5000  ttl 3  3 B  one\n...  two\n") {
		t.Errorf("by eth1 came\n%s", text)
	}
	replay(in("talk.pcap") + " [ff02::8888%eth0]:5000 --speed max").ends(exitOK)
	six.ends(exitOK)
	rounds := replay(in("talk.pcap") + " 239.8.8.1:5000 -i eth0 --speed max --loop 3 --json")
	rounds.ends(exitOK)
	if !python.out.awaitTimes(3, "heard two\n") || !strings.Contains(rounds.out.String(), `"sent":6,"bytes":18,"failed":0,"rounds":3,`) {
		t.Errorf("three rounds: heard by python\n%s\nand told:\n%s", python.out.String(), rounds.out.String())
	}
	for _, args := range []string{"--only 239.1.2.3:5000", ""} {
		pipe := start(t, a, "sh", "-c", "cat "+in("cut.pcap")+" | groupcast replay -i eth0 "+args+" - 239.8.8.2:5000")
		pipe.ends(exitDoubt)
		if text := pipe.err.String(); !like(text, "...groupcast: replayed 1 of standard input to 239.8.8.2:5000 by eth0 in ... s (1x), latest ... behind\n"+
			"groupcast: replay: standard input: it is cut: ...\n...") {
			t.Error(text)
		}
	}
	none := start(t, a, "sh", "-c", "cat "+in("talk.pcap")+" | groupcast replay -i eth0 --only 239.1.2.3:7 - 239.8.8.2:5000")
	none.ends(exitNot)
	if text := none.err.String(); !strings.Contains(text, "standard input: 239.1.2.3:7: no datagram of the capture goes there; 2 datagrams went elsewhere: 239.1.2.3:5000\n") {
		t.Error(text)
	}

	// What captures the replay itself does not replay it for ever.
	loop := start(t, a, "sh", "-c", "tcpdump -Z root -U -c 4 -i eth0 -w - udp port 5700 | groupcast replay -i eth0 --only 239.8.8.5:5700 --json - 239.8.8.5:5700")
	loop.remarks("listening on eth0")
	do(t, b, "send", "-i", "eth0", "-c", "2", "239.8.8.5:5700", "again").ends(exitOK)
	loop.ends(exitOK)
	if !strings.Contains(loop.out.String(), `"sent":2,`) || !strings.Contains(loop.out.String(), `"own":2,`) {
		t.Errorf("a loop: %s%s", loop.out.String(), loop.err.String())
	}

	// A firewall drops all, or each second one: the cause is told once, with its hint.
	for port, want := range map[string]struct {
		status   int
		sent, no int
	}{"5100": {exitNot, 0, 6}, "5101": {exitDoubt, 3, 3}} {
		p := replay(in("mixed.pcap") + " -i eth0 --speed max --loop 3 239.8.8.2:" + port)
		p.ends(want.status)
		text := p.err.String()
		if strings.Count(text, "hint: a firewall on this host refused it") != 1 || !strings.Contains(text, fmt.Sprintf("replayed %d of ", want.sent)) ||
			!strings.Contains(text, fmt.Sprintf("; not sent: %d operation not permitted", want.no)) {
			t.Error(text)
		}
	}

	// Ended within a pause, by ctrl+c or the time that was given.
	long := replay(in("years.pcap") + " 239.8.8.4:5000 -i eth0")
	early.ends(exitOK)
	if err := long.cmd.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	long.ends(exitInterrupted)
	if text := long.err.String(); !like(text, "groupcast: replaying 2 datagrams ... in 277777h46m40s (1x), TTL 1; ...\ngroupcast: replayed 1 of ... latest ... behind; ended before its end: 1 left\n") {
		t.Error(text)
	}
	bounded := replay(in("talk.pcap") + " 239.8.8.4:5000 -i eth0 -t 1")
	bounded.ends(exitOK)
	if text := bounded.err.String(); !like(text, "groupcast: replaying 1 datagram (3 bytes) ...; --timeout ends it after 1.000 s: 1 left\ngroupcast: replayed 1 of ...; ended before its end: 1 left\n") {
		t.Error(text)
	}
	timed := replay(in("years.pcap") + " 239.8.8.4:5000 -i eth0 -t 1 --json")
	timed.ends(exitOK)
	if !strings.Contains(timed.out.String(), `"sent":1,`) || !strings.Contains(timed.out.String(), `"ended":true`) {
		t.Error(timed.out.String())
	}
	pipe := start(t, a, "groupcast", "replay", "-i", "eth0", "--only", "239.1.2.3:5000", "-", "239.8.8.4:5000")
	pipe.remarks("replaying what comes")
	if err := pipe.cmd.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	pipe.ends(exitInterrupted)

	// A pipe as a file is not waited for. A dry run opens no socket.
	if err := syscall.Mkfifo(in("fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	fifo := replay(in("fifo") + " 239.8.8.2:5000")
	fifo.ends(exitNot)
	if want := "fifo is a pipe: not a file\n  hint: standard input can be a pipe: groupcast replay - GROUP <" + in("fifo") + "\n"; !strings.HasSuffix(fifo.err.String(), want) {
		t.Error(fifo.err.String())
	}
	if _, err := exec.LookPath("strace"); err != nil {
		return
	}
	start(t, a, "strace", "-f", "-e", "trace=socket,execve", "-o", in("calls"), "groupcast", "replay", "--dry-run", in("talk.pcap"), "mdns%eth0").ends(exitUsage)
	start(t, a, "strace", "-f", "-e", "trace=socket,execve", "-o", in("calls"), "groupcast", "replay", "--dry-run", in("talk.pcap"), "239.8.8.2").ends(exitOK)
	if calls, err := os.ReadFile(in("calls")); err != nil || !bytes.Contains(calls, []byte("execve(")) || bytes.Contains(calls, []byte("socket(")) {
		t.Errorf("calls of a dry run: %v\n%s", err, calls)
	}
}

// recordedSoFar is what a capture has that may still be written.
func recordedSoFar(file string) (list []record.Packet) {
	r, err := record.Open(file)
	if err != nil {
		return nil
	}
	defer r.Close()
	for {
		p, err := r.Next()
		if err != nil {
			return list
		}
		p.Data = slices.Clone(p.Data)
		list = append(list, p)
	}
}
