package main

import (
	"encoding/json"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
)

// onlyWire is a report of a host whose only interface has no address, and a name
// that wants to be more than a name.
func onlyWire() report {
	r := examined()
	r.facts = doctor.Facts{Interfaces: []host.Interface{
		{Index: 1, Name: "lo", Flags: net.FlagUp | net.FlagRunning | net.FlagLoopback, Addrs: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/8")}},
		{Index: 2, Name: "eth\x1b[2J", Flags: net.FlagUp | net.FlagRunning | net.FlagMulticast},
	}}
	r.intent.Group = r.group
	r.findings = nil
	return r
}

// The kind of the network stands above the findings, with its reason and what
// carries groups there, which a finding that says the same need not repeat.
func TestDoctorNetwork(t *testing.T) {
	const headline = "network: this host has a cable and no address: eth␛[2J has a link, and no IPv4 address\n"
	const reasons = "  because: no interface but lo has an IPv4 address: DHCP has not answered, or nobody has set one\n" +
		"  carries groups: an address of its network, by DHCP or by hand: ip addr add ADDRESS/LENGTH dev 'eth␛[2J'\n"
	kind, _ := doctor.Network(onlyWire().facts, onlyWire().intent)
	for _, tt := range []struct {
		what   string
		change func(*report)
		want   string // what is printed before what is fine
	}{
		{"a network that says something", func(*report) {}, headline + reasons},
		{"a plain one", func(r *report) { r.facts.Interfaces = r.facts.Interfaces[:0] }, ""},
		{"a finding that says another thing", func(r *report) {
			r.findings = []doctor.Finding{{Name: "no-route", Verdict: doctor.Failure, Title: "sends go nowhere", Evidence: "unreachable", Hints: []string{"a network"}}}
		}, headline + reasons + "failure: no-route: sends go nowhere\n"},
		{"a finding that says the same", func(r *report) {
			r.findings = []doctor.Finding{{Name: "no-route", Verdict: doctor.Failure, Title: "sends go nowhere", Evidence: "unreachable", Hints: kind.Carries}}
		}, headline + "failure: no-route: sends go nowhere\n"},
		{"quiet", func(r *report) { r.quiet = true }, ""},
	} {
		r := onlyWire()
		tt.change(&r)
		var out strings.Builder
		r.write(&out)
		if !strings.HasPrefix(out.String(), tt.want) || strings.Contains(out.String(), "network:") != (tt.want != "") {
			t.Errorf("%s: printed\n%swant\n%s", tt.what, out.String(), tt.want)
		}
	}
}

func TestDoctorNetworkJSON(t *testing.T) {
	var out strings.Builder
	r := onlyWire()
	r.writeJSON(&out)
	var o struct {
		Network *jsonNetwork `json:"network"`
	}
	if err := json.Unmarshal([]byte(out.String()), &o); err != nil || o.Network == nil {
		t.Fatalf("%s: %v", out.String(), err)
	}
	if n := o.Network; n.Kind != "no-address" || !strings.Contains(n.Title, "eth␛[2J has a link") || !strings.Contains(n.Evidence, "DHCP") || len(n.Carries) != 1 {
		t.Errorf("network is %+v", n)
	}
	out.Reset()
	r.facts.Interfaces = nil
	if r.writeJSON(&out); strings.Contains(out.String(), `"network"`) {
		t.Errorf("a plain network is printed: %s", out.String())
	}
}
