package mcast

import (
	"fmt"
	"os"
)

// IGMP reads the state of every interface from the kernel
// (/proc/net/igmp, as the calling thread's network namespace has it).
func IGMP() ([]IGMPState, error) {
	f, err := os.Open("/proc/thread-self/net/igmp")
	if err != nil {
		return nil, fmt.Errorf("mcast: %w", err)
	}
	defer f.Close()
	return parseIGMP(f)
}
