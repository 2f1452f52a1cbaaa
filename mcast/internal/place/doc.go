// Package place lets goroutines work in the network namespace of the thread that
// started them. A new goroutine runs on any thread, and so in the process's own
// namespace, while a program that is in several has them apart by thread.
package place
