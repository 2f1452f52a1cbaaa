package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// newLabPeer is the command that groupcast lab runs in host B.
func newLabPeer() *cobra.Command {
	return &cobra.Command{
		Use:    "lab-peer NAME INTERFACE",
		Short:  "Answer whom one hears, as a host of the lab",
		Hidden: true,
		Args:   cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runPeer(cmd.Context(), args[0], args[1])
		},
	}
}

// runPeer is a live member of the default group, on one interface, until ctx
// ends.
func runPeer(ctx context.Context, name, on string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	list, err := host.Interfaces()
	if err != nil {
		return err
	}
	i, err := host.Find(list, on)
	if err != nil {
		return err
	}
	group := mcast.DefaultGroup
	// Without own copies there is nobody here to mistake for another.
	conn, err := mcast.Listen(ctx, mcast.Config{Port: group.Port, NoLoopback: true})
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.Join(group, i); err != nil {
		return err
	}
	p := &labPeer{
		name:  name,
		heard: make(chan utteredBy, peerPatience),
		say: func(text string) error {
			return conn.Send([]byte(text), group.AddrPort(), mcast.Via{IfIndex: i.Index})
		},
	}
	var readErr error
	read := make(chan struct{})
	go func() {
		defer close(read)
		defer cancel()
		readErr = p.read(ctx, conn)
	}()
	err = p.run(ctx)
	cancel()
	<-read
	if err == nil && !errors.Is(readErr, context.Canceled) {
		err = readErr
	}
	return err
}

const (
	peerGreets   = time.Second            // after it joined, so that who starts with it hears
	peerThinks   = 300 * time.Millisecond // from what it hears to its answer
	peerPause    = 200 * time.Millisecond // between two answers
	peerCalls    = 20 * time.Second       // of silence, until it calls
	peerPatience = 5                      // texts that wait for an answer; the others get none
	peerQuotes   = 200                    // bytes of a text that it repeats
)

// labPeer is someone to talk with. It answers texts, but not what peers say, or
// two of them would never end.
type labPeer struct {
	name  string
	heard chan utteredBy
	say   func(text string) error
}

// utteredBy is a text and who sent it.
type utteredBy struct {
	from netip.Addr
	text string
	at   time.Time
}

// What a peer says, after its name.
const (
	peerHello  = "hello. I answer whom I hear"
	peerCall   = "is anybody there?"
	peerAnswer = "I hear you, "
)

// isPeerTalk reports whether a peer has said it.
func isPeerTalk(text string) bool {
	_, said, ok := strings.Cut(text, ": ")
	return ok && (said == peerHello || said == peerCall || strings.HasPrefix(said, peerAnswer))
}

// read takes in what is heard until ctx ends.
func (p *labPeer) read(ctx context.Context, conn *mcast.Conn) error {
	batch := make([]mcast.Datagram, mcast.BatchSize)
	for {
		n, err := conn.Read(ctx, batch)
		if err != nil {
			return err
		}
		for _, d := range batch[:n] {
			p.hear(d.From.Addr(), d.Data)
		}
	}
}

// hear takes in one text, if there is time to answer it.
func (p *labPeer) hear(from netip.Addr, data []byte) {
	if text := string(data); !isPeerTalk(text) {
		select {
		case p.heard <- utteredBy{from, text, time.Now()}:
		default:
		}
	}
}

// run talks until ctx ends. What it could not send is an error.
func (p *labPeer) run(ctx context.Context) error {
	silence := time.NewTimer(peerGreets)
	defer silence.Stop()
	next := p.name + ": " + peerHello
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-silence.C:
			err = p.say(next)
			next = p.name + ": " + peerCall
		case u := <-p.heard:
			if !sleep(ctx, max(peerPause, peerThinks-time.Since(u.at))) {
				return nil
			}
			err = p.say(p.answer(u))
		}
		if err != nil {
			return err
		}
		silence.Reset(peerCalls)
	}
}

func (p *labPeer) answer(u utteredBy) string {
	text := u.text
	if len(text) > peerQuotes {
		text = strings.ToValidUTF8(text[:peerQuotes], "") + "…"
	}
	return fmt.Sprintf("%s: %s%s. You said: %s", p.name, peerAnswer, u.from, text)
}

// sleep waits for d and reports whether ctx lived so long.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
