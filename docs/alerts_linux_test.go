// Package docs is the manual; what of it runs is tested here.
package docs

import (
	"context"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/template"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
	"go.yaml.in/yaml/v3"
)

// alertTests is a file that promtool test rules takes, as far as ours goes.
type alertTests struct {
	RuleFiles []string       `yaml:"rule_files"`
	Every     model.Duration `yaml:"evaluation_interval"`
	Tests     []struct {
		Name   string         `yaml:"name"`
		Every  model.Duration `yaml:"interval"`
		Series []struct {
			Series string `yaml:"series"`
			Values string `yaml:"values"`
		} `yaml:"input_series"`
		Alerts []struct {
			At   model.Duration `yaml:"eval_time"`
			Name string         `yaml:"alertname"`
			Want []struct {
				Labels      map[string]string `yaml:"exp_labels"`
				Annotations map[string]string `yaml:"exp_annotations"`
			} `yaml:"exp_alerts"`
		} `yaml:"alert_rule_test"`
	} `yaml:"tests"`
}

// alertSeries are the series of a test.
type alertSeries []storage.Series

// Querier implements storage.Queryable.
func (s alertSeries) Querier(int64, int64) (storage.Querier, error) {
	return &storage.MockQuerier{SelectMockFunction: func(_ bool, _ *storage.SelectHints, by ...*labels.Matcher) storage.SeriesSet {
		set := &alertSet{at: -1}
		for _, one := range s {
			if !slices.ContainsFunc(by, func(m *labels.Matcher) bool { return !m.Matches(one.Labels().Get(m.Name)) }) {
				set.list = append(set.list, one)
			}
		}
		return set
	}}, nil
}

// alertSet implements storage.SeriesSet.
type alertSet struct {
	list []storage.Series
	at   int
}

func (s *alertSet) Next() bool                        { s.at++; return s.at < len(s.list) }
func (s *alertSet) At() storage.Series                { return s.list[s.at] }
func (s *alertSet) Err() error                        { return nil }
func (s *alertSet) Warnings() annotations.Annotations { return nil }

// alertSample implements chunks.Sample.
type alertSample struct {
	chunks.Sample
	t int64
	v float64
}

func (s alertSample) T() int64                 { return s.t }
func (s alertSample) F() float64               { return s.v }
func (s alertSample) Type() chunkenc.ValueType { return chunkenc.ValFloat }
func (s alertSample) Copy() chunks.Sample      { return s }

// The alerts of alerts.yml fire when their test in alerts_test.yml says so,
// and else they do not, by Prometheus' own engine; and they ask for metrics and labels
// that there are.
func TestAlerts(t *testing.T) {
	groups, errs := rulefmt.ParseFile("alerts.yml", false, model.UTF8Validation)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	text, err := os.ReadFile("alerts_test.yml")
	if err != nil {
		t.Fatal(err)
	}
	var tests alertTests
	decoder := yaml.NewDecoder(strings.NewReader(string(text)))
	decoder.KnownFields(true)
	if err := decoder.Decode(&tests); err != nil {
		t.Fatal(err)
	}
	known := metricNames(t)
	rules := map[string]rulefmt.Rule{}
	for _, g := range groups.Groups {
		for _, r := range g.Rules {
			rules[r.Alert] = r
			holdAlert(t, r, known)
		}
	}
	if len(rules) != 9 {
		t.Errorf("%d alerts", len(rules))
	}
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 1e6, Timeout: time.Minute, LookbackDelta: 5 * time.Minute})
	defer engine.Close()
	fired, quiet := map[string]bool{}, map[string]bool{}
	for _, test := range tests.Tests {
		var series alertSeries
		for _, in := range test.Series {
			of, values, err := parser.ParseSeriesDesc(in.Series + " " + in.Values)
			if err != nil {
				t.Fatalf("%s: %s: %v", test.Name, in.Series, err)
			}
			holdLabels(t, in.Series, of, known)
			var samples []chunks.Sample
			for n, v := range values {
				if !v.Omitted {
					samples = append(samples, alertSample{t: int64(n) * time.Duration(test.Every).Milliseconds(), v: v.Value})
				}
			}
			series = append(series, storage.NewListSeries(of, samples))
		}
		for _, a := range test.Alerts {
			rule, ok := rules[a.Name]
			if !ok {
				t.Fatalf("%s: there is no alert %s", test.Name, a.Name)
			}
			var want []string
			for _, one := range a.Want {
				want = append(want, fmt.Sprint(labels.FromMap(one.Labels), " ", one.Annotations["summary"]))
			}
			got := firing(t, engine, series, rule, time.Duration(a.At), time.Duration(tests.Every))
			if slices.Sort(want); !slices.Equal(got, want) {
				t.Errorf("%s: %s at %s: %q fires, want %q", test.Name, a.Name, a.At, got, want)
			}
			fired[a.Name] = fired[a.Name] || len(got) > 0
			quiet[a.Name] = quiet[a.Name] || len(got) == 0
		}
	}
	for name := range rules {
		if !fired[name] || !quiet[name] {
			t.Errorf("%s is tried by no test, or by half of one", name)
		}
	}
}

