package tui

import (
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/stream"
	"github.com/groupcast/groupcast/mcast/watch"
)

// fakeWatch is a watch whose counts are set by hand.
type fakeWatch struct {
	mu     sync.Mutex
	snap   watch.Snapshot
	detail stream.Detail
	events []watch.Event
	asked  []stream.Key  // details
	looked chan struct{} // a look a time, as long as somebody counts them
}

func (f *fakeWatch) Snapshot() watch.Snapshot {
	select {
	case f.looked <- struct{}{}:
	default:
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.snap
}

func (f *fakeWatch) Detail(k stream.Key) stream.Detail {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, k)
	return f.detail
}

func (f *fakeWatch) Events() []watch.Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	events := f.events
	f.events = nil
	return events
}

// night is when the channels are watched.
var night = time.Date(2026, 3, 14, 3, 14, 30, 0, time.UTC)

// steadyHistory is a minute at about that rate.
func steadyHistory(rate float64, seed int) []float64 {
	history := make([]float64, 60)
	for i := range history {
		history[i] = rate * (1 + 0.01*float64((i*7+seed)%5-2))
	}
	return history
}

// channel is a stream that has been heard for hours.
func channel(n int, group mcast.Group, from string, format stream.Format, rate float64) watch.Stream {
	s := watch.Stream{Group: n, Interface: "eth0", Rate: rate, Bits: rate * 1316 * 8, History: steadyHistory(rate, n)}
	s.Key = stream.Key{Group: group.AddrPort(), From: netip.MustParseAddrPort(from), IfIndex: 2}
	s.Datagrams, s.Bytes = int(rate*11_000), uint64(rate*11_000*1316)
	s.First, s.Last = night.Add(-11_000*time.Second), night.Add(-time.Millisecond)
	s.HopsMin, s.HopsMax = 62, 62
	s.Steady, s.Gap, s.GapAt = true, 14*time.Millisecond, night.Add(-20*time.Minute)
	s.Numbers = stream.Numbers{Format: format, First: 4711, High: 4710 + uint64(s.Datagrams), Distinct: uint64(s.Datagrams), Jitter: 110 * time.Microsecond, Sent: true}
	s.Numbers.AtLeast = format == stream.TS
	if format == stream.Unnumbered {
		s.Numbers = stream.Numbers{Jitter: 3 * time.Millisecond}
	}
	return s
}

// fortyChannels is a night: 40 channels, one silent, one off and on, one that was never heard.
func fortyChannels() watch.Snapshot {
	names := []string{"BBC One", "BBC Two", "ZDF", "ARD-alpha", "arte", "NRK1", "テレビ東京", "RÚV", "Das Erste HD", "Rai 1"}
	s := watch.Snapshot{At: night, Began: night.Add(-11_000 * time.Second)}
	for n := range 40 {
		g := mcast.Group{Addr: netip.AddrFrom4([4]byte{239, 1, 1, byte(n + 1)}), Port: 5004}
		t := watch.Target{Group: g}
		if n < len(names) {
			t.Name = names[n]
		}
		s.Groups = append(s.Groups, watch.Group{Target: t, Joined: []string{"eth0"}})
		format := []stream.Format{stream.RTP, stream.RTPTS, stream.TS, stream.Own, stream.Unnumbered}[n%5]
		if n == 8 {
			continue // nothing is heard
		}
		c := channel(n, g, fmt.Sprintf("10.0.%d.1:5004", n/10), format, []float64{951, 475.4, 1204, 12.5, 50}[n%5])
		switch n {
		case 6:
			c.SilentSince, c.Silences = night.Add(-146*time.Second), 1
			c.Last, c.Rate, c.Bits = c.SilentSince, 0, 0
			c.History = make([]float64, 60)
		case 1:
			for i := 20; i < 27; i++ {
				c.History[i] = 0
			}
			c.Numbers.Lost, c.Numbers.Gone, c.Silences = 3328, 3328, 1
			c.Numbers.Reordered = 3
			c.Gap, c.GapAt = 7*time.Second, night.Add(-40*time.Second)
		case 2:
			c.Numbers.Lost = 12
		case 5:
			c.Numbers.Lost, c.Numbers.About = 119_800, true
		case 13:
			c.Numbers.Lost, c.Numbers.LostKernel, c.Numbers.Duplicates = 40, 31, 2
		case 18:
			c.Numbers.Ended, c.Rate, c.Bits, c.Last = true, 0, 0, night.Add(-4*time.Minute)
			c.History = make([]float64, 60)
		}
		s.Groups[n].Heard, s.Groups[n].Datagrams = 1, uint64(c.Datagrams)
		if !c.SilentSince.IsZero() {
			s.Groups[n].Silent = 1
		}
		s.Streams = append(s.Streams, c)
		s.Rate, s.Bits = s.Rate+c.Rate, s.Bits+c.Bits
		s.Lost, s.LostKernel = s.Lost+c.Numbers.Lost-c.Numbers.LostKernel, s.LostKernel+c.Numbers.LostKernel
	}
	s.Dropped = s.LostKernel
	return s
}

