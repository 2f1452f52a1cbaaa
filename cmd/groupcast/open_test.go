package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/record"
)

// recordedTalk is a recording by groupcast with what is special in one: two groups, an
// own send and why it left, a loss, and what a stranger sends to take a terminal over.
// testdata/talk.pcapng is one, too.
func recordedTalk(t *testing.T) (path string, at time.Time) {
	t.Helper()
	path, at = filepath.Join(t.TempDir(), "talk.pcapng"), time.Date(2026, 3, 14, 19, 52, 10, 0, time.UTC)
	w, err := record.Create(record.Options{File: path, Interfaces: []host.Interface{{Index: 2, Name: "eth0\n\x1b[2J"}, {Index: 3, Name: "eth1"}}})
	if err != nil {
		t.Fatal(err)
	}
	b, us := netip.MustParseAddrPort("192.168.8.226:1234"), netip.MustParseAddrPort("169.254.167.41:45123")
	one, other := netip.MustParseAddrPort("224.0.0.114:1234"), netip.MustParseAddrPort("239.1.2.3:5000")
	w.Received(record.Datagram{At: at, From: b, To: one, IfIndex: 2, Hops: 1, Data: []byte("hello")})
	w.Sent(record.Datagram{At: at.Add(time.Second), From: us, To: one, IfIndex: 3, Hops: 1, Data: []byte("test")}, "default route\x1b]0;x\a\nforged")
	w.Dropped(12)
	w.Received(record.Datagram{At: at.Add(2 * time.Second), From: b, To: other, IfIndex: 2, Hops: 1, Data: []byte("evil \x1b[2J\x9b\u202e text")})
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path, at
}

// openFile runs groupcast open, and returns its exit status and what it printed.
func openFile(t *testing.T, in []byte, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(context.WithoutCancel(t.Context()), append([]string{"open"}, args...), bytes.NewReader(in), &stdout, &stderr)
	for _, printed := range []string{stdout.String(), stderr.String()} {
		if list := controls(t, strings.ReplaceAll(printed, "\n", "")); len(list) > 0 {
			t.Errorf("%v: it printed %+v", args, list)
		}
	}
	return code, stdout.String(), stderr.String()
}

func TestOpenPrintsLines(t *testing.T) {
	t.Parallel()
	path, at := recordedTalk(t)
	day := at.Local().Format("2006-01-02 15:04")
	code, out, errs := openFile(t, nil, path)
	for _, want := range []string{
		day, ":10.000  eth0 ⏎ ␛[2J  192.168.8.226:1234 → 224.0.0.114:1234  ttl 1  5 B  hello\n",
		":11.000  eth1  169.254.167.41:45123 → 224.0.0.114:1234  left by eth1: default route␛]0;x␇ ⏎ forged  ttl 1  4 B  test\n",
		"192.168.8.226:1234 → 239.1.2.3:5000  ttl 1  18 B  evil ␛[2J�<U+202E> text\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not printed:\n%s", want, out)
		}
	}
	for _, want := range []string{"12 datagrams lost here, of eth0 ⏎ ␛[2J\n", "talk.pcapng: 3 datagrams from 2 hosts, in 2 groups, " + day, "12 lost; headers synthesised by groupcast\n"} {
		if !strings.Contains(errs, want) {
			t.Errorf("%q is not said:\n%s", want, errs)
		}
	}
	if code != exitOK || strings.Count(out, "\n") != 3 {
		t.Errorf("exit status %d:\n%s", code, out)
	}
	if code, out, errs = openFile(t, nil, "-q", path, "239.1.2.3"); code != exitOK || strings.Count(out, "\n") != 1 || errs != "" {
		t.Errorf("of one group: %d\n%s%s", code, out, errs)
	}
	if code, out, _ = openFile(t, nil, path, "192.168.8.226@224.0.0.114:1234"); code != exitOK || !strings.Contains(out, "hello") || strings.Count(out, "\n") != 1 {
		t.Errorf("of one source: %d\n%s", code, out)
	}
}

