package main

import (
	"bytes"
	"crypto/tls"
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
	"github.com/groupcast/groupcast/mcast/lab/lesson"
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
		if c.url != "" && !slices.Equal(urlsOf("http", at), []string{c.url}) {
			t.Errorf("%q: the pages are at %q, want %s", c.text, urlsOf("http", at), c.url)
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
		{At: at, Kind: "fault", Text: "cut H2.eth0"},
		{At: at, Kind: "undo", Host: "S1", Name: "Ada", Text: "heal A.eth0"},
		{At: at, Kind: "check", Host: "S1", Name: "Ada", Text: "1 of 2 met"},
		{At: at, Kind: "hint", Host: "S1", Name: "Ada", Text: "1 of 3"},
		{At: at, Kind: "solved", Host: "S1", Name: "Ada", Text: "after 6m52s, with 1 hint"},
		{At: at, Kind: "network-failed", Host: "S2", Name: "Bob", Text: "no\x1b namespaces"},
		{At: at, Kind: "network-ended", Host: "S2", Name: "Bob"},
	}
	var words, objects, quiet bytes.Buffer
	stream := &output{w: &objects}
	run := &classRun{
		name: "classroom", urls: []string{"http://127.0.0.1:8080"}, key: "secret", class: &class.Class{},
		cfg: class.Config{Seats: 2, Private: true, Lesson: &lesson.Lesson{Name: "article"}}, cert: &classCertificate{Certificate: tls.Certificate{Certificate: [][]byte{nil}}},
	}
	printer := &classPrinter{out: stream, json: true, run: run}
	printer.ready(time.Second)
	progress := &class.Progress{Met: 1, Of: 2, Checks: 1, Hints: 1, HintsOf: 3, Seconds: 412}
	for _, e := range events {
		(&classPrinter{out: &words}).event(e)
		(&classPrinter{out: &quiet, quiet: true}).event(e)
		if progressKinds[e.Kind] {
			writeJSON(stream, progressObject(e, *progress))
		} else {
			printer.event(e)
		}
	}
	printer.outcome([]class.Result{{Seat: "S1", Name: "A\x1bda", Lesson: "article", Met: 1, Of: 2}}, false)
	printClassObjects(stream, "article", classNow{
		classState{URLs: run.urls, Code: "K7MQ4R", Seats: 2, Board: run.board(), Private: true, Lesson: "article"},
		[]takenSeat{{class.State{Host: "S1", Name: "Ada", Since: at}, progress}, {State: class.State{Host: "S2", Name: "Bob", Since: at}}},
		[]class.BoardEvent{{Number: 7, Time: at, Seat: "S1", Text: "cut A.eth0", Undo: "heal A.eth0"}},
	})
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
12:03 fault: cut H2.eth0
12:03 S1 Ada: undo: heal A.eth0
12:03 S1 Ada checks: 1 of 2 met
12:03 S1 Ada takes hint 1 of 3
12:03 S1 Ada has solved it after 6m52s, with 1 hint
12:03 S2 Bob: the network was not built: no␛ namespaces
12:03 S2 Bob: the network has ended
`
	if words.String() != want || quiet.Len() != 0 {
		t.Errorf("it prints\n%s\nand with --quiet %q; want\n%s", words.String(), quiet.String(), want)
	}
	if strings.Contains(objects.String(), "\x1b") || strings.Contains(objects.String(), "secret") {
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
