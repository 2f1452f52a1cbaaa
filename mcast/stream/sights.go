package stream

import "time"

const (
	// confirm is how many numbers in a row make a restart of those that jumped, and
	// confirmNew a stream with a new ID, or one beside another.
	confirm, confirmNew = 2, 3
	// nearby is how far a number is from one that jumped, if it goes on from there.
	nearby = 64
)

// read reads the numbers of a datagram, and returns the row that counts it, and
// whether it says no more than the end.
func (t *Tally) read(root *row, d *Datagram) (r *row, end bool) {
	if s := root.recogniser.next(d); s != nil {
		if root.leg != nil {
			t.pair(root.leg, s, d, false)
		}
		return t.see(root, s, d), s.End
	}
	reading := root.recogniser.read(d.Payload, d.Bytes, d.At, d.Drops)
	t.fault(reading.Damaged, reading.Newer)
	if reading.Dropped != "" {
		t.unnumber(root)
		t.tell(Event{Kind: Dropped, Key: root.Key, At: d.At, Format: reading.Dropped})
	}
	if reading.Adopted != "" {
		t.tell(Event{Kind: Found, Key: root.Key, At: d.At, Format: reading.Adopted})
	}
	r = root
	if root.leg != nil && len(reading.Sights) == 0 && !reading.Damaged && !reading.Newer {
		t.pairPlain(root.leg, d)
	}
	for n := range reading.Sights {
		s := &reading.Sights[n]
		if root.leg != nil {
			t.pair(root.leg, s, d, n < len(reading.Sights)-1)
		}
		r, end = t.see(root, s, d), s.End
	}
	return r, end
}

// unnumber ends the numbers of a socket. What they told stays.
func (t *Tally) unnumber(root *row) {
	for n := len(root.subs) - 1; n >= 0; n-- {
		if s := root.subs[n]; s.tentative {
			t.discard(root, s)
		}
	}
	for _, r := range root.streams() {
		if r.w.begun {
			r.w.finish()
		}
		r.w.begun, r.w.Format = false, Unnumbered
	}
}

// see counts what a datagram says with the stream that it is of.
func (t *Tally) see(root *row, s *Seen, d *Datagram) *row {
	if !root.w.begun || s.Bits == 0 {
		t.count(root, root, s, 0, exactly)
		return root
	}
	// Most sockets send one stream.
	at, how, p := int64(0), exactly, ahead
	if root.w.ID == s.ID && root.w.Format == s.Format {
		now := s.At.Sub(root.w.base)
		if at, how, p = root.w.whereAt(s, now); len(root.subs) == 0 && p == fits && !s.End {
			root.w.addAt(s, now, at, how)
			t.added(root, s)
			return root
		}
	}
	if len(root.subs) == 0 && p == fits {
		t.count(root, root, s, at, how)
		return root
	}
	best, same := (*row)(nil), (*row)(nil)
	if root.w.ID == s.ID && root.w.Format == s.Format {
		if same = root; p == fits {
			best = root
		}
	}
	for _, r := range root.subs {
		if r.w.begun && (r.w.ID != s.ID || r.w.Format != s.Format) {
			continue
		}
		d, h, q := r.w.where(s)
		if r.tentative && (d > nearby || d < -nearby) {
			q = ahead
		}
		if !r.tentative && (same == nil || same.numbered < r.numbered) {
			same = r
		}
		if q == fits && (best == nil || max(d, -d) < max(at, -at)) {
			best, at, how = r, d, h
		}
	}
	switch {
	case best != nil && !best.tentative:
		t.count(root, best, s, at, how)
		return best
	case s.End:
		// It ends a stream of which nothing was heard, or too little: nothing is lost
		// for sure.
		if same != nil {
			t.ended(same, s)
			return same
		}
		return root
	case best != nil:
		best.w.add(s, at, how)
		best.numbered = t.counted
		return t.resolve(root, best, same, s)
	}
	return t.try(root, same, s, d)
}

