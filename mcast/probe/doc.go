// Package probe asks UDP ports of hosts for an answer, and says exactly what
// is known after it.
//
// ParseTargets reads what a user typed, Resolve finds the addresses, Probe
// asks them all and reports a Result each, Watch asks one again and again and
// reports what changes:
//
//	places, err := probe.ParseTargets("192.168.1.11:7-9,1234")
//	...
//	err = probe.Probe(ctx, probe.Config{}, probe.Resolve(ctx, probe.AnyFamily, places), func(r probe.Result) {
//		fmt.Println(r.Addr, r.Verdict, r.Because())
//	})
//
// UDP has no handshake, so there are only these ways to know something:
//
//   - an answer. Many services answer only to their own protocol: DNS to a
//     query, NTP to a request. Give Config.Payload what they understand.
//     DefaultPayload is answered by echo servers and by whoever answers to
//     anything
//   - an ICMP error (RFC 792, RFC 4443), which tells who sent it. Linux shows
//     all of it (IP_RECVERR, ip(7)). Elsewhere only that the port is closed is
//     told, and not by whom
//   - nobody answers ARP (RFC 826) or a neighbour solicitation (RFC 4861),
//     after about 3 s. Only Linux tells. In a host that it talked to lately the
//     kernel believes for up to a minute, and until then it is silent
//
// The rest is silence, which proves nothing: the port may be open and its
// service not interested, a firewall may drop, a datagram may be lost. A host
// also limits its ICMP errors: Linux sends six at once to one asker, and then
// one a second (icmp_ratelimit, icmp(7)). So of many closed ports of one host
// some look silent, unless Config.Rate is 1.
//
// Each target has a connected socket of its own, since errors are told to
// those. The package never prints what came from the network: Result.Answer is
// for the caller to make harmless.
package probe
