package stream

import "time"

const (
	// lateTick is how late a Tick must be to show that the program itself stood.
	lateTick = time.Second
	// From the onOff-th silence in onOffTime on they are told together.
	onOff, onOffTime = 4, 5 * time.Minute
)

// beat is how often a sender was heard in the latest seconds. Times are since the
// first datagram of all.
type beat struct {
	last, mark time.Duration
	n          int
	rate       float64
}

func (b *beat) count(at time.Duration) {
	b.last = at
	b.n++
	passed := at - b.mark
	if passed < time.Second && passed >= 0 {
		return
	}
	switch now := float64(b.n) / passed.Seconds(); {
	case passed < 0: // the clock was set back
	case b.rate == 0:
		b.rate = now
	case passed < gapTime:
		b.rate += (now - b.rate) / 4
	}
	b.mark, b.n = at, 0
}

// alarm is what is known of a sender's silences, and of what was told of its losses.
type alarm struct {
	again   int                      // datagrams since a silence
	first   time.Time                // of them
	lost    uint64                   // numbers until it, or until a Loss that was told in it
	kernel  uint64                   // of them
	since   [onOff - 1]time.Duration // when the latest silences began, since the first datagram of all
	lasted  [onOff - 1]time.Duration
	latest  int           // of them
	told    time.Duration // when it was told last that it is on and off; 0: it is not
	count   int           // silences since then
	longest time.Duration // of them

	goneTold, kernelTold uint64    // by a Loss or Back
	goneSeen             uint64    // when it was looked at
	backLost             uint64    // by the latest Back, and not given up yet
	backAt               time.Time // of the Tick before it
}

// alarmed returns the alarm, or a new one.
func (r *row) alarmed() *alarm {
	if r.alarm == nil {
		r.alarm = new(alarm)
	}
	return r.alarm
}

// bar is the silence after which a sender is missed.
func (t *Tally) bar(r *row) time.Duration {
	if t.cfg.MaxGap > 0 {
		return t.cfg.MaxGap
	}
	return max(r.gaps.bar(), barGaps*r.w.Promise)
}

// back notes a datagram of a sender that is missed, and reports whether the gap
// before it is a silence, which says nothing about how regularly it sends. It is
// back with the third, from the first of them on.
func (r *row) back(t *Tally, at time.Time, gap time.Duration) (silence bool) {
	if r.SilentSince.IsZero() {
		return false
	}
	a := r.alarmed()
	if gap >= t.bar(r) || a.again == 0 {
		a.again, a.first, silence = 0, at, true
		if gap > r.Gap {
			r.Gap, r.GapAt = gap, r.Last
		}
	}
	if a.again++; a.again == 3 {
		r.isBack(t, a.first)
	}
	return silence
}

// isBack ends a silence.
func (r *row) isBack(t *Tally, at time.Time) {
	a := r.alarmed()
	lasted := max(at.Sub(r.SilentSince), 0)
	e := Event{Kind: Back, Key: r.Key, At: at, For: lasted}
	if n := r.w.numbers(); n.Lost > a.lost {
		e.Lost, e.About, e.AtLeast, e.Format = n.Lost-a.lost, n.About, n.AtLeast, n.Format
		e.Kernel = min(n.LostKernel-min(n.LostKernel, a.kernel), e.Lost)
	}
	r.SilentSince, a.again = time.Time{}, 0
	a.lasted[a.latest] = lasted
	if a.told != 0 {
		a.longest = max(a.longest, lasted)
		return
	}
	t.tell(e)
	a.backLost, a.backAt = e.Lost, t.ticked
	a.kernelTold += e.Kernel
}

// silent begins a silence.
func (r *row) silent(t *Tally, now time.Time) {
	a := r.alarmed()
	r.SilentSince, a.again, a.lost = r.Last, 0, r.w.Lost
	a.kernel = r.w.LostKernel
	r.Silences++
	a.latest = (a.latest + 1) % len(a.since)
	first, longest := a.since[a.latest], max(a.lasted[0], a.lasted[1], a.lasted[2])
	a.since[a.latest], a.lasted[a.latest] = r.Last.Sub(t.base), 0
	switch {
	case a.told != 0:
		a.count++
	case r.Silences >= onOff && (now.Sub(t.base)-first).Abs() < onOffTime:
		a.told, a.count, a.longest = now.Sub(t.base), 0, 0
		t.tell(Event{Kind: OnOff, Key: r.Key, At: now, For: longest, Count: onOff})
	default:
		r.tellSilent(t)
	}
}

func (r *row) tellSilent(t *Tally) {
	rate := r.beat.rate
	if rate == 0 {
		rate = r.Rate()
	}
	t.tell(Event{Kind: Silent, Key: r.Key, At: r.SilentSince, Rate: rate})
}

