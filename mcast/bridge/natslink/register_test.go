package natslink

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/groupcast/groupcast/mcast/bridge"
)

func TestRegister(t *testing.T) {
	inBubble(t, func(t *testing.T, s *testServer) {
		a, b := s.client("room-1"), s.client("room-1")
		ra, rb := a.Register("room-1"), b.Register("room-1")
		ctx := t.Context()
		name, other := bridge.NewName(), bridge.NewName()
		expect := func(r bridge.Register, want bridge.Entry) {
			t.Helper()
			got, err := r.Get(ctx)
			check(t, err)
			if got != want {
				t.Fatalf("the lease is %+v, want %+v", got, want)
			}
		}
		changed := func(err error) {
			t.Helper()
			if !errors.Is(err, bridge.ErrChanged) {
				t.Fatalf("got %v, want ErrChanged", err)
			}
		}
		expect(ra, bridge.Entry{}) // and the bucket is there now
		first, err := ra.Update(ctx, name, 0)
		check(t, err)
		expect(rb, bridge.Entry{Holder: name, Revision: first})
		_, err = rb.Update(ctx, other, 0)
		changed(err)
		_, err = rb.Update(ctx, other, first+1)
		changed(err)
		changed(rb.Delete(ctx, first+1))
		second, err := rb.Update(ctx, other, first)
		check(t, err)
		_, err = ra.Update(ctx, name, first)
		changed(err)
		changed(ra.Delete(ctx, first))
		expect(ra, bridge.Entry{Holder: other, Revision: second})
		// Each LAN of a site has a lease of its own.
		lan := a.Register("room-1/br_lan.7")
		expect(lan, bridge.Entry{})
		third, err := lan.Update(ctx, name, 0)
		check(t, err)
		expect(lan, bridge.Entry{Holder: name, Revision: third})
		expect(ra, bridge.Entry{Holder: other, Revision: second})

		check(t, rb.Delete(ctx, second))
		expect(ra, bridge.Entry{})
		fourth, err := ra.Update(ctx, name, 0) // over the mark of the deleted one
		check(t, err)

		// The server begins again with its files, then without.
		again := func() {
			t.Helper()
			s.stop()
			synctest.Wait()
			s.start()
			for !a.Reached() || !b.Reached() {
				time.Sleep(tryEvery)
			}
		}
		again()
		expect(rb, bridge.Entry{Holder: name, Revision: fourth})
		s.options.StoreDir = t.TempDir()
		again()
		expect(rb, bridge.Entry{})
		fifth, err := rb.Update(ctx, other, 0)
		check(t, err)
		expect(ra, bridge.Entry{Holder: other, Revision: fifth})

		// The bucket vanishes while the server runs.
		check(t, a.js.DeleteKeyValue(ctx, LeaseBucket))
		begin := time.Now()
		if _, err := rb.Update(ctx, other, fifth); !errors.Is(err, bridge.ErrChanged) {
			t.Errorf("got %v", err)
		}
		if took := time.Since(begin); took > leaseWait {
			t.Errorf("that took %v", took)
		}
		expect(rb, bridge.Entry{})
		check(t, a.js.DeleteKeyValue(ctx, LeaseBucket))
		expect(rb, bridge.Entry{})

		// What others wrote there is not repeated as a name.
		_, err = a.kv.kv.Put(ctx, "room-1", []byte("\x1b[31m"))
		check(t, err)
		if e, err := ra.Get(ctx); err != nil || e.Holder != "" || e.Revision == 0 {
			t.Errorf("got %+v, %v", e, err)
		}
		if _, err := a.Register("a.b").Get(ctx); err == nil {
			t.Error("a site of another name has a lease")
		}
		check(t, a.Close(), b.Close())
	})
}

// Of two that ask at once exactly one has the lease.
func TestRegisterHasOneWinner(t *testing.T) {
	inBubble(t, func(t *testing.T, s *testServer) {
		const rounds = 200
		clients := []*Client{s.client("room-1"), s.client("room-1")}
		var won [rounds + 1]int
		var mu sync.Mutex
		var racing sync.WaitGroup
		for _, c := range clients {
			racing.Go(func() {
				r, name := c.Register("room-1"), bridge.NewName()
				for {
					e, err := r.Get(context.Background())
					if err == nil && e.Revision >= rounds {
						return
					}
					if err == nil {
						e.Revision, err = r.Update(context.Background(), name, e.Revision)
					}
					switch {
					case err == nil:
						mu.Lock()
						won[min(e.Revision, rounds)]++
						mu.Unlock()
					case !errors.Is(err, bridge.ErrChanged):
						t.Error(err)
						return
					}
				}
			})
		}
		racing.Wait()
		for revision := 1; revision < rounds; revision++ {
			if won[revision] != 1 {
				t.Errorf("revision %d was won %d times", revision, won[revision])
			}
		}
		check(t, clients[0].Close(), clients[1].Close())
	})
}

func TestRegisterOfAServerWithoutJetStream(t *testing.T) {
	inBubble(t, func(t *testing.T, s *testServer) {
		s.stop()
		s.options.JetStream = false
		s.start()
		c := s.client("room-1")
		begin := time.Now()
		_, err := c.Register("room-1").Get(t.Context())
		if err == nil || errors.Is(err, bridge.ErrAway) || errors.Is(err, bridge.ErrChanged) || !strings.HasPrefix(err.Error(), "the server has no JetStream") {
			t.Errorf("got %v", err)
		}
		if took := time.Since(begin); took > leaseWait {
			t.Errorf("that took %v", took)
		}
		check(t, c.Close())
	})
}
