// Package probe asks UDP ports of hosts for an answer, and says exactly what is
// known after it.
//
//	places, err := probe.ParseTargets("192.168.1.11:7-9,1234")
//	...
//	err = probe.Probe(ctx, probe.Config{}, probe.Resolve(ctx, probe.AnyFamily, places), func(r probe.Result) {
//		fmt.Println(r.Addr, r.Verdict, r.Because())
//	})
//
// [ParseTargets] reads targets as a user types them. [Resolve] finds their
// addresses. [Probe] asks them all, and reports a [Result] for each. [Watch] asks
// one target again and again, and reports the results that differ.
//
// UDP has no handshake, so there are only these ways to know something:
//
//   - an answer. Many services answer only to their own protocol: DNS to a query,
//     NTP to a request. Config.Payload can be such a request. Echo servers answer
//     DefaultPayload, and so do services that answer anything
//   - an ICMP error (RFC 792, RFC 4443), which names its sender. Linux shows all
//     of it (IP_RECVERR, ip(7)). Other systems tell only that the port is closed,
//     and not who says so
//   - nobody answers ARP (RFC 826) or a neighbour solicitation (RFC 4861), after
//     about 3 s. Only Linux tells. The kernel trusts a neighbour that it talked to
//     lately for up to a minute, and until then there is silence
//
// Silence proves nothing: the port may be open and its service not interested, a
// firewall may drop, a datagram may be lost. A host also limits its ICMP errors:
// Linux sends six at once to one asker, and then one a second (icmp_ratelimit,
// icmp(7)). So of many closed ports of one host some look silent, unless
// Config.Rate is 1.
//
// Each target has a connected socket of its own, for the kernel reports errors to
// connected sockets. The package leaves out groups and broadcast addresses, whose
// members answer from addresses of their own, and it does not sanitise:
// Result.Answer is as hostile as any bytes from the network.
package probe
