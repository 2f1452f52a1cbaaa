package echo

import (
	"container/heap"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/groupcast/groupcast/mcast"
)

// wire carries datagrams between nodes that do nothing but decide: no socket,
// and a clock that jumps to whatever comes next.
type wire struct {
	now     time.Time
	latency time.Duration
	nodes   map[netip.AddrPort]func(*mcast.Datagram) bool // whether it is echoed
	queue   arrivals
	order   int
}

type arrival struct {
	at       time.Time
	order    int
	from, to netip.AddrPort
	data     string
}

type arrivals []arrival

func (q arrivals) Len() int { return len(q) }
func (q arrivals) Less(i, j int) bool {
	if q[i].at.Equal(q[j].at) {
		return q[i].order < q[j].order
	}
	return q[i].at.Before(q[j].at)
}
func (q arrivals) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *arrivals) Push(x any)   { *q = append(*q, x.(arrival)) }
func (q *arrivals) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

func newWire(latency time.Duration) *wire {
	return &wire{now: time.Unix(1e9, 0), latency: latency, nodes: map[netip.AddrPort]func(*mcast.Datagram) bool{}}
}

func (w *wire) send(from, to netip.AddrPort, data string) {
	w.order++
	heap.Push(&w.queue, arrival{at: w.now.Add(w.latency), order: w.order, from: from, to: to, data: data})
}

// run goes on until nothing is under way or the time is over, and returns when
// the last datagram arrived.
func (w *wire) run(limit time.Duration) (last time.Duration) {
	start := w.now
	for len(w.queue) > 0 {
		if w.queue[0].at.Sub(start) > limit {
			break
		}
		a := heap.Pop(&w.queue).(arrival)
		w.now = a.at
		last = w.now.Sub(start)
		d := &mcast.Datagram{From: a.from, To: a.to.Addr(), IfIndex: 1, Data: []byte(a.data)}
		if w.nodes[a.to](d) {
			w.send(a.to, a.from, a.data)
		}
	}
	return last
}

// serve adds an echo server.
func (w *wire) serve(at netip.AddrPort, cfg Config) {
	g := newGuard(cfg, at.Port(), false)
	w.nodes[at] = func(d *mcast.Datagram) bool { return g.check(w.now, d) == Answer }
}

func at(host byte, port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, host}), port)
}

var latencies = []time.Duration{
	50 * time.Microsecond, time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond,
	50 * time.Millisecond, 75 * time.Millisecond, 100 * time.Millisecond,
}

// One datagram with a forged source sets two echo servers on each other.
func TestTwoServersGoQuiet(t *testing.T) {
	limited, unlimited := Config{}, Config{Unlimited: true}
	for _, pair := range []struct {
		name       string
		a, b       netip.AddrPort
		cfgA, cfgB Config
	}{
		{"on one port", at(1, 1234), at(2, 1234), limited, limited},
		{"on two ports", at(1, 1234), at(2, 5678), limited, limited},
		{"one unlimited", at(1, 1234), at(2, 5678), unlimited, limited},
		{"the other unlimited", at(1, 1234), at(2, 5678), limited, unlimited},
		{"one of them UDP's echo service", at(1, 7), at(2, 5678), unlimited, unlimited},
		{"both unlimited on one port", at(1, 1234), at(2, 1234), unlimited, unlimited},
		{"both unlimited on two ports", at(1, 1234), at(2, 5678), unlimited, unlimited},
		{"with a high limit", at(1, 1234), at(2, 5678), Config{PerSource: 300}, Config{PerSource: 300}},
	} {
		for _, latency := range latencies {
			for _, forged := range []struct {
				name string
				n    int
				data func(int) string
			}{
				{"one", 1, func(int) string { return "hello" }},
				{"an empty one", 1, func(int) string { return "" }},
				{"100 alike", 100, func(int) string { return "hello" }},
				{"100 different", 100, func(i int) string { return fmt.Sprint(i) }},
			} {
				t.Run(fmt.Sprintf("%s/%v/%s", pair.name, latency, forged.name), func(t *testing.T) {
					w := newWire(latency)
					w.serve(pair.a, pair.cfgA)
					w.serve(pair.b, pair.cfgB)
					n := forged.n
					if pair.cfgA.Unlimited && pair.cfgB.Unlimited {
						n = min(n, int(latency/(5*time.Microsecond))) // a second of a loop is a lot of work
					}
					for i := range n {
						w.send(pair.b, pair.a, forged.data(i))
					}
					if quiet := w.run(10 * time.Second); quiet > time.Second+latency { // the forged ones' own way
						t.Errorf("quiet after %v, want it within 1s", quiet)
					}
				})
			}
		}
	}
}

