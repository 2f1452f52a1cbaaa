package echo

import (
	"fmt"
	"net/netip"
	"syscall"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// setFilter makes the kernel drop the datagrams of these sources before they
// take room in the socket's buffer (SO_ATTACH_FILTER, socket(7)). It replaces
// the filter that was there. Without sources it removes it. It needs no
// privilege.
func setFilter(raw syscall.RawConn, sources []netip.Prefix) error {
	program, err := bpf.Assemble(shutOut(sources))
	if err != nil {
		return fmt.Errorf("echo: filter: %w", err)
	}
	set := make([]unix.SockFilter, len(program))
	for i, p := range program {
		set[i] = unix.SockFilter{Code: p.Op, Jt: p.Jt, Jf: p.Jf, K: p.K}
	}
	cerr := raw.Control(func(fd uintptr) {
		if len(sources) == 0 {
			err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_DETACH_FILTER, 0)
			return
		}
		err = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
			&unix.SockFprog{Len: uint16(len(set)), Filter: &set[0]})
	})
	if cerr != nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("echo: filter: %w", err)
	}
	return nil
}
