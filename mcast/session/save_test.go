package session

import (
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
)

func savedTalk() []chat.Line {
	at := time.Date(2026, 5, 4, 19, 52, 10, 0, time.UTC)
	text := chat.SanitizeString
	bob := netip.MustParseAddrPort("192.168.8.226:1234")
	return []chat.Line{
		{At: at, Kind: chat.Notice, Text: text("joined 224.0.0.114:1234 on eth0")},
		{At: at, Kind: chat.Heard, Text: text("hello"), From: bob, Interface: "eth0"},
		{At: at, Kind: chat.Heard, Text: text("two\n2026-05-04 19:52:10  you  rows"), From: bob, Interface: "eth0"},
		{At: at, Kind: chat.Heard, Text: text("psst"), From: bob, Interface: "eth0", Direct: true},
		{At: at, Kind: chat.Own, Text: text("hi\nBob"), Interface: "eth0", Copy: chat.CopyBack},
		{At: at, Kind: chat.Own, Text: text("lost?"), Interface: "eth0", Copy: chat.CopyMissing},
		{At: at, Kind: chat.Own, Text: text("refused"), Interface: "eth0", Copy: chat.CopyNone, Hint: text("operation not permitted; a firewall refused it")},
		{At: at, Kind: chat.Problem, Text: text("eth0 is\ngone"), Hint: text("wait")},
	}
}

const savedText = `2026-05-04 19:52:10  groupcast                      joined 224.0.0.114:1234 on eth0
2026-05-04 19:52:10  192.168.8.226:1234      eth0   hello
2026-05-04 19:52:10  192.168.8.226:1234      eth0   two
                     │ 2026-05-04 19:52:10  you  rows
2026-05-04 19:52:10  192.168.8.226:1234 (to you alone)  eth0   psst
2026-05-04 19:52:10  you                     eth0   hi
                     │ Bob
2026-05-04 19:52:10  you                     eth0   lost?
                     │ no own copy within 1s
2026-05-04 19:52:10  you                     eth0   refused
                     │ not sent: operation not permitted; a firewall refused it
2026-05-04 19:52:10  groupcast                      eth0 is ⏎ gone
                     │ hint: wait
`

func TestSave(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	file, err := writeTalk(Save{File: "~/talk.txt", Lines: savedTalk()})
	if want := filepath.Join(home, "talk.txt"); file != want || err != nil {
		t.Fatalf("saved to %q, %v; want %s", file, err, want)
	}
	got, err := os.ReadFile(file)
	if err != nil || string(got) != savedText {
		t.Errorf("the file has\n%s\nwant\n%s%v", got, savedText, err)
	}
	// It is never overwritten.
	if _, err := writeTalk(Save{File: file}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("saved again: %v, want that it exists", err)
	}
	if again, _ := os.ReadFile(file); string(again) != savedText {
		t.Errorf("after that the file has\n%s", again)
	}
}

func TestSaveFails(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join(dir, "nowhere"), link); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, file, says, hint string }{
		{"a directory", dir, "save the talk: open " + dir + ": file exists", "name another file: none is overwritten"},
		{"a missing directory", dir + "/missing/talk", "missing/talk: no such file or directory", "make its directory first, or name another file"},
		{"a device", "/dev/full", "save the talk: open /dev/full: file exists", "name another file: none is overwritten"},
		{"a link", link, link + ": file exists", "name another file: none is overwritten"},
		{"below a file", "/dev/full/talk", "/dev/full/talk: not a directory", "name another file"},
		{"without a name", "", "save the talk: no file is named", "name another file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := (*Session)(nil).save(Save{File: c.file, Lines: savedTalk()})
			advised, ok := errors.AsType[*mcast.Advised](err)
			if !ok || !strings.Contains(mcast.Plain(err), c.says) || advised.Advice != c.hint {
				t.Errorf("error %v, advice of %+v; want %q, %q", err, advised, c.says, c.hint)
			}
		})
	}
}

func TestSaveToAFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	if err := writeLines(full, savedTalk()); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("error %v, want ENOSPC", err)
	}
}
