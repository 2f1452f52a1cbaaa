package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// examined is a report of a host that has one of everything, with names that
// want to be more than names.
func examined() report {
	return report{
		group:  mcast.DefaultGroup,
		choice: host.Choice{Joins: []host.Interface{{Index: 2, Name: "eth0"}, {Index: 3, Name: "eth1\x1b[2J"}}},
		strong: func(s string) string { return s },
		facts: doctor.Facts{Unread: map[doctor.Origin]error{
			doctor.FromSockets: &fs.PathError{Op: "open", Path: "/proc/net/udp", Err: syscall.EACCES},
			doctor.FromFilters: syscall.ENOENT,
		}},
		findings: []doctor.Finding{
			{Name: "reverse-path", Verdict: doctor.Failure, Title: "datagrams from 10.1.0.10 are dropped", Evidence: "rp_filter = 1",
				Hints: []string{"sysctl -w net.ipv4.conf.eth0.rp_filter=0"}, Interface: "eth0"},
			{Name: "port-shared", Verdict: doctor.Warning, Title: "nc\nnothing found (4711) is at the port", Evidence: "eth1\x1b[2J",
				Interface: "eth1\x1b[2J", Fix: &doctor.Fix{UseInterface: "eth1\x1b[2J"}},
			{Name: "reverse-path", Verdict: doctor.Unknown, Title: "the filter of eth1 is not known"},
			{Name: "unicast-bind", Verdict: doctor.Unknown, Title: "not known", Evidence: "/proc/net/udp: permission denied"},
			{Name: "firewall-in", Verdict: doctor.Unknown, Title: "not known", Evidence: "nobody looked", Hints: []string{"groupcast doctor --probe"}},
			{Name: "wrong-port", Verdict: doctor.Unknown, Title: "not known", Evidence: "nobody looked"},
			{Name: "wrong-egress", Verdict: doctor.OK, Title: "sends leave by eth0", Evidence: "default route"},
			{Name: "no-route", Verdict: doctor.OK, Title: "there is a route", Evidence: "default route"},
			{Name: "wrong-port", Verdict: doctor.OK, Title: "fine at eth1", Evidence: "nothing"},
		},
	}
}

func TestDoctorText(t *testing.T) {
	const found = `failure: reverse-path: datagrams from 10.1.0.10 are dropped
  because: rp_filter = 1
  hint: sysctl -w net.ipv4.conf.eth0.rp_filter=0
  more: groupcast explain reverse-path
warning: port-shared: nc ⏎ nothing found (4711) is at the port
  because: eth1␛[2J
  more: groupcast explain port-shared
`
	const rest = `fine: wrong-egress, no-route
not known: /proc/net/mcfilter: no such file or directory
not known: unicast-bind: /proc/net/udp: permission denied
not known: wrong-port, firewall-in`
	for _, tt := range []struct {
		what   string
		change func(*report)
		want   string
	}{
		{"what was only read", func(*report) {}, found + rest + "; groupcast doctor --probe looks closer\n"},
		{"a short probe", func(r *report) { r.facts.Observed = doctor.Observed{Probed: true, For: 3e9} },
			found + rest + "; groupcast doctor --probe --watch 5m looks longer\n"},
		{"a long probe", func(r *report) { r.facts.Observed = doctor.Observed{Probed: true, For: 300e9} }, found + rest + "\n"},
		{"a long watch", func(r *report) { r.facts.Observed = doctor.Observed{For: 300e9} },
			found + rest + "; groupcast doctor --probe looks closer\n"},
		{"another group, on a named interface", func(r *report) {
			r.group = mcast.Group{Addr: netip.MustParseAddr("239.1.2.3"), Port: 5000}
			r.choice = host.Choice{Joins: []host.Interface{{Index: 2, Name: "eth0"}}, ByUser: true}
		}, found + rest + "; groupcast doctor --probe -i eth0 239.1.2.3:5000 looks closer\n"},
		{"quiet", func(r *report) { r.quiet = true }, found},
		{"nothing found", func(r *report) { r.findings, r.facts.Unread = r.findings[4:], nil },
			"nothing found: 2 of " + fmt.Sprint(len(doctor.Names())) + " pitfalls are fine, 2 not known\nfine: wrong-egress, no-route\n" +
				"not known: wrong-port, firewall-in; groupcast doctor --probe looks closer\n"},
		{"all is fine", func(r *report) { r.findings, r.facts.Unread = r.findings[6:8], nil },
			"nothing found: 2 of " + fmt.Sprint(len(doctor.Names())) + " pitfalls are fine, 0 not known\nfine: wrong-egress, no-route\n"},
	} {
		r := examined()
		tt.change(&r)
		var out strings.Builder
		if r.write(&out); out.String() != tt.want {
			t.Errorf("%s: printed\n%swant\n%s", tt.what, out.String(), tt.want)
		}
	}
}

