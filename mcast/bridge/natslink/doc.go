// Package natslink is a bridge's [bridge.Link] over NATS, with the leases of sites and
// the bridges' own words about how they stand. It needs no more of a server than
// JetStream with one bucket and one stream: package hub has one, and any other NATS takes its place.
//
// # On the wire
//
// Every subject ends in the site and its LAN, "_" at a bridge that has one LAN. The
// server permits a key to publish on subjects of its own site only; so the site of an
// arrival is read from its subject, and nothing in it can name another.
//
//	groupcast.v1.d.GROUP.SITE.LAN  a datagram; headers Gc-Bridge, Gc-Seq, Gc-From, Gc-Ttl
//	groupcast.v1.f.GROUP.SITE.LAN  a kept frame; headers Gc-Bridge, Nats-Msg-Id
//	groupcast.v1.p.GROUP.SITE.LAN  a passing frame, or a kept one again; headers Gc-Bridge, Gc-Again
//	groupcast.v1.loop.x.SITE.LAN   a probe was heard there: JSON
//	groupcast.v1.site.x.SITE.LAN   a bridge has joined, or leaves: JSON
//	groupcast.v1.answer.ID         what a bridge tells whoever asked the service
//	GROUPCAST_V1                   the stream of kept frames: the history
//	groupcast_v1_lease             the bucket of the leases: SITE, or SITE.LAN
//	groupcast-bridge               the service that tells how a bridge stands
//
// GROUP is 239-1-2-3_1234, or 32 digits in hexadecimal for IPv6, without the zone. In a
// LAN, which is the name of an interface, every byte but a-z, 0-9 and "-" is %XX; in the
// bucket, whose keys have no "%", it is =XX. The Nats-Msg-Id is 52 characters of base32: the
// frame's stream, its number, and 8 bytes of the SHA-256 of its bytes.
//
// # Kept frames
//
// A kept frame is published at once, and is live at all sites that are there. The server
// keeps it and acknowledges it. Until then it waits in a spool of 16 MiB and 1 h, of which at
// most 256 frames are on their way; it is sent again without an acknowledgement for 2 s, and
// when the server is reached again, with the same Nats-Msg-Id. Each Link reads the history by
// sequence: from its beginning at first, then each second, and when the server is reached
// again, what came after that. Frames that came live are left out.
//
// At a hub a site does not publish kept frames itself, and does not ask JetStream: the
// acknowledgement and the answer would go, in the server's name, to any subject that the site
// names. It gives them to groupcast-history.SITE.KEEP.GROUP.LAN, and asks
// groupcast-history.SITE.INFO and .GET.
package natslink
