package nap

import (
	"syscall"
	"time"
)

// sleep sleeps by nanosleep(2), which is late by the timer slack of a thread:
// 50 us.
func sleep(d time.Duration) {
	left := syscall.NsecToTimespec(int64(d))
	_ = syscall.Nanosleep(&left, nil) // a signal may end it: the caller looks at the clock
}
