package igmp_test

import (
	"net/netip"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/groupcast/groupcast/mcast/igmp"
	"github.com/groupcast/groupcast/mcast/igmp/igmptest"
)

// What a host says is what is read, whatever it says.
func TestDecodeReadsWhatWasSaid(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		m := message(r)
		packet := igmptest.Packet(t, m)
		got, err := igmp.Decode(append(packet, rapid.SliceOfN(rapid.Byte(), 0, 8).Draw(r, "padding")...))
		if err != nil {
			r.Fatalf("%v: %v\n%x", m, err, packet)
		}
		if !reflect.DeepEqual(got, m) {
			r.Fatalf("said %+v\nread %+v\n%x", m, got, packet)
		}
		check(t, got, len(packet))
		for n := range packet {
			if _, err := igmp.Decode(packet[:n]); err == nil {
				r.Fatalf("%v: its first %d of %d octets pass for a message", m, n, len(packet))
			}
		}
	})
}

// message draws a message that fits its family, and times that a code can say.
func message(r *rapid.T) igmp.Message {
	m := igmp.Message{
		Family: rapid.SampledFrom([]igmp.Family{igmp.IGMP, igmp.MLD}).Draw(r, "family"),
		Kind:   rapid.SampledFrom([]igmp.Kind{igmp.Query, igmp.Report, igmp.Leave}).Draw(r, "kind"),
		Hops:   rapid.IntRange(1, 255).Draw(r, "hops"),
	}
	newest, unit := 3, 100*time.Millisecond
	if m.Family == igmp.MLD {
		newest, unit = 2, time.Millisecond
	}
	m.From = address(m.Family, false).Draw(r, "from")
	if m.Family == igmp.MLD {
		m.From = netip.AddrFrom16([16]byte{0: 0xfe, 1: 0x80, 15: rapid.Byte().Draw(r, "host")})
	}
	group := address(m.Family, true)
	switch m.Kind {
	case igmp.Leave:
		m.Version, m.Group = newest-1, group.Draw(r, "group")
	case igmp.Report:
		m.Version = rapid.IntRange(1, newest).Draw(r, "version")
		if m.Version < newest {
			m.Group = group.Draw(r, "group")
			break
		}
		for range rapid.IntRange(0, 5).Draw(r, "records") {
			m.Records = append(m.Records, igmp.Record{
				Type:    igmp.RecordType(rapid.IntRange(1, 6).Draw(r, "type")),
				Group:   group.Draw(r, "group"),
				Sources: sources(r, m.Family),
			})
		}
	case igmp.Query:
		m.Version = rapid.IntRange(1, newest).Draw(r, "version")
		if m.Family == igmp.IGMP && m.Version == 1 {
			m.MaxResponse = 10 * time.Second
			break
		}
		m.MaxResponse = unit * time.Duration(rapid.IntRange(1, 127).Draw(r, "response"))
		if rapid.Bool().Draw(r, "specific") {
			m.Group = group.Draw(r, "group")
		}
		if m.Version < newest {
			break
		}
		if rapid.Bool().Draw(r, "long") {
			m.MaxResponse = unit * []time.Duration{128, 136, 248, 1024, 31744}[rapid.IntRange(0, 4).Draw(r, "code")]
		}
		m.Interval = time.Second * rapid.SampledFrom([]time.Duration{0, 1, 125, 127, 128, 3072, 31744}).Draw(r, "interval")
		m.Robustness = rapid.IntRange(0, 7).Draw(r, "robustness")
		m.Suppress = rapid.Bool().Draw(r, "suppress")
		if m.Group.IsValid() {
			m.Sources = sources(r, m.Family)
		}
	}
	m.To = igmptest.Destination(m)
	return m
}

func sources(r *rapid.T, f igmp.Family) (all []netip.Addr) {
	for range rapid.IntRange(0, 4).Draw(r, "sources") {
		all = append(all, address(f, false).Draw(r, "source"))
	}
	return all
}

func address(f igmp.Family, group bool) *rapid.Generator[netip.Addr] {
	return rapid.Custom(func(r *rapid.T) netip.Addr {
		n, first := 4, rapid.ByteRange(0, 223)
		switch {
		case f == igmp.MLD && group:
			n, first = 16, rapid.Just(byte(0xff))
		case f == igmp.MLD:
			n = 16
		case group:
			first = rapid.ByteRange(224, 239)
		}
		b := rapid.SliceOfN(rapid.Byte(), n, n).Draw(r, "address")
		b[0] = first.Draw(r, "first")
		a, _ := netip.AddrFromSlice(b)
		return a
	})
}
