//go:build unix && !linux

package main

import "os"

// canSuspend reports whether someone can continue the program when it is
// stopped: its parent. The parent of its job's leader is not easily known here.
func canSuspend() bool { return standingOf(os.Getppid()).continues(standingOf(os.Getpid())) }
