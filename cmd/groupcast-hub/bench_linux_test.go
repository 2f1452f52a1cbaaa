package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// way is a way of datagrams from T to a member, and what it has cost in each round.
type way struct {
	name      string
	group     mcast.Group
	processes map[string][]*program // by what they are: those that carry
	meter     *meter

	p50 []float64            // ns, until a program has it
	cpu map[string][]float64 // ns for a datagram, by what the processes are
	// lost is how many are lost at 10,000 a second.
	lost int
}

// measuredSize is the payload of a measured datagram, in bytes.
const measuredSize = 200

// meter hears what is measured.
type meter struct {
	mu    sync.Mutex
	took  []time.Duration
	heard int
}

func measure(b *testing.B, node *lab.Node, g mcast.Group) *meter {
	b.Helper()
	conn := labtest.Member(b, node, g)
	m, ended := &meter{}, make(chan struct{})
	go func() {
		defer close(ended)
		for batch := make([]mcast.Datagram, mcast.BatchSize); ; {
			n, err := conn.Read(context.Background(), batch)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			now := time.Now()
			m.mu.Lock()
			for _, d := range batch[:n] {
				if len(d.Data) == measuredSize {
					m.heard++
					m.took = append(m.took, now.Sub(time.Unix(0, int64(binary.BigEndian.Uint64(d.Data)))))
				}
			}
			m.mu.Unlock()
		}
	}()
	b.Cleanup(func() {
		conn.Close()
		<-ended
	})
	return m
}

