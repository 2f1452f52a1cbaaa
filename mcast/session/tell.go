package session

import (
	"cmp"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/members"
	"github.com/groupcast/groupcast/mcast/ping"
)

func mcastGroup(at netip.AddrPort) mcast.Group { return mcast.Group{Addr: at.Addr(), Port: at.Port()} }

// nameOf is a member's name, safe to show.
func nameOf(w members.Who) string {
	if w.Bridge {
		return "the bridge " + bareName(w)
	}
	return bareName(w)
}

func bareName(w members.Who) string {
	if w.Nick == "" {
		return cmp.Or(w.Fingerprint, w.Ref.String()) // its HELLO did not come yet
	}
	return chat.CleanRow(w.String())
}

func memberOf(w members.Who, first bool) chat.Member {
	return chat.Member{Name: bareName(w), Fingerprint: w.Fingerprint, New: first, Bridge: w.Bridge}
}

// tell makes lines of what happened in the conversation; d is the datagram that it
// happened by, or nil. The caller holds t.mu.
func (t *talk) tell(d *mcast.Datagram) {
	events := t.conv.Events()
	if len(events) == 0 {
		return
	}
	now := time.Now()
	s := t.s
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stir(now)
	for _, e := range events {
		s.note(now, e)
		switch e := e.(type) {
		case members.Said:
			who := memberOf(e.Who, t.newKey(e.Who))
			who.Site = t.siteOf(now, e.Name)
			t.said(now, e, who, d)
		case members.Relayed:
			t.relayed(now, e, d)
		case members.Heard:
			names := make([]string, len(e.Missing))
			for n, w := range e.Missing {
				names[n] = nameOf(w)
			}
			reach := chat.Reach{By: e.By, Of: e.Of}
			if missing := e.Of - e.By; missing > 0 {
				reach.Missing = someNames(names, missing)
			}
			if line := s.room.Reached(e.Name, reach); line.ID != 0 {
				s.ring.Put(line)
			}
		case members.Joined:
			t.viewed = time.Time{} // who is told of is in the next view
			t.joined(now, e)
		case members.Left:
			t.viewed = time.Time{}
			text := nameOf(e.Who) + " is gone: it was not heard for a while"
			if e.Said {
				text = nameOf(e.Who) + " left"
			}
			t.put(t.news.went.add(now, nameOf(e.Who), text), "")
			t.poke()
		default:
			if !t.strange(now, e) {
				t.other(now, e)
			}
		}
	}
}

// siteOf is the site of a member that is beyond a bridge, safe to show; "": it is here, or
// that is not known. The caller holds t.mu.
func (t *talk) siteOf(now time.Time, name frame.Name) string {
	if site, afar := t.conv.SiteOf(now, name.Stream.Ref()); afar {
		return chat.CleanRow(site)
	}
	return ""
}

// relayed puts plain text in the talk that a bridge passes on; the caller holds s.mu.
func (t *talk) relayed(now time.Time, e members.Relayed, d *mcast.Datagram) {
	if ping.IsRequest([]byte(e.Text)) {
		return // nobody said that
	}
	told := t.told(now, e.Said, d)
	where := map[members.Where]chat.Where{members.AtThisSite: chat.AtThis, members.AtAnotherSite: chat.AtAnother}[e.Where]
	for _, line := range t.s.room.Relay(now, told, chat.Origin{Source: e.Addr, Site: chat.CleanRow(e.Site), By: bareName(e.Who), Where: where}) {
		t.s.ring.Put(line)
	}
}

// said puts a line of a member in the talk; the caller holds s.mu.
func (t *talk) said(now time.Time, e members.Said, who chat.Member, d *mcast.Datagram) {
	told := t.told(now, e, d)
	told.Member = who
	line := t.s.room.Tell(told)
	if t.sealed && d != nil && !e.Earlier && !e.Repaired && t.at.Addr() == t.s.group.Addr && !line.Local {
		t.s.heard[e.IfIndex]++
		noteHeard(t.s.evidence, *d, chat.Arrival{})
	}
	t.s.ring.Put(line)
}

// told is what a frame brought, without the member.
func (t *talk) told(now time.Time, e members.Said, d *mcast.Datagram) chat.Told {
	told := chat.Told{
		At: now, Name: e.Name, Text: e.Text, From: e.From, To: t.at.Addr(), IfIndex: e.IfIndex,
		Missed: e.Repaired, Earlier: e.Earlier, Before: e.Before, Part: [2]int{e.Part, e.Parts}, Alone: t.sealed,
	}
	if d != nil && !e.Earlier && e.From == d.From {
		told.At, told.Hops = d.At, d.Hops
	}
	if e.Earlier {
		told.At = plausible(e.Time, now)
	}
	return told
}

