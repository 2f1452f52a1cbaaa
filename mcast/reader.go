package mcast

import "net/netip"

// There is a reader for each family of systems, all with
//
//	newReader(udp, size, errors)  // keeps size bytes of each payload, 1 to 65535
//	read(dst)                     // waits for one; at most BatchSize and len(dst)
//	each(dst, handle)             // read, and handle; again if handle wants it, or not
//	setNap(on)                    // whether to nap after a batch that was not full
//	split()                       // takes apart what the kernel joins (UDP_GRO), from the start
//
// The Data they return is their own memory and is valid until the next read.
// They are not safe for use by several goroutines at once. The errors of read
// are the socket's: os.ErrDeadlineExceeded and net.ErrClosed among them.

// unmapped makes an IPv4 address of one that an IPv6 socket wrapped
// (RFC 4291, section 2.5.5.2).
func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
