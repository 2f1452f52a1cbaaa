package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// talker sends numbered datagrams, "WHO NUMBER" from 0 on.
type talker struct {
	next atomic.Int64 // the number of the next
	stop func()       // ends it, and waits for its end
}

// talk sends them to a group by an interface of a host, as often as that, until the test
// ends. A machine that has no time for it loses no numbers: there are fewer.
func talk(t testing.TB, node *lab.Node, ifname string, g mcast.Group, who string, every time.Duration) *talker {
	t.Helper()
	conn := labtest.Socket(t, node, mcast.Config{Addr: host.Unspecified(g.Addr)})
	via := mcast.ViaInterface(labtest.Device(t, node, ifname), g.Addr)
	ctx, cancel := context.WithCancel(context.Background())
	tk, ended := &talker{}, make(chan struct{})
	tk.stop = func() { cancel(); <-ended }
	go func() {
		defer close(ended)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			if err := conn.Send(fmt.Appendf(nil, "%s %d", who, tk.next.Load()), g.AddrPort(), via); err != nil {
				t.Errorf("%s talks: %v", node.Name(), err)
				return
			}
			tk.next.Add(1)
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	}()
	t.Cleanup(tk.stop)
	return tk
}

// ear counts the copies of what somebody says.
type ear struct {
	t    testing.TB
	name string
	mu   sync.Mutex
	said map[string][]int // by who: copies of each number
}

// listen hears a group on an interface of a host until the test ends.
func listen(t testing.TB, node *lab.Node, ifname string, g mcast.Group) *ear {
	t.Helper()
	conn := labtest.Socket(t, node, mcast.Config{Addr: host.Unspecified(g.Addr), Port: g.Port})
	dev := labtest.Device(t, node, ifname)
	labtest.In(t, node, func() error { return conn.Join(g, dev) })
	e, ended := &ear{t: t, name: node.Name(), said: map[string][]int{}}, make(chan struct{})
	go func() {
		defer close(ended)
		for batch := make([]mcast.Datagram, mcast.BatchSize); ; {
			n, err := conn.Read(context.Background(), batch)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			e.take(batch[:n])
		}
	}()
	t.Cleanup(func() {
		conn.Close()
		<-ended
	})
	return e
}

func (e *ear) take(batch []mcast.Datagram) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, d := range batch {
		who, number, _ := strings.Cut(string(d.Data), " ")
		n, err := strconv.Atoi(number)
		if err != nil || n < 0 || n > 1<<20 {
			continue // a probe of a bridge
		}
		for len(e.said[who]) <= n {
			e.said[who] = append(e.said[who], 0)
		}
		e.said[who][n]++
	}
}

// count is how many of the numbers from first on, and before end, were not heard, and how
// many copies came besides the first ones.
func (e *ear) count(who string, first, end int64) (missing, extra int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	copies := e.said[who]
	for n := first; n < end; n++ {
		switch {
		case n >= int64(len(copies)) || copies[n] == 0:
			missing++
		default:
			extra += copies[n] - 1
		}
	}
	return missing, extra
}

// hears waits until the ear has heard that many numbers from first on.
func (e *ear) hears(who string, first int64, many int) {
	e.t.Helper()
	labtest.Eventually(e.t, fmt.Sprintf("%s hears %d of %s from %d on", e.name, many, who, first), func() bool {
		return e.heard(who, first) >= many
	})
}

// heard is how many numbers from first on it has heard.
func (e *ear) heard(who string, first int64) (n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := first; i < int64(len(e.said[who])); i++ {
		n += min(e.said[who][i], 1)
	}
	return n
}
