// Package igmp reads the messages by which hosts tell routers and switches what
// groups they want: IGMP (RFC 1112, 2236, 3376) and MLD (RFC 2710, 3810). Decode
// reads one message, a View keeps who asks, who is a member of what, and how much
// of that this port can see at all (RFC 4541). Neither opens a socket nor looks at
// a clock.
//
// A [Watcher] does both with what the interfaces of a Linux host carry, which needs
// CAP_NET_RAW; [ReadOwn] tells what any user can know of the host itself.
package igmp
