//go:build unix

package main

import "golang.org/x/sys/unix"

// A program that is stopped by ctrl+z is stopped with its whole process group,
// and needs someone to continue it: a shell with job control, which is the
// parent of the group's leader, in the same session and in another group. A
// group without one is orphaned, and the kernel does not stop it at all
// (POSIX, SIGTSTP): who then waits to be continued waits for ever.

// standing is where a process is among the jobs of a terminal.
type standing struct {
	group, session int // 0: not known
}

// continues reports whether the parent of a process can continue its group.
func (parent standing) continues(child standing) bool {
	return parent.group > 0 && parent.session > 0 && parent.session == child.session && parent.group != child.group
}

// standingOf asks the kernel. Of a process that is not there, or not to be
// seen, nothing is known; 0 would stand for the caller.
func standingOf(pid int) standing {
	if pid <= 0 {
		return standing{}
	}
	group, err := unix.Getpgid(pid)
	if err != nil {
		return standing{}
	}
	session, err := unix.Getsid(pid)
	if err != nil {
		return standing{}
	}
	return standing{group: group, session: session}
}
