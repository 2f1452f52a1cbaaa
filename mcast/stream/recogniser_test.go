package stream

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// packetIn is a datagram of a capture.
type packetIn struct {
	at       time.Time
	from, to netip.AddrPort
	payload  []byte
}

// capture reads the UDP datagrams over IPv4 of a capture of Ethernet frames.
func capture(t testing.TB, name string) []packetIn {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	le := binary.LittleEndian
	var list []packetIn
	for b = b[24:]; len(b) > 0; {
		length := le.Uint32(b[8:])
		frame := b[16 : 16+length]
		ip := frame[14:]
		udp := ip[4*(ip[0]&0x0F):]
		src, _ := netip.AddrFromSlice(ip[12:16])
		dst, _ := netip.AddrFromSlice(ip[16:20])
		be := binary.BigEndian
		list = append(list, packetIn{
			at:      time.Unix(int64(le.Uint32(b)), 1000*int64(le.Uint32(b[4:]))),
			from:    netip.AddrPortFrom(src, be.Uint16(udp)),
			to:      netip.AddrPortFrom(dst, be.Uint16(udp[2:])),
			payload: udp[8:be.Uint16(udp[4:])],
		})
		b = b[16+length:]
	}
	return list
}

// heard is what recognisers, one for each group and source, made of datagrams.
type heard struct {
	adopted, dropped []Format
	at               int // how many came until the first format was adopted
	sights           []Seen
}

func listen(packets []packetIn) map[string]*heard {
	rows := map[string]*heard{}
	recognisers := map[string]*recogniser{}
	shared := newBench(Seq{})
	for n, p := range packets {
		key := fmt.Sprintf("%v > %v", p.from, p.to)
		if rows[key] == nil {
			r := shared.recogniser(p.to.Port())
			rows[key], recognisers[key] = &heard{}, &r
		}
		rows[key].note(n+1, recognisers[key].read(p.payload, len(p.payload), p.at, 0))
	}
	return rows
}

func (h *heard) note(n int, r Reading) {
	if r.Adopted != "" {
		if h.adopted == nil {
			h.at = n
		}
		h.adopted = append(h.adopted, r.Adopted)
	}
	if r.Dropped != "" {
		h.dropped = append(h.dropped, r.Dropped)
	}
	h.sights = append(h.sights, r.Sights...)
}

// one feeds datagrams of one sender, a millisecond apart.
func one(payloads ...[]byte) *heard {
	var r recogniser
	h := &heard{}
	at := time.Unix(1e9, 0)
	for n, p := range payloads {
		h.note(n+1, r.read(p, len(p), at, 0))
		at = at.Add(time.Millisecond)
	}
	return h
}

// missing counts the numbers that did not come, of a stream whose numbers only rise.
func (h *heard) missing() (lost int) {
	type stream struct {
		Format
		id uint64
	}
	last := map[stream]uint64{}
	for _, s := range h.sights {
		lost += s.Missing
		if s.Bits == 0 || s.Again {
			continue
		}
		key := stream{s.Format, s.ID}
		if before, ok := last[key]; ok && !s.End {
			lost += int(distance(s.Number, before, s.Bits)) - 1
		} else if ok && s.Number != before+1 {
			lost += int(s.Number - before - 1)
		}
		last[key] = s.Number
	}
	return lost
}

