package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

// What is said about an order of the process that serves a lab: any number of
// messages, and an end.
type said struct {
	Tell  json.RawMessage `json:",omitempty"`
	End   bool
	Error string // with End: why the order was not carried out; "": it was
}

// MaxOrder is how many bytes the words of an order may have together.
const MaxOrder = 4 << 10

const maxOrderWords = 32

func checkOrder(words []string) error {
	total := 0
	for _, w := range words {
		total += len(w)
	}
	if len(words) == 0 || len(words) > maxOrderWords || total > MaxOrder {
		return fmt.Errorf("an order has 1 to %d words, of at most %d bytes together", maxOrderWords, MaxOrder)
	}
	return nil
}

// order lets the service carry out an order of its own. A client that hangs up, or
// sends anything more, ends it, and so does the end of the context.
func (s *server) order(ctx context.Context, o order, conn *net.UnixConn) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	_ = conn.SetDeadline(time.Time{})
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		defer cancel()
		var b [1]byte
		_, _ = conn.Read(b[:])
	}()
	tell := func(message any) error {
		b, err := json.Marshal(message)
		if err == nil {
			_ = conn.SetWriteDeadline(time.Now().Add(messageTimeout))
			err = send(conn, said{Tell: b})
		}
		if err != nil {
			cancel() // who does not read is not told for ever
		}
		return err
	}
	err := checkOrder(o.Words)
	switch {
	case err != nil:
	case s.ctx.Err() != nil:
		err = ErrNotRunning
	case s.service.Order == nil:
		err = fmt.Errorf("%q is no order of this lab", o.Words[0])
	default:
		err = s.service.Order(ctx, o.Words, tell)
		if err != nil && s.ctx.Err() != nil { // the lab ended meanwhile, and cancelled it
			err = ErrNotRunning
		}
	}
	end := said{End: true}
	if err != nil {
		end.Error = err.Error()
	}
	_ = conn.SetWriteDeadline(time.Now().Add(messageTimeout))
	_ = send(conn, end)
	_ = conn.SetReadDeadline(time.Now())
	<-gone
}

// Order gives an order to the process that serves the lab, in words of its own, see
// [Service]. heard is called with each message before the end of the order; nil:
// they are dropped. When ctx ends first, the order is cancelled, and the error is
// that of ctx. Words have at most [MaxOrder] bytes together.
func (r *Remote) Order(ctx context.Context, words []string, heard func(json.RawMessage)) error {
	if err := checkOrder(words); err != nil {
		return r.failed(err)
	}
	conn, err := r.dial()
	if err != nil {
		return r.failed(err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) })()
	if err := send(conn, order{Do: orderOwn, Words: words}); err != nil {
		return r.orderError(ctx, err)
	}
	for {
		var m said
		files, err := receive(conn, &m)
		closeAll(files)
		switch {
		case err != nil:
			return r.orderError(ctx, err)
		case m.End && m.Error != "":
			return r.failed(answered(m.Error))
		case m.End:
			return nil
		case heard != nil:
			heard(m.Tell)
		}
	}
}

func (r *Remote) orderError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return r.failed(err)
	}
	return r.failed(fmt.Errorf("it has ended: %w", ErrNotRunning))
}
