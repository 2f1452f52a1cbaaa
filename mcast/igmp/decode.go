package igmp

import (
	"encoding/binary"
	"net/netip"
	"time"
)

// The types of IGMP (RFC 3376, section 4) and of MLD in ICMPv6 (RFC 3810, section
// 5).
const (
	igmpQuery    = 0x11
	igmpV1Report = 0x12
	igmpV2Report = 0x16
	igmpV2Leave  = 0x17
	igmpV3Report = 0x22

	mldQuery    = 130
	mldV1Report = 131
	mldV1Done   = 132
	mldV2Report = 143
)

// The shape of the messages of each family, in octets.
const (
	igmpShort = 8  // all but the queries and reports of IGMPv3
	igmpLong  = 12 // the least of an IGMPv3 query
	mldShort  = 24
	mldLong   = 28 // the least of an MLDv2 query
)

// Decode reads one message of IGMP or MLD, from its IPv4 or IPv6 header on.
// Octets behind the IP packet, such as the padding of Ethernet, are ignored, and
// so are octets behind the message (RFC 3376, sections 4.1.10 and 4.2.11), which
// the checksum covers. Before ICMPv6 it accepts one hop-by-hop header and one of
// destination options, or none of them: whether there is a router alert is not
// looked at. Auxiliary data and records of unknown types are skipped (RFC 3376,
// section 4.2.12). It asks for no destination, and for no TTL or hop limit: see
// Message.Hops. Its allocations are bounded by the length of the packet. It keeps
// nothing of the packet. Every error is a *DecodeError.
func Decode(ip []byte) (Message, error) {
	if len(ip) == 0 {
		return Message{}, refuse(ReasonCut, "no octets")
	}
	switch ip[0] >> 4 {
	case 4:
		return decode4(ip)
	case 6:
		return decode6(ip)
	}
	return Message{}, refuse(ReasonHeader, "neither IPv4 nor IPv6")
}

func decode4(ip []byte) (Message, error) {
	const least = 20
	if len(ip) < least {
		return Message{}, refuse(ReasonCut, "the IPv4 header")
	}
	if ip[9] != protoIGMP {
		return Message{}, refuse(ReasonNotIGMP, "another protocol over IPv4")
	}
	header, total := int(ip[0]&15)*4, int(binary.BigEndian.Uint16(ip[2:]))
	switch {
	case header < least || total < header:
		return Message{}, refuse(ReasonHeader, "the lengths of the IPv4 header")
	case len(ip) < header:
		return Message{}, refuse(ReasonCut, "the options of the IPv4 header")
	case sum(0, ip[:header]) != 0:
		return Message{}, refuse(ReasonChecksum, "of the IPv4 header")
	case binary.BigEndian.Uint16(ip[6:])&0x3fff != 0: // more fragments, or an offset
		return Message{}, refuse(ReasonFragment, "of an IPv4 packet")
	case len(ip) < total:
		return Message{}, refuse(ReasonCut, "the IPv4 packet")
	}
	m := Message{Family: IGMP, From: addr4(ip[12:]), To: addr4(ip[16:]), Hops: int(ip[8])}
	if m.From.IsMulticast() || m.From == broadcast {
		return Message{}, refuse(ReasonAddress, "a sender that is no host")
	}
	b := ip[header:total]
	if len(b) < igmpShort {
		return Message{}, refuse(ReasonCut, "the IGMP message")
	}
	if sum(0, b) != 0 {
		return Message{}, refuse(ReasonChecksum, "of the IGMP message")
	}
	return m.igmp(b)
}

func decode6(ip []byte) (Message, error) {
	const header = 40
	if len(ip) < header {
		return Message{}, refuse(ReasonCut, "the IPv6 header")
	}
	end := header + int(binary.BigEndian.Uint16(ip[4:]))
	m := Message{Family: MLD, From: addr6(ip[8:]), To: addr6(ip[24:]), Hops: int(ip[7])}
	b := ip[header:min(end, len(ip))]
	next := ip[6]
	for _, optional := range [...]byte{protoHopByHop, protoDestination} { // in their order (RFC 8200, section 4.1)
		if next != optional {
			continue
		}
		if len(b) < 8 || len(b) < (int(b[1])+1)*8 {
			return Message{}, refuse(ReasonCut, "an extension header")
		}
		next, b = b[0], b[(int(b[1])+1)*8:]
	}
	switch {
	case next == protoFragment:
		return Message{}, refuse(ReasonFragment, "of an IPv6 packet")
	case next != protoICMPv6:
		return Message{}, refuse(ReasonNotIGMP, "another protocol over IPv6")
	case len(b) == 0:
		return Message{}, refuse(ReasonCut, "the ICMPv6 message")
	}
	switch b[0] {
	case mldQuery, mldV1Report, mldV1Done, mldV2Report:
	default:
		return Message{}, refuse(ReasonNotIGMP, "ICMPv6 of another type")
	}
	switch {
	case len(ip) < end:
		return Message{}, refuse(ReasonCut, "the IPv6 packet")
	case len(b) < 8 || len(b) < mldShort && b[0] != mldV2Report:
		return Message{}, refuse(ReasonCut, "the MLD message")
	case sum(pseudo(ip[8:40], len(b)), b) != 0:
		return Message{}, refuse(ReasonChecksum, "of the ICMPv6 message")
	// A host without an address yet reports from :: (RFC 3810, section 5.2.13), and
	// a switch that is no router may ask from it (RFC 4541, section 2.1.1).
	case !isLinkLocal6(ip[8:]) && !m.From.IsUnspecified():
		return Message{}, refuse(ReasonAddress, "MLD from neither a link-local address nor ::")
	}
	return m.mld(b)
}

