package main

import (
	"bytes"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"pgregory.net/rapid"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/stream"
	"github.com/groupcast/groupcast/mcast/watch"
)

func TestMetricsAddress(t *testing.T) {
	for text, want := range map[string]string{
		":9464": "127.0.0.1:9464", "localhost:0": "127.0.0.1:0", "0.0.0.0:80": "0.0.0.0:80", "[::1]:9464": "[::1]:9464", "[::ffff:10.0.0.1]:1": "10.0.0.1:1",
		"9464": "", ":": "", ":x": "", ":65536": "", "host:9464": "", "239.1.1.1:9464": "", "[::1]": "", "::1:9464": "", "http://127.0.0.1:9464/": "", "": "",
	} {
		var v metricsValue
		if err := v.Set(text); (err != nil) != (want == "") || v.String() != want || err != nil && !strings.Contains(err.Error(), ":9464 for this host alone") {
			t.Errorf("--metrics %q: %v, %s", text, err, &v)
		}
	}
}

// metricsOf is what a scrape of these snapshots reads, one after the other.
func metricsOf(t *testing.T, snapshots ...watch.Snapshot) (text string) {
	t.Helper()
	next := 0
	c := newWatchCollector(func() watch.Snapshot { next++; return snapshots[next-1] }, version{module: "v1.2.3", commit: "abc", golang: "go1.26"})
	r := prometheus.NewPedanticRegistry() // which looks whether the metrics are as they are described
	r.MustRegister(c)
	for range snapshots {
		b, err := metricsText(r)
		if err != nil {
			t.Fatal(err)
		}
		text = string(b)
	}
	return text
}

// What is told of a list with names that would end a label, a line or UTF-8 is as
// Prometheus wants it. The loss of streams without numbers is not told, and those of
// one source are one.
func TestMetrics(t *testing.T) {
	s := watchPicture()
	s.Groups[1].Name = "a\"b\\c\n\xff\x1b[2J"
	s.Groups[2].Target.Group = mcast.Group{Addr: netip.MustParseAddr("ff05::1%eth0"), Port: 5004, Source: netip.MustParseAddr("fd00::1")}
	s.Streams[0].Numbers.Gone, s.Streams[0].Numbers.Duplicates, s.Streams[0].Numbers.Restarts = 12, 2, 1
	again := s.Streams[1] // its sender began anew, on another port
	again.From, again.SilentSince, again.Datagrams, again.Bytes = netip.MustParseAddrPort("10.0.0.1:5006"), time.Time{}, 1, 100
	again.Last = again.Last.Add(time.Second)
	s.Streams = append(s.Streams, again)
	s.Dropped = 7
	s.MadeRoom = stream.Others{Datagrams: 5, Bytes: 50, Silences: 1}
	const want = `groupcast_build_info{goversion="go1.26",revision="abc",version="v1.2.3"} 1
groupcast_bytes_total{group="239.1.1.7:5004",interface="eth0",name="BBC One",source="10.0.0.1"} 4.294967296e+09
groupcast_bytes_total{group="239.1.1.8:5004",interface="eth0",name="a\"b\\c ⏎ �␛[2J",source="10.0.0.1"} 4.294967396e+09
groupcast_bytes_total{group="other",interface="",name="",source="other"} 50
groupcast_datagrams_total{group="239.1.1.7:5004",interface="eth0",name="BBC One",source="10.0.0.1"} 3.423e+06
groupcast_datagrams_total{group="239.1.1.8:5004",interface="eth0",name="a\"b\\c ⏎ �␛[2J",source="10.0.0.1"} 3.423001e+06
groupcast_datagrams_total{group="other",interface="",name="",source="other"} 5
groupcast_duplicates_total{group="239.1.1.7:5004",interface="eth0",name="BBC One",source="10.0.0.1"} 2
groupcast_group_heard{group="239.1.1.7:5004",interface="",name="BBC One",source=""} 1
groupcast_group_heard{group="239.1.1.8:5004",interface="",name="a\"b\\c ⏎ �␛[2J",source=""} 1
groupcast_group_heard{group="[ff05::1]:5004",interface="eth0",name="",source="fd00::1"} 0
groupcast_last_heard_timestamp_seconds{group="239.1.1.7:5004",interface="eth0",name="BBC One",source="10.0.0.1"} 1.772334724e+09
groupcast_last_heard_timestamp_seconds{group="239.1.1.8:5004",interface="eth0",name="a\"b\\c ⏎ �␛[2J",source="10.0.0.1"} 1.772334725e+09
groupcast_lost_total{group="239.1.1.7:5004",interface="eth0",name="BBC One",source="10.0.0.1"} 12
groupcast_reordered_total{group="239.1.1.7:5004",interface="eth0",name="BBC One",source="10.0.0.1"} 3
groupcast_restarts_total{group="239.1.1.7:5004",interface="eth0",name="BBC One",source="10.0.0.1"} 1
groupcast_silences_total{group="239.1.1.7:5004",interface="eth0",name="BBC One",source="10.0.0.1"} 0
groupcast_silences_total{group="239.1.1.8:5004",interface="eth0",name="a\"b\\c ⏎ �␛[2J",source="10.0.0.1"} 2
groupcast_silences_total{group="other",interface="",name="",source="other"} 1
groupcast_silent{group="239.1.1.7:5004",interface="eth0",name="BBC One",source="10.0.0.1"} 0
groupcast_silent{group="239.1.1.8:5004",interface="eth0",name="a\"b\\c ⏎ �␛[2J",source="10.0.0.1"} 0
groupcast_socket_drops_total 7
groupcast_storms_total{group="239.1.1.7:5004",interface="eth0",name="BBC One",source="10.0.0.1"} 0
groupcast_storms_total{group="239.1.1.8:5004",interface="eth0",name="a\"b\\c ⏎ �␛[2J",source="10.0.0.1"} 0
groupcast_storms_total{group="other",interface="",name="",source="other"} 0
`
	text := metricsOf(t, s)
	if got := valuesOf(text); got != want {
		t.Errorf("it tells\n%s\nwant\n%s", got, want)
	}
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("promlint says %v, %v", problems, err)
	}

	// The one that is heard falls silent as well, and later its row makes room.
	s.Streams = slices.Clone(s.Streams)
	s.Streams[2].SilentSince = s.At
	later := s
	later.Streams = s.Streams[:1]
	const silent = `groupcast_silent{group="239.1.1.8:5004",interface="eth0",name="a\"b\\c ⏎ �␛[2J",source="10.0.0.1"} 1` + "\n"
	if text := metricsOf(t, s, later); !strings.Contains(text, silent) || !strings.Contains(text, `source="10.0.0.1"} 3.423001e+06`) {
		t.Errorf("what made room is forgotten:\n%s", text)
	}
}

