package headers

import (
	"strings"
	"testing"
	"unicode"
)

func TestLine(t *testing.T) {
	for _, tt := range frames {
		line := Line(Decode(Ethernet, tt.frame))
		_, behind, _ := strings.Cut(line, " | ")
		if tt.frame[12] == 8 && tt.frame[13] == 6 {
			_, behind, _ = strings.Cut(line, " | ")
		}
		if behind != tt.line || !strings.HasPrefix(line, "Ethernet 02:00:00:00:00:01 > ") {
			t.Errorf("%s: %s\nwant         %s", tt.name, line, tt.line)
		}
		if tt.frame[12] != 8 || tt.frame[13] != 0 {
			continue
		}
		if raw := Line(Decode(Raw, tt.frame[14:])); raw != tt.line {
			t.Errorf("%s without Ethernet: %s", tt.name, raw)
		}
	}
}

// fieldsOf are the fields of that name in the headers of a layer.
func fieldsOf(list []Header, layer, name string) (fields []Field) {
	for _, h := range list {
		for _, f := range h.Fields {
			if strings.HasPrefix(h.Layer, layer) && f.Name == name {
				fields = append(fields, f)
			}
		}
	}
	return fields
}

// What is said of values.
func TestNotes(t *testing.T) {
	partial := ip4{from: a, to: b, ttl: 64, protocol: protoUDP}.with(func() []byte {
		u := udp(a, b, "test")
		u[6], u[7] = 0, 0
		from, to := packet{from: address(addr(a)), to: address(addr(b))}, len(u)
		s := sum(from.pseudo(protoUDP, to), nil)
		u[6], u[7] = byte(s>>8), byte(s)
		return u
	}())
	frame := func(name string) []byte {
		for _, f := range frames {
			if f.name == name {
				return f.frame
			}
		}
		t.Fatalf("no frame %s", name)
		return nil
	}
	for _, tt := range []struct {
		frame        []byte
		layer, field string
		note         string
	}{
		{frame("datagram"), "Ethernet", "Destination", "multicast MAC: 01:00:5e and the low 23 bits of the group (RFC 1112)"},
		{ether(0x0800, "01:00:5e:7f:00:01", test), "Ethernet", "Destination", "not the MAC of the group 224.0.0.114, which is 01:00:5e:00:00:72"},
		{frame("MLDv2 report"), "Ethernet", "Destination", "multicast MAC: 33:33 and the low 32 bits of the group (RFC 2464)"},
		{frame("ARP request"), "Ethernet", "Destination", "broadcast: every NIC of the LAN takes it"},
		{frame("SYN"), "Ethernet", "Destination", ""},
		{frame("datagram"), "UDP", "Checksum", "right"},
		{frame("bad checksum"), "UDP", "Checksum", "wrong"},
		{frame("no checksum"), "UDP", "Checksum", "not given: 0 says that the sender did not compute it"},
		{frame("first fragment"), "UDP", "Checksum", "not known: the packet is not whole"},
		{frame("short quote"), "UDP", "Checksum", "not known: the packet is not whole"},
		{ether(0x0800, hostMAC, partial), "UDP", "Checksum", "partial: the NIC completes it (offload)"},
		{frame("bad IPv4 checksum"), "IPv4", "Header Checksum", "wrong"},
		{frame("v3 report"), "IGMPv3", "Checksum", "right"},
		{frame("bad IGMP"), "IGMP", "Checksum", "wrong"},
		{frame("IPv6 datagram")[:14+44], "UDP", "Destination Port", ""},
	} {
		list := Decode(Ethernet, tt.frame)
		if f := fieldsOf(list, tt.layer, tt.field); len(f) == 0 || f[0].Note != tt.note {
			t.Errorf("%s: %s of %s: %+v, want the note %q", Line(list), tt.field, tt.layer, f, tt.note)
		}
	}
}

