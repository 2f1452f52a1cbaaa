package lab_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast/internal/confine"
	"github.com/groupcast/groupcast/mcast/lab"
)

// What it costs to start /bin/true in a host as it is, and confined, in time of a
// processor (cpu-ms, to the next hundredth of a second in all); and to look once at what
// a seat uses.
//
//	go test ./mcast/lab -run xxx -bench Seat -benchtime 100x
func BenchmarkSeat(b *testing.B) {
	topology, err := lab.FindTopology("classroom", 1)
	if err != nil {
		b.Fatal(err)
	}
	a, err := lab.UpApart(b.Context(), topology, 2000)
	if err != nil {
		b.Fatal(err)
	}
	defer a.Close()
	seat := shellInSeat(b.Context(), a, "H1", lab.Confinement{}, "sleep 1000 & exec sleep 1000")
	if err := seat.Start(); err != nil {
		b.Fatal(err)
	}
	host, _ := strconv.Atoi(stat(b, seat.Pid())[1])
	for name, command := range map[string]func() *lab.Cmd{
		"start": func() *lab.Cmd { return a.Command(b.Context(), "H1", "/bin/true") },
		"start confined": func() *lab.Cmd {
			return a.ConfinedCommand(b.Context(), "H1", lab.Confinement{Program: "/bin/true"}, "/bin/true")
		},
	} {
		b.Run(name, func(b *testing.B) {
			before := ticks(b, host)
			for b.Loop() {
				if err := command().Run(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(ticks(b, host)-before)*10/float64(b.N), "cpu-ms/op")
		})
	}
	b.Run("look", func(b *testing.B) {
		for b.Loop() {
			if u := confine.Used(seat.Pid()); u.Threads == 0 {
				b.Fatal("the seat uses nothing")
			}
		}
	})
	_ = seat.Signal(unix.SIGKILL)
	_ = seat.Wait()
}

// stat is what follows the name in /proc/PID/stat.
func stat(b *testing.B, pid int) []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	return strings.Fields(rest)
}

// ticks are the hundredths of a second that a process and those that it has waited for
// have had.
func ticks(b *testing.B, pid int) (all int) {
	for _, field := range stat(b, pid)[11:15] {
		n, _ := strconv.Atoi(field)
		all += n
	}
	return all
}