// valuesOf is a text of metrics without what describes them.
func valuesOf(text string) string {
	return strings.Join(slices.DeleteFunc(slices.Collect(strings.Lines(text)), func(line string) bool { return strings.HasPrefix(line, "#") }), "")
}

// A flood of forged sources of a group gets so many series and no more, its sums stay
// exact, and hides no other group.
func TestMetricsOfManySources(t *testing.T) {
	s := watchPicture()
	lone := s.Streams[1]
	one := s.Streams[0]
	s.Streams = nil
	for n := range 10_000 {
		one.From = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 9, byte(n >> 8), byte(n)}), 5004)
		one.Datagrams, one.Numbers.Gone = 10, 1
		s.Streams = append(s.Streams, one)
	}
	flooded := s
	flooded.Streams = slices.Clone(s.Streams)
	flooded.Streams = append(flooded.Streams, lone)
	text := metricsOf(t, s, flooded, s)
	for _, want := range []string{
		fmt.Sprintf(`groupcast_datagrams_total{group="239.1.1.7:5004",interface="",name="BBC One",source="other"} %d`, 80_000),
		fmt.Sprintf(`groupcast_lost_total{group="239.1.1.7:5004",interface="",name="BBC One",source="other"} %d`, 8_000),
		`groupcast_datagrams_total{group="239.1.1.7:5004",interface="eth0",name="BBC One",source="10.9.7.207"} 10`, // the 2,000th
		`groupcast_datagrams_total{group="239.1.1.8:5004",interface="eth0",name="=␛[2Jtwo",source="10.0.0.1"} 3.423e+06`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("no %s", want)
		}
	}
	if n := strings.Count(text, "\ngroupcast_datagrams_total{"); n != mostSeries+2 {
		t.Errorf("%d series", n)
	}
}

