package doctor

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/frame"
)

// Who looks beside reads what bridges tell of sites: from their port, signed, in the open
// room of the group, and no longer than they tell it.
func TestBesideSites(t *testing.T) {
	group, err := mcast.ParseGroup("239.1.2.3:5000")
	if err != nil {
		t.Fatal(err)
	}
	bridge := netip.MustParseAddrPort("10.1.0.2:1236")
	open := frame.OpenRoom("239.1.2.3:5000")
	begin := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	var n [256]uint64
	tell := func(room *frame.Room, who byte, body frame.Body) []byte {
		t.Helper()
		n[who]++
		b, err := room.Encode(frame.NewAuthor(frame.NewIdentity([32]byte{who}), [8]byte{who}), frame.FirstPassing+n[who], body)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	room1 := &frame.Sites{Site: "room-1", Others: []frame.SiteState{{Site: "room-3", State: frame.SiteAway}, {Site: "room-2"}, {Site: "room-1", State: frame.SiteAway}}}
	away := &frame.Sites{Site: "room-1", Away: true}
	wrong := tell(open, 1, room1)
	wrong[len(wrong)-1] ^= 1
	type heard struct {
		from    netip.AddrPort
		ifIndex int
		data    []byte
		second  int
	}
	said := func(data []byte, second int) heard { return heard{bridge, 2, data, second} }
	for _, tt := range []struct {
		name  string
		heard []heard
		at    int // seconds
		want  string
	}{
		{"nothing", nil, 5, ""},
		{"a site is away", []heard{said(tell(open, 1, room1), 1)}, 5, "room-1 here, room-2, room-3 away"},
		{"it comes back, and the hub is lost", []heard{said(tell(open, 1, room1), 1), said(tell(open, 1, &frame.Sites{Site: "room-1", Others: []frame.SiteState{{Site: "room-3"}}}), 3), said(tell(open, 1, away), 4)}, 5,
			"room-1 here away since 4, room-2, room-3 since 3"},
		{"long ago", []heard{said(tell(open, 1, room1), 1)}, 60, ""},
		{"not by the port of bridges", []heard{{netip.MustParseAddrPort("10.1.0.2:1237"), 2, tell(open, 1, room1), 1}}, 5, ""},
		{"a sealed room", []heard{said(tell(frame.SealedRoom(frame.RoomKey{1}, "239.1.2.3:5000"), 1, room1), 1)}, 5, ""},
		{"another group", []heard{said(tell(frame.OpenRoom("239.1.2.4:5000"), 1, room1), 1)}, 5, ""},
		{"signed by nobody", []heard{said(wrong, 1)}, 5, ""},
		{"no SITES", []heard{said(tell(open, 1, &frame.Hello{Nick: "ada"}), 1)}, 5, ""},
		{"half a frame", []heard{said(tell(open, 1, room1)[:60], 1)}, 5, ""},
		{"the bridge of another LAN is heard here", []heard{said(tell(open, 1, room1), 1), said(tell(open, 2, &frame.Sites{Site: "room-2"}), 2)}, 5, "room-1 here, room-2 joined, room-3 away"},
		{"by another interface", []heard{said(tell(open, 1, room1), 1), {bridge, 3, tell(open, 2, &frame.Sites{Site: "room-2"}), 2}}, 5, "room-1 here, room-2, room-3 away"},
		{"a flood from the port of bridges", append(slices.Repeat([]heard{said(wrong, 1)}, mostChecks), said(tell(open, 1, room1), 1)), 5, ""},
		{"after the flood", append(slices.Repeat([]heard{said(wrong, 1)}, mostChecks), said(tell(open, 1, room1), 2)), 5, "room-1 here, room-2, room-3 away"},
	} {
		news := newSiteNews(group)
		for _, h := range tt.heard {
			news.hear(h.from, h.ifIndex, h.data, begin.Add(time.Duration(h.second)*time.Second))
		}
		got := ""
		for i, s := range news.sites(begin.Add(time.Duration(tt.at)*time.Second - frameTime)) {
			if i > 0 {
				got += ", "
			}
			got += s.Name
			for word, holds := range map[string]bool{" here": s.Here, " joined": s.Joined} {
				if holds {
					got += word
				}
			}
			if s.Away {
				got += " away"
			}
			if !s.Since.IsZero() {
				got += fmt.Sprint(" since ", int(s.Since.Sub(begin).Seconds()))
			}
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	if f := Sites(Observed{Beside: &Beside{Sites: []MembersSite{{Name: "room-1", Here: true}, {Name: "room-3", Away: true}}}}, begin); len(f) != 1 || f[0].Title != "room-3 is away" {
		t.Errorf("found is %+v", f)
	}
}
