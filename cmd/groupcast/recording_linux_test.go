package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/record"
)

// readRecording reads a recording: a line for each datagram, of ports only those that are
// given, as the kernel chose the others.
func readRecording(t *testing.T, file string, ports ...uint16) (list []string) {
	t.Helper()
	r, err := record.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for {
		p, err := r.Next()
		if err == io.EOF {
			return list
		}
		if err != nil {
			t.Fatalf("%s: %v, after %q", file, err, list)
		}
		host := func(a interface{ String() string }, port uint16) string {
			if slices.Contains(ports, port) {
				return fmt.Sprintf("%s:%d", a, port)
			}
			return a.String()
		}
		line := fmt.Sprintf("%s %s>%s ttl %d %q", p.Interface, host(p.From.Addr(), p.From.Port()), host(p.To.Addr(), p.To.Port()), p.Hops, p.Data)
		if p.Out {
			line += " out"
		}
		list = append(list, strings.Join(append([]string{line}, p.Comments...), " | "))
	}
}

// Every command that takes --record writes what it sent and received, byte for byte,
// with direction, interface and the reason for its way; tshark reads the same.
func TestCommandsRecord(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	a, b, dir := l.Host("A"), l.Host("B"), t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name+".pcapng") }

	doctor := start(t, a, "groupcast", "doctor", "--probe", "-i", "eth0", "--json", "--record", file("doctor"), "239.7.9.1")
	group := start(t, b, "groupcast", "echo", "-i", "eth0", "--record", file("echo"), "239.7.9.2:5000")
	server := start(t, b, "groupcast", "echo", "--json", "--record", file("server"), "192.168.8.226:7000")
	chat := start(t, b, "groupcast", "-i", "eth0", "--record", file("chat"), "239.7.9.3:5009")
	listen := start(t, b, "groupcast", "listen", "-i", "eth0", "-c", "30", "--record", file("long"), "--rotate", "64KiB", "--keep", "2", "239.7.9.4:5000")
	group.remarks("echoing")
	server.prints("serving")
	chat.remarks("joined")
	listen.remarks("joined")

	do(t, a, "send", "-i", "eth0", "--hex", "00 1b ff 0a", "-c", "2", "--json", "--record", file("send"), "239.7.9.3:5009").ends(exitOK)
	chat.prints("eth0")
	chat.say("hello")
	if status := chat.end(); status != exitOK {
		t.Errorf("the talk ends with %d:\n%s", status, chat.err.String())
	}
	do(t, a, "send", "-i", "eth0", "-c", "30", "--size", "9000", "239.7.9.4:5000").ends(exitOK)
	do(t, a, "send", "--ttl", "0", "--record", file("zero"), "239.7.9.5", "x").ends(exitDoubt)
	do(t, a, "ping", "-i", "eth0", "-c", "2", "--interval", "10ms", "-s", "0", "--record", file("ping"), "239.7.9.2:5000").ends(exitOK)
	do(t, a, "ping", "--message", "byte \x1b exact", "--record", file("message"), "192.168.8.226:7000").ends(exitOK)
	for _, p := range []*program{group, server} {
		if err := p.cmd.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		p.ends(exitOK)
	}
	doctor.ends(exitOK)
	listen.ends(exitOK)

	const request, answer = `192.168.8.164>239.7.9.2:5000 ttl 1 ""`, `192.168.8.226>192.168.8.164 ttl 64 ""`
	for _, want := range []struct {
		name  string
		lines []string
	}{
		{"echo", []string{"eth0 " + request, "eth0 " + answer + " out | left by eth0: the request came in on it"}},
		{"ping", []string{"eth0 " + request + " out | left by eth0: you chose it", "eth0 " + answer}},
		{"server", []string{`eth0 192.168.8.164>192.168.8.226:7000 ttl 64 "byte \x1b exact"`,
			`eth0 192.168.8.226:7000>192.168.8.164 ttl 64 "byte \x1b exact" out | left by eth0: route 192.168.8.0/24`}},
		{"message", []string{`eth0 192.168.8.164>192.168.8.226:7000 ttl 64 "byte \x1b exact" out | left by eth0: route 192.168.8.0/24`,
			`eth0 192.168.8.226:7000>192.168.8.164 ttl 64 "byte \x1b exact"`}},
		{"send", []string{`eth0 192.168.8.164>239.7.9.3:5009 ttl 1 "\x00\x1b\xff\n" out | left by eth0: you chose it`}},
		{"zero", []string{`eth1 169.254.167.41>239.7.9.5 ttl 0 "x" out | left by eth1: default route via 169.254.0.1`}},
		{"chat", []string{`eth0 192.168.8.164>239.7.9.3:5009 ttl 1 "\x00\x1b\xff\n"`, `eth0 192.168.8.226>239.7.9.3:5009 ttl 1 "hello"`,
			`eth0 192.168.8.226>239.7.9.3:5009 ttl 1 "hello" out | left by eth0: you chose it`}},
	} {
		got := readRecording(t, file(want.name), 5000, 5009, 7000)
		for _, line := range slices.Compact(slices.Sorted(slices.Values(got))) {
			if !slices.Contains(want.lines, line) {
				t.Errorf("%s has %s", want.name, line)
			}
		}
		for _, line := range want.lines {
			if !slices.Contains(got, line) {
				t.Errorf("%s lacks %s\nand has %q", want.name, line, got)
			}
		}
	}
	probes := readRecording(t, file("doctor"))
	out := slices.DeleteFunc(slices.Clone(probes), func(line string) bool {
		return !strings.HasSuffix(line, " out | left by eth0: the probe sends out of each interface")
	})
	if len(probes) != 6 || len(out) != 3 || !strings.Contains(doctor.out.String(), `"type":"recording"`) || !strings.Contains(doctor.out.String(), `"datagrams":6`) {
		t.Errorf("the doctor sent 3 datagrams and heard itself; its recording has %q, and it says\n%s", probes, doctor.out.String())
	}
	if !strings.Contains(server.out.String(), `"recording":{"file":"`+file("server")+`","datagrams":2,`) {
		t.Errorf("echo --json has no recording in its totals:\n%s", server.out.String())
	}
	if text := chat.err.String(); !strings.Contains(text, "recorded 4 datagrams to "+file("chat")+" (eth0 4), 0 lost; headers synthesised\n") {
		t.Errorf("the talk does not say what is recorded:\n%s", text)
	}

	rotated, _ := filepath.Glob(filepath.Join(dir, "long-*.pcapng"))
	if len(rotated) != 2 || !strings.Contains(listen.err.String(), "recorded 30 datagrams to "+rotated[0]+" to "+rotated[1]) {
		t.Errorf("of files of 64 KiB for 270,000 bytes %q are kept:\n%s", rotated, listen.err.String())
	} else if n := len(readRecording(t, rotated[0])); n < 2 || n > 7 {
		t.Errorf("%s has %d datagrams", rotated[0], n)
	}
	tsharkReads(t, file("ping"), []string{
		"eth0\t0x00000002\t192.168.8.164\t239.7.9.2\t1\tleft by eth0: you chose it", "eth0\t\t192.168.8.226\t192.168.8.164\t64\t",
		"eth0\t0x00000002\t192.168.8.164\t239.7.9.2\t1\tleft by eth0: you chose it", "eth0\t\t192.168.8.226\t192.168.8.164\t64\t"})
}

