package record_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/record"
)

// A packet is "-" or "+" for one that left or came, the sender's letter, the time in
// ms, and the payload.
func TestCopies(t *testing.T) {
	for _, c := range []struct{ what, packets, again string }{
		{"a talk", "-a0:hi +a1:hi +b500:hello -a900:bye +a901:bye", "1 4"},
		{"what is said twice", "-a0:hi +a1:hi -a2:hi +a3:hi", "1 3"},
		{"two sends before their copies", "-a0:hi -a1:hi +a2:hi +a3:hi +a4:hi", "2 3"},
		{"another's, with the same words", "-a0:hi +b1:hi +a2:hi", "2"},
		{"another program at the same port", "+a0:hi -a5:hi +a6:hi +a7:hi", "2"},
		{"other words", "-a0:hi +a1:ho +a2:hi!", ""},
		{"no copy", "-a0:hi -a1:ho +b2:yes", ""},
		{"nothing said", "-a0: +a1:", "1"},
		{"at the same time", "-a5:hi +a5:hi", "1"},
		{"the recorder was told of the copy first", "+a1:hi -a0:hi +a2:hi", "1"},
		{"a copy that is late", "-a0:hi +a10000:hi", "1"},
		{"one that is too late", "-a0:hi +a10001:hi -a10002:hi +a10003:hi", "3"},
		{"the copy of the second", "-a0:hi -a9000:hi +a10500:hi +a10501:hi", "2"},
		{"before the send", "-a5:hi +a4:hi +a6:hi", "2"},
	} {
		var copies record.Copies
		var again []string
		for i, text := range strings.Fields(c.packets) {
			var ms int
			at, words, _ := strings.Cut(text[2:], ":")
			fmt.Sscan(at, &ms)
			p := record.Packet{Datagram: heard(words), Out: text[0] == '-', Synthesised: true}
			p.At = noon.Add(time.Duration(ms) * time.Millisecond)
			if text[1] == 'b' {
				p.From = heard("").To
			}
			if copies.Again(p) {
				again = append(again, fmt.Sprint(i))
			}
			if p.Synthesised = false; copies.Again(p) {
				t.Errorf("%s: a frame of a wire is taken for a copy", c.what)
			}
		}
		if got := strings.Join(again, " "); got != c.again {
			t.Errorf("%s: again are %q, want %q", c.what, got, c.again)
		}
	}
}

// Of a long recording the last 4,096 sends are remembered, however alike they are.
func TestCopiesAreBounded(t *testing.T) {
	for name, words := range map[string]func(i int) string{"all alike": func(int) string { return "x" }, "each its own": func(i int) string { return fmt.Sprint(i) }} {
		var copies record.Copies
		see := func(i int, out bool) bool {
			p := record.Packet{Datagram: heard(words(i)), Out: out, Synthesised: true}
			p.At = noon.Add(time.Duration(i))
			if !out {
				p.At = noon.Add(time.Second)
			}
			return copies.Again(p)
		}
		const sent = 3 * 4096
		for i := range sent {
			if see(i, true) {
				t.Fatalf("%s: send %d was there already", name, i)
			}
		}
		found := 0
		for i := range sent {
			if see(sent-1-i, false) {
				found++
			}
		}
		if found != 4096 {
			t.Errorf("%s: %d copies of %d sends are found, want 4096", name, found, sent)
		}
	}
}

// What a Recorder wrote is told apart when it is read.
func TestCopiesOfARecording(t *testing.T) {
	at := func(ms int, text string) record.Datagram {
		d := heard(text)
		d.At = noon.Add(time.Duration(ms) * time.Millisecond)
		return d
	}
	file, _ := recorded(t, record.Options{}, func(r *record.Recorder) {
		r.Received(at(0, "hello"))
		r.Sent(at(10, "hello"), "default route")
		r.Received(at(11, "hello"))
		r.Stayed(at(20, "in here"), "TTL 0")
		r.Received(at(21, "in here"))
		r.Sent(at(30, "not heard"), "")
	})
	list, _ := readAll(t, file)
	var copies record.Copies
	var once []string
	for _, p := range list {
		if !copies.Again(p) {
			once = append(once, string(p.Data))
		}
	}
	if want := []string{"hello", "hello", "in here", "not heard"}; len(list) != 6 || !slices.Equal(once, want) {
		t.Errorf("of %d datagrams %q, want %q", len(list), once, want)
	}
}
