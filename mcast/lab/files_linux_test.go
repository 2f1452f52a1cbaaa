package lab_test

import (
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// A host's names and files are its own: neither another host has them, nor the computer,
// and no file is left there.
func TestHostFiles(t *testing.T) {
	outside, err := os.ReadFile("/etc/hosts")
	if err != nil {
		t.Skip(err)
	}
	t.Setenv("TMPDIR", t.TempDir())
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	if err := a.AddName("bee.example", netip.MustParseAddr("192.168.8.226"), netip.MustParseAddr("2001:db8::b")); err != nil {
		t.Fatal(err)
	}
	if err := a.AddName("hive.example", netip.MustParseAddr("192.168.8.1")); err != nil {
		t.Fatal(err)
	}
	if err := a.SetNameServer(netip.MustParseAddr("192.168.8.227")); err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{lab.OwnFiles + "/room.key": "00ff\n", lab.OwnFiles + "/other.key": "11ee\n"} {
		if err := a.WriteFile(path, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.WriteFile(lab.OwnFiles+"/room.key", "22\n"); err != nil { // it is written anew
		t.Fatal(err)
	}
	for _, path := range []string{"/etc/hosts", lab.OwnFiles, lab.OwnFiles + "/../etc/hosts", lab.OwnFiles + "/a/b"} {
		if err := a.WriteFile(path, "x"); err == nil {
			t.Errorf("%s was written", path)
		}
	}
	look := func(n *lab.Node, script string) string {
		out, err := shell(t.Context(), n, script).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v: %s", script, err, out)
		}
		return string(out)
	}
	want := "127.0.0.1 localhost\n::1 localhost\n192.168.8.226 bee.example\n2001:db8::b bee.example\n192.168.8.1 hive.example\n"
	if got := look(a, "cat /etc/hosts"); got != want {
		t.Errorf("A has the names\n%s\nwant\n%s", got, want)
	}
	if got := look(a, "cat /etc/resolv.conf"); !strings.HasPrefix(got, "nameserver 192.168.8.227\n") {
		t.Errorf("A's name server: %s", got)
	}
	if got, want := look(a, "cd "+lab.OwnFiles+"; cat room.key other.key; stat -c %a room.key"), "22\n11ee\n600\n"; got != want {
		t.Errorf("A has the files %q, want %q", got, want)
	}
	if got := look(b, "cat /etc/hosts"); got != string(outside) {
		t.Errorf("B has the names\n%s", got)
	}
	if got := look(b, "ls -A "+lab.OwnFiles); strings.Contains(got, "room.key") {
		t.Errorf("B has A's files: %s", got)
	}
	if now, err := os.ReadFile("/etc/hosts"); err != nil || string(now) != string(outside) {
		t.Errorf("the computer has the names\n%s", now)
	}
	if _, err := os.Stat(lab.OwnFiles + "/room.key"); err == nil {
		t.Error("the computer has A's file")
	}
	left, err := os.ReadDir(os.TempDir())
	if err != nil || len(left) > 0 {
		t.Errorf("it left %v, %v", left, err)
	}
}
