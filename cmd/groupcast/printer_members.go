package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/session"
)

// speaker is who said a line that was heard: a member by its name, a plain program by
// its address.
func speaker(l chat.Line) string {
	switch {
	case l.Member.Name != "" && l.Member.Site != "":
		return shownName(l.Member.Name) + " at " + l.Member.Site
	case l.Member.Name != "":
		return shownName(l.Member.Name)
	case l.Origin.By != "":
		return l.Origin.Text()
	}
	return l.Speaker(l.From.Addr().String())
}

// marks say what is special about a line that was heard. They stand before its text,
// which could have them at its end.
func marks(l chat.Line) string {
	var b strings.Builder
	for _, mark := range []struct {
		is   bool
		text string
	}{{l.Missed, "(repaired) "}, {l.Earlier, "(earlier) "}, {l.Outside, "(outside) "}} {
		if mark.is {
			b.WriteString(mark.text)
		}
	}
	if l.Part[1] > 1 {
		fmt.Fprintf(&b, "(%d of %d) ", l.Part[0], l.Part[1])
	}
	return b.String()
}

// rowsShown is lines that were printed: plain text may come again with the name of its
// member, or with where it was said. Only the latest can.
type rowsShown struct {
	ids  [1024]uint64
	next int
}

// again reports whether a line was printed before.
func (r *rowsShown) again(l chat.Line) bool {
	if l.ID != 0 && slices.Contains(r.ids[:], l.ID) {
		return true
	}
	r.ids[r.next] = l.ID
	r.next = (r.next + 1) % len(r.ids)
	return false
}

// reachTime is how long it may take before it is said who does not have an own line.
// Members say what they have in their signs of life, one in each interval.
func reachTime(interval time.Duration) time.Duration { return max(3*time.Second, interval*3/2) }

// lastReach is how long the end waits for members to have what was said. What they lack
// then, those that have it send them.
const lastReach = time.Second

// maxReaches of own lines are followed.
const maxReaches = 64

// ownReaches follows which members have the own lines, and says so once for each line: when
// all have it, or who does not after some time, and then when all have.
type ownReaches struct{ lines []ownReach }

type ownReach struct {
	id   uint64
	at   time.Time
	text string
	now  chat.Reach
	copy chat.Copy // that was printed; CopyPending: nothing was
	told bool      // who lacks it
	done bool      // that all have it, or that it was not sent
}

// line takes what is new about an own line of a member. It reports whether what became of
// its copy is known from before.
func (r *ownReaches) line(l chat.Line) (again bool) {
	n := slices.IndexFunc(r.lines, func(one ownReach) bool { return one.id == l.ID })
	if n < 0 {
		if len(r.lines) == maxReaches {
			r.lines = r.lines[1:]
		}
		n = len(r.lines)
		r.lines = append(r.lines, ownReach{id: l.ID, at: l.At, text: l.Text.Row()})
	}
	one := &r.lines[n]
	again = one.copy == l.Copy
	one.copy, one.now = l.Copy, l.Reach
	if l.Copy == chat.CopyNone { // that was said; what a frame brought later is told at last
		one.told, one.done = true, l.Reach.By == 0
	}
	return again
}

// remarks are what is to be said by now.
func (r *ownReaches) remarks(now time.Time, slow time.Duration) (list []string) {
	for n := range r.lines {
		one := &r.lines[n]
		switch {
		case one.done || one.now.Of == 0:
		case one.now.By >= one.now.Of:
			one.done = true
			text := fmt.Sprintf("heard by all %d", one.now.Of)
			if one.now.Of == 1 {
				text = "heard by the only member"
			}
			if one.told {
				text += ", at last: " + short(one.text)
			}
			list = append(list, text)
		case !one.told && now.Sub(one.at) >= slow:
			one.told = true
			list = append(list, fmt.Sprintf("heard by %d of %d; not yet: %s", one.now.By, one.now.Of, one.now.Missing))
		}
	}
	return list
}

// waiting reports whether members that are there may still come to have a line, which
// was said so lately.
func (r *ownReaches) waiting(now time.Time, there bool) bool {
	return there && slices.ContainsFunc(r.lines, func(one ownReach) bool {
		return !one.done && (one.now.By < one.now.Of || !one.now.Known) && now.Sub(one.at) < lastReach
	})
}

// tellReach says to a person which members have what was said.
func (p *linePrinter) tellReach(now time.Time, interval time.Duration) {
	if !p.person {
		return
	}
	for _, text := range p.reach.remarks(now, reachTime(interval)) {
		p.remark(text)
	}
}

// short is the beginning of a line.
func short(text string) string {
	const most = 40
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}

// jsonMemberEvent is what became of a member of a talk. Fields are only added.
type jsonMemberEvent struct {
	jsonHead           // event
	Event       string `json:"event"`            // joined, left, renamed, clash: its name belongs to another key; lost: lines of it could not be had
	Name        string `json:"name"`             // of the member, as it is shown
	Fingerprint string `json:"fingerprint"`      // of its key
	New         bool   `json:"new,omitempty"`    // joined: its key was never seen here before
	Back        bool   `json:"back,omitempty"`   // joined: it was gone
	Silent      bool   `json:"silent,omitempty"` // left: it was not heard for long, and did not say so
	Was         string `json:"was,omitempty"`    // renamed: its name before
	Pinned      string `json:"pinned,omitempty"` // clash: the fingerprint that the name belongs to
	Lost        int    `json:"lost,omitempty"`   // lost: lines
}

func eventObject(e session.MemberEvent) jsonMemberEvent {
	return jsonMemberEvent{
		jsonHead: jsonHead{Type: "event", Time: e.At}, Event: string(e.Kind), Name: e.Member.Name, Fingerprint: e.Member.Fingerprint,
		New: e.Member.New, Back: e.Back, Silent: e.Kind == session.MemberLeft && !e.Said, Was: e.Was, Pinned: e.Pinned, Lost: e.Lost,
	}
}

// events prints what became of members until a time, and returns what came later. In
// text, notices say it.
func (p *linePrinter) events(list []session.MemberEvent, until time.Time) []session.MemberEvent {
	for len(list) > 0 && !list[0].At.After(until) {
		if p.json {
			writeJSON(p.out, eventObject(list[0]))
		}
		list = list[1:]
	}
	return list
}
