package main

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"syscall"
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

// On a narrow terminal no word of a help is cut, and no word is lost.
func TestReflow(t *testing.T) {
	root := newRoot()
	for _, cmd := range tree(root) {
		whole := description(cmd)
		text := reflow(whole, 80)
		if widest(text) > 80 {
			t.Errorf("the help of %s is %d columns wide:\n%s", cmd.CommandPath(), widest(text), text)
		}
		if got, want := strings.Fields(text), strings.Fields(whole); !slices.Equal(got, want) {
			t.Errorf("the help of %s has other words than before:\n%s", cmd.CommandPath(), text)
		}
	}
	const table = "One and two.\n\n  refused  no process is there\n  a b      so"
	if got, want := reflow(table, 36), "One and two.\n\n  refused  no process is there\n  a b      so"; got != want {
		t.Errorf("a table that fits is changed:\n%s", got)
	}
}

// Help whose reader has gone, such as head, says nothing of that.
func TestHelpWithoutAReader(t *testing.T) {
	root := newRoot()
	var said strings.Builder
	root.SetOut(gone{})
	root.SetErr(&said)
	root.SetArgs([]string{"listen", "--help"})
	if err := root.Execute(); err != nil || said.Len() > 0 {
		t.Errorf("%v, %q", err, said.String())
	}
}

type gone struct{}

func (gone) Write([]byte) (int, error) { return 0, syscall.EPIPE }
