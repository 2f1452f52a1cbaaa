package mcast

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"os"
	"runtime"
	"strconv"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
)

// Read waits for at least one datagram and returns what the kernel has ready,
// up to len(dst) and BatchSize. Data of the datagrams is the Conn's own memory
// and is valid until the next Read.
//
// A datagram that is marked Stray is for a group that was not joined here where
// it came by: another program's membership let it in. Linux stops those, except
// on a Conn with more groups than one socket holds or with SetMulticastAll.
//
// A ctx that is done ends the wait with its error, and so does waiting for
// another Read to end; Close ends it with net.ErrClosed. It costs least to read
// with one ctx again and again. On a connected Conn the error can be what an
// earlier send was answered with, such as ECONNREFUSED, told once by whichever
// call comes first; reading can go on.
func (c *Conn) Read(ctx context.Context, dst []Datagram) (n int, err error) {
	err = c.read(ctx, func() error {
		n, err = c.reader.read(dst)
		if err == nil {
			c.arrived(dst[:n])
		}
		return err
	})
	return n, err
}

// Batches reads again and again as Read does, into dst, for as long as it is
// ranged over: what was read, or the error that a Read would have returned.
// Read by read it costs a system call less, so it is for those who answer
// single datagrams quickly.
//
// One range is one Read: another one waits for it, and the body must neither
// Read nor Close. Breaking out ends it.
//
//	for batch, err := range c.Batches(ctx, make([]mcast.Datagram, mcast.BatchSize)) {
func (c *Conn) Batches(ctx context.Context, dst []Datagram) iter.Seq2[[]Datagram, error] {
	return func(yield func([]Datagram, error) bool) {
		more := true
		handle := func(n int) bool {
			c.arrived(dst[:n])
			more = yield(dst[:n], nil)
			return more && ctx.Err() == nil
		}
		each := func() error { return c.reader.each(dst, handle) }
		for more {
			if err := c.read(ctx, each); err != nil && more {
				more = yield(nil, err)
			}
		}
	}
}

// read calls one of the reader's methods, alone, until ctx ends.
func (c *Conn) read(ctx context.Context, call func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case c.reading <- struct{}{}: // the cheaper way
	default:
		select {
		case c.reading <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	defer func() { <-c.reading }()
	c.wake.watch(ctx)
	err := call()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil && errors.Is(err, os.ErrDeadlineExceeded) {
		return ctx.Err()
	}
	err = host.Cause(err)
	// With a queue of errors the reader has told it, before it emptied the queue.
	if c.errors == nil && !errors.Is(err, net.ErrClosed) && !errors.Is(err, os.ErrDeadlineExceeded) {
		c.sock.trace.failedRead(err)
	}
	return &OpError{Op: "read", Target: c.local.String(), Err: err}
}

// arrived marks, counts and traces what was read.
func (c *Conn) arrived(batch []Datagram) {
	if len(batch) == 0 {
		return
	}
	c.markStrays(batch)
	c.count(batch)
	if c.sock.trace.on() {
		c.traceRead(batch)
	}
	if t := c.sock.trace; t != nil && t.Received != nil {
		t.Received(c, batch)
	}
}

func (c *Conn) count(batch []Datagram) {
	size, truncated := 0, 0
	for i := range batch {
		size += len(batch[i].Data)
		if batch[i].Truncated {
			truncated++
		}
	}
	c.datagrams.Add(uint64(len(batch)))
	c.bytes.Add(uint64(size))
	if truncated > 0 {
		c.truncated.Add(uint64(truncated))
	}
}

func (t *Trace) failedRead(err error) {
	if t.on() {
		t.Call(Call{At: time.Now(), Name: readCall, Err: err})
	}
}

// traceRead reports one call, which may have brought several datagrams.
func (c *Conn) traceRead(batch []Datagram) {
	size := 0
	for i := range batch {
		size += len(batch[i].Data)
	}
	args := readArgs{count: len(batch), first: batch[0], on: c.sock.interfaceName(batch[0].IfIndex)}
	args.first.Data = nil // the next Read overwrites it
	c.sock.trace.Call(Call{At: time.Now(), Name: readCall, Args: args, Result: strconv.Itoa(size) + " bytes"})
}

// readArgs is what a reading call brought.
type readArgs struct {
	count int
	first Datagram
	on    string
}

func (a readArgs) String() string {
	d := a.first
	s := fmt.Sprintf("from %s to %s on %s (%d) ttl %d", d.From, d.To, a.on, d.IfIndex, d.Hops)
	if a.count > 1 {
		s = fmt.Sprintf("%d datagrams, the first %s", a.count, s)
	}
	return "{" + s + "}"
}

// readCall is what the system's reading call is named.
var readCall = map[bool]string{true: "recvmmsg", false: "recvmsg"}[runtime.GOOS == "linux"]