// TestRealSenders: each format is adopted on the bytes of its own program, nothing
// is missing in them, and the last number is that of the last datagram.
func TestRealSenders(t *testing.T) {
	for _, c := range []struct {
		file, row string
		format    Format // "": unnumbered
		sights    int    // that are counted
	}{
		{"rtp_ts.pcap", "10.77.0.1:53772 > 239.1.1.1:5004", RTPTS, 19},
		{"rtp_ts.pcap", "10.77.0.1:53773 > 239.1.1.1:5005", "", 0},
		{"ts.pcap", "10.77.0.1:60557 > 239.1.1.2:1234", TS, 24},
		{"rtp_l24.pcap", "10.77.0.1:49942 > 239.1.1.3:5006", RTP, 79},
		{"rtp_l24.pcap", "10.77.0.1:49943 > 239.1.1.3:5007", "", 0},
		{"rtp_opus.pcap", "10.77.0.1:52562 > 239.1.1.6:5008", RTP, 59},
		{"rtp_opus.pcap", "10.77.0.1:52563 > 239.1.1.6:5009", "", 0},
		{"iperf.pcap", "10.77.0.1:59323 > 239.1.1.4:5001", Iperf2, 53},
		{"sockperf.pcap", "10.77.0.1:60455 > 239.1.1.5:11111", Sockperf, 92},
		{"sockperf_underload.pcap", "10.77.0.1:52897 > 239.1.1.7:11112", Sockperf, 102},
		{"ptp.pcap", "10.77.0.2:319 > 224.0.1.129:319", PTP, 21},
		{"ptp.pcap", "10.77.0.1:319 > 224.0.1.129:319", PTP, 21},
		{"ptp.pcap", "10.77.0.2:320 > 224.0.1.129:320", PTP, 32},
		{"ptp.pcap", "10.77.0.1:320 > 224.0.1.129:320", PTP, 7},
	} {
		t.Run(c.row, func(t *testing.T) {
			h := listen(capture(t, c.file))[c.row]
			if h == nil {
				t.Fatal("no such row")
			}
			if got := strings.Join(text(h.adopted), " "); got != string(c.format) || h.dropped != nil {
				t.Fatalf("adopted %q, dropped %q, want %q", got, h.dropped, c.format)
			}
			if len(h.sights) != c.sights || h.missing() != 0 {
				t.Errorf("%d datagrams have a number, %d are missing; want %d and 0", len(h.sights), h.missing(), c.sights)
			}
			for _, s := range h.sights {
				if s.Format != c.format || s.At.IsZero() {
					t.Fatalf("a Sight of %q at %v", s.Format, s.At)
				}
			}
		})
	}
}

func text(formats []Format) (list []string) {
	for _, f := range formats {
		list = append(list, string(f))
	}
	return list
}

// TestEndsOfSenders: what iperf's last datagram and sockperf's warm-up say.
func TestEndsOfSenders(t *testing.T) {
	iperf := listen(capture(t, "iperf.pcap"))["10.77.0.1:59323 > 239.1.1.4:5001"].sights
	if first, last := iperf[0], iperf[len(iperf)-1]; first.Number != 1 || first.End || !last.End || last.Number != 53 {
		t.Errorf("iperf's first datagram %+v, last %+v; want number 1, and 53 as the end", first.Sight, last.Sight)
	}
	if d := iperf[51].Sent - iperf[0].Sent; d < 900*time.Millisecond || d > 1100*time.Millisecond {
		t.Errorf("iperf's clock went on by %v in a run of a second", d)
	}
	sockperf := listen(capture(t, "sockperf.pcap"))["10.77.0.1:60455 > 239.1.1.5:11111"].sights
	for n, s := range sockperf {
		if again := n < 2; s.Again != again || again && s.Number != 0 {
			t.Fatalf("datagram %d of sockperf's: %+v", n, s.Sight)
		}
	}
	ptp := listen(capture(t, "ptp.pcap"))["10.77.0.2:319 > 224.0.1.129:319"].sights
	if ptp[0].Promise != time.Second {
		t.Errorf("the interval of Sync is %v, want 1 s", ptp[0].Promise)
	}
}

