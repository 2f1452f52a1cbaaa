package ping

import (
	"bytes"
	"context"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast"
)

// memory is a network without a network: what is sent is handed to respond,
// which says what arrives, and when.
type memory struct {
	respond func(m *memory, sent request)
	err     error  // of sends
	slow    func() // what a send takes; nil: nothing

	arriving chan mcast.Datagram
	closed   chan struct{}
	once     sync.Once
	times    []time.Time // of sends
	began    time.Time
}

// request is what was sent.
type request struct {
	nth  int // from 1
	data []byte
	to   netip.AddrPort
	via  mcast.Via
}

func newMemory(respond func(*memory, request)) *memory {
	return &memory{respond: respond, arriving: make(chan mcast.Datagram, 1<<16), closed: make(chan struct{}), began: time.Now()}
}

func (m *memory) Send(data []byte, to netip.AddrPort, via mcast.Via) error {
	m.times = append(m.times, time.Now())
	if m.slow != nil {
		m.slow()
	}
	if m.err != nil {
		return m.err
	}
	m.respond(m, request{len(m.times), bytes.Clone(data), to, via})
	return nil
}

// arrive lets data come from somebody after a while.
func (m *memory) arrive(after time.Duration, from string, data []byte) {
	time.AfterFunc(after, func() {
		m.arriving <- mcast.Datagram{At: time.Now(), From: netip.MustParseAddrPort(from), IfIndex: 2, Hops: 64, Data: data}
	})
}

func (m *memory) Read(ctx context.Context, dst []mcast.Datagram) (int, error) {
	select {
	case dst[0] = <-m.arriving:
		return 1, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-m.closed:
		return 0, net.ErrClosed
	}
}

func (m *memory) Close() error {
	m.once.Do(func() { close(m.closed) })
	return nil
}
