package watch

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/stream"
)

// TestFormatsOfRealPrograms: what ffmpeg, iperf, sockperf and ptp4l send for a second,
// all at once, is read in the format of each, and nothing is lost.
func TestFormatsOfRealPrograms(t *testing.T) {
	for _, name := range []string{"ffmpeg", "iperf", "sockperf", "ptp4l"} {
		labtest.Program(t, name)
	}
	l := labtest.Build(t, lab.Article)
	senders, receiver := l.Host("B"), l.Host("A")
	const sine, video = "-f lavfi -i sine=frequency=440", "-f lavfi -i testsrc=size=128x96:rate=10"
	const encoded = " -t 1 -c:v mpeg2video -b:v 60k -c:a mp2 -b:a 64k "
	dir := t.TempDir()
	programs := []struct {
		group  string
		format stream.Format
		line   string
		killed bool // it does not end by itself
	}{
		{"239.1.1.1:5004", stream.RTPTS, "ffmpeg -nostdin -v error -re " + video + " " + sine + encoded + "-f rtp_mpegts rtp://239.1.1.1:5004?ttl=1&pkt_size=1328", false},
		{"239.1.1.2:1234", stream.TS, "ffmpeg -nostdin -v error -re " + video + " " + sine + encoded + "-f mpegts udp://239.1.1.2:1234?ttl=1&pkt_size=1316", false},
		{"239.1.1.3:5006", stream.RTP, "ffmpeg -nostdin -v error -re " + sine + " -t 1 -c:a pcm_s24be -ar 48000 -ac 1 -f rtp rtp://239.1.1.3:5006?ttl=1", false},
		{"239.1.1.4:5001", stream.Iperf2, "iperf -c 239.1.1.4 -u -b 100pps -l 128 -t 1 -T 1", false},
		{"239.1.1.5:11111", stream.Sockperf, "sockperf throughput -i 239.1.1.5 -p 11111 -t 1 --mps 100 -m 64 --mc-tx-if 192.168.8.226", false},
		{"224.0.1.129:319", stream.PTP, "ptp4l -S -4 -i eth0 --logSyncInterval=-4 --logAnnounceInterval=-4 --announceReceiptTimeout=2 --uds_address=" + filepath.Join(dir, "ptp"), true},
	}
	var mu sync.Mutex
	tally := stream.New(stream.Config{Rows: 64, Numbers: true})
	groups := map[string]stream.Format{}
	for _, p := range programs {
		groups[p.group] = p.format
		hear(t, labtest.Member(t, receiver, labtest.Group(p.group)), labtest.Group(p.group), func(d *stream.Datagram) {
			mu.Lock()
			defer mu.Unlock()
			tally.Add(d)
		})
	}
	var ending, forever sync.WaitGroup
	ctx, kill := context.WithCancel(t.Context())
	defer forever.Wait()
	defer kill()
	for _, p := range programs {
		words := strings.Fields(p.line)
		cmd := senders.Command(ctx, words[0], words[1:]...)
		if p.killed {
			forever.Go(func() { _ = cmd.Run() })
			continue
		}
		ending.Go(func() {
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", p.line, err, out)
			}
		})
	}
	missed := func() (list []string) {
		mu.Lock()
		defer mu.Unlock()
		for group, format := range groups {
			heard := false
			for _, r := range tally.Snapshot() {
				heard = heard || r.Group.String() == group && r.Numbers.Format == format
			}
			if !heard {
				list = append(list, group+" "+string(format))
			}
		}
		return list
	}
	labtest.Eventually(t, "each format is recognised", func() bool { return len(missed()) == 0 })
	ending.Wait()
	labtest.Eventually(t, "iperf's end is heard", func() bool {
		mu.Lock()
		defer mu.Unlock()
		for _, r := range tally.Snapshot() {
			if r.Numbers.Format == stream.Iperf2 && r.Numbers.Ended {
				return true
			}
		}
		return false
	})
	mu.Lock()
	defer mu.Unlock()
	for _, r := range tally.Snapshot() {
		if n := r.Numbers; n.Lost+n.Duplicates+n.Early+n.Stray+uint64(n.Restarts) > 0 || n.Format != groups[r.Group.String()] {
			t.Errorf("%v from %v: %+v", r.Group, r.From, n)
		}
	}
}

// hear reads a Conn until the test ends.
func hear(t *testing.T, c *mcast.Conn, group mcast.Group, add func(*stream.Datagram)) {
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		batch := make([]mcast.Datagram, 16)
		for ctx.Err() == nil {
			n, _ := c.Read(ctx, batch)
			for _, d := range batch[:n] {
				if d.To == group.Addr {
					add(&stream.Datagram{At: d.At, Group: group.AddrPort(), From: d.From, Bytes: len(d.Data), Payload: d.Data})
				}
			}
		}
	}()
	t.Cleanup(func() { stop(); <-ended })
}
