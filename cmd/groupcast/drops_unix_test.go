//go:build unix

package main

import (
	"syscall"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// What the kernel had no room for is told.
func TestDropsAreTold(t *testing.T) {
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	heard := start(t, a, "groupcast", "listen", "-i", "eth0", "--raw")
	heard.remarks("joined")
	for _, step := range []syscall.Signal{syscall.SIGSTOP, syscall.SIGCONT, syscall.SIGINT} {
		if err := heard.cmd.Signal(step); err != nil {
			t.Fatal(err)
		}
		if step == syscall.SIGSTOP { // it does not read, and its buffer fills
			start(t, b, "python3", peer(t, "peer.py"), "flood", "20000").status()
		}
	}
	if status := heard.status(); status != exitDoubt {
		t.Errorf("exit status %d, want %d", status, exitDoubt)
	}
	heard.remarks("lost in the kernel: the receive buffer was full")
	heard.remarks("hint: ")
}
