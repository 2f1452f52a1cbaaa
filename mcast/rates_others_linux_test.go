package mcast_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// otherReceiver is a program that knows nothing of rounds: it is stopped while its
// buffer is filled.
type otherReceiver struct {
	cmd    *exec.Cmd
	socket int // its own, as root may have it
	send   func(count int) error
	count  int
}

// others are the programs that can be compared, with what starts them for a group on lo.
// GROUP, PORT and GROUPCAST are replaced.
var others = map[string][]string{
	"iperf2":   {"iperf", "-s", "-u", "-B", "GROUP%lo", "-p", "PORT"},
	"sockperf": {"sockperf", "server", "-i", "GROUP", "-p", "PORT", "--mc-rx-if", "127.0.0.1", "--dontwarmup"},
	"socat":    {"socat", "-u", "UDP4-RECV:PORT,bind=GROUP,ip-add-membership=GROUP:lo", "OPEN:/dev/null"},
	"python": {"python3", "-c", `import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("GROUP", PORT))
s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton("GROUP") + socket.inet_aton("127.0.0.1"))
while True: s.recvfrom(2048)`},
	"node": {"node", "-e", `const s = require("dgram").createSocket("udp4")
let n = 0
s.on("message", () => n++)
s.bind(PORT, "GROUP", () => s.addMembership("GROUP", "127.0.0.1"))`},
	"groupcast-listen": {"GROUPCAST", "listen", "GROUP:PORT", "-i", "lo", "--json"},
	"groupcast-watch":  {"GROUPCAST", "watch", "GROUP:PORT", "-i", "lo", "--json", "--every", "1h"},
}

// groupcastPath is that of the program, once it has been built.
var groupcastPath string

// startOther starts a program of others, and waits until it takes datagrams.
func startOther(name string, l load) (*otherReceiver, error) {
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		return nil, err
	}
	c, via, err := sender(host.Interface{Index: lo.Index})
	if err != nil {
		return nil, err
	}
	o := &otherReceiver{count: l.count, socket: -1}
	var args []string
	for _, arg := range others[name] {
		args = append(args, strings.NewReplacer("GROUPCAST", groupcastPath, "GROUP", l.group().Addr().String(), "PORT", fmt.Sprint(l.port)).Replace(arg))
	}
	o.cmd = exec.Command(args[0], args[1:]...)
	if err := o.cmd.Start(); err != nil {
		return nil, err
	}
	list, number := make([]mcast.Outgoing, mcast.BatchSize), uint32(0)
	for i := range list {
		list[i] = mcast.Outgoing{Data: make([]byte, l.size), To: l.group(), Via: via}
	}
	o.send = func(count int) error { // numbers and times as its client makes them
		for left := count; left > 0; left -= len(list) {
			now := time.Now()
			for i := range list {
				number++
				binary.BigEndian.PutUint32(list[i].Data, number)
				binary.BigEndian.PutUint32(list[i].Data[4:], uint32(now.Unix()))
				binary.BigEndian.PutUint32(list[i].Data[8:], uint32(now.Nanosecond()/1000))
			}
			if _, err := c.SendBatch(list[:min(left, len(list))]); err != nil {
				return err
			}
		}
		return nil
	}
	for give := time.Now().Add(10 * time.Second); ; <-time.After(20 * time.Millisecond) {
		if o.find(l.port); o.socket >= 0 && joined(l.group().Addr()) {
			break
		}
		if time.Now().After(give) {
			o.stop()
			return nil, fmt.Errorf("%s has no socket", name)
		}
	}
	err = unix.SetsockoptInt(o.socket, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 512<<20)
	if err == nil {
		err = o.send(1)
	}
	if err == nil {
		err = o.empty()
	}
	if err != nil {
		o.stop()
		return nil, err
	}
	return o, nil
}

// joined reports whether a socket has joined the group.
func joined(group netip.Addr) bool {
	text, err := os.ReadFile("/proc/net/igmp") // its words are as they are in memory
	b := group.As4()
	return err == nil && strings.Contains(string(text), fmt.Sprintf("%08X", binary.NativeEndian.Uint32(b[:])))
}

// find gets the program's socket that is bound to the port.
func (o *otherReceiver) find(port uint16) {
	if o.socket >= 0 {
		return
	}
	pid := o.cmd.Process.Pid
	self, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return
	}
	defer unix.Close(self)
	list, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	for _, e := range list {
		to, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%s", pid, e.Name()))
		if fd, err := strconv.Atoi(e.Name()); err == nil && strings.HasPrefix(to, "socket:") {
			socket, err := unix.PidfdGetfd(self, fd, 0)
			if err != nil {
				continue
			}
			if a, err := unix.Getsockname(socket); err == nil {
				if in, ok := a.(*unix.SockaddrInet4); ok && in.Port == int(port) {
					o.socket = socket
					return
				}
			}
			unix.Close(socket)
		}
	}
}

// empty waits until nothing is left in the socket's buffer.
func (o *otherReceiver) empty() error {
	for give := time.Now().Add(time.Minute); ; <-time.After(time.Millisecond) {
		waits, err := unix.IoctlGetInt(o.socket, unix.SIOCINQ)
		if err != nil || waits == 0 {
			return err
		}
		if time.Now().After(give) {
			return errors.New("a program does not read")
		}
	}
}

func (o *otherReceiver) drain() (cpu, took time.Duration, err error) {
	const scheduler = 2 // clock_getcpuclockid(3)
	clock := int32(^o.cmd.Process.Pid<<3 | scheduler)
	o.cmd.Process.Signal(unix.SIGSTOP)
	if _, err := unix.Wait4(o.cmd.Process.Pid, nil, unix.WUNTRACED, nil); err != nil {
		return 0, 0, err
	}
	if err := o.send(o.count); err != nil {
		return 0, 0, err
	}
	before, start := processTime(clock), time.Now()
	o.cmd.Process.Signal(unix.SIGCONT)
	err = o.empty()
	return processTime(clock) - before, time.Since(start), err
}

func (o *otherReceiver) stop() {
	unix.Close(o.socket)
	o.cmd.Process.Kill()
	o.cmd.Wait()
}
