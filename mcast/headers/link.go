package headers

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
)

// Types of Ethernet (IEEE 802).
const (
	etherIPv4 = 0x0800
	etherARP  = 0x0806
	etherIPv6 = 0x86dd
)

var etherTypes = map[int]string{etherIPv4: "IPv4", etherARP: "ARP", etherIPv6: "IPv6", 0x8100: "VLAN", 0x88a8: "VLAN",
	0x88cc: "LLDP", 0x8863: "PPPoE", 0x8864: "PPPoE", 0x8847: "MPLS", 0x88f7: "PTP"}

func mac(b []byte) string {
	words := make([]string, len(b))
	for i, c := range b {
		words[i] = fmt.Sprintf("%02x", c)
	}
	return strings.Join(words, ":")
}

func (h *header) mac(name string, at int, note ...string) {
	h.field(name, 8*at, 48, func() string { return mac(h.p.b[at : at+6]) }, note...)
}

func (d *decoder) ethernet(p part) {
	const length = 14
	h := d.header("Ethernet", p, length)
	note := ""
	switch {
	case len(p.b) < 6:
	case mac(p.b[:6]) == "ff:ff:ff:ff:ff:ff":
		note = "broadcast: every NIC of the LAN takes it"
	case p.b[0]&1 != 0:
		note = "multicast: the lowest bit of the first byte is 1"
	}
	h.mac("Destination", 0, note)
	h.mac("Source", 6)
	if len(p.b) < length {
		h.ends()
		return
	}
	kind := int(binary.BigEndian.Uint16(p.b[12:]))
	words := []string{mac(p.b[6:12]) + " > " + mac(p.b[:6])}
	if kind < 0x600 {
		h.number("Length", 96, 16, "IEEE 802.3: bytes behind this header")
		h.ends(append(words, "802.3")...)
		return
	}
	h.hex("Type", 96, 16, etherTypes[kind])
	if known := etherTypes[kind]; known == "" {
		words = append(words, fmt.Sprintf("type 0x%04x", kind))
	} else if kind != etherIPv4 && kind != etherIPv6 && kind != etherARP && kind != 0x8100 && kind != 0x88a8 {
		words = append(words, known)
	}
	h.ends(words...)
	p = p.from(length)
	for range 4 { // tags of 802.1Q and 802.1ad
		if kind != 0x8100 && kind != 0x88a8 {
			break
		}
		h := d.header("VLAN", p, 4)
		h.number("PCP", 0, 3, "priority")
		h.number("DEI", 3, 1)
		h.number("VID", 4, 12)
		if len(p.b) < 4 {
			h.ends()
			return
		}
		kind = int(binary.BigEndian.Uint16(p.b[2:]))
		h.hex("Type", 16, 16, etherTypes[kind])
		h.ends(fmt.Sprint(h.bits(4, 12)))
		p = p.from(4)
	}
	switch kind {
	case etherIPv4, etherIPv6:
		d.ip(p)
	case etherARP:
		d.arp(p)
	}
}

// arp reads ARP for IPv4 over Ethernet (RFC 826).
func (d *decoder) arp(p part) {
	size := 28
	if len(p.b) >= 6 { // of other addresses it is longer or shorter
		size = 8 + 2*(int(p.b[4])+int(p.b[5]))
	}
	h := d.header("ARP", p, size)
	h.number("Hardware type", 0, 16, map[uint64]string{1: "Ethernet"}[h.bits(0, 16)])
	h.hex("Protocol type", 16, 16, etherTypes[int(h.bits(16, 16))])
	h.number("Hardware length", 32, 8)
	h.number("Protocol length", 40, 8)
	h.number("Operation", 48, 16, map[uint64]string{1: "request", 2: "reply"}[h.bits(48, 16)])
	if h.Cut > 0 {
		h.ends()
		return
	}
	if size != 28 || binary.BigEndian.Uint16(p.b) != 1 || binary.BigEndian.Uint16(p.b[2:]) != etherIPv4 || p.b[4] != 6 || p.b[5] != 4 {
		h.ends("of other addresses")
		return
	}
	from, to := netip.AddrFrom4([4]byte(p.b[14:])), netip.AddrFrom4([4]byte(p.b[24:]))
	h.mac("Sender hardware address", 8)
	h.address("Sender protocol address", 14, 4)
	h.mac("Target hardware address", 18)
	h.address("Target protocol address", 24, 4)
	switch h.bits(48, 16) {
	case 1:
		h.ends(fmt.Sprintf("request for %s from %s", to, from))
	case 2:
		h.ends(fmt.Sprintf("reply: %s is at %s", from, mac(p.b[8:14])))
	default:
		h.ends(fmt.Sprintf("operation %d", h.bits(48, 16)))
	}
}

// groupMAC compares the destination of a frame to a group with that group.
func (d *decoder) groupMAC() {
	if len(d.list) < 2 || d.list[0].Layer != "Ethernet" {
		return
	}
	var to netip.Addr
	for _, h := range d.list[1:] {
		if h.Layer != "IPv4" && h.Layer != "IPv6" {
			continue
		}
		for _, f := range h.Fields {
			if f.Name == "Destination Address" {
				to, _ = netip.ParseAddr(f.Value)
			}
		}
		break
	}
	if !to.IsMulticast() {
		return
	}
	f := &d.list[0].Fields[0]
	want, how := "", ""
	if to.Is4() {
		a := to.As4()
		want, how = mac([]byte{1, 0, 0x5e, a[1] & 0x7f, a[2], a[3]}), "01:00:5e and the low 23 bits of the group (RFC 1112)"
	} else {
		a := to.As16()
		want, how = mac([]byte{0x33, 0x33, a[12], a[13], a[14], a[15]}), "33:33 and the low 32 bits of the group (RFC 2464)"
	}
	if f.Value == want {
		f.Note = "multicast MAC: " + how
	} else {
		f.Note = "not the MAC of the group " + to.String() + ", which is " + want
	}
}
