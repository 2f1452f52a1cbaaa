package watch

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/stream"
)

// MaxPairs is how many pairs a watch compares: each takes 512 KiB, or 768 KiB where
// the streams have no numbers.
const MaxPairs = 64

// Kinds of events about a pair.
const (
	Paired   stream.EventKind = "pair"         // its legs are compared from now on; or a leg is back
	Unpaired stream.EventKind = "pair problem" // they cannot be compared, any more or at all; or a leg is silent, and the other one goes on
	BothLoss stream.EventKind = "pair loss"    // Lost numbers came by neither leg since the last such event, told once a second at most
)

// pairSettled is how long a pair is in a state before that is told.
const pairSettled = time.Second

// Pair is how it stands with two legs of one stream.
type Pair struct {
	stream.PairRow
	Groups     [2]int    // in Snapshot.Groups
	Interfaces [2]string // by which the legs come, "" if that is not known
}

// pair is a pair that is watched.
type pair struct {
	*stream.Pair
	groups [2]int // in Watcher.groups
	state  stream.PairState
	since  time.Time // of state
	told   stream.PairState
	lost   uint64       // by both, as told
	silent [2]time.Time // since then, as told; zero: it is not
	at     time.Time
}

// ErrPair is of a pair in a Config that is none.
var ErrPair = errors.New("no two legs of a stream")

// withPairs adds the legs of the pairs to the targets. Targets are there once.
func (cfg Config) withPairs() (Config, error) {
	if n := len(cfg.Pairs); n > MaxPairs {
		return cfg, fmt.Errorf("watch: %d pairs: %w, %d", n, ErrTooMuch, MaxPairs)
	}
	known, legs := map[mcast.Group]bool{}, map[mcast.Group]bool{}
	for _, t := range cfg.Targets {
		known[t.Group] = true
	}
	pairs := make([][2]mcast.Group, len(cfg.Pairs))
	for n, legsOf := range cfg.Pairs {
		for x, g := range legsOf {
			g.Addr, g.Source = g.Addr.Unmap(), g.Source.Unmap()
			pairs[n][x] = g
			switch {
			case x == 1 && g == pairs[n][0]:
				return cfg, fmt.Errorf("watch: %s=%s: %w, but one leg", g, g, ErrPair)
			case legs[g]:
				return cfg, fmt.Errorf("watch: %s is a leg of two pairs: %w", g, ErrPair)
			}
			legs[g] = true
			if !known[g] {
				known[g] = true
				cfg.Targets = append(cfg.Targets, Target{Group: g})
			}
		}
	}
	cfg.Pairs = pairs
	return cfg, nil
}

// zones are names of interfaces, for the goroutines that read.
type zones struct {
	mu   sync.Mutex
	name map[int]string
}

func (z *zones) put(index int, name string) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.name == nil {
		z.name = map[int]string{}
	}
	z.name[index] = name
}

func (z *zones) get(index int) string {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.name[index]
}

// pairUp makes the pairs of the targets.
func (w *Watcher) pairUp() {
	at := map[mcast.Group]int{}
	for n, t := range w.cfg.Targets {
		at[t.Group] = n
	}
	w.legs = map[int]*stream.Leg{}
	for _, legs := range w.cfg.Pairs {
		p := &pair{Pair: stream.NewPair(), groups: [2]int{at[legs[0]], at[legs[1]]}, told: stream.PairWaiting, since: w.began}
		for x, n := range p.groups {
			w.legs[n] = p.Leg(x)
		}
		w.pairs = append(w.pairs, p)
	}
}

// legOf is the leg that a stream is of, or nil. It holds no lock of the watch.
func (w *Watcher) legOf(key stream.Key) *stream.Leg {
	n := targetOf(w.byAddr[netip.AddrPortFrom(key.Group.Addr().WithZone(""), key.Group.Port())], key, func(n int) mcast.Group { return w.cfg.Targets[n].Group }, w.zones.get)
	return w.legs[n]
}

// pairEvents tells what is new of the pairs. The caller holds mu.
func (w *Watcher) pairEvents(now time.Time) {
	for n, p := range w.pairs {
		p.Tick(now)
		if now.Sub(p.at) < time.Second {
			continue
		}
		p.at = now
		row := p.Row()
		one := w.pairOf(p, row)
		e := Event{Group: -1, Pair: n + 1}
		e.At = now
		if row.State != p.state {
			p.state, p.since = row.State, now
		} else if p.state != p.told && now.Sub(p.since) >= pairSettled {
			p.told = p.state
			e.Kind, e.Format = Unpaired, row.Format
			if p.state == stream.PairCompared {
				e.Kind = Paired
			}
			e.Text = one.Text()
			w.put(e, now)
		}
		for x, since := range p.silent {
			last := row.Legs[x].Last
			switch {
			case since.IsZero() && one.SilentLeg(x, now, w.cfg.Stream.MaxGap):
				p.silent[x], e.Kind, e.Text = last, Unpaired, one.silentText(x)
			case !since.IsZero() && last.After(since): // it is not back because the other one is silent, too
				p.silent[x], e.Kind, e.Text = time.Time{}, Paired, fmt.Sprintf("leg %c is back", 'A'+x)
			default:
				continue
			}
			e.Format = row.Format
			w.put(e, now)
		}
		if row.LostBoth > p.lost {
			e.Kind, e.Lost, e.About, e.Text = BothLoss, row.LostBoth-p.lost, row.About, ""
			w.put(e, now)
		}
		p.lost = row.LostBoth
	}
}

