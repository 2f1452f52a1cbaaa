//go:build !race

package class

// ownMemory is how much memory this program needs in a seat: as much as any.
const ownMemory = 0
