package class

import (
	"context"
	"io"
	"time"
)

// Next waits until the screen has a version after seen, and then for the pause that
// paces it, and returns what has changed since. seen 0 is everything. The error is that
// of ctx, or io.EOF after Close.
func (t *Terminal) Next(ctx context.Context, seen int64) (Screen, error) {
	for {
		t.mu.Lock()
		if t.closed {
			t.mu.Unlock()
			return Screen{}, io.EOF
		}
		now := time.Now()
		rest := t.painted.Add(t.pause).Sub(now)
		if t.dirty && (rest <= 0 || t.rows == nil) {
			t.paint(now)
		}
		if t.version > seen || seen > t.version {
			s := t.since(seen)
			t.mu.Unlock()
			return s, nil
		}
		changed, dirty := t.changed, t.dirty
		t.mu.Unlock()
		var resting <-chan time.Time
		if dirty {
			resting = time.After(rest)
		}
		select {
		case <-ctx.Done():
			return Screen{}, ctx.Err()
		case <-changed:
		case <-resting:
		}
	}
}

// paint makes rows of what the emulator shows, where it has changed. The caller holds
// t.mu.
func (t *Terminal) paint(now time.Time) {
	t.fit()
	t.dirty, t.painted = false, now
	next := t.version + 1
	all := t.shown != t.size
	if all {
		t.shown, t.rows = t.size, make([]row, t.size.Height)
	}
	changed := all
	for y := range t.rows {
		sum := t.reader.read(t.emu, y, t.size.Width)
		if r := &t.rows[y]; all || r.hash != sum {
			*r = row{next, sum, t.reader.runs(t.emu, y)}
			changed = true
		}
	}
	at := t.emu.CursorPosition()
	cursor := Cursor{at.X, at.Y, !t.emu.CursorHidden()}
	lost, mouse := t.dropped.Load(), t.modes.wantsMouse()
	if changed || cursor != t.cursor || t.title != t.told || lost != t.lost || mouse != t.mouse {
		t.cursor, t.told, t.lost, t.mouse, t.version = cursor, t.title, lost, mouse, next
	}
}

// since is what has changed since a version. The caller holds t.mu.
func (t *Terminal) since(seen int64) Screen {
	s := Screen{
		Width: t.shown.Width, Height: t.shown.Height, Version: t.version, Cursor: t.cursor, Title: t.told, Mouse: t.mouse, Ended: t.ended,
		Dropped: int(t.lost), Looked: t.watched, Rows: map[int][]Run{},
	}
	for y, r := range t.rows {
		if seen > t.version || r.version > seen {
			s.Rows[y] = r.runs
		}
	}
	return s
}
