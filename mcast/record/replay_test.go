package record_test

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/record"
)

func TestSchedule(t *testing.T) {
	for _, c := range []struct {
		name      string
		pace      record.Pace
		at, due   string // ms; | begins another round
		back, cut int
	}{
		{name: "as recorded", at: "7 17 17 20", due: "0 10 10 13"},
		{name: "twice as fast", pace: record.Pace{Speed: 2}, at: "0 10 20 50", due: "0 5 10 25"},
		{name: "half as fast", pace: record.Pace{Speed: 0.5}, at: "0 10 20", due: "0 20 40"},
		{name: "a pause is cut", pace: record.Pace{CapGap: 100 * time.Millisecond}, at: "0 50 5000 5010", due: "0 50 150 160", cut: 1},
		{name: "a pause of the replay is cut", pace: record.Pace{Speed: 2, CapGap: 100 * time.Millisecond}, at: "0 150 400", due: "0 75 175", cut: 1},
		{name: "time runs back", at: "100 200 50 60 250", due: "0 100 100 110 300", back: 1},
		{name: "a rate", pace: record.Pace{Rate: 100}, at: "0 1 2 100 101", due: "0 10 20 100 110"},
		{name: "no pauses", pace: record.Pace{Speed: math.Inf(1), Rate: 1000}, at: "0 5000 9000", due: "0 1 2"},
		{name: "no pauses, not told how many", pace: record.Pace{Speed: math.Inf(1)}, at: "0 5000 9000 9001 9002 9003 9004 9005 9006 9007 9008",
			due: "0 0 0 0 0 0 0 0 0 0 1"},
		{name: "a second round", at: "0 10 20 | 0 10 20", due: "0 10 20 30 40 50"},
		{name: "a second round, faster", pace: record.Pace{Speed: 2}, at: "0 10 20 | 0 10 20", due: "0 5 10 15 20 25"},
		{name: "one datagram, twice", at: "5 | 5", due: "0 0"},
		{name: "many rounds that take no time", at: "5 5 5 5 5 5 5 5 5 5 | 5 5 5 5 5 5 5 5 5 5 | 5", due: "0 0 0 0 0 0 0 0 0 0 1 1 1 1 1 1 1 1 1 1 2"},
		{name: "rounds whose pauses are cut to nothing", pace: record.Pace{CapGap: 1}, at: "0 9 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0",
			due: "0 0 0 0 0 0 0 0 0 0 0 1", cut: 1},
		{name: "a second round of one with a rate", pace: record.Pace{Rate: 100}, at: "5 | 5 | 5", due: "0 10 20"},
	} {
		s := record.NewSchedule(noon, c.pace)
		var due []string
		for _, at := range strings.Fields(c.at) {
			var ms int
			if _, err := fmt.Sscan(at, &ms); err != nil {
				s.Again()
				continue
			}
			due = append(due, fmt.Sprint(s.Due(noon.Add(time.Duration(ms)*time.Millisecond)).Sub(noon).Milliseconds()))
		}
		if got := strings.Join(due, " "); got != c.due || s.Back() != c.back || s.Cut() != c.cut {
			t.Errorf("%s: due at %s ms, want %s; %d back, %d cut", c.name, got, c.due, s.Back(), s.Cut())
		}
	}
}

// Whatever times a capture has, nothing is due before what is sent before it.
// Without cuts a replay is exactly as long as its recording.
func TestScheduleIsInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		times := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) time.Time {
			return time.Unix(rapid.OneOf(rapid.Int64Range(0, 100), rapid.Int64()).Draw(t, "s"), rapid.Int64Range(0, 999999999).Draw(t, "ns"))
		}), 2, 20).Draw(t, "times")
		pace := record.Pace{
			Speed:  rapid.SampledFrom([]float64{0, 1, 2, 0.001, 1e9, math.Inf(1)}).Draw(t, "speed"),
			CapGap: time.Duration(rapid.SampledFrom([]int64{0, 1, 1e9}).Draw(t, "cap")),
			Rate:   rapid.SampledFrom([]float64{0, 3, 1e6, 0.001}).Draw(t, "rate"),
		}
		s, last := record.NewSchedule(noon, pace), noon
		for i, at := range times {
			due := s.Due(at)
			if due.Before(last) {
				t.Fatalf("%v after %v is due at %v after %v", at, times[:i], due, last)
			}
			last = due
		}
		small := record.NewSchedule(noon, record.Pace{Speed: 3})
		for i := range 1000 {
			last = small.Due(noon.Add(time.Duration(i) * 100 * time.Microsecond))
		}
		if got := last.Sub(noon); got != 33300*time.Microsecond {
			t.Fatalf("99.9 ms at three times the speed took %v", got)
		}
	})
}

