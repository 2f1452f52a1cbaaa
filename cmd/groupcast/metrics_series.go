package main

import (
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/stream"
	"github.com/groupcast/groupcast/mcast/watch"
)

const (
	// mostSeries is how many sources have series of their own. Anyone can forge
	// sources, and whoever scrapes keeps each series for weeks.
	mostSeries = 2000
	// ownSeries is how many sources of a group have series of their own in any case,
	// so that a flood of one group hides no other.
	ownSeries = 4
	// mostLabel bounds a label in bytes.
	mostLabel = 200
	// otherLabel is the source of what has no series of its own.
	otherLabel = "other"
)

// The counters of a series. From countSilences on they need no numbers.
const (
	countDatagrams = iota
	countBytes
	countLost
	countDuplicates
	countReordered
	countRestarts
	countSilences
	countStorms
	countKinds
)

// The kinds of copies that are told: those that somebody is at fault for.
const (
	copyDoubled = iota
	copyReflected
	copyKinds
)

// copiesFor is how long after its last datagram a source counts as one with copies.
const copiesFor = time.Minute

// metricCopies is whether there are copies of a kind.
type metricCopies struct{ now, ever bool }

// metricCounts are the counters of a stream, or of several.
type metricCounts [countKinds]uint64

func (c *metricCounts) add(d metricCounts) {
	for n := range c {
		c[n] += d[n]
	}
}

// countsOf is what a row has counted. What is lost is what was given up: it never falls.
func countsOf(r stream.Row) metricCounts {
	n, storms := r.Numbers, 0
	if r.Copied != nil {
		storms = r.Copied.Storms
	}
	return metricCounts{uint64(r.Datagrams), r.Bytes, n.Gone, n.Duplicates, n.Reordered, uint64(n.Restarts), uint64(r.Silences), uint64(storms)}
}

// metricLabels tell series apart.
type metricLabels struct{ group, source, by, name string }

// metricSeries is what is told of a source in a group, of all of its ports together.
// Nothing of it ever falls.
type metricSeries struct {
	metricLabels
	counts   metricCounts
	numbered bool // a number of it was read once: else its loss is not known
	last     time.Time
	silent   bool // the stream that was heard last is missed
	copies   [copyKinds]metricCopies
	turn     uint64
}

// metricSocket is what a socket's streams have counted when they were looked at last.
type metricSocket struct {
	began  time.Time // another time: it had to make room, and came again
	now    metricCounts
	most   metricCounts // the highest of now: streams that are merged with others may fall
	series *metricSeries
	group  int
	by     string
	turn   uint64
}

// metricStore makes counters that never fall of snapshots, whose rows make room for
// others, come again and are merged. It has no clock.
type metricStore struct {
	most, each int // mostSeries, ownSeries

	turn     uint64
	series   map[metricLabels]*metricSeries
	order    []*metricSeries // as they came
	own      int             // series that are not of otherLabel
	perGroup []int           // of the groups of a Snapshot
	sockets  map[stream.Key]*metricSocket
	made     metricCounts // of those that made room, as told last
	dropped  uint64
	heard    map[metricLabels]bool // the groups
	pairs    []metricPair
}

func newMetricStore(most, each int) *metricStore {
	return &metricStore{
		most: most, each: each,
		series: map[metricLabels]*metricSeries{}, sockets: map[stream.Key]*metricSocket{}, heard: map[metricLabels]bool{},
	}
}

// take takes in how it stands.
func (m *metricStore) take(s watch.Snapshot) {
	m.turn++
	m.takePairs(s)
	for _, o := range m.order {
		for n := range o.copies {
			o.copies[n].now = false
		}
	}
	for len(m.perGroup) < len(s.Groups) {
		m.perGroup = append(m.perGroup, 0)
	}
	var gone metricCounts // what sockets had counted, as told, that are no more
	for _, one := range s.Streams {
		m.row(s, one, &gone)
	}
	for key, k := range m.sockets {
		if k.turn != m.turn {
			gone.add(k.most)
			delete(m.sockets, key)
			continue
		}
		for n, now := range k.now {
			if now > k.most[n] {
				k.series.counts[n] += now - k.most[n]
				k.most[n] = now
			}
		}
	}
	m.madeRoom(s.MadeRoom, gone)
	m.dropped = max(m.dropped, s.Dropped)
	for _, g := range s.Groups {
		of := targetLabels(g.Target)
		m.heard[of] = m.heard[of] || g.Ever
	}
}

