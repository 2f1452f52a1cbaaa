package headers

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// theirs are fields of tshark, and whose they are here: of the headers whose layer begins so.
// Where there is a factor, tshark counts in other units.
var theirs = []struct {
	field, layer, name string
	factor             uint64
}{
	{"eth.dst", "Ethernet", "Destination", 0},
	{"eth.src", "Ethernet", "Source", 0},
	{"vlan.id", "VLAN", "VID", 0},
	{"arp.opcode", "ARP", "Operation", 0},
	{"arp.src.hw_mac", "ARP", "Sender hardware address", 0},
	{"arp.src.proto_ipv4", "ARP", "Sender protocol address", 0},
	{"arp.dst.proto_ipv4", "ARP", "Target protocol address", 0},
	{"ip.hdr_len", "IPv4", "IHL", 4},
	{"ip.dsfield", "IPv4", "Type of Service", 0},
	{"ip.len", "IPv4", "Total Length", 0},
	{"ip.id", "IPv4", "Identification", 0},
	{"ip.flags.df", "IPv4", "DF", 0},
	{"ip.flags.mf", "IPv4", "MF", 0},
	{"ip.frag_offset", "IPv4", "Fragment Offset", 0},
	{"ip.ttl", "IPv4", "Time to Live", 0},
	{"ip.proto", "IPv4", "Protocol", 0},
	{"ip.checksum", "IPv4", "Header Checksum", 0},
	{"ip.src", "IPv4", "Source Address", 0},
	{"ip.dst", "IPv4", "Destination Address", 0},
	{"ipv6.flow", "IPv6", "Flow Label", 0},
	{"ipv6.plen", "IPv6", "Payload Length", 0},
	{"ipv6.hlim", "IPv6", "Hop Limit", 0},
	{"ipv6.src", "IPv6", "Source Address", 0},
	{"ipv6.dst", "IPv6", "Destination Address", 0},
	{"ipv6.fraghdr.offset", "fragment", "Fragment Offset", 0},
	{"ipv6.fraghdr.more", "fragment", "M", 0},
	{"ipv6.fraghdr.ident", "fragment", "Identification", 0},
	{"udp.srcport", "UDP", "Source Port", 0},
	{"udp.dstport", "UDP", "Destination Port", 0},
	{"udp.length", "UDP", "Length", 0},
	{"udp.checksum", "UDP", "Checksum", 0},
	{"tcp.dstport", "TCP", "Destination Port", 0},
	{"tcp.seq_raw", "TCP", "Sequence Number", 0},
	{"tcp.ack_raw", "TCP", "Acknowledgment Number", 0},
	{"tcp.flags.syn", "TCP", "SYN", 0},
	{"tcp.flags.ack", "TCP", "ACK", 0},
	{"tcp.flags.reset", "TCP", "RST", 0},
	{"tcp.window_size_value", "TCP", "Window", 0},
	{"tcp.checksum", "TCP", "Checksum", 0},
	{"icmp.type", "ICMP", "Type", 0},
	{"icmp.code", "ICMP", "Code", 0},
	{"icmp.checksum", "ICMP", "Checksum", 0},
	{"icmp.mtu", "ICMP", "Next-Hop MTU", 0},
	{"icmp.ident", "ICMP", "Identifier", 0},
	{"icmp.seq", "ICMP", "Sequence Number", 0},
	{"icmpv6.checksum", "ICMPv6", "Checksum", 0},
	{"icmpv6.mtu", "ICMPv6", "MTU", 0},
	{"icmpv6.nd.ns.target_address", "ICMPv6", "Target Address", 0},
	{"icmpv6.opt.linkaddr", "ICMPv6", "Option: Source Link-Layer Address", 0},
	{"igmp.type", "IGMP", "Type", 0},
	{"igmp.checksum", "IGMP", "Checksum", 0},
	{"igmp.num_grp_recs", "IGMP", "Number of Group Records", 0},
	{"igmp.qrv", "IGMP", "QRV", 0},
	{"igmp.s", "IGMP", "S", 0},
	{"icmpv6.mld.maximum_response_code", "MLDv2", "Maximum Response Code", 0},
	{"icmpv6.mld.flag.qrv", "MLDv2", "QRV", 0},
	{"icmpv6.mldr.nb_mcast_records", "MLDv2", "Nr of Mcast Address Records", 0},
	{"icmpv6.mldr.mar.multicast_address", "MLDv2", "Record [1] Multicast Address", 0},
}