// No counter falls, and in all they are as many as were counted, whatever rows make
// room, come again, are split, merged or renamed, and however seldom it is asked.
func TestMetricsNeverFall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMetricStore(rapid.IntRange(0, 6).Draw(t, "most"), rapid.IntRange(0, 2).Draw(t, "each"))
		merges := rapid.Bool().Draw(t, "merges") // then a row may fall, and the sums are lower bounds of what was told
		s := watch.Snapshot{Groups: make([]watch.Group, 2)}
		for n := range s.Groups {
			s.Groups[n].Target.Group = mcast.Group{Addr: netip.AddrFrom4([4]byte{239, 1, 1, byte(n)}), Port: 5004}
		}
		at := time.Unix(1_800_000_000, 0)
		told := map[metricLabels]metricCounts{}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			at = at.Add(time.Second)
			which := -1
			if len(s.Streams) > 0 {
				which = rapid.IntRange(0, len(s.Streams)-1).Draw(t, "which")
			}
			switch what := rapid.IntRange(0, 7).Draw(t, "what"); {
			case which < 0 || what == 0: // a socket that has no row
				group := rapid.IntRange(-1, 1).Draw(t, "group")
				one := watch.Stream{Group: group, Interface: "eth0"}
				one.Key = stream.Key{
					Group:   netip.AddrPortFrom(netip.AddrFrom4([4]byte{239, 1, 1, byte(group)}), 5004),
					From:    netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(rapid.IntRange(1, 4).Draw(t, "host"))}), uint16(rapid.IntRange(1, 2).Draw(t, "port"))),
					IfIndex: rapid.IntRange(1, 2).Draw(t, "by"),
				}
				if slices.ContainsFunc(s.Streams, func(o watch.Stream) bool { o.Key.Sub = 0; return o.Key == one.Key }) {
					continue
				}
				one.First, one.Last, one.Datagrams = at, at, 1
				s.Streams = append(s.Streams, one)
			case what <= 2: // something comes
				o := &s.Streams[which]
				o.Last = at
				o.Datagrams += rapid.IntRange(0, 5).Draw(t, "datagrams")
				o.Bytes += rapid.Uint64Range(0, 500).Draw(t, "bytes")
				o.Numbers.Gone += rapid.Uint64Range(0, 3).Draw(t, "lost")
				o.Numbers.Duplicates++
				o.Silences += rapid.IntRange(0, 1).Draw(t, "silences")
			case what == 3: // a socket makes room
				key := s.Streams[which].Key
				key.Sub = 0
				s.Streams = slices.DeleteFunc(slices.Clone(s.Streams), func(o watch.Stream) bool {
					k := o.Key
					if k.Sub = 0; k != key {
						return false
					}
					s.MadeRoom = s.MadeRoom.Plus(stream.Others{Datagrams: uint64(o.Datagrams), Bytes: o.Bytes, Gone: o.Numbers.Gone, Duplicates: o.Numbers.Duplicates, Silences: o.Silences})
					return true
				})
			case what == 4: // what a further stream of the socket brought was the first one's
				o := &s.Streams[which]
				sub := *o
				sub.Key.Sub = 1
				if o.Key.Sub > 0 || slices.ContainsFunc(s.Streams, func(o watch.Stream) bool { return o.Key == sub.Key }) {
					continue
				}
				sub.Row = stream.Row{Key: sub.Key, First: at, Last: at, Datagrams: o.Datagrams / 2}
				o.Datagrams -= sub.Datagrams
				s.Streams = append(s.Streams, sub)
			case what == 5 && merges:
				s.Streams[which].Numbers.Gone /= 2
			case what == 6:
				s.Streams[which].Interface = rapid.SampledFrom([]string{"eth0", "lan", ""}).Draw(t, "name")
			case what == 7:
				s.MadeRoom = s.MadeRoom.Plus(stream.Others{Datagrams: 1}) // for which there was never room
			}
			if rapid.Bool().Draw(t, "asked") {
				continue
			}
			m.take(s)
			var sum, want metricCounts
			for _, o := range m.order {
				for n, count := range o.counts {
					if count < told[o.metricLabels][n] {
						t.Fatalf("%v falls from %v to %v", o.metricLabels, told[o.metricLabels], o.counts)
					}
				}
				told[o.metricLabels] = o.counts
				sum.add(o.counts)
			}
			for _, o := range s.Streams {
				want.add(countsOf(o.Row))
			}
			r := s.MadeRoom
			want.add(metricCounts{r.Datagrams, r.Bytes, r.Gone, r.Duplicates, r.Reordered, 0, uint64(r.Silences), 0})
			if merges {
				sum[countLost], want[countLost] = 0, 0
			}
			if sum != want {
				t.Fatalf("in all %v, want %v", sum, want)
			}
			if m.own > m.most+m.each*len(s.Groups) || len(m.sockets) > len(s.Streams) || len(m.order) > m.own+len(s.Groups)+1 {
				t.Fatalf("%d series of %d, %d sockets", m.own, len(m.order), len(m.sockets))
			}
		}
	})
}

