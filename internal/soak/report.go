package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"
)

// result is what a soak found.
type result struct {
	began    time.Time
	took     time.Duration
	every    time.Duration
	maxLoss  float64
	came     int // members that came and left
	programs []*program
	ways     []way
	wrong    []string // none: all is flat
}

// judge adds what grew, and what was lost.
func (r *result) judge() {
	for _, p := range r.programs {
		lines, err := grown(p.samples, p.spare)
		if err != nil {
			lines = []string{err.Error()}
		}
		if p.blind > 0 {
			lines = append(lines, fmt.Sprintf("%d samples could not be taken", p.blind))
		}
		for _, line := range lines {
			r.wrong = append(r.wrong, p.name+": "+line)
		}
	}
	for _, w := range r.ways {
		switch {
		case w.sent == 0:
			r.wrong = append(r.wrong, w.name+": nothing was sent")
		case w.lost() > r.maxLoss:
			r.wrong = append(r.wrong, fmt.Sprintf("%s: %.2f %% lost", w.name, w.lost()))
		}
	}
}

// text is the report, in Markdown.
func (r *result) text() string {
	var b strings.Builder
	verdict := "flat: nothing grew over the second half by more than it may, and nothing ended"
	if len(r.wrong) > 0 {
		verdict = fmt.Sprintf("not flat, %d remarks", len(r.wrong))
	}
	fmt.Fprintf(&b, "Began %s, took %v, %s/%s, %s. A sample each %v. %d members came and left.\n\nVerdict: %s.\n",
		r.began.UTC().Format("2006-01-02 15:04 UTC"), r.took.Round(time.Second), runtime.GOOS, runtime.GOARCH, runtime.Version(), r.every, r.came, verdict)
	for _, line := range r.wrong {
		fmt.Fprintf(&b, "\n* %s", strings.ReplaceAll(line, "\n", "\n  "))
	}
	if len(r.wrong) > 0 {
		b.WriteByte('\n')
	}
	b.WriteString("\n| program | heap: at a quarter, half, the end | RSS | VmHWM | goroutines | threads | descriptors | CPU |\n|---|---|---|---|---|---|---|---|\n")
	for _, p := range r.programs {
		fmt.Fprintf(&b, "| %s |", p.name)
		if len(p.samples) < 4 {
			fmt.Fprintf(&b, " %d samples |\n", len(p.samples))
			continue
		}
		three := []sample{p.samples[len(p.samples)/4], p.samples[len(p.samples)/2], p.samples[len(p.samples)-1]}
		for i, l := range limits {
			if i == 2 {
				fmt.Fprintf(&b, " %s |", mib(p.peak))
			}
			var cells []string
			for _, s := range three {
				cells = append(cells, strings.TrimSuffix(l.text(l.of(s)), " MiB"))
			}
			fmt.Fprintf(&b, " %s |", strings.Join(cells, ", "))
		}
		first, last := p.samples[0], p.samples[len(p.samples)-1]
		fmt.Fprintf(&b, " %.2f %% |\n", 100*(last.cpu-first.cpu).Seconds()/(last.at-first.at).Seconds())
	}
	b.WriteString("\nHeap and RSS in MiB; CPU in per cent of a core.\n\n| way | sent | arrived | lost | |\n|---|---|---|---|---|\n")
	for _, w := range r.ways {
		fmt.Fprintf(&b, "| %s | %d | %d | %.3f %% | %s |\n", w.name, w.sent, w.got, w.lost(), w.remark)
	}
	return b.String()
}
