package main

import (
	"testing"

	"github.com/groupcast/groupcast/mcast"
)

// How to get a second member is typed as it is said: some shells take the brackets of an
// IPv6 group for a pattern of files.
func TestInvitationIsTyped(t *testing.T) {
	const begin = "on another host, or in another terminal, start: groupcast "
	for group, want := range map[string]string{
		"239.1.2.3:5000": "239.1.2.3:5000", "[ff15::114]:5000": "'[ff15::114]:5000'",
	} {
		g, err := mcast.ParseGroup(group)
		if err != nil {
			t.Fatal(err)
		}
		if got := (&memberFlags{}).invitation(g); got != begin+want {
			t.Errorf("%s: %q, want %q", group, got, begin+want)
		}
		if got := (&memberFlags{framePort: 7000}).invitation(g); got != begin+want+" --frame-port 7000" {
			t.Errorf("%s: %q", group, got)
		}
	}
}
