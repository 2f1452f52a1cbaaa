package mcast

import (
	"errors"
	"fmt"
	"net/netip"
)

// maxReadSize holds any UDP payload: the length field of UDP has 16 bits.
const maxReadSize = 65535

var errReadSize = errors.New("bytes to keep of each datagram must be 1 to 65535")

// There is a reader for each family of systems, all with
//
//	newReader(udp, size)  // keeps size bytes of each payload, 1 to 65535
//	read(dst)             // waits for one; at most BatchSize and len(dst)
//
// The Data they return is their own memory and is valid until the next read.
// They are not safe for use by several goroutines at once. The errors of read
// are the socket's: os.ErrDeadlineExceeded and net.ErrClosed among them.

func checkReadSize(size int) error {
	if size < 1 || size > maxReadSize {
		return fmt.Errorf("%d: %w", size, errReadSize)
	}
	return nil
}

// unmapped makes an IPv4 address of one that an IPv6 socket wrapped
// (RFC 4291, section 2.5.5.2).
func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
