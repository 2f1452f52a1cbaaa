package lab

import (
	"encoding/binary"
	"fmt"
	"os"
	"sync"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// The kernel's interface for a multicast routing daemon (linux/mroute.h).
const (
	mrtInit   = 200
	mrtAddVIF = 202
	mrtAddMFC = 204
	mrtFlush  = 212

	viffUseIfindex = 0x8
	mrtFlushMFC    = 1
	noCache        = 1 // IGMPMSG_NOCACHE: a datagram that no entry is for
)

// groupRouter forwards IPv4 groups between the interfaces of a host. The
// kernel asks it about each source and group that it has not seen (an
// upcall), and it answers: to every other interface.
type groupRouter struct {
	socket *os.File
	done   sync.WaitGroup

	vifs map[string]uint16 // the kernel's number of an interface, by its name
}

// routeGroups starts forwarding groups. It ends with the host's process.
func (n *Node) routeGroups(interfaces []Interface) error {
	r := &groupRouter{vifs: map[string]uint16{}}
	for vif, i := range interfaces {
		r.vifs[i.Name] = uint16(vif)
	}
	err := n.Do(func() error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.IPPROTO_IGMP)
		if err != nil {
			return os.NewSyscallError("socket", err)
		}
		r.socket = os.NewFile(uintptr(fd), "multicast routing")
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, mrtInit, 1); err != nil {
			r.socket.Close()
			return fmt.Errorf("multicast routing in the kernel: %w", err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	n.groups = r
	r.done.Go(r.answer)
	go func() {
		<-n.gone
		r.socket.Close()
	}()
	for _, i := range interfaces {
		if err := n.Link(i.Name).change("route groups by", r.add); err != nil {
			return err
		}
	}
	return nil
}

// close waits for the end of the goroutine, which the host's end brings.
func (r *groupRouter) close() {
	if r != nil {
		r.socket.Close()
		r.done.Wait()
	}
}

// add makes an interface one to forward from and to.
func (r *groupRouter) add(link netlink.Link) error {
	a := link.Attrs()
	vif := make([]byte, 16) // struct vifctl
	binary.NativeEndian.PutUint16(vif, r.vifs[a.Name])
	vif[2], vif[3] = viffUseIfindex, 1
	binary.NativeEndian.PutUint32(vif[8:], uint32(a.Index))
	if err := r.set(mrtAddVIF, vif); err != nil {
		return err
	}
	// Entries made while the interface was not there leave it out.
	return r.set(mrtFlush, binary.NativeEndian.AppendUint32(nil, mrtFlushMFC))
}

// answer reads upcalls until the socket is closed.
func (r *groupRouter) answer() {
	b := make([]byte, 2048)
	for {
		n, err := r.socket.Read(b)
		if err != nil {
			return
		}
		// struct igmpmsg has the shape of an IP header with 0 for the protocol;
		// others are the IGMP of the LAN, which it does without.
		if n < 20 || b[9] != 0 || b[8] != noCache {
			continue
		}
		entry := make([]byte, 60) // struct mfcctl
		copy(entry, b[12:20])     // source and group
		from := uint16(b[10]) | uint16(b[11])<<8
		binary.NativeEndian.PutUint16(entry[8:], from)
		for vif := range uint16(len(r.vifs)) {
			if vif != from {
				entry[10+vif] = 1 // the TTL has to be greater
			}
		}
		_ = r.set(mrtAddMFC, entry) // the interface may be gone, and the datagram is lost then
	}
}

func (r *groupRouter) set(option int, value []byte) error {
	conn, err := r.socket.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = conn.Control(func(fd uintptr) {
		failed = os.NewSyscallError("setsockopt", unix.SetsockoptString(int(fd), unix.IPPROTO_IP, option, string(value)))
	})
	if err != nil {
		return err
	}
	return failed
}