func TestOpenPrintsObjects(t *testing.T) {
	t.Parallel()
	path, at := recordedTalk(t)
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	code, out, errs := openFile(t, file, "--json", "-")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != exitOK || errs != "" || len(lines) != 4 {
		t.Fatalf("%d: %s%s", code, out, errs)
	}
	var second, third jsonRecordedDatagram
	var end jsonOpened
	for i, o := range map[int]any{1: &second, 2: &third, 3: &end} {
		if err := json.Unmarshal([]byte(lines[i]), o); err != nil {
			t.Fatal(err)
		}
	}
	if second.Type != "datagram" || !second.Time.Equal(at.Add(time.Second)) || !second.Out || second.Number != 2 || second.To != "224.0.0.114:1234" ||
		len(second.Comments) != 1 || second.Comments[0] != "left by eth1: default route␛]0;x␇\nforged" {
		t.Errorf("%+v", second)
	}
	if third.LostBefore != 12 || third.Out || string(third.Data) != "evil \x1b[2J\x9b\u202e text" || strings.Contains(third.Text, "\x1b") {
		t.Errorf("%+v", third)
	}
	if end.Type != "recording" || end.Datagrams != 3 || end.Shown != 3 || end.Senders != 2 || end.Lost != 12 || end.Synthesised != 3 || len(end.Groups) != 2 || !end.Last.Equal(at.Add(2*time.Second)) {
		t.Errorf("%+v", end)
	}
}

// What is no recording, or has nothing of what was asked for, is said in clear words.
func TestOpenSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	path, _ := recordedTalk(t)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	// A classic pcap of a link type, with a packet of so many bytes.
	pcap := func(link byte, packet ...byte) []byte {
		b := []byte{0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, link, 0, 0, 0}
		if len(packet) > 0 {
			b = append(b, 0, 0, 0, 0, 0, 0, 0, 0, byte(len(packet)), 0, 0, 0, byte(len(packet)), 0, 0, 0)
		}
		return append(b, packet...)
	}
	zipped := func(file []byte) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		w.Write(file)
		w.Close()
		return b.Bytes()
	}
	badSum := zipped(whole)
	badSum[len(badSum)-8]++
	for _, tc := range []struct {
		args []string
		code int
		says []string
	}{
		{[]string{filepath.Join(dir, "nothing")}, exitNot, []string{"nothing: "}},
		{[]string{dir}, exitNot, []string{"is a directory", "hint: name a file"}},
		{[]string{write("text", []byte("hello, this is a text"))}, exitNot, []string{"not a capture", "hint: want a pcap"}},
		{[]string{write("empty", nil)}, exitNot, []string{"empty is empty", "hint: want a pcap"}},
		{[]string{write("none", pcap(1))}, exitNot, []string{"none: the capture has no UDP datagram\n"}},
		{[]string{write("wireless", pcap(105, 1, 2, 3))}, exitNot, []string{"no UDP datagram; skipped: 1 other link type 105 (802.11)"}},
		{[]string{write("short.pcap", append(pcap(1, 1, 2, 3), pcap(1, 1, 2, 3)[24:]...))}, exitNot, []string{"skipped: 2 bad headers\n", "hint: to see what it has: tcpdump -n -r " + dir + "/short.pcap\n"}},
		{[]string{write("two words.gz", zipped(pcap(105, 1, 2, 3)))}, exitNot, []string{"gzip -dc <'" + dir + "/two words.gz' | tcpdump -n -r -\n"}},
		{[]string{write("row\nforged", []byte("hello, this is a text"))}, exitNot, []string{"row ⏎ forged: not a capture"}},
		{[]string{write("row\nforged.pcap", pcap(105, 1, 2, 3))}, exitNot, []string{"row ⏎ forged.pcap: the capture has no UDP"}},
		{[]string{write("badcrc.gz", badSum)}, exitDoubt, []string{"; it cannot be read to its end: after 3 packets: "}},
		{[]string{write("cut", whole[:len(whole)-5])}, exitDoubt, []string{"the file is cut: it ends within a packet"}},
		{[]string{write("first", whole[:bytes.Index(whole, []byte("hello"))])}, exitNot, []string{"no UDP datagram; it is cut: it ends within a packet"}},
		{[]string{path, "239.9.9.9"}, exitNot, []string{"239.9.9.9: no datagram of the capture goes there", "hint: its datagrams go to 224.0.0.114:1234, 239.1.2.3:5000"}},
		{[]string{path, "nonsense"}, exitUsage, []string{`"nonsense" is not a group`}},
		{[]string{path, "239.1.2.3", "239.1.2.3"}, exitUsage, []string{"one argument too many"}},
		{nil, exitUsage, []string{"groupcast open needs FILE"}},
	} {
		code, _, errs := openFile(t, nil, tc.args...)
		if code != tc.code {
			t.Errorf("%v: exit status %d, not %d", tc.args, code, tc.code)
		}
		for _, want := range tc.says {
			if !strings.Contains(errs, want) {
				t.Errorf("%v: %q is not said:\n%s", tc.args, want, errs)
			}
		}
		if strings.Contains(errs, "\nforged") || strings.Contains(errs, "are replayed") {
			t.Errorf("%v: a row is forged, or it is replay's advice:\n%s", tc.args, errs)
		}
		if strings.Contains(errs, "record: ") {
			t.Errorf("%v: a package is named:\n%s", tc.args, errs)
		}
	}
	if code, _, errs := openFile(t, whole[:len(whole)-5], "--json", "-"); code != exitDoubt || errs != "" {
		t.Errorf("of a cut file in JSON: %d, %s", code, errs)
	}
}

