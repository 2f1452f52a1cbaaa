package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// tcpdump gives up root for a user of its own, who has to be there, and asks for
// nothing of who is not root and may capture.
func TestLabTcpdump(t *testing.T) {
	if _, err := exec.LookPath("tcpdump"); err != nil {
		t.Skip("not installed")
	}
	on := computer(t)
	type user struct {
		name, lab string
		as        []string
	}
	users := []user{
		{"root", "roots", nil},
		{"a user", "users", []string{"unshare", "--user", "--map-user=1000", "--map-group=1000"}},
	}
	together(t, users, func(u user) string { return u.name }, func(t *testing.T, u user) {
		run := func(args ...string) *program {
			command := append(append([]string{}, u.as...), args...)
			return start(t, on, command[0], command[1:]...)
		}
		run("groupcast", "lab", "up", "article", "--name", u.lab).prints("ready: ")
		capture := run("groupcast", "lab", "enter", u.lab, "A", "tcpdump", "-c", "1", "-i", "eth0", "-n", "udp")
		capture.remarks("listening on eth0")
		run("groupcast", "lab", "enter", u.lab, "B", "groupcast", "send", "-i", "eth0", "224.0.0.114", "seen").ends(exitOK)
		capture.prints("192.168.8.226.")
		capture.ends(0)
	})
}

// This very program is groupcast in a host, whatever it was started as, and no other
// that is installed.
func TestLabEnterFindsItself(t *testing.T) {
	t.Parallel()
	on := computer(t)
	labUp(t, on, "article")
	const other = "echo echo another >$0/groupcast; chmod +x $0/groupcast; "
	enter := start(t, on, "sh", "-c", other+`program=$(command -v groupcast); PATH=$0:$PATH exec "$program" lab enter article A groupcast interfaces`, t.TempDir())
	enter.prints("192.168.8.164/24")
	if strings.Contains(enter.out.String(), "another") {
		t.Errorf("another program of that name ran:\n%s", enter.out.String())
	}
}

// Each shell says where it is, after what its user has written for it.
func TestLabPrompts(t *testing.T) {
	t.Parallel()
	on := computer(t)
	labUp(t, on, "article")
	home := t.TempDir()
	for _, rc := range []string{".bashrc", ".zshrc"} {
		if err := os.WriteFile(filepath.Join(home, rc), []byte("PS1='theirs> '\nalias shout='echo of $((6*7)) lines'\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	together(t, []string{"bash", "zsh", "dash"}, nameItself, func(t *testing.T, shell string) {
		path, err := exec.LookPath(shell)
		if err != nil {
			t.Skip("not installed")
		}
		s := openTerminal(t, on, 100, 30, []string{"SHELL=" + path, "HOME=" + home}, withTerminal("groupcast", "lab", "enter", "article", "B")...)
		s.shows("B:article#")
		if shell != "dash" { // which reads no such file
			s.keys("shout\r")
			s.shows("of 42 lines")
		}
		s.keys("exit 6\r")
		s.quits(6)
	})
}

// The screen of a lab opens a shell in a host, and is there again when that ends;
// the lab does not wait for it.
func TestLabScreenEnters(t *testing.T) {
	t.Parallel()
	on := computer(t)
	s := openTerminal(t, on, 120, 24, []string{"SHELL=/bin/bash"}, withTerminal("groupcast", "lab", "up", "article")...)
	s.shows("▸", "A.eth0")
	for range 2 {
		s.keys("\x1b[F\r") // end: the last host
		s.shows("B:article#")
		s.keys("echo in $(hostname); exit 3\r")
		s.shows("in B")
		s.shows("▸ B ", "-")
	}
	s.keys("\r")
	s.shows("B:article#")
	do(t, on, "lab", "down", "article").ends(exitOK)
	s.quits(exitOK)
}

// Who enters is who they are outside: a file that they make is theirs.
func TestLabUserIsThemselves(t *testing.T) {
	t.Parallel()
	on := computer(t)
	up := start(t, on, "unshare", "--user", "--map-user=1000", "--map-group=1000", "groupcast", "lab", "up", "article", "--name", "users")
	up.prints("ready: ")
	enter := start(t, on, "unshare", "--user", "--map-user=1000", "--map-group=1000", "groupcast", "lab", "enter", "users", "A",
		"sh", "-c", "id -u; ip address add 10.0.0.1/24 dev eth1 && ip -br address show eth1")
	enter.ends(0)
	enter.prints("1000\n")
	enter.prints("10.0.0.1/24")
}
