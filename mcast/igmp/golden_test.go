package igmp_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/igmp"
	"github.com/groupcast/groupcast/mcast/igmp/igmptest"
)

var update = flag.Bool("update", false, "ask tshark anew, if it is there")

// What tshark is asked for. Each file of testdata holds a packet a line, and
// what tshark said of it: nothing here runs it but -update.
var golden = []struct {
	file    string
	packets func() [][]byte
	fields  []string
}{
	{"testdata/igmp.tsv", igmpPackets, []string{"ip.ttl", "ip.src", "ip.dst", "igmp.type", "igmp.version", "igmp.max_resp", "igmp.s", "igmp.qrv",
		"igmp.qqic", "igmp.maddr", "igmp.record_type", "igmp.num_src", "igmp.saddr", "igmp.checksum.status", "_ws.malformed"}},
	{"testdata/mld.tsv", mldPackets, []string{"ipv6.hlim", "ipv6.src", "ipv6.dst", "icmpv6.type", "icmpv6.mld.maximum_response_delay",
		"icmpv6.mld.maximum_response_code", "icmpv6.mld.flag.s", "icmpv6.mld.flag.qrv", "icmpv6.mld.qqi", "icmpv6.mld.multicast_address",
		"icmpv6.mld.nb_sources", "icmpv6.mld.source_address", "icmpv6.mldr.mar.record_type", "icmpv6.mldr.mar.multicast_address",
		"icmpv6.mldr.mar.nb_sources", "icmpv6.mldr.mar.source_address", "icmpv6.checksum.status", "_ws.malformed"}},
}

// Every kind and every code decodes as tshark's fields do. Where tshark does not
// say what a message means:
//   - igmp.qqic is the code, not the seconds. They are held against what tshark
//     makes of the same code in MLD, as both are one (RFC 3376, section 4.1.7, and
//     RFC 3810, section 5.1.9).
//   - it has no response time for a query of IGMPv1: 10 s (RFC 2236, section 4).
//   - it reads a message whose checksum is wrong, and says so.
//   - it takes an MLDv2 report that has fewer records than it counts, which it
//     calls malformed in IGMPv3. Here both are cut (RFC 3810, section 5.2.4).
func TestDecodesAsTsharkDoes(t *testing.T) {
	if *update {
		for _, g := range golden {
			ask(t, g.file, g.packets(), g.fields)
		}
	}
	seconds := map[byte]string{} // of each QQIC, as tshark reads MLD
	for _, row := range rows(t, "testdata/mld.tsv") {
		if row.said["icmpv6.mld.qqi"] != "" {
			seconds[row.packet[48+25]] = row.said["icmpv6.mld.qqi"]
		}
	}
	if len(seconds) != 256 {
		t.Fatalf("tshark was shown %d of 256 QQICs", len(seconds))
	}
	for _, g := range golden {
		for _, row := range rows(t, g.file) {
			m, err := igmp.Decode(row.packet)
			var refused *igmp.DecodeError
			errors.As(err, &refused)
			switch {
			case row.said["_ws.malformed"] != "", fewerRecords(row):
				if refused == nil || refused.Reason != igmp.ReasonCut {
					t.Errorf("%x is malformed; here %v, %v", row.packet, m, err)
				}
				continue
			case row.said["igmp.checksum.status"] == "0" || row.said["icmpv6.checksum.status"] == "0":
				if refused == nil || refused.Reason != igmp.ReasonChecksum {
					t.Errorf("%x has a bad checksum for tshark; here %v, %v", row.packet, m, err)
				}
				continue
			case err != nil:
				t.Errorf("%x: %v; tshark: %v", row.packet, err, row.said)
				continue
			}
			if row.said["igmp.qqic"] != "" {
				code, _ := strconv.Atoi(row.said["igmp.qqic"])
				row.said["igmp.qqic"] = seconds[byte(code)]
			}
			if row.said["igmp.version"] == "1" && row.said["igmp.type"] == "0x11" {
				row.said["igmp.max_resp"] = "100"
			}
			ours := fields(m)
			for name, said := range row.said {
				if strings.HasSuffix(name, ".status") || name == "_ws.malformed" {
					continue
				}
				if ours[name] != said {
					t.Errorf("%x (%v): %s is %q, of tshark %q", row.packet, m, name, ours[name], said)
				}
			}
		}
	}
}

