package session

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/members"
)

// The first source is told of at once, those that follow within a minute together, and
// each once.
func TestStrangers(t *testing.T) {
	start := time.Now()
	var s strangers
	var told []string
	flush := func(now time.Time) {
		if names, n := s.flush(now); n > 0 {
			told = append(told, fmt.Sprint(now.Sub(start), " ", names))
		}
	}
	add := func(after time.Duration, last byte) {
		now := start.Add(after)
		flush(now)
		if from := netip.AddrFrom4([4]byte{10, 0, 0, last}); s.add(now, from) {
			told = append(told, fmt.Sprint(after, " ", from))
		}
	}
	for last := byte(1); last <= 11; last++ {
		add(time.Duration(last)*time.Second, last)
		add(time.Duration(last)*time.Second, last)
	}
	if due := s.due(); !due.Equal(start.Add(61 * time.Second)) {
		t.Errorf("the rest is due after %v", due.Sub(start))
	}
	add(61*time.Second, 3)
	add(62*time.Second, 20)
	add(10*time.Minute, 1)
	add(10*time.Minute, 21)
	flush(start.Add(time.Hour))
	want := "1s 10.0.0.1; 1m1s 10.0.0.2, 10.0.0.3, 10.0.0.4, 10.0.0.5 and 6 more; 10m0s 10.0.0.20; 1h0m0s 10.0.0.21"
	if got := strings.Join(told, "; "); got != want {
		t.Errorf("told is %q\nwant      %q", got, want)
	}
	for n := range 3 * maxStrange {
		s.add(start, netip.AddrFrom4([4]byte{10, 1, byte(n >> 8), byte(n)}))
	}
	if len(s.told) > maxStrange || len(s.names) > 4 {
		t.Errorf("%d sources and %d names are remembered", len(s.told), len(s.names))
	}
}

// Each reason has words of its own, of one source and of several, and what has another
// version is a newer one only where there may be such a version once.
func TestWhatIsToldOfStrangers(t *testing.T) {
	from := netip.MustParseAddr("10.0.0.1")
	for _, tt := range []struct {
		event     members.Event
		n         int
		sealed    bool
		want, not string
	}{
		{members.NewerVersion{From: from, Version: 2}, 1, false, "frames of version 2 come from 10.0.0.1", "looks like"},
		{members.NewerVersion{From: from, Version: 173}, 1, false, "datagrams that look like frames of version 173 come from 10.0.0.1", "newer"},
		{members.NewerVersion{From: from, Version: 0}, 2, false, "datagrams that look like frames, of versions that do not exist, ", "newer"},
		{members.AnotherRoom{From: from, Sealed: true}, 1, false, "a sealed room is in this group, too", "!"},
		{members.AnotherRoom{From: from, Sealed: true}, 1, true, "its key is not ours", "!"},
		{members.AnotherRoom{From: from, Sealed: true}, 3, true, "their key is not ours", "its"},
		{members.AnotherRoom{From: from}, 1, true, "10.0.0.1 talks in this group in the open", "!"},
		{members.AnotherRoom{From: from}, 2, true, "10.0.0.1 talk in this group in the open: their", "its"},
		{members.AnotherRoom{From: from, Bridge: true}, 1, true, "frames of the open room come from a bridge, 10.0.0.1: ", "it needs the key"},
		{members.AnotherRoom{From: from, Sealed: true, Bridge: true}, 1, false, "its frames come from a bridge, 10.0.0.1", "!"},
		{members.AnotherRoom{From: from}, 1, false, "frames of another room come from 10.0.0.1", "!"},
	} {
		r, who, ok := reasonOf(tt.event)
		if !ok || who != from {
			t.Fatalf("%+v: of %s, %t", tt.event, who, ok)
		}
		if e, ok := tt.event.(members.NewerVersion); ok {
			r.version = e.Version
		}
		text, hint := strangeText(r, from.String(), tt.n, tt.sealed)
		if !strings.Contains(text, tt.want) || strings.Contains(text+hint, tt.not) || hint == "" {
			t.Errorf("%+v: told is %q, %q; want %q", tt.event, text, hint, tt.want)
		}
	}
	if _, _, ok := reasonOf(members.ClockOff{}); ok {
		t.Error("a clock is taken for a stranger")
	}
	a, _, _ := reasonOf(members.NewerVersion{Version: 173})
	if b, _, _ := reasonOf(members.NewerVersion{Version: 99}); a != b {
		t.Error("versions that there are not are told of one by one")
	}
}
