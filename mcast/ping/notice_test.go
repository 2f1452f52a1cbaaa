package ping

import (
	"net/netip"
	"testing"

	"github.com/groupcast/groupcast/mcast"
)

// Errors that come while nothing is counted take no more than so much memory,
// and none of them is forgotten.
func TestManyNotices(t *testing.T) {
	p, err := New(Config{Target: netip.MustParseAddrPort("192.0.2.1:1234"), Size: 32})
	if err != nil {
		t.Fatal(err)
	}
	for range maxNoticed + 7 {
		p.notice(mcast.PeerError{Data: []byte("none of ours, and long enough to tell")})
	}
	if got := len(p.noticed); got != maxNoticed {
		t.Errorf("%d errors wait, want %d", got, maxNoticed)
	}
	p.takeNotices()
	s := p.Summary()
	if others := s.Errors[OtherErrors]; others != 7 || s.Foreign+others != maxNoticed+7 {
		t.Errorf("counted: %d others and %d foreign, want 7 and %d", others, s.Foreign, maxNoticed)
	}
}
