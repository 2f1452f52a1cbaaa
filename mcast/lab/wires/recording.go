// Package wires records what goes over the wires of a lab: a pcapng file for each
// interface of a host, with every frame that the host sends by it and every frame
// that reaches it.
//
//	r, err := wires.Begin(wires.Options{Dir: "recorded", Name: "article"})
//	...
//	l, err := lab.UpWatched(ctx, lab.Article, r.Made)
//	r.Step("step 1: B$ groupcast listen")
//	...
//	l.Close()
//	sum := r.Close() // recorded/article/A.eth0.pcapng and so on
//
// A wire is seen from the host's end, as tcpdump there would: behind the host's
// firewall and queue for sent frames, before the firewall for received ones. So
// what a fault of the lab loses in front of the host ([lab.Link.Drop]) is in the
// file, as it was on the wire, and what a switch does not forward to the host is
// not. A frame that is delayed is there when it arrives. Own copies, which never
// were on a wire, are not.
package wires

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/record"
)

// DefaultMax is how many bytes the files of a recording may have together, unless
// Options say otherwise.
const DefaultMax = 256 << 20

const (
	mostOfName = 1000            // recordings of one name in a directory
	rings      = 64 << 20        // bytes of the kernel's memory for all wires
	ring       = 4 << 20         // at the most, for each
	backWait   = 1 * time.Second // for a wire that is made again to be seen
)

// Options say where a recording goes, and how much of it there may be.
type Options struct {
	// Dir is made, with mode 0700, if it is not there; what it is in has to be there. In
	// it the recording makes a directory Name, or Name-2, Name-3 ... if there is one: it
	// overwrites nothing.
	Dir, Name string

	Topology lab.Topology // of the lab
	Max      int64        // bytes of all files, an equal share for each interface; 0: DefaultMax

	// Failed is called once for each interface that cannot be recorded, or no
	// longer. The lab goes on.
	Failed func(host, name string, err error)
}

// Recording is a lab that is recorded. Its methods may be called by several
// goroutines.
type Recording struct {
	dir    string
	max    int64 // of each file
	ring   int   // of each wire
	failed func(host, name string, err error)

	mu     sync.Mutex
	wires  []*wire // in the order in which they were made
	closed bool
	sum    Summary
}

// Summary is what was recorded.
type Summary struct {
	Dir   string // of the files
	Wires []Wire // in the order of the topology
}

// Wire is what was recorded of an interface.
type Wire struct {
	Host, Interface string
	File            string // "": none could be made
	Frames          int64  // in the file
	Bytes           int64  // of the file
	Lost            int64  // frames that came faster than they were written
	Stopped         error  // why it ended early, or did not begin; nil: it did not
}

// Begin makes the directory of a recording.
func Begin(o Options) (*Recording, error) {
	interfaces := 0
	for _, h := range o.Topology.Hosts {
		interfaces += len(h.Interfaces)
	}
	r := &Recording{max: o.Max, failed: o.Failed}
	if r.max <= 0 {
		r.max = DefaultMax
	}
	r.max = max(1, r.max/int64(max(1, interfaces))) // 0 would be another bound
	r.ring = min(ring, rings/max(1, interfaces))
	if r.failed == nil {
		r.failed = func(string, string, error) {}
	}
	if _, err := os.Stat(o.Dir); errors.Is(err, fs.ErrNotExist) {
		if err := os.Mkdir(o.Dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("wires: %w", err)
		}
	}
	for n := 1; n <= mostOfName; n++ {
		dir := filepath.Join(o.Dir, o.Name)
		if n > 1 {
			dir += fmt.Sprintf("-%d", n)
		}
		err := os.Mkdir(dir, 0o700)
		if err == nil {
			r.dir = dir
			return r, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("wires: %w", err)
		}
	}
	return nil, fmt.Errorf("wires: %s has %d recordings of %s: %w", o.Dir, mostOfName, o.Name, fs.ErrExist)
}

// Dir is where the files are.
func (r *Recording) Dir() string { return r.dir }

// wire is an interface that is recorded.
type wire struct {
	Wire
	capture *record.Capture // nil: it could not begin
	back    chan struct{}   // holds one: the interface is captured again
}

// Made is for [lab.UpWatched]: it begins to record an interface, or goes on with one
// that is made again.
func (r *Recording) Made(n *lab.Node, name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	for _, w := range r.wires {
		if w.Host != n.Name() || w.Interface != name {
			continue
		}
		if w.capture != nil {
			select { // it goes with its interface by itself, which the lab waits for
			case <-w.back:
			case <-w.capture.Done():
			case <-time.After(backWait):
			}
		}
		return
	}
	w := &wire{Wire: Wire{Host: n.Name(), Interface: name}, back: make(chan struct{}, 1)}
	r.wires = append(r.wires, w)
	if w.Stopped = n.Do(func() error { return r.begin(w) }); w.Stopped != nil {
		r.failed(w.Host, w.Interface, w.Stopped)
	}
}

// begin begins to capture a wire, in its host.
func (r *Recording) begin(w *wire) error {
	list, err := host.Interfaces()
	if err != nil {
		return err
	}
	i, err := host.Find(list, w.Interface)
	if err != nil {
		return err
	}
	file := filepath.Join(r.dir, w.Host+"."+w.Interface+".pcapng")
	w.capture, err = record.BeginCapture(context.Background(), record.CaptureOptions{
		Options: record.Options{
			File: file, Max: r.max, Interfaces: []host.Interface{i},
			Stopped: func(err error) { r.failed(w.Host, w.Interface, err) },
		},
		All: true, Ring: r.ring, Host: w.Host, Live: true,
		Followed: func(c host.Change) {
			if c.Kind == host.Appeared {
				select {
				case w.back <- struct{}{}:
				default:
				}
			}
		},
	})
	if err == nil {
		w.File = file
	}
	return err
}

// Step tells that a step begins. The next frame of each wire has it as its comment:
// see [record.Capture.Note].
func (r *Recording) Step(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range r.wires {
		if w.capture != nil {
			w.capture.Note(text)
		}
	}
}

// Close ends the recording, and removes its directory if there is no file. Of a lab
// that has ended everything is recorded, also what its hosts sent when they ended.
func (r *Recording) Close() Summary {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return r.sum
	}
	r.closed, r.sum.Dir = true, r.dir
	var closing sync.WaitGroup
	for _, w := range r.wires {
		if w.capture != nil {
			closing.Go(w.close)
		}
	}
	closing.Wait()
	for _, w := range r.wires {
		r.sum.Wires = append(r.sum.Wires, w.Wire)
	}
	_ = os.Remove(r.dir) // if nothing is in it
	return r.sum
}

func (w *wire) close() {
	sum, _ := w.capture.Close() // the Summary has the error
	w.Frames, w.Bytes, w.Lost, w.Stopped = sum.Recorded, sum.Bytes, sum.KernelLost+sum.Lost, sum.Stopped
}
