package mcast_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast/host"
)

// workerEnv makes the test binary a receiver or a sender to be measured: its name
// in workers, and what a load prints as.
const workerEnv = "MCAST_BENCH_WORKER"

// rootEnv makes the test binary run as root in a network namespace of its own, and
// not in a lab: there nobody is root enough for SO_RCVBUFFORCE.
const rootEnv = "MCAST_BENCH_ROOT"

// runAsRoot runs the tests again in a new network namespace, and there runs them.
func runAsRoot(m *testing.M) int {
	if os.Getenv(rootEnv) == "inside" {
		lo, err := netlink.LinkByName("lo")
		if err == nil {
			err = netlink.LinkSetUp(lo)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "lo of a new network:", err)
			return 1
		}
		return m.Run()
	}
	// One CPU for all of them: what a datagram costs to be freed depends on which CPU
	// it was made on. The other threads get it from this one.
	runtime.LockOSThread()
	var may, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &may); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for cpu := range 1024 {
		if may.IsSet(cpu) {
			one.Set(cpu)
			break
		}
	}
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	cmd := exec.Command(os.Args[0], os.Args[1:]...)
	cmd.Env = append(os.Environ(), rootEnv+"=inside")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET}
	if err := cmd.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "in a new network:", err)
		return 1
	}
	return 0
}

// kept is how much of a datagram each receiver has room for.
const kept = 2048

// mmsghdr is struct mmsghdr of recvmmsg(2).
type mmsghdr struct {
	hdr unix.Msghdr
	len uint32
}

func processTime(clock int32) time.Duration {
	var ts unix.Timespec
	_ = unix.ClockGettime(clock, &ts)
	return time.Duration(ts.Nano())
}

// measured is a worker's process, and what it took in each round: CPU time and
// time for a datagram, in nanoseconds.
type measured struct {
	name   string
	load   load
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	cpu    []float64
	time   []float64
	allocs float64 // of the last round, for a datagram
	fill   func() error
	other  *otherReceiver // nil: a worker or the twin
}

// start runs a worker, or a mode of the twin in C.
func (m *measured) start(twin string) (err error) {
	if others[m.name] != nil {
		m.other, err = startOther(m.name, m.load)
		return err
	}
	m.cmd = exec.Command(os.Args[0])
	m.cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %d %d %s", workerEnv, m.load.port, m.load.count, m.load.size, m.name))
	if mode, ok := strings.CutPrefix(m.name, "C "); ok {
		l := m.load
		m.cmd = exec.Command(twin, mode, l.group().Addr().String(), fmt.Sprint(l.port), "lo", fmt.Sprint(l.count), fmt.Sprint(l.size))
	}
	m.cmd.Stderr = os.Stderr
	if m.in, err = m.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := m.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := m.cmd.Start(); err != nil {
		return err
	}
	m.out = bufio.NewReader(out)
	if _, err := m.out.ReadString('\n'); err != nil {
		m.stop()
		return fmt.Errorf("%s: %w", m.name, err)
	}
	return nil
}

func (m *measured) stop() {
	if m.other != nil {
		m.other.stop()
		return
	}
	m.in.Close()
	m.cmd.Process.Kill()
	m.cmd.Wait()
}

// round makes the worker handle its load once.
func (m *measured) round() error {
	if m.other != nil {
		cpu, took, err := m.other.drain()
		n := float64(m.load.count)
		m.cpu, m.time = append(m.cpu, float64(cpu)/n), append(m.time, float64(took)/n)
		return err
	}
	if m.fill != nil {
		if err := m.fill(); err != nil {
			return err
		}
	}
	stuck := time.AfterFunc(time.Minute, func() { m.cmd.Process.Kill() })
	defer stuck.Stop()
	if _, err := fmt.Fprintln(m.in, "go"); err != nil {
		return fmt.Errorf("%s: %w", m.name, err)
	}
	line, err := m.out.ReadString('\n')
	var n, cpu, took, allocs float64
	if err == nil {
		_, err = fmt.Sscan(line, &n, &cpu, &took, &allocs)
	}
	if err != nil {
		return fmt.Errorf("%s ended: %w", m.name, err)
	}
	m.cpu, m.time, m.allocs = append(m.cpu, cpu/n), append(m.time, took/n), allocs/n
	return nil
}

