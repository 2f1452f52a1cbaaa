package main

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/stream"
)

// listenedFor is a report of a host that listened on eth0 for 20 s.
func listenedFor(rows ...stream.Row) report {
	start := time.Date(2026, 1, 2, 12, 4, 0, 0, time.Local)
	for n := range rows {
		rows[n].IfIndex, rows[n].First = 2, start
	}
	r := report{group: mcast.DefaultGroup, intent: doctor.Intent{Group: mcast.DefaultGroup}, strong: func(s string) string { return s }}
	r.facts.Interfaces = []host.Interface{{Index: 2, Name: "eth0"}}
	r.facts.Observed = doctor.Observed{
		For: 20 * time.Second, Probed: true, Listen: doctor.Listened{Since: start, Until: start.Add(20 * time.Second), On: []int{2}}, Heard: append([]stream.Row{}, rows...),
	}
	return r
}

func rowOf(from string, datagrams int, last time.Duration) stream.Row {
	start := time.Date(2026, 1, 2, 12, 4, 0, 0, time.Local)
	return stream.Row{Key: stream.Key{From: netip.MustParseAddrPort(from)}, Datagrams: datagrams, Last: start.Add(last), HopsMin: 1, HopsMax: 1}
}

func TestDoctorHeard(t *testing.T) {
	steady := rowOf("10.0.0.1:5004", 51, 5*time.Second)
	steady.Steady, steady.SilentSince, steady.Gap, steady.GapAt = true, steady.Last, 1200*time.Millisecond, steady.Last.Add(-3*time.Second)
	many := make([]stream.Row, 11)
	for n := range many {
		many[n] = rowOf(fmt.Sprintf("10.0.0.%d:9", n+2), 1, time.Second)
	}
	local := rowOf("10.0.0.9:9", 7, time.Second)
	local.Local = true
	for _, tt := range []struct {
		what, from string
		r          report
		want       string
	}{
		{"nobody listened", "", report{}, ""},
		{"nobody listened for one", "10.0.0.1", report{}, "10.0.0.1: not known: nobody listened; --probe does\n"},
		{"nobody was heard", "", listenedFor(), "nobody but this host was heard in 20.0 s\n"},
		{"only another program here", "", listenedFor(local), "nobody but this host was heard in 20.0 s\n"},
		{"one is not", "10.0.0.1", listenedFor(rowOf("10.0.0.2:9", 1, time.Second)), "10.0.0.1: not heard: not a datagram in 20 s\n" +
			"heard: 10.0.0.2:9: 1 datagram by eth0, the last 19.0 s before the end, ttl 1\n"},
		{"one stopped", "10.0.0.1", listenedFor(steady), "10.0.0.1: stopped at 12:04:05, 15 s before the end\n" +
			"heard: 10.0.0.1:5004: 51 datagrams by eth0, 10/s, the last 15.0 s before the end, longest gap 1.2 s at 12:04:02, ttl 1\n"},
		{"too many to name", "", listenedFor(many...), "and 3 more\n"},
	} {
		r := tt.r
		if tt.from != "" {
			r.intent.From = netip.MustParseAddr(tt.from)
		}
		var out strings.Builder
		r.writeAnswers(&out)
		r.writeHeard(&out)
		got := out.String()
		if tt.what == "too many to name" {
			if !strings.HasSuffix(got, "heard: "+tt.want) || strings.Count(got, "\n") != mostHeard+1 {
				t.Errorf("%s: printed\n%s", tt.what, got)
			}
			continue
		}
		if got != tt.want {
			t.Errorf("%s: printed\n%swant\n%s", tt.what, got, tt.want)
		}
	}
}

// heard is an array when somebody listened, and left out when nobody did.
func TestDoctorHeardJSON(t *testing.T) {
	for _, tt := range []struct {
		what, want string
		r          report
	}{
		{"nobody listened", "", report{}},
		{"nobody was heard", `"heard":[],"listened_ms":20000`, listenedFor()},
		{"one was", `"heard":[{"group":"224.0.0.114:1234","from":"10.0.0.1:5004","interface":"eth0","datagrams":51,"bytes":0,"rate":10,`, listenedFor(rowOf("10.0.0.1:5004", 51, 5*time.Second))},
	} {
		var out strings.Builder
		tt.r.writeJSON(&out)
		if !json.Valid([]byte(out.String())) || !strings.Contains(out.String(), tt.want) || strings.Contains(out.String(), `"heard"`) != (tt.want != "") {
			t.Errorf("%s: printed %s, want %s", tt.what, out.String(), tt.want)
		}
	}
}

