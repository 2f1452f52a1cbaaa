package lab

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"syscall"

	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"
)

// The kernel's interface for a multicast routing daemon (linux/mroute.h).
const (
	mrtInit   = 200
	mrtAddVIF = 202
	mrtAddMFC = 204
	mrtDelMFC = 205
	mrtFlush  = 212

	viffUseIfindex = 0x8
	mrtFlushMFC    = 1
	noCache        = 1 // IGMPMSG_NOCACHE: a datagram that no entry is for
)

// flow is what a source sends to a group.
type flow struct{ source, group netip.Addr }

// mroute is the kernel's multicast routing in a namespace: a raw socket of IGMP,
// which has the questions of the kernel and the IGMP of the LANs.
type mroute struct {
	file *os.File
	raw  syscall.RawConn
}

// openMroute is to be called in the namespace.
func openMroute() (mroute, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.IPPROTO_IGMP)
	if err != nil {
		return mroute{}, os.NewSyscallError("socket", err)
	}
	m := mroute{file: os.NewFile(uintptr(fd), "multicast routing")}
	if m.raw, err = m.file.SyscallConn(); err == nil {
		err = m.prepare(fd)
	}
	if err != nil {
		m.file.Close()
	}
	return m, err
}

func (m mroute) prepare(fd int) error {
	for _, s := range []struct{ option, value int }{{unix.IP_PKTINFO, 1}, {unix.IP_TOS, 0xc0}, {unix.IP_MULTICAST_TTL, 1}} {
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, s.option, s.value); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
	}
	// IGMP has a router alert (RFC 2113; RFC 3376, section 4).
	if err := unix.SetsockoptString(fd, unix.IPPROTO_IP, unix.IP_OPTIONS, "\x94\x04\x00\x00"); err != nil {
		return os.NewSyscallError("setsockopt", err)
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, mrtInit, 1); err != nil {
		return fmt.Errorf("multicast routing in the kernel: %w", err)
	}
	return nil
}

func (m mroute) set(option int, value []byte) error {
	var failed error
	err := m.raw.Control(func(fd uintptr) {
		failed = os.NewSyscallError("setsockopt", unix.SetsockoptString(int(fd), unix.IPPROTO_IP, option, string(value)))
	})
	if err != nil {
		return err
	}
	return failed
}

// addVIF makes an interface one to forward from and to.
func (m mroute) addVIF(number uint16, index int) error {
	vif := make([]byte, 16) // struct vifctl
	binary.NativeEndian.PutUint16(vif, number)
	vif[2], vif[3] = viffUseIfindex, 1
	binary.NativeEndian.PutUint32(vif[8:], uint32(index))
	return m.set(mrtAddVIF, vif)
}

// forget deletes all entries, and the datagrams that wait for one.
func (m mroute) forget() error {
	return m.set(mrtFlush, binary.NativeEndian.AppendUint32(nil, mrtFlushMFC))
}

// entry makes or changes an entry: what comes by from goes out by these. Its TTL
// has to be greater than 1.
func (m mroute) entry(f flow, from uint16, out []uint16) error {
	mfc := mfcctl(f, from)
	for _, vif := range out {
		mfc[10+vif] = 1
	}
	return m.set(mrtAddMFC, mfc)
}

func (m mroute) deleteEntry(f flow, from uint16) error { return m.set(mrtDelMFC, mfcctl(f, from)) }

func mfcctl(f flow, from uint16) []byte {
	mfc := make([]byte, 60)
	copy(mfc, f.source.AsSlice())
	copy(mfc[4:], f.group.AsSlice())
	binary.NativeEndian.PutUint16(mfc[8:], from)
	return mfc
}

// read waits for the first message and takes those that are there with it, until
// the deadline of the file. It gives each with the index of its interface.
func (m mroute) read(b []byte, take func(message []byte, ifindex int)) error {
	oob := make([]byte, 128)
	one := func(fd uintptr) error {
		n, noob, _, _, err := unix.Recvmsg(int(fd), b, oob, unix.MSG_DONTWAIT)
		if err != nil {
			return err
		}
		var cm ipv4.ControlMessage
		if cm.Parse(oob[:noob]) != nil {
			cm.IfIndex = 0
		}
		take(b[:n], cm.IfIndex)
		return nil
	}
	var failed error
	err := m.raw.Read(func(fd uintptr) bool {
		failed = one(fd)
		return failed != unix.EAGAIN
	})
	if err != nil {
		return err
	}
	for range 256 {
		if failed != nil {
			break
		}
		err = m.raw.Control(func(fd uintptr) { failed = one(fd) })
		if err != nil {
			return err
		}
	}
	return nil
}

// send sends an IGMP message by an interface, from one of its addresses; the zero
// Addr: the kernel's choice.
func (m mroute) send(message []byte, index int, from, to netip.Addr) error {
	cm := ipv4.ControlMessage{IfIndex: index, Src: from.AsSlice()}
	var failed error
	err := m.raw.Control(func(fd uintptr) {
		failed = unix.Sendmsg(int(fd), message, cm.Marshal(), &unix.SockaddrInet4{Addr: to.As4()}, unix.MSG_DONTWAIT)
	})
	if err != nil {
		return err
	}
	return failed
}