// tsharkReads checks what tshark says of a file, where it is installed: the first
// datagram, and the others in any order, as answers may take longer than the pause
// between two requests.
func tsharkReads(t *testing.T, file string, want []string) {
	t.Helper()
	if _, err := exec.LookPath("tshark"); err != nil {
		return
	}
	args := []string{"-r", file, "-T", "fields"}
	for _, field := range []string{"frame.interface_name", "frame.packet_flags", "ip.src", "ip.dst", "ip.ttl", "frame.comment"} {
		args = append(args, "-e", field)
	}
	out, err := exec.Command("tshark", args...).Output()
	got := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if err != nil || got[0] != want[0] || !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
		t.Errorf("tshark reads of %s, %v:\n%q\nwant\n%q", file, err, got, want)
	}
}

// A recorded screen says so, also why that ended, and its file is whole however it
// ends.
func TestScreenRecords(t *testing.T) {
	t.Parallel()
	host, dir := labtest.Build(t, lab.Article).Host("B"), t.TempDir()
	for name, end := range map[string]func(*screen){
		"quit":    func(s *screen) { s.keys("\x03"); s.quits(exitOK) },
		"SIGTERM": func(s *screen) { s.cmd.Signal(syscall.SIGTERM); s.quits(exitInterrupted) },
	} {
		file := filepath.Join(dir, name)
		s := openScreen(t, host, 120, 30, "--plain-only", "-i", "eth0", "--record", file, "239.7.9.6")
		s.shows(" recording ")
		s.keys("said\r")
		s.shows("you", "said")
		end(s)
		if got := readRecording(t, file); len(got) != 2 || !strings.Contains(strings.Join(got, "\n"), `"said" out | left by eth0: you chose it`) {
			t.Errorf("%s: the file has %q", name, got)
		}
		if text := s.written(); !strings.Contains(text, "recorded 2 datagrams to "+file) {
			t.Errorf("%s: what is left does not say what is recorded:\n%s", name, text)
		}
	}
	full := filepath.Join(dir, "full")
	s := openTerminal(t, host, 120, 30, nil, "bash", "-c", "ulimit -f 1; exec groupcast -i eth0 --record "+full+" 239.7.9.7")
	s.shows(" recording ")
	for range 12 {
		s.keys(strings.Repeat("x", 60) + "\r")
	}
	s.shows(" recording stopped: file too large ", "sends by eth0")
	s.shows("recording stopped: file too large; the talk goes on")
	s.shows("ulimit -f")
	s.keys("\x03")
	s.quits(exitDoubt)
	if got := readRecording(t, full); len(got) > 8 {
		t.Errorf("1 KiB has %d datagrams", len(got))
	}
}

