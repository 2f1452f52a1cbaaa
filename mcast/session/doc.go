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
// A [Keeper] is the part that joins and stays joined; who only listens, or
// answers, uses it alone.
//
// As root it looks at the wires too (Config.Wires): who asks for members, and what
// this host and others report. A [Wire] says what was seen, and nothing else.
//
// # Bounds
//
// Lines that are not taken in time push out the oldest, and are counted
// (chat.RingSize); so do datagrams and calls. What is known of other hosts is
// bounded in number, since anybody can forge a source address.
//
// # What it leaves out
//
// Words about errors: Config.Hint says what to do about one. Names of hosts,
// reliability and encryption.
package session
