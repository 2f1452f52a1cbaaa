//go:build race

package class

// ownMemory is how much memory this program asks for, most of which it never touches: the
// race detector remembers something for each address.
const ownMemory = 1 << 46
