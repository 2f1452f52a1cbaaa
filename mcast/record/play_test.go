package record

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/groupcast/groupcast/mcast"
)

var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// Datagrams are sent when they are due, and those that are due together by one
// call. What is not sent is told, and those behind it are sent.
func TestPlayer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls, failed []string
		start := time.Now()
		p := &Player{timers: true}
		p.Send = func(list []mcast.Outgoing) (int, error) {
			var texts []string
			for i, o := range list {
				if string(o.Data) == "slow" {
					time.Sleep(10 * time.Millisecond)
				}
				if string(o.Data) == "bad" {
					calls = append(calls, fmt.Sprint(time.Since(start).Milliseconds(), texts, "!"))
					return i, io.ErrShortWrite
				}
				texts = append(texts, string(o.Data))
			}
			calls = append(calls, fmt.Sprint(time.Since(start).Milliseconds(), texts))
			return len(list), nil
		}
		p.Failed = func(size int, err error) { failed = append(failed, fmt.Sprint(size, err)) }
		for _, text := range strings.Fields("0a 0b 5c 5bad 5d 5slow 7e 8f 100g 90h") {
			var ms int
			var data string
			fmt.Sscanf(text, "%d%s", &ms, &data)
			if err := p.Play(t.Context(), epoch.Add(time.Duration(ms)*time.Millisecond), []byte(data)); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := []string{"0 [a b]", "5 [c]!", "15 [d slow]", "15 [e f]", "100 [g h]"}
		if !slices.Equal(calls, want) || !slices.Equal(failed, []string{"3 short write"}) {
			t.Errorf("sent %q, failed %q; want %q", calls, failed, want)
		}
		if p.Sent != 9 || p.Bytes != 12 || p.Latest != 10*time.Millisecond || p.Took() != 100*time.Millisecond || p.Back() != 1 || p.Cut() != 0 ||
			p.Late() != 35*time.Millisecond/9 {
			t.Errorf("%d sent, %d bytes, %v late at the most, %v in the mean, took %v, %d back", p.Sent, p.Bytes, p.Latest, p.Late(), p.Took(), p.Back())
		}
	})
}

// A large batch is sent in parts, a second round follows the first, and what ends
// the context ends the waiting, in a send too.
func TestPlayerRoundsAndEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var sizes []int
		full := false
		p := &Player{timers: true, Failed: func(int, error) { t.Error("something failed") }}
		p.Send = func(list []mcast.Outgoing) (int, error) {
			if full {
				cancel()
				return 0, syscall.EAGAIN
			}
			sizes = append(sizes, len(list))
			return len(list), nil
		}
		for range 2 {
			for i := range 100 {
				if err := p.Play(ctx, epoch.Add(time.Duration(i/100)*time.Hour), make([]byte, i)); err != nil {
					t.Fatal(err)
				}
			}
			p.Again()
		}
		if err := p.Flush(ctx); err != nil || !slices.Equal(sizes, []int{64, 36, 64, 36}) || p.Sent != 200 || p.Bytes != 9900 {
			t.Errorf("%v: sent %v", err, sizes)
		}
		time.AfterFunc(time.Hour, cancel)
		began := time.Now()
		p.Play(ctx, epoch, nil)
		if err := p.Play(ctx, epoch.Add(2*time.Hour), nil); !errors.Is(err, context.Canceled) || time.Since(began) != time.Hour || p.Sent != 201 {
			t.Errorf("%v after %v, %d sent", err, time.Since(began), p.Sent)
		}
		ctx, cancel = context.WithCancel(t.Context())
		defer cancel()
		p.Play(ctx, epoch, nil)
		full = true
		if err := p.Flush(ctx); !errors.Is(err, context.Canceled) || p.Sent != 201 {
			t.Errorf("of a send that waited: %v, %d sent", err, p.Sent)
		}
	})
}

// A replay is as long as its recording, and sleeps most of the time.
func TestPlayerKeepsTime(t *testing.T) {
	p := &Player{}
	p.Send = func(list []mcast.Outgoing) (int, error) { return len(list), nil }
	for i := range 3000 {
		if err := p.Play(t.Context(), epoch.Add(time.Duration(i)*100*time.Microsecond), []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	p.Flush(t.Context())
	if took := p.Took(); took < 299900*time.Microsecond || p.Sent != 3000 {
		t.Errorf("300 ms took %v", took)
	}
}
