package session

import (
	"net/netip"
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
)

// Ways asks the kernel by which way datagrams leave, in the network namespace of the
// calling thread. The zero Ways is ready. Its methods may be called by several
// goroutines.
type Ways struct {
	mu    sync.Mutex
	known map[sending]knownWay
}

// sending is what the kernel routes by.
type sending struct {
	to   netip.AddrPort
	via  mcast.Via
	port uint16
}

// knownWay is what it answered, and when.
type knownWay struct {
	way Egress
	at  time.Time
}

const (
	// wayTime is how long an answer is used again, so that whoever answers 100,000
	// datagrams a second does not ask as often.
	wayTime  = 100 * time.Millisecond
	mostWays = 1024 // anybody can forge addresses that are answered
)

// Of is the way of a datagram that left at a time from a port. because is the reason
// why its way was chosen; "": the route is. An answer is used again for a tenth of a
// second.
func (w *Ways) Of(to netip.AddrPort, via mcast.Via, port uint16, at time.Time, because string) Egress {
	key := sending{to, via, port}
	w.mu.Lock()
	known, ok := w.known[key]
	w.mu.Unlock()
	if ok && at.Sub(known.at) < wayTime {
		return known.way
	}
	asked := time.Now()
	route, err := host.RouteTo(to, host.RouteOptions{IfIndex: via.IfIndex, Source: via.Source, SourcePort: port})
	way := EgressOf(doctor.RouteResult{Route: route, Err: err}, because)
	if err != nil {
		way = Egress{IfIndex: via.IfIndex, Because: because} // it left, and the way is gone
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.known) >= mostWays || w.known == nil {
		w.known = map[sending]knownWay{}
	}
	w.known[key] = knownWay{way, asked}
	return way
}
