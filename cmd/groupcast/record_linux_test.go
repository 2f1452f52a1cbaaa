package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/record"
)

// record writes frames into a file and a pipe, joins the groups that are named, and
// says what it has. Without privileges it names a command that works.
func TestRecordFrames(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	dir := t.TempDir()
	file, piped, other := filepath.Join(dir, "talk.pcapng"), filepath.Join(dir, "piped.pcapng"), filepath.Join(dir, "other.pcapng")
	if err := os.WriteFile(other, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	lines := start(t, a, "groupcast", "record", "-i", "eth0", "--join=false", "-c", "40", file, "239.7.8.1:5000")
	object := start(t, a, "groupcast", "record", "-i", "eth0", "--join=false", "--max", "64KiB", "--json", filepath.Join(dir, "json.pcapng"), "239.7.8.1")
	pipe := start(t, a, "bash", "-c", "groupcast record -i eth0 --join=false -c 40 - 239.7.8.1 | cat >"+piped)
	lines.remarks("recording frames of eth0: 239.7.8.1:5000, IGMP, MLD, ICMP unreachable")
	object.prints(`"capturing"`)
	pipe.remarks("recording")
	do(t, a, "record", other).ends(exitNot)
	do(t, b, "send", "-i", "eth0", "-c", "90", "--interval", "1ms", "239.7.8.1:5000", strings.Repeat("tick", 250)).ends(exitOK)
	lines.ends(exitOK)
	pipe.ends(exitOK)
	object.ends(exitDoubt)
	if want := "recorded 40 frames to " + file + " (eth0 40), 0 lost\n"; !strings.Contains(lines.err.String(), want) {
		t.Errorf("it does not say %q:\n%s", want, lines.err.String())
	}
	if text := object.out.String(); !strings.Contains(text, `"by_interface":{"eth0":`) || !strings.Contains(text, `"stopped":"the recording is as large as it may be"`) {
		t.Errorf("--max is told so: %s", text)
	}
	for _, file := range []string{file, piped} {
		r, err := record.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		list, err := r.Destinations()
		frames := 0 // IGMP and MLD of the hosts' own among them
		for _, s := range r.Skipped() {
			frames += s.Count
		}
		if err != nil || len(list) != 1 || list[0].Datagrams+frames != 40 || list[0].To.String() != "239.7.8.1:5000" {
			t.Errorf("%s has %+v, skipped %v, %v", file, list, r.Skipped(), err)
		}
		r.Close()
	}
	if text, err := os.ReadFile(other); string(text) != "mine" {
		t.Errorf("a file that exists has %q, %v", text, err)
	}

	joins := do(t, a, "record", "-i", "eth0", "-t", "0.1", filepath.Join(dir, "joins.pcapng"), "239.7.8.2")
	joins.ends(exitOK) // its own report, at least
	if text := joins.err.String(); !strings.Contains(text, "joined 239.7.8.2 on eth0") {
		t.Errorf("a group that is named is joined: %s", text)
	}

	refused := start(t, a, "unshare", "--user", "groupcast", "record", "-i", "eth0", filepath.Join(dir, "heard.pcapng"), "239.7.8.3")
	refused.ends(exitNot)
	hint := regexp.MustCompile(`groupcast listen [^;]*`).FindString(refused.err.String())
	if !strings.Contains(refused.err.String(), "sudo groupcast record -i eth0 ") || hint == "" {
		t.Fatalf("without privileges: %s", refused.err.String())
	}
	heard := start(t, a, "unshare", append([]string{"--user"}, append(strings.Fields(hint), "-c", "1")...)...)
	heard.remarks("joined 239.7.8.3")
	do(t, b, "send", "-i", "eth0", "239.7.8.3", "x").ends(exitOK)
	heard.ends(exitOK)
}

// Killed at any moment, and on a disk that is full, a recording has each of its frames whole.
func TestRecordKilled(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	dir := t.TempDir()
	small, kept := filepath.Join(dir, "small"), filepath.Join(dir, "kept.pcapng")
	if err := os.Mkdir(small, 0o700); err != nil {
		t.Fatal(err)
	}
	full := start(t, a, "unshare", "-m", "bash", "-c", "mount -t tmpfs -o size=64k none "+small+
		" && groupcast record -i eth0 --join=false "+small+"/talk.pcapng 239.7.8.4:5000; status=$?; cp "+small+"/talk.pcapng "+kept+"; exit $status")
	full.remarks("recording frames")
	var files []string
	var killed []*program
	for i := range 3 {
		files = append(files, filepath.Join(dir, fmt.Sprint(i)))
		killed = append(killed, start(t, a, "groupcast", "record", "-i", "eth0", "--join=false", files[i], "239.7.8.4:5000"))
		killed[i].remarks("recording frames")
	}
	send := flood(t, b, labtest.Group("239.7.8.4:5000"))
	for i, p := range killed { // ever later
		want := int64(100<<10) * int64(i+1)
		labtest.Eventually(t, "the file grows", func() bool {
			send(500, 20_000)
			info, err := os.Stat(files[i])
			return err == nil && info.Size() >= want
		})
		if err := p.cmd.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		p.status()
	}
	full.ends(exitDoubt)
	said := regexp.MustCompile(`recorded (\d+) frames to .*, at least \d+ lost; recording stopped early: .*no space left on device; what came later is not counted`).FindStringSubmatch(full.err.String())
	if said == nil {
		t.Fatalf("a disk that is full: %s", full.err.String())
	}
	for i, file := range append(files, kept) {
		r, err := record.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		list, err := r.Destinations()
		least, whole := 1000*(i+1)/2, err == nil || errors.Is(err, io.ErrUnexpectedEOF)
		if file == kept {
			least, whole = 300, err == nil // it ends with a whole block
		}
		if !whole || len(list) != 1 || list[0].Datagrams < least || list[0].Bytes != int64(list[0].Datagrams*100) {
			t.Errorf("%s has %+v, %v", file, list, err)
		}
		control := 0 // what the hosts report meanwhile
		for _, s := range r.Skipped() {
			control += s.Count
		}
		if file == kept && fmt.Sprint(list[0].Datagrams+control) != said[1] {
			t.Errorf("the full disk has %d frames, and it said %s", list[0].Datagrams+control, said[1])
		}
		r.Close()
	}
}

// A group without a port is meant with every port.
func TestEveryPort(t *testing.T) {
	for text, want := range map[string]mcast.Group{
		"239.1.2.3":                {Addr: labtest.Addr("239.1.2.3")},
		"239.1.2.3:5000":           {Addr: labtest.Addr("239.1.2.3"), Port: 5000},
		"10.0.0.1@232.1.2.3":       {Addr: labtest.Addr("232.1.2.3"), Source: labtest.Addr("10.0.0.1")},
		"10.0.0.1@232.1.2.3:7":     {Addr: labtest.Addr("232.1.2.3"), Source: labtest.Addr("10.0.0.1"), Port: 7},
		"ff02::114":                {Addr: labtest.Addr("ff02::114")},
		"[ff02::114]:7":            {Addr: labtest.Addr("ff02::114"), Port: 7},
		"mdns":                     {Addr: labtest.Addr("224.0.0.251")},
		"mdns:7":                   {Addr: labtest.Addr("224.0.0.251"), Port: 7},
		"fe80::1@ff32::1":          {Addr: labtest.Addr("ff32::1"), Source: labtest.Addr("fe80::1")},
		"2001:db8::1@[ff3e::1]:99": {Addr: labtest.Addr("ff3e::1"), Source: labtest.Addr("2001:db8::1"), Port: 99},
	} {
		if got, err := everyPort(text); err != nil || got != want {
			t.Errorf("%s is %+v, %v; want %+v", text, got, err, want)
		}
	}
	if _, err := everyPort("10.0.0.1"); err == nil {
		t.Error("a host is taken for a group")
	}
}

// What makes no sense is refused before anything is looked at.
func TestRecordUsage(t *testing.T) {
	for _, line := range []string{"record", "record - --json", "record - --rotate 1MiB", "record x --keep 3", "record x -c -1", "record x -i default", "record x 10.0.0.1",
		"record x --rotate parsec", "record x --max -1"} {
		var out bytes.Buffer
		if code := run(t.Context(), strings.Fields(line), strings.NewReader(""), &out, &out); code != exitUsage {
			t.Errorf("%s exits %d: %s", line, code, out.String())
		}
	}
}
