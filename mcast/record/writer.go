package record

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
)

// Bounds of what waits to be written. What more comes is lost, and counted.
const (
	queueDatagrams = 4096
	queueBytes     = 16 << 20
)

// gatherTime is how long a datagram waits for others, unless so many are there. So
// the goroutine that writes is woken ten times a second and not for each datagram, and
// they are written in the order of their times: what was sent is told of after its call
// has returned, when the answer may be there already.
const (
	gatherTime      = 100 * time.Millisecond
	gatherDatagrams = queueDatagrams / 4
	gatherBytes     = queueBytes / 4
)

// DefaultMax is how many bytes a recording has at the most, unless Options say
// otherwise.
const DefaultMax = 1 << 30

var (
	// ErrLimit ends a recording that has as many bytes as it may have.
	ErrLimit = errors.New("the recording is as large as it may be")
	// ErrStuck ends a recording whose standard output nobody reads.
	ErrStuck = errors.New("what should be written was not taken in time")
)

// Options say where a recording goes, and how much of it there may be.
type Options struct {
	File   string    // made with mode 0600; one that exists is not overwritten. "-" is Output
	Output io.Writer // for the File "-"; nil: standard output

	// Rotate is how many bytes a file has before the next one is begun; 0: there is
	// one. The files of talk.pcapng are talk-00001.pcapng, talk-00002.pcapng ...
	Rotate int64
	Keep   int   // of rotated files that many are kept, the others of this recording are deleted; 0: all
	Max    int64 // bytes of all files that are there; 0: DefaultMax, negative: no bound

	Program    string           // that the file names as its maker; "": groupcast
	Interfaces []host.Interface // described at the file's beginning; others are when they are first seen

	// Stopped is called once, by the goroutine that writes, when nothing more can be
	// recorded: ErrLimit, or what the system answered. A Recorder goes on counting.
	Stopped func(error)

	create func(name string) (sink, error) // for tests; nil: files
}

// Summary is what became of a recording.
type Summary struct {
	Recorded   int64            // datagrams in the files, those that Keep deleted too
	Interfaces map[string]int64 // of them, by the name of the interface
	Bytes      int64            // in the files that are there
	Files      []string         // that are there, the oldest first

	Lost       int64 // came faster than they were written
	KernelLost int64 // as told by [Recorder.Dropped], or by the kernel to a Capture: frames that came faster than they were written
	Unfit      int64 // no datagram can be like that: two IP versions, or too long
	After      int64 // came after Stopped, or were lost by it; of a Capture only those that waited then
	Stopped    error // why it ended early; nil: it did not
}

// Recorder writes datagrams to a pcapng file. Its methods may be called by
// several goroutines. Only Close waits.
type Recorder struct {
	out     *output
	stopped func(error)
	wake    chan struct{} // holds one: there is enough in queue, or closing
	due     *time.Timer   // when what is in queue is written, be it enough or not
	done    chan struct{} // closed when the goroutine that writes has ended

	mu      sync.Mutex
	queue   []item
	arena   []byte         // of the items' payloads, with headroom
	lost    map[int]uint64 // by interface, since its last datagram in queue
	kernel  uint64         // lost by the kernel since the last datagram in queue
	closing bool
	summary Summary
}

// item is a datagram in the queue. Its payload is in an arena.
type item struct {
	Datagram
	at    int // its headroom, in the arena
	size  int // of its payload there
	out   bool
	stays bool // nothing of it left this host
	why   string
	lost  uint64 // before it
}

// Create begins a recording. It fails if the file is there already, or cannot
// be made.
func Create(o Options) (*Recorder, error) {
	var list []*described
	for _, i := range o.Interfaces {
		list = append(list, synthesised(i.Index, i.Name))
	}
	if len(list) == 0 { // a section is begun with an interface
		list = append(list, synthesised(0, "unknown"))
	}
	out, err := newOutput(o, sectionComment, list...)
	if err != nil {
		return nil, fmt.Errorf("record: create: %w", err)
	}
	r := &Recorder{out: out, stopped: o.Stopped, wake: make(chan struct{}, 1), done: make(chan struct{}), lost: map[int]uint64{},
		due: time.NewTimer(gatherTime)}
	r.due.Stop()
	out.tell(&r.summary)
	go r.write()
	return r, nil
}

// Received records a datagram that arrived. Its Data is copied.
func (r *Recorder) Received(d Datagram) { r.put(&d, item{}) }

// Sent records a datagram that was sent. why is the reason for its outgoing
// interface, such as "default route", or "".
func (r *Recorder) Sent(d Datagram, why string) { r.put(&d, item{out: true, why: why}) }

// Stayed records a datagram that was sent and did not leave this host, such as
// one with TTL 0 whose group is joined on its outgoing interface.
func (r *Recorder) Stayed(d Datagram, why string) {
	r.put(&d, item{out: true, stays: true, why: why})
}