// igmp reads an IGMP message of at least 8 octets.
func (m Message) igmp(b []byte) (Message, error) {
	switch b[0] {
	case igmpQuery:
		return m.igmpQuery(b)
	case igmpV1Report:
		m.Kind, m.Version = Report, 1
	case igmpV2Report:
		m.Kind, m.Version = Report, 2
	case igmpV2Leave:
		m.Kind, m.Version = Leave, 2
	case igmpV3Report:
		m.Kind, m.Version = Report, 3
		return m.records(b)
	default:
		return Message{}, refuse(ReasonType, "an IGMP message of another type")
	}
	return m.about(b[4:8])
}

func (m Message) igmpQuery(b []byte) (Message, error) {
	m.Kind = Query
	switch {
	case len(b) >= igmpLong:
		m.Version = 3
		m.MaxResponse = time.Duration(value(int(b[1]), mantissa8)) * tenth
	case len(b) != igmpShort:
		return Message{}, refuse(ReasonLength, "a query longer than version 2's and shorter than version 3's")
	case b[1] == 0:
		// Its group is not said: a receiver ignores that field (RFC 1112, appendix I).
		m.Version, m.MaxResponse = 1, 10*time.Second
		return m, nil
	default:
		m.Version, m.MaxResponse = 2, time.Duration(b[1])*tenth
	}
	return m.question(b[4:8], b[igmpShort:])
}

// mld reads an MLD message of at least 24 octets, or 8 if it is a report of MLDv2.
func (m Message) mld(b []byte) (Message, error) {
	switch b[0] {
	case mldV1Report:
		m.Kind, m.Version = Report, 1
	case mldV1Done:
		m.Kind, m.Version = Leave, 1
	case mldV2Report:
		m.Kind, m.Version = Report, 2
		return m.records(b)
	default:
		return m.mldQuery(b)
	}
	return m.about(b[8:mldShort])
}

func (m Message) mldQuery(b []byte) (Message, error) {
	delay := int(binary.BigEndian.Uint16(b[4:]))
	m.Kind = Query
	switch {
	case len(b) >= mldLong:
		m.Version, delay = 2, value(delay, mantissa16)
	case len(b) != mldShort:
		return Message{}, refuse(ReasonLength, "a query longer than version 1's and shorter than version 2's")
	default:
		m.Version = 1
	}
	m.MaxResponse = time.Duration(delay) * time.Millisecond
	return m.question(b[8:mldShort], b[mldShort:])
}

// question reads a query's group and what only queries of IGMPv3 and MLDv2 have
// behind it: flags, QQIC, and sources.
func (m Message) question(group, rest []byte) (Message, error) {
	if !m.Family.isZero(group) {
		var err error
		if m, err = m.about(group); err != nil {
			return Message{}, err
		}
	}
	if len(rest) == 0 {
		return m, nil
	}
	m.Suppress, m.Robustness = rest[0]&8 != 0, int(rest[0]&7)
	m.Interval = time.Duration(value(int(rest[1]), mantissa8)) * time.Second
	count, width := int(binary.BigEndian.Uint16(rest[2:])), m.Family.width()
	sources := rest[4:]
	switch {
	case len(sources) < count*width:
		return Message{}, refuse(ReasonCut, "the sources of a query")
	case count > 0 && !m.Group.IsValid(): // RFC 3376, section 4.1.9: hosts ignore it, as Linux does
		return Message{}, refuse(ReasonAddress, "sources in a query about all groups")
	}
	m.Sources, _ = m.Family.addrs(nil, sources[:count*width])
	return m, nil
}

// about takes the group of a message that has one.
func (m Message) about(group []byte) (Message, error) {
	if !m.Family.isGroup(group) {
		return Message{}, refuse(ReasonAddress, "a group that is none")
	}
	m.Group = m.Family.addr(group)
	return m, nil
}

// records reads a report of IGMPv3 or MLDv2, of at least 8 octets. It goes over
// the records twice, so that what it allocates is what is there, whatever the
// counts say.
func (m Message) records(b []byte) (Message, error) {
	width, count := m.Family.width(), int(binary.BigEndian.Uint16(b[6:]))
	known, sources := 0, 0
	rest := b[8:]
	for range count {
		if len(rest) < 4+width {
			return Message{}, refuse(ReasonCut, "the records of a report")
		}
		n, aux := int(binary.BigEndian.Uint16(rest[2:])), int(rest[1])*4
		size := 4 + width + n*width + aux
		if len(rest) < size {
			return Message{}, refuse(ReasonCut, "a record of a report")
		}
		if RecordType(rest[0]).known() {
			if !m.Family.isGroup(rest[4:]) {
				return Message{}, refuse(ReasonAddress, "a record of a group that is none")
			}
			known, sources = known+1, sources+n
		}
		rest = rest[size:]
	}
	if known == 0 {
		return m, nil
	}
	m.Records = make([]Record, 0, known)
	var room []netip.Addr
	if sources > 0 {
		room = make([]netip.Addr, 0, sources)
	}
	rest = b[8:]
	for range count {
		n, aux := int(binary.BigEndian.Uint16(rest[2:])), int(rest[1])*4
		r := Record{Type: RecordType(rest[0]), Group: m.Family.addr(rest[4:])}
		from := rest[4+width : 4+width+n*width]
		rest = rest[4+width+n*width+aux:]
		if r.Type.known() {
			r.Sources, room = m.Family.addrs(room, from)
			m.Records = append(m.Records, r)
		}
	}
	return m, nil
}

func (t RecordType) known() bool { return t >= IsInclude && t <= Block }
