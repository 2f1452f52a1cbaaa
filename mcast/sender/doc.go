// Package sender runs streams of datagrams to many groups at a rate, numbered so
// that a receiver can tell each loss.
//
// Call [Open] with a [Config], and [Sender.Run]. [Sender.Snapshot] tells at any time
// how it stands.
//
// Each group is a stream of its own, with an id drawn at random ([stream.Header]).
// The groups take turns. A sender that was stopped, or cannot keep to the rate, does
// not catch up: package pace says what it leaves out, and that has used no number.
//
// A datagram that the kernel refuses is counted, and the stream goes on. Its number
// is used again by the next one: a receiver that misses a number then knows that the
// loss was behind this host. There is one exception: when the queue of an interface
// is full (ENOBUFS), the copy for members on this host may have been made before, and
// they see the number twice.
//
// It does not choose interfaces: that is [Stream].Via.
package sender
