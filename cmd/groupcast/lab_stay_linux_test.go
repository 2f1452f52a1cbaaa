package main

import "testing"

// The network of a lesson stays: another terminal enters it, a second one of the same name
// is refused with a way out, and groupcast lab down ends it. The answers come with their
// proofs.
func TestLabRunStays(t *testing.T) {
	t.Parallel()
	on := computer(t)
	run := start(t, on, "groupcast", "lab", "run", "--stay", "--answers", "article")
	run.prints("Answer: ")
	run.prints("expectations were met")
	run.prints("The network stays. In another terminal: groupcast lab enter article A\n")
	run.prints("A$ ip route get 224.0.0.114")

	again := start(t, on, "groupcast", "lab", "run", "--stay", "article")
	again.ends(exitNot)
	again.remarks("a lab of that name is running")

	inLabHost(t, on, "article", "A", "groupcast", "send", "224.0.0.114", "hello").ends(exitOK)
	start(t, on, "groupcast", "lab", "down", "article").ends(exitOK)
	run.ends(exitOK)
}
