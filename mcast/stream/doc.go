// Package stream accounts for what is heard in groups: for each group, source and
// interface how much came, how regularly, with which TTL, and since when a steady
// sender is silent.
//
// [New] makes a [Tally]. [Tally.Add] notes a datagram, [Tally.Tick] tells who fell
// silent and who came back, and [Tally.Snapshot] lists the rows. [Tally.Own] notes
// an own datagram, so that it is known when a stranger sends it back.
//
// A Tally has no socket, no clock and no lock: times are arguments. It reads no
// numbers in payloads, so it counts what came, and never what was lost.
package stream
