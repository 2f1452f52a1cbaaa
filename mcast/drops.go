package mcast

import "sync"

// dropCounter counts on where the kernel's counter of 32 bits begins again at
// 0, which at a million datagrams a second it does every 71 minutes. It has to
// be asked once in that time.
type dropCounter struct {
	read func() (uint32, error) // the kernel's counter; an error once the socket is closed

	mu    sync.Mutex // one reading after another
	last  uint32
	total uint64
}

// count returns the datagrams dropped so far.
func (d *dropCounter) count() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if now, err := d.read(); err == nil {
		d.total += uint64(now - d.last)
		d.last = now
	}
	return d.total
}
