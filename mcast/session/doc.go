// Package session is a conversation that runs: it joins groups and stays joined
// while interfaces come and go, carries what arrives into a [chat.Room], sends
// what is said, and knows at every moment where that leaves and what is wrong.
// It has no screen and no terminal: a screen, a line mode, a bridge or a
// recorder drives it.
//
// [Start] begins a [Session] and joins its group. Then one goroutine takes what
// happened with [Session.Next], anyone reads the state with [Session.Snapshot],
// and what is wanted goes in by [Session.Do]. [Session.Close] leaves all groups
// and waits for the session's goroutines.
//
// [WayOut] says where a send would leave, and why, without a session.
//
// A [Keeper] is the part that joins and stays joined; who only listens, or
// answers, uses it alone.
//
// As root it looks at the wires too (Config.Wires): the queriers, and the reports
// of this host and of others. A [Wire] says what was seen, and nothing else.
//
// # Members
//
// With Config.Members the session is a member of each conversation that it joins
// (mcast/members). Frames come by a socket of their own, on the port after the
// group's, which is joined where the group is; they leave from the socket that words
// leave from. A line goes out as plain text and by a frame, in a sealed room by the
// frame alone; what plain text a frame brings as well is counted, and not shown twice.
// Signatures are verified by the goroutine that reads the socket, without the lock
// that a [Snapshot] needs.
//
// Where the port of frames is another program's, and in groups of standards, the talk
// goes on with plain text, and Snapshot.Members says why. In a sealed room nothing is
// said then.
//
// # Bounds
//
// Lines that are not taken in time push out the oldest, and are counted
// (chat.RingSize); so do datagrams and calls. The knowledge of other hosts has a
// bound, since anybody can forge a source address.
//
// # What it leaves out
//
// Words about errors: Config.Hint says what to do about one. Where keys, pinned names
// and histories are kept: MembersConfig is given them. Names of hosts.
package session