// A naive server that answers everything, with a latency of its own.
func TestANaiveServerGoesQuiet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		unlimited, least := rapid.Bool().Draw(t, "unlimited"), 50
		if unlimited {
			least = 2000 // a second of a loop is a lot of work
		}
		w := newWire(time.Duration(rapid.IntRange(least, 100_000).Draw(t, "latency in µs")) * time.Microsecond)
		us, naive := at(1, 1234), at(2, uint16(rapid.SampledFrom([]int{7, 1234, 5678, 40000}).Draw(t, "port")))
		w.serve(us, Config{Unlimited: unlimited, PerSource: float64(rapid.SampledFrom([]int{0, 1, 50, 300}).Draw(t, "limit"))})
		w.nodes[naive] = func(*mcast.Datagram) bool { return true }
		for range rapid.IntRange(1, 200).Draw(t, "forged") {
			w.send(naive, us, rapid.SampledFrom([]string{"", "a", "b", "c", "d", "e", "f"}).Draw(t, "payload"))
		}
		if quiet := w.run(10 * time.Second); quiet > time.Second+w.latency {
			t.Fatalf("quiet after %v, want it within 1s", quiet)
		}
	})
}

// Thousands of datagrams that are all different are on their way at once.
func TestABigLoopGoesQuiet(t *testing.T) {
	w := newWire(20 * time.Millisecond)
	us, naive := at(1, 1234), at(2, 5678)
	w.serve(us, Config{Unlimited: true})
	w.nodes[naive] = func(*mcast.Datagram) bool { return true }
	for n := range 5000 {
		w.send(naive, us, fmt.Sprint(n))
	}
	if quiet := w.run(10 * time.Second); quiet > time.Second+w.latency {
		t.Errorf("quiet after %v, want it within 1s", quiet)
	}
}

// A client without a limit asks again as soon as it is answered, and a second
// after an answer that does not come.
func TestAFastClientIsServed(t *testing.T) {
	for _, c := range []struct {
		name    string
		payload func(n int) string
		most    time.Duration // without an answer, in a minute
	}{
		{"a sequence", func(n int) string { return fmt.Sprint(n) }, 0},
		{"always the same", func(int) string { return "hello" }, 10 * time.Second},
		{"256 payloads in turn", func(n int) string { return string(rune(n % 256)) }, 10 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWire(200 * time.Microsecond)
			us, client := at(1, 1234), at(2, 40000)
			w.serve(us, Config{Unlimited: true})
			lost := time.Duration(0)
			start := w.now
			for n := 0; w.now.Sub(start) < time.Minute; n++ {
				answered := false
				w.nodes[client] = func(*mcast.Datagram) bool { answered = true; return false }
				asked := w.now
				w.send(client, us, c.payload(n))
				w.run(time.Minute)
				if !answered {
					w.now = asked.Add(time.Second)
					lost += time.Second
				}
			}
			if lost > c.most {
				t.Errorf("without an answer for %v of a minute, want at most %v", lost, c.most)
			}
		})
	}
}

// A client that sends the same again when it is answered, or has waited for
// long enough, looks like a server that echoes.
func TestAClientThatRepeatsItselfIsServed(t *testing.T) {
	for _, interval := range []time.Duration{0, 21 * time.Millisecond, 50 * time.Millisecond, 240 * time.Millisecond, time.Second} {
		for _, latency := range latencies[3:] {
			t.Run(fmt.Sprintf("every %v at %v", interval, latency), func(t *testing.T) {
				w := newWire(latency)
				us, client := at(1, 1234), at(2, 40000)
				w.serve(us, Config{})
				w.nodes[client] = func(*mcast.Datagram) bool { return false }
				sent, lost := 0, 0
				for end := w.now.Add(time.Minute); w.now.Before(end); sent++ {
					asked, answered := w.now, false
					w.nodes[client] = func(*mcast.Datagram) bool { answered = true; return false }
					w.send(client, us, "hello")
					w.run(time.Minute)
					if !answered {
						lost++
						w.now = asked.Add(time.Second)
					}
					if due := asked.Add(interval); w.now.Before(due) {
						w.now = due
					}
				}
				if lost > (sent+19)/20 {
					t.Errorf("%d of %d were not answered, want 1 in 20 at the most", lost, sent)
				}
			})
		}
	}
}
