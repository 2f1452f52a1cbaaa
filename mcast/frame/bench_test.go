package frame

import (
	"strings"
	"testing"
)

func bench(b *testing.B, do func(b *testing.B, room *Room, body Body, frame []byte)) {
	for name, room := range map[string]*Room{"open": open, "sealed": sealed} {
		for what, body := range map[string]Body{
			"line": &Text{Text: "hello", Time: 1700000000000},
			"long": &Text{Text: strings.Repeat("x", MaxText), Time: 1700000000000},
		} {
			b.Run(name+"/"+what, func(b *testing.B) {
				b.ReportAllocs()
				do(b, room, body, encoded(b, room, 1, body))
			})
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	bench(b, func(b *testing.B, room *Room, body Body, _ []byte) {
		for b.Loop() {
			if _, err := room.Encode(alice, 1, body); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	bench(b, func(b *testing.B, room *Room, _ Body, frame []byte) {
		for b.Loop() {
			if _, err := room.Decode(frame); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// What members ask for each HELLO.
func BenchmarkFit(b *testing.B) {
	h := &Hello{Nick: "alice", Interfaces: []string{"eth0"}, Digest: make([]Entry, 64)}
	for b.Loop() {
		sealed.Fit(h)
	}
}
