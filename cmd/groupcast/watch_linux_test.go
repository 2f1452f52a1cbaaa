package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/stream"
)

// numberer sends numbered datagrams to a group by eth0 of a host.
type numberer struct {
	t    *testing.T
	conn *mcast.Conn
	to   mcast.Group
	by   mcast.Via
	head stream.Header
	size int
}

func numbers(t *testing.T, node *lab.Node, group string) *numberer {
	t.Helper()
	g := labtest.Group(group)
	return &numberer{
		t: t, conn: labtest.Socket(t, node, mcast.Config{Addr: host.Unspecified(g.Addr)}), to: g, size: 64,
		by: mcast.ViaInterface(labtest.Device(t, node, "eth0"), g.Addr), head: stream.Header{Stream: uint64(time.Now().UnixNano())},
	}
}

// send sends the next so many, at most 20,000 a second, so that a receiver keeps up.
func (n *numberer) send(count int) {
	n.t.Helper()
	n.every(count, 50*time.Microsecond)
}

// every sends the next so many, one each time.
func (n *numberer) every(count int, pause time.Duration) {
	n.t.Helper()
	began := time.Now()
	for sent := range count {
		for time.Since(began) < time.Duration(sent)*pause {
			<-time.After(pause)
		}
		n.one()
	}
}

func (n *numberer) one() {
	n.t.Helper()
	n.put()
	n.head.Number++
}

func (n *numberer) put() {
	b := make([]byte, n.size)
	n.head.Sent = time.Duration(time.Now().UnixNano())
	n.head.Put(b)
	if err := n.conn.Send(b, n.to.AddrPort(), n.by); err != nil {
		n.t.Error(err)
	}
}

// end says that there are no more, as often as sometimes one arrives.
func (n *numberer) end(times int) {
	n.t.Helper()
	n.head.End = true
	for range times {
		n.put()
	}
}

// objectsOf are the JSON objects of one type that a program printed.
func objectsOf[T any](t *testing.T, p *program, kind string) (list []T) {
	t.Helper()
	for line := range strings.Lines(p.out.String()) {
		if !strings.HasPrefix(line, `{"type":"`+kind+`"`) || !strings.HasSuffix(line, "\n") {
			continue
		}
		var o T
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		list = append(list, o)
	}
	return list
}

const watchLAN = "switch lan\nhost W\neth0 on lan 10.0.0.1/24 fd00::1/64\nhost S\neth0 on lan 10.0.0.2/24 10.0.9.2/24 fd00::2/64\n"

