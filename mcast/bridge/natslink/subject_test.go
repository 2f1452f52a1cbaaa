package natslink

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSubject(t *testing.T) {
	for _, tt := range []struct{ group, site, want string }{
		{"239.1.2.3:1234", "room-1", "groupcast.v1.d.239-1-2-3_1234.room-1._"},
		{"239.1.2.3:1234", "room-1/eth0", "groupcast.v1.d.239-1-2-3_1234.room-1.eth0"},
		{"239.1.2.3:1234", "room-1/br_lan.7", "groupcast.v1.d.239-1-2-3_1234.room-1.br%5Flan%2E7"},
		{"239.1.2.3:1234", "room-1/_", "groupcast.v1.d.239-1-2-3_1234.room-1.%5F"},
		{"239.1.2.3:1234", "room-1/*>", "groupcast.v1.d.239-1-2-3_1234.room-1.%2A%3E"},
		{"[ff02::114%eth0]:5000", "a", "groupcast.v1.d.ff020000000000000000000000000114_5000.a._"},
	} {
		name, lan, err := cutSite(tt.site)
		check(t, err)
		got := subject(kindDatagram, groupToken(mustParse(tt.group)), name, lan)
		if got != tt.want {
			t.Errorf("%s at %s: %s, want %s", tt.group, tt.site, got, tt.want)
		}
	}
	for _, s := range []string{
		"", "groupcast.v1.", "groupcast.v1.d.g.room-1", "groupcast.v2.d.g.room-1._", "groupcast.v1.d.g.room-1._.x", "groupcast.v1.d.g.Room._",
		"groupcast.v1.d.g..eth0", "groupcast.v1.d.g.room-1.", "groupcast.v1.d.g.room-1.ETH0", "groupcast.v1.d.g.room-1.%", "groupcast.v1.d.g.room-1.%2",
		"groupcast.v1.d.g.room-1.%2a", "groupcast.v1.d.g.room-1.%61", "groupcast.v1.d.g.room-1.%+1", "groupcast.v1.d.g.room-1." + strings.Repeat("a", 129),
		"groupcast.v1.d.g." + strings.Repeat("a", 33) + "._",
	} {
		if _, _, site, ok := parseSubject(s); ok {
			t.Errorf("%q is of site %q", s, site)
		}
	}
	for _, s := range []string{"", "Room", "room-1/", "/eth0", "a/" + strings.Repeat("x", 129), "a.b", "*"} {
		if _, _, err := cutSite(s); err == nil {
			t.Errorf("%q is a site", s)
		}
	}
}

// No two sites have one subject, or one key.
func TestSubjectTellsTheSite(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[a-z0-9-]{1,32}`).Draw(t, "name")
		lan := string(rapid.SliceOfN(rapid.Byte(), 0, maxLAN).Draw(t, "lan"))
		s := subject(kindLoop, noName, name, lan)
		want := name
		if lan != "" {
			want += "/" + lan
		}
		kind, group, site, ok := parseSubject(s)
		if kind != kindLoop || group != noName || site != want || !ok {
			t.Fatalf("%q: %q %q %q %v, want %q", s, kind, group, site, ok, want)
		}
		key := leaseKey(name, lan)
		if back, ok := unescape(strings.TrimPrefix(strings.TrimPrefix(key, name), "."), '='); !ok || back != lan {
			t.Fatalf("%q: %q, want %q", key, back, lan)
		}
	})
}
