package bridge

import "time"

// keepWatch finds out what is wrong with the kept frames of a Link.
type keepWatch struct {
	dropped reminder
	since   time.Time // the hub keeps no history
	told    bool      // that it does not
}

// noHistoryFor is how long a hub keeps no history before that is told: one that begins, or
// is slow, gives no answer for a moment.
const noHistoryFor = 10 * time.Second

// look returns what is to be told.
func (w *keepWatch) look(now time.Time, site string, k Keeping) (findings []Finding) {
	for w.dropped.count < int(k.Dropped) {
		w.dropped.add(now)
		w.dropped.count = int(k.Dropped)
	}
	if n, due := w.dropped.take(now); due {
		findings = append(findings, Finding{Name: FramesDropped, Site: site, Count: n})
	}
	switch {
	case k.Err == nil:
		w.since, w.told = time.Time{}, false
	case w.since.IsZero():
		w.since = now
	case !w.told && now.Sub(w.since) >= noHistoryFor:
		w.told = true
		findings = append(findings, Finding{Name: NoHistory, Site: site, Err: k.Err})
	}
	return findings
}
