package main

import (
	"bytes"
	"strings"
	"sync"
	"testing"
)

// A program may run two commands at once, as tests do: one command writes to
// nothing that another reads. The race detector is the judge.
func TestCommandsAtOnce(t *testing.T) {
	t.Parallel()
	var all sync.WaitGroup
	for range 4 {
		for _, line := range []string{"listen --help", "open --nonsense", "version --json", "lab list", "explain ttl"} {
			all.Go(func() {
				var out, errs bytes.Buffer
				run(t.Context(), strings.Fields(line), strings.NewReader(""), &out, &errs)
				if out.Len()+errs.Len() == 0 {
					t.Errorf("%s printed nothing", line)
				}
			})
		}
	}
	all.Wait()
}
