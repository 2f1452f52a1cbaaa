package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// The live screen of a watch: a row for each stream and for what was never heard,
// losses and silences as they happen, and at the end the report on the normal screen,
// with its exit status.
func TestWatchScreen(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, drawn(watchLAN)())
	w, sender := l.Host("W"), l.Host("S")
	csv := t.TempDir() + "/streams.csv"
	s := openScreen(t, w, 120, 30, "watch", "-i", "eth0", "--max-gap", "1s", "--every", "100ms", "--csv", csv, "--metrics", "0.0.0.0:9464", "239.1.1.1:5004", "239.1.1.2:5004", "239.1.1.1:5004")
	s.shows(" W  groupcast watch", "2 groups: 0 heard, 2 not")
	s.shows("○ 239.1.1.2", "nothing heard", "eth0")
	s.shows("metrics on http://0.0.0.0:9464/metrics: other hosts can read them")
	s.shows("239.1.1.1:5004 is named twice")
	if r, err := browser(sender).Get("http://10.0.0.1:9464/metrics"); err != nil || r.StatusCode != 200 || r.Body.Close() != nil {
		t.Errorf("another host reads %+v, %v", r, err)
	}
	n := numbers(t, sender, "239.1.1.1:5004")
	n.every(30, 5*time.Millisecond)
	n.head.Number += 7
	n.every(30, 5*time.Millisecond)
	s.shows("● 239.1.1.1", "10.0.0.2:", "eth0", " 7 ", "groupcast")
	s.shows("1 heard, 1 not", "lost 7 network, 0 kernel")
	s.shows("7 lost")
	s.shows("! 239.1.1.1", "silent since")
	s.shows("! 1 silent")
	s.keys("\r")
	s.shows("▸239.1.1.1:5004 from 10.0.0.2:")
	s.shows("7 of 67", "all before the socket")
	s.shows("7 from 30 on", "before the socket")
	s.shows("groupcast doctor --from 10.0.0.2 239.1.1.1:5004")
	s.keys("\x1b")
	s.shows("▸Streams", "as asked for")
	s.keys("/nothing\r")
	s.shows("▸Streams", "1 of 2 have nothing")
	s.keys(" ")
	s.shows("frozen at")
	s.keys("q")
	s.quits(exitNot)
	s.shows("never heard: 239.1.1.2:5004")
	if text := s.text(); strings.Contains(text, "▸Streams") {
		t.Errorf("the screen was not given back:\n%s", text)
	}
	kept, err := os.ReadFile(csv)
	if rows := strings.Count(string(kept), "\n"); err != nil || rows < 3 {
		t.Errorf("the file has %d rows, want one each 100 ms; %v", rows, err)
	}
}
