package chat

import (
	"net/netip"
	"time"
)

// Snapshot is a copy of everything that a [Room] knows, safe to keep.
type Snapshot struct {
	Senders      []Sender // other hosts: at most 64, most recently heard first
	SendersTotal int      // all of them that are remembered, at most MaxSenders
	Local        []Sender // this host itself, by its other programs: an address each, at most 16
	Counters     Counters
	Rate         float64   // datagrams per second that are not own copies, over the last three full seconds
	History      []uint32  // such datagrams in each of the last HistorySeconds full seconds, oldest first
	Pending      int       // own lines whose copy is waited for
	Groups       []Traffic // of each group that was heard, at most 1,024, in the order of their addresses
}

// Traffic is what was heard in one group, of all its ports. Own copies and
// strays do not count.
type Traffic struct {
	Group     netip.Addr
	Datagrams uint64
	Bytes     uint64
	Rate      float64  // datagrams per second over the last three full seconds
	History   []uint32 // datagrams in each of the last HistorySeconds full seconds, oldest first
}

// HistorySeconds is how many seconds of rates a Snapshot carries.
const HistorySeconds = 16

// maxSnapshotSenders is how many senders a Snapshot carries.
const maxSnapshotSenders = 64

// Sender is a host whose datagrams arrived, told by its address, whatever sockets
// they left by. The address is what the datagrams say: anyone on the way can forge
// it.
type Sender struct {
	Addr      netip.Addr
	Ports     []uint16 // that it sent from: at most MaxPorts, most recently heard first
	MorePorts bool     // it sent from more, heard longer ago
	Interface string   // the one it was last heard by
	IfIndex   int
	Hops      int // TTL left in its last datagram; 0: unknown
	Datagrams uint64
	Bytes     uint64
	First     time.Time
	Last      time.Time
	Rate      float64  // datagrams per second over the last three full seconds
	History   []uint32 // datagrams in each of the last HistorySeconds full seconds, oldest first
}

// Counters adds up: every datagram that is read is in exactly one of the fields Texts
// to Ignored, and Read is their sum. Without members the last three are 0.
type Counters struct {
	Read      uint64 // datagrams given to Receive, ReceiveAmong, Frame, FrameBack and Ignore
	Texts     uint64 // shown as lines
	OwnCopies uint64 // loopback copies of own lines, and of requests of own pings
	Strays    uint64 // for a group that is not joined on the interface they came by
	Twins     uint64 // plain text of members, whose frames bring it too
	Frames    uint64 // of members, own copies too; what became of each, members.Counters tell
	Ignored   uint64 // on the port of frames: numbered datagrams, and what another own socket brings too

	Sent     uint64 // own lines, but for those that Failed was called for
	Stayed   uint64 // of them, those that did not leave this host: see Line.Stays
	Reached  uint64 // of them, those that a member confirmed to have; one that came later may have more
	Failed   uint64 // own lines that the kernel refused
	Missing  uint64 // own lines whose copy did not come in time, nor since
	Evicted  uint64 // senders forgotten because the table was full
	Bytes    uint64 // payload bytes read
	SentSize uint64 // payload bytes sent
}