// One watch of several groups: what the network loses is counted exactly, and as the
// network's; what its own socket had no room for as the kernel's; a silence is told
// soon, and its end; and where the watch itself was stopped, it says so and claims
// no silence.
func TestWatchTellsWhoLost(t *testing.T) {
	l := labtest.BuildAlone(t, drawn(watchLAN)())
	w, s := l.Host("W"), l.Host("S")
	groups := []string{"239.1.1.1:5004", "239.1.1.10:5004", "239.1.1.30:5004", "[ff15::1]:5004", "10.0.9.2@232.1.1.1:5006", "239.1.2.1:5004", "239.1.2.2:5004"}
	p := start(t, w, "groupcast", append([]string{"watch", "--json", "--max-gap", "2s", "--every", "1h", "-i", "eth0"}, groups...)...)
	for range groups {
		p.prints(`"type":"joined"`)
	}
	link := w.Link("eth0")
	sent := map[string]uint64{}
	lossy := map[string]float64{groups[0]: 1, groups[1]: 10, groups[2]: 30, groups[3]: 10, groups[4]: 0}
	for _, g := range groups[:5] {
		n := numbers(t, s, g)
		if strings.HasPrefix(g, "10.0.9.2@") {
			n.by.Source = labtest.Addr("10.0.9.2")
		}
		n.send(8) // they are heard, so that the first is known
		p.prints(fmt.Sprintf(`"event":"format","group":%q`, withoutAt(g)))
		if err := link.Drop(int(lossy[g])); err != nil {
			t.Fatal(err)
		}
		n.send(3000)
		if err := link.Drop(0); err != nil {
			t.Fatal(err)
		}
		sent[withoutAt(g)] = n.head.Number
		n.end(3)
	}

	// One sender falls silent, without a word, and is back.
	quiet := numbers(t, s, groups[5])
	quiet.head.Promise = 20 * time.Millisecond
	quiet.every(100, 5*time.Millisecond)
	p.prints(`"event":"silent","group":"239.1.2.1:5004"`)
	quiet.every(100, 5*time.Millisecond)
	p.prints(`"event":"back"`)
	quiet.end(1)

	// The watch is stopped, and far more comes meanwhile than its buffer holds.
	flood := numbers(t, s, groups[6])
	flood.send(8)
	p.prints(`"event":"format","group":"239.1.2.2:5004"`)
	flood.size = 1400
	kill(t, p, syscall.SIGSTOP)
	flood.every(16_000, 100*time.Microsecond) // 1.6 s
	kill(t, p, syscall.SIGCONT)
	p.prints(`"event":"stopped"`)
	flood.size = 64
	flood.every(300, 10*time.Millisecond)
	flood.end(3)
	p.prints(`"event":"end","group":"239.1.2.2:5004"`)
	kill(t, p, syscall.SIGINT)
	p.ends(exitDoubt)

	streams := objectsOf[jsonStream](t, p, "stream")
	if len(streams) != len(groups) {
		t.Errorf("%d streams, want %d\n%s", len(streams), len(groups), p.out.String())
	}
	for _, one := range streams {
		n, percent := sent[one.Group], 0.0
		for g, p := range lossy {
			if withoutAt(g) == one.Group {
				percent = p
			}
		}
		switch {
		case one.Format != string(stream.Own) || one.LostAtLeast || one.LostAbout || one.Duplicates > 0 || !one.Ended:
			t.Errorf("%+v", one)
		case one.Group == "239.1.2.2:5004":
			if one.Lost == 0 || one.LostKernel != one.Lost {
				t.Errorf("of an overflow %d are lost, %d of them by the kernel", one.Lost, one.LostKernel)
			}
		case one.Group == "239.1.2.1:5004":
			if one.Lost > 0 || one.Silences != 1 {
				t.Errorf("%+v", one)
			}
		default:
			mean, sigma := percent/100*3000, math.Sqrt(3000*percent/100*(1-percent/100))
			if one.Lost+one.Datagrams != n || math.Abs(float64(one.Lost)-mean) > 5*sigma+1 || one.LostKernel > 0 {
				t.Errorf("with %v %% loss: %+v, and %d were sent", percent, one, n)
			}
		}
	}
	var stopped, silent []jsonStreamEvent
	for _, e := range objectsOf[jsonStreamEvent](t, p, "event") {
		switch e.Event {
		case "silent":
			if e.Group == "239.1.2.1:5004" {
				silent = append(silent, e)
			} else if e.Group == "239.1.2.2:5004" {
				t.Errorf("a silence that was none: %+v", e)
			}
		case "stopped":
			stopped = append(stopped, e)
		}
	}
	if len(silent) != 1 || len(stopped) != 1 || stopped[0].ForMS < 1000 {
		t.Errorf("silent %+v, stopped %+v", silent, stopped)
	} else if late := silent[0].Time.Sub(silent[0].At) - 2*time.Second; late < 0 || late > time.Second {
		t.Errorf("a silence was told %s after the bar", late)
	} else if silent[0].Doctor != "groupcast doctor -i eth0 --from 10.0.0.2 239.1.2.1:5004" {
		t.Errorf("it advises %s", silent[0].Doctor)
	}
	reports := objectsOf[jsonWatchReport](t, p, "report")
	if len(reports) != 1 || reports[0].Exit != exitDoubt || reports[0].Heard != len(groups) || len(reports[0].Never) > 0 || reports[0].Dropped == 0 {
		t.Fatalf("%+v", reports)
	}
	var bars []string
	for _, b := range reports[0].Broken {
		bars = append(bars, b.Bar+" "+b.Group)
	}
	want := []string{"--max-loss 0% 239.1.1.10:5004", "--max-loss 0% 239.1.1.30:5004", "--max-loss 0% 239.1.2.2:5004", "--max-gap 2s 239.1.2.1:5004", "--max-loss 0% [ff15::1]:5004"}
	for _, one := range want {
		if !slices.Contains(bars, one) {
			t.Errorf("%s is no bar that broke: %q", one, bars)
		}
	}
}

