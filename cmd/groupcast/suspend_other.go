//go:build !unix

package main

// canSuspend is false: there are no jobs to stop and continue.
func canSuspend() bool { return false }