// With --all every finding is there, with its evidence, worst first.
func TestDoctorAll(t *testing.T) {
	r := examined()
	r.all = true
	var out strings.Builder
	r.write(&out)
	var rows []string
	for line := range strings.Lines(out.String()) {
		if !strings.HasPrefix(line, " ") {
			verdict, _, _ := strings.Cut(line, ":")
			rows = append(rows, verdict)
		}
	}
	want := strings.Fields("failure warning unknown unknown unknown unknown ok ok ok fine")
	if !slices.Equal(slices.DeleteFunc(rows, func(s string) bool { return s == "not known" }), want) {
		t.Errorf("the rows begin with %q, want %q:\n%s", rows, want, out.String())
	}
	if !strings.Contains(out.String(), "ok: wrong-egress: default route\n") {
		t.Errorf("what is fine has no evidence:\n%s", out.String())
	}
}

func TestDoctorBegins(t *testing.T) {
	for _, tt := range []struct {
		from, want string
		choice     host.Choice
	}{
		{"", "224.0.0.114:1234: groupcast cannot join: no interface is up with an address of that IP version, not even lo\n", host.Choice{}},
		{"10.1.0.10", "224.0.0.114:1234 from 10.1.0.10: groupcast joins on eth0␛[2J", host.Choice{Joins: []host.Interface{{Index: 9999, Name: "eth0\x1b[2J"}}}},
	} {
		r := examined()
		r.choice = tt.choice
		if tt.from != "" {
			r.from = netip.MustParseAddr(tt.from)
		}
		var out strings.Builder
		if r.begin(&out); !strings.HasPrefix(out.String(), tt.want) || strings.Count(out.String(), "\n") != 1 {
			t.Errorf("it begins with\n%swant\n%s", out.String(), tt.want)
		}
		out.Reset()
		r.quiet = true
		if r.begin(&out); out.Len() > 0 {
			t.Errorf("quiet, and yet it says %q", out.String())
		}
	}
}

func TestDoctorJSON(t *testing.T) {
	const found = `{"type":"finding","name":"reverse-path","verdict":"failure","title":"datagrams from 10.1.0.10 are dropped","evidence":"rp_filter = 1","hints":["sysctl -w net.ipv4.conf.eth0.rp_filter=0"],"interface":"eth0"}
{"type":"finding","name":"port-shared","verdict":"warning","title":"nc ⏎ nothing found (4711) is at the port","evidence":"eth1␛[2J","hints":[],"interface":"eth1␛[2J","fix":{"use_interface":"eth1␛[2J"}}
`
	const summary = `{"type":"doctor","group":"224.0.0.114:1234","from":"10.1.0.10","interfaces":["eth0","eth1␛[2J"],"fine":["wrong-egress","no-route"],"unknown":["unicast-bind","wrong-port","firewall-in"],"unread":{"/proc/net/mcfilter":"no such file or directory","/proc/net/udp":"permission denied"},"findings":2,"probed":true,"watched_ms":1500}
`
	r := examined()
	r.from = netip.MustParseAddr("10.1.0.10")
	r.facts.Observed = doctor.Observed{Probed: true, For: 1500e6}
	var out strings.Builder
	if r.writeJSON(&out); untimed(out.String()) != found+summary {
		t.Errorf("printed\n%swant\n%s", out.String(), found+summary)
	}
	out.Reset()
	r.quiet = true
	if r.writeJSON(&out); untimed(out.String()) != found {
		t.Errorf("quiet: printed\n%swant\n%s", out.String(), found)
	}
	out.Reset()
	r.quiet, r.all = false, true
	r.writeJSON(&out)
	if lines := strings.Count(out.String(), "\n"); lines != len(r.findings)+1 {
		t.Errorf("--all: there are %d objects, want one for each of %d findings, and one for all:\n%s", lines, len(r.findings), out.String())
	}
}

