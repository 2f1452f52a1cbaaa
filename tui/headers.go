package tui

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/groupcast/groupcast/mcast/session"
)

// Bytes of the headers around a payload (RFC 791, 8200, 768), and of what the
// usual wire carries in one piece.
const (
	ip4Header, ip6Header = 20, 40
	udpHeader            = 8
	fragmentHeader       = 8 // IPv6 has one of its own for fragments
	usualMTU             = 1500
)

// workedOut is the note beside what was not told.
const workedOut = "worked out"

// witness is how what is known of a datagram is known.
type witness struct {
	protocol, lengths string // the notes beside what follows from the rest
	sentTTL, leftTTL  string // and beside a TTL
	checksum          func(session.Datagram) (value, note string)
	onTheUsualWire    bool // it may have been cut into pieces, which nobody saw
}

// bySocket is of what a socket told.
var bySocket = witness{
	protocol: workedOut, lengths: workedOut, sentTTL: "as it was set", leftTTL: "what was left of it", onTheUsualWire: true,
	checksum: func(d session.Datagram) (value, note string) {
		switch {
		case d.Sent:
			return "the kernel or the network card writes it", "not reported"
		case d.Arrival.OwnCopy, d.Arrival.Local:
			return "not needed within the host", "not reported"
		}
		return "checked by the kernel or the network card: with a wrong one it would not be here", "not reported"
	},
}

// detail is the page about the selected datagram: how it came, its headers,
// and its bytes. A socket tells of the headers only addresses, ports, TTL and
// interface; the page says what is worked out from them.
func (d *datagrams) detail(width int) []string {
	s := sheet{styles: d.styles, width: max(1, width)}
	v, ok := d.selectedValue()
	if !ok {
		s.say("No datagram is selected.")
		return s.rows
	}
	s.summary(v)
	short := len(v.Data) <= shortPayload
	if short {
		s.payload(v)
	}
	s.ethernet(v)
	s.ip(v, bySocket)
	s.udp(v, bySocket)
	if !short {
		s.payload(v)
	}
	return s.rows
}

// shortPayload is the most bytes that are shown before the headers: more would
// push those off the screen.
const shortPayload = 128

func (s *sheet) payload(v session.Datagram) {
	title := "Payload: " + count(len(v.Data), "byte")
	if v.Truncated {
		title += ", and more that were not kept"
	}
	s.head(title)
	indent := strings.Repeat(" ", min(2, s.width-1))
	for _, row := range hexdump(v.Data, s.width-len(indent)) {
		s.rows = append(s.rows, indent+row)
	}
}

func (s *sheet) summary(d session.Datagram) {
	title, by := "Received ", clean(d.Interface)
	if d.Sent {
		title = "Sent "
	}
	if d.Err != nil {
		title = s.styles.fail + " Not sent "
	}
	title += d.At.Format("15:04:05.000000")
	if by != "" {
		title += " by " + by
	}
	s.head(title)
	for _, sentence := range arrival(d) {
		s.say(sentence)
	}
}

// arrival tells how a datagram came, or left.
func arrival(d session.Datagram) (sentences []string) {
	add := func(format string, args ...any) { sentences = append(sentences, fmt.Sprintf(format, args...)) }
	a, by := d.Arrival, clean(d.Interface)
	from, to := clean(d.From.Addr().String()), clean(d.To.Addr().String())
	if by == "" {
		by = "an interface that the kernel does not report"
	}
	switch {
	case d.Err != nil:
		add("The kernel refused it: %s. Nothing left, and there is no own copy.", errorText(d.Err))
		return
	case d.Sent && d.From.Addr().IsValid() && !d.From.Addr().IsUnspecified():
		add("This program sent it out of %s, from %s. The kernel accepted it. That proves neither that it left nor that anyone received it.", by, from)
		return
	case d.Sent:
		add("This program sent it out of %s. The kernel accepted it. That proves neither that it left nor that anyone received it.", by)
		return
	case a.OwnCopy:
		add("It is this program's own copy (the loopback copy), made by this host before the wire: no proof that the datagram left.")
		return
	}
	if a.Stray {
		add("This program has not joined %s on %s: another program on this host has, and Linux gives it to all sockets of the port unless IP_MULTICAST_ALL is 0.", to, by)
	}
	if a.Direct {
		add("It was sent to %s, an address of this host, not to a group: nobody else was meant to get it.", to)
	}
	if a.Local {
		add("Another program of this host sent it, and it came here without a wire: no proof that anything left.")
	}
	if a.Outside {
		add("Its source, %s, is on no network of %s. A router forwarded it, or the source is forged.", from, by)
	}
	if a == (session.Datagram{}.Arrival) {
		add("It arrived on %s, where this program has joined %s, from another host of a network that this host is on.", by, to)
	}
	return sentences
}

