package mcast

import (
	"fmt"
	"net/netip"
	"syscall"
	"time"
)

// PeerError is what came back about a datagram that was sent to one peer: an
// ICMP error (RFC 792, RFC 4443), or what this host itself found out. It says
// nothing about other peers, and is as easily forged as any datagram.
//
// No error proves nothing either: a datagram without a reply was ignored, dropped
// by a firewall, or lost.
type PeerError struct {
	At   time.Time      // when it came
	To   netip.AddrPort // whom the datagram was for; port 0: not told
	From netip.Addr     // who says so, the peer or a router on the way; the zero Addr: this host's own kernel
	Type int            // of the ICMP or ICMPv6 message; 0 from the own kernel
	Code int            // of the ICMP or ICMPv6 message; 0 from the own kernel
	Err  error          // the kernel's name for it: syscall.ECONNREFUSED, syscall.EHOSTUNREACH and so on
	Data []byte         // the beginning of the datagram's payload as far as it came back, 64 bytes at most; nil: not told
}

// Local reports whether it is this host's own kernel that says so: after about
// 3 s EHOSTUNREACH for a neighbour that does not answer ARP or NDP, and at once
// EMSGSIZE for a datagram that must not be fragmented and is longer than the
// path takes.
func (e PeerError) Local() bool { return !e.From.IsValid() }

// String reads
//
//	192.168.1.11:9 refused it: ICMP port unreachable (3, 3) from 192.168.1.11
func (e PeerError) String() string {
	what := "is unreachable"
	switch e.Err {
	case syscall.ECONNREFUSED:
		what = "refused it"
	case syscall.EMSGSIZE:
		what = "is behind a path with a smaller MTU than the datagram"
	}
	return fmt.Sprintf("%s %s: %s", e.To, what, e.Because())
}

// Because is who says so, and in which words:
//
//	ICMP port unreachable (3, 3) from 192.168.1.11
//	no route to host, says this host
func (e PeerError) Because() string {
	if e.Local() {
		return fmt.Sprintf("%v, says this host", e.Err)
	}
	protocol, names := "ICMP", icmpNames
	if e.From.Is6() {
		protocol, names = "ICMPv6", icmp6Names
	}
	name, known := names[[2]int{e.Type, e.Code}]
	if !known {
		name = e.Err.Error()
	}
	return fmt.Sprintf("%s %s (%d, %d) from %s", protocol, name, e.Type, e.Code, e.From)
}

// icmpNames are the errors of RFC 792, RFC 1122 (section 3.2.2.1) and RFC 1812
// (section 5.2.7.1), by type and code.
var icmpNames = map[[2]int]string{
	{3, 0}:  "net unreachable",
	{3, 1}:  "host unreachable",
	{3, 2}:  "protocol unreachable",
	{3, 3}:  "port unreachable",
	{3, 4}:  "fragmentation needed",
	{3, 5}:  "source route failed",
	{3, 6}:  "net unknown",
	{3, 7}:  "host unknown",
	{3, 8}:  "source host isolated",
	{3, 9}:  "net prohibited",
	{3, 10}: "host prohibited",
	{3, 11}: "net unreachable for this type of service",
	{3, 12}: "host unreachable for this type of service",
	{3, 13}: "administratively prohibited",
	{3, 14}: "host precedence violation",
	{3, 15}: "precedence cutoff",
	{11, 0}: "time to live exceeded",
	{11, 1}: "fragment reassembly time exceeded",
	{12, 0}: "parameter problem",
}

// icmp6Names are the errors of RFC 4443.
var icmp6Names = map[[2]int]string{
	{1, 0}: "no route",
	{1, 1}: "administratively prohibited",
	{1, 2}: "beyond scope of source address",
	{1, 3}: "address unreachable",
	{1, 4}: "port unreachable",
	{1, 5}: "source address failed policy",
	{1, 6}: "reject route",
	{2, 0}: "packet too big",
	{3, 0}: "hop limit exceeded",
	{3, 1}: "fragment reassembly time exceeded",
	{4, 0}: "erroneous header field",
	{4, 1}: "unknown next header",
	{4, 2}: "unknown option",
}