func TestMetricsLabels(t *testing.T) {
	if got := labelText(strings.Repeat("é", 200)); got != strings.Repeat("é", 100)+"…" {
		t.Errorf("a long name is %q", got)
	}
	text := metricsOf(t, watch.Snapshot{Groups: []watch.Group{{Target: watch.Target{Group: mcast.Group{Addr: netip.MustParseAddr("239.1.1.1"), Port: 1}}}}})
	if bytes.Contains([]byte(text), []byte("other")) {
		t.Errorf("nothing was heard, and it tells of others:\n%s", text)
	}
}

// copiesPicture is a pair of which a leg is silent, and whose other leg is doubled,
// reflected and went in circles.
func copiesPicture() watch.Snapshot {
	s := pairPicture()
	s.Pairs[0].Legs[1].Silent = true
	s.Streams[0].Copied = &stream.Copied{Times: 2, From: s.Streams[0].From, Repeats: true, Storms: 3}
	return s
}

// Copies are told from when they are found on, with 0 once they are over, and what a
// pair lost never falls.
func TestMetricsOfCopiesAndPairs(t *testing.T) {
	first, s := copiesPicture(), copiesPicture()
	over := pairPicture()
	over.Streams[0].Copied = &stream.Copied{Times: 2, Storms: 3}
	over.At = over.At.Add(copiesFor) // its sender is gone
	over.Pairs[0].State, over.Pairs[0].Lost[1] = stream.PairApart, 200
	first.Streams[0].Copied = &stream.Copied{From: s.Streams[0].From} // nobody knows who is at fault
	const series, pair = `{group="239.1.1.7:5004",interface="eth0",name="BBC One",source="10.0.0.1"} `, `pair="239.1.1.7:5004=239.1.1.8:5004"} `
	for n, want := range map[int]string{
		1: "groupcast_storms_total" + series + "0",
		2: "groupcast_doubled" + series + "1,groupcast_reflected" + series + "1,groupcast_storms_total" + series + `3,groupcast_pair_comparable{` + pair + `1,groupcast_pair_compared_total{` + pair + `10000,` +
			`groupcast_pair_leg_silent{leg="A",` + pair + `0,groupcast_pair_leg_silent{leg="B",` + pair + `1,groupcast_pair_lost_both_total{` + pair + `1,groupcast_pair_lost_total{leg="B",` + pair + "300",
		3: "groupcast_doubled" + series + "0,groupcast_reflected" + series + "0,groupcast_storms_total" + series + `3,groupcast_pair_comparable{` + pair + `0,groupcast_pair_leg_silent{leg="B",` + pair + `0,groupcast_pair_lost_total{leg="B",` + pair + "300",
	} {
		text := metricsOf(t, []watch.Snapshot{first, s, over}[:n]...)
		for _, line := range strings.Split(strings.ReplaceAll(want, ",groupcast", "\ngroupcast"), "\n") {
			if !strings.Contains(text, "\n"+line+"\n") {
				t.Errorf("scrape %d has no %s:\n%s", n, line, valuesOf(text))
			}
		}
		if n == 1 && strings.Contains(text, "reflected") {
			t.Error("who says the same is accused")
		}
		if problems, err := promlint.New(strings.NewReader(text)).Lint(); err != nil || len(problems) > 0 {
			t.Errorf("promlint says %v, %v", problems, err)
		}
	}
}

// Each metric is in the table of docs/streams.md, with the labels that it has, and the
// table has no other.
func TestMetricsInDocs(t *testing.T) {
	r := prometheus.NewRegistry()
	r.MustRegister(newWatchCollector(copiesPicture, version{}))
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, f := range families {
		labels := len(f.Metric[0].Label)
		if f.GetName() == "groupcast_build_info" {
			labels = 0
		}
		want = append(want, fmt.Sprint(f.GetName(), " ", labels))
	}
	for line := range strings.Lines(page(t, "docs/streams.md")) {
		if !strings.HasPrefix(line, "| groupcast_") {
			continue
		}
		for _, name := range regexp.MustCompile(`groupcast_\w+`).FindAllString(line, -1) {
			labels := len(seriesNames)
			for n, text := range []string{"One value for the whole watch", "One value for each pair", "One value for each leg"} {
				if strings.Contains(line, text) {
					labels = n
				}
			}
			got = append(got, fmt.Sprint(name, " ", labels))
		}
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("docs/streams.md has %q, want %q", got, want)
	}
}
