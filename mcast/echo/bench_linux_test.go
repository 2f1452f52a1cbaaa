package echo_test

import (
	"bufio"
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/echo"
	"github.com/groupcast/groupcast/mcast/lab"
)

// serverEnv makes the test binary a server to be measured; see servers.
const serverEnv = "ECHO_BENCH_SERVER"

// servers are what is compared, beside the one in C. They serve a port of lo
// and print it first.
var servers = map[string]func() error{
	"echo": func() error {
		c, err := mcast.Listen(context.Background(), mcast.Config{Addr: netip.MustParseAddr("127.0.0.1")})
		if err != nil {
			return err
		}
		fmt.Println(c.LocalAddr().Port())
		return echo.New(echo.Config{Unlimited: true}).Serve(context.Background(), c, nil, false)
	},
	"any": func() error { // bound to all addresses, each answer with its source
		c, err := mcast.Listen(context.Background(), mcast.Config{})
		if err != nil {
			return err
		}
		fmt.Println(c.LocalAddr().Port())
		return echo.New(echo.Config{Unlimited: true}).Serve(context.Background(), c, nil, false)
	},
	"limited": func() error { // with the rules for strangers at work
		c, err := mcast.Listen(context.Background(), mcast.Config{Addr: netip.MustParseAddr("127.0.0.1")})
		if err != nil {
			return err
		}
		fmt.Println(c.LocalAddr().Port())
		return echo.New(echo.Config{PerSource: 1e7}).Serve(context.Background(), c, nil, false)
	},
	"barest": barest,
	"net": func() error {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			return err
		}
		fmt.Println(c.LocalAddr().(*net.UDPAddr).Port)
		data := make([]byte, mcast.MaxPayload)
		for {
			n, from, err := c.ReadFromUDPAddrPort(data)
			if err == nil {
				_, err = c.WriteToUDPAddrPort(data[:n], from)
			}
			if err != nil {
				return err
			}
		}
	},
}

// barest is the least that Go can do with the two system calls of our server:
// no guard, no control messages, no counter, and one callback of the poller for
// reading and answering. What an echo costs more than here is ours.
func barest() error {
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	fmt.Println(c.LocalAddr().(*net.UDPAddr).Port)
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	type mmsghdr struct {
		hdr unix.Msghdr
		len uint32
	}
	msgs := make([]mmsghdr, mcast.BatchSize)
	names := make([]unix.RawSockaddrInet4, mcast.BatchSize)
	iovs := make([]unix.Iovec, mcast.BatchSize)
	data := make([]byte, mcast.BatchSize*mcast.MaxPayload)
	for i := range msgs {
		iovs[i].Base = &data[i*mcast.MaxPayload]
		iovs[i].SetLen(mcast.MaxPayload)
		msgs[i].hdr = unix.Msghdr{Name: (*byte)(unsafe.Pointer(&names[i])), Namelen: unix.SizeofSockaddrInet4, Iov: &iovs[i]}
		msgs[i].hdr.SetIovlen(1)
	}
	call := func(trap, fd uintptr, n int) (int, error) {
		for {
			got, _, errno := unix.RawSyscall6(trap, fd, uintptr(unsafe.Pointer(&msgs[0])), uintptr(n), unix.MSG_DONTWAIT, 0, 0)
			if errno == 0 {
				return int(got), nil
			}
			if errno != unix.EINTR {
				return 0, errno
			}
		}
	}
	var failed error
	err = raw.Read(func(fd uintptr) bool {
		n, err := call(unix.SYS_RECVMMSG, fd, len(msgs))
		if err == unix.EAGAIN {
			return false
		}
		for i := range n {
			iovs[i].SetLen(int(msgs[i].len))
		}
		if err == nil {
			_, err = call(unix.SYS_SENDMMSG, fd, n)
		}
		for i := range n {
			iovs[i].SetLen(mcast.MaxPayload)
		}
		failed = err
		return err != nil // else wait: what comes later wakes the poller
	})
	return cmp.Or(failed, err)
}

