package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// canSuspend reports whether someone can continue the program when it is
// stopped: its parent, or, if that is of the same job, the parent of the job's
// leader.
func canSuspend() bool {
	us := standingOf(os.Getpid())
	return standingOf(os.Getppid()).continues(us) || standingOf(parentOf(us.group)).continues(us)
}

// parentOf is a process's parent; 0: not known.
func parentOf(pid int) int {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	parent, err := parseParent(string(stat))
	if err != nil {
		return 0
	}
	return parent
}

// parseParent reads the parent's number from /proc/PID/stat, proc_pid_stat(5):
// "71 (name) S 70 ...", where the name may hold spaces and parentheses.
func parseParent(stat string) (int, error) {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) < 2 {
		return 0, errors.New("the parent of the process is not known")
	}
	return strconv.Atoi(fields[1])
}
