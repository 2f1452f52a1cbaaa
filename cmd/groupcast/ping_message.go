package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/ping"
)

// exchanges sends messages of the user's own, one after the other, each when
// the one before was answered or given up.
type exchanges struct {
	*pingCommand
	cfg            ping.OnceConfig
	done, answered int
	differ         int // answers that are no echo
}

// exchange ends with parent, which is an interrupt, or with ctx when its time is
// over.
func (p *pingCommand) exchange(parent, ctx context.Context, target pingTarget, way pingWay) error {
	if target.group {
		return usageError{fmt.Errorf("--message: %s is a group of many hosts: name one host", target)}
	}
	x := &exchanges{pingCommand: p, cfg: ping.OnceConfig{
		Target: target.addr, Timeout: p.wait, Via: way.via, Trace: p.recording.trace(p.set.tracer(p.errs)),
	}}
	var err error
	if p.message != "-" {
		err = x.try(ctx, p.message)
	} else {
		err = eachLine(ctx, p.in, func(text string, err error) error {
			if err != nil {
				x.done++
				complain(p.errs, err)
				return nil
			}
			return x.try(ctx, text)
		})
	}
	over := ctx.Err() != nil && parent.Err() == nil
	if over && x.answered < x.done {
		complain(p.errs, fmt.Errorf("ping %s: not answered when --timeout %s was over", target, p.timeout))
	}
	switch {
	case err != nil && !over:
		return err
	case x.done > 0 && x.answered == 0:
		return status(exitNot)
	case x.answered < x.done || x.differ > 0:
		return status(exitDoubt)
	}
	return nil
}

// try sends one message. Only the end of ctx is an error; what else goes wrong
// is said and counted.
func (x *exchanges) try(ctx context.Context, message string) error {
	x.done++
	cfg := x.cfg
	cfg.Message = []byte(message)
	cfg.Sent = func() { x.tell("written", len(message), cfg.Target.String(), 0) }
	e, err := ping.Once(ctx, cfg)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		complain(x.errs, exchangeError(err))
		return nil
	}
	x.answered++
	x.tell("received", e.Read, e.From.String(), inMillis(e.RTT))
	if !bytes.Equal(e.Answer, cfg.Message) {
		x.differ++
		fmt.Fprintf(x.errs, "groupcast: the reply is not the message: %s\n", chat.CleanRow(string(e.Answer)))
	}
	return nil
}

// jsonPacket is a message that left, or its answer. Fields are only added.
type jsonPacket struct {
	jsonHead         // packet-written, packet-received
	Size     int     `json:"size"` // bytes of payload
	To       string  `json:"to,omitempty"`
	From     string  `json:"from,omitempty"`
	RTT      float64 `json:"rtt_ms,omitempty"`
}

func (x *exchanges) tell(what string, size int, peer string, rtt float64) {
	peer = chat.Clean(peer)
	o := jsonPacket{jsonHead: headOf("packet-" + what), Size: size, RTT: rtt, From: peer}
	text := fmt.Sprintf("packet-%s: bytes=%d from=%s time=%.3f ms", what, size, peer, rtt)
	if what == "written" {
		o.From, o.To = "", peer
		text = fmt.Sprintf("packet-%s: bytes=%d to=%s", what, size, peer)
	}
	if x.set.json {
		writeJSON(x.out, o)
	} else {
		fmt.Fprintln(x.out, text)
	}
}

// exchangeError gives the error of an exchange its hint.
func exchangeError(err error) error {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &mcast.Advised{Err: err, Advice: "open, filtered or lost: UDP cannot tell; -W 5 waits longer, and groupcast probe says what is known"}
	case errors.Is(err, syscall.ECONNREFUSED):
		return &mcast.Advised{Err: err, Advice: refusedHint}
	}
	return err
}
