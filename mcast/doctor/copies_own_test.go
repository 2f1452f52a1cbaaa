package doctor

import (
	"net/netip"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/stream"
)

// A program on this host that sends what another one sends, or twice, is not what repeats
// the network's: its rows are local.
func TestOwnProgramsRepeatNothing(t *testing.T) {
	own := func(change func(*stream.Row)) stream.Row {
		return heardRow("192.168.8.164:4000", time.Second, func(r *stream.Row) { r.Local = true; change(r) })
	}
	sent := func(o *Observed) { o.Sent = map[int]Sent{2: {Tried: 3, Copies: 3}} }
	repeats := own(func(r *stream.Row) {
		r.Copied = &stream.Copied{From: netip.MustParseAddrPort("192.168.8.7:5004"), Later: time.Millisecond, Repeats: true}
	})
	circles := own(func(r *stream.Row) { r.Copied = &stream.Copied{Storms: 1} })
	runRule(t, reflected, []ruleCase{
		{"a relay on this host", listened(5*time.Second, sent, repeats), plain, "ok", nil},
		{"what this host sends again and again", listened(5*time.Second, sent, circles), plain, "ok", nil},
	})
	runRule(t, doubled, []ruleCase{
		{"a program here that sends twice", listened(5*time.Second, nil, own(func(r *stream.Row) { r.Datagrams, r.Twice, r.TwiceHops = 10, 5, true })), plain, "unknown", []string{"nobody else was heard"}},
	})
}
