package browse

import (
	"context"
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast/record"
)

// Book is a recording that is looked at. Its methods may be called by several
// goroutines; Survey and Serve are called once.
type Book struct {
	open opener
	wake chan struct{}

	mu    sync.Mutex
	snap  Snapshot
	asked request // what Serve is to do next
	due   bool
	stop  context.CancelFunc // of what Serve does now; nil: nothing
}

type request struct {
	filter Filter
	place  Place
}

// Snapshot is what is known of a recording at one time. Its contents are not
// changed any more.
type Snapshot struct {
	Totals   Totals
	Surveyed float64 // of the file, 0 to 1; -1: not known
	Page     *Page   // nil: none was read yet
	Turn     uint64  // number of the turns that are done, found or not
	Missed   bool    // the last turn found nothing, and Page is the one before
	Turning  bool    // one is on its way
	Turned   float64 // of the file, as Surveyed
	Err      error   // the file can no longer be read
}

// New opens a capture, and looks whether it is one. The errors are those of
// [record.Open].
func New(path string) (*Book, error) {
	b := newBook(func() (*record.Reader, error) { return record.Open(path) })
	r, err := b.open()
	if err != nil {
		return nil, err
	}
	return b, r.Close()
}

func newBook(open opener) *Book {
	return &Book{open: open, wake: make(chan struct{}, 1)}
}

// Snapshot is what is known now.
func (b *Book) Snapshot() Snapshot {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.snap
}

func (b *Book) change(f func(*Snapshot)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f(&b.snap)
}

// Turn asks for the page around a place, instead of what was asked before.
func (b *Book) Turn(f Filter, to Place) {
	b.mu.Lock()
	b.asked, b.due, b.snap.Turning = request{f, to}, true, true
	if b.stop != nil {
		b.stop()
	}
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// Stay ends what Turn asked for last, and leaves the page.
func (b *Book) Stay() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.due, b.snap.Turning = false, false
	if b.stop != nil {
		b.stop()
	}
}

// Serve carries out what Turn asks for, until ctx ends.
func (b *Book) Serve(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.wake:
			b.serve(ctx)
		}
	}
}

func (b *Book) serve(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	b.mu.Lock()
	r, due := b.asked, b.due
	b.due, b.stop, b.snap.Turned = false, cancel, 0
	b.mu.Unlock()
	if !due {
		return
	}
	p, err := b.open.turn(ctx, r.filter, r.place, func(r *record.Reader) {
		b.change(func(s *Snapshot) { s.Turned = part(r) })
	})
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stop = nil
	if b.due || ctx.Err() != nil {
		return // there is something newer, for which wake has a signal
	}
	s := &b.snap
	s.Turning, s.Missed, s.Err = false, false, err
	s.Turn++
	switch {
	case err != nil:
	case p.At < 0 && s.Page != nil && s.Page.Filter == p.Filter:
		s.Missed = true
	default:
		s.Page, s.Missed = &p, p.At < 0
	}
}

// surveyPause is the time between two of a Survey's snapshots.
const surveyPause = 250 * time.Millisecond

// Survey reads the capture to its end, and counts. Meanwhile Snapshot has what is
// counted until then. It returns when that is done, or ctx ends.
func (b *Book) Survey(ctx context.Context) {
	r, err := b.open()
	if err != nil {
		b.change(func(s *Snapshot) { s.Totals, s.Surveyed = Totals{Done: true, Err: err}, 1 })
		return
	}
	defer r.Close()
	told := time.Time{}
	t := count(ctx, r, Filter{}, func(c *counting) {
		if now := time.Now(); now.Sub(told) >= surveyPause {
			told = now
			t := c.snapshot(r)
			b.change(func(s *Snapshot) { s.Totals, s.Surveyed = t, part(r) })
		}
	}, func(*Datagram) {})
	b.change(func(s *Snapshot) { s.Totals, s.Surveyed = t, 1 })
}

// Read reads a capture to its end, or until ctx ends, counts all of it, and gives each
// datagram that the filter chooses to see. Data is valid until see returns.
func Read(ctx context.Context, r *record.Reader, f Filter, see func(*Datagram)) Totals {
	return count(ctx, r, f, func(*counting) {}, see)
}

// count is Read that tells its progress.
func count(ctx context.Context, r *record.Reader, f Filter, progress func(*counting), see func(*Datagram)) Totals {
	c := newCounting()
	err := scan(ctx, r, Filter{}, func(*record.Reader) { progress(c) }, func(d *Datagram) bool {
		c.add(d)
		if f.Has(d.From, d.To) {
			see(d)
		}
		return true
	})
	t := c.snapshot(r)
	t.Done, t.Err = ctx.Err() == nil, err
	return t
}

// part is how much of its file a reader has read.
func part(r *record.Reader) float64 {
	read, size := r.Position()
	if size == 0 {
		return -1
	}
	return min(1, float64(read)/float64(size))
}
