package lesson

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// run runs a lesson that needs no groupcast, and returns what failed, with
// what was seen instead.
func run(t *testing.T, body string, o Options) (Result, []Outcome, error) {
	t.Helper()
	l, err := Parse("test.txt", strings.NewReader("title: T\ntopology: lan\n\n"+body))
	if err != nil {
		t.Fatal(err)
	}
	var failed []Outcome
	o.Report = func(e Event) {
		if e.Outcome != nil && !e.Outcome.Passed {
			failed = append(failed, *e.Outcome)
		}
	}
	r, err := Run(t.Context(), l, o)
	return r, failed, err
}

const listening = `
    heard = B: peer listen join=239.1.2.3@eth0
    expect heard within 20s: ready
`

func TestRun(t *testing.T) {
	r, failed, err := run(t, listening+`
    A: peer send to=239.1.2.3:1234 one
    expect: sent 3 bytes
    expect heard: "one"
    grows B Udp.InDatagrams
    once heard: "one" until A: peer send to=239.1.2.3:1234 count=2 ttl=3 marker
    grows B Udp.InDatagrams by 3
    fault loss B.eth0 100%
    A: peer send to=239.1.2.3:1234 two
    fault loss B.eth0 0%
    silent heard: "two" until A: peer send to=239.1.2.3:1234 three
    proc B /proc/net/igmp: 030201EF
    stop heard
    absent B /proc/net/igmp: 030201EF
    A: peer nonsense
    status 1
    A: peer send to=239.1.2.3:1234 count=2 two
    status 0 or 1
    order: sent 3 | sent 3
    still B Udp.OutDatagrams
`, Options{})
	if err != nil || r != (Result{Passed: 13}) {
		t.Errorf("%+v, %v; want 13 passed\n%+v", r, err, failed)
	}
}

// Each of these expects what does not happen, and is told so.
func TestRunFails(t *testing.T) {
	tests := []struct{ name, body, seen string }{
		{"an expectation", "    A: peer send to=239.1.2.3:1234 one\n    expect: no such thing\n", "sent 3 bytes"},
		{"silence", listening + "    A: peer send to=239.1.2.3:1234 one\n    silent heard: \"one\" until A: peer send to=239.1.2.3:1234 two\n", `"one"`},
		{"a marker that does not come", listening + "    fault loss B.eth0 100%\n    silent heard: \"one\" until A: peer send to=239.1.2.3:1234 two\n", ""},
		{"once", listening + "    A: peer send to=239.1.2.3:1234 count=2 one\n    once heard: \"one\" until A: peer send to=239.1.2.3:1234 two\n", `"one"`},
		{"a counter by so much", listening + "    A: peer send to=239.1.2.3:1234 one\n    grows B Udp.InDatagrams by 2\n", "Udp.InDatagrams 1, before 0"},
		{"a status", "    A: peer send to=239.1.2.3:1234 one\n    status 1\n", "exit status 0"},
		{"one of two statuses", "    A: peer nonsense\n    status 0 or 3\n", "exit status 1"},
		{"an order", "    A: peer send to=239.1.2.3:1234 one\n    order: sent | sent\n", "sent 3 bytes"},
		{"a counter that stays", "    A: peer send to=239.1.2.3:1234 one\n    still A Udp.OutDatagrams\n", "Udp.OutDatagrams 1, before 0"},
		{"a command's success", "    A: peer nonsense\n", "exit status 1"},
		{"a counter", listening + "    sysctl B net.ipv4.ip_forward 0\n    grows B Udp.InDatagrams\n", "Udp.InDatagrams 0, before 0"},
		{"what was seen before the last step", listening + "    A: peer send to=239.1.2.3:1234 one\n    expect heard: ready\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, failed, err := run(t, tt.body, Options{Wait: time.Second})
			if err != nil || r.Failed != 1 || len(failed) != 1 {
				t.Fatalf("%+v, %v; want one failed", r, err)
			}
			if seen := strings.Join(failed[0].Seen, "\n"); !strings.Contains(seen, tt.seen) {
				t.Errorf("the outcome shows %q, without %q", seen, tt.seen)
			}
			if failed[0].Expected == "" {
				t.Error("the outcome does not say what was expected")
			}
		})
	}
}

// The network is changed, and changed back.
func TestNetworkSteps(t *testing.T) {
	r, failed, err := run(t, listening+`
    swallow A.eth0 on
    A: peer send to=239.1.2.3:1234 swallowed
    silent heard: "swallowed" until C: peer send to=239.1.2.3:1234 one
    swallow A.eth0 off
    queue A.eth0 100
    A: peer send to=239.1.2.3:1234 count=200 burst
    A: peer send to=239.1.2.3:1234 dropped
    silent heard: "dropped" until C: peer send to=239.1.2.3:1234 two
    queue A.eth0 off
    route A add blackhole 239.0.0.0/8 table 100
    rule A add ipproto udp table 100
    A: peer send to=239.1.2.3:1234 nowhere
    status 1
    rule A del ipproto udp table 100
    bridge B add br0 eth0
    say heard: leave 239.1.2.3@eth0
    expect heard: left
    say heard: 239.1.2.3@br0
    expect heard: joined
    A: peer send to=239.1.2.3:1234 three
    expect heard: by br0: "three"
    bridge B del br0
    macvlan A add mv0 on eth0 to B
    say heard: 239.1.2.3@mv0
    expect heard: joined
    C: peer send to=239.1.2.3:1234 four
    expect heard: by mv0: "four"
    macvlan B del mv0
`, Options{})
	if err != nil || r != (Result{Passed: 9}) {
		t.Errorf("%+v, %v; want 9 passed\n%+v", r, err, failed)
	}
}

