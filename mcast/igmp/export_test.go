package igmp

import "time"

// Meeting looks at the neighbours that often.
func (o Options) Meeting(every time.Duration) Options {
	o.neighbours = every
	return o
}

// Heard is how many packets to 224.0.0.251 have come.
func (w *Watcher) Heard() (n uint64) {
	for _, t := range w.taps {
		n += t.mdns.Stats().Packets
	}
	return n
}
