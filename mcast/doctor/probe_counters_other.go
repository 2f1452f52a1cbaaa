//go:build !linux

package doctor

// linkCounters is not known here.
func linkCounters(int) (sent, queueDrops uint64, ok bool) { return 0, 0, false }
