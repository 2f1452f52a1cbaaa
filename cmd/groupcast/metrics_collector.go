package main

import (
	"bytes"
	"runtime/debug"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/groupcast/groupcast/mcast/session"
	"github.com/groupcast/groupcast/mcast/watch"
)

// metricsType is the content type of the text format.
const metricsType = "text/plain; version=0.0.4; charset=utf-8"

// seriesNames are the labels of what is told of streams and groups, sorted.
var seriesNames = []string{"group", "interface", "name", "source"}

// seriesMetric describes a value of streams.
func seriesMetric(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("groupcast_"+name, help, seriesNames, nil)
}

// watchCollector tells Prometheus how it stands with a watch. A scrape takes one
// Snapshot.
type watchCollector struct {
	snapshot func() watch.Snapshot
	store    *metricStore
	labels   map[*metricSeries][]*dto.LabelPair // made once

	counters                            [countKinds]*prometheus.Desc
	silent, heard, last, dropped, build *prometheus.Desc
	copies                              [copyKinds]*prometheus.Desc
	pairs                               pairDescs
}

func newWatchCollector(snapshot func() watch.Snapshot, v version) *watchCollector {
	return &watchCollector{
		snapshot: snapshot, store: newMetricStore(mostSeries, ownSeries), labels: map[*metricSeries][]*dto.LabelPair{},
		counters: [countKinds]*prometheus.Desc{
			countDatagrams:  seriesMetric("datagrams_total", "Datagrams received, without those that only say that their stream ends."),
			countBytes:      seriesMetric("bytes_total", "Bytes of UDP payload received."),
			countLost:       seriesMetric("lost_total", "Numbers that did not arrive within 2 s or 1,024 numbers, of numbered streams. A lower bound where the numbers wrap soon (MPEG-TS: packets)."),
			countDuplicates: seriesMetric("duplicates_total", "Numbers that arrived again, of numbered streams."),
			countReordered:  seriesMetric("reordered_total", "Numbers that arrived after a higher one, of numbered streams."),
			countRestarts:   seriesMetric("restarts_total", "How often the sender began anew, of numbered streams."),
			countSilences:   seriesMetric("silences_total", "Silences of a steady sender, ended or not."),
			countStorms:     seriesMetric("storms_total", "How often a datagram of the source was found to go in circles."),
		},
		copies: [copyKinds]*prometheus.Desc{
			copyDoubled:   seriesMetric("doubled", "1 if each datagram of the source arrives several times now, else 0; absent until it was 1 once."),
			copyReflected: seriesMetric("reflected", "1 if the source sends again what another one sent, else 0; absent until it was 1 once."),
		},
		pairs:   newPairDescs(),
		silent:  seriesMetric("silent", "1 if the source is steady and has been silent for longer than it should be, else 0."),
		heard:   seriesMetric("group_heard", "1 if something was received in the group since the watch began, else 0."),
		last:    seriesMetric("last_heard_timestamp_seconds", "When the last datagram arrived, in seconds since 1970 in UTC."),
		dropped: prometheus.NewDesc("groupcast_socket_drops_total", "Datagrams that the sockets of this host had no room for, or that arrived damaged.", nil, nil),
		build: prometheus.NewDesc("groupcast_build_info", "1, with the version of groupcast.", nil,
			prometheus.Labels{"version": v.module, "revision": v.commit, "goversion": v.golang}),
	}
}

// Describe implements prometheus.Collector.
func (c *watchCollector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range c.counters {
		to <- d
	}
	for _, d := range slices.Concat(c.copies[:], c.pairs.all(), []*prometheus.Desc{c.silent, c.heard, c.last, c.dropped, c.build}) {
		to <- d
	}
}

// Collect implements prometheus.Collector. It is not called twice at once.
func (c *watchCollector) Collect(to chan<- prometheus.Metric) {
	c.store.take(c.snapshot())
	to <- prometheus.MustNewConstMetric(c.build, prometheus.GaugeValue, 1)
	to <- prometheus.MustNewConstMetric(c.dropped, prometheus.CounterValue, float64(c.store.dropped))
	for of, heard := range c.store.heard {
		to <- watchMetric{desc: c.heard, labels: of.pairs(), value: oneIf(heard)}
	}
	c.pairs.collect(c.store.pairs, to)
	for _, s := range c.store.order {
		labels := c.labels[s]
		if labels == nil {
			labels = s.pairs()
			c.labels[s] = labels
		}
		for n, count := range s.counts {
			if s.numbered || n == countDatagrams || n == countBytes || n >= countSilences {
				to <- watchMetric{desc: c.counters[n], labels: labels, counts: true, value: float64(count)}
			}
		}
		for n, of := range s.copies {
			if of != (metricCopies{}) {
				to <- watchMetric{desc: c.copies[n], labels: labels, value: oneIf(of.now)}
			}
		}
		if s.last.IsZero() {
			continue // the sum of those that made room
		}
		to <- watchMetric{desc: c.silent, labels: labels, value: oneIf(s.silent)}
		to <- watchMetric{desc: c.last, labels: labels, value: float64(s.last.UnixMilli()) / 1000}
	}
}

func oneIf(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// watchMetric is one value. Those of a series share their labels, which would be most
// of the memory of a scrape.
type watchMetric struct {
	desc   *prometheus.Desc
	labels []*dto.LabelPair
	counts bool // a counter, else a gauge
	value  float64
}

// Desc implements prometheus.Metric.
func (m watchMetric) Desc() *prometheus.Desc { return m.desc }

// Write implements prometheus.Metric.
func (m watchMetric) Write(out *dto.Metric) error {
	out.Label = m.labels
	if m.counts {
		out.Counter = &dto.Counter{Value: &m.value}
	} else {
		out.Gauge = &dto.Gauge{Value: &m.value}
	}
	return nil
}

// pairs are labels as Prometheus has them, sorted by name.
func (l metricLabels) pairs() []*dto.LabelPair {
	values := []string{l.group, l.by, l.name, l.source}
	pairs := make([]*dto.LabelPair, len(values))
	for n := range values {
		pairs[n] = &dto.LabelPair{Name: &seriesNames[n], Value: &values[n]}
	}
	return pairs
}

// watchRegistry is a registry of its own: nothing else of this program is told.
func watchRegistry(snapshot func() watch.Snapshot) prometheus.Gatherer {
	info, _ := debug.ReadBuildInfo()
	r := prometheus.NewRegistry()
	r.MustRegister(newWatchCollector(snapshot, builtFrom(info)))
	return r
}

// scraped makes the text that a scrape reads. A mistake in it is an error of the scrape,
// and no end of the watch.
func scraped(from prometheus.Gatherer) func() ([]byte, error) {
	return func() (text []byte, err error) {
		defer func() {
			if r := recover(); r != nil {
				err = session.Recovered(r)
			}
		}()
		return metricsText(from)
	}
}

// metricsText is what a scrape reads.
func metricsText(from prometheus.Gatherer) ([]byte, error) {
	families, err := from.Gather()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(&b, f); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}
