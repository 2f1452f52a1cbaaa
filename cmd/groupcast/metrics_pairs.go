package main

import (
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/groupcast/groupcast/mcast/stream"
	"github.com/groupcast/groupcast/mcast/watch"
)

// metricPair is what is told of a pair. Its counts never fall.
type metricPair struct {
	labels         []*dto.LabelPair
	legs           [2][]*dto.LabelPair
	compared, both uint64
	lost           [2]uint64
	comparable     bool
	silent         [2]bool
}

// takePairs takes in how it stands with the pairs, which are the same all the time.
func (m *metricStore) takePairs(s watch.Snapshot) {
	for n, p := range s.Pairs {
		if n == len(m.pairs) {
			m.pairs = append(m.pairs, newMetricPair(labelText(p.Name(&s))))
		}
		one := &m.pairs[n]
		one.compared, one.both = max(one.compared, p.Compared), max(one.both, p.LostBoth)
		one.comparable = p.State == stream.PairCompared
		for x := range p.Legs {
			one.lost[x], one.silent[x] = max(one.lost[x], p.Lost[x]), p.Legs[x].Silent
		}
	}
}

func newMetricPair(name string) metricPair {
	label := func(name, value string) *dto.LabelPair { return &dto.LabelPair{Name: &name, Value: &value} }
	pair := label("pair", name)
	return metricPair{labels: []*dto.LabelPair{pair}, legs: [2][]*dto.LabelPair{{label("leg", "A"), pair}, {label("leg", "B"), pair}}}
}

// pairDescs describe the values of pairs.
type pairDescs struct{ compared, both, lost, comparable, silent *prometheus.Desc }

func newPairDescs() pairDescs {
	of := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("groupcast_pair_"+name, help, labels, nil)
	}
	return pairDescs{
		compared:   of("compared_total", "Numbers of a pair that were judged, 2 s after a later one arrived.", "pair"),
		both:       of("lost_both_total", "Numbers that neither leg brought: what a hitless receiver loses. Not known where legs are compared by content.", "pair"),
		lost:       of("lost_total", "Numbers that a leg did not bring, with those that neither brought.", "leg", "pair"),
		comparable: of("comparable", "1 if the legs are compared now, else 0.", "pair"),
		silent:     of("leg_silent", "1 if the leg has brought nothing for 2 s while the other one goes on, else 0.", "leg", "pair"),
	}
}

func (d pairDescs) all() []*prometheus.Desc {
	return []*prometheus.Desc{d.compared, d.both, d.lost, d.comparable, d.silent}
}

func (d pairDescs) collect(pairs []metricPair, to chan<- prometheus.Metric) {
	for _, p := range pairs {
		to <- watchMetric{desc: d.compared, labels: p.labels, counts: true, value: float64(p.compared)}
		to <- watchMetric{desc: d.both, labels: p.labels, counts: true, value: float64(p.both)}
		to <- watchMetric{desc: d.comparable, labels: p.labels, value: oneIf(p.comparable)}
		for x, labels := range p.legs {
			to <- watchMetric{desc: d.lost, labels: labels, counts: true, value: float64(p.lost[x])}
			to <- watchMetric{desc: d.silent, labels: labels, value: oneIf(p.silent[x])}
		}
	}
}