// firing are the alerts of a rule that fire at a time, with their summaries: those
// that held at each look for as long as the rule wants.
func firing(t *testing.T, engine *promql.Engine, series alertSeries, rule rulefmt.Rule, at, every time.Duration) (list []string) {
	t.Helper()
	since := map[string]time.Duration{}
	summary := map[string]string{}
	for now := time.Duration(0); now <= at; now += every {
		q, err := engine.NewInstantQuery(context.Background(), series, nil, rule.Expr, time.UnixMilli(now.Milliseconds()))
		if err != nil {
			t.Fatal(err)
		}
		result := q.Exec(t.Context())
		vector, err := result.Vector()
		if err != nil {
			t.Fatalf("%s: %v", rule.Alert, err)
		}
		held := since
		since = map[string]time.Duration{}
		for _, one := range vector {
			of := labels.NewBuilder(one.Metric).Del(model.MetricNameLabel)
			for name, value := range rule.Labels {
				of.Set(name, value)
			}
			key := of.Labels().String()
			if now == at {
				summary[key] = expanded(t, rule.Annotations["summary"], one)
			}
			if began, known := held[key]; known {
				since[key] = began
			} else {
				since[key] = now
			}
		}
		q.Close()
	}
	for key, began := range since {
		if at-began >= time.Duration(rule.For) {
			list = append(list, key+" "+summary[key])
		}
	}
	slices.Sort(list)
	return list
}

// expanded is a text of a rule with what Prometheus puts in.
func expanded(t *testing.T, text string, of promql.Sample) string {
	t.Helper()
	text = "{{$labels := .Labels}}{{$value := .Value}}" + text
	data := template.AlertTemplateData(of.Metric.Map(), nil, "", of)
	out, err := template.NewTemplateExpander(t.Context(), text, "alert", data, model.Time(of.T), nil, nil, nil).Expand()
	if err != nil {
		t.Error(err)
	}
	return out
}

// metricNames are the metrics in the table of streams.md, which another test compares
// with what a watch has, and their labels.
func metricNames(t *testing.T) map[string][]string {
	t.Helper()
	page, err := os.ReadFile("streams.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string][]string{}
	for line := range strings.Lines(string(page)) {
		if !strings.HasPrefix(line, "| groupcast_") {
			continue
		}
		for _, name := range metricName.FindAllString(line, -1) {
			known[name] = []string{"instance", "job"}
			switch {
			case strings.Contains(line, "One value for each pair"):
				known[name] = append(known[name], "pair")
			case strings.Contains(line, "One value for each leg"):
				known[name] = append(known[name], "pair", "leg")
			case !strings.Contains(line, "One value for the whole watch"):
				known[name] = append(known[name], "group", "interface", "name", "source")
			}
		}
	}
	return known
}

var (
	metricName = regexp.MustCompile(`groupcast_\w+`)
	alertLabel = regexp.MustCompile(`\$labels\.(\w+)`)
)

// holdAlert looks whether there is what a rule asks for.
func holdAlert(t *testing.T, r rulefmt.Rule, known map[string][]string) {
	t.Helper()
	e, err := parser.ParseExpr(r.Expr)
	if err != nil {
		t.Fatal(err)
	}
	var of []string
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		if v, ok := n.(*parser.VectorSelector); ok {
			if of = known[v.Name]; of == nil {
				t.Errorf("%s: there is no metric %s", r.Alert, v.Name)
			}
			for _, m := range v.LabelMatchers {
				if m.Name != model.MetricNameLabel && !slices.Contains(of, m.Name) {
					t.Errorf("%s: %s has no label %s", r.Alert, v.Name, m.Name)
				}
			}
		}
		return nil
	})
	for _, m := range alertLabel.FindAllStringSubmatch(fmt.Sprint(slices.Collect(maps.Values(r.Annotations))), -1) {
		if !slices.Contains(of, m[1]) {
			t.Errorf("%s: its words name a label %s, which there is not", r.Alert, m[1])
		}
	}
}

// holdLabels looks whether the series of a test is as a watch has it.
func holdLabels(t *testing.T, text string, of labels.Labels, known map[string][]string) {
	t.Helper()
	of.Range(func(l labels.Label) {
		if l.Name != model.MetricNameLabel && !slices.Contains(known[of.Get(model.MetricNameLabel)], l.Name) {
			t.Errorf("%s: there is no such metric with a label %s", text, l.Name)
		}
	})
}
