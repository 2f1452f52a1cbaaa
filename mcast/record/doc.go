// Package record writes datagrams and frames to pcapng files, reads datagrams from
// the captures of any program, and says when each is due in a replay.
//
// [Create] gives a [Recorder], which takes datagrams and never makes its caller
// wait. [BeginCapture] gives a [Capture], which takes the frames of interfaces from
// the kernel: Linux, with CAP_NET_RAW. [Open] and [NewReader] give a [Reader]. A
// [Player] hands each datagram of a replay to a function that sends it, when a
// [Schedule] says that it is due.
//
// A socket has no headers, so a Recorder makes them up, and says so in the file:
// true are addresses, ports, TTL, interface and time. A Capture has true frames. It
// joins nothing, and nothing here opens a UDP socket.
package record
