package stream

import "time"

// Format is a way in which a sender numbers its datagrams. "" is none that is known.
type Format string

// The formats that are read.
const (
	Unnumbered Format = ""
	Own        Format = "groupcast" // the numbered datagrams of send --rate
	RTP        Format = "RTP"       // RFC 3550
	RTPTS      Format = "RTP+TS"    // MPEG-TS in RTP (RFC 2250): the RTP numbers, and the continuity counters beside them
	TS         Format = "MPEG-TS"   // ISO/IEC 13818-1: continuity counters of 4 bits, so that a loss is a lower bound
	Mcjoin     Format = "mcjoin"
	Iperf2     Format = "iperf2"
	Sockperf   Format = "sockperf"
	PTP        Format = "PTP" // IEEE 1588
	Told       Format = "seq" // a number where the user says that it is
)

// Sight is what one datagram says about its stream, by the format it is in.
type Sight struct {
	Format  Format
	Number  uint64        // of this datagram
	Bits    int           // width of Number, at which it wraps: 4 to 64; 0: there is no number, Missing counts (MPEG-TS)
	ID      uint64        // of the stream; 0: the format has none. Two IDs behind one address and port are two streams, or a restart
	Sent    time.Duration // by the sender's clock, since whatever; 0: not told
	Promise time.Duration // two datagrams are at most so far apart, says the sender; 0: nothing said
	End     bool          // the sender ends, and Number is the one after its last: how many it sent, where numbers begin with 0
	Again   bool          // this datagram may repeat its number, and is no duplicate (a warm-up of sockperf's)
	Stamp   uint32        // RTP: the timestamp, as it is in the datagram
	Missing int           // MPEG-TS: packets that the continuity counters miss before and in this datagram, at least
}

// Reading is what a recogniser makes of one datagram.
type Reading struct {
	// Sights are to be counted, oldest first: usually that of this datagram; when a
	// format was just adopted, also those of the datagrams that were held for it.
	// Empty: the datagram has no number that is known.
	Sights           []Seen
	Adopted, Dropped Format // just now
	Damaged, Newer   bool   // our magic with a wrong checksum; a newer version of ours
}

// Seen is a Sight with when it came, and the socket's drops then.
type Seen struct {
	Sight
	At    time.Time
	Drops uint32
}
