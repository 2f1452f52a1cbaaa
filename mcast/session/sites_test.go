package session

import (
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/members"
)

// Of a site that the bridge of this LAN does not reach nobody says that no member is there.
func TestSitesText(t *testing.T) {
	then := time.Date(2026, 11, 30, 12, 3, 4, 0, time.UTC)
	here := members.Site{Name: "room-1", Here: true, Members: 2}
	cut := here
	cut.Away, cut.Since = true, then
	for _, tt := range []struct {
		list []members.Site
		want string
	}{
		{nil, ""},
		{[]members.Site{here}, "this is room-1"},
		{[]members.Site{here, {Name: "room-2"}, {Name: "room-3", Members: 1}}, "this is room-1; room-2 with 0 members, room-3 with 1 member"},
		{[]members.Site{here, {Name: "room-2", Away: true, Since: then}, {Name: "room-3", Joined: true}},
			"this is room-1; room-2 away since 12:03:04, room-3 joined to this LAN already"},
		{[]members.Site{cut, {Name: "room-2"}, {Name: "room-3", Members: 1}},
			"this is room-1, whose bridge does not reach the others since 12:03:04; room-2 not heard, room-3 with 1 member"},
	} {
		if got := SitesText(tt.list); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}
