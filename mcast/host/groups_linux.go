package host

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
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

// mostOfGroups is how many bytes of each list GroupsOf reads, which strangers may fill.
const mostOfGroups = 64 << 10

// GroupsOf reads the lists of [IGMP] and [MLD] in the network namespace of a process. Of
// each it reads 64 KiB at most: about 1,900 groups of IPv4, and 800 of IPv6. The error is
// fs.ErrNotExist when there is no such process; a kernel without IPv6 has none of its
// groups.
func GroupsOf(pid int) (igmp, mld []InterfaceGroups, err error) {
	read := func(name string, parse func(io.Reader) ([]InterfaceGroups, error)) ([]InterfaceGroups, error) {
		f, err := os.Open(fmt.Sprintf("/proc/%d/net/%s", pid, name))
		if err != nil {
			return nil, fmt.Errorf("mcast: %w", err)
		}
		defer f.Close()
		text, err := io.ReadAll(io.LimitReader(f, mostOfGroups))
		if err != nil {
			return nil, fmt.Errorf("mcast: %w", err)
		}
		if len(text) == mostOfGroups {
			text = text[:bytes.LastIndexByte(text, '\n')+1]
		}
		return parse(bytes.NewReader(text))
	}
	if igmp, err = read("igmp", parseIGMP); err != nil {
		return nil, nil, err
	}
	if mld, err = read("igmp6", parseMLD); errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return igmp, mld, err
}
