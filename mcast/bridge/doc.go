// Package bridge carries chosen groups between networks that multicast does not cross.
//
// A bridge is a process at a site, which is a name for one LAN. It hears the datagrams of
// its groups there and publishes them on a [Link]; what other sites published it sends
// into its LAN again, from port [Mark].
//
// Three cores decide, without a socket and a clock of their own: a [Carrier] says of each
// datagram whether it is carried or sent again, and finds by probes that two LANs are
// joined already; a [Lease] says which of several bridges of a site leads. [Open] ties
// them to sockets and a Link. [Wire] is a Link within one process; package natslink has
// the one over NATS, and package hub the server.
//
// # What holds
//
// A datagram arrives once at each other site, and never at its own. No repeat that a
// program sends is dropped: the same bytes only make suspicious, and a probe decides.
package bridge
