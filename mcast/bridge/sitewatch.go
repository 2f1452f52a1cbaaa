package bridge

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

const (
	maxWatched  = 64               // sites, as many as members are told of
	silentAfter = 30 * time.Second // at least, nothing came of a site that is away
	silentGaps  = 4                // times the longest of the last gaps between what came
	leftAfter   = 3 * time.Second  // its bridge has left, and no other one of the site goes on
	sitesForget = 24 * time.Hour   // that a site was there
)

// siteWatch knows how the other sites of a conversation stand: by what arrives from them,
// which is a HELLO of the bridge there at least while there are members. It is not safe for
// concurrent use.
type siteWatch struct {
	own   string
	seen  map[string]*seenSite
	told  []frame.SiteState
	since time.Time     // bridges speak, and the hub is reached; zero: not so
	hello time.Duration // from one HELLO of a bridge to the next, in a talk of as many members as this one
}

type seenSite struct {
	at   time.Time // something came
	left time.Time // after it, its bridge left; zero: it did not
	gaps [8]time.Duration
	n    int
	away bool
}

func newSiteWatch(own string) siteWatch {
	return siteWatch{own: own, seen: map[string]*seenSite{}}
}

// heard takes note that something came of a site.
func (w *siteWatch) heard(now time.Time, site string) {
	if site == w.own || len(site) > maxName {
		return
	}
	s := w.seen[site]
	if s == nil {
		if !w.room() {
			return
		}
		s = &seenSite{at: now}
		w.seen[site] = s
	}
	if !s.away {
		s.gaps[s.n%len(s.gaps)] = w.quiet(now, s)
		s.n++
	}
	s.at, s.left, s.away = now, time.Time{}, false
}

// room makes room for another site: that of the one that is away for longest. Of more sites
// than that the first are watched, or each would be forgotten before it is missed.
func (w *siteWatch) room() bool {
	if len(w.seen) < maxWatched {
		return true
	}
	gone := ""
	for name, s := range w.seen {
		if s.away && (gone == "" || s.at.Before(w.seen[gone].at)) {
			gone = name
		}
	}
	delete(w.seen, gone)
	return gone != ""
}

// quiet is for how long nothing has come of a site though bridges speak.
func (w *siteWatch) quiet(now time.Time, s *seenSite) time.Duration {
	if w.since.IsZero() {
		return 0
	}
	return max(0, min(now.Sub(s.at), now.Sub(w.since)))
}

// met takes note that a bridge of a site has joined, or left.
func (w *siteWatch) met(now time.Time, p *Presence) {
	if p.Joined {
		w.heard(now, p.Site)
	} else if s := w.seen[p.Site]; s != nil {
		s.left = now
	}
}

// gone says whether a site is away.
func (w *siteWatch) gone(now time.Time, s *seenSite) bool {
	switch {
	case !s.left.IsZero():
		return now.Sub(s.left) >= leftAfter
	case s.away:
		return true
	case w.since.IsZero():
		return false
	}
	return w.quiet(now, s) >= max(silentAfter, silentGaps*max(w.hello, slices.Max(s.gaps[:])))
}

// judge returns how the sites stand, and whether that has changed. joined are those whose
// LANs are this one without the bridge. speak says whether each site that is here is heard:
// bridges say nothing where no members are, and nothing comes of a hub that is not reached.
func (w *siteWatch) judge(now time.Time, joined []string, speak bool) (list []frame.SiteState, changed bool) {
	switch {
	case !speak:
		w.since = time.Time{}
	case w.since.IsZero():
		w.since = now
	}
	for name, s := range w.seen {
		if s.away = w.gone(now, s); s.away && now.Sub(s.at) >= sitesForget {
			delete(w.seen, name)
			continue
		}
		state := frame.SiteState{Site: name}
		switch {
		case slices.Contains(joined, name):
			state.State = frame.SiteJoined
		case s.away:
			state.State = frame.SiteAway
		}
		list = append(list, state)
	}
	slices.SortFunc(list, func(a, b frame.SiteState) int { return cmp.Compare(a.Site, b.Site) })
	changed = !slices.EqualFunc(list, w.told, func(a, b frame.SiteState) bool { return a.Site == b.Site && a.State == b.State })
	w.told = list
	return slices.Clone(list), changed
}

// silent adds the sites that went without a word of their bridges, and when something came
// of them last.
func (w *siteWatch) silent(sites map[string]time.Time) {
	for name, s := range w.seen {
		if s.away && s.left.IsZero() && s.at.After(sites[name]) {
			sites[name] = s.at
		}
	}
}

// here adds the sites that are not away.
func (w *siteWatch) here(sites map[string]bool) {
	for name, s := range w.seen {
		if !s.away {
			sites[name] = true
		}
	}
}

// siteNews tells what is found of sites, whatever the group.
type siteNews struct{ away map[string]bool }

// find returns the sites that are away since the last call and in no group here, and those
// that are back.
func (n *siteNews) find(now time.Time, own string, silent map[string]time.Time, here map[string]bool) (findings []Finding) {
	if n.away == nil {
		n.away = map[string]bool{}
	}
	for _, name := range slices.Sorted(maps.Keys(silent)) {
		if !n.away[name] && !here[name] && len(n.away) < maxStreams {
			n.away[name] = true
			findings = append(findings, Finding{Name: SiteAway, Site: own, Other: name, Count: int(now.Sub(silent[name]) / time.Second)})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(n.away)) {
		if _, still := silent[name]; !still || here[name] {
			delete(n.away, name)
			if here[name] {
				findings = append(findings, Finding{Name: SiteBack, Site: own, Other: name})
			}
		}
	}
	return findings
}
