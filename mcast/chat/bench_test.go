package chat

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast"
)

func BenchmarkReceive(b *testing.B) {
	forged := make([]mcast.Datagram, 1<<16)
	for i := range forged {
		forged[i] = from(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 1), "x")
	}
	stray := from(bob, "hello")
	stray.To = other
	for _, c := range []struct {
		name      string
		datagrams []mcast.Datagram
	}{
		{"text", []mcast.Datagram{from(bob, "hello, who is there?\n")}},
		{"text of 1200 B", []mcast.Datagram{from(bob, strings.Repeat("x", 1200))}},
		{"forged sources", forged},
		{"frame", []mcast.Datagram{from(bob, "\xfeMC and more")}},
		{"stray", []mcast.Datagram{stray}},
		{"copy again", []mcast.Datagram{from(ourSocket, "said")}},
	} {
		b.Run(c.name, func(b *testing.B) {
			r := newTestRoom()
			r.Say(start, "said", byEth0)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				r.Receive(c.datagrams[i%len(c.datagrams)])
			}
		})
	}
}

// A full table of pending lines, each said and heard back.
func BenchmarkSayAndCopy(b *testing.B) {
	r := newTestRoom()
	for range maxOwnLines - 1 {
		r.Say(start, "waiting", byEth0)
	}
	b.ReportAllocs()
	for b.Loop() {
		r.Say(start, "said", byEth0)
		r.Receive(from(ourSocket, "said"))
	}
}

func BenchmarkSnapshot(b *testing.B) {
	r := newTestRoom()
	for i := range MaxSenders {
		d := from(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 1), "x")
		d.To = netip.AddrFrom4([4]byte{239, 1, 2, byte(i % 8)})
		r.Receive(d)
	}
	b.ReportAllocs()
	for b.Loop() {
		r.Snapshot(start)
	}
}

func BenchmarkRingPut(b *testing.B) {
	r := NewRing(0)
	b.ReportAllocs()
	for b.Loop() {
		r.Put(Line{})
	}
}
