package hub

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// A stranger's noise is told, but not each of it; a key has its site's name beside it,
// once; what the server says of itself and of hub files is told in the hub's words.
func TestLog(t *testing.T) {
	key, other := publicKey(t), publicKey(t)
	var told []string
	h := &Hub{cfg: Config{Tell: func(text string) { told = append(told, text) }}}
	h.sites.Store(&sites{"room-1": key})
	const (
		v4, v6 = "172.16.1.2:43442 - cid:15 - ", "[fe80::1%%eth0]:1 - cid:7 - " // a format, as the server has it
		client = `"v1.55.0:go:groupcast bridge" - `
		noSite = " was refused: its key is of no site (removed, or of another hub)"
	)
	for _, c := range []struct {
		format string
		v      []any
		want   string
	}{
		{"violation of %q, %s", []any{key, key}, fmt.Sprintf("violation of %q, %s", key+" (room-1)", key)},
		{v4 + client + "%v - %s", []any{"authentication error", fmt.Sprintf("Nkey %q", other)}, "172.16.1.2" + noSite},
		{v6 + client + "%v - %s", []any{"authentication error", fmt.Sprintf("Nkey %q", other)}, "fe80::1%eth0" + noSite},
		{v4 + "%v - %s", []any{"authentication error", fmt.Sprintf("Nkey %q", key)}, fmt.Sprintf("172.16.1.2:43442 - cid:15 - authentication error - Nkey %q", key+" (room-1)")},
		{v4 + "authentication timeout", nil, "172.16.1.2:43442 - cid:15 - authentication timeout"},
		{v4 + "TLS handshake error: %v%s", []any{"remote error: tls: bad certificate", ""}, "172.16.1.2 has a hub file of another hub"},
		{"Filestore [KV_groupcast_v1_lease] Stream state outdated, last block has additional entries, will rebuild", nil, ""},
		{"Filestore [KV_groupcast_v1_lease] Recovering stream state from index errored: %v", []any{"prior state file"}, ""},
		{"Filestore [KV_groupcast_v1_lease] Recovering stream state from index errored: %v", []any{"input/output error"}, "Filestore [KV_groupcast_v1_lease] Recovering stream state from index errored: input/output error"},
		{"Filestore [KV_groupcast_v1_lease] Error loading msg seq %d", []any{1}, "Filestore [KV_groupcast_v1_lease] Error loading msg seq 1"},
		{"Address %q can not be resolved properly", []any{"0.0.0.0"}, ""},
	} {
		told = nil
		l := newLog(h)
		l.Errorf(c.format, c.v...)
		if got := slices.Concat(told, []string{""})[0]; got != c.want || len(told) > 1 {
			t.Errorf("%s: %q, want %q", c.format, told, c.want)
		}
	}

	told = nil
	l := newLog(h)
	for range 1000 {
		l.Errorf("violation of %q", key)
	}
	if len(told) < 10 || len(told) > 500 {
		t.Errorf("%d texts: %.1q", len(told), told)
	}
}

// A bridge that is refused tries again each second. It is told once in 10 minutes, and
// takes nobody else's place in the log.
func TestRefusedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		h := &Hub{cfg: Config{Tell: func(text string) { told = append(told, text) }}}
		h.sites.Store(&sites{})
		l, key := newLog(h), publicKey(t)
		for n := range 25 * 60 {
			for host := range 3 {
				l.Errorf("10.0.0.%d:%d - cid:%d - authentication error - Nkey %q", host, n, n, key)
			}
			time.Sleep(time.Second)
		}
		if len(told) != 3*3 {
			t.Errorf("%d times: %q", len(told), told)
		}
		for n := range 2 * maxRefusals {
			l.Errorf("10.1.%d.%d:1 - cid:%d - authentication error - Nkey %q", n/256, n%256, n, key)
		}
		if len(l.refused.told) > maxRefusals {
			t.Errorf("%d are remembered", len(l.refused.told))
		}
	})
}
