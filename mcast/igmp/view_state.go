package igmp

import (
	"net/netip"
	"slices"
)

// state is whom a member hears. Its sources are sorted and not written to.
type state struct {
	exclude bool
	sources []netip.Addr
	more    bool // there are sources that are not kept
}

func (s state) mode() Mode {
	if s.exclude {
		return Exclude
	}
	return Include
}

func (s state) same(o state) bool {
	return s.exclude == o.exclude && slices.Equal(s.sources, o.sources)
}

// hears reports whether a member with this state is one.
func (s state) hears() bool { return s.exclude || len(s.sources) > 0 || s.more }

// String is "all sources", "only 10.9.0.77", "all but 10.9.0.77" or "nothing".
func (s state) String() string {
	switch {
	case s.exclude && len(s.sources) == 0:
		return "all sources"
	case s.exclude:
		return "all but " + list(s.sources)
	case len(s.sources) == 0:
		return "nothing"
	}
	return "only " + list(s.sources)
}

// after returns what a record makes of a state, of a member or of who is none yet.
// Its sources are in scratch. Partial is that the group was asked about some
// sources, so that a record of included ones is about these only (RFC 3376, section
// 5.2). Of more sources than most the lowest ones stay; cut is how many do not.
func (s state) after(r Record, isMember, partial bool, scratch *[]netip.Addr, most int) (next state, cut int) {
	room := append((*scratch)[:0], r.Sources...)
	slices.SortFunc(room, netip.Addr.Compare)
	room = slices.Compact(room)
	without := func(a, b []netip.Addr) []netip.Addr { // a lasts: it is shared
		return slices.DeleteFunc(append(make([]netip.Addr, 0, len(a)), a...), func(x netip.Addr) bool {
			_, is := slices.BinarySearchFunc(b, x, netip.Addr.Compare)
			return is
		})
	}
	with := func() []netip.Addr {
		room = append(room, s.sources...)
		slices.SortFunc(room, netip.Addr.Compare)
		return slices.Compact(room)
	}
	switch r.Type {
	case IsExclude, ToExclude:
		next = state{exclude: true, sources: room}
	case ToInclude:
		next = state{sources: room}
	case IsInclude:
		switch {
		case !partial || !isMember:
			next = state{sources: room}
		case s.exclude:
			next = s
		default:
			next = state{sources: with(), more: s.more}
		}
	case Allow:
		switch {
		case !isMember:
			next = state{sources: room}
		case s.exclude:
			next = state{exclude: true, sources: without(s.sources, room), more: s.more}
		default:
			next = state{sources: with(), more: s.more}
		}
	case Block:
		switch {
		case !isMember: // of what it hears nothing is known: the next query tells
		case s.exclude:
			next = state{exclude: true, sources: with(), more: s.more}
		default:
			next = state{sources: without(s.sources, room), more: s.more}
		}
	default:
		next = s
	}
	*scratch = room[:0]
	if cut = len(next.sources) - most; cut > 0 {
		next.sources, next.more = next.sources[:most], true
	}
	return next, max(cut, 0)
}
