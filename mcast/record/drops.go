package record

import (
	"maps"
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast"
)

// Drops tells a Recorder what the kernel drops of the sockets that are read from. Its
// methods may be called by several goroutines.
type Drops struct {
	to *Recorder

	mu sync.Mutex
	of map[*mcast.Conn]toldDrops
}

// toldDrops is what the kernel dropped of a socket, as the Recorder knows it.
type toldDrops struct {
	count uint64
	asked time.Time
}

const (
	// dropsTime is how long the kernel is not asked where it has hardly anything to
	// tell: a few large datagrams fill a small buffer.
	dropsTime = 100 * time.Millisecond
	mostConns = 256 // of which nothing was dropped: each message of a ping has one
)

// NewDrops tells a Recorder of drops.
func NewDrops(to *Recorder) *Drops {
	return &Drops{to: to, of: map[*mcast.Conn]toldDrops{}}
}

// Read asks what the kernel dropped, after so many datagrams were read from a socket
// at once, where that may be: a buffer that was full has more than one batch in it. So
// it is not asked for each datagram.
func (d *Drops) Read(conn *mcast.Conn, datagrams int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now, known := time.Now(), d.of[conn]
	if datagrams < mcast.BatchSize/4 && now.Sub(known.asked) < dropsTime {
		return
	}
	if len(d.of) >= mostConns {
		maps.DeleteFunc(d.of, func(_ *mcast.Conn, known toldDrops) bool { return known.count == 0 })
	}
	d.tell(conn, known.count, now)
}

// End asks about each socket once more. It is for the end of a recording.
func (d *Drops) End() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for conn, known := range d.of {
		d.tell(conn, known.count, known.asked)
	}
}

// tell tells what was dropped since. The caller holds d.mu.
func (d *Drops) tell(conn *mcast.Conn, told uint64, now time.Time) {
	all := conn.Stats().Dropped
	if all > told {
		d.to.Dropped(all - told)
	}
	d.of[conn] = toldDrops{all, now}
}