func TestDestinations(t *testing.T) {
	file, _ := recorded(t, record.Options{}, func(r *record.Recorder) {
		for i := range 5 {
			r.Received(heard("x"))
			d := heard("yes")
			d.To = netip.MustParseAddrPort([]string{"239.9.9.9:1", "192.168.8.1:53", "192.168.8.1:53", "239.9.9.9:2", "192.168.8.1:53"}[i])
			d.At = noon.Add(-time.Duration(i) * time.Second)
			r.Received(d)
		}
	})
	r, err := record.NewReader(strings.NewReader(string(file)))
	if err != nil {
		t.Fatal(err)
	}
	list, err := r.Destinations()
	if err != nil || len(list) != 4 {
		t.Fatalf("%+v, %v", list, err)
	}
	if d := list[1]; d.To.String() != "192.168.8.1:53" || d.Datagrams != 3 || d.Bytes != 9 || d.Last.Sub(d.First) != 3*time.Second || d.Senders != 1 || d.Out != 0 {
		t.Errorf("%+v", d)
	}
	_, err = record.Choose(list, netip.AddrPort{})
	if several, ok := errors.AsType[*record.SeveralError](err); !ok || len(several.Groups) != 3 {
		t.Errorf("of three groups: %v", err)
	}
	if d, err := record.Choose(list[:2], netip.AddrPort{}); err != nil || d.To.String() != "239.1.2.3:5000" {
		t.Errorf("the one group: %v, %v", d, err)
	}
	if d, err := record.Choose(list[1:2], netip.AddrPort{}); err != nil || d.To.String() != "192.168.8.1:53" {
		t.Errorf("the one destination: %v, %v", d, err)
	}
	if d, err := record.Choose(list, netip.MustParseAddrPort("239.9.9.9:2")); err != nil || d.Datagrams != 1 {
		t.Errorf("a chosen one: %v, %v", d, err)
	}
	if d, err := record.Choose(list, netip.MustParseAddrPort("192.168.8.1:0")); err != nil || d.To.Port() != 53 {
		t.Errorf("a chosen one, at any port: %v, %v", d, err)
	}
	if _, err := record.Choose(list, netip.MustParseAddrPort("239.9.9.9:0")); err == nil || err.Error() != "the capture has 2 ports of 239.9.9.9: which of them?" {
		t.Errorf("one with two ports: %v", err)
	}
	if _, err := record.Choose(list, netip.MustParseAddrPort("239.9.9.9:3")); !errors.Is(err, record.ErrNotThere) {
		t.Errorf("one that is not there: %v", err)
	}
	if _, err := record.Choose(nil, netip.AddrPort{}); !errors.Is(err, record.ErrNoDatagram) {
		t.Errorf("of none: %v", err)
	}
	cut, err := record.NewReader(strings.NewReader(string(file[:len(file)-300])))
	if err != nil {
		t.Fatal(err)
	}
	if list, err := cut.Destinations(); err != io.ErrUnexpectedEOF || len(list) == 0 {
		t.Errorf("of a cut file: %v, %v", list, err)
	}
}

func TestMayReplay(t *testing.T) {
	var no []string
	for _, to := range strings.Fields("224.0.0.1 224.0.0.2 224.0.0.5 224.0.0.6 224.0.0.9 224.0.0.10 224.0.0.13 224.0.0.18 224.0.0.22 224.0.0.102 " +
		"224.0.0.107 224.0.0.251 224.0.0.252 224.0.1.1 224.0.1.129 224.0.1.130 224.0.1.132 ff05::101 ff0e::182 ff02::184%eth0 ff02::1 ff02::2 ff02::16 ff05::fb ff02::fb%eth0 ff0e::181 192.0.2.1 ::ffff:224.0.0.5 " +
		"224.0.0.114 224.0.1.133 ff05::185 ff05::1:0182 239.255.255.250 224.2.127.254 239.1.2.3 ff05::3 ff3e::1234") {
		if err := record.MayReplay(netip.MustParseAddr(to)); err != nil {
			if _, ok := errors.AsType[*record.RefusedError](err); !ok || strings.Contains(err.Error(), "()") {
				t.Errorf("%s: %v", to, err)
			}
			no = append(no, to)
		}
	}
	if i := slices.Index(no, "::ffff:224.0.0.5"); len(no) != 28 || i != 27 {
		t.Errorf("refused are %q", no)
	}
	for _, r := range mcast.RegisteredGroups() { // that is not UDP is never for us
		if r.V4.IsValid() && r.Protocol != "" && record.MayReplay(r.V4) == nil {
			t.Errorf("%s (%s) is allowed", r.V4, r.Protocol)
		}
	}
}