func (s *sheet) ethernet(d session.Datagram) {
	s.head("Ethernet")
	to := d.To.Addr()
	switch {
	case d.Err != nil:
		s.say("There was no frame.")
		return
	case d.Arrival.Local && !to.IsMulticast():
		s.say("There was no frame: it never left this host.")
		return
	case d.Arrival.OwnCopy, d.Arrival.Local:
		s.say("This copy had no frame: it was on no wire. The datagram that left via an Ethernet had the destination below.")
	case onLoopback(d):
		s.say("There was no frame: " + d.Interface + " has no wire.")
		return
	default:
		s.say("If the wire is one. The socket does not show the frame.")
	}
	mac, shared := groupMAC(to)
	switch {
	case mac != "":
		s.field("destination", mac, workedOut)
		s.under(strings.Repeat(" ", 2+fieldName), shared)
	case d.Sent:
		s.field("destination", "that of the next host, found by ARP or NDP; ff:ff:ff:ff:ff:ff of a broadcast address", "not reported")
	default:
		s.field("destination", "that of the interface, or ff:ff:ff:ff:ff:ff of a broadcast address", "not reported")
	}
	switch {
	case d.Sent || d.Arrival.OwnCopy || d.Arrival.Local:
		s.field("source", "that of the interface", "")
	default:
		s.field("source", "not reported", "")
	}
	kind := "0x0800, IPv4"
	if to.Is6() {
		kind = "0x86dd, IPv6"
	}
	s.field("type", kind, workedOut)
}

// onLoopback reports whether it was sent by the loopback interface. The name
// is what Linux, and the BSDs, give it.
func onLoopback(d session.Datagram) bool { return d.Interface == "lo" || d.Interface == "lo0" }

// groupMAC is the Ethernet address that a group is sent to, and which groups
// have the same; "" when the address is not a group's.
func groupMAC(group netip.Addr) (mac, shared string) {
	switch {
	case !group.IsMulticast():
		return "", ""
	case group.Is4():
		b := group.As4()
		tail := fmt.Sprintf("%d.%d.%d", b[1]&0x7f, b[2], b[3])
		other := fmt.Sprintf("%d.%d.%d", b[1]&0x7f|0x80, b[2], b[3])
		return fmt.Sprintf("01:00:5e:%02x:%02x:%02x", b[1]&0x7f, b[2], b[3]),
			fmt.Sprintf("01:00:5e, then the low 23 bits of the group (RFC 1112, section 6.4). It is that of 32 groups, this one and 31 others: 224.%[1]s to 239.%[1]s and 224.%[2]s to 239.%[2]s, where only the first number counts up.", tail, other)
	}
	b := group.As16()
	return fmt.Sprintf("33:33:%02x:%02x:%02x:%02x", b[12], b[13], b[14], b[15]),
		"33:33, then the low 32 bits of the group (RFC 2464, section 7). Every group that ends in the same 32 bits has the same."
}

func (s *sheet) ip(d session.Datagram, by witness) {
	to, payload := d.To.Addr(), len(d.Data)
	name, header, ttl, piece := "IPv4", ip4Header, "TTL", usualMTU-ip4Header
	if to.Is6() {
		name, header, ttl = "IPv6", ip6Header, "hop limit"
		piece = (usualMTU - ip6Header - fragmentHeader) / 8 * 8
	}
	s.head(name)
	s.field("source", addrText(d.From.Addr()), "")
	s.field("destination", addrText(to), "")
	switch {
	case d.Hops == 0:
		s.field(ttl, "not reported", "")
	case d.Sent:
		s.field(ttl, strconv.Itoa(d.Hops), by.sentTTL)
	default:
		s.field(ttl, strconv.Itoa(d.Hops), by.leftTTL)
	}
	s.field("protocol", "17, UDP", by.protocol)
	least := ""
	if d.Truncated {
		least = "at least "
	}
	s.field("total length", fmt.Sprintf("%s%s = %d + %d + %s bytes", least, thousands(uint64(header+udpHeader+payload)), header, udpHeader, thousands(uint64(payload))), by.lengths)
	if by.onTheUsualWire && header+udpHeader+payload > usualMTU && !onLoopback(d) && d.Err == nil {
		n := (udpHeader + payload + piece - 1) / piece
		s.field("in pieces", fmt.Sprintf("in %d fragments on a wire with the usual MTU of 1,500 bytes; if one is lost, all is lost", n), workedOut)
	}
}

func (s *sheet) udp(d session.Datagram, by witness) {
	s.head("UDP")
	s.field("from port", strconv.Itoa(int(d.From.Port())), "")
	s.field("to port", strconv.Itoa(int(d.To.Port())), "")
	s.field("length", fmt.Sprintf("%s = %d + %s bytes", thousands(uint64(udpHeader+len(d.Data))), udpHeader, thousands(uint64(len(d.Data)))), by.lengths)
	value, note := by.checksum(d)
	s.field("checksum", value, note)
}

func addrText(a netip.Addr) string {
	if !a.IsValid() {
		return "not reported"
	}
	return clean(a.String())
}

// addrPort is an address for a row, or nothing.
func addrPort(a netip.AddrPort) string {
	if !a.IsValid() {
		return ""
	}
	return clean(a.String())
}
