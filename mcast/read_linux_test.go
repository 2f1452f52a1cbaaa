package mcast_test

import (
	"context"
	"errors"
	"net"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

func TestReadTakesABatch(t *testing.T) {
	a := labtest.Build(t, lab.Article).Host("A")
	own := onGroup(t, a, "eth0")
	c := labtest.Socket(t, a, mcast.Config{})
	by := mcast.Via{IfIndex: labtest.Device(t, a, "eth0").Index}
	var want []string
	for n := range mcast.BatchSize + 10 {
		want = append(want, strings.Repeat("x", n))
		send(t, a, c, want[n], by)
	}
	var got []string
	batch := make([]mcast.Datagram, 2*mcast.BatchSize)
	largest := 0
	for len(got) < len(want) {
		n, err := own.Read(t.Context(), batch)
		if err != nil {
			t.Fatal(err)
		}
		largest = max(largest, n)
		for _, d := range batch[:n] {
			got = append(got, string(d.Data))
		}
	}
	if largest < 2 || largest > mcast.BatchSize {
		t.Errorf("the largest batch has %d of %d datagrams, want 2 to %d", largest, len(want), mcast.BatchSize)
	}
	if !slices.Equal(got, want) {
		t.Error("the payloads are not what was sent, in order")
	}
	s := own.Stats()
	if s.Datagrams != uint64(len(want)) || c.Stats().Sent != uint64(len(want)) {
		t.Errorf("Stats count %d read and %d sent, want %d", s.Datagrams, c.Stats().Sent, len(want))
	}
}

func TestReadEnds(t *testing.T) {
	a := labtest.Build(t, lab.Article).Host("A")
	batch := make([]mcast.Datagram, 1)
	tests := []struct {
		name string
		end  func(c *mcast.Conn, cancel context.CancelFunc)
		want error
	}{
		{"when its context ends", func(_ *mcast.Conn, cancel context.CancelFunc) { cancel() }, context.Canceled},
		{"when the Conn is closed", func(c *mcast.Conn, _ context.CancelFunc) { c.Close() }, net.ErrClosed},
		{"at its deadline", func(c *mcast.Conn, _ context.CancelFunc) { c.SetReadDeadline(time.Now()) }, os.ErrDeadlineExceeded},
	}
	for _, tt := range tests {
		c := onGroup(t, a, "eth0")
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() {
			_, err := c.Read(ctx, batch)
			ended <- err
		}()
		tt.end(c, cancel)
		if err := <-ended; !errors.Is(err, tt.want) {
			t.Errorf("a Read that ends %s gives %v, want %v", tt.name, err, tt.want)
		}
		cancel()
	}

	// A context that ended once does not spoil the next Read.
	c := onGroup(t, a, "eth0")
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := c.Read(ctx, batch); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Read = %v, want context.DeadlineExceeded", err)
	}
	send(t, a, labtest.Socket(t, a, mcast.Config{}), "still here", mcast.Via{IfIndex: labtest.Device(t, a, "eth0").Index})
	labtest.Hears(t, c, "still here")
}

// Neither a deadline that is set meanwhile nor another Read keeps a Read from
// ending with its context.
func TestReadEndsWithItsContext(t *testing.T) {
	a := labtest.Build(t, lab.Article).Host("A")
	c := onGroup(t, a, "eth0")
	for range 200 {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 2)
		for range 2 {
			go func() {
				_, err := c.Read(ctx, make([]mcast.Datagram, 1))
				ended <- err
			}()
		}
		go cancel()
		c.SetReadDeadline(time.Now().Add(time.Hour))
		for range 2 {
			select {
			case err := <-ended:
				if !errors.Is(err, context.Canceled) {
					t.Fatalf("Read = %v, want context.Canceled", err)
				}
			case <-time.After(10 * time.Second):
				t.Fatal("a Read outlives its context")
			}
		}
	}
	// The deadline holds for the next Read.
	c.SetReadDeadline(time.Now())
	if _, err := c.Read(t.Context(), make([]mcast.Datagram, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Read = %v, want os.ErrDeadlineExceeded", err)
	}
}

// longLived is a context that counts who waits for its end.
type longLived struct {
	context.Context
	waiting *atomic.Int32
}

func (c longLived) Done() <-chan struct{} { return make(chan struct{}) }
func (c longLived) AfterFunc(func()) func() bool {
	c.waiting.Add(1)
	return func() bool { c.waiting.Add(-1); return true }
}

// A Conn that is closed leaves nothing with a context that lives on.
func TestCloseLetsTheContextGo(t *testing.T) {
	a := labtest.Build(t, lab.Article).Host("A")
	own := onGroup(t, a, "eth0")
	send(t, a, labtest.Socket(t, a, mcast.Config{}), "x", mcast.Via{IfIndex: labtest.Device(t, a, "eth0").Index})
	ctx := longLived{t.Context(), new(atomic.Int32)}
	if _, err := own.Read(ctx, make([]mcast.Datagram, 1)); err != nil {
		t.Fatal(err)
	}
	if got := ctx.waiting.Load(); got != 1 {
		t.Fatalf("after a Read %d wait for the context, want 1: the test proves nothing", got)
	}
	own.Close()
	if got := ctx.waiting.Load(); got != 0 {
		t.Errorf("after Close %d wait for the context, want 0", got)
	}
}

func TestReadAllocatesNothing(t *testing.T) {
	a := labtest.Build(t, lab.Article).Host("A")
	own := onGroup(t, a, "eth0")
	c := labtest.Socket(t, a, mcast.Config{})
	by := mcast.Via{IfIndex: labtest.Device(t, a, "eth0").Index}
	const reads = 100
	for range reads + 10 {
		send(t, a, c, "x", by)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	batch := make([]mcast.Datagram, 1)
	read := func() {
		if _, err := own.Read(ctx, batch); err != nil {
			t.Error(err)
		}
	}
	read() // makes the memory
	if got := testing.AllocsPerRun(reads, read); got != 0 {
		t.Errorf("a Read allocates %v times, want 0", got)
	}
}

func TestReadBufferIsReported(t *testing.T) {
	a := labtest.Build(t, lab.Article).Host("A")
	small := labtest.Socket(t, a, mcast.Config{ReadBuffer: 64 << 10})
	if got := small.ReadBuffer(); got != 128<<10 {
		t.Errorf("asked for 64 KiB, Linux grants and reports the double: got %d", got)
	}
	if c := labtest.Socket(t, a, mcast.Config{}); c.ReadBuffer() <= small.ReadBuffer() {
		t.Errorf("the default buffer is %d bytes, want more than %d", c.ReadBuffer(), small.ReadBuffer())
	}
}
