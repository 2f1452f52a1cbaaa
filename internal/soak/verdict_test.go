package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A process of an hour, of which a sample is taken each 30 s.
func hour(change func(i int, s *sample)) []sample {
	samples := make([]sample, 120)
	for i := range samples {
		samples[i] = sample{at: time.Duration(i) * 30 * time.Second, heap: 2 * mebibyte, resident: 20 * mebibyte, goroutines: 40, threads: 8, files: 20}
		change(i, &samples[i])
	}
	return samples
}

func TestGrown(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(i int, s *sample)
		want   string // the words that the only line begins with; "": it is flat
	}{
		{"nothing changes", func(int, *sample) {}, ""},
		{"it grows to its size in the first half", func(i int, s *sample) { s.heap += float64(min(i, 60)) * mebibyte }, ""},
		{"it swings, as memory does between collections", func(i int, s *sample) { s.resident += float64(i%7) * 3 * mebibyte }, ""},
		{"one peak, and one at the end", func(i int, s *sample) {
			if i == 80 || i == 119 {
				s.goroutines, s.files = 4000, 4000
			}
		}, ""},
		{"it falls", func(i int, s *sample) { s.resident -= float64(i) * mebibyte / 16 }, ""},
		{"live objects are kept, 1 KiB/s", func(i int, s *sample) { s.heap += float64(i) * 30 * 1024 }, "heap grew by 1.7 MiB in 29m30s, 1.0 MiB are allowed"},
		{"memory that is not Go's", func(i int, s *sample) { s.resident += float64(i) * mebibyte / 8 }, "RSS grew by 7.4 MiB"},
		{"a goroutine each five minutes", func(i int, s *sample) { s.goroutines += float64(i / 10) }, "goroutines grew by 6"},
		{"a thread each five minutes", func(i int, s *sample) { s.threads += float64(i / 10) }, "threads grew by 6"},
		{"a descriptor each five minutes", func(i int, s *sample) { s.files += float64(i / 10) }, "descriptors grew by 6"},
		{"a step in the middle of the second half", func(i int, s *sample) { s.files += float64(i / 90 * 40) }, "descriptors grew by 59"},
	} {
		lines, err := grown(hour(test.change), 0)
		switch {
		case err != nil:
			t.Errorf("%s: %v", test.name, err)
		case test.want == "" && len(lines) > 0, test.want != "" && (len(lines) != 1 || !strings.HasPrefix(lines[0], test.want)):
			t.Errorf("%s: %q, want %q", test.name, lines, test.want)
		}
	}
	leak := hour(func(i int, s *sample) { s.heap += float64(i) * mebibyte / 8; s.files += float64(i) })
	if lines, err := grown(leak, filling(time.Hour, time.Second)); err != nil || len(lines) != 1 || !strings.HasPrefix(lines[0], "descriptors") {
		t.Errorf("a screen of an hour fills: %q, %v", lines, err)
	}
	if lines, err := grown(leak, filling(4*time.Hour, time.Second)); err != nil || len(lines) != 2 {
		t.Errorf("after four hours it is full: %q, %v", lines, err)
	}
	if _, err := grown(hour(func(int, *sample) {})[:8], 0); err == nil {
		t.Error("four samples are judged")
	}
}

func TestReadings(t *testing.T) {
	stat := "42 (a ) b) S 1 42 42 0 -1 4194304 100 0 0 0 250 50 7 7 20 0 9 0 1000 1 2"
	if used, err := usedTime([]byte(stat)); err != nil || used != 3*time.Second {
		t.Errorf("used %v, %v", used, err)
	}
	if used, err := usedTime([]byte("42 (x) S 1")); err == nil {
		t.Errorf("a short line: %v", used)
	}
	if n := statusField([]byte("Name:\tx\nVmHWM:\t  300 kB\nThreads:\t7\n"), "VmHWM"); n != 300 {
		t.Errorf("VmHWM %v", n)
	}
	r, err := lastReading([]byte("heap=1 goroutines=2\nheap=3000 goroutines=4\nheap=9"))
	if err != nil || r.Heap != 3000 || r.Goroutines != 4 {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := lastReading([]byte("heap=1")); err == nil {
		t.Error("half a line is read")
	}
}

// What could not be seen is no part of "flat", and a report that cannot be written is
// refused before the measurement.
func TestWhatIsNotSeen(t *testing.T) {
	flat := hour(func(int, *sample) {})
	r := result{programs: []*program{{name: "watch", samples: flat}, {name: "echo", samples: flat, blind: 2}}}
	r.judge()
	if want := "echo: 2 samples could not be taken"; len(r.wrong) != 1 || r.wrong[0] != want {
		t.Errorf("%q, want %q", r.wrong, want)
	}
	dir := t.TempDir()
	if isNew("") != nil || isNew(filepath.Join(dir, "soak.md")) != nil {
		t.Error("a new file is refused")
	}
	if isNew(dir) == nil || isNew(filepath.Join(dir, "none", "soak.md")) == nil {
		t.Error("a file that cannot be written is found after the measurement only")
	}
}