func benchServer(name string) {
	if err := servers[name](); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// BenchmarkEcho compares echo servers on lo, in turns, each a process that
// shares one CPU with the client: a round is 2,000 echoes one after another,
// and 500 of them 1 ms apart. It reports medians of ratios; absolute times mean
// nothing on a machine that others use. Use -benchtime 10x or so.
func BenchmarkEcho(b *testing.B) {
	l, err := lab.Up(b.Context(), lab.Topology{Hosts: []lab.Host{{Name: "A"}}})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	if err := l.Host("A").Do(func() error { return compare(b) }); err != nil {
		b.Fatal(err)
	}
}

// compare runs on a thread of the host, and what it starts inherits the host
// and the CPU from it.
func compare(b *testing.B) error {
	var before unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return err
	}
	defer unix.SchedSetaffinity(0, &before)
	var one unix.CPUSet
	for cpu := range 1024 {
		if before.IsSet(cpu) {
			one.Set(cpu)
			break
		}
	}
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return err
	}
	var list []*measured
	for _, name := range []string{"echo", "any", "limited", "barest", "net", "c"} {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), serverEnv+"="+name)
		if name == "c" {
			path, err := compile(b)
			if err != nil {
				b.Logf("no server in C: %v", err)
				continue
			}
			cmd = exec.Command(path)
		}
		m, err := start(name, cmd)
		if err != nil {
			return err
		}
		defer m.stop()
		list = append(list, m)
	}
	for b.Loop() {
		for _, m := range list {
			if err := m.round(); err != nil {
				return fmt.Errorf("%s: %w", m.name, err)
			}
		}
	}
	b.ReportMetric(0, "ns/op")
	for _, m := range list {
		for _, to := range list {
			if to.name != "c" && to.name != "net" && to.name != "barest" || to == m {
				continue
			}
			b.ReportMetric(ratio(m.closed, to.closed), m.name+"/"+to.name+"-closed")
			b.ReportMetric(ratio(m.paced, to.paced), m.name+"/"+to.name+"-1000/s")
			b.ReportMetric(ratio(m.cpu, to.cpu), m.name+"/"+to.name+"-cpu")
		}
	}
	return nil
}

func compile(b *testing.B) (string, error) {
	path := filepath.Join(b.TempDir(), "echo")
	out, err := exec.Command("gcc", "-O2", "-o", path, filepath.Join("testdata", "echo.c")).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, out)
	}
	return path, err
}

// measured is a server, and what was measured of it: the median round trip of
// each round, and the server's CPU time for an echo, in nanoseconds.
type measured struct {
	name               string
	cmd                *exec.Cmd
	client             int // a socket that blocks: the client must cost the same each time
	sequence           uint64
	closed, paced, cpu []float64
}

func start(name string, cmd *exec.Cmd) (*measured, error) {
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	m := &measured{name: name, cmd: cmd, client: -1}
	line, err := bufio.NewReader(out).ReadString('\n')
	port := 0
	if err == nil {
		port, err = strconv.Atoi(strings.TrimSpace(line))
	}
	if err == nil {
		m.client, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	}
	if err == nil {
		err = unix.SetsockoptTimeval(m.client, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 5})
	}
	if err == nil {
		err = unix.Connect(m.client, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
	}
	if err != nil {
		m.stop()
		return nil, fmt.Errorf("server %s: %w", name, err)
	}
	return m, nil
}

func (m *measured) stop() {
	unix.Close(m.client)
	m.cmd.Process.Kill()
	m.cmd.Wait()
}

func (m *measured) round() error {
	closed, err := m.echoes(2000, 0)
	if err != nil {
		return err
	}
	const paced = 500
	before, err := m.used()
	if err != nil {
		return err
	}
	times, err := m.echoes(paced, time.Millisecond)
	if err != nil {
		return err
	}
	after, err := m.used()
	m.closed = append(m.closed, median(closed))
	m.paced = append(m.paced, median(times))
	m.cpu = append(m.cpu, float64(after-before)/paced)
	return err
}

// echoes returns the round trips of n echoes of 64 bytes.
func (m *measured) echoes(n int, apart time.Duration) (times []float64, err error) {
	data := make([]byte, 64)
	next := time.Now()
	for range n {
		if next = next.Add(apart); apart > 0 {
			if wait := unix.NsecToTimespec(int64(time.Until(next))); wait.Nano() > 0 {
				unix.Nanosleep(&wait, nil)
			}
		}
		start := time.Now()
		m.sequence++ // a client that repeats itself is not always answered
		binary.BigEndian.PutUint64(data, m.sequence)
		if _, err := unix.Write(m.client, data); err != nil {
			return nil, err
		}
		_, err := unix.Read(m.client, data)
		for err == unix.EINTR { // the runtime's own signals
			_, err = unix.Read(m.client, data)
		}
		if err != nil {
			return nil, err
		}
		times = append(times, float64(time.Since(start)))
	}
	return times, nil
}

// used is the CPU time of the server so far, all its threads together: the
// clock of another process (clock_getcpuclockid(3)), which is exact where
// getrusage(2) may count ticks.
func (m *measured) used() (time.Duration, error) {
	const scheduler = 2
	var ts unix.Timespec
	err := unix.ClockGettime(int32(^m.cmd.Process.Pid<<3|scheduler), &ts)
	return time.Duration(ts.Nano()), err
}

// ratio is the median of those of each round: what else the machine does weighs
// on both of them.
func ratio(a, b []float64) float64 {
	var list []float64
	for i := range a {
		list = append(list, a[i]/b[i])
	}
	return median(list)
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}
