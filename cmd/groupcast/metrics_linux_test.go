package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// What Prometheus reads of real streams is what the report says of them, by an
// ordinary user as well. A port in use ends the watch before it joins.
func TestMetricsOfStreams(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, drawn(watchLAN)())
	w, s := l.Host("W"), l.Host("S")
	p := start(t, w, "unshare", "--user", "groupcast", "watch", "--json", "--metrics", ":0", "--every", "1h", "-i", "eth0", "239.1.1.1:5004", "[ff15::1]:5004", "239.1.1.2:5004")
	for range 3 {
		p.prints(`"type":"joined"`)
	}
	first, _, _ := strings.Cut(p.out.String(), "\n")
	at := objectsOf[jsonWatchMetrics](t, p, "metrics")
	if len(at) != 1 || at[0].Others || !strings.HasPrefix(at[0].URL, "http://127.0.0.1:") || !strings.Contains(first, at[0].URL) {
		t.Fatalf("the metrics are at %+v", at)
	}
	place := strings.TrimSuffix(strings.TrimPrefix(at[0].URL, "http://"), "/metrics")
	busy := do(t, w, "watch", "--metrics", place, "239.1.1.1:5004")
	busy.ends(exitNot)
	if text := busy.err.String(); !strings.HasPrefix(text, "groupcast: --metrics "+place+": the port is in use by another program") || strings.Contains(text, "watching") {
		t.Errorf("of a port in use it says\n%s", text)
	}
	for n, group := range []string{"239.1.1.1:5004", "[ff15::1]:5004"} {
		from := numbers(t, s, group)
		from.send(50)
		from.head.Number += uint64(7 + n)
		from.send(50)
		from.head.Number--
		from.send(1) // the last one again
		from.end(3)
	}
	scrape := func() string {
		r, err := browser(w).Get(at[0].URL)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		text, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	var text string
	labtest.Eventually(t, "the losses in the metrics", func() bool {
		text = scrape()
		return strings.Contains(text, "groupcast_lost_total{group=\"239.1.1.1:5004\",interface=\"eth0\",name=\"\",source=\"10.0.0.2\"} 7\n") &&
			strings.Contains(text, "groupcast_lost_total{group=\"[ff15::1]:5004\",interface=\"eth0\",name=\"\",source=\"fd00::2\"} 8\n")
	})
	kill(t, p, syscall.SIGINT)
	p.ends(exitNot)
	var want []string
	for _, one := range objectsOf[jsonStream](t, p, "stream") {
		source := one.From[:strings.LastIndexByte(one.From, ':')]
		labels := fmt.Sprintf("{group=%q,interface=%q,name=\"\",source=%q}", one.Group, one.Interface, strings.Trim(source, "[]"))
		for name, value := range map[string]any{
			"datagrams_total": one.Datagrams, "bytes_total": one.Bytes, "lost_total": one.Lost, "duplicates_total": one.Duplicates, "reordered_total": one.Reordered,
			"restarts_total": one.Restarts, "silences_total": one.Silences, "storms_total": 0, "silent": 0,
			"last_heard_timestamp_seconds": fmt.Sprintf("%g", float64(one.Last.Truncate(time.Millisecond).UnixMilli())/1000),
		} {
			want = append(want, fmt.Sprintf("groupcast_%s%s %v", name, labels, value))
		}
	}
	for n, group := range []string{"239.1.1.1:5004", "[ff15::1]:5004", "239.1.1.2:5004"} {
		want = append(want, fmt.Sprintf("groupcast_group_heard{group=%q,interface=\"\",name=\"\",source=\"\"} %d", group, min(1, 2-n)))
	}
	want = append(want, "groupcast_socket_drops_total 0")
	lines := strings.Split(valuesOf(text), "\n")
	if len(want) != len(lines)-2 { // the build, and the end
		t.Errorf("%d values, want %d", len(lines)-2, len(want))
	}
	for _, line := range want {
		if !slices.Contains(lines, line) {
			t.Errorf("no %s in\n%s", line, text)
		}
	}
}
