package main

import (
	"math"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/stream"
)

const pairLANs = "switch red\nswitch blue\nhost W\neth0 on red 10.0.0.1/24\neth1 on blue 10.1.0.1/24 fd01::1/64\nhost S\neth0 on red 10.0.0.2/24\neth1 on blue 10.1.0.2/24 fd01::2/64\n"

// twoLegs sends each datagram to two groups, by an interface each.
type twoLegs [2]*numberer

func legsOf(t *testing.T, node *lab.Node, a, b string) twoLegs {
	two := twoLegs{numbers(t, node, a), numbers(t, node, b)}
	two[1].head.Stream = two[0].head.Stream
	two[1].by = mcast.ViaInterface(labtest.Device(t, node, "eth1"), two[1].to.Addr)
	return two
}

// send sends the next so many, 5,000 a second.
func (two twoLegs) send(count int) {
	began := time.Now()
	for sent := range count {
		for pause := 200 * time.Microsecond; time.Since(began) < time.Duration(sent)*pause; {
			<-time.After(pause)
		}
		two[0].one()
		two[1].one()
	}
}

// Of a pair each leg's loss is told, and what both lost, which alone breaks --max-loss.
func TestWatchPairs(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, drawn(pairLANs)())
	w, s := l.Host("W"), l.Host("S")
	const one, other = "239.1.1.1:5004=[ff15::1]:5006", "239.1.1.2:5004=239.2.1.2:5004"
	watch := []string{"watch", "--json", "--max-gap", "60s", "--every", "200ms", "-i", "eth0", "-i", "eth1"}
	good := start(t, w, "groupcast", append(watch, "--pair", one)...)
	bad := start(t, w, "groupcast", append(watch, "--pair", one, "--pair", other)...)
	odd := start(t, w, "groupcast", "watch", "--plain", "--pair", "239.1.1.1:5004=239.2.1.2:5004", "--pair", "239.1.1.2:5004=239.1.1.9:5004")
	for _, p := range []*program{good, bad} {
		p.prints(`"type":"joined"`)
	}
	odd.remarks("watching 4 groups")
	first, second := legsOf(t, s, "239.1.1.1:5004", "[ff15::1]:5006"), legsOf(t, s, "239.1.1.2:5004", "239.2.1.2:5004")
	first.send(20)
	second.send(20)
	bad.prints(`"event":"format","group":"239.2.1.2:5004"`)
	drop := func(link string, percent int) {
		t.Helper()
		if err := w.Link(link).Drop(percent); err != nil {
			t.Fatal(err)
		}
	}
	const n = 4000
	drop("eth1", 10)
	first.send(n)
	drop("eth0", 20)
	second.send(n)
	drop("eth0", 0)
	drop("eth1", 0)
	latest := func(p *program) jsonPair {
		list := objectsOf[jsonPair](t, p, "pair")
		return append([]jsonPair{{}}, list...)[len(list)]
	}
	labtest.Eventually(t, "all is judged, which takes 2 s", func() bool {
		first.send(10)
		second.send(10)
		return latest(good).Compared > n && latest(bad).Compared > n
	})
	odd.prints("pair 239.1.1.1:5004=239.2.1.2:5004: different streams, which cannot be compared: A brings ")
	for _, p := range []*program{good, bad, odd} {
		kill(t, p, syscall.SIGINT)
	}
	good.ends(exitOK)
	bad.ends(exitDoubt)
	odd.ends(exitNot)
	odd.prints("pair 239.1.1.2:5004=239.1.1.9:5004: nothing is heard of leg B\n")
	odd.prints("--pair 239.1.1.1:5004=239.2.1.2:5004: different streams")

	within := func(what string, lost uint64, share float64) {
		t.Helper()
		mean, sigma := n*share, math.Sqrt(n*share*(1-share))
		if math.Abs(float64(lost)-mean) > 5*sigma+1 {
			t.Errorf("%s lost %d of %d, want about %.0f", what, lost, n, mean)
		}
	}
	p := latest(good)
	if p.State != string(stream.PairCompared) || p.Format != "groupcast" || p.A.Lost != 0 || p.LostBoth != 0 || p.SamePath || p.A.From != "10.0.0.2" || p.B.Interface != "eth1" || p.A.First+p.B.First < p.Compared-p.B.Lost {
		t.Errorf("%+v", p)
	}
	within("B", p.B.Lost, 0.1)
	p = latest(bad)
	if p.Pair != other {
		t.Fatalf("%+v", p)
	}
	within("A", p.A.Lost, 0.2)
	within("B", p.B.Lost, 0.1)
	within("both", p.LostBoth, 0.02)
	report := objectsOf[jsonWatchReport](t, bad, "report")[0]
	if len(report.Broken) != 1 || report.Broken[0].Bar != "--max-loss 0%" || !strings.HasPrefix(report.Broken[0].Text, "both legs of "+other+" lost ") {
		t.Errorf("%+v", report.Broken)
	}
	bad.prints(`"event":"pair loss"`)
}

// The legs of an RTP stream of ffmpeg's: its tee gives each leg other timestamps, and
// the numbers are the same.
func TestWatchPairOfFFmpeg(t *testing.T) {
	t.Parallel()
	labtest.Program(t, "ffmpeg")
	l := labtest.Build(t, drawn(pairLANs)())
	w, s := l.Host("W"), l.Host("S")
	p := start(t, w, "groupcast", "watch", "--json", "--max-gap", "60s", "--every", "200ms", "-i", "eth0", "-i", "eth1", "--pair", "239.1.1.1:5004=239.2.1.1:5004")
	p.prints(`"type":"joined"`)
	if err := w.Link("eth1").Drop(10); err != nil {
		t.Fatal(err)
	}
	leg := func(group, by string) string {
		return "[f=rtp:ssrc=7:seq=65000:payload_type=97]rtp://" + group + "?ttl=1&pkt_size=252&localaddr=" + by
	}
	const line = "ffmpeg -nostdin -v error -re -f lavfi -i sine=frequency=440:sample_rate=48000 -t 2 -map 0:a -c:a pcm_s24be -ac 2 -f tee"
	words := append(strings.Fields(line), leg("239.1.1.1:5004", "10.0.0.2")+"|"+leg("239.2.1.1:5004", "10.1.0.2"))
	if out, err := s.Command(t.Context(), words[0], words[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var got jsonPair
	labtest.Eventually(t, "all is judged", func() bool {
		if list := objectsOf[jsonPair](t, p, "pair"); len(list) > 0 {
			got = list[len(list)-1]
		}
		return got.Compared > 1500
	})
	kill(t, p, syscall.SIGINT)
	p.ends(exitOK)
	mean, sigma := 0.1*float64(got.Compared), math.Sqrt(0.09*float64(got.Compared))
	if got.State != string(stream.PairCompared) || got.Format != "RTP" || got.A.Lost != 0 || got.LostBoth != 0 || math.Abs(float64(got.B.Lost)-mean) > 5*sigma+1 || !got.Timestamps || got.SamePath {
		t.Errorf("%+v", got)
	}
}
