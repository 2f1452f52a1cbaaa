package main

import (
	"fmt"
	"slices"
	"time"
)

// A limit is how much of something may be more at the end of the second half than at its
// beginning: the larger of an amount and a part of the median.
type limit struct {
	name   string
	of     func(sample) float64
	amount float64
	part   float64
	text   func(float64) string
	memory bool
}

const mebibyte = 1 << 20

var limits = []limit{
	{"heap", func(s sample) float64 { return s.heap }, mebibyte, 0.10, mib, true},
	{"RSS", func(s sample) float64 { return s.resident }, 4 * mebibyte, 0.10, mib, true},
	{"goroutines", func(s sample) float64 { return s.goroutines }, 4, 0.10, whole, false},
	{"threads", func(s sample) float64 { return s.threads }, 3, 0.10, whole, false},
	{"descriptors", func(s sample) float64 { return s.files }, 4, 0.10, whole, false},
}

func mib(bytes float64) string { return fmt.Sprintf("%.1f MiB", bytes/mebibyte) }
func whole(n float64) string   { return fmt.Sprintf("%.0f", n) }

// fewest is how many samples the second half needs for a judgement.
const fewest = 6

// kept is what a member of a chat keeps at most here, in bytes: a screen has three histories
// of 5,000 and 4 MiB (docs/decisions/009-what-the-screen-keeps.md), each member 2,048 frames
// of each of the three speakers. All are full after keptLines.
const (
	kept      = 12 * mebibyte
	keptLines = members * 2048
)

// filling is by how much the memory of a member may grow besides: nothing once it is full
// before the second half begins.
func filling(period, lines time.Duration) float64 {
	if period/2 >= keptLines*lines {
		return 0
	}
	return kept
}

// grown lists what grew over the second half of a process's samples by more than it may, of
// which spare bytes are no leak. The error is one of too few samples: nothing is known then.
func grown(samples []sample, spare float64) (lines []string, err error) {
	half := samples[len(samples)/2:]
	if len(half) < fewest {
		return nil, fmt.Errorf("%d samples in the second half, %d are needed", len(half), fewest)
	}
	took := half[len(half)-1].at - half[0].at
	for _, l := range limits {
		more := growth(half, l.of)
		allowed := max(l.amount, l.part*medianOf(half, l.of))
		if l.memory {
			allowed += spare
		}
		if more > allowed {
			lines = append(lines, fmt.Sprintf("%s grew by %s in %v, %s are allowed", l.name, l.text(more), took.Round(time.Second), l.text(allowed)))
		}
	}
	return lines, nil
}

// growth is by how much the line through the medians of the first and of the last third
// rises from the first to the last sample: a few peaks do not move it, a step does.
func growth(samples []sample, of func(sample) float64) float64 {
	third := len(samples) / 3
	first, last := samples[:third], samples[len(samples)-third:]
	moment := func(s sample) float64 { return s.at.Seconds() }
	apart := medianOf(last, moment) - medianOf(first, moment)
	if apart <= 0 {
		return 0
	}
	return (medianOf(last, of) - medianOf(first, of)) / apart * (samples[len(samples)-1].at - samples[0].at).Seconds()
}

// medianOf needs one sample at least.
func medianOf(samples []sample, of func(sample) float64) float64 {
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = of(s)
	}
	slices.Sort(values)
	mid := len(values) / 2
	if len(values)%2 == 1 {
		return values[mid]
	}
	return (values[mid-1] + values[mid]) / 2
}
