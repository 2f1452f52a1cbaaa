package mcast

import (
	"context"
	"errors"
	"os"
	"time"
)

// BatchSize is how many datagrams a Read returns at the most, and the size of
// slice worth giving it.
const BatchSize = 64

// Read waits for at least one datagram and returns what the kernel has ready,
// up to len(dst) and BatchSize. Data of the datagrams is the Conn's own memory
// and is valid until the next Read.
//
// A ctx that is done ends the wait with its error; Close ends it with
// net.ErrClosed.
func (c *Conn) Read(ctx context.Context, dst []Datagram) (int, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if ctx.Done() != nil {
		woken := make(chan struct{})
		stop := context.AfterFunc(ctx, func() {
			defer close(woken)
			c.udp.SetReadDeadline(time.Unix(1, 0))
		})
		defer func() {
			if !stop() {
				<-woken
				c.udp.SetReadDeadline(time.Time{})
			}
		}()
	}
	n, err := c.readBatch(dst)
	if err != nil {
		if ctx.Err() != nil && errors.Is(err, os.ErrDeadlineExceeded) {
			return 0, ctx.Err()
		}
		return 0, &OpError{Op: "read", Target: c.local.String(), Err: cause(err)}
	}
	now := time.Now()
	for i := range dst[:n] {
		dst[i].At = now
		c.bytes.Add(uint64(len(dst[i].Data)))
	}
	c.datagrams.Add(uint64(n))
	return n, nil
}
