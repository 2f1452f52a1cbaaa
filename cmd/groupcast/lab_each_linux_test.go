package main

import (
	"encoding/json"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// A command runs in every host, its lines say in which, and the exit status
// whether all went well.
func TestLabEach(t *testing.T) {
	t.Parallel()
	on := computer(t)
	labUp(t, on, "snooping")
	each := func(args ...string) *program {
		return start(t, on, "groupcast", append([]string{"lab", "each", "snooping"}, args...)...)
	}
	all := each("sh", "-c", "echo I am $(hostname); printf '\\033[31mno end'")
	all.ends(exitOK)
	lines := strings.Split(strings.TrimSpace(all.out.String()), "\n")
	slices.Sort(lines)
	if got, want := strings.Join(lines, ", "), "A: I am A, A: ␛[31mno end, B: I am B, B: ␛[31mno end, C: I am C, C: ␛[31mno end"; got != want {
		t.Errorf("it prints %s\nwant %s", got, want)
	}
	some := each("sh", "-c", "[ $(hostname) != B ] || exit 7")
	some.ends(exitDoubt)
	some.remarks("B: exit status 7\n")
	none := each("no-such-program")
	none.ends(exitNot)
	none.remarks("C: lab: run no-such-program in C")

	object := start(t, on, "groupcast", "lab", "each", "--json", "snooping", "sh", "-c", "echo $(hostname) >&2; exit 4")
	object.ends(exitNot)
	got := map[string]int{}
	for line := range strings.Lines(object.out.String()) {
		var o struct {
			Type, Host, Stream, Text string
			Status                   int
		}
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if o.Type == "line" && o.Stream == "stderr" && o.Text == o.Host || o.Type == "ended" && o.Status == 4 {
			got[o.Type]++
		}
	}
	if got["line"] != 3 || got["ended"] != 3 {
		t.Errorf("of three hosts it prints %v:\n%s", got, object.out.String())
	}
}

// All of them run at once, and ctrl+c is for all.
func TestLabEachInterrupted(t *testing.T) {
	t.Parallel()
	on := computer(t)
	labUp(t, on, "article")
	listen := start(t, on, "groupcast", "lab", "each", "article", "groupcast", "listen", "-i", "eth0", "224.0.0.114")
	listen.remarks("A: groupcast: joined 224.0.0.114:1234 on eth0")
	listen.remarks("B: groupcast: joined 224.0.0.114:1234 on eth0")
	inLabHost(t, on, "article", "A", "groupcast", "send", "-i", "eth0", "224.0.0.114", "to all").ends(exitOK)
	listen.prints("B: ")
	listen.prints("to all")
	if err := listen.cmd.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	listen.ends(exitInterrupted)
	listen.remarks("B: groupcast: heard 1 datagram")
}