// Of a frame that was cut, whatever is there is said, and that it was cut.
func TestCut(t *testing.T) {
	whole := ether(0x0800, groupMAC, test)
	for length, want := range map[int]string{
		0:  "Ethernet cut: 0 of 14 bytes",
		13: "Ethernet cut: 13 of 14 bytes",
		14: "Ethernet 02:00:00:00:00:01 > 01:00:5e:00:00:72",
		26: "Ethernet 02:00:00:00:00:01 > 01:00:5e:00:00:72 | IPv4 cut: 12 of 20 bytes",
		38: "Ethernet 02:00:00:00:00:01 > 01:00:5e:00:00:72 | IPv4 10.0.0.1 > 224.0.0.114 ttl 1 | UDP 40000 > 1234 cut: 4 of 8 bytes",
		44: `Ethernet 02:00:00:00:00:01 > 01:00:5e:00:00:72 | IPv4 10.0.0.1 > 224.0.0.114 ttl 1 | UDP 40000 > 1234 4 bytes beginning with "te"`,
	} {
		if line := Line(Decode(Ethernet, whole[:length])); line != want {
			t.Errorf("%d bytes: %s\nwant      %s", length, line, want)
		}
	}
	for _, tt := range frames {
		for n := range tt.frame {
			hold(t, Decode(Ethernet, tt.frame[:n]), n)
		}
	}
}

// What lengths say that cannot be: nothing that was not seen is claimed.
func TestOddLengths(t *testing.T) {
	arp := func(hardware, protocol byte, rest int) []byte {
		return ether(0x0806, hostMAC, append([]byte{0, 1, 8, 0, hardware, protocol, 0, 1}, make([]byte, rest)...))
	}
	noLength := ip4{from: a, to: b, ttl: 64, protocol: protoUDP}.with(udp(a, b, "test"))
	noLength[24], noLength[25] = 0, 0
	piece := ip4{from: a, to: b, ttl: 64, protocol: protoUDP, fragment: 1, options: "07070400000000 00"}.with(nil)
	piece[2], piece[3] = 0, 0
	for _, tt := range []struct {
		frame []byte
		want  string
	}{
		{arp(1, 4, 10), "ARP of other addresses"},
		{arp(255, 4, 20), "ARP cut: 28 of 526 bytes"},
		{arp(6, 4, 19), "ARP cut: 27 of 28 bytes"},
		{arp(6, 4, 20), "ARP request for 0.0.0.0 from 0.0.0.0"},
		{ether(0x0800, hostMAC, noLength), "UDP 40000 > 1234 bad length"},
		{ether(0x0800, hostMAC, piece[:24]), "fragment at 8, 0 bytes, the last of UDP cut: 24 of 28 bytes"},
	} {
		if line := Line(Decode(Ethernet, tt.frame)); !strings.HasSuffix(line, tt.want) {
			t.Errorf("%x: %s\nwant ... %s", tt.frame, line, tt.want)
		}
	}
}

// hold holds what is true of all headers: they are in the frame, printable and bounded.
func hold(t *testing.T, list []Header, size int) {
	t.Helper()
	if len(list) > mostHeaders || len(Line(list)) > 64<<10 {
		t.Fatalf("%d headers, a line of %d bytes", len(list), len(Line(list)))
	}
	if strings.ContainsFunc(Line(list), func(r rune) bool { return !unicode.IsPrint(r) }) {
		t.Fatalf("%q is not printable", Line(list))
	}
	for _, h := range list {
		if h.Offset < 0 || h.Length < 0 || h.Offset+h.Length > size || h.Summary == "" || len(h.Fields) > 2000 {
			t.Fatalf("of %d bytes: %+v", size, h)
		}
		for _, f := range h.Fields {
			if f.Bit < 0 || f.Bits <= 0 || 8*h.Offset+f.Bit+f.Bits > 8*size || f.Name == "" || f.Value == "" || len(f.Value) > 1000 {
				t.Fatalf("of %d bytes: %s at %d: %+v", size, h.Layer, h.Offset, f)
			}
			if strings.ContainsFunc(f.Value+f.Note, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Fatalf("%+v is not printable", f)
			}
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, tt := range frames {
		f.Add(Ethernet, tt.frame)
		f.Add(Raw, tt.frame[14:])
	}
	f.Fuzz(func(t *testing.T, link int, frame []byte) {
		hold(t, Decode(link, frame), len(frame))
	})
}
