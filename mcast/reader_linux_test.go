package mcast

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"
)

// onLo opens a socket on an address of lo with all control messages on.
func onLo(t testing.TB, addr string) *net.UDPConn {
	t.Helper()
	at := netip.AddrPortFrom(netip.MustParseAddr(addr), 0)
	udp, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { udp.Close() })
	if at.Addr().Is4() {
		err = ipv4.NewPacketConn(udp).SetControlMessage(ipv4.FlagDst|ipv4.FlagInterface|ipv4.FlagTTL, true)
	} else {
		err = ipv6.NewPacketConn(udp).SetControlMessage(ipv6.FlagDst|ipv6.FlagInterface|ipv6.FlagHopLimit, true)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err == nil {
		err = setOption(udp, unix.SO_TIMESTAMPNS, 1)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := udp.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return udp
}

func setOption(udp *net.UDPConn, option, value int) error {
	s, err := newSocket(udp, true, nil)
	if err == nil {
		err = s.setOption(option, value)
	}
	return err
}

// talkTo opens a socket that sends to another.
func talkTo(t testing.TB, udp *net.UDPConn) *net.UDPConn {
	t.Helper()
	c, err := net.DialUDP("udp", nil, udp.LocalAddr().(*net.UDPAddr))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func readerOf(t testing.TB, udp *net.UDPConn, size int) *reader {
	t.Helper()
	r, err := newReader(udp, size, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func write(t testing.TB, c *net.UDPConn, data []byte) {
	t.Helper()
	if _, err := c.Write(data); err != nil {
		t.Fatal(err)
	}
}

// fetch reads until it has n datagrams, and gives each to check before the
// next read.
func fetch(t testing.TB, r *reader, n int, check func(i int, d Datagram)) {
	t.Helper()
	batch := make([]Datagram, BatchSize)
	for have := 0; have < n; {
		got, err := r.read(batch)
		if err != nil {
			t.Fatalf("%d of %d datagrams, then %v", have, n, err)
		}
		for _, d := range batch[:got] {
			check(have, d)
			have++
		}
	}
}

// lo gets a link-local address, as every other interface has one.
func linkLocalOnLo(t *testing.T) (zoned string) {
	t.Helper()
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		t.Fatal(err)
	}
	addr, err := netlink.ParseAddr("fe80::114/64")
	if err != nil {
		t.Fatal(err)
	}
	addr.Flags = unix.IFA_F_NODAD
	if err := netlink.AddrAdd(lo, addr); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := netlink.AddrDel(lo, addr); err != nil {
			t.Error(err)
		}
	})
	// A worker of the kernel's makes the address one of this host.
	for deadline := time.Now().Add(10 * time.Second); ; <-time.After(time.Millisecond) {
		routes, err := netlink.RouteGetWithOptions(addr.IP, &netlink.RouteGetOptions{Oif: "lo"})
		if err == nil && len(routes) == 1 && routes[0].Type == unix.RTN_LOCAL {
			return "fe80::114%lo"
		}
		if time.Now().After(deadline) {
			t.Fatalf("route to %v is %v, %v, want a local one", addr.IP, routes, err)
		}
	}
}

func TestReaderTellsHowItCame(t *testing.T) {
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		t.Fatal(err)
	}
	for _, addr := range []string{"127.0.0.1", "::1", linkLocalOnLo(t)} {
		for _, size := range []int{0, 1, 1400, 65507} {
			t.Run(fmt.Sprintf("%d bytes to %s", size, addr), func(t *testing.T) {
				udp := onLo(t, addr)
				from := talkTo(t, udp)
				payload := bytes.Repeat([]byte{0xa5}, size)
				before := time.Now()
				write(t, from, payload)
				fetch(t, readerOf(t, udp, 65507), 1, func(_ int, d Datagram) {
					want := Datagram{
						From:    from.LocalAddr().(*net.UDPAddr).AddrPort(),
						To:      netip.MustParseAddr(addr).WithZone(""),
						IfIndex: lo.Index,
						Hops:    64,
					}
					if d.From != want.From || d.To != want.To || d.IfIndex != want.IfIndex || d.Hops != want.Hops || d.Truncated {
						d.Data = nil
						t.Errorf("got %+v, want %+v", d, want)
					}
					if !bytes.Equal(d.Data, payload) {
						t.Errorf("%d bytes arrived changed: %d", size, len(d.Data))
					}
					if after := time.Now(); d.At.Before(before) || d.At.After(after) {
						t.Errorf("taken in at %v, want between %v and %v", d.At, before, after)
					}
				})
			})
		}
	}
}

