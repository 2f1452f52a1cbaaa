package history

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast/internal/lockfile"
)

// Bounds.
const (
	MaxSize = 64 << 20 // bytes of the file; then the newer half is kept
	Newest  = 4096     // frames of a conversation that Frames gives
)

// Errors of Open, to be tested with errors.Is.
var (
	ErrInUse      = errors.New("another program keeps its history there")
	ErrNoHistory  = errors.New("there is something else in it, which is left as it is")
	ErrNotRegular = errors.New("not a regular file")
	ErrTooLarge   = errors.New("too large to be a history")
)

const (
	writeAfter = 50 * time.Millisecond // a batch
	writeAt    = 64 << 10              // bytes that do not wait for it
	maxWaiting = 1 << 20               // bytes that wait while nothing can be written
	againAfter = time.Second           // that could not be written
)

// Opened is what was found in the file.
type Opened struct {
	Frames   int64       // of all conversations
	Cut      int64       // bytes of a torn end, which were cut
	Damaged  int64       // bytes between frames that are none
	Mode     os.FileMode // who may read it
	Unlocked error       // why another program may use it too; nil: none can
}

// OpenToOthers reports whether other users can read the file, as far as its mode says.
func (o Opened) OpenToOthers() bool {
	return runtime.GOOS != "windows" && o.Mode.Perm()&0o077 != 0
}

// History is a file with frames. It is a session.History, for several goroutines.
type History struct {
	name   string
	opened Opened
	max    int64 // MaxSize, but in tests

	mu      sync.Mutex
	file    file
	size    int64 // of the file, up to the last good record
	waiting []byte
	frames  int         // that wait
	timer   *time.Timer // nil: nothing waits for it
	failed  time.Time   // when a write did last; zero: the last one worked
	err     error       // of it, to be told once
	lost    uint64      // frames that were not kept
	why     error       // of the first that was lost
	closed  bool
}

// file is an *os.File, but in tests of full disks.
type file interface {
	io.ReaderAt
	io.WriterAt
	Truncate(size int64) error
	Sync() error
	Close() error
}

// Open opens a history, and makes it where there is none, for this user alone. A
// file that is not a history is never changed. The errors are those above, and
// those of the file.
func Open(name string) (*History, error) {
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real // it is replaced when it is large
	}
	f, err := openLocked(name)
	if err != nil {
		return nil, err
	}
	h := &History{name: name, max: MaxSize, file: f.file}
	h.opened.Unlocked = f.unlocked
	if err := h.begin(f.file); err != nil {
		f.file.Close()
		return nil, err
	}
	return h, nil
}

type locked struct {
	file     *os.File
	unlocked error
}

// openLocked opens a file for this program alone. While it waited for the lock another
// program may have replaced the file.
func openLocked(name string) (locked, error) {
	for range 3 {
		if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
			return locked{}, ErrNotRegular // to open a pipe would wait for its other end
		}
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return locked{}, err
		}
		err = lockfile.Try(f)
		if errors.Is(err, lockfile.ErrHeld) {
			f.Close()
			return locked{}, ErrInUse
		}
		ours, e1 := f.Stat()
		there, e2 := os.Stat(name)
		if e1 == nil && e2 == nil && os.SameFile(ours, there) {
			return locked{f, err}, nil
		}
		f.Close()
		if e := cmp.Or(e1, e2); e != nil && !errors.Is(e, os.ErrNotExist) {
			return locked{}, e
		}
	}
	return locked{}, ErrInUse
}

// begin reads the file, and cuts its torn end.
func (h *History) begin(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return ErrNotRegular
	}
	h.opened.Mode = info.Mode()
	head := make([]byte, len(magic))
	n, err := f.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return err
	}
	if string(head[:n]) != magic[:n] {
		return ErrNoHistory
	}
	if n < len(magic) { // new, or its first write was torn
		h.size = int64(len(magic))
		if _, err := f.WriteAt([]byte(magic), 0); err != nil {
			return err
		}
		return nil
	}
	if info.Size() > 2*MaxSize {
		return ErrTooLarge
	}
	h.size = info.Size()
	s, err := scan(h.records(), func(int64, int, record) error { return nil })
	if err != nil {
		return err
	}
	h.opened.Frames, h.opened.Damaged, h.opened.Cut, h.size = s.records, s.damaged, info.Size()-s.end, s.end
	if h.opened.Cut > 0 {
		return f.Truncate(s.end)
	}
	return nil
}

// Opened is what was found in the file.
func (h *History) Opened() Opened { return h.opened }

// Name is the file.
func (h *History) Name() string { return h.name }

