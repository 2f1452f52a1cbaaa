package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/session"
)

// smallDisk has room for so many bytes.
type smallDisk struct {
	bytes.Buffer
	room int
}

func (d *smallDisk) Write(p []byte) (int, error) {
	n := min(len(p), d.room)
	d.room -= n
	d.Buffer.Write(p[:n])
	if n < len(p) {
		return n, &os.PathError{Op: "write", Path: "talk", Err: syscall.ENOSPC}
	}
	return n, nil
}

func (d *smallDisk) Close() error { return nil }

func heardLine(text string) session.Batch {
	return session.Batch{Lines: []chat.Line{{At: time.Unix(1, 0).UTC(), Kind: chat.Heard, Text: chat.SanitizeString(text)}}}
}

// What does not fit is said once, and counted where it is missing; what comes
// when there is room again is whole lines.
func TestTalkLogOnAFullDisk(t *testing.T) {
	disk := &smallDisk{room: 1 << 20}
	l := newTalkLog(disk, "talk", false)
	var said []error
	tell := func(b session.Batch) {
		if err := l.batch(b, session.Snapshot{}); err != nil {
			said = append(said, err)
		}
	}
	tell(heardLine("whole"))
	disk.room = 10
	tell(heardLine("torn"))
	disk.room = 0
	tell(heardLine("lost"))
	tell(session.Batch{Dropped: 7})
	disk.room = 1 << 20
	tell(heardLine("after"))
	if len(said) != 1 || !strings.Contains(said[0].Error(), "--log talk: no space left on device; the talk goes on") {
		t.Errorf("said of the full disk: %q, want it once", said)
	}
	var texts []string
	for row := range strings.Lines(disk.String()) {
		var o struct{ Text string }
		if !strings.HasSuffix(row, "\n") {
			t.Errorf("the last row is not whole: %q", row)
		}
		if json.Unmarshal([]byte(row), &o) != nil {
			o.Text = "(half a line)"
		}
		texts = append(texts, o.Text)
	}
	want := "whole|(half a line)|3 lines missing here: no space left on device|after"
	if got := strings.Join(texts, "|"); got != want {
		t.Errorf("the file has %q, want %q", got, want)
	}
	if err := l.close(); err == nil || !strings.Contains(err.Error(), "--log talk lacks 3 lines: no space left on device") {
		t.Errorf("at the end: %v", err)
	}
}

// The first object that the file has says the schema, whatever could not be written
// before.
func TestTalkLogBeginsWithTheSchema(t *testing.T) {
	for _, room := range []int{0, 10, 1 << 20} {
		disk := &smallDisk{room: room}
		l := newTalkLog(disk, "talk", false)
		for _, text := range []string{"one", "two", "three"} {
			_ = l.batch(heardLine(text), session.Snapshot{})
			disk.room = 1 << 20
		}
		var whole []string
		for row := range strings.Lines(disk.String()) {
			if json.Valid([]byte(row)) {
				whole = append(whole, row)
			}
		}
		if n := strings.Count(disk.String(), `"schema":1,`); n != 1 || len(whole) != 3 || !strings.Contains(whole[0], `"schema"`) {
			t.Errorf("with room for %d bytes at first, %d objects of the file say the schema:\n%s", room, n, disk)
		}
	}
}

// A screen that is killed has its talk in the file, but for the last line.
func TestTalkLogOutlivesAKill(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	file := filepath.Join(t.TempDir(), "talk.jsonl")
	s := openScreen(t, l.Host("A"), 100, 30, "--log", file)
	s.shows("▲ sends leave here")
	openShout(t, l.Host("B")).says("hello A")
	s.shows("192.168.8.226", "hello A")
	s.keys("hello\r")
	s.shows("you", "hello", "↺")
	logged := func(parts ...string) func() bool {
		return func() bool {
			text, _ := os.ReadFile(file)
			return hasRow(string(text), parts)
		}
	}
	s.until("what was heard, in the file", logged(`"type":"heard"`, `"text":"hello A"`))
	s.until("what was said, in the file", logged(`"type":"own"`, `"text":"hello"`, `"copy":"back"`))
	for deadline := time.Now().Add(labtest.Patience); !logged(`"type":"finding"`, `"wrong-egress"`)(); {
		if time.Now().After(deadline) {
			t.Fatal("the finding is not in the file")
		}
	}
	if err := s.cmd.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	s.wait()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for row := range strings.Lines(string(text)) {
		if !json.Valid([]byte(row)) {
			t.Errorf("no object: %q", row)
		}
	}
}

// The disk is full: the talk says so, and goes on.
func TestTalkLogOnAFullTmpfs(t *testing.T) {
	t.Parallel()
	s := openTerminal(t, labtest.Build(t, lab.Article).Host("B"), 100, 30, nil, "unshare", "--mount", "sh", "-c",
		"mount -t tmpfs -o size=4k small /mnt && exec groupcast --log /mnt/talk.jsonl")
	s.shows("▲ sends leave here")
	s.keys(strings.Repeat("x", 3000) + "\r")
	s.shows("--log /mnt/talk.jsonl: no space left on device;")
	s.keys("still here\r")
	s.shows("you", "still here", "↺")
	s.keys("\x03")
	s.quits(exitDoubt)
	s.shows("--log /mnt/talk.jsonl lacks", "no space left on device")
}