// plausible is a time by another clock as a line may have it: not in the future, and
// not before there was UDP.
func plausible(at, now time.Time) time.Time {
	if at.After(now) || at.Year() < 1980 {
		return now
	}
	return at
}

// newKey reports whether the key's first line is to be marked, and that once.
func (t *talk) newKey(w members.Who) bool {
	if !t.s.newKeys[w.Key] {
		return false
	}
	delete(t.s.newKeys, w.Key)
	return true
}

// maxNewKeys bounds the keys whose first line is still to be marked.
const maxNewKeys = 1024

func (t *talk) joined(now time.Time, e members.Joined) {
	t.news.alone = time.Time{}
	name, text := nameOf(e.Who), " is here"
	switch {
	case e.New:
		text += ": " + e.Who.Fingerprint
		if len(t.s.newKeys) < maxNewKeys {
			t.s.newKeys[e.Who.Key] = true
		}
	case e.Back:
		text = " is back"
	}
	t.put(t.news.came.add(now, name, name+text), "")
	t.poke()
}

// put puts a notice in the talk, if there is one; the caller holds s.mu.
func (t *talk) put(text, hint string) {
	if text != "" && t.measured.engine == nil { // which tells of members itself
		t.s.put(text+t.inLocked(), hint)
	}
}

// other tells what happens seldom, unless somebody makes it happen often.
func (t *talk) other(now time.Time, e members.Event) {
	untold, ok := t.news.may(now)
	if !ok {
		return
	}
	if untold > 0 {
		t.put(fmt.Sprintf("%s about members are not shown: they came too fast", chat.Count(untold, "thing")), "")
	}
	problem := func(text, hint string) {
		t.s.ring.Put(t.s.room.Problem(now, text+t.inLocked(), hint))
	}
	switch e := e.(type) {
	case members.Renamed:
		t.put(fmt.Sprintf("%s is called %s now", chat.CleanRow(e.Was), nameOf(e.Who)), "")
	case members.Clash:
		nick := chat.CleanRow(e.Who.Nick)
		if e.Both {
			t.put(fmt.Sprintf("two are called %s: the one with the key %s is shown as %s", nick, e.Who.Fingerprint, nameOf(e.Who)), "another name for yourself: /nick NAME")
			break
		}
		problem(fmt.Sprintf("WARNING: this %s is not the %s that was here before: the key is %s, and the name belongs to %s", nick, nick, e.Who.Fingerprint, e.Pinned),
			fmt.Sprintf("it is shown as %s; ask %s by another way whether the key is new: /verify %s", nameOf(e.Who), nick, nameOf(e.Who)))
	case members.Lost:
		t.put(fmt.Sprintf("%s from %s could not be recovered", chat.Count(e.Lines, "message"), nameOf(e.Who)), "nobody who is here has them any more")
	case members.Cloned:
		problem(fmt.Sprintf("another program sends in our name, from %s: a copy of this one, as of a virtual machine", e.From),
			"this program uses another stream from now on; give the copy an identity of its own: --ephemeral")
	case members.CameBack:
		problem(fmt.Sprintf("what is sent here comes back by the bridge at %s: two sites are joined already", e.From), "groupcast explain joined-already")
	case members.ClockOff:
		t.put(fmt.Sprintf("the clock of %s is off by %s", nameOf(e.Who), roughly(e.By)), "earlier lines of it show its own time")
	}
}

// maxOthers bounds the hosts of other rooms that are remembered.
const maxOthers = 8

func (t *talk) addOther(o OtherRoom) {
	if len(t.others) < maxOthers && !slices.Contains(t.others, o) {
		t.others = append(t.others, o)
	}
}

// roughly is a duration for a sentence: "7 s", "3 min", "2 h", "5 days".
func roughly(d time.Duration) string {
	switch d = d.Abs(); {
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	case d < 48*time.Hour:
		return fmt.Sprintf("%.0f h", d.Hours())
	}
	return fmt.Sprintf("%.0f days", math.Floor(d.Hours()/24))
}

// maxStays bounds what stays to be said.
const maxStays = 4

// stays keeps a sentence for the screen.
func (t *talk) stays(text string) {
	for _, other := range t.notices {
		if other == text {
			return
		}
	}
	if len(t.notices) < maxStays {
		t.notices = append(t.notices, text)
	}
}
