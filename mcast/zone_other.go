//go:build !linux

package mcast

import "net"

// ifIndex is the index of an interface; 0: there is none of that name. There
// are no network namespaces.
func ifIndex(_ uintptr, name string) int {
	if i, err := net.InterfaceByName(name); err == nil {
		return i.Index
	}
	return 0
}

// ifName is the name of an interface; "": it is gone.
func ifName(_ uintptr, index int) string {
	if i, err := net.InterfaceByIndex(index); err == nil {
		return i.Name
	}
	return ""
}
