package record

import "os"

// Failing makes files that take so many bytes, as a disk does that is full.
func Failing(o Options, bytes int64, full error) Options {
	o.create = func(name string) (sink, error) {
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		return &failing{f, bytes, full}, err
	}
	return o
}

type failing struct {
	*os.File
	left int64
	full error
}

func (f *failing) Write(p []byte) (int, error) {
	if int64(len(p)) <= f.left {
		f.left -= int64(len(p))
		return f.File.Write(p)
	}
	n, _ := f.File.Write(p[:f.left])
	f.left = 0
	return n, f.full
}

const (
	QueueDatagrams = queueDatagrams
	QueueBytes     = queueBytes
)

// Pending is how many datagrams wait in the queue.
func (r *Recorder) Pending() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.queue)
}
