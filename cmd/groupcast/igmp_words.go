package main

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast"
)

// hostText is a member. One that has no address yet is known by its hardware's.
func hostText(host netip.Addr, link net.HardwareAddr, self bool) string {
	text := addrText(host)
	switch {
	case host.IsValid():
	case len(link) > 0:
		text = link.String()
	default:
		text = "unknown"
	}
	if self {
		text += thisHost
	}
	return text
}

// groupAddrText is a group with the name that it is registered by.
func groupAddrText(group netip.Addr) string {
	text := addrText(group)
	if r, ok := mcast.RegisteredAddr(group); ok {
		return text + " (" + r.Name + ")"
	}
	if solicitedNode.Contains(group) {
		return text + " (neighbours)"
	}
	return text
}

// solicitedNode are the groups that each IPv6 address is asked for at (RFC 4291,
// section 2.7.1).
var solicitedNode = netip.MustParsePrefix("ff02::1:ff00:0/104")

// at is a time of the day, with its day if that is not today's.
func (t *igmpText) at(at time.Time) string {
	if at.IsZero() {
		return "-"
	}
	at = at.In(t.now.Location())
	if at.Format(time.DateOnly) != t.now.Format(time.DateOnly) {
		return at.Format("Jan _2 15:04")
	}
	return at.Format(time.TimeOnly)
}

// until is how long it is to a time.
func (t *igmpText) until(at time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return spanText(at.Sub(t.now))
}

// spanText is a time to read: 14 s, 5m12s, 2h05m.
func spanText(d time.Duration) string {
	switch d = max(0, d); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d/time.Second))
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d/time.Minute), int(d/time.Second)%60)
	}
	return fmt.Sprintf("%dh%02dm", int(d/time.Hour), int(d/time.Minute)%60)
}

// secondsText is a time as the protocol counts it: 125 s, 0.1 s.
func secondsText(d time.Duration) string {
	return strings.TrimSuffix(fmt.Sprintf("%.1f", d.Seconds()), ".0") + " s"
}
