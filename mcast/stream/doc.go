// Package stream accounts for what is heard in groups: for each group, source and
// interface how much came, how regularly, with which TTL, and since when a steady
// sender is silent.
//
// [New] makes a [Tally]. [Tally.Add] notes a datagram, [Tally.Tick] tells who fell
// silent and who came back, and [Tally.Snapshot] lists the rows. [Tally.Own] notes
// an own datagram, so that it is known when a stranger sends it back.
//
// With [Config.Numbers] it reads the numbers of payloads whose [Format] it knows, and
// counts by them what was lost, came twice, late, or anew: exactly, or said to be at
// least so much. Several streams that one socket sends are rows of their own.
//
// A Tally has no socket, no clock and no lock: times are arguments. They should
// have a monotonic reading, or be made of one: a step of the wall clock cannot be
// distinguished from time that passes. After one that it notices it judges no
// silence that began before.
package stream
