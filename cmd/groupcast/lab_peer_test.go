package main

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// saidAt is what a peer said, and when it had run so long.
type saidAt struct {
	after time.Duration
	text  string
}

// runForAWhile runs a peer for so long, and tells it what it hears.
func runForAWhile(t *testing.T, long time.Duration, hear func(p *labPeer)) []saidAt {
	t.Helper()
	begin := time.Now()
	var said []saidAt
	p := &labPeer{name: "B", heard: make(chan utteredBy, peerPatience)}
	p.say = func(text string) error {
		said = append(said, saidAt{time.Since(begin), text})
		return nil
	}
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	go hear(p)
	if err := p.run(ctx); err != nil {
		t.Fatal(err)
	}
	return said
}

func TestPeer(t *testing.T) {
	const ms = time.Millisecond
	a := netip.MustParseAddr("192.168.8.164")
	answer := func(at time.Duration, text string) saidAt {
		return saidAt{at, "B: I hear you, 192.168.8.164. You said: " + text}
	}
	hello, call := "B: hello. I answer whom I hear", "B: is anybody there?"
	for _, tc := range []struct {
		name  string
		at    time.Duration // after which it hears
		texts []string
		want  []saidAt // in a minute
	}{
		{"silence", 0, nil, []saidAt{{1000 * ms, hello}, {21000 * ms, call}, {41000 * ms, call}}},
		{"a text", 30000 * ms, []string{"test"}, []saidAt{{1000 * ms, hello}, {21000 * ms, call}, answer(30300*ms, "test"), {50300 * ms, call}}},
		{"many at once", 45000 * ms, []string{"1", "2", "3", "4", "5", "6", "7"}, []saidAt{
			{1000 * ms, hello}, {21000 * ms, call}, {41000 * ms, call},
			answer(45300*ms, "1"), answer(45500*ms, "2"), answer(45700*ms, "3"), answer(45900*ms, "4"), answer(46100*ms, "5"), answer(46300*ms, "6"),
		}},
		{"other peers", 2000 * ms, []string{"C: hello. I answer whom I hear", "C: is anybody there?", "C: I hear you, 192.168.8.226. You said: x"},
			[]saidAt{{1000 * ms, hello}, {21000 * ms, call}, {41000 * ms, call}}},
		{"much text", 45000 * ms, []string{strings.Repeat("ü", 150)}, []saidAt{
			{1000 * ms, hello}, {21000 * ms, call}, {41000 * ms, call}, answer(45300*ms, strings.Repeat("ü", 100)+"…"),
		}},
		{"a cut character", 45000 * ms, []string{"x" + strings.Repeat("ü", 150)}, []saidAt{
			{1000 * ms, hello}, {21000 * ms, call}, {41000 * ms, call}, answer(45300*ms, "x"+strings.Repeat("ü", 99)+"…"),
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				hear := func(p *labPeer) {
					time.Sleep(tc.at)
					for _, text := range tc.texts {
						p.hear(a, []byte(text))
						synctest.Wait()
					}
				}
				if got := runForAWhile(t, time.Minute, hear); !slices.Equal(got, tc.want) {
					t.Errorf("it said %v\nwant %v", got, tc.want)
				}
			})
		})
	}
}

// Two peers say hello, and then leave each other alone but for a call now and
// then.
func TestPeersStartNoStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, q := &labPeer{name: "B", heard: make(chan utteredBy, peerPatience)}, &labPeer{name: "C", heard: make(chan utteredBy, peerPatience)}
		var said atomic.Int32
		p.say = func(text string) error { said.Add(1); q.hear(netip.IPv4Unspecified(), []byte(text)); return nil }
		q.say = func(text string) error { said.Add(1); p.hear(netip.IPv4Unspecified(), []byte(text)); return nil }
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		done := make(chan error)
		go func() { done <- q.run(ctx) }()
		if err := errors.Join(p.run(ctx), <-done); err != nil {
			t.Fatal(err)
		}
		if said := said.Load(); said != 6 {
			t.Errorf("they said %d things in a minute, want 2 hellos and 4 calls", said)
		}
	})
}