// pairOf is a pair for others to see. The caller holds mu.
func (w *Watcher) pairOf(p *pair, row stream.PairRow) Pair {
	return Pair{PairRow: row, Groups: p.groups, Interfaces: [2]string{w.names[row.Legs[0].IfIndex], w.names[row.Legs[1].IfIndex]}}
}

// Name is "239.1.1.1:5004=239.2.1.1:5004".
func (p Pair) Name(s *Snapshot) string {
	return s.Groups[p.Groups[0]].Target.Group.String() + "=" + s.Groups[p.Groups[1]].Target.Group.String()
}

// InPair reports whether a group is a leg of a pair.
func (s *Snapshot) InPair(group int) bool {
	for _, p := range s.Pairs {
		if group >= 0 && (p.Groups[0] == group || p.Groups[1] == group) {
			return true
		}
	}
	return false
}

// Text says by what the legs are compared, or why they cannot be, and what there is to
// be warned of.
func (p Pair) Text() string {
	text := p.stateText()
	if p.State == stream.PairCompared {
		for _, warning := range p.Warnings() {
			text += "; " + warning
		}
	}
	return text
}

func (p Pair) stateText() string {
	formatOf := func(l stream.PairLeg) string {
		if l.Plain || l.Format == stream.Unnumbered {
			return "no numbers"
		}
		return string(l.Format)
	}
	a, b := p.Legs[0], p.Legs[1]
	switch p.State {
	case stream.PairCompared:
		if p.ByContent {
			return "compared by content, since there are no numbers: what neither leg brings is not known"
		}
		return "compared by the numbers of " + string(p.Format)
	case stream.PairFormats:
		return fmt.Sprintf("legs of different formats, which cannot be compared: A has %s, B has %s", formatOf(a), formatOf(b))
	case stream.PairStreams:
		return fmt.Sprintf("different streams, which cannot be compared: A brings 0x%x, B brings 0x%x (%s)", a.ID, b.ID, idText(a.Format))
	case stream.PairContents:
		return "different contents without numbers, which cannot be compared: nothing that A brings comes by B"
	case stream.PairApart:
		return p.apartText()
	}
	switch {
	case a.Datagrams == 0 && b.Datagrams == 0:
		return "nothing is heard of either leg"
	case a.Datagrams == 0:
		return "nothing is heard of leg A"
	case b.Datagrams == 0:
		return "nothing is heard of leg B"
	}
	return "too little is heard to compare the legs"
}

func (p Pair) apartText() string {
	const losses = ", so losses are not counted"
	switch {
	case p.Apart > 0:
		return fmt.Sprintf("leg %c is %s numbers behind leg %c: more than 2 s, or than the numbers tell apart%s", 'A'+p.Behind, stream.Thousands(p.Apart), 'B'-p.Behind, losses)
	case p.Stamps:
		return "the timestamps differ, and the numbers come so fast that the legs may be half a wrap apart" + losses
	}
	return "nothing that one leg brings comes by the other within 2 s" + losses
}

func idText(f stream.Format) string {
	if f == stream.RTP || f == stream.RTPTS {
		return "SSRC"
	}
	return "stream"
}

// SilentLeg reports whether a leg has brought nothing for 2 s, and for maxGap if that is
// longer, while the other one goes on: steady or not, it fails as a leg.
func (p Pair) SilentLeg(x int, now time.Time, maxGap time.Duration) bool {
	l := p.Legs[x]
	return l.Silent && now.Sub(l.Last) >= maxGap
}

func (p Pair) silentText(x int) string {
	return fmt.Sprintf("leg %c is silent since %s", 'A'+x, p.Legs[x].Last.Local().Format(time.TimeOnly))
}

// Warnings are what a hitless receiver may stumble over.
func (p Pair) Warnings() (list []string) {
	for x, l := range p.Legs {
		if l.Silent {
			list = append(list, p.silentText(x))
		}
	}
	if p.SamePath {
		by := ""
		if p.Interfaces[0] != "" {
			by = " on " + p.Interfaces[0]
		}
		text := fmt.Sprintf("nothing shows separate paths: both legs arrive%s from %s", by, p.Legs[0].From.Unmap())
		if p.Legs[0].Hops > 0 && p.Legs[1].Hops > 0 {
			text += fmt.Sprintf(" with TTL %d", p.Legs[0].Hops)
		}
		list = append(list, text)
	}
	if p.Stamps {
		list = append(list, "the legs have other RTP timestamps, so this is no pair by SMPTE ST 2022-7")
	}
	return list
}

// SkewText says which leg is how much earlier; "": not known.
func (p Pair) SkewText() string {
	all := p.Skew[0].Count + p.Skew[1].Count
	var parts []string
	for x, k := range p.Skew {
		if k.Count == 0 {
			continue
		}
		text := fmt.Sprintf("%c is first by %s, p99 %s", 'A'+x, skewText(k.P50), skewText(k.P99))
		if k.Count < all {
			text += fmt.Sprintf(" (%.0f %%)", 100*float64(k.Count)/float64(all))
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

func skewText(d time.Duration) string {
	return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000)
}
