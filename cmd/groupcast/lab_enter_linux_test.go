package main

import (
	"os/exec"
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

// Who enters is who they are outside: a file that they make is theirs.
func TestLabUserIsThemselves(t *testing.T) {
	on := computer(t)
	up := start(t, on, "unshare", "--user", "--map-user=1000", "--map-group=1000", "groupcast", "lab", "up", "article", "--name", "users")
	up.prints("ready: ")
	enter := start(t, on, "unshare", "--user", "--map-user=1000", "--map-group=1000", "groupcast", "lab", "enter", "users", "A",
		"sh", "-c", "id -u; ip address add 10.0.0.1/24 dev eth1 && ip -br address show eth1")
	enter.ends(0)
	enter.prints("1000\n")
	enter.prints("10.0.0.1/24")
}