// loss is what is told when some datagrams of a capture are left out.
func TestLossOfRealSenders(t *testing.T) {
	for _, c := range []struct {
		file, row string
		without   []int
		want      int
	}{
		{"rtp_l24.pcap", "10.77.0.1:49942 > 239.1.1.3:5006", []int{20, 21, 40}, 3},
		{"iperf.pcap", "10.77.0.1:59323 > 239.1.1.4:5001", []int{20, 30, 51}, 3},
		{"sockperf.pcap", "10.77.0.1:60455 > 239.1.1.5:11111", []int{20, 30, 31, 32}, 4},
		{"rtp_ts.pcap", "10.77.0.1:53772 > 239.1.1.1:5004", []int{12}, 1},
		{"ts.pcap", "10.77.0.1:60557 > 239.1.1.2:1234", []int{12}, 6},
	} {
		var rest []packetIn
		for n, p := range capture(t, c.file) {
			if len(c.without) > 0 && n == c.without[0] {
				c.without = c.without[1:]
			} else {
				rest = append(rest, p)
			}
		}
		if got := listen(rest)[c.row].missing(); got != c.want {
			t.Errorf("%s: %d missing, want %d", c.file, got, c.want)
		}
	}
}

func ours(id, n uint64) []byte {
	b := make([]byte, 64)
	Header{Stream: id, Number: n, Sent: 1, Promise: 10 * time.Millisecond}.Put(b)
	return b
}

func mcjoinText(pid, n, ms int) []byte {
	b := make([]byte, 100)
	copy(b, fmt.Sprintf("Sender PID %d, MC group 225.1.2.3 ... count: %d, freq: %d", pid, n, ms))
	return b
}

func series(n int, make func(n int) []byte) (list [][]byte) {
	for i := range n {
		list = append(list, make(i))
	}
	return list
}

func TestOurs(t *testing.T) {
	h := one(ours(7, 0), ours(7, 1), ours(7, 3))
	if len(h.adopted) != 1 || h.adopted[0] != Own || h.at != 1 || len(h.sights) != 3 || h.missing() != 1 || h.sights[0].ID != 7 {
		t.Errorf("%+v", h)
	}
	bad, newer, short := ours(7, 4), ours(7, 5), ours(7, 6)[:30]
	bad[50] ^= 1
	newer[3] = 2
	var r recogniser
	for _, c := range []struct {
		payload        []byte
		damaged, newer bool
	}{{bad, true, false}, {newer, false, true}, {short, true, false}} {
		got := r.read(c.payload, len(c.payload), time.Time{}, 0)
		if got.Damaged != c.damaged || got.Newer != c.newer || got.Adopted != "" || len(got.Sights) > 0 || r.adopted != kindNone {
			t.Errorf("%x: %+v", c.payload[:8], got)
		}
	}
}

func TestMcjoin(t *testing.T) {
	h := one(series(10, func(n int) []byte { return mcjoinText(4711, n, 100) })...)
	if len(h.adopted) != 1 || h.adopted[0] != Mcjoin || h.at != 4 || len(h.sights) != 10 {
		t.Fatalf("%+v", h)
	}
	if s := h.sights[9]; s.Number != 9 || s.ID != 4711 || s.Promise != 100*time.Millisecond {
		t.Errorf("%+v", s)
	}
	for _, text := range []string{
		"Sender PID 0, MC group 225.1.2.3 ... count: 1, freq: 100", "Sender PID 1, MC group  ... count: , freq: 100",
		"Sender PID 1, MC group 225.1.2.3 ... count: 99999999999999999999, freq: 100", "Sender PID 1, MC group 225.1.2.3 ... count: 1",
		"Sender PID 1, MC group 225.1.2.3 ... count: 1, freq: 100 more", "Sender PID", "Sender PID 1, MC gro",
		"Sender PID 1, MC group " + strings.Repeat("a", 80) + " ... count: 1, freq: 1",
	} {
		if s, f := mcjoinSight([]byte(text), len(text)); f != misfit {
			t.Errorf("%q is read as %+v", text, s)
		}
	}
}

