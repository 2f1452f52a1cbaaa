package mcast

import (
	"strings"

	"golang.org/x/sys/unix"
)

// ifIndex is the index of an interface in the network namespace of a socket
// (netdevice(7), SIOCGIFINDEX); 0: there is none of that name.
func ifIndex(fd uintptr, name string) int {
	req, err := unix.NewIfreq(name)
	if err != nil || strings.Contains(name, ":") { // the kernel would look for what stands before it
		return 0
	}
	if unix.IoctlIfreq(int(fd), unix.SIOCGIFINDEX, req) != nil {
		return 0
	}
	return int(req.Uint32())
}

// ifName is the name of an interface in the network namespace of a socket
// (netdevice(7), SIOCGIFNAME); "": it is gone.
func ifName(fd uintptr, index int) string {
	req, err := unix.NewIfreq("")
	if err != nil {
		return ""
	}
	req.SetUint32(uint32(index))
	if unix.IoctlIfreq(int(fd), unix.SIOCGIFNAME, req) != nil {
		return ""
	}
	return req.Name()
}
