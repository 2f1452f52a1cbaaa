package main

import (
	"sync"
	"testing"
)

// atOnce is how many scenes run at once by together, in all tests of the package:
// they wait most of the time, whatever the number of processors.
const atOnce = 12

var room = make(chan struct{}, atOnce)

// together runs a test for each element, several at once, and returns when all of
// them have ended. A test that it runs must not call it again.
func together[E any](t *testing.T, list []E, name func(E) string, test func(*testing.T, E)) {
	var running sync.WaitGroup
	for _, e := range list {
		running.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			t.Run(name(e), func(t *testing.T) { test(t, e) })
		})
	}
	running.Wait()
}

func nameItself(name string) string { return name }
