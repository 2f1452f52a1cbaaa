package bridge

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

// How a site stands: by what comes of it, while members are there and the hub is reached.
func TestSiteWatch(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	w := newSiteWatch("room-1")
	var news siteNews
	var joined []string
	speak := true
	after := func(d time.Duration) (states, found string) {
		list := w.told
		for end := now.Add(d); now.Before(end); {
			now = now.Add(max(time.Second, d/600))
			list, _ = w.judge(now, joined, speak)
			silent, here := map[string]time.Time{}, map[string]bool{}
			w.silent(silent)
			w.here(here)
			for _, f := range news.find(now, "room-1", silent, here) {
				found += fmt.Sprintln(f.Name, f.Other, f.Count)
			}
		}
		for _, s := range list {
			states += fmt.Sprintln(s.Site, s.State)
		}
		return states, found
	}
	expect := func(what string, d time.Duration, states, found string) {
		t.Helper()
		if s, f := after(d); s != states || f != found {
			t.Errorf("%s:\n%s%s\nwant\n%s%s", what, s, f, states, found)
		}
	}
	w.heard(now, "room-1")
	w.heard(now, "room-2")
	w.met(now, &Presence{Site: "room-3", Joined: true})
	w.met(now, &Presence{Site: "room-4"})
	expect("at first", time.Second, "room-2 0\nroom-3 0\n", "")
	speak = false
	expect("nobody speaks", 10*time.Minute, "room-2 0\nroom-3 0\n", "")
	speak = true
	w.heard(now, "room-2")
	expect("one speaks, and goes without a word", 29*time.Second, "room-2 0\nroom-3 0\n", "")
	w.heard(now, "room-3")
	expect("after a night in which nobody spoke", 2*time.Second, "room-2 1\nroom-3 0\n", "site-away room-2 31\n")
	w.heard(now, "room-2")
	expect("it is back", time.Second, "room-2 0\nroom-3 0\n", "site-back room-2 0\n")
	w.met(now, &Presence{Site: "room-3"})
	expect("room-3 says that it ends", 5*time.Second, "room-2 0\nroom-3 1\n", "")
	joined = []string{"room-2"}
	expect("room-2 is this LAN", time.Second, "room-2 2\nroom-3 1\n", "")
	joined = nil
	w.heard(now, "room-3")
	expect("room-3 is back", time.Second, "room-2 0\nroom-3 0\n", "")
	for range 8 {
		w.heard(now, "room-2")
		w.heard(now, "room-3")
		expect("both speak", 20*time.Second, "room-2 0\nroom-3 0\n", "")
	}
	w.heard(now, "room-3")
	expect("room-2 speaks seldom, and is silent for less than 4 of its gaps", 59*time.Second, "room-2 0\nroom-3 0\n", "")
	w.heard(now, "room-3")
	expect("and for longer", 2*time.Second, "room-2 1\nroom-3 0\n", "site-away room-2 80\n")
	w.heard(now, "room-3")
	expect("still", 50*time.Second, "room-2 1\nroom-3 0\n", "")
	w.heard(now, "room-3")
	w.heard(now, "room-2")
	expect("back", time.Second, "room-2 0\nroom-3 0\n", "site-back room-2 0\n")
	small := w
	w = newSiteWatch("room-1")
	w.hello = 40 * time.Second // of 400 members
	w.heard(now, "room-2")
	expect("in a large group a bridge without members speaks seldom", 159*time.Second, "room-2 0\n", "")
	expect("and for longer", 2*time.Second, "room-2 1\n", "site-away room-2 161\n")
	w.heard(now, "room-2")
	expect("back", time.Second, "room-2 0\n", "site-back room-2 0\n")
	w = small
	w.met(now, &Presence{Site: "room-2"})
	w.met(now, &Presence{Site: "room-3"})
	expect("a day later", sitesForget+time.Minute, "", "")
	for n := range 2 * maxWatched {
		w.heard(now.Add(time.Duration(n)), fmt.Sprint("site-", n))
	}
	if len(w.seen) != maxWatched || w.seen["site-0"] == nil {
		t.Errorf("%d sites are remembered, want the first %d", len(w.seen), maxWatched)
	}
	if list, changed := w.judge(now, nil, true); !changed || len(list) != maxWatched || !slices.IsSortedFunc(list, func(a, b frame.SiteState) int {
		if a.Site < b.Site {
			return -1
		}
		return 1
	}) {
		t.Error("not all of them are told, in their order, as a change")
	}
	for n := range 2 * maxWatched {
		w.heard(now.Add(time.Second), fmt.Sprint("site-", n))
	}
	if _, changed := w.judge(now.Add(time.Second), nil, true); changed {
		t.Error("it changes who is told, while all are here")
	}
	for n := range maxWatched - 1 {
		w.heard(now.Add(silentAfter), fmt.Sprint("site-", n))
	}
	w.hello = 0
	last := fmt.Sprint("site-", maxWatched-1)
	w.judge(now.Add(silentAfter+2*time.Second), nil, true)
	if s := w.seen[last]; s == nil || !s.away {
		t.Errorf("%s is not away: %+v", last, s)
	}
	if w.heard(now.Add(silentAfter+3*time.Second), "another"); w.seen[last] != nil || w.seen["another"] == nil {
		t.Error("there is no room of one that is away")
	}
}

func TestKeepWatch(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var w keepWatch
	full := errors.New("full")
	for n, tt := range []struct {
		after time.Duration
		k     Keeping
		want  []Finding
	}{
		{0, Keeping{Err: full}, nil},
		{5 * time.Second, Keeping{}, nil},
		{5 * time.Second, Keeping{Err: full, Dropped: 3}, nil},
		{time.Second, Keeping{Err: full, Dropped: 7}, []Finding{{Name: FramesDropped, Site: "room-1", Count: 7}}},
		{9 * time.Second, Keeping{Err: full, Dropped: 7}, []Finding{{Name: NoHistory, Site: "room-1", Err: full}}},
		{time.Hour, Keeping{Err: full, Dropped: 8}, []Finding{{Name: FramesDropped, Site: "room-1", Count: 8}}},
	} {
		now = now.Add(tt.after)
		if got := w.look(now, "room-1", tt.k); !slices.Equal(got, tt.want) {
			t.Errorf("%d: %+v, want %+v", n, got, tt.want)
		}
	}
}
