package tui

// stay keeps what is on the screen there.
func (t *talk) stay() {
	if t.scrolledBack || t.empty() {
		return
	}
	t.scrolledBack, t.bottom, t.hidden, t.seen = true, t.last(), 0, t.lines.kept.next
	t.lines.hold()
}

// freeze keeps the picture until it is called with false.
func (t *talk) freeze(on bool) {
	t.frozen = on
	switch {
	case on:
		t.stay()
		t.lines.hold()
	case t.empty() || t.bottom == t.last() && t.hidden == 0:
		t.follow()
	}
}

// follow shows the newest line from now on.
func (t *talk) follow() {
	t.marked = marking{}
	if t.frozen {
		if !t.empty() {
			t.bottom, t.hidden = t.last(), 0
		}
		return
	}
	t.scrolledBack = false
	t.takeWaiting()
}

// takeWaiting puts what waited under what is shown.
func (t *talk) takeWaiting() {
	t.lines.release()
	if t.bottom < t.first() {
		t.bottom, t.hidden = t.first(), 0
	}
	t.marked.keep(t.first())
}

// scroll moves by rows, up when negative.
func (t *talk) scroll(by int) {
	if t.empty() {
		return
	}
	t.stay()
	t.hidden -= by
	for t.hidden < 0 {
		if t.bottom == t.last() && !t.frozen && t.lines.waitingCount() > 0 {
			t.takeWaiting()
			t.lines.hold()
		}
		if t.bottom == t.last() {
			break
		}
		t.bottom++
		t.hidden += len(t.rows(t.bottom))
	}
	for t.hidden >= len(t.rows(t.bottom)) && t.bottom > t.first() {
		t.hidden -= len(t.rows(t.bottom))
		t.bottom--
	}
	t.stopAtTop()
	if t.bottom == t.last() && t.hidden <= 0 {
		t.hidden = 0
		if !t.frozen && !t.marked.on && t.lines.waitingCount() == 0 {
			t.follow()
		}
	}
}

// top scrolls back as far as there are lines.
func (t *talk) top() {
	if t.empty() {
		return
	}
	t.stay()
	t.bottom, t.hidden = t.first(), len(t.rows(t.first()))
	t.scroll(0)
}

// stopAtTop keeps the screen full when it is scrolled back to the first line.
func (t *talk) stopAtTop() {
	filled := 0
	for n := t.first(); n <= t.last(); n++ {
		filled += len(t.rows(n))
		if filled < t.height && n < t.last() {
			continue
		}
		hidden := max(0, filled-t.height)
		if t.bottom < n || t.bottom == n && t.hidden > hidden {
			t.bottom, t.hidden = n, hidden
		}
		return
	}
}

// newBelow is the number of lines that came since the talk was scrolled back.
func (t *talk) newBelow() uint64 {
	if !t.scrolledBack {
		return t.lines.waitingCount() // frozen before there was a line
	}
	next := t.lines.kept.next
	return next - min(next, max(t.seen, t.bottom+1)) + t.lines.waitingCount()
}
