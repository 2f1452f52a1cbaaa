package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"go.uber.org/goleak"

	"github.com/groupcast/groupcast/cmd/internal/scrape"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/watch"
)

// listening is a port for metrics that is open until the test ends.
func listening(t *testing.T, text string) *watchMetrics {
	t.Helper()
	var m watchMetrics
	if err := m.Set(text); err != nil {
		t.Fatal(err)
	}
	if err := m.listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.close)
	return &m
}

// A free port that nobody is told is a mistake.
func TestMetricsOnAFreePortAreNamed(t *testing.T) {
	for _, tt := range []struct {
		at          string
		quiet, json bool
		want        bool
	}{{":0", true, false, false}, {":0", true, true, true}, {":0", false, false, true}, {":9464", true, false, true}} {
		c := &watchCommand{set: &settings{quiet: tt.quiet, json: tt.json}, every: time.Minute, plain: true}
		if err := c.metrics.Set(tt.at); err != nil {
			t.Fatal(err)
		}
		if err := c.check(func(string) bool { return false }); (err == nil) != tt.want {
			t.Errorf("%+v: %v", tt, err)
		}
	}
}

// manySources is a watch whose metrics are more than sockets hold.
func manySources() watch.Snapshot {
	s := watchPicture()
	one := s.Streams[0]
	for n := range 10_000 {
		one.From = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 9, byte(n >> 8), byte(n)}), 5004)
		s.Streams = append(s.Streams, one)
	}
	return s
}

// Who reads nothing, says nothing or asks in the middle keeps neither others nor the
// end of the watch waiting, and all who ask at once cost one look at the watch. Of more
// than so many the oldest go.
func TestMetricsOfScrapersThatHang(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	m := listening(t, ":0")
	var looks atomic.Int32
	s := manySources()
	end := m.serve(func() watch.Snapshot { looks.Add(1); return s }, func(err error) { t.Error(err) })
	at := m.listener.Addr().String()
	var hung []net.Conn
	hang := func(request string) {
		t.Helper()
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		hung = append(hung, c)
		if _, err := io.WriteString(c, request); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		hang("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n") // and reads nothing
	}
	hang("GET /metr")
	hang("")
	began := time.Now()
	client := &http.Client{Timeout: labtest.Patience, Transport: &http.Transport{DisableKeepAlives: true}}
	get := func() (string, error) {
		r, err := client.Get(m.url())
		if err != nil {
			return "", err
		}
		defer r.Body.Close()
		text, err := io.ReadAll(r.Body)
		return string(text), err
	}
	for range 3 {
		text, err := get()
		if err != nil || strings.Count(text, "\ngroupcast_datagrams_total{") != mostSeries+1 {
			t.Errorf("beside those that hang: %d bytes, %v", len(text), err)
		}
	}
	if n := looks.Load(); float64(n) > 2+time.Since(began).Seconds() {
		t.Errorf("%d looks at the watch", n)
	}

	for len(hung) < 2*metricsConns {
		hang("GET /metr")
	}
	if text, err := get(); err != nil || len(text) == 0 {
		t.Errorf("beside as many as there may be, twice: %d bytes, %v", len(text), err)
	}
	hung[5].SetReadDeadline(time.Now().Add(labtest.Patience))
	if _, err := hung[5].Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the oldest that asked in the middle is not closed: %v", err)
	}
	end()
	if _, err := get(); err == nil {
		t.Error("it goes on after the watch")
	}
	for _, c := range hung {
		c.Close()
	}
}

