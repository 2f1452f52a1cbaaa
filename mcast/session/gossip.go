package session

import (
	"fmt"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
)

// aloneAfter is how long a newcomer waits for others before it is told that nobody is
// there.
const aloneAfter = 5 * time.Second

// news says what is told of members, and when: many who come or go at once are told of
// together, and whoever makes news without end is not told of each time.
type news struct {
	came, went crowd
	alone      time.Time // when it is to be told that nobody is here; zero: never
	room       float64   // for other news
	at         time.Time // of that room
	untold     int       // other news that had none
	strangers  map[reason]*strangers
}

// Other news are told once a second, and so many at once.
const newsAtOnce = 10

func (n *news) begin(now time.Time) {
	n.alone, n.room, n.at = now.Add(aloneAfter), newsAtOnce, now
	n.came = crowd{verb: "are here"}
	n.went = crowd{verb: "are gone"}
}

// may reports whether something else than coming and going may be told now, and how
// much was not told before it.
func (n *news) may(now time.Time) (untold int, ok bool) {
	n.room = min(n.room+max(0, now.Sub(n.at).Seconds()), newsAtOnce)
	n.at = now
	if n.room < 1 {
		n.untold++
		return 0, false
	}
	n.room--
	untold, n.untold = n.untold, 0
	return untold, true
}

// crowdTime is how long those are collected who come or go after one that was told of.
const crowdTime = time.Second

// crowd tells of the first at once, and of those who follow soon together.
type crowd struct {
	verb    string
	until   time.Time // collecting; zero: nobody
	names   []string
	text    string // of the first that waits
	waiting int
}

// add takes in one, and returns what to tell now, or "".
func (c *crowd) add(now time.Time, name, text string) string {
	if c.until.IsZero() || !now.Before(c.until) && c.waiting == 0 {
		c.until = now.Add(crowdTime)
		return text
	}
	if c.waiting == 0 {
		c.text = text
	}
	if c.waiting++; len(c.names) < chat.MostNames {
		c.names = append(c.names, name)
	}
	return ""
}

// due is when to call flush; zero: not at all.
func (c *crowd) due() time.Time {
	if c.waiting == 0 {
		return time.Time{}
	}
	return c.until
}

// flush returns what to tell of those who wait, or "".
func (c *crowd) flush(now time.Time) string {
	if c.waiting == 0 || now.Before(c.until) {
		return ""
	}
	text := c.text
	if c.waiting > 1 {
		text = fmt.Sprintf("%d more %s: %s", c.waiting, c.verb, someNames(c.names, c.waiting))
	}
	*c = crowd{verb: c.verb, until: now.Add(crowdTime)}
	return text
}

// someNames are the first of so many: "bob, carol, dave, erin and 3 more".
func someNames(names []string, all int) string {
	if len(names) > chat.MostNames {
		names = names[:chat.MostNames]
	}
	text := strings.Join(names, ", ")
	switch more := all - len(names); {
	case more <= 0:
	case text == "":
		text = fmt.Sprintf("%d of them", more)
	default:
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// gossip tells of who waits to be told of, and of nobody else being here. It returns
// when to ask again; the caller holds t.mu.
func (t *talk) gossip(now time.Time) time.Time {
	next := now.Add(time.Hour)
	if t.measured.engine != nil {
		return next // who measures tells of members itself
	}
	if !t.news.alone.IsZero() && !now.Before(t.news.alone) {
		t.news.alone = time.Time{}
		t.s.notice("nobody else is here yet"+t.in(), t.invitation())
	}
	for _, c := range []*crowd{&t.news.came, &t.news.went} {
		if text := c.flush(now); text != "" {
			hint := ""
			if c == &t.news.came && strings.Contains(text, " more are here: ") {
				hint = "/who lists them, with fingerprints"
			}
			t.s.notice(text+t.in(), hint)
		}
		if due := c.due(); !due.IsZero() && due.Before(next) {
			next = due
		}
	}
	next = t.tellStrangers(now, next)
	if !t.news.alone.IsZero() && t.news.alone.Before(next) {
		next = t.news.alone
	}
	return next
}

// invitation is what to do for not being alone.
func (t *talk) invitation() string {
	g := mcastGroup(t.at)
	text := "on another host, or in another terminal, start: groupcast " + g.String()
	if invite := t.s.cfg.Members.Invite; invite != nil {
		text = invite(g)
	}
	if t.sealed {
		text += " with the same key"
	}
	return text
}

// in says in which group, where that is not the current one.
func (t *talk) in() string {
	t.s.mu.Lock()
	defer t.s.mu.Unlock()
	return t.inLocked()
}

// inLocked is in for a caller that holds s.mu.
func (t *talk) inLocked() string {
	if conversation(t.s.group) == t.at {
		return ""
	}
	return " in " + t.name
}
