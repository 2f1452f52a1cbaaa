package stream

import "time"

// Numbers is what the numbers of a stream told. The zero value: it has none that
// are known. Counts are of all runs of a sender that began anew; First and High are
// of the latest.
type Numbers struct {
	Format      Format
	ID          uint64 // of the stream, where the format has one
	First, High uint64 // numbers: the first and the highest so far, without wraps
	Distinct    uint64 // numbers that came; of MPEG-TS datagrams
	Lost        uint64 // numbers that did not come; it falls when late ones come. Of MPEG-TS packets
	LostKernel  uint64 // of them those that this socket had no room for, at most
	AtLeast     bool   // Lost is a lower bound: the numbers wrap too soon to tell all
	About       bool   // Lost is partly estimated, by rate and time
	Gone        uint64 // those that were given up, after 2 s or 1,024 numbers; it only grows, also where one comes still later
	Duplicates  uint64
	Reordered   uint64        // they came after a later one, in time
	Old         uint64        // too late to say whether they are late or duplicates
	Early       uint64        // below the first that was heard; they are not counted
	Stray       uint64        // numbers that fit nothing before and after them
	Restarts    int           // the sender began anew
	Ended       bool          // the sender said that it ends, so that its tail is counted
	Jitter      time.Duration // RFC 3550, section 6.4.1, by the sender's clock; without one of arrivals
	Sent        bool          // Jitter is by the sender's clock
	Promise     time.Duration // what the sender promised as the longest gap; 0: nothing
}

// Burst is a run of numbers that did not come.
type Burst struct {
	At     time.Time // when the datagram behind it came
	First  uint64
	Length uint64
	Kernel bool // the socket dropped meanwhile
}

// Detail is what is kept of a stream beyond its Row.
type Detail struct {
	Bursts  []Burst    // the latest 64 at most, oldest first
	Lengths [16]uint64 // how many bursts were 1, 2 to 3, 4 to 7 ... long
	Gaps    []Bar      // times between datagrams, shortest first
	Why     string     // what makes the format certain: "version 2, SSRC 1a2b3c4d, type 33, 8 datagrams in a row"
}

// Bar is a part of a distribution of times.
type Bar struct {
	To    time.Duration // not longer than
	Count uint64
}
