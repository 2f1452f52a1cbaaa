// Package chat keeps a conversation in multicast groups: its lines, its senders,
// and what was lost.
//
// [Room] is the core. Start with [NewRoom]; call [Room.SetInterfaces] and
// [Room.AddPort], then [Room.Receive] for each datagram and [Room.Say] before each
// send. They return lines to show, and [Room.Snapshot] sums up. [Sanitize] is the
// one door through which bytes from the network become [Text]. A [Ring] carries
// lines from the reader of the network to a screen, and loses the oldest rather
// than make the reader wait.
//
// A Room leaves out sockets, clocks and screens: it learns from its arguments what
// arrived, what was sent, and when.
package chat
