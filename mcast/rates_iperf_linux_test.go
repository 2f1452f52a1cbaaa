package mcast_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
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

// startIperf starts a server of iperf2, and waits until it takes datagrams.
func startIperf(l load) (*otherReceiver, error) {
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		return nil, err
	}
	c, via, err := sender(host.Interface{Index: lo.Index})
	if err != nil {
		return nil, err
	}
	o := &otherReceiver{count: l.count, socket: -1}
	o.cmd = exec.Command("iperf", "-s", "-u", "-B", l.group().Addr().String()+"%lo", "-p", fmt.Sprint(l.port))
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
		if o.find(); o.socket >= 0 {
			break
		}
		if time.Now().After(give) {
			o.stop()
			return nil, errors.New("iperf has no socket")
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

// find gets the program's socket.
func (o *otherReceiver) find() {
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
			if o.socket, err = unix.PidfdGetfd(self, fd, 0); err != nil {
				o.socket = -1
			}
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
			return errors.New("iperf does not read")
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
