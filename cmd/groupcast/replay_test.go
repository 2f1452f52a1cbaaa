package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/record"
)

// captured is a packet of a capture.
type captured struct {
	ms    float64 // when
	from  string
	to    string
	data  []byte
	raw   []byte // what the packet is instead
	short int    // bytes that the capture has not
}

// says is a datagram from 10.0.0.1 to 239.1.2.3:5000.
func says(ms float64, text string) captured {
	return captured{ms: ms, from: "10.0.0.1:1", to: "239.1.2.3:5000", data: []byte(text)}
}

// fragmented and arp are packets that are no whole datagram.
var (
	fragmented = []byte{0x45, 0, 0, 28, 0, 0, 0x20, 0, 1, 17, 0, 0, 10, 0, 0, 1, 239, 1, 2, 3, 0, 1, 0, 2, 0, 8, 0, 0}
	notUDP     = []byte{0x45, 0, 0, 20, 0, 0, 0, 0, 1, 2, 0, 0, 10, 0, 0, 1, 224, 0, 0, 22}
)

// packetOf is a datagram with its headers, which end with UDP.
func packetOf(c captured) []byte {
	from, to := netip.MustParseAddrPort(c.from), netip.MustParseAddrPort(c.to)
	udp := binary.BigEndian.AppendUint16(nil, from.Port())
	udp = binary.BigEndian.AppendUint16(udp, to.Port())
	udp = binary.BigEndian.AppendUint16(udp, uint16(8+len(c.data)))
	udp = append(append(udp, 0, 0), c.data...)
	var ip []byte
	if to.Addr().Is4() {
		ip = binary.BigEndian.AppendUint16([]byte{0x45, 0}, uint16(20+len(udp)))
		ip = append(ip, 0, 0, 0, 0, 1, 17, 0, 0)
	} else {
		ip = binary.BigEndian.AppendUint16([]byte{0x60, 0, 0, 0}, uint16(len(udp)))
		ip = append(ip, 17, 1)
	}
	ip = append(append(ip, from.Addr().AsSlice()...), to.Addr().AsSlice()...)
	return append(ip, udp...)
}

