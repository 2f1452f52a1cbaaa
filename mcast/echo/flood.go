package echo

import "time"

// filter is what the kernel has been told to drop.
type filter struct {
	sources int
	dropped uint64    // what the socket has dropped, as far as it was counted
	next    time.Time // when to look after it
}

func (f *filter) on() bool { return f.sources > 0 }

// filterTick is how often a filter is looked after, even when nothing else
// arrives.
const filterTick = time.Second

// setFilter shuts out those that flood, and lets them in again when it is time.
// Where there are no filters, and where one is refused, they are read and not
// answered.
func (s *server) setFilter(now time.Time) {
	sources, changed := s.guard.Flooding(now)
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
	_ = s.conn.SetReadDeadline(t) // closed: the next read tells
}

// countFiltered counts what was dropped while there was a filter.
func (s *server) countFiltered() {
	dropped := s.conn.Stats().Dropped
	if s.filter.on() {
		s.filtered.Add(dropped - s.filter.dropped)
	}
	s.filter.dropped = dropped
}

// openFilter lets everybody in again, when nobody serves any more.
func (s *server) openFilter() {
	if !s.filter.on() {
		return
	}
	s.countFiltered()
	if raw, err := s.conn.SyscallConn(); err == nil {
		_ = setFilter(raw, nil) // closed: it is gone with the socket
	}
	s.flooding.Add(-int64(s.filter.sources))
	s.filter.sources = 0
	s.wakeAt(time.Time{})
}
