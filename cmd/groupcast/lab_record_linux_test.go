package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/record"
)

// A lesson that is recorded shows its pitfall on the wire: in the article's, "test"
// leaves by eth1, which leads nowhere, and B's wire never has it.
func TestLabRunRecords(t *testing.T) {
	t.Parallel()
	host := labtest.Build(t, lab.Topology{Hosts: []lab.Host{{Name: "computer"}}}).Host("computer")
	dir := t.TempDir()
	wires := filepath.Join(dir, "it's new")
	run := start(t, host, "groupcast", "lab", "run", "--record", wires, "article")
	object := start(t, host, "groupcast", "lab", "run", "--json", "--record", filepath.Join(dir, "json"), "article")
	nowhere := start(t, host, "groupcast", "lab", "run", "--record", "/dev/null/below", "article")
	small := filepath.Join(dir, "small")
	if err := os.Mkdir(small, 0o700); err != nil {
		t.Fatal(err)
	}
	full := start(t, host, "unshare", "-m", "bash", "-c", "mount -t tmpfs -o size=16k none "+small+
		" && groupcast lab run --record "+small+" fragments; status=$?; cp "+small+"/fragments/*.pcapng "+small+"/.. ; exit $status")
	run.ends(exitOK)
	object.ends(exitOK)
	nowhere.ends(exitDoubt)
	full.ends(exitDoubt)

	said := map[string]string{} // of each file
	for _, wire := range []string{"A.eth0", "A.eth1", "B.eth0"} {
		file := filepath.Join(wires, "article", wire+".pcapng")
		said[wire] = onWire(t, file)
		if remark := regexp.MustCompile(`groupcast: recorded \d+ frames of ` + wire + ` in ` + file + `\n`); !remark.MatchString(run.err.String()) {
			t.Errorf("%s is not named:\n%s", file, run.err.String())
		}
		info, err := os.Stat(file)
		if err != nil || info.Mode() != 0o600 || info.Sys().(*syscall.Stat_t).Uid != uint32(os.Geteuid()) {
			t.Errorf("%v, %v", info, err)
		}
	}
	for wire, want := range map[string]string{
		"A.eth0": "out ttl 1 second|out ttl 1 third|",
		"A.eth1": "out ttl 1 test|out ttl 1 fourth|",
		"B.eth0": "in ttl 1 second|in ttl 1 third|",
	} {
		if said[wire] != want {
			t.Errorf("%s has %s, not %s", wire, said[wire], want)
		}
	}

	commands := regexp.MustCompile(`  look at one: (.*)`).FindAllStringSubmatch(run.err.String(), -1)
	if len(commands) != 2 {
		t.Fatalf("%d commands show a file:\n%s", len(commands), run.err.String())
	}
	for _, command := range commands {
		look := start(t, host, "sh", "-c", command[1])
		look.ends(exitOK)
		look.prints("192.168.8.164")
	}

	var o jsonRecorded
	lines := strings.Split(strings.TrimSpace(object.out.String()), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-2]), &o); err != nil || o.Type != "recorded" || o.Directory != filepath.Join(dir, "json", "article") || len(o.Wires) != 3 {
		t.Errorf("%+v, %v", o, err)
	}
	for _, w := range o.Wires {
		if info, err := os.Stat(w.File); err != nil || info.Size() != w.Bytes || w.Frames == 0 || w.Lost != 0 || w.Stopped != "" {
			t.Errorf("%+v, and the file: %v", w, err)
		}
	}

	if text := nowhere.err.String(); !strings.Contains(text, "nothing is recorded, the lab goes on: ") || !strings.Contains(text, "hint: name a directory") {
		t.Errorf("a directory that cannot be: %s", text)
	}
	nowhere.prints(" expectations were met")

	if text := full.err.String(); !strings.Contains(text, "is not recorded any more: ") || !strings.Contains(text, "no space left on device; the lab goes on") {
		t.Errorf("a disk that is full: %s", text)
	}
	full.prints("expectations were met")
	files, _ := filepath.Glob(filepath.Join(dir, "*.pcapng"))
	for _, file := range files {
		onWire(t, file) // which is whole
	}
	if len(files) == 0 {
		t.Error("the full disk has no file")
	}
}

// onWire are the datagrams to the groups of lessons in a file, which has to be whole.
func onWire(t *testing.T, file string) (said string) {
	t.Helper()
	r, err := record.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for {
		p, err := r.Next()
		if errors.Is(err, io.EOF) {
			return said
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if p.To.Addr().IsMulticast() {
			said += map[bool]string{true: "out", false: "in"}[p.Out] + " ttl " + string(rune('0'+p.Hops)) + " " + string(p.Data) + "|"
		}
	}
}

// A lab that is kept up is recorded from its first frame to its end, and the next one
// of the name beside it.
func TestLabUpRecords(t *testing.T) {
	t.Parallel()
	host := labtest.Build(t, lab.Topology{Hosts: []lab.Host{{Name: "computer"}}}).Host("computer")
	dir := t.TempDir()
	for _, want := range []string{"lan", "lan-2"} {
		up := start(t, host, "env", "XDG_RUNTIME_DIR="+dir, "groupcast", "lab", "up", "--name", "lan", "--record", dir, "refused")
		up.prints("ready")
		start(t, host, "env", "XDG_RUNTIME_DIR="+dir, "groupcast", "lab", "enter", "lan", "A", "groupcast", "send", "224.0.0.114", "hello").ends(exitOK)
		start(t, host, "env", "XDG_RUNTIME_DIR="+dir, "groupcast", "lab", "down", "lan").ends(exitOK)
		up.ends(exitOK)
		var files []string
		for _, line := range strings.Split(up.err.String(), "\n") {
			if _, file, ok := strings.Cut(line, " in "); ok {
				files = append(files, file)
			}
		}
		if !slices.Contains(files, filepath.Join(dir, want, "B.eth0.pcapng")) {
			t.Fatalf("files %q:\n%s", files, up.err.String())
		}
		if said := onWire(t, filepath.Join(dir, want, "B.eth0.pcapng")); said != "in ttl 1 hello|" {
			t.Errorf("B heard %s", said)
		}
	}
	for _, args := range [][]string{{"--record", "-"}, {"--record", ""}} {
		start(t, host, "groupcast", append([]string{"lab", "run", "article"}, args...)...).ends(exitUsage)
	}
}
