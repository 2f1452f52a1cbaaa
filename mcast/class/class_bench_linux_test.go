package class

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
)

// The loads of BenchmarkClass.
const (
	benchSeats  = 30
	benchTime   = 20 * time.Second
	keyInterval = 250 * time.Millisecond
)

// A class of 30 seats with groupcast itself, a board, and one groupcast more in a terminal that
// nothing draws. Metrics are the time from a key to the letter that it is, p50 and p90, as
// a page gets it (without the socket) and as it stands in the terminal's bytes; the
// processors that the server and the programs take, in percent of one for each seat. Run it
// with -benchtime 1x.
func BenchmarkClass(b *testing.B) {
	program := filepath.Join(b.TempDir(), "groupcast")
	if out, err := exec.Command("go", "build", "-o", program, "github.com/groupcast/groupcast/cmd/groupcast").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	for lines, name := range map[int]string{0: "idle", 5: "5-lines"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				benchClass(b, program, lines)
			}
		})
	}
}

// benchClass lets seats be for a while, with so many lines a second in the group.
func benchClass(b *testing.B, program string, lines int) {
	topology, err := lab.FindTopology("classroom", benchSeats+1)
	if err != nil {
		b.Fatal(err)
	}
	args := func(name string) []string { return []string{"chat", "--seat", "--name=" + name} }
	c, err := Start(b.Context(), Config{Topology: topology, Program: program, Screen: args, Plain: args})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	var pages sync.WaitGroup
	defer pages.Wait()
	defer cancel()
	var seats []*sitting
	letters := newWatched()
	for n := range benchSeats {
		_, s := mustJoin(b, c, Applicant{Name: fmt.Sprintf("Student %d", n+1), From: fmt.Sprint(n)})
		seats = append(seats, s)
		defer s.Look()()
		s.Input(Input{Size: Size{100, 30}})
		var out io.Writer = io.Discard
		if n == benchSeats-1 {
			out = letters
		}
		pages.Go(func() { readPage(ctx, s, out) })
	}
	own := newWatched()
	in, _ := c.shared.stand()
	beside, err := in.lab.start(launch{host: fmt.Sprintf("H%d", benchSeats+1), name: "Beside", size: Size{100, 30}, tells: func(report) {}}, own)
	if err != nil {
		b.Fatal(err)
	}
	defer beside.kill()
	for _, w := range []*watched{letters, own} { // each shows that everybody has come
		if _, ok := w.seen("Student 1"); !ok {
			b.Fatal("nobody came")
		}
	}
	rest(5 * time.Second) // members introduce themselves

	pages.Go(func() { showBoard(ctx, c) })
	pages.Go(func() {
		for n := 0; lines > 0; n++ {
			select {
			case <-time.After(time.Second / time.Duration(lines)):
				types(seats[n%5], fmt.Sprintf("this is line %d of the class", n))
			case <-ctx.Done():
				return
			}
		}
	})
	server, programs := processorTime(b)
	began := time.Now()
	var web, pty []time.Duration
	last := seats[benchSeats-1]
	for n := 0; time.Since(began) < benchTime; n++ {
		letter := string(rune('а' + n%32)) // of Cyrillic
		web = append(web, letters.wait(b, letter, func() { last.Input(Input{Text: letter}) }))
		last.Input(Input{Key: Key{Name: "Backspace"}})
		rest(keyInterval)
		pty = append(pty, own.wait(b, letter, func() { beside.input([]byte(letter)) }))
		beside.input([]byte{0x7f})
		rest(keyInterval)
	}
	took := time.Since(began)
	server2, programs2 := processorTime(b)
	percent := func(d time.Duration, of int) float64 { return 100 * d.Seconds() / took.Seconds() / float64(of) }
	b.ReportMetric(percent(server2-server, benchSeats), "server-%/seat")
	b.ReportMetric(percent(programs2-programs, benchSeats+1), "program-%/seat")
	for name, list := range map[string][]time.Duration{"web": web, "pty": pty} {
		slices.Sort(list)
		b.ReportMetric(float64(list[len(list)/2].Microseconds())/1000, name+"-p50-ms")
		b.ReportMetric(float64(list[len(list)*9/10].Microseconds())/1000, name+"-p90-ms")
	}
	b.ReportMetric(0, "ns/op")
}

// rest is the pace of a benchmark, no wait for anything.
func rest(d time.Duration) { <-time.After(d) }

// readPage is what the server does for a page, but for the socket.
func readPage(ctx context.Context, s *sitting, out io.Writer) {
	var seen int64
	for {
		screen, err := s.Next(ctx, seen)
		if err != nil {
			return
		}
		seen = screen.Version
		message, _ := json.Marshal(screen)
		_, _ = out.Write(message)
	}
}

// showBoard is what the server does for a board, but for the socket.
func showBoard(ctx context.Context, c *Class) {
	for {
		changed := c.Changed()
		net, err := c.Net("")
		if err != nil {
			return
		}
		_, _ = json.Marshal(struct {
			Board Board `json:"board"`
			Net   Net   `json:"net"`
		}{c.Board(), net})
		select {
		case <-changed:
			rest(time.Second / 2)
		case <-ctx.Done():
			return
		}
	}
}

// watched is where what a page or a terminal shows is waited for.
type watched struct {
	mu   sync.Mutex
	want []byte
	at   time.Time // it came; zero: not yet
	came chan struct{}
	all  []byte // the last of it, while nobody waits
}

