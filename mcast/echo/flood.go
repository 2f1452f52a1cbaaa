package echo

import "time"

// filter is the state of the kernel's filter on the socket.
type filter struct {
	sources int
	dropped uint64    // the socket's drops that are counted already
	next    time.Time // when to count again
}

func (f *filter) on() bool { return f.sources > 0 }

// filterTick is the time between two counts of what the filter dropped, also
// when no datagram arrives.
const filterTick = time.Second

// setFilter shuts out the sources that flood, and lets them in again when their
// time is over. On a system without filters, and when the kernel refuses one,
// their datagrams are read and not answered.
func (s *server) setFilter(now time.Time) {
	sources, changed := s.guard.flooders(now)
	if changed {
		s.countFiltered()
		raw, err := s.conn.SyscallConn()
		if err == nil {
			err = setFilter(raw, sources)
		}
		if err == nil {
			s.flooding.Add(int64(len(sources) - s.filter.sources))
			s.filter.sources = len(sources)
			s.wakeAt(time.Time{})
		}
	}
	if s.filter.on() && !now.Before(s.filter.next) {
		s.countFiltered()
		s.wakeAt(now.Add(filterTick))
	}
}

func (s *server) wakeAt(t time.Time) {
	s.filter.next = t
	_ = s.conn.SetReadDeadline(t) // its one error, net.ErrClosed, comes from the next read too
}

// countFiltered counts the drops of the time with a filter.
func (s *server) countFiltered() {
	dropped := s.conn.Stats().Dropped
	if s.filter.on() {
		s.filtered.Add(dropped - s.filter.dropped)
	}
	s.filter.dropped = dropped
}

// openFilter removes the filter at the end of Serve.
func (s *server) openFilter() {
	if !s.filter.on() {
		return
	}
	s.countFiltered()
	if raw, err := s.conn.SyscallConn(); err == nil {
		_ = setFilter(raw, nil) // a closed socket has no filter either
	}
	s.flooding.Add(-int64(s.filter.sources))
	s.filter.sources = 0
	s.wakeAt(time.Time{})
}
