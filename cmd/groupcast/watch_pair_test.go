package main

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/stream"
	"github.com/groupcast/groupcast/mcast/watch"
)

func TestWatchPairFlag(t *testing.T) {
	for text, want := range map[string]string{
		"239.1.1.1=239.2.1.1": "", "udp://@239.1.1.1:5004=rtp://239.2.1.1:5006": "", "10.0.0.1@232.1.1.1:5004=10.0.0.2@232.1.1.1:5004": "",
		"239.1.1.1:5004=[ff15::1]:5004": "", "239.1.1.0+4=239.2.1.0+4": "", "[ff02::5%eth0]:1=[ff02::5%eth1]:1": "", "239.1.1.1:5004=239.1.1.1:5006": "",
		"239.1.1.1": "one = in between", "=": "one = in between", "239.1.1.1=": "one = in between", "239.1.1.1=239.2.1.1=239.3.1.1": "one = in between", "": "one = in between",
		"@channels.txt=239.2.1.1": "not a list", "239.1.1.1=239.1.1.1": "is both legs", "239.1.1.0+3=239.2.1.0+4": "as many on both sides",
		"239.1.1.0+65=239.2.1.0+65": "65 pairs: want 64 at most", "239.1.1.0+2=239.1.1.1+2": "is a leg of two pairs", "10.0.0.1=239.1.1.1": "multicast", "x=y": "",
	} {
		var v pairsValue
		err := v.Set(text)
		if text == "x=y" {
			if err == nil {
				t.Error("x is a group")
			}
			continue
		}
		if (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) || err == nil && v.String() != text {
			t.Errorf("--pair %q: %v, %s", text, err, &v)
		}
	}
	var v pairsValue
	if v.Set("239.1.1.1=239.2.1.1") != nil || v.Set("239.1.1.2=239.2.1.1") == nil {
		t.Error("one leg is in two pairs")
	}
}

// pairPicture is the picture of two groups that are a pair.
func pairPicture() watch.Snapshot {
	s := watchPicture()
	s.Groups, s.Streams = s.Groups[:2], s.Streams[:1]
	leg := stream.PairLeg{Datagrams: 10_000, Last: s.At, Format: stream.RTP, From: netip.MustParseAddr("10.0.0.1"), IfIndex: 2, Hops: 3}
	row := stream.PairRow{
		State: stream.PairCompared, Format: stream.RTP, Compared: 10_000, Lost: [2]uint64{12, 300}, LostBoth: 1, Legs: [2]stream.PairLeg{leg, leg},
		Skew: [2]stream.Skew{{Count: 9000, P50: 1200 * time.Microsecond, P99: 4 * time.Millisecond}, {Count: 1000, P50: 100 * time.Microsecond, P99: 400 * time.Microsecond}},
	}
	s.Pairs = []watch.Pair{{PairRow: row, Groups: [2]int{0, 1}, Interfaces: [2]string{"eth0", "eth0"}}}
	return s
}

// A pair is judged by what both legs lost, and the loss of one leg breaks no bar.
func TestWatchPairReport(t *testing.T) {
	c := &watchCommand{set: &settings{}}
	s := pairPicture()
	r := c.report(s)
	text := strings.Join(c.reportText(s, r), "\n")
	const want = "\npair 239.1.1.7:5004=239.1.1.8:5004: compared by the numbers of RTP; of 10,000 A lost 12 (0.12 %), B 300 (3 %), both 1 (0.01 %); A is first by 1.20 ms, p99 4.00 ms (90 %), B is first by 0.10 ms, p99 0.40 ms (10 %)\n" +
		"--max-loss 0%: both legs of 239.1.1.7:5004=239.1.1.8:5004 lost 1 of 10,000 (0.01 %)"
	if !strings.HasSuffix(text, want) || r.exit != exitDoubt || len(r.broken) != 1 {
		t.Errorf("exit %d:\n%s\nwant %s", r.exit, text, want)
	}
	if c.bars.maxLoss = 0.01; c.report(s).exit != exitOK {
		t.Error("the loss of one leg breaks the bar")
	}
	p := &s.Pairs[0]
	for _, tt := range []struct {
		what   string
		change func(*watch.Pair)
		broken bool
		want   string
	}{
		{"the same path", func(p *watch.Pair) { p.SamePath = true }, false, "nothing shows separate paths: both legs arrive on eth0 from 10.0.0.1 with TTL 3"},
		{"a silent leg", func(p *watch.Pair) { p.Legs[1].Silent = true }, true, "leg B is silent since " + s.At.Local().Format(time.TimeOnly)},
		{"timestamps", func(p *watch.Pair) { p.Stamps = true }, false, "no pair by SMPTE ST 2022-7"},
		{"formats", func(p *watch.Pair) { p.State, p.Compared, p.Legs[1].Format = stream.PairFormats, 0, stream.Own }, true, "legs of different formats, which cannot be compared: A has RTP, B has groupcast"},
		{"no numbers", func(p *watch.Pair) { p.State, p.Compared, p.Legs[0].Plain = stream.PairFormats, 0, true }, true, "A has no numbers, B has RTP"},
		{"streams", func(p *watch.Pair) { p.State, p.Legs[0].ID, p.Legs[1].ID = stream.PairStreams, 10, 11 }, true, "A brings 0xa, B brings 0xb (SSRC)"},
		{"apart", func(p *watch.Pair) { p.State, p.Apart, p.Behind = stream.PairApart, 70_000, 1 }, true, "leg B is 70,000 numbers behind leg A"},
		{"the other is", func(p *watch.Pair) { p.State, p.Apart = stream.PairApart, 70_000 }, true, "leg A is 70,000 numbers behind leg B"},
		{"contents", func(p *watch.Pair) { p.State, p.Compared = stream.PairContents, 0 }, true, "nothing that A brings comes by B"},
		{"too little", func(p *watch.Pair) { p.State, p.Compared = stream.PairWaiting, 0 }, true, "too little is heard to compare the legs"},
		{"by content", func(p *watch.Pair) { p.ByContent, p.Format, p.LostBoth = true, "", 0 }, false, "of 10,000 A lost 12 (0.12 %), B 300 (3 %); A is first"},
	} {
		before := *p
		tt.change(p)
		r := c.report(s)
		if text := pairText(s, *p); !strings.Contains(text, tt.want) || (r.exit == exitDoubt) != tt.broken {
			t.Errorf("%s: exit status %d, %s\nwant %s", tt.what, r.exit, text, tt.want)
		}
		*p = before
	}
	o := pairObject(s, *p)
	if o.Pair != "239.1.1.7:5004=239.1.1.8:5004" || o.A.Lost != 12 || o.B.Lost != 300 || o.LostBoth != 1 || o.A.AheadP99MS != 4 || o.A.From != "10.0.0.1" || o.A.Name != "BBC One" {
		t.Errorf("%+v", o)
	}
	e := watch.Event{Event: stream.Event{Kind: watch.BothLoss, Lost: 3}, Pair: 1, Group: -1, Told: s.At}
	if got, want := c.eventText(s, e), "03:12:04 pair 239.1.1.7:5004=239.1.1.8:5004: both legs lost 3"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if o := c.eventObject(s, e); o.Pair != "239.1.1.7:5004=239.1.1.8:5004" || o.Lost != 3 {
		t.Errorf("%+v", o)
	}
}
