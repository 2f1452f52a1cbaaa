package watch

import (
	"math"
	"net/netip"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/stream"
)

var meterKey = stream.Key{Group: netip.MustParseAddrPort("239.1.1.1:5004"), From: netip.MustParseAddrPort("10.0.0.1:5004"), IfIndex: 2}

// metering reads one stream of so many datagrams a second, of 100 bytes.
type metering struct {
	*meters
	at        time.Time
	datagrams float64
	changes   []bool
	bound     Rate
}

func newMetering(bound Rate) *metering {
	at := time.Unix(1_000_000, 0)
	return &metering{meters: newMeters(at), at: at, bound: bound}
}

func (m *metering) quarter(rate float64, quiet bool) {
	m.at = m.at.Add(sumEvery)
	m.datagrams += rate / 4
	m.begin(m.at)
	n := uint64(m.datagrams)
	m.read(reading{Key: meterKey, sum: sum{n, 100 * n}, quiet: quiet})
	m.end(m.bound, func(_ stream.Key, slow bool, _ Rate) { m.changes = append(m.changes, slow) })
}

func (m *metering) seconds(n int, rate float64) {
	for range 4 * n {
		m.quarter(rate, false)
	}
}

func near(a, b float64) bool { return math.Abs(a-b) < 0.01*max(math.Abs(b), 1) }

func TestRatesAreOfTheLastSecond(t *testing.T) {
	m := newMetering(Rate{})
	m.quarter(1000, false)
	if r := m.rate(meterKey); !near(r.Datagrams, 1000) || !near(r.Bits, 800_000) {
		t.Errorf("after a quarter of a second: %v", r)
	}
	m.seconds(3, 1000)
	m.seconds(1, 200)
	if r := m.rate(meterKey); !near(r.Datagrams, 200) {
		t.Errorf("after a second at 200/s: %v", r)
	}
	m.seconds(2, 0)
	if r := m.rate(meterKey); r != (Rate{}) {
		t.Errorf("of a silent one: %v", r)
	}
	if r := m.rate(stream.Key{}); r != (Rate{}) || m.history(stream.Key{}) != nil {
		t.Error("a stream that nobody heard has a rate")
	}
}

func TestHistoryIsSixtySeconds(t *testing.T) {
	m := newMetering(Rate{})
	for n := range 100 {
		m.seconds(1, float64(4*n))
		if got := m.history(meterKey); len(got) != min(n+1, 60) {
			t.Fatalf("after %d s it has %d", n+1, len(got))
		}
	}
	h := m.history(meterKey)
	if !near(h[0], 160) || !near(h[59], 396) {
		t.Errorf("from %v to %v", h[0], h[59])
	}
}

// A stream under the bound for 10 s is told once, and when it brings enough again;
// 10 % under it is enough.
func TestTooLittleIsToldOnce(t *testing.T) {
	for _, bound := range []Rate{{Datagrams: 100}, {Bits: 80_000}} {
		m := newMetering(bound)
		m.seconds(10, 92)
		if len(m.changes) > 0 {
			t.Fatal("within the tolerance")
		}
		m.seconds(30, 80)
		m.seconds(30, 100)
		if len(m.changes) != 2 || !m.changes[0] || m.changes[1] {
			t.Errorf("%v: %v", bound, m.changes)
		}
	}
}

// Neither a stream that has just begun, nor one that is silent, nor one whose watch
// stood brings too little.
func TestTooLittleIsNotToldOfSilence(t *testing.T) {
	m := newMetering(Rate{Datagrams: 100})
	m.seconds(9, 1)
	if len(m.changes) > 0 {
		t.Error("told in less than 10 s")
	}
	m = newMetering(Rate{Datagrams: 100})
	m.seconds(20, 100)
	for range 80 {
		m.quarter(0, true)
	}
	m.seconds(9, 10)
	if len(m.changes) > 0 {
		t.Error("told of one that was silent")
	}
	m = newMetering(Rate{Datagrams: 100})
	m.seconds(20, 100)
	m.at = m.at.Add(time.Minute)
	m.stood()
	m.seconds(30, 100)
	if len(m.changes) > 0 {
		t.Errorf("told though the watch stood")
	}
}

// What is remembered ends with the stream, and begins anew with one of the same key.
func TestMetersForgetStreams(t *testing.T) {
	m := newMetering(Rate{})
	m.seconds(5, 100)
	m.begin(m.at.Add(sumEvery))
	m.end(Rate{}, nil)
	if len(m.of) != 0 {
		t.Error("a stream that is gone is kept")
	}
	m = newMetering(Rate{})
	m.seconds(5, 1000)
	m.datagrams = 0
	m.seconds(2, 100)
	if r, h := m.rate(meterKey), m.history(meterKey); !near(r.Datagrams, 100) || len(h) != 2 {
		t.Errorf("one that began anew: %v, %v", r, h)
	}
}
