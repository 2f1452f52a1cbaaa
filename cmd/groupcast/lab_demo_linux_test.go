package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// demo is groupcast lab in a terminal that controls it. Everything that it
// starts has the mark in its environment.
type demo struct {
	*screen
	mark string
}

func openDemo(t *testing.T, columns, rows int, env ...string) demo {
	t.Helper()
	mark := fmt.Sprintf("DEMO_TEST_MARK=%x", rand.Uint64())
	host := labtest.Build(t, lab.Topology{Hosts: []lab.Host{{Name: "outside"}}}).Host("outside")
	d := demo{openTerminal(t, host, columns, rows, append(env, mark), withTerminal("groupcast", "lab")...), mark}
	t.Cleanup(func() {
		for _, pid := range d.running("") { // it has failed
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
	return d
}

// running are the numbers of the processes of the demonstration that have a
// word in their command line.
func (d demo) running(word string) (pids []int) {
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range files {
		environ, _ := os.ReadFile(file) // it may have ended
		command, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "cmdline"))
		if bytes.Contains(environ, []byte(d.mark)) && bytes.Contains(command, []byte(word)) {
			pid, _ := strconv.Atoi(strings.Split(file, "/")[2])
			pids = append(pids, pid)
		}
	}
	return pids
}

// endsWith waits for the end, with nothing left running.
func (d demo) endsWith(code int) {
	d.t.Helper()
	d.quits(code)
	for deadline := time.Now().Add(labtest.Patience); ; {
		left := d.running("")
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			d.t.Fatalf("still running: %d", left)
		}
	}
}

// foreground is the process group that the terminal's signals go to.
func (d demo) foreground() int {
	group, err := unix.IoctlGetInt(int(d.master.Fd()), unix.TIOCGPGRP)
	if err != nil {
		d.t.Fatal(err)
	}
	return group
}

// The first minute, from the first key to B's answer.
func TestLabDemo(t *testing.T) {
	t.Parallel()
	d := openDemo(t, 100, 30, "GROUPCAST_INTERFACE=eth7", "GROUPCAST_TTL=9")
	d.shows("Lesson 1/5", "▸ talk")
	d.shows("Say something")
	d.shows("192.168.8.226", "B: hello")
	d.keys("test\r")
	d.shows("you", "169.254.167.41", "test", "↺", "→ eth1")
	d.shows("Lesson 2/5", "✓ talk", "▸ why")
	d.shows("Your line came back (↺), and B says nothing")
	d.keys("\t\t\r")
	d.shows("Lesson 3/5", "✓ why", "▸ fix")
	d.shows("wrong-egress", "esc back")
	d.keys("\x06") // ctrl+f
	d.shows("Lesson 4/5", "✓ fix", "▸ again")
	d.shows("sends leave by eth0, source 192.168.8.164")
	d.keys("test again\r")
	d.shows("you", "192.168.8.164", "test again", "↺", "→ eth0")
	d.shows("Lesson 5/5", "✓ again", "▸ what now")
	d.shows("192.168.8.226", "B: I hear you, 192.168.8.164.")
	d.shows("You said: test again")
	if strings.Contains(d.written(), "I hear you, 169.254") {
		t.Error("B answered what left by eth1")
	}

	d.resize(120, 40)
	d.until("a frame of the new size", func() bool {
		rows := strings.Split(strings.TrimSuffix(d.text(), "\n"), "\n")
		return len(rows) == 40 && strings.HasPrefix(rows[39], " tab pane") && strings.HasPrefix(rows[37], "╰") && strings.HasSuffix(rows[37], "╯")
	})
	d.keys("\x1a") // ctrl+z
	d.shows("no shell is there")
	d.keys("/quit\r")
	d.endsWith(exitOK)
	d.shows("sent 2 lines; own copies came back")
	d.shows("Next: groupcast lab run", "lessons like this one")
}

// However it ends, the terminal is as it was, and nothing is left.
func TestLabDemoEnds(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		victim func(demo) int // negative: a process group
		signal syscall.Signal
		code   int
	}{
		{"the terminal hangs up", func(d demo) int { return -d.foreground() }, syscall.SIGHUP, exitInterrupted},
		{"its group is ended", func(d demo) int { return -d.foreground() }, syscall.SIGTERM, exitInterrupted},
		{"the screen is killed", func(d demo) int { return d.running("--lesson")[0] }, syscall.SIGKILL, 128 + 9},
		{"B is killed", func(d demo) int { return d.running("lab-peer")[0] }, syscall.SIGKILL, exitNot},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := openDemo(t, 100, 30)
			d.shows("B: hello")
			if err := syscall.Kill(tc.victim(d), tc.signal); err != nil {
				t.Fatal(err)
			}
			d.endsWith(tc.code)
		})
	}
}

func TestLabDemoNeedsATerminal(t *testing.T) {
	t.Parallel()
	p := start(t, labtest.Build(t, lab.Article).Host("A"), "groupcast", "lab")
	if code := p.status(); code != exitNot {
		t.Errorf("exit status %d, want %d", code, exitNot)
	}
	p.remarks("the demonstration needs a terminal")
	p.remarks("hint: the same as a lesson, without a screen: groupcast lab run article")
}

func TestLabDemoWhereItIsForbidden(t *testing.T) {
	t.Parallel()
	s := openTerminal(t, labtest.Build(t, lab.Article).Host("A"), 100, 30, nil,
		"unshare", "--user", "--map-root-user", "sh", "-c", "echo 0 >/proc/sys/user/max_user_namespaces && exec groupcast lab")
	s.shows("no namespaces for this user: user.max_user_namespaces is 0")
	s.shows("hint: sysctl -w user.max_user_namespaces=10000")
	s.quits(exitNot)
}