// count counts a number that fits.
func (t *Tally) count(root, r *row, s *Seen, at int64, how surely) {
	if s.End {
		if !r.w.Ended {
			r.w.add(s, at, how)
			t.tell(Event{Kind: End, Key: r.Key, At: s.At, Format: s.Format})
		}
		return
	}
	r.w.add(s, at, how)
	t.added(r, s)
}

// added looks whether the number that was just counted shows that the sender began
// anew.
func (t *Tally) added(r *row, s *Seen) {
	r.numbered = t.counted
	if a := r.w.again; a != nil && a.anew(s.At.Sub(r.w.base)) {
		t.tell(Event{Kind: Restart, Key: r.Key, At: r.w.base.Add(a.at), Format: s.Format})
		r.w.beginsAnew(s)
	}
}

func (t *Tally) ended(r *row, s *Seen) {
	if !r.w.Ended {
		r.w.Ended = true
		t.tell(Event{Kind: End, Key: r.Key, At: s.At, Format: s.Format})
	}
}

// try begins a tentative stream with a number that fits none.
func (t *Tally) try(root, same *row, s *Seen, d *Datagram) *row {
	for n := len(root.subs) - 1; n >= 0; n-- {
		// Another number jumped, or the place is needed.
		if c := root.subs[n]; c.tentative && (c.w.ID == s.ID || len(root.subs) == maxStreams-1) {
			if c.w.ID == s.ID && len(root.subs) < maxStreams-1 && c.w.Distinct > 1 {
				continue // two counters without an ID
			}
			t.discard(root, c)
			break
		}
	}
	if len(root.subs) == maxStreams-1 || !t.table.roomBeside(root, d) {
		// There is no room for another stream.
		r := same
		if r == nil {
			r = root.quietest()
		}
		if r.isQuiet(s.At) {
			r.w.restart(s)
			r.numbered = t.counted
			t.tell(Event{Kind: Restart, Key: r.Key, At: s.At, Format: s.Format})
			return r
		}
		r.w.Stray++
		return r
	}
	c := t.table.row()
	c.Key, c.tentative = root.Key, true
	c.begin(t, d)
	held := *s
	c.held = &held
	c.w.add(s, 0, exactly)
	c.numbered = t.counted
	root.subs = append(root.subs, c)
	return t.resolve(root, c, same, s)
}

// quietest is the stream of a socket that was heard longest ago.
func (r *row) quietest() *row {
	quietest := r
	for _, s := range r.subs {
		if !s.tentative && s.numbered < quietest.numbered {
			quietest = s
		}
	}
	return quietest
}

// resolve finds out what a tentative stream is, and returns the row that counts what
// came now. same is a stream with its ID, nil: it has a new one.
func (t *Tally) resolve(root, c, same *row, s *Seen) *row {
	if same != nil {
		switch goesOn := same.numbered > c.begun; {
		case goesOn && c.w.Distinct >= confirmNew:
			return t.accept(root, c)
		case !goesOn && c.w.Distinct >= confirm:
			if d, how, _ := same.w.where(c.held); same.w.leaps(c.held, d) {
				t.leap(root, same, c, s, d, how)
			} else {
				t.restart(root, same, c)
			}
			return same
		}
		return c
	}
	old := root.quietest()
	switch goesOn := old.numbered > c.begun; {
	case goesOn && c.w.Distinct >= confirmNew:
		return t.accept(root, c)
	case !goesOn && old.w.Ended, !goesOn && c.w.Distinct >= confirmNew && old.isQuiet(s.At):
		t.restart(root, old, c)
		return old
	}
	return c
}

// isQuiet reports whether a stream was not heard for longer than it usually pauses.
func (r *row) isQuiet(now time.Time) bool {
	return now.Sub(r.w.base)-r.w.latest >= min(max(2*r.w.pause, 10*time.Millisecond), gapTime)
}