// judged are what tshark says of checksums, and ours: 0 bad, 1 good, 2 not checked, 3 not there.
var judged = map[string]struct{ layer, name string }{
	"ip.checksum.status": {"IPv4", "Header Checksum"}, "udp.checksum.status": {"UDP", "Checksum"}, "tcp.checksum.status": {"TCP", "Checksum"},
	"icmp.checksum.status": {"ICMP", "Checksum"}, "igmp.checksum.status": {"IGMP", "Checksum"}, "icmpv6.checksum.status": {"ICMPv6", "Checksum"},
}

// Every field of every kind of frame is what tshark reads.
func TestFieldsAreThoseOfTshark(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("tshark is not installed")
	}
	var file bytes.Buffer
	w := pcapgo.NewWriter(&file)
	if err := w.WriteFileHeader(65535, layers.LinkTypeEthernet); err != nil {
		t.Fatal(err)
	}
	for i, f := range frames {
		if err := w.WritePacket(gopacket.CaptureInfo{Timestamp: time.Unix(int64(i), 0), CaptureLength: len(f.frame), Length: len(f.frame)}, f.frame); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "frames.pcap")
	if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"-n", "-r", path, "-T", "fields", "-E", "separator=|"}
	for _, o := range []string{"ip.check_checksum:TRUE", "udp.check_checksum:TRUE", "tcp.check_checksum:TRUE", "ip.defragment:FALSE", "ipv6.defragment:FALSE"} {
		args = append(args, "-o", o)
	}
	var checks []string
	for _, f := range theirs {
		args = append(args, "-e", f.field)
	}
	for field := range judged {
		checks = append(checks, field)
		args = append(args, "-e", field)
	}
	cmd := exec.CommandContext(t.Context(), tshark, args...)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tshark: %v", err)
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(lines) != len(frames) {
		t.Fatalf("tshark has %d lines for %d frames", len(lines), len(frames))
	}
	compared := map[string]int{}
	for i, line := range lines {
		list, said := Decode(Ethernet, frames[i].frame), strings.Split(line, "|")
		for j, f := range theirs {
			ours := values(list, f.layer, f.name, f.factor)
			if got := plain(said[j], 0); got != ours {
				t.Errorf("%s: %s is %s, here %q", frames[i].name, f.field, got, ours)
			} else if ours != "" {
				compared[f.field]++
			}
		}
		for j, field := range checks {
			of := judged[field]
			for k, status := range strings.Split(said[len(theirs)+j], ",") {
				fields := exactly(list, of.layer, of.name)
				if status == "" || k >= len(fields) {
					continue
				}
				note := fields[k].Note
				want := map[string][]string{"0": {"wrong"}, "1": {"right"}, "2": {"not known", "right", "wrong"}, "3": {"not given"}}[status]
				fits := false
				for _, w := range want {
					fits = fits || strings.HasPrefix(note, w)
				}
				if !fits {
					t.Errorf("%s: %s is %s, here %q", frames[i].name, field, status, note)
				}
				compared[field]++
			}
		}
	}
	for _, f := range theirs {
		if compared[f.field] == 0 {
			t.Errorf("no frame has %s", f.field)
		}
	}
	for field := range judged {
		if compared[field] == 0 {
			t.Errorf("no frame has %s", field)
		}
	}
}

// exactly are the fields of a layer; ICMP is not ICMPv6, IGMP is every version of it.
func exactly(list []Header, layer, name string) (fields []Field) {
	for _, h := range list {
		if h.Layer == layer || layer == "IGMP" && strings.HasPrefix(h.Layer, "IGMP") || layer == "ICMPv6" && strings.HasPrefix(h.Layer, "MLD") && name == "Checksum" {
			for _, f := range h.Fields {
				if f.Name == name {
					fields = append(fields, f)
				}
			}
		}
	}
	return fields
}

// values are our values of a field, in tshark's form: with commas between them.
func values(list []Header, layer, name string, factor uint64) string {
	var words []string
	for _, f := range exactly(list, layer, name) {
		words = append(words, f.Value)
	}
	return plain(strings.Join(words, ","), factor)
}

// plain writes numbers in decimal, and multiplies them.
func plain(list string, factor uint64) string {
	words := strings.Split(list, ",")
	for i, w := range words {
		switch n, err := strconv.ParseUint(w, 0, 64); {
		case w == "True":
			words[i] = "1"
		case w == "False":
			words[i] = "0"
		case err == nil:
			words[i] = strconv.FormatUint(n*max(factor, 1), 10)
		}
	}
	return strings.Join(words, ",")
}