// TestNothingElse: what has no number is taken for no format.
func TestNothingElse(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	be, le := binary.BigEndian, binary.LittleEndian
	traps := map[string]func(n int) []byte{
		"zeros":            func(int) []byte { return make([]byte, 64) },
		"nothing":          func(int) []byte { return nil },
		"one byte":         func(n int) []byte { return []byte{byte(n)} },
		"text":             func(n int) []byte { return fmt.Appendf(nil, "temperature in room %d: 21.5 C\n", n) },
		"text with G":      func(n int) []byte { return fmt.Appendf(nil, "%-188s", fmt.Sprintf("GPGGA,%d,4807.038,N", n)) },
		"Sender text":      func(n int) []byte { return fmt.Appendf(nil, "Sender PID %d is here, count: %d", 7, n) },
		"u8 counter":       func(n int) []byte { return append([]byte{byte(n)}, make([]byte, 63)...) },
		"u16 counter":      func(n int) []byte { return append(be.AppendUint16(nil, uint16(n)), make([]byte, 62)...) },
		"u32 counter":      func(n int) []byte { return append(be.AppendUint32(nil, uint32(n)), make([]byte, 60)...) },
		"u64 counter":      func(n int) []byte { return append(be.AppendUint64(nil, uint64(n)), make([]byte, 56)...) },
		"u16le counter":    func(n int) []byte { return append(le.AppendUint16(nil, uint16(n)), make([]byte, 62)...) },
		"u32le counter":    func(n int) []byte { return append(le.AppendUint32(nil, uint32(n)), make([]byte, 60)...) },
		"u32 and ones":     func(n int) []byte { return append(be.AppendUint32(nil, uint32(n)), make([]byte, 60)...) },
		"u32 and a second": func(n int) []byte { return be.AppendUint32(be.AppendUint32(nil, uint32(n)), 1e9) },
		"80 60 and u16": func(n int) []byte {
			return append(be.AppendUint16([]byte{0x80, 0x60}, uint16(n)), make([]byte, 60)...)
		},
		"80 60, u16 and an SSRC": func(n int) []byte { // the timestamp stands
			return append(be.AppendUint16([]byte{0x80, 0x60}, uint16(n)), 0, 0, 0, 9, 1, 2, 3, 4, 0, 0)
		},
		"two iperf clocks": func(n int) []byte { // it goes ten times as fast as ours
			b := be.AppendUint32(be.AppendUint32(nil, uint32(n+1)), 1e9)
			return append(be.AppendUint32(b, uint32(10000*n)), make([]byte, 20)...)
		},
		"records of 188": func(n int) []byte {
			b := make([]byte, 7*188)
			for at := 0; at < len(b); at += 188 {
				b[at], b[at+3] = 0x47, 0x10|byte(n)&0x0F
			}
			return b
		},
		"RTCP": func(n int) []byte {
			b := make([]byte, 28)
			copy(b, []byte{0x80, 200, 0, 6, 1, 2, 3, 4})
			be.PutUint64(b[8:], uint64(n)<<32)
			return b
		},
		"DNS": func(n int) []byte {
			return append(be.AppendUint16(nil, uint16(n)), "\x84\x00\x00\x00\x00\x01\x00\x00\x00\x00\x05_http\x04_tcp\x05local"...)
		},
		"a chat frame": func(n int) []byte {
			return append([]byte{0xFE, 'M', 'C', 1, 1, byte(n)}, "hello, this is a message"...)
		},
		"PTP version 1": func(n int) []byte {
			b := make([]byte, 124)
			b[1], b[3] = 1, 1
			be.PutUint16(b[30:], uint16(n))
			return b
		},
	}
	for range 5 {
		size := random.IntN(1400)
		traps[fmt.Sprintf("random of %d", size)] = func(int) []byte {
			b := make([]byte, size)
			for n := range b {
				b[n] = byte(random.Uint32())
			}
			return b
		}
	}
	for name, make := range traps {
		if h := one(series(12000, make)...); h.adopted != nil || len(h.sights) > 0 {
			t.Errorf("%s is taken for %q", name, h.adopted)
		}
	}
}
