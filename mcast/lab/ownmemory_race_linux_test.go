//go:build race

package lab_test

// ownData is how much memory this program asks for, most of which it never touches: the
// race detector remembers something for each address.
const ownData = 1 << 46