// Dropped tells that the kernel dropped n datagrams since it was last called. The
// next datagram has their number in the file.
func (r *Recorder) Dropped(n uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kernel += n
	r.summary.KernelLost += int64(n)
}

// put queues a datagram, with what else is known of it.
func (r *Recorder) put(d *Datagram, it item) {
	ok := d.plain()
	if d.At.IsZero() {
		d.At = time.Now()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case !ok:
		r.summary.Unfit++
	case r.closing || r.summary.Stopped != nil:
		r.summary.After++
	case len(r.queue) == queueDatagrams || len(r.arena)+headroom+len(d.Data) > queueBytes:
		r.summary.Lost++
		r.lost[d.IfIndex]++
	default:
		it.Datagram, it.at, it.lost = *d, len(r.arena), r.kernel
		if len(r.lost) > 0 {
			it.lost += r.lost[d.IfIndex]
			delete(r.lost, d.IfIndex)
		}
		r.kernel = 0
		var room [headroom]byte
		r.arena = append(append(r.arena, room[:]...), d.Data...)
		it.Data, it.size = nil, len(d.Data)
		r.queue = append(r.queue, it)
		switch {
		case len(r.queue) >= gatherDatagrams || len(r.arena) >= gatherBytes:
			r.signal()
		case len(r.queue) == 1:
			r.due.Reset(gatherTime)
		}
	}
}

// inTime puts datagrams in the order of their times.
func inTime(queue []item) {
	earlier := func(a, b item) int { return a.At.Compare(b.At) }
	if !slices.IsSortedFunc(queue, earlier) {
		slices.SortStableFunc(queue, earlier)
	}
}

func (r *Recorder) signal() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Summary is what is recorded until now.
func (r *Recorder) Summary() Summary {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.summary
	s.Interfaces, s.Files = maps.Clone(s.Interfaces), slices.Clone(s.Files)
	return s
}

// Close writes what waits, and ends the recording. Its error is why the
// recording ended early, if it did. An output that takes nothing for 5 s, such as
// a pipe whose reader is stopped, is left with ErrStuck and the goroutine that
// waits for it.
func (r *Recorder) Close() (Summary, error) {
	r.mu.Lock()
	r.closing = true
	r.mu.Unlock()
	r.signal()
	if !r.out.await(r.done) {
		r.abandon()
	}
	s := r.Summary()
	if s.Stopped != nil {
		return s, fmt.Errorf("record: %w", s.Stopped)
	}
	return s, nil
}

// Discard ends a recording that nothing is to be kept of, as of a run that never
// began, and deletes its files. A file that was put in the place of one is left.
func (r *Recorder) Discard() error {
	_, err := r.Close()
	if errors.Is(err, ErrStuck) || r.out.live {
		return nil // there is no file
	}
	var failed error
	for _, f := range r.out.files {
		failed = errors.Join(failed, f.remove())
	}
	return failed
}

// abandon ends a recording whose output takes nothing.
func (r *Recorder) abandon() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.summary.Stopped == nil {
		r.summary.Stopped = ErrStuck
	}
	r.summary.After += int64(len(r.queue))
	r.queue = r.queue[:0]
}

// write is the goroutine that writes.
func (r *Recorder) write() {
	defer close(r.done)
	var queue []item
	var arena []byte
	defer r.due.Stop()
	second := time.NewTimer(time.Second)
	second.Stop()
	var failed error
	for unflushed, closing := false, false; !closing; {
		var due bool
		select {
		case <-r.wake:
		case <-r.due.C:
		case <-second.C:
			due = true
		}
		r.mu.Lock()
		queue, r.queue = r.queue, queue[:0]
		arena, r.arena = r.arena, arena[:0]
		closing = r.closing
		lost := maps.Clone(r.lost)
		r.mu.Unlock()

		before, taken := failed, 0
		inTime(queue)
		for i := range queue {
			if failed != nil {
				break
			}
			it := &queue[i]
			if failed = r.out.packet(it, arena[it.at:it.at+headroom+it.size]); failed == nil {
				taken++
			}
		}
		switch {
		case failed != nil:
		case closing:
			failed = r.out.end(lost)
		case due || r.out.live:
			failed = r.out.flush()
			unflushed = false
		case !unflushed && taken > 0:
			unflushed = true
			second.Reset(time.Second - gatherTime)
		}
		recorded := r.out.recorded
		if failed != nil && before == nil {
			r.out.stop()
			second.Stop()
		}
		r.mu.Lock()
		r.out.tell(&r.summary)
		r.summary.After += int64(len(queue)-taken) + recorded - r.out.recorded
		if failed != nil && r.summary.Stopped == nil {
			r.summary.Stopped = failed
		}
		r.mu.Unlock()
		if failed != nil && before == nil && r.stopped != nil {
			r.stopped(failed)
		}
	}
}