// What cannot be recorded is refused in words, and leaves nothing behind.
func TestRecordingRefused(t *testing.T) {
	t.Parallel()
	host, dir := labtest.Build(t, lab.Article).Host("B"), t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	list := []struct {
		line   string
		status int
		says   string
	}{
		{"send --record DIR 239.7.9.8 x", exitNot, "a directory\n  hint: name a file in it: --record DIR/talk.pcapng"},
		{"echo --record DIR/fifo :0", exitNot, "not a regular file\n  hint: to write to a pipe or a device, use standard output: --record - >DIR/fifo"},
		{"ping --record DIR/none/x 192.168.8.226", exitNot, "no such file or directory"},
		{"send --record DIR/x --record DIR/y 239.7.9.8 x", exitUsage, "a run has one recording"},
		{"send --record= 239.7.9.8 x", exitUsage, "want the name of a file"},
		{"doctor --record DIR/x", exitUsage, "nothing is sent or received without --probe"},
		{"ping --record - 192.168.8.226", exitUsage, "both would be on standard output"},
		{"--record - --json", exitUsage, "both would be on standard output"},
		{"listen --record - --rotate 1MiB 239.7.9.8", exitUsage, "standard output is one file"},
		{"listen --rotate 1MiB 239.7.9.8", exitUsage, "name its file with --record FILE"},
		{"listen --record DIR/x --rotate 1k 239.7.9.8", exitUsage, "want 64KiB or more"},
		{"listen --record DIR/x --keep 3 239.7.9.8", exitUsage, "unless --rotate SIZE"},
		{"listen --record - -i eth0 -t 9 239.7.9.8 >/dev/full", exitNot, "no space left on device\n  hint: make room where standard output goes"},
		{"record DIR 239.7.9.8", exitNot, "groupcast: DIR: a directory\n  hint: name a file in it: groupcast record DIR/talk.pcapng 239.7.9.8\n"},
		{"record -i eth0 DIR/fifo", exitNot, "not a regular file\n  hint: to write to a pipe or a device, use standard output: groupcast record -i eth0 - >DIR/fifo\n"},
		{"record - -t 9 239.7.9.8 >/dev/full", exitNot, "no space left on device\n  hint: make room where standard output goes"},
		{"record -t 1 239.7.9.8", exitUsage, "239.7.9.8 is a group: the file comes first, such as groupcast record talk.pcapng 239.7.9.8\n"},
		{"record DIR/x 10.0.0.1", exitUsage, "hint: name a group, such as 239.1.2.3:5000; without one all groups are recorded\n"},
		{"record --max 100 DIR/x", exitUsage, "want 64KiB or more"},
		{"record --rotate 1KiB DIR/x", exitUsage, "want 64KiB or more"},
		// Of a run that never began there is no file.
		{"-i eth9 --record DIR/x", exitNot, "no such interface"},
		{"-i eth0 --log DIR/none/x --record DIR/x", exitNot, "--log"},
		{"echo --record DIR/x 203.0.113.9:7", exitNot, "cannot assign"},
		{"doctor --probe -i eth9 --record DIR/x", exitNot, "no such interface"},
	}
	var shell strings.Builder // one process for all
	for i, c := range list {
		fmt.Fprintf(&shell, "groupcast %s 2>%s/%d.said </dev/null; echo %d $?\n", c.line, dir, i, i)
	}
	p := start(t, host, "sh", "-c", strings.ReplaceAll(shell.String(), "DIR", dir))
	p.ends(exitOK)
	for i, c := range list {
		text, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("%d.said", i)))
		if err != nil {
			t.Fatal(err)
		}
		said, says := string(text), strings.ReplaceAll(c.says, "DIR", dir)
		if !strings.Contains(said, says) || !strings.Contains(p.out.String(), fmt.Sprintf("%d %d\n", i, c.status)) {
			t.Errorf("%s: status %d, want %d; it says %s\nwant %q", c.line, i, c.status, said, says)
		}
	}
	there, _ := filepath.Glob(filepath.Join(dir, "[^0-9]*"))
	if want := []string{filepath.Join(dir, "fifo")}; !slices.Equal(there, want) {
		t.Errorf("left behind: %q", there)
	}
}