// Whom one cannot ask for, each with a word of its own.
func TestDoctorAboutWhom(t *testing.T) {
	t.Parallel()
	host := labtest.Build(t, lab.Article).Host("A")
	for args, says := range map[string]string{
		"--from printer":         `--from "printer": want an address`,
		"--from 239.1.2.3":       `--from "239.1.2.3": that is a group`,
		"--from 192.168.8.164":   "--from 192.168.8.164: this host itself has that address",
		"--from 127.0.0.1":       "this host itself has that address",
		"--from fe80::1":         "not of the group's IP version",
		"--to printer":           `--to "printer": want an address`,
		"--to 192.168.8.164":     "--to 192.168.8.164: this host itself has that address",
		"--probe --to 224.0.0.1": "that is a group",
	} {
		p := do(t, host, append([]string{"doctor"}, strings.Fields(args)...)...)
		if code := p.status(); code != exitUsage || !strings.Contains(p.err.String(), says) {
			t.Errorf("doctor %s: status %d, want %d and %q:\n%s%s", args, code, exitUsage, says, p.out.String(), p.err.String())
		}
	}
}

// twoLANs is two hosts that are both on the same two networks, by IPv4 and IPv6.
const twoLANs = `switch one
switch two
host A
  eth0 on one 10.0.0.1/24 2001:db8:1::1/64
  eth1 on two 10.1.0.1/24
  route 224.0.0.0/4 dev eth0
host B
  eth0 on one 10.0.0.2/24 2001:db8:1::2/64
  eth1 on two 10.1.0.2/24
  route 224.0.0.0/4 dev eth0
`

// What the doctor on A says about B, first of all.
func TestDoctorAnswers(t *testing.T) {
	t.Parallel()
	topology, err := lab.ParseTopology("two", strings.NewReader(twoLANs))
	if err != nil {
		t.Fatal(err)
	}
	l := labtest.Build(t, topology)
	echo := start(t, l.Host("B"), "groupcast", "echo", "-i", "eth0", "239.1.2.3:7")
	echo.remarks("239.1.2.3")
	for _, group := range []string{"239.1.2.4", "ff05::114"} {
		start(t, l.Host("B"), "groupcast", "send", "-i", "eth0", "-c", "600", "--interval", "100ms", group, "tick")
	}
	start(t, l.Host("B"), "groupcast", "send", "-i", "eth1", "-c", "600", "--interval", "100ms", "239.1.2.5:5005", "tick")
	other := start(t, l.Host("A"), "groupcast", "listen", "-i", "eth1", "239.1.2.5:5005")
	other.prints("tick")
	for _, tt := range []struct {
		args, says string
		status     int
	}{
		{"-i eth0 --to 10.0.0.2 --probe 239.1.2.3:7", "10.0.0.2: hears this host: it answered what was sent to the group\n", exitOK},
		{"-i eth0 --to 10.0.0.2 --probe 239.1.2.9", "10.0.0.2: not known: ", exitOK},
		{"-i eth0 --to 10.0.0.2 239.1.2.3:7", "--from 10.0.0.1 239.1.2.3:7, while this host sends\n", exitOK},
		{"-i eth0 --from 10.0.0.2 --probe 239.1.2.4", "10.0.0.2: heard: ", exitOK},
		{"-i eth0 --from 10.0.0.2 239.1.2.4", "10.0.0.2: not known: nobody listened", exitOK},
		{"-i eth0 --from 10.0.0.2 --probe 239.1.2.9", "10.0.0.2: not heard: ", exitDoubt},
		{"-i eth0 --from 2001:db8:1::2 --probe ff05::114", "2001:db8:1::2: heard: ", exitOK},
		{"-i eth0 --from 10.1.0.2 --probe 239.1.2.5:5005", "10.1.0.2: heard by another interface: ", exitDoubt},
	} {
		t.Run(tt.args, func(t *testing.T) {
			p := start(t, l.Host("A"), "groupcast", append([]string{"doctor"}, strings.Fields(tt.args)...)...)
			if code := p.status(); code != tt.status || !strings.Contains(p.out.String(), tt.says) ||
				tt.status == exitDoubt && strings.Contains(p.out.String(), "nothing found") {
				t.Errorf("status %d, want %d and %q:\n%s%s", code, tt.status, tt.says, p.out.String(), p.err.String())
			}
		})
	}
}
