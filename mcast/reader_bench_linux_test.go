package mcast

import (
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"
)

// BenchmarkReceive drains sockets that were filled while the clock stood: the
// sender's work and waiting for it do not count. One op is one datagram. Only
// ratios of runs in turns mean something:
//
//	go test -c -o mcast.test ./mcast
//	for i in 1 2 3 4 5; do ./mcast.test -test.run '^$' -test.bench Receive -test.benchmem -test.benchtime 200000x; done
func BenchmarkReceive(b *testing.B) {
	for _, size := range []int{64, 1400} {
		for _, way := range []struct {
			name string
			make func(*testing.B, *net.UDPConn) func(room int) (int, error)
		}{
			{"reader", byReader},
			{"ReadBatch", byReadBatch},
			{"ReadFrom", byReadFrom},
			{"ReadFromUDPAddrPort", byAddrPort},
		} {
			b.Run(fmt.Sprintf("%s/%d", way.name, size), func(b *testing.B) {
				drainFilled(b, size, way.make)
			})
		}
	}
}

// drainFilled fills the socket's buffer as often as b.N asks for, and times
// reading it empty.
func drainFilled(b *testing.B, size int, way func(*testing.B, *net.UDPConn) func(room int) (int, error)) {
	udp := onLo(b, "127.0.0.1")
	udp.SetReadDeadline(time.Now().Add(5 * time.Minute))
	if err := udp.SetReadBuffer(DefaultReadBuffer); err != nil {
		b.Fatal(err)
	}
	// The kernel charges its own bookkeeping, too, about 700 bytes each. More
	// than 512 waiting would fall out of the cache, and that be measured.
	fits := min(granted(udp, readBufferOption, 0)/(2*size+1200), 512)
	fill := filler(b, udp, size)
	read := way(b, udp)
	drain := func(n int) {
		for have := 0; have < n; {
			got, err := read(n - have)
			if err != nil {
				b.Fatalf("%d of %d datagrams, then %v", have, n, err)
			}
			have += got
		}
	}
	fill(BatchSize)
	drain(BatchSize)
	b.ReportAllocs()
	b.ResetTimer()
	for done := 0; done < b.N; {
		n := min(fits, b.N-done)
		b.StopTimer()
		fill(n)
		b.StartTimer()
		drain(n)
		done += n
	}
}

// filler sends n datagrams at a call.
func filler(b *testing.B, udp *net.UDPConn, size int) func(n int) {
	pc := ipv4.NewPacketConn(talkTo(b, udp))
	msgs := make([]ipv4.Message, BatchSize)
	for i := range msgs {
		msgs[i].Buffers = [][]byte{make([]byte, size)}
	}
	return func(n int) {
		for n > 0 {
			sent, err := pc.WriteBatch(msgs[:min(n, BatchSize)], 0)
			if err != nil {
				b.Fatal(err)
			}
			n -= sent
		}
	}
}

func byReader(b *testing.B, udp *net.UDPConn) func(int) (int, error) {
	r := readerOf(b, udp, MaxPayload)
	batch := make([]Datagram, BatchSize)
	return func(room int) (int, error) { return r.read(batch[:min(room, BatchSize)]) }
}

func byReadBatch(_ *testing.B, udp *net.UDPConn) func(int) (int, error) {
	pc := ipv4.NewPacketConn(udp)
	batch := make([]Datagram, BatchSize)
	msgs := make([]ipv4.Message, BatchSize)
	for i := range msgs {
		msgs[i].Buffers = [][]byte{make([]byte, MaxPayload)}
		msgs[i].OOB = make([]byte, controlSize)
	}
	return func(room int) (int, error) {
		n, err := pc.ReadBatch(msgs[:min(room, BatchSize)], 0)
		now := time.Now()
		for i, m := range msgs[:max(n, 0)] {
			var cm ipv4.ControlMessage
			if err := cm.Parse(m.OOB[:m.NN]); err != nil {
				return 0, err
			}
			to, _ := netip.AddrFromSlice(cm.Dst)
			batch[i] = Datagram{
				At: now, From: unmapped(m.Addr.(*net.UDPAddr).AddrPort()), To: to.Unmap(),
				IfIndex: cm.IfIndex, Hops: cm.TTL, Data: m.Buffers[0][:m.N],
			}
		}
		return n, err
	}
}

func byReadFrom(b *testing.B, udp *net.UDPConn) func(int) (int, error) {
	pc := ipv4.NewPacketConn(udp)
	flags := ipv4.FlagDst | ipv4.FlagInterface | ipv4.FlagTTL
	if err := pc.SetControlMessage(flags, true); err != nil { // it looks at its own flags only
		b.Fatal(err)
	}
	data := make([]byte, MaxPayload)
	batch := make([]Datagram, 1)
	return func(int) (int, error) {
		n, cm, from, err := pc.ReadFrom(data)
		if err != nil {
			return 0, err
		}
		to, _ := netip.AddrFromSlice(cm.Dst)
		batch[0] = Datagram{
			At: time.Now(), From: unmapped(from.(*net.UDPAddr).AddrPort()), To: to.Unmap(),
			IfIndex: cm.IfIndex, Hops: cm.TTL, Data: data[:n],
		}
		return 1, nil
	}
}

// byAddrPort gets no control messages: the kernel is not asked for them.
func byAddrPort(b *testing.B, udp *net.UDPConn) func(int) (int, error) {
	flags := ipv4.FlagDst | ipv4.FlagInterface | ipv4.FlagTTL
	if err := ipv4.NewPacketConn(udp).SetControlMessage(flags, false); err != nil {
		b.Fatal(err)
	}
	if err := setOption(udp, unix.SO_TIMESTAMPNS, 0); err != nil {
		b.Fatal(err)
	}
	data := make([]byte, MaxPayload)
	batch := make([]Datagram, 1)
	return func(int) (int, error) {
		n, from, err := udp.ReadFromUDPAddrPort(data)
		batch[0] = Datagram{At: time.Now(), From: unmapped(from), Data: data[:n]}
		return 1, err
	}
}