// send sends count datagrams, at each tick so many, and waits until as many are heard, or
// for 2 s. It returns how many are not.
func (m *meter) send(b *testing.B, conn *mcast.Conn, to mcast.Group, via mcast.Via, count, atOnce int) (p50 time.Duration, lost int) {
	b.Helper()
	m.mu.Lock()
	m.took, m.heard = m.took[:0], 0
	m.mu.Unlock()
	list := make([]mcast.Outgoing, atOnce)
	for i := range list {
		list[i] = mcast.Outgoing{Data: make([]byte, measuredSize), To: to.AddrPort(), Via: via}
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for begin, sent := time.Now(), 0; sent < count; {
		<-tick.C
		// What a late tick has left out is sent, too: the rate holds.
		due := min(int(time.Since(begin)/time.Millisecond)*atOnce, count)
		for ; sent+atOnce <= due; sent += atOnce {
			for _, o := range list {
				binary.BigEndian.PutUint64(o.Data, uint64(time.Now().UnixNano()))
			}
			if _, err := conn.SendBatch(list); err != nil {
				b.Fatal(err)
			}
		}
	}
	for patience := time.Now().Add(2 * time.Second); time.Now().Before(patience); <-tick.C {
		if m.count() == count {
			break
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	slices.Sort(m.took)
	return m.took[len(m.took)/2], count - m.heard
}

func (m *meter) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.heard
}

// cpuOf is the time that a process has used of processors.
func cpuOf(b *testing.B, p *program) time.Duration {
	b.Helper()
	var ts unix.Timespec
	const scheduled = 2 // CPUCLOCK_SCHED: clock_getcpuclockid(3)
	if err := unix.ClockGettime(int32(^p.cmd.Pid()<<3|scheduled), &ts); err != nil {
		b.Fatalf("%s: %v", p.name, err)
	}
	return time.Duration(ts.Nano())
}

func cpus(b *testing.B, list []*program) (sum time.Duration) {
	for _, p := range list {
		sum += cpuOf(b, p)
	}
	return sum
}

// BenchmarkBridge measures 1,000 datagrams a second, of 200 bytes, on their way: on one LAN;
// from one to another by two relays over TCP; by two relays that meet at a third program,
// where the hub is; and by two bridges and their hub, without a limit. A round is a second of
// each, and then half a second of 10,000 a second, of which the losses are reported. Only
// ratios of the same round mean something, of which medians are reported:
//
//	go test ./cmd/groupcast-hub -run '^$' -bench Bridge -benchtime 9x
func BenchmarkBridge(b *testing.B) {
	l, dir := buildRooms(b), b.TempDir()
	hub := startHub(b, l, dir, "room-a", "room-b")
	ways := make([]*way, 4)
	for n, name := range []string{"plain", "relay", "star", "bridge"} {
		ways[n] = &way{name: name, group: labtest.Group(fmt.Sprintf("239.1.2.%d:1234", n+1)), cpu: map[string][]float64{}}
	}
	plain, relay, star, bridge := ways[0], ways[1], ways[2], ways[3]
	relays := func(w *way, at string, ends ...*program) {
		for _, room := range []string{"A1", "B1"}[len(ends):] {
			ends = append(ends, start(b, l.Host(room), "relay", "-dial", at, w.group.String()))
		}
		for _, p := range ends {
			p.says("ready")
		}
		w.processes = map[string][]*program{"ends": ends}
	}
	waits := start(b, l.Host("A1"), "relay", "-listen", "10.8.1.1:7000", relay.group.String())
	waits.says("listens")
	relays(relay, "10.8.1.1:7000", waits)
	middle := start(b, l.Host("N"), "middle", "10.8.3.1:7000")
	middle.says("listens")
	relays(star, "10.8.3.1:7000")
	star.processes["hub"] = []*program{middle}
	bridge.processes = map[string][]*program{"hub": {hub}, "ends": {
		startBridge(b, l.Host("A1"), dir, "room-a", "-rate", "0", bridge.group.String()),
		startBridge(b, l.Host("B1"), dir, "room-b", "-rate", "0", bridge.group.String()),
	}}
	for _, p := range bridge.processes["ends"] {
		p.says("leads")
	}
	plain.meter = measure(b, l.Host("A1"), plain.group)
	for _, w := range ways[1:] {
		w.meter = measure(b, l.Host("E"), w.group)
	}
	talker := l.Host("T")
	conn, eth0 := labtest.Socket(b, talker, mcast.Config{}), labtest.Device(b, talker, "eth0")
	for b.Loop() {
		for _, w := range ways {
			w.round(b, conn, eth0)
		}
		slices.Reverse(ways)
	}
	b.ReportMetric(0, "ns/op")
	for _, w := range []*way{plain, relay, star, bridge} {
		b.ReportMetric(median(w.p50)/1e3, w.name+"-p50-µs")
		b.ReportMetric(float64(w.lost), w.name+"-lost")
	}
	for _, w := range []*way{star, bridge} {
		b.ReportMetric(median(ratios(w.p50, relay.p50)), w.name+"/relay-p50")
		b.ReportMetric(median(ratios(w.cpu["ends"], relay.cpu["ends"])), w.name+"/relay-cpu")
		b.ReportMetric(median(ratios(w.cpu["hub"], relay.cpu["ends"])), w.name+"-hub/relay-cpu")
	}
	b.ReportMetric(median(ratios(bridge.p50, star.p50)), "bridge/star-p50")
	b.ReportMetric(median(ratios(relay.p50, plain.p50)), "relay/plain-p50")
	b.ReportMetric(median(relay.cpu["ends"])/1e3, "relay-cpu-µs")
}

func (w *way) round(b *testing.B, conn *mcast.Conn, dev host.Interface) {
	b.Helper()
	via := mcast.ViaInterface(dev, w.group.Addr)
	const count, flood, atOnce = 1000, 5000, 10
	before := map[string]time.Duration{}
	for what, list := range w.processes {
		before[what] = cpus(b, list)
	}
	p50, lost := w.meter.send(b, conn, w.group, via, count, 1)
	if lost > 0 {
		b.Errorf("%s loses %d of %d at 1,000/s", w.name, lost, count)
	}
	w.p50 = append(w.p50, float64(p50))
	for what, list := range w.processes {
		w.cpu[what] = append(w.cpu[what], float64(cpus(b, list)-before[what])/count)
	}
	_, lost = w.meter.send(b, conn, w.group, via, flood, atOnce)
	w.lost += lost
}

func ratios(a, b []float64) (list []float64) {
	for i := range a {
		list = append(list, a[i]/b[i])
	}
	return list
}

func median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}
