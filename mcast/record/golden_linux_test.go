package record_test

import (
	"bytes"
	"flag"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/record"
)

var update = flag.Bool("update", false, "write testdata/talk.pcapng, and ask tshark what it reads")

// talk is a recording with all that there can be in one.
func talk(t *testing.T) (file []byte) {
	synctest.Test(t, func(t *testing.T) { // whose clock always begins at one time
		file, _ = recorded(t, record.Options{Program: "groupcast test", Interfaces: []host.Interface{eth0, eth1}}, func(r *record.Recorder) {
			at := func(ms int, from, to, text string, d record.Datagram) record.Datagram {
				d.At, d.From, d.To, d.Data = noon.Add(time.Duration(ms)*time.Millisecond), netip.MustParseAddrPort(from), netip.MustParseAddrPort(to), []byte(text)
				return d
			}
			r.Received(at(0, "192.168.8.226:41000", "239.1.2.3:5000", "hello", record.Datagram{IfIndex: 2, Hops: 1}))
			r.Sent(at(10, "192.168.8.164:5000", "239.1.2.3:5000", "test", record.Datagram{IfIndex: 3, Hops: 1}), "default route")
			r.Dropped(7)
			r.Received(at(20, "192.168.8.226:41000", "239.1.2.3:5000", "after a loss", record.Datagram{IfIndex: 2, Hops: 1}))
			r.Received(at(30, "[fe80::1]:41000", "[ff05::1:3]:5000", "by IPv6", record.Datagram{IfIndex: 2, Hops: 64}))
			r.Received(at(40, "192.168.8.1:67", "255.255.255.255:68", "", record.Datagram{IfIndex: 2, Hops: 255}))
			r.Received(at(50, "192.168.8.226:41000", "224.129.1.2:5000", "cut", record.Datagram{IfIndex: 2, Hops: 1, Size: 1000}))
		})
	})
	return file
}

// The file of a talk never changes, and other programs read in it what was meant.
func TestGolden(t *testing.T) {
	const golden = "testdata/talk.pcapng"
	file := talk(t)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, file, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(file, want) {
		t.Errorf("the recording differs from %s: look at both with tshark, and run with -update", golden)
	}
}

// tcpdump is shown the golden file.
func TestTcpdumpReads(t *testing.T) {
	labtest.Program(t, "tcpdump")
	tcpdump := exec.Command("tcpdump", "-n", "-e", "-v", "-tt", "--time-stamp-precision=nano", "-r", "-")
	tcpdump.Stdin = bytes.NewReader(talk(t))
	out, err := tcpdump.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
	for _, want := range []string{
		"1772366400.123456789 00:00:00:00:00:00 > 01:00:5e:01:02:03, ethertype IPv4 (0x0800), length 47: (tos 0x0, ttl 1, id 0, offset 0, flags [none], proto UDP (17), length 33)\n    192.168.8.226.41000 > 239.1.2.3.5000: UDP, length 5\n",
		"1772366400.133456789 00:00:00:00:00:00 > 01:00:5e:01:02:03,",
		"33:33:00:01:00:03, ethertype IPv6 (0x86dd), length 69: (hlim 64, next-header UDP (17) payload length: 15) fe80::1.41000 > ff05::1:3.5000: [udp sum ok] UDP, length 7\n",
		"ff:ff:ff:ff:ff:ff, ethertype IPv4 (0x0800), length 42:",
		"01:00:5e:01:01:02, ethertype IPv4 (0x0800), length 1042:",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("tcpdump does not say %q", want)
		}
	}
	if strings.Contains(string(out), "bad cksum") {
		t.Errorf("a checksum is bad:\n%s", out)
	}
}

// What tshark reads of the golden file is asked of it with -update only.
func TestTsharkReads(t *testing.T) {
	const golden = "testdata/talk.tshark"
	if *update {
		labtest.Program(t, "tshark")
		fields := []string{"frame.interface_name", "frame.packet_flags_direction", "frame.time_epoch", "frame.comment", "frame.drop_count", "frame.len", "frame.cap_len",
			"ip.checksum.status", "udp.checksum.status", "udp.dstport"}
		args := []string{"-r", filepath.Join("testdata", "talk.pcapng"), "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-T", "fields", "-E", "separator=|"}
		for _, f := range fields {
			args = append(args, "-e", f)
		}
		out, err := exec.Command("tshark", args...).Output()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, append([]byte(strings.Join(fields, "|")+"\n"), out...), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	said, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"eth0||1772366400.123456789||", "eth1|0x00000002|1772366400.133456789|left by eth1: default route|", "|7|", "|1042|45|"} {
		if !strings.Contains(string(said), want) {
			t.Errorf("tshark does not say %q in\n%s", want, said)
		}
	}
}