// Frames gives the newest frames of a conversation, at most Newest, the oldest first.
// Their bytes are the caller's, who may append meanwhile. The error is that of each, or
// of reading.
func (h *History) Frames(conversation string, each func(datagram []byte) error) error {
	list, err := h.newest(conversation)
	if err != nil {
		return cause(err)
	}
	for _, datagram := range list {
		if err := each(datagram); err != nil {
			return err
		}
	}
	return nil
}

func (h *History) newest(conversation string) (list [][]byte, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, os.ErrClosed
	}
	h.write()
	type place struct {
		at   int64
		size int
	}
	places := make([]place, Newest)
	n := 0
	_, err = scan(h.records(), func(at int64, size int, r record) error {
		if string(r.conversation) == conversation {
			places[n%Newest] = place{at, size}
			n++
		}
		return nil
	})
	for i := max(0, n-Newest); i < n && err == nil; i++ {
		p := places[i%Newest]
		b := make([]byte, p.size)
		_, err = h.file.ReadAt(b, p.at)
		if r, size := parse(b); err == nil && size > 0 {
			list = append(list, r.datagram)
		}
	}
	return list, err
}

// records is the file behind its first line.
func (h *History) records() io.Reader {
	return io.NewSectionReader(h.file, int64(len(magic)), h.size-int64(len(magic)))
}

// WriteError is that a history cannot be written. Its text is the reason alone.
type WriteError struct{ Err error }

func (e *WriteError) Error() string { return e.Err.Error() }

// Unwrap returns the reason.
func (e *WriteError) Unwrap() error { return e.Err }

// Append keeps a frame. It is written soon, with others that come meanwhile, and at
// Close. The error is that nothing can be written, told once until that works again;
// frames wait for that, up to 1 MiB. A frame or a name that is too long is not kept,
// and an error.
func (h *History) Append(conversation string, at time.Time, datagram []byte) error {
	if !fits(conversation, datagram) {
		return fmt.Errorf("history: a frame of %d bytes in %q", len(datagram), conversation)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.closed:
		return os.ErrClosed
	case len(h.waiting) >= maxWaiting:
		h.lost++
	default:
		h.waiting = appendRecord(h.waiting, uint64(at.UnixMilli()), conversation, datagram)
		h.frames++
	}
	if h.failed.IsZero() && len(h.waiting) >= writeAt {
		h.write()
	}
	if h.timer == nil && len(h.waiting) > 0 {
		after := writeAfter
		if !h.failed.IsZero() {
			after = againAfter
		}
		h.timer = time.AfterFunc(after, h.writeLater)
	}
	return h.news()
}

// news is an error that was not told. The caller holds h.mu.
func (h *History) news() error {
	if h.failed.IsZero() || h.err == nil {
		return nil
	}
	err := h.err
	h.err = nil
	return err
}

func (h *History) writeLater() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.timer = nil
	if h.closed {
		return
	}
	h.write()
	if len(h.waiting) > 0 {
		h.timer = time.AfterFunc(againAfter, h.writeLater)
	}
}

// write writes what waits. What was written in part is cut: the next write begins there.
// The caller holds h.mu.
func (h *History) write() {
	if len(h.waiting) == 0 {
		return
	}
	err := h.shrink()
	if err == nil {
		_, err = h.file.WriteAt(h.waiting, h.size)
		if err != nil {
			h.file.Truncate(h.size) // or the next open cuts it, and the next write is over it
		}
	}
	if err != nil {
		if h.failed.IsZero() {
			h.err = &WriteError{cause(err)}
			h.why = cmp.Or(h.why, cause(err))
		}
		h.failed = time.Now()
		return
	}
	h.size += int64(len(h.waiting))
	h.waiting, h.frames = h.waiting[:0], 0
	h.failed, h.err = time.Time{}, nil
}

// Close writes what waits, and gives the file free. The error says what is not in it.
func (h *History) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil
	}
	h.closed = true
	if h.timer != nil {
		h.timer.Stop()
	}
	h.write()
	h.lost += uint64(h.frames)
	err := h.file.Sync()
	err = errors.Join(err, h.file.Close())
	if h.lost > 0 {
		return fmt.Errorf("%d frames are not in it: %w", h.lost, &WriteError{h.why})
	}
	if err != nil {
		return cause(err)
	}
	return nil
}

// cause is why a call on a file did not work, without the call and the file.
func cause(err error) error {
	if path, ok := errors.AsType[*os.PathError](err); ok {
		return path.Err
	}
	if link, ok := errors.AsType[*os.LinkError](err); ok {
		return link.Err
	}
	return err
}
