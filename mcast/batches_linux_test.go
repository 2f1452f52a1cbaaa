package mcast_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// Two that answer each other wait for each datagram anew: one that did not wake
// them would end it.
func TestBatchesMissNothing(t *testing.T) {
	a := labtest.Build(t, lab.Article).Host("A")
	loopback := mcast.Config{Addr: netip.MustParseAddr("127.0.0.1")}
	one, other := labtest.Socket(t, a, loopback), labtest.Socket(t, a, loopback)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		for batch, err := range other.Batches(ctx, make([]mcast.Datagram, mcast.BatchSize)) {
			for _, d := range batch {
				err = errors.Join(err, other.Send(d.Data, d.From, mcast.Via{}))
			}
			if err != nil {
				ended <- err
				return
			}
		}
	}()
	const turns = 5000
	turn := 0
	next := func() error { return one.Send([]byte(strconv.Itoa(turn)), other.LocalAddr(), mcast.Via{}) }
	if err := next(); err != nil {
		t.Fatal(err)
	}
	for batch, err := range one.Batches(ctx, make([]mcast.Datagram, 1)) {
		if err == nil && string(batch[0].Data) != strconv.Itoa(turn) {
			t.Fatalf("turn %d is answered with %q", turn, batch[0].Data)
		}
		if turn++; turn == turns {
			break
		}
		if err == nil {
			err = next()
		}
		if err != nil {
			t.Fatalf("turn %d: %v", turn, err)
		}
	}
	if got := one.Stats().Datagrams; got != turns {
		t.Errorf("%d datagrams are counted, want %d", got, turns)
	}
	other.Close()
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Close ends the range with %v, want %v", err, net.ErrClosed)
	}
}

func TestBatchesEnd(t *testing.T) {
	a := labtest.Build(t, lab.Article).Host("A")
	c := labtest.Socket(t, a, mcast.Config{Addr: netip.MustParseAddr("127.0.0.1")})
	say := func() {
		t.Helper()
		if err := c.Send([]byte("x"), c.LocalAddr(), mcast.Via{}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	batch := make([]mcast.Datagram, 2)
	say()
	for got, err := range c.Batches(ctx, batch) {
		if len(got) != 1 || err != nil {
			t.Fatalf("%d datagrams, %v; want 1", len(got), err)
		}
		break
	}
	say()
	if n, err := c.Read(ctx, batch); n != 1 || err != nil {
		t.Fatalf("after a break Read gives %d, %v; want 1 datagram", n, err)
	}
	say()
	heard := 0
	for got, err := range c.Batches(ctx, batch) {
		heard += len(got)
		cancel() // while it is in use
		if errors.Is(err, context.Canceled) {
			break
		}
		if err != nil {
			t.Fatalf("the end of the context gives %v, want %v", err, context.Canceled)
		}
	}
	if heard != 1 {
		t.Errorf("%d datagrams before the context ended, want 1", heard)
	}
}

func TestBatchesAllocateNothing(t *testing.T) {
	a := labtest.Build(t, lab.Article).Host("A")
	c := labtest.Socket(t, a, mcast.Config{Addr: netip.MustParseAddr("127.0.0.1")})
	data := []byte("x")
	say := func() {
		if err := c.Send(data, c.LocalAddr(), mcast.Via{}); err != nil {
			t.Fatal(err)
		}
	}
	ask, asked := make(chan bool), make(chan bool)
	go func() {
		for range c.Batches(t.Context(), make([]mcast.Datagram, 1)) {
			asked <- true
			if !<-ask {
				return
			}
		}
	}()
	say()
	<-asked
	allocations := testing.AllocsPerRun(100, func() {
		ask <- true
		say()
		<-asked
	})
	ask <- false
	if allocations != 0 {
		t.Errorf("a batch allocates %v times, want 0", allocations)
	}
}
