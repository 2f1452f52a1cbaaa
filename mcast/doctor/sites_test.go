package doctor

import (
	"net/netip"
	"strings"
	"testing"
	"time"
)

// What is wrong with the sites that bridges join is told with a page that explains it; and
// nothing where there is no bridge, or all is well.
func TestSites(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 30, 0, 0, time.UTC)
	then := now.Add(-27 * time.Minute)
	here := MembersSite{Name: "room-1", Here: true}
	for _, tt := range []struct {
		name string
		m    *Members
		want []string // name: title
	}{
		{"no members", nil, nil},
		{"no bridge", &Members{}, nil},
		{"all is well", &Members{Sites: []MembersSite{here, {Name: "room-2"}}}, nil},
		{"one is away", &Members{Sites: []MembersSite{here, {Name: "room-2"}, {Name: "room-3", Away: true, Since: then}}}, []string{"beyond-one-lan: room-3 is away since 12:03"}},
		{"several are", &Members{Sites: []MembersSite{here, {Name: "room-2", Away: true}, {Name: "room-3", Away: true, Since: then.AddDate(0, 0, -1)}}},
			[]string{"beyond-one-lan: room-2 and room-3 are away"}},
		{"one is, since long", &Members{Sites: []MembersSite{here, {Name: "room-3", Away: true, Since: then.AddDate(0, 0, -1)}}}, []string{"beyond-one-lan: room-3 is away since 2026-11-29 12:03:00"}},
		{"the hub is not reached", &Members{Sites: []MembersSite{{Name: "room-1", Here: true, Away: true, Since: then}, {Name: "room-2", Away: true}}},
			[]string{"beyond-one-lan: the bridge of this LAN, room-1, does not reach the other sites since 12:03"}},
		{"joined", &Members{Sites: []MembersSite{here, {Name: "room-2", Joined: true}}, Back: netip.MustParseAddr("10.1.0.2")},
			[]string{"joined-already: room-2 and this LAN, room-1, are joined already, by something else than their bridges"}},
		{"what is sent comes back", &Members{Back: netip.MustParseAddr("10.1.0.2")},
			[]string{"joined-already: what is sent here comes back by the bridge at 10.1.0.2: two sites are joined already"}},
	} {
		var got []string
		for _, f := range Sites(Observed{Members: tt.m}, now) {
			got = append(got, f.Name+": "+f.Title)
			if _, err := FindPage(f.Name); err != nil || f.Evidence == "" || !strings.Contains(strings.Join(f.Hints, "\n"), "groupcast explain "+f.Name) || f.Verdict != Warning {
				t.Errorf("%s: %+v: %v", tt.name, f, err)
			}
		}
		if strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