// What may be asked, and what is refused.
func TestMetricsRequests(t *testing.T) {
	m := listening(t, "[::1]:0")
	defer m.serve(watchPicture, func(err error) { t.Error(err) })()
	if !strings.HasPrefix(m.url(), "http://[::1]:") || m.toOthers() {
		t.Errorf("it is at %s, to others %v", m.url(), m.toOthers())
	}
	for _, test := range []struct {
		method, path, host, header string
		want                       int
		says                       string
	}{
		{"GET", "/metrics", "", "", 200, "\ngroupcast_group_heard{"},
		{"GET", "/metrics?x=1", "LOCALHOST:1", "", 200, "\ngroupcast_group_heard{"},
		{"HEAD", "/metrics", "[::1]", "", 200, ""},
		{"GET", "/", "localhost.:1", "", 200, `<a href="/metrics">`},
		{"POST", "/metrics", "127.0.0.1:9464", "", 405, "Only GET"},
		{"GET", "/debug/pprof/", "", "", 404, "Only /metrics"},
		{"GET", "/metrics/..", "", "", 404, "Only /metrics"},
		{"GET", "/metrics", "rebound.example:9464", "", 403, "for this host alone"},
		{"GET", "/metrics", "", strings.Repeat("x", 2<<10), 200, "\ngroupcast_group_heard{"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), test.method, strings.TrimSuffix(m.url(), "/metrics")+test.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = test.host
		if test.header != "" {
			r.Header.Set("X-Long", test.header)
		}
		client := &http.Client{Timeout: labtest.Patience, Transport: &http.Transport{DisableKeepAlives: true}}
		got, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(got.Body)
		got.Body.Close()
		if err != nil || got.StatusCode != test.want || !strings.Contains(string(text), test.says) {
			t.Errorf("%s %s of %q: %d, %v\n%s", test.method, test.path, test.host, got.StatusCode, err, text)
		}
	}
	long, err := http.NewRequestWithContext(t.Context(), "GET", m.url(), nil)
	if err != nil {
		t.Fatal(err)
	}
	long.Header.Set("X-Long", strings.Repeat("x", 8<<10))
	if got, err := http.DefaultTransport.RoundTrip(long); err == nil { // which may be cut off before its answer is read
		got.Body.Close()
		if got.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("8 KiB of header: %d", got.StatusCode)
		}
	}
	if !listening(t, "0.0.0.0:0").toOthers() {
		t.Error("every address is this host alone")
	}
}

// A port that another program has is an error with a way out.
func TestMetricsPortInUse(t *testing.T) {
	m := listening(t, ":0")
	again := watchMetrics{metricsValue: metricsValue{at: m.listener.Addr().(*net.TCPAddr).AddrPort()}}
	err := again.listen(t.Context())
	const want = "--metrics %s: the port is in use by another program|ss -ltnp shows which; take another port, or any free one: --metrics 127.0.0.1:0"
	if err == nil || err.Error()+"|"+hint(err) != fmt.Sprintf(want, again.at) {
		t.Errorf("it says %v, %s", err, hint(err))
	}
	none := watchMetrics{metricsValue: metricsValue{at: netip.MustParseAddrPort("192.0.2.1:9464")}}
	if err := none.listen(t.Context()); err == nil || !strings.HasPrefix(err.Error()+"|"+hint(err), "--metrics 192.0.2.1:9464: this host does not have that address|groupcast interfaces") {
		t.Errorf("it says %v, %s", err, hint(err))
	}
}

// A mistake in the metrics is told once, and is no end of anything. Within a second
// the same text is told again.
func TestMetricsThatFail(t *testing.T) {
	var told []error
	now, gathered, fails := time.Unix(1_800_000_000, 0), 0, true
	page := &scrape.Page{Every: metricsEvery, Now: func() time.Time { return now }, Tell: func(err error) { told = append(told, err) }}
	page.Text = scraped(prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) {
		if gathered++; gathered == 1 {
			panic("a mistake")
		}
		if fails {
			return nil, errors.New("another one")
		}
		return []*dto.MetricFamily{}, nil
	}))
	get := func(want int) {
		t.Helper()
		w := httptest.NewRecorder()
		if page.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil)); w.Code != want {
			t.Errorf("status %d, want %d", w.Code, want)
		}
	}
	for range 2 {
		get(http.StatusInternalServerError)
	}
	if len(told) != 1 || !strings.HasPrefix(told[0].Error(), "internal error: a mistake") {
		t.Errorf("told %v", told)
	}
	fails = false
	for _, step := range []time.Duration{0, metricsEvery - 1, 1, metricsEvery - 1} {
		now = now.Add(step)
		get(http.StatusOK)
	}
	if gathered != 4 {
		t.Errorf("gathered %d times, want 4", gathered)
	}
}
