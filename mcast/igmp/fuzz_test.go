package igmp_test

import (
	"errors"
	"net/netip"
	"slices"
	"testing"

	"github.com/groupcast/groupcast/mcast/igmp"
	"github.com/groupcast/groupcast/mcast/igmp/igmptest"
)

// Whatever arrives, Decode gives a message that holds what its package promises,
// or refuses by a reason that it names.
func FuzzDecode(f *testing.F) {
	for _, g := range golden {
		for _, r := range rows(f, g.file) {
			f.Add(r.packet)
		}
	}
	reasons := []igmp.Reason{igmp.ReasonNotIGMP, igmp.ReasonHeader, igmp.ReasonFragment, igmp.ReasonCut, igmp.ReasonChecksum, igmp.ReasonLength,
		igmp.ReasonType, igmp.ReasonAddress}
	f.Fuzz(func(t *testing.T, packet []byte) {
		for _, p := range [][]byte{packet, repaired(packet)} {
			before := slices.Clone(p)
			m, err := igmp.Decode(p)
			if !slices.Equal(before, p) {
				t.Fatal("the packet was written to")
			}
			var refused *igmp.DecodeError
			if err != nil {
				if !errors.As(err, &refused) || !slices.Contains(reasons, refused.Reason) || m.Kind != 0 {
					t.Fatalf("%v beside %v", err, m)
				}
				continue
			}
			check(t, m, len(p))
		}
	})
}

// check holds a message that was decoded from so many octets to what Message says.
func check(t *testing.T, m igmp.Message, octets int) {
	t.Helper()
	newest, width := 3, 4
	if m.Family == igmp.MLD {
		newest, width = 2, 16
	}
	addrs := len(m.Sources) + len(m.Records)
	groups := []bool{}
	if m.Group.IsValid() {
		groups = append(groups, m.Group.Is4() == (m.Family == igmp.IGMP) && m.Group.IsMulticast() && !m.Group.Is4In6())
	}
	for _, r := range m.Records {
		groups = append(groups, r.Group.Is4() == (m.Family == igmp.IGMP) && r.Group.IsMulticast() && !r.Group.Is4In6())
		addrs += len(r.Sources)
		if r.Type < igmp.IsInclude || r.Type > igmp.Block || cap(r.Sources) != len(r.Sources) {
			t.Fatalf("record %v of %v", r, m)
		}
	}
	switch {
	case m.Version < 1 || m.Version > newest || m.Kind < igmp.Query || m.Kind > igmp.Leave || m.Hops < 0 || m.Hops > 255:
		t.Fatalf("%+v", m)
	case slices.Contains(groups, false):
		t.Fatalf("a group that is none: %v", m)
	case addrs*width > octets:
		t.Fatalf("%d addresses of %d octets", addrs, octets)
	case m.Kind != igmp.Query && (m.MaxResponse != 0 || m.Interval != 0 || m.Robustness != 0 || m.Suppress || m.Sources != nil):
		t.Fatalf("what only a query has: %+v", m)
	case len(m.Records) > 0 && (m.Kind != igmp.Report || m.Version != newest || m.Group.IsValid()):
		t.Fatalf("records: %+v", m)
	case m.MaxResponse < 0 || m.Interval < 0:
		t.Fatalf("negative times: %+v", m)
	}
	for _, c := range m.String() {
		if c < ' ' || c > '~' {
			t.Fatalf("%q", m)
		}
	}
	if len(m.String()) > 2048 {
		t.Fatalf("a line of %d octets", len(m.String()))
	}
}

// repaired is a packet with its checksums put right, so that a fuzzer gets behind
// them.
func repaired(packet []byte) []byte {
	p := slices.Clone(packet)
	switch {
	case len(p) >= 20 && p[0]>>4 == 4:
		header, total := int(p[0]&15)*4, int(p[2])<<8|int(p[3])
		if header < 20 || total < header+4 || len(p) < total {
			return p
		}
		put(p[:header], 10, nil)
		put(p[header:total], 2, nil)
	case len(p) >= 40 && p[0]>>4 == 6:
		start, end, next := 40, 40+(int(p[4])<<8|int(p[5])), p[6]
		for next != 58 && start+8 <= len(p) {
			next, start = p[start], start+(int(p[start+1])+1)*8
		}
		if start+4 > end || end > len(p) {
			return p
		}
		length := end - start
		put(p[start:end], 2, append(slices.Clone(p[8:40]), 0, 0, byte(length>>8), byte(length), 0, 0, 0, 58))
	}
	return p
}

func put(b []byte, at int, pseudo []byte) {
	b[at], b[at+1] = 0, 0
	sum := igmptest.Checksum(append(pseudo, b...))
	b[at], b[at+1] = byte(sum>>8), byte(sum)
}

func BenchmarkDecode(b *testing.B) {
	a := netip.MustParseAddr
	from4, from6 := a("10.9.0.77"), a("fe80::77")
	record := igmp.Record{Type: igmp.ToExclude, Group: a("239.1.2.3")}
	sources := igmp.Record{Type: igmp.Allow, Group: a("232.1.1.1"), Sources: []netip.Addr{a("10.9.0.1"), a("10.9.0.2")}}
	for _, c := range []struct {
		name string
		m    igmp.Message
	}{
		{"v2-report", igmp.Message{Family: igmp.IGMP, Kind: igmp.Report, Version: 2, From: from4, Group: record.Group}},
		{"v3-query", igmp.Message{Family: igmp.IGMP, Kind: igmp.Query, Version: 3, From: from4}},
		{"v3-report", igmp.Message{Family: igmp.IGMP, Kind: igmp.Report, Version: 3, From: from4, Records: []igmp.Record{record}}},
		{"v3-report-100", igmp.Message{Family: igmp.IGMP, Kind: igmp.Report, Version: 3, From: from4, Records: slices.Repeat([]igmp.Record{sources}, 100)}},
		{"mld-report", igmp.Message{Family: igmp.MLD, Kind: igmp.Report, Version: 2, From: from6, Records: []igmp.Record{{Type: igmp.ToExclude, Group: a("ff15::114")}}}},
	} {
		packet := igmptest.Packet(b, c.m)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := igmp.Decode(packet); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