// BenchmarkDrain compares receivers of a group: each is a process with room for
// 100,000 datagrams, which stands until they are queued, and then takes them. On lo
// and on a veth the sender's CPU does most of the receiver's work, so that a flood
// between two processes would measure the sender. BenchmarkTransmit compares
// senders to a group that nobody has joined.
//
// They share one CPU and run in turns, and what is reported are medians of the rounds' ratios of CPU
// time and of rates; absolute times mean nothing on a machine that others use.
// Without gcc there is no C. As root:
//
//	MCAST_BENCH_ROOT=1 go test ./mcast -run '^$' -bench 'Drain|Transmit' -benchtime 9x
func BenchmarkDrain(b *testing.B) {
	for _, size := range []int{64, 1400} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			compare(b, []string{"C receive", "C detail", "barest", "bulk", "detail", "drops", "net", "x/net", "iperf2"}, 100_000, size, true)
		})
	}
}

// BenchmarkPrograms compares whole programs in the same way, as they come: iperf, sockperf,
// socat, what one writes in python and in node, and groupcast, which is built for it. They
// are not equals: socat writes each datagram, listen prints a line of it, watch accounts for
// its number, python and node drop it.
func BenchmarkPrograms(b *testing.B) {
	if os.Getenv(rootEnv) == "inside" && groupcastPath == "" {
		path := filepath.Join(b.TempDir(), "groupcast")
		if out, err := exec.Command("go", "build", "-o", path, "../cmd/groupcast").CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		groupcastPath = path
		defer func() { groupcastPath = "" }()
	}
	compare(b, []string{"C receive", "groupcast-watch", "groupcast-listen", "iperf2", "sockperf", "socat", "python", "node"}, 100_000, 200, true)
}

// See [BenchmarkDrain].
func BenchmarkTransmit(b *testing.B) {
	for _, size := range []int{64, 1400} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			compare(b, []string{"C send", "SendBatch", "send net", "WriteBatch", "SendSegments"}, 100_000, size, false)
		})
	}
}

func compare(b *testing.B, names []string, count, size int, receive bool) {
	if os.Getenv(rootEnv) == "" {
		b.Skip("as root, and with " + rootEnv + "=1")
	}
	twin := filepath.Join(b.TempDir(), "twin")
	if out, err := exec.Command("gcc", "-O2", "-o", twin, filepath.Join("testdata", "twin", "twin.c")).CombinedOutput(); err != nil {
		b.Logf("no C: %v\n%s", err, out)
		names = slices.DeleteFunc(names, func(name string) bool { return strings.HasPrefix(name, "C ") })
	}
	names = slices.DeleteFunc(names, func(name string) bool {
		if others[name] == nil || others[name][0] == "GROUPCAST" {
			return false
		}
		_, err := exec.LookPath(others[name][0])
		if err != nil {
			b.Logf("no %s: %v", name, err)
		}
		return err != nil
	})
	ifs, err := host.Interfaces()
	if err != nil {
		b.Fatal(err)
	}
	lo, err := host.Find(ifs, "lo")
	if err != nil {
		b.Fatal(err)
	}
	var list []*measured
	for i, name := range names {
		m := &measured{name: name, load: load{port: uint16(5000 + i), count: count, size: size}}
		if err := m.start(twin); err != nil {
			b.Fatal(err)
		}
		defer m.stop()
		if receive {
			if m.fill, err = sendBatches(m.load, lo); err != nil {
				b.Fatal(err)
			}
		}
		list = append(list, m)
	}
	if err := rounds(b, list); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(0, "ns/op")
}

// rounds lets each do its work in turn, back and forth, and reports.
func rounds(b *testing.B, list []*measured) error {
	order := slices.Clone(list)
	for b.Loop() {
		for _, m := range order {
			if err := m.round(); err != nil {
				return err
			}
		}
		slices.Reverse(order)
	}
	for _, m := range list {
		for _, to := range list {
			if m == to || !strings.HasPrefix(to.name, "C ") && to.name != "barest" {
				continue
			}
			pair := strings.ReplaceAll(m.name+"|"+to.name, " ", "-")
			b.ReportMetric(ratios(m.cpu, to.cpu), pair+"-cpu")
			b.ReportMetric(ratios(to.time, m.time), pair+"-rate")
		}
		if !strings.HasPrefix(m.name, "C ") && m.other == nil {
			b.ReportMetric(m.allocs, strings.ReplaceAll(m.name, " ", "-")+"-allocs")
		}
		if testing.Verbose() {
			b.Logf("%-12s %4.0f ns of CPU for a datagram (%.0f to %.0f)", m.name, ratios(m.cpu, slices.Repeat([]float64{1}, len(m.cpu))), slices.Min(m.cpu), slices.Max(m.cpu))
		}
	}
	return nil
}

// ratios is the median of those of each round: what else the machine does weighs
// on both of them.
func ratios(a, b []float64) float64 {
	var list []float64
	for i := range a {
		list = append(list, a[i]/b[i])
	}
	slices.Sort(list)
	return list[len(list)/2]
}
