package igmp

import (
	"net/netip"
	"slices"
)

// Bad counts a packet that Decode refused. It changes nothing else.
func (v *View) Bad(f Family, reason string, s Seen) {
	if f != IGMP && f != MLD {
		return
	}
	l := v.link(linkKey{s.Interface, f}, s.At)
	l.counters.Messages++
	l.refuse(reason)
}

// maxReasons is how many reasons are counted apart.
const maxReasons = 32

func (l *link) refuse(reason string) {
	bad := l.counters.Bad
	if bad == nil {
		bad = map[string]uint64{}
		l.counters.Bad = bad
	}
	if _, known := bad[reason]; !known && len(bad) >= maxReasons {
		reason = "other"
	}
	bad[reason]++
}

// Reasons why a View ignores a message that Decode could read, beside ReasonHops,
// ReasonType and ReasonAddress.
const (
	ReasonOffLink Reason = "off-link" // a report or leave from an address that is on no network of the interface (RFC 3376, section 9.2)
	ReasonEcho    Reason = "echo"     // from an address of this host, which did not send it: a loop, or a duplicate address
)

// bad returns why a message is not believed, or nothing.
func (l *link) bad(m Message, s Seen) Reason {
	newest := 3
	if l.family == MLD {
		newest = 2
	}
	isGroup := func(a netip.Addr) bool { return a.IsMulticast() && familyOf(a) == l.family }
	switch {
	case m.Hops != 1:
		return ReasonHops
	case m.Kind < Query || m.Kind > Leave || m.Version < 1 || m.Version > newest:
		return ReasonType
	case familyOf(m.From) != l.family || m.From.IsMulticast() || m.From == broadcast:
		return ReasonAddress
	case l.family == MLD && !m.From.IsUnspecified() && !m.From.IsLinkLocalUnicast(): // RFC 3810, sections 5.1.14 and 5.2.13
		return ReasonAddress
	case m.Group.IsValid() && !isGroup(m.Group), !m.Group.IsValid() && (m.Kind == Leave || m.Kind == Report && m.Version < newest):
		return ReasonAddress
	}
	for _, r := range m.Records {
		if !isGroup(r.Group) {
			return ReasonAddress
		}
	}
	if s.Out || m.From.IsUnspecified() {
		return ""
	}
	if _, mine := l.mine[m.From]; mine {
		return ReasonEcho
	}
	if m.Kind != Query && !l.isHere(m.From) {
		return ReasonOffLink
	}
	return ""
}

// isHere reports whether an address can be of this link.
func (l *link) isHere(a netip.Addr) bool {
	return len(l.networks) == 0 || a.IsLinkLocalUnicast() ||
		slices.ContainsFunc(l.networks, func(p netip.Prefix) bool { return p.Contains(a) })
}

func (l *link) learn(a netip.Addr) {
	if len(l.mine) < maxMine {
		l.mine[a] = struct{}{}
	}
}

// familyOf is the family of an address, or 0.
func familyOf(a netip.Addr) Family {
	switch {
	case a.Is4():
		return IGMP
	case a.Is6() && !a.Is4In6():
		return MLD
	}
	return 0
}
