package record

import (
	"errors"
	"io"
	"os"
	"slices"
	"time"

	"github.com/gopacket/gopacket/pcapgo"
)

// finish writes the statistics of each interface, and closes the file.
func (o *output) finish() error {
	now := time.Now()
	for id, d := range o.list {
		err := o.writer.WriteInterfaceStats(id, pcapgo.NgInterfaceStatistics{LastUpdate: now, StartTime: o.began, EndTime: now,
			PacketsReceived: d.received, PacketsDropped: d.dropped})
		if err != nil {
			return err
		}
		o.mark(nil)
	}
	if err := o.flush(); err != nil {
		return err
	}
	return o.close()
}

// close closes the file, which has all that there is to be in it.
func (o *output) close() error {
	f := &o.files[len(o.files)-1]
	f.size = o.written
	f.info, _ = o.file.Stat()
	err := o.file.Close()
	o.file = nil
	return err
}

// rotate ends the current file, begins the next one, and deletes those that are
// not to be kept.
func (o *output) rotate() error {
	if err := o.finish(); err != nil {
		return err
	}
	if err := o.begin(); err != nil {
		return err
	}
	for o.Keep > 0 && len(o.files) > o.Keep {
		if err := o.files[0].remove(); err != nil {
			return err
		}
		o.files = slices.Delete(o.files, 0, 1)
	}
	return nil
}

// remove deletes a finished file. Who moved it away, and put another in its place,
// has that one kept.
func (f finished) remove() error {
	info, err := os.Lstat(f.name)
	if err == nil && f.info != nil && os.SameFile(info, f.info) {
		err = os.Remove(f.name)
	}
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// end ends a recording that went well. lost is what no later datagram tells.
func (o *output) end(lost map[int]uint64) error {
	for _, d := range o.list {
		d.dropped += lost[d.index]
		d.received += lost[d.index]
	}
	return o.finish()
}

// stop ends a recording that failed: the file is cut after its last whole block.
// What was not in the file by then is not recorded.
func (o *output) stop() {
	if o.file == nil {
		return
	}
	if o.flush() == nil && o.finish() == nil { // the limit was reached, and the disk is not full
		return
	}
	if o.file == nil { // closing failed
		return
	}
	for len(o.ends) > 0 && o.ends[len(o.ends)-1].at > o.written {
		if last := o.ends[len(o.ends)-1]; last.by != nil {
			o.recorded--
			last.by.total--
		}
		o.ends = o.ends[:len(o.ends)-1]
	}
	if whole := o.ends; len(whole) == 0 {
		o.file.Truncate(0)
		o.written = 0
	} else if end := whole[len(whole)-1].at; end < o.written && o.file.Truncate(end) == nil {
		o.written = end
	}
	o.buffer.Reset(io.Discard)
	o.close()
}

// closeWait is how long Close waits for an output that takes nothing.
const closeWait = 5 * time.Second

// await waits until done, or until the output has taken nothing for closeWait.
func (o *output) await(done <-chan struct{}) bool {
	again := time.NewTicker(closeWait)
	defer again.Stop()
	for taken := o.taken.Load(); ; {
		select {
		case <-done:
			return true
		case <-again.C:
			before := taken
			if taken = o.taken.Load(); taken == before {
				return false
			}
		}
	}
}
