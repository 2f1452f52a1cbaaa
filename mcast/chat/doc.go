// Package chat keeps a conversation in multicast groups: who said what, who is
// here, what was lost.
//
// Room is the core. It has no socket, no clock and no screen: it is told what
// arrived and what was sent, with the time, and answers with lines to show and
// with snapshots. Sanitize is the one door through which bytes from the
// network become text. Ring carries the lines to whoever shows them, and loses
// the oldest rather than hold up who reads the network.
//
// Start with NewRoom; tell it the interfaces, the memberships and the port,
// then call Receive for each datagram and Say before each send.
package chat
