//go:build unix

package tui

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/watch"
)

// processorTime is how long the process had a processor: unlike the clock it does not
// count what other programs had of it meanwhile.
func processorTime(b *testing.B) time.Duration {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		b.Fatal(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

// BenchmarkWatchSecond is a second of the screen at 30 frames, of 40 rows or more: what
// part of a core they cost, by the time that the process had a processor. A look at the
// watch comes four times in it, and a key before each frame.
func BenchmarkWatchSecond(b *testing.B) {
	for _, c := range []struct {
		name          string
		snap          watch.Snapshot
		width, height int
		keys          []string
	}{
		{"40 rows", fortyChannels(), 200, 55, nil},
		{"40 rows of 2,000", manyGroups(2000), 200, 55, nil},
		{"40 rows of 2,000, filtered", manyGroups(2000), 200, 55, []string{"/", "enter"}},
		{"a stream", fortyChannels(), 200, 55, []string{"down", "enter"}},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := newWatchScreen(b, c.width, c.height, c.snap)
			s.press(c.keys...)
			if strings.Contains(c.name, "filtered") {
				s.filter.set("channel")
				s.table.setFilter("channel")
			}
			begin := processorTime(b)
			for b.Loop() {
				for frame := range 30 {
					if frame%8 == 0 {
						s.Update(watchMsg{snap: c.snap})
					}
					s.Update(key(b, "down"))
					s.View()
				}
			}
			b.ReportMetric(100*(processorTime(b)-begin).Seconds()/float64(b.N), "%-of-a-core")
		})
	}
}
