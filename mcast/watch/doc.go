// Package watch listens to many groups for hours and accounts for each of their
// senders by itself.
//
// [New] joins the groups, [Watcher.Run] reads and judges until its context ends.
// Meanwhile [Watcher.Snapshot] tells how it stands with every stream,
// [Watcher.Events] what happened since the last call, and [Watcher.Detail] what is
// kept of one stream beyond its row. [Watcher.Close] leaves all groups.
//
// There is a socket for each port and IP version, with a goroutine and a
// [stream.Tally] of its own. The watch follows the interfaces as [session.Keeper]
// does, which joins for it.
//
// # Bounds
//
// [MaxTargets] groups, [MaxPorts] sockets, [MaxStreams] streams, [MaxEvents] events
// that nobody fetched; more events are counted. Anyone can forge senders, so the
// stream that was heard longest ago makes room for a new one.
//
// # What it leaves out
//
// Words, files and exit statuses: whoever shows a watch has those.
package watch