// row takes in a stream, which may be one of several of its socket.
func (m *metricStore) row(s watch.Snapshot, one watch.Stream, gone *metricCounts) {
	key := one.Key
	key.Sub = 0
	k := m.sockets[key]
	if k == nil {
		k = &metricSocket{began: one.First}
		m.sockets[key] = k
	}
	if one.Sub == 0 && !k.began.Equal(one.First) {
		gone.add(k.most)
		k.began, k.most = one.First, metricCounts{}
	}
	if k.series == nil || k.group != one.Group || k.by != one.Interface {
		k.group, k.by = one.Group, one.Interface
		k.series = m.seriesOf(s, one)
	}
	if k.turn != m.turn {
		k.turn, k.now = m.turn, metricCounts{}
	}
	k.now.add(countsOf(one.Row))
	o := k.series
	o.numbered = o.numbered || one.Numbers.Format != stream.Unnumbered || one.Numbers.Distinct > 0
	if o.turn != m.turn || one.Last.After(o.last) {
		o.turn, o.last, o.silent = m.turn, one.Last, !one.SilentSince.IsZero()
	}
	// A sender that is gone leaves what was known of it.
	if c := one.Copied; c != nil && s.At.Sub(one.Last) < copiesFor {
		for n, now := range [copyKinds]bool{copyDoubled: c.Times > 0, copyReflected: c.From.IsValid() && c.Repeats} {
			if now {
				o.copies[n] = metricCopies{true, true}
			}
		}
	}
}

// madeRoom adds what those that made room counted since they were told last to the
// series of all others.
func (m *metricStore) madeRoom(o stream.Others, gone metricCounts) {
	made := metricCounts{o.Datagrams, o.Bytes, o.Gone, o.Duplicates, o.Reordered, 0, uint64(max(o.Silences, 0)), 0}
	var unseen metricCounts
	for n := range made {
		if told := m.made[n] + gone[n]; made[n] > told {
			unseen[n] = made[n] - told
		}
		m.made[n] = max(m.made[n], made[n])
	}
	if unseen == (metricCounts{}) {
		return
	}
	all := m.put(metricLabels{group: otherLabel, source: otherLabel})
	all.counts.add(unseen)
	all.numbered = all.numbered || o.Distinct > 0
}

// seriesOf is the series of a stream: its own, if it has one or there is room, or that
// of the other sources of its group.
func (m *metricStore) seriesOf(s watch.Snapshot, one watch.Stream) *metricSeries {
	asked := one.Group >= 0 && one.Group < len(s.Groups)
	l := metricLabels{group: groupLabel(one.Key.Group), source: one.Host().String(), by: labelText(one.Interface)}
	if asked {
		l.name = labelText(s.Groups[one.Group].Name)
	}
	if known := m.series[l]; known != nil {
		return known
	}
	switch {
	case asked && m.perGroup[one.Group] < m.each:
	case m.own < m.most:
	case asked:
		return m.put(metricLabels{group: l.group, source: otherLabel, name: l.name})
	default:
		return m.put(metricLabels{group: otherLabel, source: otherLabel})
	}
	m.own++
	if asked {
		m.perGroup[one.Group]++
	}
	return m.put(l)
}

func (m *metricStore) put(l metricLabels) *metricSeries {
	one := m.series[l]
	if one == nil {
		one = &metricSeries{metricLabels: l}
		m.series[l] = one
		m.order = append(m.order, one)
	}
	return one
}

// targetLabels are those of a group that was asked for, with the source and the
// interface that it was asked for with.
func targetLabels(t watch.Target) metricLabels {
	l := metricLabels{group: groupLabel(t.Group.AddrPort()), by: labelText(t.Group.Addr.Zone()), name: labelText(t.Name)}
	if t.Group.Source.IsValid() {
		l.source = t.Group.Source.Unmap().WithZone("").String()
	}
	return l
}

func groupLabel(g netip.AddrPort) string {
	return netip.AddrPortFrom(g.Addr().Unmap().WithZone(""), g.Port()).String()
}

// labelText is a text of the user's or the host's as a label.
func labelText(text string) string {
	text = chat.CleanRow(strings.ToValidUTF8(text, "�"))
	if len(text) <= mostLabel {
		return text
	}
	end := mostLabel
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