// A Simple Packet Block has no time: none is made up.
func TestOpenOfAFileWithoutTimes(t *testing.T) {
	t.Parallel()
	packet := append([]byte{0x45, 0, 0, 30, 0, 0, 0, 0, 1, 17, 0, 0, 10, 0, 0, 1, 239, 1, 2, 3, 0x0f, 0xa0, 0x13, 0x88, 0, 10, 0, 0}, "hi"...)
	words := func(list ...uint32) (b []byte) {
		for _, w := range list {
			b = binary.LittleEndian.AppendUint32(b, w)
		}
		return b
	}
	file := words(0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff, 28, 1, 20, 101, 0, 20, 3, 48, uint32(len(packet)))
	file = append(append(file, packet...), 0, 0)
	file = append(file, words(48)...)
	code, out, errs := openFile(t, file, "-")
	if code != exitOK || out != "-  -  10.0.0.1:4000 → 239.1.2.3:5000  ttl 1  2 B  hi\n" || errs != "groupcast: standard input: 1 datagram from 1 host, in 1 group, without times\n" {
		t.Errorf("%d: %s%s", code, out, errs)
	}
	if code, out, errs = openFile(t, file, "--json", "-"); code != exitOK || !strings.HasPrefix(out, `{"type":"datagram","schema":1,"from":`) || strings.Contains(out, `"first"`) || strings.Contains(out, `"0001-`) {
		t.Errorf("%d: %s%s", code, out, errs)
	}
}

// Who may read a file is said where this user may not: root may read all of them.
func TestOpenSaysWhoMayRead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "talk.pcapng")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for mode, want := range map[fs.FileMode]string{0o600: "it is readable by its owner alone (mode 0600); ls -l", 0o640: "it is not readable by every user (mode 0640); ls -l"} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		o := &openCommand{file: path}
		err := o.opened(fmt.Errorf("record: open: %w", &fs.PathError{Op: "open", Path: path, Err: fs.ErrPermission}))
		if advice := hint(err); !strings.HasPrefix(advice, want) || err.Error() != path+": permission denied" {
			t.Errorf("%v: %v: %s", mode, err, advice)
		}
	}
}

func TestFilterOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"239.1.2.3":            "invalid IP 239.1.2.3 0",
		"239.1.2.3:5000":       "invalid IP 239.1.2.3 5000",
		"10.0.0.1@239.1.2.3":   "10.0.0.1 239.1.2.3 0",
		"ff02::fb%eth0":        "invalid IP ff02::fb 0",
		"[ff02::fb%eth0]:5353": "invalid IP ff02::fb 5353",
		"192.168.8.164":        "invalid IP 192.168.8.164 0",
		"mdns":                 "invalid IP 224.0.0.251 5353",
	} {
		f, err := filterOf(text)
		if got := strings.Join([]string{f.Source.String(), f.To.String(), jsonNumber(f.Port)}, " "); err != nil || got != want {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "x@239.1.2.3", "239.1.2.3:0x", "239.1.2.3:70000", "1.2.3"} {
		if f, err := filterOf(text); err == nil {
			t.Errorf("%q is %+v", text, f)
		}
	}
}

func jsonNumber(n any) string {
	b, _ := json.Marshal(n)
	return string(b)
}
