// Package mcast sends and receives UDP datagrams in multicast groups, and
// tells where they really go.
//
// Call Listen for a Conn, Join it to a Group on one or more interfaces, Send
// and Read. RouteTo asks the kernel where a datagram, or a join without an
// interface, would go, and why.
//
// Interfaces are always chosen by index, and the interface of a send is chosen
// for each datagram by a control message, so that two senders on one Conn do
// not race for a socket option.
package mcast
