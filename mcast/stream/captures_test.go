package stream

import (
	"testing"
	"time"
)

// TestTallyOfRealSenders: nothing is lost in what real programs sent, twice or
// early, and what is left out of it is told.
func TestTallyOfRealSenders(t *testing.T) {
	for _, c := range []struct {
		file   string
		format Format
		group  uint16 // port
		rows   int
		left   int // out: the datagram after so many
		lost   uint64
		ended  bool
		starts int // anew: one clock is the master at first, and a slave then
	}{
		{"rtp_ts.pcap", RTPTS, 5004, 1, 15, 1, false, 0},
		{"ts.pcap", TS, 1234, 1, 12, 6, false, 0},
		{"rtp_l24.pcap", RTP, 5006, 1, 20, 1, false, 0},
		{"rtp_opus.pcap", RTP, 5008, 1, 20, 1, false, 0},
		{"iperf.pcap", Iperf2, 5001, 1, 20, 1, true, 0},
		{"sockperf.pcap", Sockperf, 11111, 1, 20, 1, false, 0},
		{"sockperf_underload.pcap", Sockperf, 11112, 1, 20, 1, false, 0},
		{"ptp.pcap", PTP, 319, 2, 0, 0, false, 1},
		{"ptp.pcap", PTP, 320, 3, 0, 0, false, 0},
	} {
		for _, left := range []int{0, c.left} {
			tally := New(Config{Rows: 64, Numbers: true})
			n := 0
			var last time.Time
			for _, p := range capture(t, c.file) {
				if p.to.Port() != c.group {
					continue
				}
				if n++; left > 0 && n == left+1 {
					continue
				}
				tally.Add(&Datagram{At: p.at, Group: p.to, From: p.from, Bytes: len(p.payload), Payload: p.payload})
				last = p.at
			}
			tally.Tick(last)
			numbered, starts, lost := 0, 0, uint64(0)
			for _, r := range tally.Snapshot() {
				if r.Numbers.Format == "" {
					continue
				}
				numbered++
				if r.Numbers.Format != c.format || r.Numbers.Duplicates+r.Numbers.Early+r.Numbers.Stray+r.Numbers.Old != 0 || r.Numbers.Ended != c.ended {
					t.Errorf("%s: %+v", c.file, r.Numbers)
				}
				lost += r.Numbers.Lost
				starts += r.Numbers.Restarts
			}
			want := uint64(0)
			if left > 0 {
				want = c.lost
			}
			if lost != want || starts != c.starts || left == 0 && numbered < c.rows {
				t.Errorf("%s without datagram %d: %d rows, %d lost, want %d, %d times anew", c.file, left, numbered, lost, want, starts)
			}
		}
	}
}
