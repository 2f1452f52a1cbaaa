//go:build !race

package lab_test

// ownData is how much memory this program needs: as much as any.
const ownData = 0
