// Package echo answers UDP datagrams with themselves, byte for byte, and takes
// care not to be of use to anybody who means harm.
//
// A Responder serves a mcast.Conn, or a group by two of them:
//
//	r := echo.New(echo.Config{})
//	err := r.Serve(ctx, conn, nil, false)    // one address
//	err = r.Serve(ctx, joined, answers, true) // the groups that joined has joined
//
// What it answers is decided by a Guard, which has no socket and no clock. An
// answer is never larger than its request, goes to the sender alone, and never
// leaves from a socket whose own datagrams would be answered. Two servers that
// echo each other, which one forged datagram can set off (CVE-2024-2169), fall
// silent within a second. A source has a limit, and so has a group as a whole.
//
// A source that floods is shut out by a filter in the kernel (Linux), so that
// others are still heard.
//
// What is left out: joining, and joining again when an interface comes back,
// is the caller's (mcast.Conn.Follow works while Serve runs). An answer is not
// sent twice, and nothing tells whether it arrived.
package echo
