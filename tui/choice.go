package tui

import (
	"strings"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/session"
)

// pickerKind is the kind of thing that a picker offers.
type pickerKind uint8

const (
	pickInterface pickerKind = iota
	pickGroup
	pickSource
)

func (k pickerKind) title(s session.Snapshot) string {
	what := "Interfaces for "
	switch {
	case k == pickGroup:
		return "Groups"
	case k == pickSource:
		what = "Sources in "
	}
	if !s.Group.Addr.IsValid() {
		return strings.Fields(what)[0]
	}
	return what + clean(s.Group.AddrPort().String())
}

// emptyText says that the filter lets no row through.
func (k pickerKind) emptyText(filter string) string {
	switch k {
	case pickGroup:
		if _, err := mcast.ParseGroup(filter); err != nil && strings.ContainsAny(filter, "0123456789") {
			return errorText(err)
		}
		return "no such group is known: type all of it, such as 239.1.2.3:5000, to join it"
	case pickSource:
		return "no such source was heard: type all of its address to choose it"
	}
	return "no such interface"
}

// command says how to choose without a picker.
func (k pickerKind) command() string {
	switch k {
	case pickGroup:
		return "/join GROUP, /look GROUP, /leave GROUP"
	case pickSource:
		return "/source ADDRESS, /source any, /block ADDRESS, /unblock ADDRESS"
	}
	return "/interface NAME"
}

// choice is one row of a picker. All of its text is safe to show.
type choice struct {
	key      string // tells it from the others for as long as it is there
	glyph    string // in its style
	name     string
	facts    string // in their styles
	means    string // what it is, or what choosing it would mean
	keywords string // where the filter is looked for, besides the name

	action      session.Action // what enter does; nil: nothing, because of why
	actionLabel string
	refusal     string
	other       session.Action // what ctrl+o does; nil: nothing
	otherLabel  string
}
