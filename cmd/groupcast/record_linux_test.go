package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
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
	lines := start(t, a, "groupcast", "record", "-i", "eth0", "--join=false", "-c", "3", file, "239.7.8.1:5000")
	object := start(t, a, "groupcast", "record", "-i", "eth0", "--join=false", "--max", "1KiB", "--json", filepath.Join(dir, "json.pcapng"), "239.7.8.1")
	pipe := start(t, a, "bash", "-c", "groupcast record -i eth0 --join=false -c 3 - 239.7.8.1 | cat >"+piped)
	lines.remarks("recording frames of eth0: 239.7.8.1:5000, IGMP, MLD, ICMP unreachable")
	object.prints(`"capturing"`)
	pipe.remarks("recording")
	start(t, a, "groupcast", "record", other).ends(exitNot)
	start(t, b, "groupcast", "send", "-i", "eth0", "-c", "9", "--interval", "1ms", "239.7.8.1:5000", strings.Repeat("tick", 50)).ends(exitOK)
	lines.ends(exitOK)
	pipe.ends(exitOK)
	object.ends(exitDoubt)
	if want := "recorded 3 frames to " + file + " (eth0 3), 0 lost\n"; !strings.Contains(lines.err.String(), want) {
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
		if err != nil || len(list) != 1 || list[0].Datagrams+frames != 3 || list[0].To.String() != "239.7.8.1:5000" {
			t.Errorf("%s has %+v, skipped %v, %v", file, list, r.Skipped(), err)
		}
		r.Close()
	}
	if text, err := os.ReadFile(other); string(text) != "mine" {
		t.Errorf("a file that exists has %q, %v", text, err)
	}

	joins := start(t, a, "groupcast", "record", "-i", "eth0", "-t", "0.1", filepath.Join(dir, "joins.pcapng"), "239.7.8.2")
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
	start(t, b, "groupcast", "send", "-i", "eth0", "239.7.8.3", "x").ends(exitOK)
	heard.ends(exitOK)
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
