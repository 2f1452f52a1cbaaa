package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// Beside each other in turns, at 100,000 frames a second for 2 s: what groupcast record
// and tcpdump -w lose, and the ratio of the CPU times of their processes (user and
// system), as the median of the rounds. Each ends when it has as many frames as were
// sent; one that has lost some is ended after 5 s.
//
//	go test ./cmd/groupcast -run '^$' -bench RecordFrames -benchtime 7x
func BenchmarkRecordFrames(b *testing.B) {
	labtest.Program(b, "tcpdump")
	const frames, rate = 500_000, 100_000
	l := labtest.Build(b, lab.Article)
	group := labtest.Group("239.1.2.3:5000")
	dir := b.TempDir()
	program := filepath.Join(dir, "groupcast")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Env = append(os.Environ(), "XDG_CACHE_HOME=") // the tests' own would hold nothing that is built
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	send := flood(b, l.Host("B"), group)
	record := func(round int, command string) (cpu time.Duration, all bool) {
		file := filepath.Join(dir, fmt.Sprint(round))
		defer os.Remove(file)
		ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
		defer cancel()
		cmd := l.Host("A").Command(ctx, "bash", "-c", fmt.Sprintf("TIMEFORMAT='%%U %%S'; time timeout -s INT 7 "+command, file))
		said, err := cmd.StderrPipe()
		if err != nil {
			b.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		text, buf := "", make([]byte, 4096)
		for begun := false; ; {
			n, err := said.Read(buf)
			text += string(buf[:n])
			if !begun && (strings.Contains(text, "recording") || strings.Contains(text, "listening on")) {
				begun = true
				send(frames, rate)
			}
			if err != nil {
				break
			}
		}
		_ = cmd.Wait()
		lines := strings.Split(strings.TrimSpace(text), "\n")
		var user, system float64
		if _, err := fmt.Sscan(lines[len(lines)-1], &user, &system); err != nil {
			b.Fatalf("%v: %s", err, text)
		}
		all = strings.Contains(text, fmt.Sprint("recorded ", frames)) || strings.Contains(text, fmt.Sprint(frames, " packets captured"))
		if !all {
			b.Log(text)
		}
		return time.Duration((user + system) * float64(time.Second)), all
	}
	var ratios, ours, theirs []float64
	lost := map[string]int{}
	for round := 0; b.Loop(); round++ {
		a, allA := record(round, "tcpdump -i eth0 -n -Z root -c 500000 -w %s udp and dst host 239.1.2.3 and dst port 5000")
		c, allC := record(round, program+" record -i eth0 --join=false -c 500000 %s 239.1.2.3:5000")
		if !allA {
			lost["tcpdump"]++
		}
		if !allC {
			lost["groupcast"]++
		}
		ratios = append(ratios, float64(c)/float64(a))
		ours, theirs = append(ours, c.Seconds()), append(theirs, a.Seconds())
	}
	for name, list := range map[string][]float64{"ratio": ratios, "s-groupcast": ours, "s-tcpdump": theirs} {
		slices.Sort(list)
		b.ReportMetric(list[len(list)/2], name)
	}
	b.ReportMetric(float64(lost["groupcast"]), "rounds-lossy-groupcast")
	b.ReportMetric(float64(lost["tcpdump"]), "rounds-lossy-tcpdump")
}

// flood sends datagrams of 100 bytes to a group by eth0 of a host, so many a second.
func flood(t testing.TB, node *lab.Node, group mcast.Group) func(count, rate int) {
	c := labtest.Socket(t, node, mcast.Config{WriteBuffer: 4 << 20})
	via := mcast.ViaInterface(labtest.Device(t, node, "eth0"), group.Addr)
	list := make([]mcast.Outgoing, mcast.BatchSize)
	for i := range list {
		list[i] = mcast.Outgoing{Data: make([]byte, 100), To: group.AddrPort(), Via: via}
	}
	return func(count, rate int) {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		began := time.Now()
		for sent := 0; sent < count; {
			due := min(int(time.Since(began).Seconds()*float64(rate)), count)
			for sent < due {
				n, err := c.SendBatch(list[:min(len(list), due-sent)])
				if err != nil {
					t.Fatal(err)
				}
				sent += n
			}
			<-tick.C
		}
	}
}
