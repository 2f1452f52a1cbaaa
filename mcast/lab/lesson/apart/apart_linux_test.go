package apart_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
	"github.com/groupcast/groupcast/mcast/lab/lesson/apart"
	"github.com/groupcast/groupcast/mcast/lab/lesson/desk"
)

func start(t testing.TB, l lesson.Lesson) *apart.Copy {
	t.Helper()
	c, err := apart.Start(t.Context(), l, 2000)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func find(t testing.TB, name string) lesson.Lesson {
	t.Helper()
	l, err := lesson.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// follower hears what becomes of an exercise.
type follower struct {
	t    *testing.T
	news chan desk.News
	end  chan error
}

func follow(t *testing.T, c *apart.Copy) follower {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	f := follower{t, make(chan desk.News, 64), make(chan error, 1)}
	go func() { f.end <- c.Follow(ctx, func(n desk.News) { f.news <- n }) }()
	t.Cleanup(cancel)
	return f
}

// until waits for a state with this in it, such as 1/2, and what its expectations are.
func (f follower) until(what string, is func(lesson.State) bool) (met string) {
	f.t.Helper()
	for {
		select {
		case n := <-f.news:
			if is(*n.State) {
				for _, e := range n.Expectations {
					met += fmt.Sprintf("%s: %t; ", e.Text, e.Met)
				}
				return met
			}
		case err := <-f.end:
			f.t.Fatalf("%v, before %s", err, what)
		case <-f.t.Context().Done():
			f.t.Fatalf("never %s", what)
		}
	}
}

func order(t *testing.T, c *apart.Copy, name string) (s lesson.State) {
	t.Helper()
	s, err := desk.Ask(t.Context(), c.Remote, name, nil)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return s
}

// A student mends the exercise, in a process of its own, with a real command, and begins
// again.
func TestCopyIsSolved(t *testing.T) {
	t.Parallel()
	labtest.Program(t, "ip")
	c := start(t, find(t, "article"))
	f := follow(t, c)
	if met := f.until("it has begun", func(s lesson.State) bool { return s.Checks == 0 }); met != "" {
		t.Errorf("before any check %s", met)
	}
	if c.Kind() != desk.Kind || len(c.Topology().Hosts) != len(lab.Article.Hosts) {
		t.Errorf("it is a %q of %v", c.Kind(), c.Topology())
	}
	mend := func() {
		t.Helper()
		cmd := c.ConfinedCommand(t.Context(), "A", lab.Confinement{Program: "/bin/true", Admin: true}, "/bin/sh", "-c", "ip route del 239.192.0.0/14")
		cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	const listens, hears = "B prints: ready", `B prints: "third"`
	order(t, c, desk.CheckOrder)
	if met := f.until("a check has ended", func(s lesson.State) bool { return s.Checks == 1 }); !strings.Contains(met, listens+": true") || !strings.Contains(met, hears+": false") {
		t.Errorf("with the fault: %s", met)
	}
	mend()
	if s := order(t, c, desk.CheckOrder); !s.Green() {
		t.Errorf("mended: %+v", s)
	}
	if met := f.until("it is solved", func(s lesson.State) bool { return s.Green() && !s.Solved.IsZero() }); strings.Contains(met, "false") {
		t.Errorf("solved: %s", met)
	}
	// What runs in the network ends with it, and the same connection leads to the new one.
	before := c.Command(t.Context(), "A", "sleep", "1000")
	if err := before.Start(); err != nil {
		t.Fatal(err)
	}
	if err := c.Fault([]string{"loss", "B.eth0", "30%"}); err != nil {
		t.Fatal(err)
	}
	order(t, c, desk.ResetOrder)
	if before.Wait() == nil {
		t.Error("a command has outlived the network it ran in")
	}
	f.until("it was built anew", func(s lesson.State) bool { return s.Resets == 1 && !s.Green() && !s.Solved.IsZero() })
	if now, err := c.Now(); err != nil || len(now.Links) == 0 || len(now.Faults) != 0 {
		t.Errorf("built anew: %+v, %v", now, err)
	}
	if s := order(t, c, desk.HintOrder); s.Hints != 1 {
		t.Errorf("a hint: %+v", s)
	}
	f.until("a hint was shown", func(s lesson.State) bool { return s.Hints == 1 })
	if s := order(t, c, desk.CheckOrder); s.Green() || s.Met != 1 {
		t.Errorf("built anew, it is met: %+v", s)
	}
	mend()
	c.Close()
	if err := <-f.end; !errors.Is(err, lab.ErrNotRunning) {
		t.Errorf("after the end: %v", err)
	}
}

const text = `title: Of a file
topology: lan

Nothing.

== exercise

B hears nothing.

    fault firewall B in

== check
    heard = B: peer listen join=239.1.2.3@eth0
    expect heard: ready
    A: peer send to=239.1.2.3:1234 one
    expect heard: "one"

== hints

One.

Two.

Three.

== cure

    fault firewall B off

== wrong

    fault firewall B out
`

// A lesson of a file is as good, and ends with SIGKILL of its process.
func TestCopyOfFile(t *testing.T) {
	t.Parallel()
	l, err := lesson.Parse("my own.txt", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := start(t, l)
	if s := order(t, c, desk.StateOrder); s.Lesson != "my-own" || s.Title != "Of a file" || s.Of != 2 {
		t.Errorf("%+v", s)
	}
	now, err := c.Now()
	if got := fmt.Sprint(now.Faults); err != nil || got != "map[B:[firewall B in]]" {
		t.Errorf("its fault: %s, %v", got, err)
	}
	out, err := c.Command(t.Context(), "B", "sh", "-c", "cut -d' ' -f4 /proc/$PPID/stat").Output() // the host's parent
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Sscan(string(out), &pid); err != nil {
		t.Fatal(err)
	}
	if name, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); err != nil || string(name) != "groupcast-lab-exercise\x00" {
		t.Fatalf("process %d is %q, %v", pid, name, err)
	}
	f := follow(t, c)
	f.until("it has begun", func(lesson.State) bool { return true })
	if err := unix.Kill(pid, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-c.Ended()
	if err := <-f.end; !errors.Is(err, lab.ErrNotRunning) {
		t.Errorf("after SIGKILL: %v", err)
	}
}

// What cannot be started says why.
func TestStartErrors(t *testing.T) {
	t.Parallel()
	none := find(t, "article")
	none.Exercise = nil
	if _, err := apart.Start(t.Context(), none, 0); !errors.Is(err, lesson.ErrNoExercise) {
		t.Errorf("without an exercise: %v", err)
	}
	long, err := lesson.Parse("long.txt", strings.NewReader(text+strings.Repeat("# "+strings.Repeat("x", 1000)+"\n", 70)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := apart.Start(t.Context(), long, 0); err == nil || !strings.Contains(err.Error(), "at most 64 KiB") {
		t.Errorf("with a long text: %v", err)
	}
	if _, err := apart.Start(t.Context(), find(t, "article"), -1); err == nil || !strings.Contains(err.Error(), "-1 frames a second: want 0 or more") {
		t.Errorf("with a wrong limit: %v", err)
	}
	broken, err := lesson.Parse("broken.txt", strings.NewReader(strings.Replace(text, "fault firewall B in", "sysctl B net.no_such_thing 1", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := apart.Start(t.Context(), broken, 0); err == nil || !strings.Contains(err.Error(), "no_such_thing") {
		t.Errorf("with a fault that cannot be made: %v", err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := apart.Start(cancelled, find(t, "article"), 0); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// How long it takes until 30 copies of the exercise of article are up, and what they use.
//
//	go test ./mcast/lab/lesson/apart -run xxx -bench Copies -benchtime 1x
func BenchmarkCopies(b *testing.B) {
	l := find(b, "article")
	for b.Loop() {
		copies := make([]*apart.Copy, 30)
		errs := make(chan error)
		for i := range copies {
			go func() {
				var err error
				copies[i], err = apart.Start(b.Context(), l, 2000)
				errs <- err
			}()
		}
		for range copies {
			if err := <-errs; err != nil {
				b.Fatal(err)
			}
		}
		b.StopTimer()
		processes, pss := usage(b)
		b.ReportMetric(float64(processes), "processes")
		b.ReportMetric(float64(pss), "Pss-kB")
		for _, c := range copies {
			c.Close()
		}
		b.StartTimer()
	}
}

// usage is of all processes below this one.
func usage(b *testing.B) (processes, kB int) {
	below := []int{os.Getpid()}
	for len(below) > 0 {
		var next []int
		for _, pid := range below {
			lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
			for _, list := range lists {
				children, _ := os.ReadFile(list)
				for _, child := range strings.Fields(string(children)) {
					n, _ := strconv.Atoi(child)
					next = append(next, n)
				}
			}
		}
		for _, pid := range next {
			rollup, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
			_, rest, _ := strings.Cut(string(rollup), "\nPss:")
			var pss int
			if _, e := fmt.Sscan(rest, &pss); err != nil || e != nil {
				b.Fatal(err, e)
			}
			processes, kB = processes+1, kB+pss
		}
		below = next
	}
	return processes, kB
}
