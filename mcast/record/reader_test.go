package record_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/groupcast/groupcast/mcast/record"
)

// Datagrams from 10.0.0.1:1 to 239.1.2.3:5000 and from fe80::1:1 to
// ff05::1:3:5000, TTL 3, that say hi.
const (
	udp4 = "0001138800" + "0a0000" + "6869"
	ip4  = "4500001e000000000311" + "0000" + "0a000001" + "ef010203"
	ip6  = "60000000000a1103" + "fe800000000000000000000000000001" + "ff050000000000000000000000010003"
	zero = "000000000000"
	mac  = "01005e010203"
)

// frame4 and frame6 are what RAW has of them.
func frame4() string { return ip4 + udp4 }
func frame6() string { return ip6 + udp4 }

func octets(t testing.TB, digits string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
	if err != nil {
		t.Fatalf("%q: %v", digits, err)
	}
	return b
}

// classic is a pcap of one link type. nano and order are its format.
func classic(order binary.ByteOrder, nano bool, link uint32, packets ...[]byte) []byte {
	magic, fraction := uint32(0xa1b2c3d4), uint32(123456)
	if nano {
		magic, fraction = 0xa1b23c4d, 123456789
	}
	var b bytes.Buffer
	put := func(list ...any) {
		for _, v := range list {
			binary.Write(&b, order, v)
		}
	}
	put(magic, uint16(2), uint16(4), uint32(0), uint32(0), uint32(65535), link)
	for _, p := range packets {
		put(uint32(1000), fraction, uint32(len(p)), uint32(len(p)))
		b.Write(p)
	}
	return b.Bytes()
}

func TestFormats(t *testing.T) {
	packet := octets(t, mac+zero+"0800"+frame4())
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		for _, nano := range []bool{false, true} {
			for _, zip := range []bool{false, true} {
				file := classic(order, nano, 1, packet, packet)
				if zip {
					file = zipped(t, file)
				}
				got, r := readAll(t, file)
				want := time.Unix(1000, 123456000)
				if nano {
					want = time.Unix(1000, 123456789)
				}
				if len(got) != 2 || r.Skipped() != nil || !got[1].At.Equal(want) || string(got[1].Data) != "hi" || got[1].Hops != 3 {
					t.Errorf("%v, nanoseconds %t, gzip %t: %+v, skipped %v", order, nano, zip, got, r.Skipped())
				}
			}
		}
	}
	file, _ := recorded(t, record.Options{}, func(r *record.Recorder) { r.Received(heard("hi")) })
	if got, _ := readAll(t, zipped(t, file)); len(got) != 1 {
		t.Errorf("a pcapng with gzip has %v", got)
	}
}

// A pcap that is cut says so, wherever that is, but between two packets.
func TestPcapCutAtEachByte(t *testing.T) {
	packet := octets(t, mac+zero+"0800"+frame4())
	file, each := classic(binary.LittleEndian, true, 1, packet, packet, packet), 16+len(packet)
	for cut := 24; cut <= len(file); cut++ {
		r, err := record.NewReader(bytes.NewReader(file[:cut]))
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		want := io.ErrUnexpectedEOF
		if (cut-24)%each == 0 {
			want = io.EOF
		}
		if got, err := all(r); len(got) != (cut-24)/each || err != want {
			t.Errorf("cut at %d: %d datagrams and %v, want %d and %v", cut, len(got), err, (cut-24)/each, want)
		}
	}
}

