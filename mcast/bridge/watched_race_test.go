//go:build race

package bridge_test

// watched says that the race detector watches, which makes this test 6 times as slow.
const watched = true