// settle decides on what nothing more came for.
func (t *Tally) settle(root *row, now time.Time) {
	for n := len(root.subs) - 1; n >= 0; n-- {
		c := root.subs[n]
		if !c.tentative {
			continue
		}
		known := false
		for _, r := range root.streams() {
			known = known || !r.tentative && r.w.ID == c.w.ID && r.w.Format == c.w.Format
		}
		old := root.quietest()
		switch {
		case !known && old.numbered <= c.begun && now.Sub(old.w.base)-old.w.latest >= gapTime:
			t.restart(root, old, c)
		case now.Sub(c.Last) >= gapTime && root.numbered > c.begun:
			t.discard(root, c)
		}
	}
}

// accept makes a tentative stream one of its own.
func (t *Tally) accept(root, c *row) *row {
	used := [maxStreams]bool{}
	for _, s := range root.subs {
		used[s.Sub] = used[s.Sub] || !s.tentative
	}
	for c.Sub = 1; used[c.Sub]; c.Sub++ {
	}
	c.tentative, c.held = false, nil
	t.tell(Event{Kind: First, Key: c.Key, At: c.First})
	t.tell(Event{Kind: Found, Key: c.Key, At: c.First, Format: c.w.Format})
	return c
}

// restart makes a tentative stream the next run of another.
func (t *Tally) restart(root, r, c *row) {
	t.tell(Event{Kind: Restart, Key: r.Key, At: c.First, Format: c.w.Format})
	r.w.takeOver(&c.w)
	r.numbered = c.numbered
	t.merge(root, r, c)
}

// leap counts what a tentative stream brought as the same run, with what is missing
// in between.
func (t *Tally) leap(root, r, c *row, s *Seen, d int64, how surely) {
	r.w.add(c.held, d, how)
	d, how, _ = r.w.where(s)
	r.w.add(s, d, how)
	r.w.Duplicates += c.w.Duplicates
	r.numbered = c.numbered
	t.merge(root, r, c)
}

// discard counts the numbers of a tentative stream as stray.
func (t *Tally) discard(root, c *row) {
	root.w.Stray += c.w.Distinct
	t.merge(root, root, c)
}

// merge adds the datagrams of a tentative stream to another, and forgets it.
func (t *Tally) merge(root, r, c *row) {
	for n, s := range root.subs {
		if s == c {
			root.subs = append(root.subs[:n], root.subs[n+1:]...)
			break
		}
	}
	if c.Datagrams > 0 {
		if gap := c.First.Sub(r.Last); gap > r.Gap {
			r.Gap, r.GapAt = gap, r.Last
		}
		if c.Gap > r.Gap {
			r.Gap, r.GapAt = c.Gap, c.GapAt
		}
		if !r.SilentSince.IsZero() {
			r.isBack(t, c.First)
		}
		if c.Last.After(r.Last) {
			r.Last, r.beat.last = c.Last, c.beat.last
		}
		if c.HopsMin > 0 && (r.HopsMin == 0 || c.HopsMin < r.HopsMin) {
			r.HopsMin = c.HopsMin
		}
		r.HopsMax = max(r.HopsMax, c.HopsMax)
		r.Datagrams += c.Datagrams
		r.Bytes += c.Bytes
		r.Reflected += c.Reflected
		r.Twice += c.Twice
		for n, k := range c.gaps.counts {
			r.gaps.count(int(c.gaps.first)+n, k)
		}
	}
	t.table.release(c)
}

// takeOver ends a run and goes on with that of another window.
func (w *window) takeOver(next *window) {
	if w.begun {
		w.finish()
		w.Restarts++
	}
	n, l, to := *w.Numbers, w.losses, w.Numbers
	more := *next.Numbers
	*w = *next
	w.Numbers = to
	more.Distinct += n.Distinct
	more.Lost += n.Lost
	more.LostKernel += n.LostKernel
	more.Gone += n.Gone
	more.Duplicates += n.Duplicates
	more.Reordered += n.Reordered
	more.Old += n.Old
	more.Early += n.Early
	more.Stray += n.Stray
	more.Restarts += n.Restarts
	more.AtLeast = more.AtLeast || n.AtLeast
	more.About = more.About || n.About
	*to = more
	if w.losses == nil {
		w.losses = l
	} else if l != nil {
		for _, b := range w.losses.list() {
			l.burst(b)
		}
		l.open, w.losses = w.losses.open, l
	}
}
