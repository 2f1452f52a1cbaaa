package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// BenchmarkRecording compares what listen costs with --record and without: CPU time
// of the process, user and system, for each datagram that it heard, less that of one
// that hears nothing. In each round both hear the same datagrams at the same time, for
// three seconds, twice: who joins second costs the kernel and itself another thing. It
// reports medians of the rounds' ratios. Use -benchtime 5x or so.
func BenchmarkRecording(b *testing.B) {
	l, err := lab.Up(b.Context(), lab.Article)
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	for _, rate := range []int{1000, 10_000, 50_000} {
		b.Run(fmt.Sprint(rate), func(b *testing.B) {
			var ratios, plain []float64
			least := 1.0 // of what was sent
			idle := [2][2]listened{listenBoth(b, l, 0, 0), listenBoth(b, l, 0, 1)}
			for b.Loop() {
				var each [2]float64 // CPU time without and with
				for first := range 2 {
					for i, h := range listenBoth(b, l, rate, first) {
						each[i] += float64(h.cpu-idle[first][i].cpu) / float64(max(1, h.datagrams)) / 2
						least = min(least, float64(h.datagrams)/float64(h.sent))
					}
				}
				ratios, plain = append(ratios, each[1]/each[0]), append(plain, each[0])
			}
			slices.Sort(ratios)
			slices.Sort(plain)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(ratios[len(ratios)/2], "recorded/plain")
			b.ReportMetric(ratios[0], "lowest")
			b.ReportMetric(ratios[len(ratios)-1], "highest")
			b.ReportMetric(plain[len(plain)/2], "plain-ns/datagram")
			b.ReportMetric(least, "heard/sent")
		})
	}
}

// listened is what a listen heard, and what that cost.
type listened struct {
	cpu             time.Duration
	datagrams, sent int
}

// listenBoth listens in A, without and with --record, while B sends for three seconds
// at a rate; 0: nothing. first is which joins first.
func listenBoth(b *testing.B, l *lab.Lab, rate, first int) (heard [2]listened) {
	b.Helper()
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer null.Close()
	var cmds [2]*exec.Cmd
	var lines [2]*bufio.Scanner
	files := []string{"", filepath.Join(b.TempDir(), "talk.pcapng")}
	for n := range files {
		i := (first + n) % 2
		file, cmd := files[i], exec.Command("groupcast", "listen", "-i", "eth0", "239.1.2.3:5000")
		if cmd.Stdout = null; file != "" {
			cmd.Args = append(cmd.Args, "--record", file)
		}
		said, err := cmd.StderrPipe()
		if err != nil {
			b.Fatal(err)
		}
		labtest.In(b, l.Host("A"), cmd.Start)
		cmds[i], lines[i] = cmd, bufio.NewScanner(said)
		for lines[i].Scan() && !strings.Contains(lines[i].Text(), "joined") {
		}
	}
	sent := 0
	if rate > 0 {
		from, by := labtest.Socket(b, l.Host("B"), mcast.Config{}), labtest.Device(b, l.Host("B"), "eth0").Index
		defer from.Close()
		labtest.In(b, l.Host("B"), func() (err error) { sent, err = sendAt(from, rate, by); return err })
	}
	for i, cmd := range cmds {
		cmd.Process.Signal(syscall.SIGINT)
		heard[i].sent = sent
		for lines[i].Scan() {
			var n int
			if _, err := fmt.Sscanf(lines[i].Text(), "groupcast: heard %d datagrams", &n); err == nil {
				heard[i].datagrams = n
			}
			if text := lines[i].Text(); strings.Contains(text, "recorded ") && !strings.Contains(text, ", 0 lost") {
				b.Log(text)
			}
		}
		cmd.Wait() // its status says whether anything was heard
		heard[i].cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	return heard
}

// sendAt sends for three seconds, a batch each 2 ms at most.
func sendAt(from *mcast.Conn, rate, by int) (sent int, err error) {
	const lasts, tick = 3 * time.Second, 2 * time.Millisecond
	group := labtest.Group("239.1.2.3:5000")
	one := mcast.Outgoing{Data: make([]byte, 200), To: group.AddrPort(), Via: mcast.Via{IfIndex: by}}
	batch := slices.Repeat([]mcast.Outgoing{one}, mcast.BatchSize)
	every := time.NewTicker(tick)
	defer every.Stop()
	for began := time.Now(); time.Since(began) < lasts; <-every.C {
		for due := int(time.Since(began).Seconds() * float64(rate)); sent < due && err == nil; {
			var n int
			n, err = from.SendBatch(batch[:min(len(batch), due-sent)])
			sent += n
		}
	}
	return sent, err
}