func zipped(t *testing.T, file []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(file); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// What there is in captures, and what is read of it. "out" is a datagram that
// left.
var kinds = []struct {
	name, packet string
	link         uint32
	want         string // read4, read6, out4, out6, or why not
}{
	{"Ethernet", mac + zero + "0800" + frame4(), 1, "read4"},
	{"Ethernet, IPv6", mac + zero + "86dd" + frame6(), 1, "read6"},
	{"Ethernet, padded", mac + zero + "0800" + frame4() + zero + zero, 1, "read4"},
	{"Ethernet, VLAN", mac + zero + "81000064" + "0800" + frame4(), 1, "read4"},
	{"Ethernet, two VLANs", mac + zero + "88a80064" + "81000064" + "86dd" + frame6(), 1, "read6"},
	{"Ethernet, five VLANs", mac + zero + strings.Repeat("81000064", 5) + "0800" + frame4(), 1, "not UDP"},
	{"Ethernet, VLAN cut", mac + zero + "810000", 1, "bad header"},
	{"ARP", mac + zero + "0806" + strings.Repeat("00", 28), 1, "not UDP"},
	{"802.3", mac + zero + "0026" + "424203" + strings.Repeat("00", 35), 1, "not UDP"},
	{"half of a header", mac + "0000", 1, "bad header"},
	{"SLL", "0002" + "0001" + "0006" + zero + "0000" + "0800" + frame4(), 113, "read4"},
	{"SLL, outgoing", "0004" + "0001" + "0006" + zero + "0000" + "86dd" + frame6(), 113, "out6"},
	{"SLL, cut", "0004" + "0001", 113, "bad header"},
	{"SLL2", "0800" + "0000" + "00000002" + "0001" + "02" + "06" + zero + "0000" + frame4(), 276, "read4"},
	{"SLL2, outgoing, VLAN", "8100" + "0000" + "00000002" + "0001" + "04" + "06" + zero + "0000" + "00010800" + frame4(), 276, "out4"},
	{"SLL2, cut", "0800" + "0000" + "00000002", 276, "bad header"},
	{"RAW", frame4(), 101, "read4"},
	{"RAW, IPv6", frame6(), 101, "read6"},
	{"RAW as some write it", frame6(), 12, "read6"},
	{"RAW, IPv5", "50" + frame4()[2:], 101, "bad header"},
	{"RAW, nothing", "", 101, "bad header"},
	{"IPv4", frame4(), 228, "read4"},
	{"IPv6", frame6(), 229, "read6"},
	{"IPv4 that is IPv6", frame6(), 228, "bad header"},
	{"NULL", "02000000" + frame4(), 0, "read4"},
	{"NULL, of the other byte order", "00000002" + frame4(), 0, "read4"},
	{"NULL, IPv6 of macOS", "1e000000" + frame6(), 0, "read6"},
	{"NULL, AppleTalk", "10000000" + frame6(), 0, "not UDP"},
	{"LOOP, IPv6 of OpenBSD", "00000018" + frame6(), 108, "read6"},
	{"LOOP, cut", "0000", 108, "bad header"},
	{"802.11", strings.Repeat("00", 40), 105, "other link type"},
	{"radiotap", strings.Repeat("00", 40), 127, "other link type"},

	{"TCP", strings.Replace(frame4(), "0311", "0306", 1), 101, "not UDP"},
	{"first fragment", strings.Replace(frame4(), "001e00000000", "001e00002000", 1), 101, "fragment"},
	{"later fragment", strings.Replace(frame4(), "001e00000000", "001e00000001", 1), 101, "fragment"},
	{"do not fragment", strings.Replace(frame4(), "001e00000000", "001e00004000", 1), 101, "read4"},
	{"with options", strings.Replace(ip4, "4500001e", "46000022", 1) + "94040000" + udp4, 101, "read4"},
	{"header of 16 bytes", strings.Replace(frame4(), "45", "44", 1), 101, "bad header"},
	{"longer than it is", strings.Replace(frame4(), "001e", "001f", 1), 101, "bad header"},
	{"shorter than its header", strings.Replace(frame4(), "001e", "0013", 1), 101, "bad header"},
	{"no UDP header", strings.Replace(frame4(), "001e", "001b", 1), 101, "bad header"},
	{"UDP longer than IP", ip4 + "00011388000b0000" + "6869", 101, "bad header"},
	{"UDP shorter than its header", ip4 + "0001138800070000" + "6869", 101, "bad header"},
	{"UDP shorter than IP", strings.Replace(ip4, "001e", "0020", 1) + udp4 + "ffff", 101, "read4"},
	{"hop-by-hop and destination options", "60000000001a0003" + ip6[16:] + "3c00000000000000" + "1100000000000000" + udp4, 101, "read6"},
	{"IPv6 fragment", "6000000000122c03" + ip6[16:] + "1100000100000000" + udp4, 101, "fragment"},
	{"all of a datagram in a fragment", "6000000000122c03" + ip6[16:] + "1100000000000000" + udp4, 101, "read6"},
	{"authentication", "60000000001a3303" + ip6[16:] + "11020000" + strings.Repeat("00", 12) + udp4, 101, "read6"},
	{"ICMPv6", strings.Replace(frame6(), "1103", "3a03", 1), 101, "not UDP"},
	{"extension headers without an end", "6000000000480003" + ip6[16:] + strings.Repeat("0000000000000000", 9), 101, "bad header"},
	{"extension header cut", "6000000000040003" + ip6[16:] + "11ff0000", 101, "bad header"},
	{"jumbogram", strings.Replace(frame6(), "000a11", "000011", 1), 101, "bad header"},
}

func TestLinkTypesAndHeaders(t *testing.T) {
	for _, c := range kinds {
		got, r := readAll(t, classic(binary.LittleEndian, true, c.link, octets(t, c.packet)))
		told := ""
		for _, s := range r.Skipped() {
			told += s.Reason.String()
		}
		for _, p := range got {
			told = "read"
			if p.Out {
				told = "out"
			}
			switch from := p.From.String() + " " + p.To.String(); from {
			case "10.0.0.1:1 239.1.2.3:5000":
				told += "4"
			case "[fe80::1]:1 [ff05::1:3]:5000":
				told += "6"
			default:
				told += from
			}
			if string(p.Data) != "hi" || p.Hops != 3 || p.Size != 2 {
				t.Errorf("%s: %+v", c.name, p)
			}
		}
		if told != c.want {
			t.Errorf("%s: %q, want %q", c.name, told, c.want)
		}
	}
}

// A pcapng whose interfaces have different link types is read whole.
func TestMixedLinkTypes(t *testing.T) {
	var b bytes.Buffer
	w, err := pcapgo.NewNgWriterInterface(&b, pcapgo.NgInterface{Name: "one", LinkType: layers.LinkTypeEthernet}, pcapgo.NgWriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := w.AddInterface(pcapgo.NgInterface{Name: "two", LinkType: layers.LinkTypeRaw})
	if err != nil {
		t.Fatal(err)
	}
	any, err := w.AddInterface(pcapgo.NgInterface{LinkType: layers.LinkTypeLinuxSLL2})
	if err != nil {
		t.Fatal(err)
	}
	write := func(id int, packet string, missing int) {
		p := octets(t, packet)
		err := w.WritePacket(gopacket.CaptureInfo{Timestamp: noon, CaptureLength: len(p), Length: len(p) + missing, InterfaceIndex: id}, p)
		if err != nil {
			t.Fatal(err)
		}
	}
	write(any, kinds[13].packet, 0)
	write(raw, frame6(), 0)
	write(0, kinds[0].packet, 0)
	write(raw, frame6()[:len(frame6())-2], 1)
	write(0, kinds[2].packet[:2*48], 8) // only padding is missing
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	got, r := readAll(t, b.Bytes())
	var names []string
	for _, p := range got {
		names = append(names, fmt.Sprintf("%s %s", p.Interface, p.Data))
	}
	if want := []string{" hi", "two hi", "one hi", "one hi"}; !slices.Equal(names, want) {
		t.Errorf("read %q, want %q", names, want)
	}
	if want := []record.Skipped{{Reason: record.Cut, Count: 1}}; !slices.Equal(r.Skipped(), want) {
		t.Errorf("skipped %v", r.Skipped())
	}
}

// pcapng of the other byte order, as a big endian host writes it, with a direction
// and a loss.
func TestBigEndianPcapng(t *testing.T) {
	section := "0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c"
	face := "00000001 00000014 0065 0000 00000000 00000014"
	flags, lost := "0002 0004 00000002", "0004 0008 0000000000000005"
	packet := "00000006 00000058 00000000 00000000 3b9aca00 0000001e 0000001e" + frame4() + "0000" + flags + lost + "0000 0000" + "00000058"
	got, r := readAll(t, octets(t, section+face+packet))
	if len(got) != 1 || !got[0].Out || got[0].Lost != 5 || !got[0].At.Equal(time.Unix(1000, 0)) || string(got[0].Data) != "hi" {
		t.Errorf("%+v, skipped %v", got, r.Skipped())
	}
}

func TestWhatIsNoCapture(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"empty": "", "short": "\x0a", "text": "hello, world", "zip": string(zipped(t, []byte("hello"))), "half a zip": "\x1f\x8b",
		"cut": "\x0a\x0d\x0d\x0a\x1c", "pcap cut": "\xd4\xc3\xb2\xa1\x02\x00", "old": "\xd4\xc3\xb2\xa1\x01\x00\x00\x00" + strings.Repeat("\x00", 16)} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if r, err := record.Open(file); !errors.Is(err, record.ErrNotCapture) {
			t.Errorf("%s: %v, %v", name, r, err)
		}
	}
	if _, err := record.Open(dir); !errors.Is(err, record.ErrNotFile) || !strings.Contains(err.Error(), "is a directory") {
		t.Errorf("a directory: %v", err)
	}
	if _, err := record.Open(filepath.Join(dir, "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// A length that lies costs little memory, and ends the reading with an error.
func TestLengthsThatLie(t *testing.T) {
	ng, _ := recorded(t, record.Options{}, func(r *record.Recorder) { r.Received(heard("hi")) })
	block := bytes.Index(ng, []byte{6, 0, 0, 0, 76, 0, 0, 0})
	if block < 0 {
		t.Fatal("there is no block of a packet")
	}
	lie := func(file []byte, at int, length uint32) []byte {
		file = slices.Clone(file)
		binary.LittleEndian.PutUint32(file[at:], length)
		return file
	}
	pcap := classic(binary.LittleEndian, true, 101, octets(t, frame4()))
	for name, file := range map[string][]byte{
		"packet of pcapng":   lie(lie(ng, block+20, 1<<31), block+24, 1<<31),
		"block":              lie(ng, block+4, 1<<31),
		"block of 0 bytes":   lie(ng, block+4, 0),
		"section":            lie(ng, 4, 1<<31),
		"packet of pcap":     lie(lie(pcap, 24+8, 1<<31), 24+12, 1<<31),
		"packet and snaplen": lie(lie(lie(pcap, 24+8, 1<<31), 24+12, 1<<31), 16, 1<<31),
		"a gigabyte of gzip": zipped(t, append(lie(lie(ng, block+20, 1<<31), block+24, 1<<31), make([]byte, 40<<20)...)),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r, err := record.NewReader(bytes.NewReader(file))
		if err == nil {
			_, err = all(r)
		}
		runtime.ReadMemStats(&after)
		bound := uint64(2 << 20)
		if strings.Contains(name, "gzip") {
			bound = 128 << 20 // a buffer that grew to 16 MiB
			if !errors.Is(err, record.ErrTooLarge) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err == nil || err == io.EOF || after.TotalAlloc-before.TotalAlloc > bound {
			t.Errorf("%s: %v, after %d bytes were allocated", name, err, after.TotalAlloc-before.TotalAlloc)
		}
	}
}

// Whatever a file has, reading it ends, and each datagram read could be one.
func FuzzReader(f *testing.F) {
	for _, c := range kinds {
		f.Add(classic(binary.BigEndian, false, c.link, octets(f, c.packet)))
	}
	if golden, err := os.ReadFile("testdata/talk.pcapng"); err == nil {
		f.Add(golden)
		f.Add(golden[:len(golden)-7])
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := record.NewReader(bytes.NewReader(file))
		if err != nil {
			return
		}
		for i := 0; ; i++ {
			p, err := r.Next()
			if err != nil {
				_, again := r.Next()
				if again != err {
					t.Fatalf("ended with %v, then with %v", err, again)
				}
				break
			}
			if i > len(file) && !(len(file) > 1 && file[0] == 0x1f) {
				t.Fatalf("%d datagrams in %d bytes", i, len(file))
			}
			if len(p.Data) > 65527 || p.Size != len(p.Data) || !p.From.IsValid() || p.From.Addr().Is4() != p.To.Addr().Is4() || p.Hops < 0 || p.Hops > 255 {
				t.Fatalf("read %+v", p)
			}
		}
	})
}

// A packet has its number in the capture, and the addresses of its frame where it
// has one; a recording says that groupcast made them up.
func TestPacketsTellTheirFrames(t *testing.T) {
	frame := octets(t, mac+"020000000001"+"0800"+frame4())
	other := octets(t, mac+"020000000001"+"0806"+frame4())
	got, _ := readAll(t, classic(binary.LittleEndian, true, 1, frame, other, frame))
	if len(got) != 2 || got[0].Number != 1 || got[1].Number != 3 {
		t.Fatalf("want packets 1 and 3, got %+v", got)
	}
	if p := got[1]; !p.Ethernet || p.Synthesised || !bytes.Equal(p.EtherTo[:], octets(t, mac)) || p.EtherFrom != [6]byte{2, 0, 0, 0, 0, 1} {
		t.Errorf("the frame is %t, %x, %x, synthesised %t", p.Ethernet, p.EtherTo, p.EtherFrom, p.Synthesised)
	}
	if got, _ := readAll(t, classic(binary.LittleEndian, true, 101, octets(t, frame4()))); got[0].Ethernet {
		t.Error("RAW has an Ethernet header")
	}
	file, _ := recorded(t, record.Options{}, func(r *record.Recorder) { r.Received(heard("hi")) })
	if got, _ := readAll(t, file); !got[0].Synthesised || got[0].Number != 1 {
		t.Errorf("a recording's datagram is synthesised %t, number %d", got[0].Synthesised, got[0].Number)
	}
}

// What is not read is named, what is lost is counted, and where the reading is.
func TestReaderTellsOfTheFile(t *testing.T) {
	_, r := readAll(t, classic(binary.LittleEndian, true, 105, octets(t, frame4()), octets(t, frame4())))
	if got := r.OtherLinks(); !slices.Equal(got, []string{"105 (802.11)"}) {
		t.Errorf("other links are %q", got)
	}
	if read, size := r.Position(); read != 0 || size != 0 {
		t.Errorf("without a file the position is %d of %d", read, size)
	}
	path := filepath.Join(t.TempDir(), "talk.pcapng")
	w, err := record.Create(record.Options{File: path})
	if err != nil {
		t.Fatal(err)
	}
	w.Received(heard("hi"))
	w.Dropped(7)
	w.Received(heard("hi"))
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err = record.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := all(r); err != io.EOF {
		t.Fatal(err)
	}
	if read, size := r.Position(); read != size || size == 0 {
		t.Errorf("at the end the position is %d of %d", read, size)
	}
	if n := r.Dropped(); n != 7 {
		t.Errorf("%d are told to be lost, not 7", n)
	}
}
