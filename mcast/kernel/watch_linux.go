package kernel

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Watcher records the drops of datagrams of one length, whoever sends or receives
// them, in an instance of tracefs of its own.
type Watcher struct {
	instance *instance
	root     *os.File
	pipe     int // a descriptor that does not block, which that of an os.File would; -1: not open
	follower *dropFollower
	rest     []byte // of the last line, which was read in part
	missing  []string
	stop     chan struct{}
	reading  sync.WaitGroup
}

// Watch begins to watch datagrams with a payload of size octets, MinSize to
// MaxSize: choose one that others do not use. It sees the drops of this machine's
// kernel, in all its network namespaces. Errors are those of [Run]. Close must
// be called.
func Watch(size int, ipv6 bool) (*Watcher, error) {
	if size < MinSize || size > MaxSize {
		return nil, fmt.Errorf("kernel: size %d: want %d to %d octets", size, MinSize, MaxSize)
	}
	root, err := OpenTracefs()
	if err != nil {
		return nil, err
	}
	i, err := newInstance(root)
	if err != nil {
		root.Close()
		return nil, err
	}
	w := &Watcher{instance: i, root: root, pipe: -1, follower: newDropFollower(ipLength(size, ipv6)), stop: make(chan struct{})}
	if err := w.begin(ipv6); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

func (w *Watcher) begin(ipv6 bool) error {
	// Without stacks, ten times as many drops of others have room.
	if err := w.instance.write("options/stacktrace", "0"); err != nil {
		return err
	}
	for event, filter := range watchFilters(w.follower.ipLen, ipv6) {
		if filter != "" {
			if err := w.instance.write("events/"+event+"/filter", filter); errors.Is(err, unix.ENOENT) {
				w.missing = append(w.missing, event)
				continue
			} else if err != nil {
				return err
			}
		}
		missing, err := w.instance.enable(event)
		if len(missing) > 0 {
			w.missing = append(w.missing, missing...)
		} else if err != nil {
			return err
		}
	}
	fd, err := unix.Openat(int(w.instance.dir.Fd()), "trace_pipe", unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return tracefsError("trace_pipe", err)
	}
	w.pipe = fd
	if err := w.instance.write("tracing_on", "1"); err != nil {
		return err
	}
	w.reading.Go(w.read)
	return nil
}

// drainEvery is how often the buffer is read: it holds a tenth of a second of ten
// thousand drops a second.
const drainEvery = 20 * time.Millisecond

// read reads the buffer until the watch ends: the drops of everybody on this machine
// would fill it.
func (w *Watcher) read() {
	tick := time.NewTicker(drainEvery)
	defer tick.Stop()
	for {
		select {
		case <-w.stop:
			w.drain()
			return
		case <-tick.C:
			w.drain()
		}
	}
}

// drain reads what there is, and no more than the buffers of 64 CPUs hold.
func (w *Watcher) drain() {
	piece := make([]byte, 64<<10)
	for range 128 {
		n, err := unix.Read(w.pipe, piece)
		if err != nil || n <= 0 {
			return
		}
		w.rest = append([]byte{}, w.follower.text(append(w.rest, piece[:n]...))...)
	}
}

// Stop ends the watch and returns what was seen.
func (w *Watcher) Stop() (Watched, error) {
	err := w.instance.write("tracing_on", "0")
	w.end()
	seen := w.follower.seen
	seen.Missing = w.missing
	seen.Overrun = max(seen.Overrun, w.instance.overrun())
	return seen, err
}

// end lets the reader end, once.
func (w *Watcher) end() {
	select {
	case <-w.stop:
	default:
		close(w.stop)
	}
	w.reading.Wait()
}

// Close removes the instance.
func (w *Watcher) Close() error {
	w.end()
	if w.pipe >= 0 {
		unix.Close(w.pipe) // open, it would hold the instance
		w.pipe = -1
	}
	return errors.Join(w.instance.close(), w.root.Close())
}
