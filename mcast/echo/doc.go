// Package echo answers UDP datagrams with themselves, byte for byte, and takes
// care not to be of use to anybody who means harm.
//
// A [Responder] serves one [mcast.Conn], or a group by two of them:
//
//	r := echo.New(echo.Config{})
//	err := r.Serve(ctx, conn, nil, false)     // unicast
//	err = r.Serve(ctx, joined, answers, true) // the groups that joined has joined
//
// An answer is never larger than its request, and goes to the sender alone. It
// never leaves from a socket whose own datagrams would be answered, so members
// of a group do not answer each other. One forged datagram can set two unicast
// echo servers on each other (CVE-2024-2169): they fall silent within a second.
// A source has a limit, and so has a group as a whole. Each datagram without an
// answer has a [Reason], which [Responder.Stats] counts.
//
// A source that floods is shut out by a filter in the kernel (Linux), so that
// others are still heard. Answers to forged addresses of the LAN wait in the
// kernel until ARP gives up. They get half of the send buffer (Linux), and no
// answer waits longer than 10 ms for room.
//
// The caller joins the group, and joins again when an interface comes back:
// [mcast.Conn.Follow] works while [Responder.Serve] runs. An answer is sent
// once, and nothing tells whether it arrived.
package echo
