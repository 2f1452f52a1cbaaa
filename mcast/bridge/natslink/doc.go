// Package natslink is a bridge's [bridge.Link] over NATS, with the leases of sites and
// the bridges' own words about how they stand. It needs no more of a server than
// JetStream with one bucket: package hub has one, and any other NATS takes its place.
//
// # On the wire
//
// Every subject ends in the site and its LAN, "_" at a bridge that has one LAN. The
// server permits a key to publish on subjects of its own site only; so the site of an
// arrival is read from its subject, and nothing in it can name another.
//
//	groupcast.v1.d.GROUP.SITE.LAN  a datagram; headers Gc-Bridge, Gc-Seq, Gc-From, Gc-Ttl
//	groupcast.v1.loop.x.SITE.LAN   a probe was heard there: JSON
//	groupcast.v1.site.x.SITE.LAN   a bridge has joined, or leaves: JSON
//	groupcast.v1.answer.ID         what a bridge tells whoever asked the service
//	groupcast_v1_lease             the bucket of the leases: SITE, or SITE.LAN
//	groupcast-bridge               the service that tells how a bridge stands
//
// GROUP is 239-1-2-3_1234, or 32 digits in hexadecimal for IPv6, without the zone. In a
// LAN, which is the name of an interface, every byte but a-z, 0-9 and "-" is %XX; in the
// bucket, whose keys have no "%", it is =XX.
package natslink
