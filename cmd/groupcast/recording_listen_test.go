package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/record"
)

// What listen hears stands in the recording, in a file and in a pipe. A file that
// exists is left alone. When the disk is full listen goes on, and says so.
func TestListenRecords(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	dir := t.TempDir()
	file, other, piped := filepath.Join(dir, "talk.pcapng"), filepath.Join(dir, "other.pcapng"), filepath.Join(dir, "piped.pcapng")
	small, kept := filepath.Join(dir, "small"), filepath.Join(dir, "kept.pcapng")
	if err := os.Mkdir(small, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(other, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	lines := start(t, l.Host("A"), "groupcast", "listen", "-i", "eth0", "-c", "3", "--record", file, "239.7.8.1:5000")
	object := start(t, l.Host("A"), "groupcast", "listen", "-i", "eth0", "-c", "3", "--json", "--record", filepath.Join(dir, "json.pcapng"), "239.7.8.1:5000")
	pipe := start(t, l.Host("A"), "bash", "-c", "groupcast listen -i eth0 -c 3 --record - 239.7.8.1:5000 | cat >"+piped)
	lines.remarks("joined 239.7.8.1:5000")
	object.prints(`"joined"`)
	pipe.remarks("joined 239.7.8.1:5000")
	full := start(t, l.Host("A"), "unshare", "-m", "bash", "-c", "mount -t tmpfs -o size=24k none "+small+
		" && groupcast listen -i eth0 -c 5 --record "+small+"/talk.pcapng 239.7.8.2:5000; status=$?; cp "+small+"/talk.pcapng "+kept+"; exit $status")
	full.remarks("joined 239.7.8.2:5000")
	refused := start(t, l.Host("A"), "groupcast", "listen", "-i", "eth0", "--record", other, "239.7.8.1:5000")
	refused.ends(exitNot)
	start(t, l.Host("B"), "groupcast", "send", "-i", "eth0", "-c", "3", "--interval", "1ms", "239.7.8.1:5000", "tick").ends(exitOK)
	start(t, l.Host("B"), "groupcast", "send", "-i", "eth0", "-c", "5", "--interval", "1ms", "239.7.8.2:5000", strings.Repeat("x", 9000)).ends(exitOK)
	full.ends(exitDoubt)
	for _, p := range []*program{lines, object, pipe} {
		p.ends(exitOK)
	}
	if want := "recorded 3 datagrams to " + file + " (eth0 3), 0 lost; headers synthesised\n"; !strings.Contains(lines.err.String(), want) {
		t.Errorf("it does not say %q:\n%s", want, lines.err.String())
	}
	if want := `"recording":{"file":"` + dir + `/json.pcapng","datagrams":3,`; !strings.Contains(object.out.String(), want) {
		t.Errorf("it does not print %s:\n%s", want, object.out.String())
	}
	for _, file := range []string{file, piped} {
		r, err := record.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		for i := range 4 {
			p, err := r.Next()
			if i == 3 {
				if err != io.EOF {
					t.Errorf("%s ends with %v", file, err)
				}
			} else if err != nil || string(p.Data) != "tick" || p.Interface != "eth0" || p.Hops != 1 || p.To.String() != "239.7.8.1:5000" ||
				p.From.Addr().String() != "192.168.8.226" {
				t.Errorf("%s has %+v, %v", file, p, err)
			}
		}
	}
	if text := full.err.String(); !strings.Contains(text, "recording stopped: ") || !strings.Contains(text, "recorded 2 datagrams to ") ||
		!strings.Contains(text, ", 3 lost; ") || strings.Count(full.out.String(), "9000 B") != 5 {
		t.Errorf("a disk that is full, with %d datagrams heard: %s", strings.Count(full.out.String(), "9000 B"), text)
	}
	if r, err := record.Open(kept); err != nil {
		t.Error(err)
	} else if list, err := r.Destinations(); err != nil || len(list) != 1 || list[0].Datagrams != 2 {
		t.Errorf("what the full disk has: %v, %v", list, err)
	} else {
		r.Close()
	}
	if text := refused.err.String(); !strings.Contains(text, "exists") || !strings.Contains(text, "hint: name another file") {
		t.Errorf("a file that exists: %s", refused.err.String())
	}
	if b, err := os.ReadFile(other); string(b) != "mine" {
		t.Errorf("the other file has %q, %v", b, err)
	}
}
