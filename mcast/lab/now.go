package lab

import "net/netip"

// Now is a lab as it is at one moment.
type Now struct {
	Links  map[string]Counters     // by names such as A.eth0; one that is missing was deleted
	Faults map[string][]Fault      // that stand, of every kind, by HOST or HOST.INTERFACE; the oldest first
	Groups map[string][]netip.Addr // that programs have joined, by names such as A.eth0, sorted
}