func withoutAt(g string) string { return g[strings.IndexByte(g, '@')+1:] }

func kill(t *testing.T, p *program, sig syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(p.cmd.Pid(), sig); err != nil {
		t.Fatal(err)
	}
}

// Lines, a file of rows on a full disk, a group that nothing is heard of, and what an
// ordinary user may.
func TestWatchInLines(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, drawn(watchLAN)())
	w, s := l.Host("W"), l.Host("S")
	dir := t.TempDir()
	list := dir + "/channels.txt"
	if err := os.WriteFile(list, []byte("# channels\n239.1.1.1:5004 One \x1b[31m\n239.1.1.2:5004 Two\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	never := start(t, w, "groupcast", "watch", "--plain", "@"+list)
	never.remarks("watching 2 groups on eth0")
	file := dir + "/rows.csv"
	rows := start(t, w, "groupcast", "watch", "--every", "100ms", "--csv", file, "239.1.1.1:5004")
	rows.remarks("watching 1 group")
	again := start(t, w, "groupcast", "watch", "--csv", file, "239.1.1.1:5004")
	again.ends(exitUsage)
	again.remarks("the file exists, and is not overwritten")
	full := start(t, w, "unshare", "-m", "bash", "-c", "mount -t tmpfs -o size=4k none "+dir+" && exec groupcast watch --every 100ms --csv "+dir+"/rows.csv 239.1.1.1:5004")
	full.remarks("watching 1 group")
	user := start(t, w, "unshare", "--user", "groupcast", "watch", "-q", "239.1.1.1:5004")
	joined := start(t, w, "groupcast", "watch", "--join-only", "239.1.1.1:5004")
	joined.remarks("joined and not read: 1 group on eth0")

	n := numbers(t, s, "239.1.1.1:5004")
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
				n.one()
			}
		}
	}()
	const who = "239.1.1.1:5004 from 10.0.0.2:"
	never.prints("One ␛[31m " + who)
	rows.prints("heard, numbered: groupcast\n")
	rows.prints("lost 0 of ")
	full.remarks("no more rows are written, the watch goes on")
	full.prints("1 group: 1 heard; ")
	close(stop)
	<-done
	for _, p := range []*program{never, rows, full, joined} {
		kill(t, p, syscall.SIGINT)
	}
	never.ends(exitNot)
	never.prints("never heard: Two 239.1.1.2:5004, joined on eth0; groupcast doctor 239.1.1.2:5004\n")
	rows.ends(exitOK)
	full.ends(exitDoubt)
	full.remarks("make room, or name a file on another disk (df -h lists them)\n")
	full.prints("--csv " + dir + "/rows.csv: rows are missing in it: no space left on device\n")
	joined.ends(exitOK)
	if joined.out.String() != "" {
		t.Errorf("one that only joins prints\n%s", joined.out.String())
	}
	n.one()
	kill(t, user, syscall.SIGTERM)
	if code := user.status(); code != exitOK && code != exitNot { // it may have begun after the last datagram
		t.Errorf("as a user: exit status %d\n%s", code, user.err.String())
	}
	user.prints("watched 1 group")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(content)
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) < 3 || !strings.HasPrefix(lines[0], "time,group,name,from,interface,stream,datagrams,bytes,rate,") ||
		!strings.Contains(lines[len(lines)-1], ",239.1.1.1:5004,,10.0.0.2:") || strings.Count(lines[0], ",") != strings.Count(lines[len(lines)-1], ",") {
		t.Errorf("rows are\n%s", text)
	}
}
