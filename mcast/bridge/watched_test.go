//go:build !race

package bridge_test

const watched = false
