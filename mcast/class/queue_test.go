package class

import (
	"bytes"
	"testing"
	"testing/synctest"
)

func TestQueueIsBounded(t *testing.T) {
	q := newQueue()
	paste := bytes.Repeat([]byte("x"), 1000)
	for range maxQueue/len(paste) + 3 {
		q.put(paste)
	}
	if n := q.put([]byte("key")); n != 0 || q.lost() != 3*len(paste) {
		t.Errorf("of a key %d bytes are dropped, of pastes %d", n, q.lost())
	}
	var taken []byte
	for len(q.bytes) > 0 {
		b := q.take()
		if len(b) > maxTaken {
			t.Fatalf("%d bytes at a time", len(b))
		}
		taken = append(taken, b...)
	}
	if want := maxQueue / len(paste) * len(paste); len(taken) != want+3 || !bytes.HasSuffix(taken, []byte("xkey")) {
		t.Errorf("%d bytes are taken, want %d and a key", len(taken), want)
	}
}

func TestQueueEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue()
		taken := make(chan []byte)
		go func() {
			defer close(taken)
			for b := q.take(); b != nil; b = q.take() {
				taken <- b
			}
		}()
		synctest.Wait() // it waits for a key
		q.put([]byte("a"))
		if b := <-taken; string(b) != "a" {
			t.Errorf("%q is taken", b)
		}
		q.close()
		q.close()
		if b, more := <-taken; more {
			t.Errorf("%q is taken of a closed queue", b)
		}
		if n := q.put([]byte("b")); n != 0 || q.lost() != 0 || q.take() != nil {
			t.Errorf("a closed queue: %d bytes dropped, %d lost", n, q.lost())
		}
	})
}