// A doctor that says the same to everybody.
func TestFinds(t *testing.T) {
	const says = "failure: no-route: sends go nowhere\n  because: warning: nothing\nwarning: no-address: eth0 has none\nwarning: no-address: eth1 has none\nfine: same-mac\n"
	for _, tt := range []struct {
		says   string
		status int
		finds  string
		passes bool
	}{
		{says, 3, "no-route no-address", true},
		{says, 3, "no-address no-route", true},
		{says, 3, "no-route", false},
		{says + "failure: not-heard: A was not\nwarning: stopped: A stopped\n", 3, "no-address no-route", true}, // symptoms of them
		{"failure: not-heard: A was not\n", 3, "no-route", false},
		{"failure: not-heard: A was not\n", 3, "not-heard", true},
		{says, 3, "no-route no-address not-heard", false},
		{"failure: not-heard: A was not\n", 3, "nothing", false},
		{"failure: reverse-path: B drops\nwarning: joined-elsewhere: eth1\n", 3, "reverse-path", true},
		{"failure: reverse-path: B drops\nwarning: joined-elsewhere: eth1\n", 3, "reverse-path joined-elsewhere", true},
		{"failure: reverse-path: B drops\n", 3, "reverse-path joined-elsewhere", false},
		{says, 3, "no-route no-address same-mac", false},
		{says, 3, "nothing", false},
		{says, 0, "no-route no-address", false},
		{"fine: same-mac\n", 0, "nothing", true},
		{"fine: same-mac\n", 0, "same-mac", false},
		{"", 3, "nothing", false},
	} {
		doctor := filepath.Join(t.TempDir(), "doctor")
		script := fmt.Sprintf("#!/bin/sh\nprintf '%s'\nexit %d\n", tt.says, tt.status)
		if err := os.WriteFile(doctor, []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
		r, _, err := run(t, "    A: groupcast doctor\n    finds "+tt.finds+"\n", Options{Program: doctor})
		if err != nil || (r == Result{Passed: 1}) != tt.passes {
			t.Errorf("finds %s, where it says %q with status %d: %+v, %v; want that it passes: %v", tt.finds, tt.says, tt.status, r, err, tt.passes)
		}
	}
}

// A lesson that cannot be done is an error with its line, not an expectation
// that failed.
func TestRunErrors(t *testing.T) {
	for body, want := range map[string]string{
		"    fault down A.eth7\n":                       "line 4",
		"    sysctl A no.such.thing 1\n":                "line 4",
		"    grows A Udp.NoSuchCounter\n":               "no counter Udp.NoSuchCounter",
		"    still A Udp.NoSuchCounter\n":               "no counter Udp.NoSuchCounter",
		"    order: x | y\n":                            "no command was run before",
		"    expect: x\n":                               "no command was run before",
		listening + "    heard = A: peer listen\n":      `already a command of the name "heard"`,
		"    proc A /proc/net/no-such-file: anything\n": "no such file",
	} {
		if _, _, err := run(t, body, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %v, not %s", body, err, want)
		}
	}
}

// The command listing is the program that the caller names, and a program's name is free
// when it has ended.
func TestRunListing(t *testing.T) {
	l, err := ParseListing("test.txt", strings.NewReader("title: T\ntopology: lan\n\n"+`
    one = A: listing first "second third"
    expect one within 20s: said first second third
    stop one
    one = A: listing fourth
    expect one within 20s: said fourth
`))
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Listing: func(words []string) []string {
		return []string{"sh", "-c", `echo said "$@"; exec cat`, "sh", strings.Join(words, " ")}
	}}
	if r, err := Run(t.Context(), l, o); err != nil || r != (Result{Passed: 2}) {
		t.Errorf("%+v, %v; want 2 passed", r, err)
	}
	if _, err := Run(t.Context(), l, Options{}); err == nil || !strings.Contains(err.Error(), "line 5: it is not said which program is listing") {
		t.Errorf("without a program: %v", err)
	}
}

// Before each step that does something Step is asked, and it can end all.
func TestStep(t *testing.T) {
	errEnough := errors.New("enough")
	asked := 0
	_, _, err := run(t, listening+"    A: peer send to=239.1.2.3:1234 one\n    expect heard: \"one\"\n    stop heard\n", Options{Step: func() error {
		if asked++; asked == 3 {
			return errEnough
		}
		return nil
	}})
	if !errors.Is(err, errEnough) || asked != 3 {
		t.Errorf("asked %d times, and ended with %v; want 3 times, and Step's error", asked, err)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	before := goleak.IgnoreCurrent()
	defer goleak.VerifyNone(t, before)
	l, err := Parse("test.txt", strings.NewReader("title: T\ntopology: lan\n\n"+listening+"    expect heard within 10m: never\n"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err = Run(ctx, l, Options{Report: func(e Event) {
		if e.Part != nil && e.Part.Step != nil && strings.HasSuffix(e.Part.Step.Text, "never") {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Run returned %v after its context was cancelled", err)
	}
}

func TestAStartAfterAStartHidesNothing(t *testing.T) {
	one := new(program)
	_, _ = one.out.Write([]byte("ready\n"))
	r := runner{packets: new(packets), programs: map[string]*program{"one": one}, starting: true}
	if err := r.mark(&startStep{name: "two"}); err != nil {
		t.Fatal(err)
	}
	if lines := one.out.lines(); len(lines) != 1 {
		t.Errorf("after the second start the first program has printed %q", lines)
	}
	r.starting = false
	if err := r.mark(&startStep{name: "three"}); err != nil {
		t.Fatal(err)
	}
	if lines := one.out.lines(); len(lines) != 0 {
		t.Errorf("a start after another step leaves %q of the time before it", lines)
	}
}