// A datagram that nobody reads for a while has the time of its arrival all the
// same. The kernel begins to stamp a moment after the first socket on the host
// has asked for it (its static key is set by a worker): until then At is when
// it was read.
func TestReaderTimesTheArrival(t *testing.T) {
	udp := onLo(t, "127.0.0.1")
	r := readerOf(t, udp, 100)
	from := talkTo(t, udp)
	deadline := time.Now().Add(5 * time.Second)
	for stamped := false; !stamped; {
		before := time.Now()
		write(t, from, []byte("hello"))
		sent := time.Now() // on lo it has arrived by then
		<-time.After(time.Millisecond)
		fetch(t, r, 1, func(_ int, d Datagram) {
			stamped = !d.At.Before(before) && !d.At.After(sent)
			if !stamped && sent.After(deadline) {
				t.Fatalf("sent between %v and %v, taken in at %v", before, sent, d.At)
			}
			if d.At == d.At.Round(0) {
				t.Fatalf("%v has no monotonic reading", d.At)
			}
		})
	}
}

func TestReaderOnBothFamilies(t *testing.T) {
	udp := onLo(t, "::")
	port := udp.LocalAddr().(*net.UDPAddr).Port
	from, err := net.DialUDP("udp4", nil, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	write(t, from, []byte("over IPv4"))
	fetch(t, readerOf(t, udp, 100), 1, func(_ int, d Datagram) {
		if want := from.LocalAddr().(*net.UDPAddr).AddrPort(); d.From != want {
			t.Errorf("from %v, want %v", d.From, want)
		}
		if want := netip.MustParseAddr("127.0.0.1"); d.To != want {
			t.Errorf("to %v, want %v", d.To, want)
		}
	})
}

func TestReaderKeepsOrderInBatches(t *testing.T) {
	udp := onLo(t, "127.0.0.1")
	r := readerOf(t, udp, 1400)
	from := talkTo(t, udp)
	const n = 2*BatchSize + 5
	for i := range n {
		write(t, from, bytes.Repeat([]byte{byte(i)}, i))
	}
	small := make([]Datagram, 3)
	if got, err := r.read(small); got < 1 || got > len(small) || err != nil {
		t.Fatalf("read into room for %d gave %d, %v", len(small), got, err)
	} else {
		fetch(t, r, n-got, func(i int, d Datagram) {
			i += got
			if want := bytes.Repeat([]byte{byte(i)}, i); !bytes.Equal(d.Data, want) {
				t.Errorf("datagram %d is %d bytes of %v, want %d of %d", i, len(d.Data), d.Data, i, byte(i))
			}
		})
	}
	if got, err := r.read(nil); got != 0 || err != nil {
		t.Errorf("read into no room gave %d, %v, want nothing", got, err)
	}
}

func TestReaderTruncates(t *testing.T) {
	for _, addr := range []string{"127.0.0.1", "::1"} {
		udp := onLo(t, addr)
		r := readerOf(t, udp, 100)
		from := talkTo(t, udp)
		sizes := []int{99, 100, 101, 65507, 0, 100}
		for i, size := range sizes {
			write(t, from, bytes.Repeat([]byte{byte(i)}, size))
		}
		fetch(t, r, len(sizes), func(i int, d Datagram) {
			if kept, cut := min(sizes[i], 100), sizes[i] > 100; len(d.Data) != kept || d.Truncated != cut || d.Size != sizes[i] {
				t.Errorf("%s: of %d bytes got %d, truncated %v, size %d; want %d, %v, %d", addr, sizes[i], len(d.Data), d.Truncated, d.Size, kept, cut, sizes[i])
			}
			if !bytes.Equal(d.Data, bytes.Repeat([]byte{byte(i)}, len(d.Data))) {
				t.Errorf("%s: datagram %d has bytes of another", addr, i)
			}
			if cap(d.Data) != len(d.Data) {
				t.Errorf("append to Data would write over the next datagram")
			}
		})
	}
}

// Datagrams that a sender joins come in one message, of which the reader makes them
// again; others come as before.
func TestReaderSplits(t *testing.T) {
	for _, addr := range []string{"127.0.0.1", "::1"} {
		udp := onLo(t, addr)
		from := talkTo(t, udp)
		for _, c := range []struct {
			on            *net.UDPConn
			option, value int
		}{{udp, unix.UDP_GRO, 1}, {from, unix.UDP_SEGMENT, 50}} {
			s, err := newSocket(c.on, true, nil)
			if err == nil {
				err = s.setOptionOf(unix.SOL_UDP, c.option, c.value)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		r := readerOf(t, udp, 40)
		r.split()
		for _, size := range []int{120, 0, 30, 100} {
			write(t, from, bytes.Repeat([]byte{byte(size)}, size))
		}
		var got []string
		fetch(t, r, 7, func(_ int, d Datagram) {
			if r.joined.have != 4 {
				t.Errorf("%s: %d messages came, want 4", addr, r.joined.have)
			}
			got = append(got, fmt.Sprintf("%d of %d %v", len(d.Data), d.Size, d.Truncated))
		})
		want := []string{"40 of 50 true", "40 of 50 true", "20 of 20 false", "0 of 0 false", "30 of 30 false", "40 of 50 true", "40 of 50 true"}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", addr, got, want)
		}
	}
}

// The nap comes after a batch that was not full, and only then.
func TestReaderNaps(t *testing.T) {
	udp := onLo(t, "127.0.0.1")
	r := readerOf(t, udp, 100)
	from := talkTo(t, udp)
	took := func(room int) time.Duration {
		write(t, from, []byte("hello"))
		start := time.Now()
		if n, err := r.read(make([]Datagram, room)); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		return time.Since(start)
	}
	r.setNap(true)
	took(2)
	for range 3 {
		if got, nap := took(2), time.Duration(napTime.Nano()); got < nap {
			t.Errorf("a read after a batch that was not full takes %v, less than the nap of %v", got, nap)
		}
	}
	took(1)
	if r.partial {
		t.Error("a batch that filled its room is followed by a nap")
	}
}

func TestReaderNamesGoneInterfacesByNumber(t *testing.T) {
	r := readerOf(t, onLo(t, "::1"), 100)
	if got := r.zones.ask(12345); got != "12345" {
		t.Errorf("an interface that is not there is called %q, want its index, 12345", got)
	}
}

func TestReaderEnds(t *testing.T) {
	t.Run("by deadline", func(t *testing.T) {
		udp := onLo(t, "127.0.0.1")
		r := readerOf(t, udp, 100)
		for range 2 {
			udp.SetReadDeadline(time.Now().Add(time.Millisecond))
			if _, err := r.read(make([]Datagram, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatalf("read ended with %v, want %v", err, os.ErrDeadlineExceeded)
			}
		}
		udp.SetReadDeadline(time.Now().Add(10 * time.Second))
		write(t, talkTo(t, udp), []byte("still open"))
		fetch(t, r, 1, func(int, Datagram) {})
	})
	t.Run("by Close", func(t *testing.T) {
		udp := onLo(t, "127.0.0.1")
		r := readerOf(t, udp, 100)
		waiting, ended := make(chan struct{}), make(chan error, 1)
		isWaiting := sync.OnceFunc(func() { close(waiting) })
		receive := r.receive
		r.receive = func(fd uintptr) bool {
			done := receive(fd)
			isWaiting()
			return done
		}
		go func() {
			_, err := r.read(make([]Datagram, 1))
			ended <- err
		}()
		<-waiting
		udp.Close()
		select {
		case err := <-ended:
			if !errors.Is(err, net.ErrClosed) {
				t.Errorf("read ended with %v, want %v", err, net.ErrClosed)
			}
		case <-time.After(10 * time.Second):
			t.Error("Close did not end the read")
		}
		if _, err := r.read(make([]Datagram, 1)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("read after Close gave %v, want %v", err, net.ErrClosed)
		}
	})
}

func TestReaderAllocatesNothing(t *testing.T) {
	for _, addr := range []string{"127.0.0.1", "::1", linkLocalOnLo(t)} {
		t.Run(addr, func(t *testing.T) {
			udp := onLo(t, addr)
			r := readerOf(t, udp, 1400)
			from := talkTo(t, udp)
			payload := make([]byte, 64)
			batch := make([]Datagram, BatchSize)
			allocs := testing.AllocsPerRun(20, func() {
				for range BatchSize {
					from.Write(payload)
				}
				r.setNap(!r.nap.Load())
				for have := 0; have < BatchSize; {
					n, err := r.read(batch)
					if err != nil {
						t.Fatal(err)
					}
					have += n
				}
			})
			if allocs != 0 {
				t.Errorf("%v allocations for %d datagrams, want none", allocs, BatchSize)
			}
		})
	}
}
