package lesson

import (
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/headers"
	"github.com/groupcast/groupcast/mcast/internal/tap"
)

// The packets of a join, of a datagram, and of a refusal, on the wires that steps name.
func TestPackets(t *testing.T) {
	var mu sync.Mutex
	told := map[string]int{}
	r, failed, err := run(t, `
    heard = B: peer listen join=239.1.2.3@eth0
    expect heard within 20s: ready
    packet B.eth0: IPv4 ... > 224.0.0.22 ttl 1 router alert ... IGMPv3 report: CHANGE_TO_EXCLUDE_MODE 239.1.2.3 {}
    A: peer send to=239.1.2.3:1234 one
    packet A.eth0: Ethernet ... > 01:00:5e:01:02:03 | IPv4 192.168.1.10 > 239.1.2.3 ttl 1 ... > 1234 3 bytes "one"
    packet B.eth0: ... > 1234 3 bytes "one"
    fault loss B.eth0 100%
    A: peer send to=239.1.2.3:1234 two
    packet B.eth0: "two"
    fault loss B.eth0 0%
    A: peer send to=192.168.1.12:9 three
    status 0 or 1
    packet A.eth0: ICMP port unreachable (3, 3) | quoted IPv4 192.168.1.10 > 192.168.1.12 ttl 64 | quoted UDP ... > 9 5 bytes "three"
`, Options{Frames: func(f Frame) {
		mu.Lock()
		defer mu.Unlock()
		told[f.Host+"."+f.Interface]++
	}})
	if err != nil || r != (Result{Passed: 7}) {
		t.Errorf("%+v, %v; want 7 passed\n%+v", r, err, failed)
	}
	if len(told) != 2 || told["A.eth0"] < 4 || told["B.eth0"] < 3 {
		t.Errorf("frames of %v were told, want those of A.eth0 and B.eth0 alone", told)
	}
}

// What was on the wire before the last step, or is on another wire, is not seen; what was
// there instead is shown.
func TestPacketFails(t *testing.T) {
	r, failed, err := run(t, `
    A: peer send to=239.1.2.3:1234 one
    packet A.eth0: "one"
    A: peer send to=239.1.2.3:1234 two
    packet A.eth0: "one"
`, Options{Wait: 300 * time.Millisecond})
	if err != nil || r != (Result{Passed: 1, Failed: 1}) || len(failed) != 1 {
		t.Fatalf("%+v, %v; want one failed", r, err)
	}
	if seen := strings.Join(failed[0].Seen, "\n"); !strings.Contains(seen, `3 bytes "two"`) || strings.Contains(seen, `"one"`) || failed[0].Packet != nil {
		t.Errorf("%q, %v is shown", seen, failed[0].Packet)
	}
}

// The outcome has the frame that was waited for.
func TestPacketOutcome(t *testing.T) {
	l, err := Parse("test.txt", strings.NewReader("title: T\ntopology: lan\n\n    A: peer send to=239.1.2.3:1234 one\n    packet A.eth0: UDP\n"))
	if err != nil {
		t.Fatal(err)
	}
	var got *Packet
	if _, err := Run(t.Context(), l, Options{Report: func(e Event) {
		if e.Outcome != nil && e.Outcome.Packet != nil {
			got = e.Outcome.Packet
		}
	}}); err != nil {
		t.Fatal(err)
	}
	if got == nil || !got.Out || got.Host != "A" || got.Size != 45 || len(got.Headers) != 3 || got.Headers[2].Layer != "UDP" {
		t.Errorf("the outcome has %+v", got)
	}
}

func TestPacketSyntax(t *testing.T) {
	const acts = "    A: peer send to=239.1.2.3:1234 one\n"
	for body, want := range map[string]string{
		acts + "    packet D.eth0: UDP\n": `test.txt:5: the topology has no host "D"`,
		acts + "    packet A.eth1: UDP\n": `test.txt:5: packet: A has no interface "eth1"`,
		acts + "    packet A: UDP\n":      "test.txt:5: want packet HOST.INTERFACE: TEXT",
		acts + "    packet A.eth0\n":      "test.txt:5: want packet HOST.INTERFACE: TEXT",
		acts + "    packet A.eth0: \n":    "test.txt:5: packet: there is no text to look for",
		acts + "    packet A.eth0: ...\n": "test.txt:5: packet: there is no text to look for",
		"    packet A.eth0: UDP\n":        "test.txt:4: packet: no step before it does anything",
		acts + "\n== exercise\n\nTask.\n\n" + acts + "\n== check\n    packet A.eth0: UDP\n": "test.txt:13: packet: no step before it does anything",
	} {
		_, err := Parse("test.txt", strings.NewReader("title: T\ntopology: lan\n\n"+body))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %v, not %s", body, err, want)
		}
	}
}

// What is kept of a wire is bounded, and the latest is kept.
func TestPacketsAreBounded(t *testing.T) {
	w := &tapped{host: "A", name: "eth0"}
	frame := make([]byte, snapBytes)
	at := time.Unix(1, 0)
	for range 2000 {
		at = at.Add(time.Second)
		w.add(tapFrame(at, frame))
	}
	kept, err := w.since(time.Time{})
	if err != nil || w.bytes > wireBytes || len(kept) < 400 || len(kept) > 600 || !kept[len(kept)-1].At.Equal(at) {
		t.Errorf("%d frames of %d bytes are kept, %v", len(kept), w.bytes, err)
	}
	if line := headers.Line(headers.Decode(headers.Ethernet, kept[0].Data)); line == "" {
		t.Error("the oldest that is kept has no bytes")
	}
}

func tapFrame(at time.Time, data []byte) *tap.Frame {
	return &tap.Frame{At: at, Data: data, Size: len(data)}
}

// An exercise captures the wires that its own steps name, and not those of its lesson.
func TestExerciseCapturesItsOwn(t *testing.T) {
	const text = `title: T
topology: lan

    A: peer send to=239.1.2.3:1234 one
    packet A.eth0: "one"

== exercise

Mend it.

    fault loss B.eth0 100%

== check
    A: peer send to=239.1.2.3:1234 two
    packet B.eth0: "two"

== hints

One.

Two.

Three.

== cure

    fault loss B.eth0 0%

== wrong

    fault loss A.eth0 0%
`
	l, err := Parse("test.txt", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	a, err := Begin(t.Context(), l, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	for host, want := range map[string]int{"A": 0, "B": 1} {
		err := a.Lab().Host(host).Do(func() error {
			b, err := os.ReadFile("/proc/thread-self/net/packet") // a line for each socket, after the first
			if got := strings.Count(string(b), "\n") - 1; err == nil && got != want {
				t.Errorf("%s has %d captures, want %d", host, got, want)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	if r, err := a.Check(t.Context(), func(Event) {}); err != nil || r.Failed != 0 {
		t.Errorf("%+v, %v", r, err)
	}
}