// capturedIn writes a capture, of a link type.
func capturedIn(t testing.TB, file string, link uint32, list ...captured) string {
	t.Helper()
	var b bytes.Buffer
	put := func(list ...any) {
		for _, v := range list {
			binary.Write(&b, binary.LittleEndian, v)
		}
	}
	put(uint32(0xa1b23c4d), uint16(2), uint16(4), uint32(0), uint32(0), uint32(262144), link)
	for _, c := range list {
		packet := c.raw
		if packet == nil {
			packet = packetOf(c)
		}
		at := time.Unix(1000, 0).Add(time.Duration(c.ms * float64(time.Millisecond)))
		put(uint32(at.Unix()), uint32(at.Nanosecond()), uint32(len(packet)-c.short), uint32(len(packet)), packet[:len(packet)-c.short])
	}
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

const linkRaw, linkWifi, linkSLL = 101, 105, 113

// replayFiles are captures of many kinds.
func replayFiles(t testing.TB) string {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	two := []captured{says(0, "one"), says(1500, "two")}
	talk, err := os.ReadFile(capturedIn(t, in("talk.pcap"), linkRaw, two...))
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"cut.pcap": talk[:len(talk)-1], "header.pcap": talk[:20], "text": []byte("hello, world\n"), "empty": nil,
		"lies.pcap": append(talk[:len(talk):len(talk)], bytes.Repeat([]byte{255}, 16)...)} {
		if err := os.WriteFile(in(name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	other := says(700, "other")
	other.to = "239.1.2.3:5001"
	host := captured{ms: 10, from: "10.0.0.1:1", to: "10.0.0.2:53", data: []byte("to a host")}
	six := captured{from: "[fe80::1]:1", to: "[ff02::114]:1234", data: make([]byte, 65520)}
	name := captured{from: "10.0.0.1:5353", to: "224.0.0.251:5353", data: []byte("name")}
	long := says(1, strings.Repeat("x", 100))
	long.short = 50
	capturedIn(t, in("several.pcap"), linkRaw, append(two, other, other, host)...)
	capturedIn(t, in("host.pcap"), linkRaw, host)
	capturedIn(t, in("mdns.pcap"), linkRaw, name)
	capturedIn(t, in("long.pcap"), linkRaw, six)
	capturedIn(t, in("longer.pcap"), linkRaw, captured{from: six.from, to: six.to, data: []byte("fits")}, six)
	capturedIn(t, in("wifi.pcap"), linkWifi, captured{raw: make([]byte, 40)})
	capturedIn(t, in("odd.pcap"), linkRaw, says(0, "a\x1b[2Jb"), long, captured{ms: 2, raw: fragmented}, captured{ms: 3, raw: fragmented},
		captured{ms: 4, raw: notUDP}, says(20000, "late"), says(100, "back"), host)
	capturedIn(t, in("other.pcap"), linkRaw, append(two, captured{ms: 4, raw: notUDP})...)
	capturedIn(t, in("sent.pcap"), linkSLL, captured{raw: append([]byte{0, 4, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0}, packetOf(says(0, "sent"))...)})
	capturedIn(t, in("mixed.pcap"), linkRaw, says(0, "one"), says(1, "three"))
	capturedIn(t, in("years.pcap"), linkRaw, says(0, "x"), says(1e12, "y"))
	capturedIn(t, in("byte.pcap"), linkRaw, says(0, "x"))
	agesApart(t, in("ages.pcapng"))
	recordedOwn(t, in("own.pcapng"))
	return dir
}

// recordedOwn writes what --record does of a talk: a line that was said, its own copy,
// and the same line of another.
func recordedOwn(t testing.TB, file string) {
	r, err := record.Create(record.Options{File: file})
	if err != nil {
		t.Fatal(err)
	}
	say := func(ms int, from string) record.Datagram {
		return record.Datagram{At: time.UnixMilli(1e6 + int64(ms)), From: netip.MustParseAddrPort(from), To: netip.MustParseAddrPort("239.1.2.3:5000"), Data: []byte("hello")}
	}
	r.Sent(say(0, "10.0.0.1:1"), "")
	r.Received(say(1, "10.0.0.1:1"))
	r.Received(say(1000, "10.0.0.2:1"))
	if _, err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

// agesApart writes a capture whose times, of microseconds since 1970, are 0 and the
// last that pcapng has: 584,542 years.
func agesApart(t testing.TB, file string) {
	b := binary.LittleEndian.AppendUint32(nil, 0x0a0d0d0a)
	put := func(list ...uint32) {
		for _, v := range list {
			b = binary.LittleEndian.AppendUint32(b, v)
		}
	}
	put(28, 0x1a2b3c4d, 1, math.MaxUint32, math.MaxUint32, 28)
	put(1, 20, linkRaw, 0, 20)
	for i, text := range []string{"x", "y"} {
		packet := packetOf(says(0, text))
		size := uint32(len(packet))
		packet = append(packet, make([]byte, -len(packet)&3)...)
		put(6, uint32(32+len(packet)), 0, -uint32(i), -uint32(i), size, size)
		b = append(b, packet...)
		put(uint32(32 + len(packet)))
	}
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// What is said of a capture without sending it, and of what is not sent: the
// status, standard output and standard error. "..." is anything.
var dryRuns = []struct {
	args string // "." begins the name of a file
	want int
	out  string
	errs string
}{
	{"--dry-run ./talk.pcap 239.9.9.9", 0, "would replay 2 datagrams (6 bytes) of .../talk.pcap, recorded for 239.1.2.3:5000, to 239.9.9.9:1234 in 1.500 s (1x), TTL 1; longest pause 1.500 s\n", ""},
	{"--dry-run --as-recorded ./talk.pcap --speed 0.5 --ttl 8", 0, "would replay 2 datagrams (6 bytes) of .../talk.pcap to 239.1.2.3:5000 in 3.000 s (0.5x), TTL 8; longest pause 3.000 s\n", ""},
	{"--dry-run ./talk.pcap 239.9.9.9:7 --speed 2x --loop 3 --cap-gap 0.5", 0, "... in 3 rounds of 0.500 s (2x), TTL 1; longest pause 0.500 s; cut to 500ms: 1 pause\n", ""},
	{"--dry-run ./talk.pcap [ff05::99%eth9]:7 --speed max --loop 0", 0, "... to [ff05::99%eth9]:7 in rounds of 0.000 s until ctrl+c (max, 10,000/s at most), TTL 1\n", ""},
	{"--dry-run ./talk.pcap 239.9.9.9 --speed max --rate 4 --loop 0 -t 60", 0, "... in rounds of 0.250 s for 60.0 s (max, 4/s at most), TTL 1; longest pause 0.250 s\n", ""},
	{"--dry-run -v ./talk.pcap 239.9.9.9 --rate 0.25", 0, "+0.000000 s  recorded 10.0.0.1:1 → 239.1.2.3:5000  3 B  one\n+4.000000 s  recorded 10.0.0.1:1 → 239.1.2.3:5000  3 B  two\nwould ... in 4.000 s (1x, 0.25/s at most), ...\n", ""},
	{"--dry-run -v ./talk.pcap 239.9.9.9 -t 1.4", 0, "+0.000000 s ... one\nwould replay 1 datagram (3 bytes) of ... in 0.000 s (1x), TTL 1; --timeout ends it after 1.400 s: 1 left\n", ""},
	{"--dry-run ./talk.pcap 239.9.9.9 -t 1.4 --loop 3", 0, "would replay 1 datagram ... in 0.000 s (1x), TTL 1; --timeout ends it after 1.400 s: 5 left\n", ""},
	{"--dry-run ./talk.pcap 239.9.9.9 -t 1.4 --loop 0", 0, "would replay 1 datagram ...; --timeout ends it after 1.400 s\n", ""},
	{"--dry-run ./talk.pcap 239.9.9.9 -t 2 --loop 3", 0, "would replay 2 datagrams ... in 3 rounds of 1.500 s for 2.000 s at most (1x), TTL 1; longest pause 1.500 s\n", ""},
	{"--dry-run ./talk.pcap 239.9.9.9 -t 2", 0, "... in 1.500 s (1x), TTL 1; longest pause 1.500 s\n", ""},
	{"--dry-run -v ./talk.pcap 239.9.9.9 -i nothere", 1, "", "groupcast: send 239.9.9.9:1234: interface \"nothere\": no such interface\n  hint: list the interfaces of this host with: groupcast interfaces\n"},
	{"--dry-run -v ./talk.pcap 239.9.9.9 --speed 1e-300", 0, "...+more than 292 years  recorded ...would ... in more than 292 years (1e-300x), TTL 1; longest pause more than 292 years\n", ""},
	{"./talk.pcap 239.9.9.9 --speed 1e-300", 2, "", "groupcast: --speed 1e-300: the replay would take more than 292 years\n..."},
	{"./talk.pcap 239.9.9.9 --rate 1e-300", 2, "", "groupcast: --rate 1e-300: the replay would take more than 292 years\n..."},
	{"--dry-run ./ages.pcapng 239.9.9.9", 0, "would replay 2 datagrams (2 bytes) ... in more than 292 years (1x), ...\n", ""},
	{"./ages.pcapng 239.9.9.9", 1, "", "groupcast: replay: .../ages.pcapng: its times are more than 292 years apart\n  hint: make no pause longer than a second: --cap-gap 1s\n"},
	{"--dry-run ./ages.pcapng 239.9.9.9 --cap-gap 1s", 0, "... in 1.000 s ...\n", ""},
	{"--dry-run ./byte.pcap 239.9.9.9", 0, "would replay 1 datagram (1 byte) of ...\n", ""},
	{"--dry-run ./years.pcap 239.9.9.9", 0, "... in 277777h46m40s (1x), TTL 1; longest pause 277777h46m40s\n", ""},
	{"--dry-run -v ./odd.pcap 239.9.9.9 --only 239.1.2.3 --cap-gap 2s", 3, "+0.000000 s ... a␛[2Jb\n+2.000000 s ... late\n+2.000000 s ... back\n" +
		"would replay 3 datagrams (...; cut to 2s: 1 pause; time ran back 1 time; skipped: 1 not UDP, 2 fragments, 1 cut short; left out: 1 to other destinations\n", ""},
	{"--dry-run ./other.pcap 239.9.9.9", 3, "...; skipped: 1 not UDP\n", ""},
	{"--dry-run ./other.pcap 239.9.9.9 --only 239.1.2.3:5000", 0, "...; skipped: 1 not UDP\n", ""},
	{"--dry-run ./cut.pcap 239.9.9.9", 3, "would replay 1 datagram (3 bytes) ...\n", "groupcast: replay: .../cut.pcap: it is cut: it ends within a packet\n  hint: every datagram before that is there; a recording that is still being written ends so, too\n"},
	{"--dry-run ./lies.pcap 239.9.9.9", 3, "would replay 2 datagrams ...\n", "groupcast: replay: .../lies.pcap: it cannot be read to its end: after 2 packets: ...\n  hint: every datagram before that is there\n"},
	{"--dry-run ./host.pcap 239.9.9.9", 0, "would replay 1 datagram (9 bytes) of .../host.pcap, recorded for 10.0.0.2:53, to 239.9.9.9:1234 in 0.000 s (1x), TTL 1\n", ""},
	{"--dry-run -v ./sent.pcap 239.9.9.9", 0, "+0.000000 s  recorded 10.0.0.1:1 (left) → 239.1.2.3:5000  4 B  sent\nwould replay ...; 1 had left the recording host them\n", ""},
	{"--dry-run -v ./own.pcapng 239.9.9.9", 0, "+0.000000 s  recorded 10.0.0.1:1 (left) → 239.1.2.3:5000  5 B  hello\n+1.000000 s  recorded 10.0.0.2:1 → 239.1.2.3:5000  5 B  hello\n" +
		"would replay 2 datagrams (10 bytes) of ...; 1 had left the recording host them; left out: own copies of 1 that it had sent\n", ""},
	{"--dry-run ./long.pcap 239.9.9.9", 1, "...; not sent: 1 too long for a UDP datagram\n", ""},
	{"--dry-run ./longer.pcap 239.9.9.9", 3, "...; not sent: 1 too long for a UDP datagram\n", ""},
	{"--dry-run ./longer.pcap ff02::9999%eth0", 0, "would replay 2 datagrams (65,524 bytes) ...\n", ""},

	{"./talk.pcap", 2, "", "RECORDED FOR    DATAGRAMS  BYTES  LASTED   SENDERS\n239.1.2.3:5000  2          6      1.500 s  1\n" +
		"groupcast: replay: name the group to send to, such as 239.9.9.9:5000\n  hint: nothing is sent to the group of the recording, unless you name it or use --as-recorded\n  usage: ..."},
	{"./several.pcap 239.9.9.9", 2, "", "RECORDED FOR    DATAGRAMS  BYTES  LASTED   SENDERS\n239.1.2.3:5000  2          6      1.500 s  1\n239.1.2.3:5001  2          10     0.000 s  1\n" +
		"groupcast: the capture has 2 ports of 239.1.2.3: which of them?\n  hint: choose one of them: --only 239.1.2.3:5000\n..."},
	{"./several.pcap 239.9.9.9 --only 239.1.2.3", 2, "", "...groupcast: the capture has 2 ports of 239.1.2.3: which of them?\n..."},
	{"./several.pcap 239.9.9.9 --only 239.7.7.7:1", 1, "", "RECORDED FOR...10.0.0.2:53 ...\ngroupcast: 239.7.7.7:1: no datagram of the capture goes there\n"},
	{"./several.pcap --as-recorded --only 10.0.0.2:53", 1, "", "...groupcast: 10.0.0.2 is no group: nothing is replayed to a single host\n  hint: name a group that nothing else uses, such as 239.9.9.9:5000\n"},
	{"./mdns.pcap --as-recorded", 1, "", "RECORDED FOR ...\n224.0.0.251:5353 (mdns)  1 ...\ngroupcast: nothing is replayed to 224.0.0.251 (mdns): ..."},
	{"./talk.pcap ntp", 2, "", "groupcast: nothing is replayed to 224.0.1.1 (ntp): NTP: time servers\n  hint: name a group that nothing else uses, ...\n  usage: ..."},
	{"./talk.pcap 10.0.0.2", 2, "", "...not a multicast address...\n  hint: name a group, such as 239.9.9.9:5000\n  usage: ..."},
	{"239.9.9.9 ./talk.pcap", 2, "", "groupcast: 239.9.9.9 is a group: the file comes first, and then the group\n..."},
	{"./talk.pcap 239.9.9.9 --as-recorded", 2, "", "groupcast: GROUP and --as-recorded: one of them\n..."},
	{"./talk.pcap 239.9.9.9 more", 2, "", "groupcast: \"more\": one argument too many\n..."},
	{"", 2, "", "groupcast: replay: name the file, such as talk.pcapng\n..."},
	{"./talk.pcap 239.9.9.9 --speed 0", 2, "", "groupcast: --speed \"0\": want how many times as fast, such as 2 or 0.5, or max\n..."},
	{"./talk.pcap 239.9.9.9 --rate 0", 2, "", "groupcast: --rate wants more than 0\n..."},
	{"./talk.pcap 239.9.9.9 --loop -1", 2, "", "groupcast: --timeout, --cap-gap and --loop want 0 or more\n..."},
	{"./talk.pcap 239.9.9.9 --only all", 2, "", "groupcast: --only \"all\": want what the recording has, such as 239.1.2.3:5000\n..."},
	{"./missing 239.9.9.9", 1, "", "groupcast: replay: .../missing: no such file or directory\n"},
	{"./. 239.9.9.9", 1, "", "groupcast: replay: .../. is a directory: not a file\n"},
	{"./text 239.9.9.9", 1, "", "groupcast: replay: .../text: not a capture: neither pcap nor pcapng\n  hint: it reads pcap and pcapng, ...\n"},
	{"./empty 239.9.9.9", 1, "", "...not a capture: ..."},
	{"./header.pcap 239.9.9.9", 1, "", "...cut in its header: not a capture..."},
	{"./wifi.pcap 239.9.9.9", 1, "", "groupcast: replay: .../wifi.pcap: the capture has no UDP datagram; skipped: 1 other link type 105 (802.11)\n  hint: ..."},
}

// like reports whether a text is as wanted, where "..." is anything.
func like(text, want string) bool {
	return regexp.MustCompile(`(?s)^` + strings.ReplaceAll(regexp.QuoteMeta(want), `\.\.\.`, ".*") + `$`).MatchString(text)
}

func TestReplayWithoutSending(t *testing.T) {
	t.Parallel()
	dir, doc := replayFiles(t), readObjectsDoc(t)
	for _, c := range dryRuns {
		args := []string{"replay"}
		for _, word := range strings.Fields(c.args) {
			if strings.HasPrefix(word, "./") {
				word = dir + word[1:]
			}
			args = append(args, word)
		}
		var out, errs bytes.Buffer
		code := run(t.Context(), args, strings.NewReader(""), &out, &errs)
		if code != c.want || !like(out.String(), c.out) || !like(errs.String(), c.errs) {
			t.Errorf("replay %s: status %d, want %d\n%s\n%s\nwant\n%s\n%s", c.args, code, c.want, out.String(), errs.String(), c.out, c.errs)
		}
		out.Reset()
		errs.Reset()
		if again := run(t.Context(), append(args, "--json"), strings.NewReader(""), &out, &errs); again != code {
			t.Errorf("replay %s: status %d, and %d with --json", c.args, code, again)
		}
		doc.hold(t, "replay", c.args, out.String())
		doc.hold(t, "", c.args, errs.String())
	}
}

// Standard input is a pipe, which is read to its end, or a file, whose beginning
// was read by another.
func TestReplayStandardInput(t *testing.T) {
	copies := t.TempDir()
	t.Setenv("TMPDIR", copies)
	dir := replayFiles(t)
	talk, err := os.ReadFile(filepath.Join(dir, "talk.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	behind := filepath.Join(dir, "behind")
	if err := os.WriteFile(behind, append([]byte("12345"), talk...), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(behind)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	file.Read(make([]byte, 5))
	const want = "would replay 2 datagrams (6 bytes) of standard input, recorded for 239.1.2.3:5000, to 239.9.9.9:1234 in 1.500 s (1x), TTL 1; longest pause 1.500 s\n"
	var out, errs bytes.Buffer
	if code := run(t.Context(), strings.Fields("replay --dry-run - 239.9.9.9"), file, &out, &errs); code != 0 || out.String() != want || errs.Len() > 0 {
		t.Errorf("a file: status %d\n%s%s", code, out.String(), errs.String())
	}
	for args, why := range map[string]string{"": "to see which groups it has; --only GROUP:PORT replays it as it comes", " --only 239.1.2.3:5000": "for --dry-run or --loop"} {
		out.Reset()
		errs.Reset()
		code := run(t.Context(), strings.Fields("replay --dry-run - 239.9.9.9"+args), bytes.NewReader(talk), &out, &errs)
		if code != 0 || out.String() != want || errs.String() != "groupcast: reading standard input to its end, "+why+"\n" {
			t.Errorf("a pipe%s: status %d\n%s%s", args, code, out.String(), errs.String())
		}
	}
	out.Reset()
	errs.Reset()
	if code := run(t.Context(), strings.Fields("replay --dry-run -q - 239.9.9.9"), strings.NewReader("hello"), &out, &errs); code != exitNot ||
		!like(errs.String(), "groupcast: replay: standard input: not a capture: neither pcap nor pcapng\n  hint: ...") {
		t.Errorf("no capture: status %d\n%s%s", code, out.String(), errs.String())
	}
	if left, err := os.ReadDir(copies); err != nil || len(left) != 0 {
		t.Errorf("there are copies left: %v, %v", left, err)
	}
}

func TestReplayWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{"2": 2, "0.5x": 0.5, "max": math.Inf(1), "1e3": 1000, "0": -1, "-1": -1, "nan": -1, "inf": -1, "1e999": -1, "x": -1, "": -1} {
		var got speedValue
		if err := got.Set(text); (err != nil) != (want < 0) || err == nil && float64(got) != want {
			t.Errorf("--speed %q is %v, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{"239.1.2.3:5000": "239.1.2.3:5000", "239.1.2.3": "239.1.2.3:0", "ff02::114": "[ff02::114]:0", "[ff02::114]": "[ff02::114]:0",
		"[ff02::114%eth0]:5": "[ff02::114%eth0]:5", "mdns": "224.0.0.251:5353", "10.0.0.1:53": "10.0.0.1:53", "::ffff:239.1.2.3": "239.1.2.3:0", "239.1.2.3:x": "", "": "", "x": ""} {
		got, err := recordedDestination(text)
		if (err == nil) != (want != "") || err == nil && got.String() != want {
			t.Errorf("--only %q is %v, %v; want %q", text, got, err, want)
		}
	}
	for _, c := range []struct{ got, want string }{
		{thousands(0), "0"}, {thousands(999), "999"}, {thousands(18201), "18,201"}, {thousands(1234567), "1,234,567"},
		{lasted(0), "0.000 s"}, {lasted(9999 * time.Millisecond), "9.999 s"}, {lasted(time.Minute), "60.0 s"}, {lasted(2 * time.Hour), "2h0m0s"}, {lasted(math.MaxInt64), "more than 292 years"}, {payloadText(0), "0 bytes"}, {payloadText(1), "1 byte"},
		{behind(1234 * time.Microsecond), "1.2 ms behind"}, {behind(12 * time.Millisecond), "12 ms behind"}, {behind(90 * time.Second), "90.0 s behind"},
		{skippedText([]record.Skipped{{Reason: record.Fragment, Count: 2}, {Reason: record.Cut, Count: 1}, {Reason: record.BadHeader, Count: 1000}}, nil), "2 fragments, 1 cut short, 1,000 bad headers"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

// A recording is readable by its owner alone: that is what the advice is about.
func TestReplayOfAnothersFile(t *testing.T) {
	t.Parallel()
	c := capture{name: "my talk.pcap"}
	err := c.notOpened(fmt.Errorf("record: %w", &fs.PathError{Op: "open", Path: c.name, Err: syscall.EACCES}))
	if text, advice := err.Error(), hint(err); text != "replay: my talk.pcap: permission denied" || !strings.HasSuffix(advice, ": ls -l 'my talk.pcap'") {
		t.Errorf("%s; hint: %s", text, advice)
	}
}

// Where a stream has nothing of what was asked for, it says what it has: a few.
func TestReplayOfAnEmptyStream(t *testing.T) {
	t.Parallel()
	to := func(n int) (list []netip.AddrPort) {
		for i := range n {
			list = append(list, netip.AddrPortFrom(netip.MustParseAddr("239.1.2.3"), uint16(i+1)))
		}
		return list
	}
	r := replayer{from: capture{name: "-"}, chosen: record.Destination{To: netip.MustParseAddrPort("239.7.7.7:1")}}
	for n, want := range map[int]string{1: "239.1.2.3:1", 3: "239.1.2.3:1, 239.1.2.3:2, 239.1.2.3:3", 4: "239.1.2.3:1, 239.1.2.3:2, 239.1.2.3:3, ..."} {
		r.read = account{others: 9, elsewhere: to(n)}
		if got := r.nothing().Error(); got != "replay: standard input: 239.7.7.7:1: no datagram of the capture goes there; 9 datagrams went elsewhere: "+want {
			t.Error(got)
		}
	}
}

// --only is completed by what the file has.
func TestReplayCompletesOnly(t *testing.T) {
	t.Parallel()
	dir := replayFiles(t)
	for file, want := range map[string]string{"several.pcap": "239.1.2.3:5000\t2 datagrams\n239.1.2.3:5001\t2 datagrams\n10.0.0.2:53\t1 datagram\n:4\n", "text": ":4\n", "missing": ":4\n"} {
		var out, errs bytes.Buffer
		if run(t.Context(), []string{"__complete", "replay", filepath.Join(dir, file), "--only", ""}, strings.NewReader(""), &out, &errs); !like(out.String(), want) {
			t.Errorf("%s: %q, want %q", file, out.String(), want)
		}
	}
}

// Objects of a dry run are exact: the payload byte by byte, and the time of the
// recording.
func TestReplayDueObjects(t *testing.T) {
	t.Parallel()
	file := capturedIn(t, filepath.Join(t.TempDir(), "x"), linkRaw, says(0, "\x00\xff"), says(0.25, ""))
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"replay", "--dry-run", "-v", "--json", file, "239.9.9.9"}, strings.NewReader(""), &out, &errs); code != 0 {
		t.Fatalf("status %d: %s", code, errs.String())
	}
	var list []string
	for line := range strings.Lines(out.String()) {
		var o jsonDue
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatal(err)
		}
		list = append(list, fmt.Sprintf("%s %q %v %d", o.Type, o.Data, o.AfterMS, o.Time.UnixMicro()))
	}
	if got := strings.Join(list[:2], "; "); got != `due "\x00\xff" 0 1000000000; due "" 0.25 1000000250` {
		t.Error(got)
	}
}
