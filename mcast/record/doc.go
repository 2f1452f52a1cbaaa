// Package record writes datagrams to pcapng files, reads datagrams from the
// captures of any program, and says when each is due in a replay.
//
// [Create] gives a [Recorder], which takes datagrams and never makes its caller
// wait. [Open] and [NewReader] give a [Reader]. A [Schedule] has no clock and no
// socket: whoever replays sends each datagram when it is due.
//
// A socket has no headers, so a Recorder makes them up, and says so in the file:
// true are addresses, ports, TTL, interface and time. It captures no frames of
// an interface, and nothing here opens a socket.
package record