// The article's host A: wrong-egress by itself, nothing wrong by eth0.
func TestDoctorOnTheArticle(t *testing.T) {
	t.Parallel()
	host := labtest.Build(t, lab.Article).Host("A")
	for _, tt := range []struct {
		args   []string
		status int
		found  []string
	}{
		{nil, exitDoubt, []string{"wrong-egress"}},
		{[]string{"-i", "default"}, exitDoubt, []string{"wrong-egress"}},
		{[]string{"-i", "eth0"}, exitOK, nil},
	} {
		p := do(t, host, append([]string{"doctor", "--json"}, tt.args...)...)
		code := p.status()
		var found []string
		for line := range strings.Lines(p.out.String()) {
			var o struct{ Type, Name string }
			if err := json.Unmarshal([]byte(line), &o); err != nil {
				t.Fatalf("%v in %q", err, line)
			}
			if o.Type == "finding" {
				found = append(found, o.Name)
			}
		}
		if code != tt.status || !slices.Equal(found, tt.found) || p.err.String() != "" {
			t.Errorf("doctor %q: status %d, found %q, want status %d and %q:\n%s%s", tt.args, code, found, tt.status, tt.found, p.out.String(), p.err.String())
		}
	}
}

// An interface that cannot be used is what a doctor is for: a finding.
func TestDoctorOfNamedInterfaces(t *testing.T) {
	t.Parallel()
	host := labtest.Build(t, lab.Topology{
		Hosts: []lab.Host{{Name: "A", Interfaces: []lab.Interface{
			{Name: "eth0", Switch: "lan", Down: true, Addrs: []netip.Prefix{netip.MustParsePrefix("192.168.8.164/24")}},
			{Name: "eth1", Switch: "lan"},
		}}},
		Switches: []lab.Switch{{Name: "lan"}},
	}).Host("A")
	for name, want := range map[string]string{
		"eth0": "failure: interface-down: eth0 is down\n",
		"eth1": "warning: no-address: eth1 has no IPv4 address\n",
	} {
		p := do(t, host, "doctor", "-i", name)
		if code := p.status(); code != exitDoubt || !strings.Contains(p.out.String(), want) {
			t.Errorf("doctor -i %s: status %d, want %d and %q:\n%s%s", name, code, exitDoubt, want, p.out.String(), p.err.String())
		}
	}
}

// ctrl+c ends a watch early: what was seen so far is printed.
func TestDoctorInterrupted(t *testing.T) {
	t.Parallel()
	host := labtest.Build(t, lab.Article).Host("A")
	for _, tt := range []struct{ args, prints string }{
		{"", ": wrong-egress: "},
		{"--json", `"group":"224.0.0.114:1234","interfaces":["eth0","eth1"]`},
		{"--probe", ": wrong-egress: "},
	} {
		p := start(t, host, "groupcast", append([]string{"doctor", "--watch", "1h"}, strings.Fields(tt.args)...)...)
		if tt.args == "--json" {
			p.prints("looking for 1h0m0s; ctrl+c ends it early")
		} else {
			p.remarks("looking for 1h0m0s; ctrl+c ends it early")
		}
		if tt.args == "--probe" {
			p.remarks("224.0.0.114") // what will be sent, and where
		}
		if err := p.cmd.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		if code := p.status(); code != exitDoubt {
			t.Errorf("doctor %s: status %d, want %d\n%s", tt.args, code, exitDoubt, p.err.String())
		}
		p.prints(tt.prints)
	}
}
