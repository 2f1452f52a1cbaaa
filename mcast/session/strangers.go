package session

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/members"
)

// strangeTime is how long sources are collected whose frames are of no use here, after
// one that was told of.
const strangeTime = time.Minute

// maxStrange bounds the sources that are remembered as told of, for a reason.
const maxStrange = 1024

// reason is why frames are of no use here.
type reason struct {
	odd     bool // what looks like frames is of a version that is none
	version byte // another one than ours; 0: the room is another one
	sealed  bool // that room is
	bridge  bool // they come from the port of bridges
}

// reasonOf gives what looks like frames one reason, whatever its version.
func reasonOf(e members.Event) (r reason, from netip.Addr, ok bool) {
	switch e := e.(type) {
	case members.NewerVersion:
		if !e.Likely() {
			return reason{odd: true}, e.From, true
		}
		return reason{version: e.Version}, e.From, true
	case members.AnotherRoom:
		return reason{sealed: e.Sealed, bridge: e.Bridge}, e.From, true
	}
	return r, from, false
}

// strangers are the sources with one reason: the first is told of at once, those that
// follow soon together, and each once.
type strangers struct {
	told    map[netip.Addr]bool
	until   time.Time // collecting
	names   []string  // that wait
	waiting int
}

// add takes in a source, and reports whether to tell of it now.
func (s *strangers) add(now time.Time, from netip.Addr) bool {
	if s.told[from] {
		return false
	}
	if s.told == nil || len(s.told) == maxStrange {
		s.told = map[netip.Addr]bool{}
	}
	s.told[from] = true
	if s.waiting == 0 && !now.Before(s.until) {
		s.until = now.Add(strangeTime)
		return true
	}
	if s.waiting++; len(s.names) < chat.MostNames {
		s.names = append(s.names, from.String())
	}
	return false
}

// due is when to call flush; zero: not at all.
func (s *strangers) due() time.Time {
	if s.waiting == 0 {
		return time.Time{}
	}
	return s.until
}

// flush returns those that wait, and how many they are; 0: it is not time yet.
func (s *strangers) flush(now time.Time) (names string, n int) {
	if s.waiting == 0 || now.Before(s.until) {
		return "", 0
	}
	names, n = someNames(s.names, s.waiting), s.waiting
	s.until, s.names, s.waiting = now.Add(strangeTime), nil, 0
	return names, n
}

// strange tells of a source whose frames are of no use here, and reports whether e is
// of one. The caller holds t.mu and s.mu.
func (t *talk) strange(now time.Time, e members.Event) bool {
	if e, ok := e.(members.AnotherRoom); ok {
		t.addOther(OtherRoom{e.From, e.Sealed})
	}
	r, from, ok := reasonOf(e)
	if !ok {
		return false
	}
	if t.news.strangers == nil {
		t.news.strangers = map[reason]*strangers{}
	}
	s := t.news.strangers[r]
	if s == nil {
		s = &strangers{}
		t.news.strangers[r] = s
	}
	switch first := s.add(now, from); {
	case first:
		if e, ok := e.(members.NewerVersion); ok {
			r.version = e.Version
		}
		text, hint := strangeText(r, from.String(), 1, t.sealed)
		if r.version != 0 && !r.odd {
			t.stays(text)
		}
		t.put(text, hint)
	case s.waiting == 1:
		t.poke()
	}
	return true
}

// tellStrangers tells of those that wait, and returns when to ask again, or next if
// that is earlier. The caller holds t.mu.
func (t *talk) tellStrangers(now, next time.Time) time.Time {
	for r, s := range t.news.strangers {
		if names, n := s.flush(now); n > 0 {
			text, hint := strangeText(r, names, n, t.sealed)
			t.s.notice(text+t.in(), hint)
		}
		if due := s.due(); !due.IsZero() && due.Before(next) {
			next = due
		}
	}
	return next
}

// strangeText says of so many sources why their frames are of no use in a conversation,
// and what to do.
func strangeText(r reason, from string, n int, sealed bool) (text, hint string) {
	its := "its"
	if n > 1 {
		its = "their"
	}
	if r.bridge {
		from = "a bridge, " + from
	}
	switch {
	case r.odd && n > 1:
		return "datagrams that look like frames, of versions that do not exist, come from " + from, oddHint
	case r.odd:
		return fmt.Sprintf("datagrams that look like frames of version %d come from %s", r.version, from), oddHint
	case r.version != 0:
		return fmt.Sprintf("frames of version %d come from %s, which this program cannot read", r.version, from), "a newer groupcast reads them; plain text goes both ways"
	case r.sealed && sealed:
		return fmt.Sprintf("frames of another sealed room come from %s: %s key is not ours", from, its), "compare the passphrases, or the key files"
	case r.sealed:
		return fmt.Sprintf("a sealed room is in this group, too: its frames come from %s", from), "with its key you can join it: --key-file or --passphrase-file"
	case sealed && r.bridge:
		return "frames of the open room come from " + from + ": they are refused here", "a bridge needs no key; at other sites they need that of this room"
	case sealed && n > 1:
		return fmt.Sprintf("%s talk in this group in the open: their frames are refused here", from), "they need the key of this room"
	case sealed:
		return fmt.Sprintf("%s talks in this group in the open: its frames are refused here", from), "it needs the key of this room"
	}
	return "frames of another room come from " + from, "frames of another group come to this port: --frame-port"
}

// oddHint is for what has the magic of frames alone.
const oddHint = "another program sends to the port of frames, or they are damaged; another port: --frame-port"