func fewerRecords(r row) bool {
	return r.said["icmpv6.type"] == "143" && int(binary.BigEndian.Uint16(r.packet[48+6:])) > len(strings.FieldsFunc(r.said["icmpv6.mldr.mar.record_type"], func(c rune) bool { return c == ',' }))
}

// fields is a message as tshark prints it.
func fields(m igmp.Message) map[string]string {
	var types, groups, counts, all []string
	for _, r := range m.Records {
		types = append(types, strconv.Itoa(int(r.Type)))
		groups = append(groups, r.Group.String())
		counts = append(counts, strconv.Itoa(len(r.Sources)))
		all = append(all, strs(r.Sources)...)
	}
	about := ""
	switch {
	case m.Group.IsValid():
		about = m.Group.String()
	case m.General() && m.Family == igmp.MLD:
		about = "::"
	case m.General():
		about = "0.0.0.0"
	}
	join := func(s []string) string { return strings.Join(s, ",") }
	if m.Family == igmp.MLD {
		said := map[string]string{
			"ipv6.hlim": strconv.Itoa(m.Hops), "ipv6.src": m.From.String(), "ipv6.dst": m.To.String(),
			"icmpv6.type":                       map[string]string{"query1": "130", "query2": "130", "report1": "131", "leave1": "132", "report2": "143"}[m.Kind.String()+strconv.Itoa(m.Version)],
			"icmpv6.mld.multicast_address":      about,
			"icmpv6.mldr.mar.record_type":       join(types),
			"icmpv6.mldr.mar.multicast_address": join(groups),
			"icmpv6.mldr.mar.nb_sources":        join(counts),
			"icmpv6.mldr.mar.source_address":    join(all),
		}
		delay := strconv.FormatInt(m.MaxResponse.Milliseconds(), 10)
		switch {
		case m.Version == 1:
			said["icmpv6.mld.maximum_response_delay"] = delay
		case m.Kind == igmp.Query:
			said["icmpv6.mld.maximum_response_code"] = delay
			said["icmpv6.mld.flag.s"] = bit(m.Suppress)
			said["icmpv6.mld.flag.qrv"] = strconv.Itoa(m.Robustness)
			said["icmpv6.mld.qqi"] = strconv.Itoa(int(m.Interval.Seconds()))
			said["icmpv6.mld.nb_sources"] = strconv.Itoa(len(m.Sources))
			said["icmpv6.mld.source_address"] = join(strs(m.Sources))
		}
		return said
	}
	said := map[string]string{
		"ip.ttl": strconv.Itoa(m.Hops), "ip.src": m.From.String(), "ip.dst": m.To.String(),
		"igmp.type": map[string]string{"query1": "0x11", "query2": "0x11", "query3": "0x11", "report1": "0x12", "report2": "0x16", "leave2": "0x17", "report3": "0x22"}[m.Kind.String()+strconv.Itoa(m.Version)],

		"igmp.version":     strconv.Itoa(m.Version),
		"igmp.maddr":       about,
		"igmp.record_type": join(types),
		"igmp.num_src":     join(counts),
		"igmp.saddr":       join(all),
	}
	if len(m.Records) > 0 {
		said["igmp.maddr"] = join(groups)
	}
	if m.Kind == igmp.Query || m.Version == 2 {
		said["igmp.max_resp"] = strconv.Itoa(int(m.MaxResponse / (100 * time.Millisecond)))
	}
	if m.Kind == igmp.Query && m.Version == 3 {
		said["igmp.s"] = bit(m.Suppress)
		said["igmp.qrv"] = strconv.Itoa(m.Robustness)
		said["igmp.qqic"] = strconv.Itoa(int(m.Interval.Seconds()))
		said["igmp.num_src"] = strconv.Itoa(len(m.Sources))
		said["igmp.saddr"] = join(strs(m.Sources))
	}
	return said
}

func bit(b bool) string { return map[bool]string{true: "1", false: "0"}[b] }

func strs(all []netip.Addr) (said []string) {
	for _, a := range all {
		said = append(said, a.String())
	}
	return said
}

type row struct {
	packet []byte
	said   map[string]string
}

func rows(t testing.TB, file string) (all []row) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		columns := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if names == nil {
			names = columns
			continue
		}
		r := row{said: map[string]string{}}
		if r.packet, err = hex.DecodeString(columns[0]); err != nil || len(columns) != len(names) {
			t.Fatalf("%s: %q: %v", file, line, err)
		}
		for i, name := range names[1:] {
			r.said[name] = columns[i+1]
		}
		all = append(all, r)
	}
	if len(all) < 100 {
		t.Fatalf("%s has %d packets", file, len(all))
	}
	return all
}

