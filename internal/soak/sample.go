package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/groupcast/groupcast/internal/soak/meter"
)

// A sample is what one process holds at a time.
type sample struct {
	at  time.Duration // since the measurement began
	cpu time.Duration // that the process has used, user and system
	// Of these it is judged whether they grow.
	heap, resident, goroutines, threads, files float64
}

// hertz is that of the times in /proc: USER_HZ, which is 100 on all that Linux runs on here.
const hertz = 100

// readSample reads /proc/PID and the last line of the meter. peak is VmHWM in bytes.
func readSample(pid int, meterFile string, at time.Duration) (s sample, peak float64, err error) {
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	status, err := os.ReadFile(filepath.Join(dir, "status"))
	if err != nil {
		return s, 0, err
	}
	s.at = at
	s.resident, peak = statusField(status, "VmRSS")*1024, statusField(status, "VmHWM")*1024
	s.threads = statusField(status, "Threads")
	files, err := os.ReadDir(filepath.Join(dir, "fd"))
	if err != nil {
		return s, 0, err
	}
	s.files = float64(len(files))
	stat, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return s, 0, err
	}
	if s.cpu, err = usedTime(stat); err != nil {
		return s, 0, err
	}
	told, err := os.ReadFile(meterFile)
	if err != nil {
		return s, 0, err
	}
	r, err := lastReading(told)
	if err != nil {
		return s, 0, fmt.Errorf("%s: %w", meterFile, err)
	}
	s.heap, s.goroutines = float64(r.Heap), float64(r.Goroutines)
	return s, peak, nil
}

// statusField is the number of a field of /proc/PID/status, 0 if it is not there: a process
// that has ended has no memory.
func statusField(status []byte, name string) float64 {
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			if f := strings.Fields(value); len(f) > 0 {
				n, _ := strconv.ParseFloat(f[0], 64)
				return n
			}
		}
	}
	return 0
}

// usedTime is utime and stime of /proc/PID/stat, whose second field may have blanks in it.
func usedTime(stat []byte) (time.Duration, error) {
	_, rest, _ := bytes.Cut(stat[max(bytes.LastIndexByte(stat, ')'), 0):], []byte(" "))
	f := strings.Fields(string(rest)) // from the third field on
	if len(f) < 13 {
		return 0, fmt.Errorf("/proc/PID/stat has %d fields", len(f)+2)
	}
	user, err := strconv.ParseInt(f[11], 10, 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseInt(f[12], 10, 64)
	return time.Duration(user+system) * time.Second / hertz, err
}

// lastReading reads the last whole line of a meter's file.
func lastReading(told []byte) (meter.Reading, error) {
	end := bytes.LastIndexByte(told, '\n')
	if end < 0 {
		return meter.Reading{}, fmt.Errorf("no reading yet")
	}
	return meter.Parse(string(told[bytes.LastIndexByte(told[:end], '\n')+1 : end]))
}
