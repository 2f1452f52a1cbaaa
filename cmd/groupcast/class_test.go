package main

import (
	"bytes"
	"math"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"github.com/groupcast/groupcast/mcast/class"
)

func TestClassListen(t *testing.T) {
	for _, c := range []struct{ text, at, url string }{
		{"127.0.0.1:8080", "127.0.0.1:8080", "http://127.0.0.1:8080"},
		{"localhost:0", "127.0.0.1:0", "http://127.0.0.1:0"},
		{":8080", "[::]:8080", ""},
		{"0.0.0.0:80", "0.0.0.0:80", ""},
		{"[::1]:65535", "[::1]:65535", "http://[::1]:65535"},
		{"[::ffff:192.0.2.1]:80", "192.0.2.1:80", "http://192.0.2.1:80"},
		{"", "", ""}, {"8080", "", ""}, {":", "", ""}, {":http", "", ""}, {":-1", "", ""}, {":65536", "", ""},
		{"192.0.2:80", "", ""}, {"a b:80", "", ""}, {"1.2.3.4:80:90", "", ""}, {"\x1b[2J:80", "", ""},
	} {
		at, err := parseListen(c.text)
		if c.at == "" {
			if err == nil || hint(err) == "" {
				t.Errorf("%q: %v, %v, want an error with a hint", c.text, at, err)
			}
			continue
		}
		if err != nil || at != netip.MustParseAddrPort(c.at) {
			t.Errorf("%q: %v, %v, want %s", c.text, at, err, c.at)
		}
		if c.url != "" && !slices.Equal(urlsOf(at), []string{c.url}) {
			t.Errorf("%q: the pages are at %q, want %s", c.text, urlsOf(at), c.url)
		}
	}
}

// What happens is printed in words, or as objects; whatever students are called.
func TestClassEvents(t *testing.T) {
	at := time.Date(2026, 9, 7, 12, 3, 0, 0, time.Local)
	events := []class.Event{
		{At: at, Kind: "joined", Host: "H1", Name: "Ada"},
		{At: at, Kind: "joined", Host: "H1", Name: "Ada", Text: "again"},
		{At: at, Kind: "ended", Host: "H1", Name: "A\x1b[2J\nda", Text: "it has ended"},
		{At: at, Kind: "freed", Host: "H1", Name: "Ada", Text: "nobody typed for 2 hours"},
		{At: at, Kind: "left", Host: "H2", Name: "Bob"},
		{At: at, Kind: "left", Host: "H3", Name: "Eve", Text: "the class is over"},
		{At: at, Kind: "guessed", Text: "60 wrong codes"},
		{At: at, Kind: "locked"},
		{At: at, Kind: "unlocked"},
		{At: at, Kind: "reset", Host: "H1", Name: "Ada"},
		{At: at, Kind: "lab-ended", Text: "the lab has ended"},
	}
	var words, objects, quiet bytes.Buffer
	run := &classRun{name: "classroom", urls: []string{"http://127.0.0.1:8080"}, class: &class.Class{}, cfg: class.Config{Seats: 2}}
	stream := &output{w: &objects}
	(&classPrinter{out: stream, json: true}).ready(run, time.Second)
	for _, e := range events {
		(&classPrinter{out: &words}).event(e)
		(&classPrinter{out: stream, json: true}).event(e)
		(&classPrinter{out: &quiet, quiet: true}).event(e)
	}
	printClass(stream, true, "classroom", classState{run.urls, "K7MQ4R", 2, false}, []class.State{{Host: "H1", Name: "Ada", Since: at}})
	const want = `12:03 H1 Ada sits down
12:03 H1 Ada is back
12:03 H1 A␛[2J ⏎ da: no program runs now: it has ended
12:03 H1 Ada loses the seat: nobody typed for 2 hours
12:03 H2 Bob leaves
12:03 60 wrong codes
12:03 locked: nobody is let in
12:03 unlocked: who has the code is let in
12:03 H1 Ada: reset
12:03 the lab has ended
`
	if words.String() != want || quiet.Len() != 0 {
		t.Errorf("it prints\n%s\nand with --quiet %q; want\n%s", words.String(), quiet.String(), want)
	}
	if strings.Contains(objects.String(), "\x1b") {
		t.Errorf("the objects are\n%s", objects.String())
	}
	readObjectsDoc(t).hold(t, "class", "--json", objects.String())
}

// ctrl+c asks where there is somebody to ask, and a second one ends the class, if it comes
// soon and is not the same.
func TestClassAsksOnce(t *testing.T) {
	const never = time.Duration(math.MaxInt64)
	for _, c := range []struct {
		signal os.Signal
		asks   bool
		since  time.Duration
		want   meaning
	}{
		{os.Interrupt, true, never, meansAsk},
		{os.Interrupt, false, never, meansEnd},
		{os.Interrupt, true, blink / 2, meansSame},
		{os.Interrupt, true, 2 * blink, meansEnd},
		{os.Interrupt, true, askAgain, meansAsk},
		{os.Interrupt, false, 2 * blink, meansEnd}, // all have left
		{syscall.SIGTERM, true, never, meansEnd},
		{syscall.SIGHUP, true, blink / 2, meansEnd},
		{nil, true, never, meansEnd}, // nobody reads what it prints
	} {
		if got := meaningOf(c.signal, c.asks, c.since); got != c.want {
			t.Errorf("%v %v after the question means %d, want %d", c.signal, c.since, got, c.want)
		}
	}
}

// A crash of a page is told, and nothing that strangers have sent.
func TestClassCrashLog(t *testing.T) {
	var errs bytes.Buffer
	l := &crashLog{&errs, rate.NewLimiter(0, 1)}
	for _, line := range []string{"http: TLS handshake error from 192.0.2.1:5: \x1b[2J\n", "http: panic serving 192.0.2.1:5: oh\ngoroutine 7\n", "http: panic serving 192.0.2.1:6: oh\n"} {
		_, _ = l.Write([]byte(line))
	}
	if want := "groupcast: class: a page has crashed, and the class goes on: http: panic serving 192.0.2.1:5: oh\n"; errs.String() != want {
		t.Errorf("it says %q, want %q", errs.String(), want)
	}
}