// onAndOff tells each five minutes how often a sender was silent, and ends that once
// it was not.
func (r *row) onAndOff(t *Tally, now time.Time) {
	a := r.alarmed()
	if (now.Sub(t.base) - a.told).Abs() < onOffTime {
		return
	}
	if a.count == 0 {
		if a.told = 0; !r.SilentSince.IsZero() {
			r.tellSilent(t)
		}
		return
	}
	if !r.SilentSince.IsZero() {
		a.longest = max(a.longest, now.Sub(r.SilentSince))
	}
	t.tell(Event{Kind: OnOff, Key: r.Key, At: now, For: a.longest, Count: a.count})
	a.told, a.count, a.longest = now.Sub(t.base), 0, 0
}

// Tick looks who is missed, and tells what happened since the last call. A silence
// counts from the sender's last datagram on.
func (t *Tally) Tick(now time.Time) []Event {
	t.Flush()
	t.lossDue = now.Unix() != t.ticked.Unix()
	t.stood(now)
	for _, root := range t.table.all.list {
		t.settle(root, now)
		if n := root.recogniser.rest(now); n > 0 {
			root.w.lose(uint64(n), root.Last, 0)
		}
		t.look(root, now)
		for _, s := range root.subs {
			if !s.tentative {
				t.look(s, now)
			}
		}
	}
	t.settleCopies(now)
	events := t.events
	t.events = nil
	return events
}

// stood finds out whether the program itself stood, or its clock was set, since the
// last Tick.
func (t *Tally) stood(now time.Time) {
	if !t.ticked.IsZero() {
		passed := now.Sub(t.ticked)
		if t.cfg.Every > 0 && passed >= t.cfg.Every+lateTick {
			t.resumed = now
			t.tell(Event{Kind: Stopped, At: now, For: passed - t.cfg.Every})
		}
		// Where times of datagrams are of the wall, and ours are not.
		if set := now.Round(0).Sub(t.ticked.Round(0)) - passed; set.Abs() >= lateTick/2 || passed < 0 {
			t.resumed = now
		}
	}
	t.ticked = now
}

// look judges one stream.
func (t *Tally) look(r *row, now time.Time) {
	if r.w.open > 0 || r.w.run.length > 0 {
		r.w.sweep(now)
	}
	if t.bench != nil && r.w.Gone > 0 {
		a := r.alarmed()
		a.settleBack(r.w.Gone, now)
		if r.w.Gone > a.goneTold && t.lossDue && !r.comesBack(t, now) {
			r.tellLoss(t, now)
		}
	}
	if r.alarm != nil && r.alarm.told != 0 {
		r.onAndOff(t, now)
	}
	if r.series || r.w.Ended {
		r.Steady, r.SilentSince = false, time.Time{}
		return
	}
	if !r.Steady && r.judged != r.Datagrams {
		r.judged = r.Datagrams
		r.Steady = r.gaps.steady(r.Datagrams, r.Last.Sub(r.First)) || r.w.Promise > 0
	}
	if !r.SilentSince.IsZero() || !r.Steady && t.cfg.MaxGap == 0 {
		return
	}
	since := r.Last
	// One that is ahead is of before the clock was set back.
	if t.resumed.After(since) || !t.resumed.IsZero() && since.Sub(now) > time.Second {
		since = t.resumed
	}
	if quiet := now.Sub(since); quiet >= min(leastBar, max(t.cfg.MaxGap, 1)) && quiet >= t.bar(r) {
		r.silent(t, now)
	}
}

// settleBack takes what the latest Back told for told, as it is given up. What came
// late instead is given up never.
func (a *alarm) settleBack(gone uint64, now time.Time) {
	told := min(gone-a.goneSeen, a.backLost)
	a.goneTold += told
	a.backLost -= told
	a.goneSeen = gone
	if now.Sub(a.backAt) > gapTime {
		a.backLost = 0
	}
}

// comesBack reports whether a silence seems to end, so that Back tells what is
// missing.
func (r *row) comesBack(t *Tally, now time.Time) bool {
	return !r.SilentSince.IsZero() && r.alarm.told == 0 && r.alarm.again > 0 && now.Sub(r.alarm.first) < t.bar(r)
}

// tellLoss tells what was given up since the last time.
func (r *row) tellLoss(t *Tally, now time.Time) {
	n, a := r.w.numbers(), r.alarmed()
	e := Event{Kind: Loss, Key: r.Key, At: now, Lost: n.Gone - a.goneTold, AtLeast: n.AtLeast, About: n.About, Format: n.Format}
	if k := r.w.kernelGone(); k > a.kernelTold {
		e.Kernel = min(k-a.kernelTold, e.Lost)
	}
	a.goneTold = n.Gone
	a.kernelTold += e.Kernel
	a.lost, a.kernel = r.w.Lost-min(r.w.open, r.w.Lost), a.kernelTold
	t.tell(e)
}

// Stood says that the program itself stood until now: a silence counts from now
// on. Tick finds that out by itself where it is called at regular times.
func (t *Tally) Stood(now time.Time) { t.resumed = now }