func newWatched() *watched { return &watched{came: make(chan struct{}, 1)} }

func (w *watched) tellLost(int) {}

// Write takes what is shown.
func (w *watched) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, b...)
	if over := len(w.all) - 64<<10; over > 0 {
		w.all = w.all[over:]
	}
	w.look(b)
	return len(b), nil
}

func (w *watched) look(b []byte) {
	if w.want != nil && bytes.Contains(b, w.want) {
		w.want, w.at = nil, time.Now()
		w.came <- struct{}{}
	}
}

// seen waits until that was shown at any time.
func (w *watched) seen(text string) (time.Time, bool) {
	w.mu.Lock()
	w.want = []byte(text)
	w.look(w.all)
	w.mu.Unlock()
	return w.arrival()
}

func (w *watched) arrival() (time.Time, bool) {
	select {
	case <-w.came:
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.at, true
	case <-time.After(30 * time.Second):
		return time.Time{}, false
	}
}

// wait is the time from doing something to that text.
func (w *watched) wait(b *testing.B, text string, do func()) time.Duration {
	w.mu.Lock()
	w.want = []byte(text)
	w.mu.Unlock()
	began := time.Now()
	do()
	at, ok := w.arrival()
	if !ok {
		b.Fatalf("%q is not shown", text)
	}
	return at.Sub(began)
}

// processorTime is what this process, with its lab, and the programs in seats have used.
// The times in stat of proc(5) are counted by ticks, and wrong for who is awake for less.
func processorTime(b *testing.B) (server, programs time.Duration) {
	files, err := filepath.Glob("/proc/[0-9]*/task/*/schedstat")
	if err != nil {
		b.Fatal(err)
	}
	for _, f := range files {
		var used time.Duration // nanoseconds
		stat, _ := os.ReadFile(f)
		if _, err := fmt.Sscan(string(stat), &used); err != nil {
			continue // it has ended
		}
		process := filepath.Join(f, "../../..")
		command, _ := os.ReadFile(filepath.Join(process, "cmdline"))
		first, _, _ := bytes.Cut(command, []byte{0})
		switch {
		case string(first) == lab.SeatProgram:
			programs += used
		case filepath.Base(process) == fmt.Sprint(os.Getpid()) || strings.HasPrefix(string(first), "groupcast-lab"):
			server += used
		}
	}
	return server, programs
}

// hostile is what a student may run in a seat that has a shell, without end.
var hostile = map[string]string{
	"fork-bomb": "bomb() { bomb | bomb & }; while :; do bomb; sleep 0.1; done",
	"memory":    "while :; do tail /dev/zero; done",
	"flood":     "exec 3<>/dev/udp/224.0.0.114/1234; while :; do echo flood >&3; done",
	"processor": "while :; do :; done & while :; do :; done",
}

// A student types while another runs something hostile: the time from a key to its letter,
// in rounds with the other and without, p50 and p90, and how many times longer it is.
func BenchmarkBesideHostile(b *testing.B) {
	program := filepath.Join(b.TempDir(), "groupcast")
	if out, err := exec.Command("go", "build", "-o", program, "github.com/groupcast/groupcast/cmd/groupcast").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	for name, script := range hostile {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				benchBeside(b, program, script)
			}
		})
	}
}

func benchBeside(b *testing.B, program, script string) {
	const rounds, keys = 3, 12
	topology, err := lab.FindTopology("classroom", 3)
	if err != nil {
		b.Fatal(err)
	}
	args := func(name string) []string { return []string{"chat", "--seat", "--name=" + name} }
	c, err := Start(b.Context(), Config{Topology: topology, Program: program, Screen: args, Plain: args})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithCancel(b.Context())
	var pages sync.WaitGroup
	defer pages.Wait()
	defer cancel()
	_, seat := mustJoin(b, c, Applicant{Name: "Ada", From: "a"})
	letters := newWatched()
	defer seat.Look()()
	seat.Input(Input{Size: Size{100, 30}})
	pages.Go(func() { readPage(ctx, seat, letters) })
	if _, ok := letters.seen("224.0.0.114"); !ok {
		b.Fatal("groupcast is not shown")
	}
	in, _ := c.shared.stand()
	a := in.lab.(farLab)
	key := 0
	press := func() (list []time.Duration) {
		for range keys {
			letter := string(rune('а' + key%32))
			key++
			list = append(list, letters.wait(b, letter, func() { seat.Input(Input{Text: letter}) }))
			seat.Input(Input{Key: Key{Name: "Backspace"}})
			rest(keyInterval)
		}
		return list
	}
	var alone, beside []time.Duration
	for range rounds {
		alone = append(alone, press()...)
		cmd := a.ConfinedCommand(ctx, "H3", lab.Confinement{Program: program}, "/bin/bash", "-c", script)
		cmd.Env = []string{"PATH=/usr/bin:/bin"}
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		ended := make(chan struct{})
		go func() { _ = cmd.Wait(); close(ended) }()
		rest(time.Second)
		beside = append(beside, press()...)
		_ = cmd.Signal(os.Kill)
		<-ended
	}
	slices.Sort(alone)
	slices.Sort(beside)
	for name, at := range map[string]int{"p50": len(alone) / 2, "p90": len(alone) * 9 / 10} {
		b.ReportMetric(float64(alone[at].Microseconds())/1000, "alone-"+name+"-ms")
		b.ReportMetric(float64(beside[at])/float64(alone[at]), name+"-ratio")
	}
	b.ReportMetric(0, "ns/op")
}
