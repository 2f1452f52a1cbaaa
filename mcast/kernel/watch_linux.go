package kernel

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Watcher records the drops of datagrams of one length, whoever sends or receives
// them, in an instance of tracefs of its own.
type Watcher struct {
	instance *instance
	root     *os.File
	ipLen    int
	missing  []string
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
	w := &Watcher{instance: i, root: root, ipLen: ipLength(size, ipv6)}
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
	for event, filter := range watchFilters(w.ipLen, ipv6) {
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
	return w.instance.write("tracing_on", "1")
}

// Stop ends the watch and returns what was seen.
func (w *Watcher) Stop() (Watched, error) {
	if err := w.instance.write("tracing_on", "0"); err != nil {
		return Watched{}, err
	}
	trace, err := w.instance.trace(nil)
	if err != nil {
		return Watched{}, err
	}
	seen := dropsOf(w.ipLen, trace.Events)
	seen.Skipped, seen.Overrun, seen.Missing = trace.Skipped, max(w.instance.overrun(), trace.Lost), w.missing
	return seen, nil
}

// Close removes the instance.
func (w *Watcher) Close() error {
	return errors.Join(w.instance.close(), w.root.Close())
}
