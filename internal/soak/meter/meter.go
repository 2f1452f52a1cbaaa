// Package meter lets a program tell how much memory its live objects take, and how many
// goroutines it has. The programs that are released do not have it: the build tag soak puts
// it into those that internal/soak measures.
package meter

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/metrics"
	"time"
)

// The variables of the environment that the meter reads. Without a file it does nothing.
const (
	FileEnv  = "SOAK_METER"       // the file that it appends to
	EveryEnv = "SOAK_METER_EVERY" // a time, such as 10s
)

// A Reading is what the meter tells.
type Reading struct {
	Heap       uint64 // bytes of live objects, after a collection
	Goroutines uint64 // with the meter's own
}

// String is the line of a reading in the file, which Parse reads.
func (r Reading) String() string { return fmt.Sprintf("heap=%d goroutines=%d", r.Heap, r.Goroutines) }

// Parse reads a line.
func Parse(line string) (r Reading, err error) {
	_, err = fmt.Sscanf(line, "heap=%d goroutines=%d", &r.Heap, &r.Goroutines)
	return r, err
}

func init() {
	every, err := time.ParseDuration(os.Getenv(EveryEnv))
	if name := os.Getenv(FileEnv); name != "" && err == nil && every > 0 {
		if f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600); err == nil {
			go tell(f, every)
		}
	}
}

func tell(w io.Writer, every time.Duration) {
	samples := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/sched/goroutines:goroutines"}}
	for tick := time.NewTicker(every); ; <-tick.C {
		// Without a collection the live objects are those of the one before, which may be
		// minutes ago in a program that does little.
		runtime.GC()
		metrics.Read(samples)
		_, _ = fmt.Fprintln(w, Reading{Heap: samples[0].Value.Uint64(), Goroutines: samples[1].Value.Uint64()})
	}
}
