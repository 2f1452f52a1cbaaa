package host

import (
	"fmt"
	"io"
	"os"
)

// IGMP reads which IPv4 groups are joined on every interface, by any program
// (/proc/net/igmp, as the calling thread's network namespace has it).
func IGMP() ([]InterfaceGroups, error) {
	return readProc("/proc/thread-self/net/igmp", parseIGMP)
}

// MLD is the same for IPv6 (/proc/net/igmp6).
func MLD() ([]InterfaceGroups, error) {
	return readProc("/proc/thread-self/net/igmp6", parseMLD)
}

func readProc(path string, parse func(io.Reader) ([]InterfaceGroups, error)) ([]InterfaceGroups, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("mcast: %w", err)
	}
	defer f.Close()
	return parse(f)
}