// ask writes what tshark says of packets.
func ask(t *testing.T, file string, packets [][]byte, names []string) {
	t.Helper()
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("tshark is not there: ", file, " stays as it is")
	}
	pcap := []byte{0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 101, 0, 0, 0} // raw IP
	for _, p := range packets {
		pcap = append(pcap, make([]byte, 8)...)
		pcap = binary.LittleEndian.AppendUint32(pcap, uint32(len(p)))
		pcap = binary.LittleEndian.AppendUint32(pcap, uint32(len(p)))
		pcap = append(pcap, p...)
	}
	args := []string{"-r", "-", "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=,"}
	for _, n := range names {
		args = append(args, "-e", n)
	}
	version, err := exec.Command(tshark, "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	run := exec.Command(tshark, args...)
	run.Stdin = bytes.NewReader(pcap)
	out, err := run.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(lines) != len(packets) {
		t.Fatalf("tshark says %d lines of %d packets", len(lines), len(packets))
	}
	first, _, _ := strings.Cut(string(version), "\n")
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n# tshark %s\npacket\t%s\n", first, strings.Join(args, " "), strings.Join(names, "\t"))
	for i, p := range packets {
		fmt.Fprintf(&b, "%x\t%s\n", p, lines[i])
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

var (
	router4, host4 = netip.MustParseAddr("10.9.0.1"), netip.MustParseAddr("10.9.0.77")
	router6, host6 = netip.MustParseAddr("fe80::1"), netip.MustParseAddr("fe80::77")
)

func igmpPackets() (all [][]byte) {
	add := func(ttl int, from netip.Addr, to string, message ...byte) {
		all = append(all, igmptest.IPv4(from, netip.MustParseAddr(to), ttl, message))
	}
	for c := range 256 {
		code, other := byte(c), byte(c*37+11) // each code once in each place, not the same in both
		add(1, router4, "224.0.0.1", 0x11, code, 0, 0, 0, 0, 0, 0)
		add(1, router4, "224.0.0.1", 0x11, code, 0, 0, 0, 0, 0, 0, 0x02, other, 0, 0)
	}
	add(1, router4, "224.0.0.1", 0x11, 10, 0, 0, 239, 1, 2, 3) // as a Linux bridge asks of one group
	add(64, router4, "239.1.2.3", 0x11, 10, 0, 0, 239, 1, 2, 3)
	for flags := range 16 {
		add(1, router4, "232.1.1.1", 0x11, 10, 0, 0, 232, 1, 1, 1, byte(flags), 125, 0, 2, 10, 9, 0, 77, 10, 9, 0, 78)
	}
	add(1, netip.IPv4Unspecified(), "224.0.0.1", 0x11, 100, 0, 0, 0, 0, 0, 0, 2, 125, 0, 0)
	add(1, host4, "239.1.2.3", 0x12, 0, 0, 0, 239, 1, 2, 3)
	add(1, host4, "239.1.2.3", 0x16, 0, 0, 0, 239, 1, 2, 3)
	add(1, host4, "224.0.0.2", 0x17, 0, 0, 0, 239, 1, 2, 3)
	add(255, host4, "239.1.2.3", 0x16, 0, 0, 0, 239, 1, 2, 3)
	for kind := byte(1); kind <= 6; kind++ {
		add(1, host4, "224.0.0.22", 0x22, 0, 0, 0, 0, 0, 0, 1, kind, 0, 0, 0, 239, 1, 2, 3)
		add(1, host4, "224.0.0.22", 0x22, 0, 0, 0, 0, 0, 0, 1, kind, 0, 0, 3, 232, 1, 1, 1, 10, 9, 0, 1, 10, 9, 0, 2, 10, 9, 0, 3)
		add(1, host4, "224.0.0.22", 0x22, 0, 0, 0, 0, 0, 0, 3, kind, 0, 0, 0, 239, 1, 2, 3, 7-kind, 2, 0, 1, 232, 1, 1, 1, 10, 9, 0, 1, 'a', 'u', 'x', ' ', 'd', 'a', 't', 'a',
			kind, 0, 0, 0, 239, 9, 9, 9)
	}
	add(1, netip.IPv4Unspecified(), "224.0.0.22", 0x22, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0, 224, 0, 0, 106)
	add(1, host4, "224.0.0.22", 0x22, 0, 0, 0, 0, 0, 0, 0)
	add(1, host4, "224.0.0.22", 0x22, 0, 0, 0, 0, 0, 0, 2, 4, 0, 0, 0, 239, 1, 2, 3)                   // cut: one record of two
	add(1, host4, "224.0.0.22", 0x22, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 9, 239, 1, 2, 3, 10, 9, 0, 1)      // cut: one source of nine
	add(1, router4, "239.1.2.3", 0x11, 10, 0, 0, 239, 1, 2, 3, 2, 125, 0xff, 0xff, 10, 9, 0, 77, 1, 2) // cut: sources of a query
	for _, p := range [][]byte{all[0], all[1], all[len(all)-6]} {                                      // a bit is wrong
		wrong := bytes.Clone(p)
		wrong[len(wrong)-3] ^= 0x10
		all = append(all, wrong)
	}
	return all
}

func mldPackets() (all [][]byte) {
	add := func(hops int, from netip.Addr, to string, message ...byte) {
		all = append(all, igmptest.IPv6(from, netip.MustParseAddr(to), hops, message))
	}
	group := func(s string) []byte { return netip.MustParseAddr(s).AsSlice() }
	with := func(b []byte, more ...[]byte) []byte { return append(b, bytes.Join(more, nil)...) }
	none, some := make([]byte, 16), group("ff15::114")
	delays := []uint16{}
	for c := range 256 {
		delays = append(delays, uint16(c)*257)
	}
	for e := range uint16(8) {
		delays = append(delays, 0x8000|e<<12, 0x8001|e<<12, 0x8555|e<<12, 0x8aaa|e<<12, 0x8fff|e<<12)
	}
	delays = append(delays, 10000, 32767)
	for i, d := range delays {
		add(1, router6, "ff02::1", with([]byte{130, 0, 0, 0, byte(d >> 8), byte(d), 0, 0}, none, []byte{2, byte(i), 0, 0})...)
		if i%8 == 0 {
			add(1, router6, "ff02::1", with([]byte{130, 0, 0, 0, byte(d >> 8), byte(d), 0, 0}, none)...)
		}
	}
	for flags := range byte(16) {
		add(1, router6, "ff15::114", with([]byte{130, 0, 0, 0, 3, 0xe8, 0, 0}, some, []byte{flags, 125, 0, 2}, group("2001:db8::1"), group("2001:db8::2"))...)
	}
	add(1, router6, "ff15::114", with([]byte{130, 0, 0, 0, 3, 0xe8, 0, 0}, some)...)
	add(1, netip.IPv6Unspecified(), "ff02::1", with([]byte{130, 0, 0, 0, 3, 0xe8, 0, 0}, none)...)
	add(255, host6, "ff15::114", with([]byte{131, 0, 0, 0, 0, 0, 0, 0}, some)...)
	add(1, host6, "ff02::2", with([]byte{132, 0, 0, 0, 0, 0, 0, 0}, some)...)
	for kind := byte(1); kind <= 6; kind++ {
		add(1, host6, "ff02::16", with([]byte{143, 0, 0, 0, 0, 0, 0, 1, kind, 0, 0, 0}, some)...)
		add(1, host6, "ff02::16", with([]byte{143, 0, 0, 0, 0, 0, 0, 3, kind, 0, 0, 0}, some, []byte{7 - kind, 1, 0, 2}, group("ff35::1"),
			group("2001:db8::1"), group("2001:db8::2"), []byte("aux."), []byte{kind, 0, 0, 0}, group("ff02::fb"))...)
	}
	add(1, netip.IPv6Unspecified(), "ff02::16", with([]byte{143, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0}, group("ff02::1:ff00:77"))...)
	add(1, host6, "ff02::16", 143, 0, 0, 0, 0, 0, 0, 0)
	add(1, host6, "ff02::16", with([]byte{143, 0, 0, 0, 0, 0, 0, 2, 4, 0, 0, 0}, some)...)                       // cut
	add(1, host6, "ff02::16", with([]byte{143, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 9}, some, group("2001:db8::1"))...) // cut
	for _, p := range [][]byte{all[0], all[1], all[len(all)-4]} {
		wrong := bytes.Clone(p)
		wrong[len(wrong)-3] ^= 0x10
		all = append(all, wrong)
	}
	return all
}