// bursts are what is kept of the second channel.
func bursts() stream.Detail {
	d := stream.Detail{Why: "version 2, SSRC 1a2b3c4d, type 33, 188-byte packets, 8 datagrams in a row"}
	for n := range 14 {
		d.Bursts = append(d.Bursts, stream.Burst{At: night.Add(time.Duration(n-14) * time.Minute), First: uint64(1_000_000 + 5000*n), Length: uint64(1 + n%3)})
		d.Lengths[[]int{0, 1, 1}[n%3]]++
	}
	d.Bursts = append(d.Bursts,
		stream.Burst{At: night.Add(-33 * time.Second), First: 5_214_112, Length: 3328},
		stream.Burst{At: night.Add(-12 * time.Second), First: 5_226_000, Length: 31, Kernel: true})
	d.Lengths[11], d.Lengths[4] = 1, 1
	low := 128 * time.Microsecond
	for _, n := range []uint64{0, 12, 340, 88_000, 4_100_000, 61_000, 120, 4, 1} {
		d.Gaps = append(d.Gaps, stream.Bar{To: low, Count: n})
		low *= 2
	}
	return d
}

// nightEvents are those of the last minutes.
func nightEvents() []watch.Event {
	s := fortyChannels()
	of := func(n int, e stream.Event) watch.Event {
		e.Key = s.Streams[n].Key
		return watch.Event{Event: e, Told: e.At, Interface: "eth0", Group: s.Streams[n].Group}
	}
	return []watch.Event{
		of(5, stream.Event{Kind: stream.Found, At: night.Add(-3 * time.Hour), Format: stream.RTP}),
		of(5, stream.Event{Kind: stream.Back, At: night.Add(-20 * time.Minute), For: 126 * time.Second, Lost: 119_800, About: true}),
		of(6, stream.Event{Kind: stream.Silent, At: night.Add(-146 * time.Second), Rate: 475.4}),
		of(12, stream.Event{Kind: stream.Loss, At: night.Add(-130 * time.Second), Lost: 40, Kernel: 31}),
		of(1, stream.Event{Kind: stream.Back, At: night.Add(-33 * time.Second), For: 7 * time.Second, Lost: 3328}),
	}
}

type watchScreen struct {
	*watchModel
	t testing.TB
}

func newWatchScreen(t testing.TB, width, height int, s watch.Snapshot) *watchScreen {
	m := newWatchModel(&fakeWatch{}, Options{})
	m.Update(tea.WindowSizeMsg{Width: width, Height: height})
	m.Update(watchMsg{snap: s, events: nightEvents()})
	return &watchScreen{m, t}
}

// press presses keys; what is opened gets its details.
func (s *watchScreen) press(keys ...string) {
	s.t.Helper()
	for _, k := range keys {
		s.plain() // the rows that are shown say how far it scrolls
		s.Update(key(s.t, k))
		if key, wanted := s.detail.key(); wanted && !s.detail.got {
			s.Update(watchDetailMsg{key: key, detail: bursts()})
		}
	}
}

// types types words.
func (s *watchScreen) types(words string) {
	s.t.Helper()
	for _, r := range words {
		s.Update(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
}

func (s *watchScreen) plain() string { return ansi.Strip(s.View().Content) }

func (s *watchScreen) wants(shown bool, parts ...string) {
	s.t.Helper()
	for _, p := range parts {
		if view := s.plain(); strings.Contains(view, p) != shown {
			s.t.Errorf("want %q on the screen: %t:\n%s", p, shown, view)
		}
	}
}
