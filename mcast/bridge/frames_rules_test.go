package bridge

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/frame"
)

// frameTry is one FrameCarrier that is given datagrams by hand.
type frameTry struct {
	t   simT
	c   *FrameCarrier
	now time.Time
}

var (
	tryRoom   = frame.OpenRoom(fsOpen)
	trySealed = frame.SealedRoom(frame.RoomKey{7}, fsOpen)
	tryAda    = frame.NewAuthor(fsIdentity(1), [8]byte{1})
	tryBob    = frame.NewAuthor(fsIdentity(2), [8]byte{2})
	tryFrom   = netip.MustParseAddrPort("10.1.0.7:40000")
)

func newFrameTry(t simT, change func(*FrameCarrierConfig)) *frameTry {
	cfg := FrameCarrierConfig{
		Group: simGroup, Site: "room-1", Bridge: "b1", Nick: "room-1", Identity: fsIdentity(1001), Random: rand.New(rand.NewPCG(1, 2)),
	}
	if change != nil {
		change(&cfg)
	}
	now := time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	return &frameTry{t: t, c: NewFrameCarrier(cfg, now), now: now}
}

func (f *frameTry) frame(r *frame.Room, a frame.Author, number uint64, b frame.Body) []byte {
	f.t.Helper()
	data, err := r.Encode(a, number, b)
	if err != nil {
		f.t.Fatalf("%v", err)
	}
	return data
}

func text(s string) *frame.Text   { return &frame.Text{Text: s, Time: 1} }
func hello(s string) *frame.Hello { return &frame.Hello{Nick: s, Interfaces: []string{"eth0"}} }

func (f *frameTry) heard(data []byte, leads bool) FrameVerdict {
	return f.heardFrom(tryFrom, data, leads)
}

func (f *frameTry) heardFrom(from netip.AddrPort, data []byte, leads bool) FrameVerdict {
	return f.c.Heard(f.now, mcast.Datagram{At: f.now, From: from, To: simGroup.Addr, Data: data, Size: len(data)}, leads)
}

func (f *frameTry) arrived(site string, data []byte, change func(*Parcel)) FrameVerdict {
	p := Parcel{Group: simGroup, Site: site, Bridge: "b2", Data: data}
	if h, err := frame.Parse(data); err == nil {
		p.Kept = frame.SpaceOf(h.Number) == frame.Kept
	}
	if change != nil {
		change(&p)
	}
	return f.c.Arrived(f.now, p, true)
}

// run does what is due for d, and returns what was wanted.
func (f *frameTry) run(d time.Duration, leads bool) (all FrameVerdict) {
	for end := f.now.Add(d); f.now.Before(end); f.now = f.now.Add(10 * time.Millisecond) {
		v, _ := f.c.Due(f.now, leads)
		all.Keep, all.Pass, all.Send = append(all.Keep, v.Keep...), append(all.Pass, v.Pass...), append(all.Send, v.Send...)
		all.Untold = append(all.Untold, v.Untold...)
	}
	return all
}

func (f *frameTry) is(what string, v FrameVerdict, why Why, keep, pass, send int) {
	f.t.Helper()
	if v.Why != why || len(v.Keep) != keep || len(v.Pass) != pass || len(v.Send) != send {
		f.t.Errorf("%s: %q, %d kept, %d passed, %d sent; want %q, %d, %d, %d", what, v.Why, len(v.Keep), len(v.Pass), len(v.Send), why, keep, pass, send)
	}
}

// What crosses from a LAN.
func TestFrameHeard(t *testing.T) {
	f := newFrameTry(t, nil)
	one := f.frame(tryRoom, tryAda, 1, text("one"))
	v := f.heard(one, true)
	f.is("a TEXT", v, Carried, 1, 0, 0)
	if p := v.Keep[0]; !bytes.Equal(p.Data, one) || !p.Kept || p.Again || p.Site != "room-1" || p.Bridge != "b1" || p.Group != simGroup {
		t.Errorf("a TEXT became %+v", p)
	}
	f.is("once more", f.heard(one, true), Duplicate, 0, 0, 0)
	f.is("a HELLO", f.heard(f.frame(tryRoom, tryAda, frame.FirstPassing, hello("ada")), true), Carried, 0, 1, 0)
	f.is("a kind that is not known", f.heard(f.frame(tryRoom, tryAda, 2, &frame.Unknown{Of: 99}), true), Carried, 1, 0, 0)
	f.is("one that passes", f.heard(f.frame(tryRoom, tryAda, frame.FirstPassing+1, &frame.Unknown{Of: 99}), true), NotBridged, 0, 0, 0)
	f.is("SITES", f.heard(f.frame(tryRoom, tryAda, frame.FirstPassing+2, &frame.Sites{Site: "x"}), true), NotBridged, 0, 0, 0)
	f.is("a PROBE", f.heard(f.frame(tryRoom, tryAda, frame.FirstDirect, &frame.Probe{Nonce: [8]byte{1}, To: tryBob.Stream.Ref()}), true), NotBridged, 0, 0, 0)
	f.is("a numbered datagram", f.heard([]byte("\xfeGS0123456789"), true), NotBridged, 0, 0, 0)
	f.is("an open room of another conversation", f.heard(f.frame(frame.OpenRoom("239.1.2.3:9"), tryAda, 3, text("x")), true), NotBridged, 0, 0, 0)
	bad := f.frame(tryRoom, tryAda, 3, text("three"))
	bad[len(bad)-1] ^= 1
	f.is("a forged one", f.heard(bad, true), Forged, 0, 0, 0)
	three := f.frame(tryRoom, tryAda, 3, text("three"))
	f.is("and then the true one", f.heard(three, true), Carried, 1, 0, 0)
	f.is("to another address", f.c.Heard(f.now, mcast.Datagram{From: tryFrom, To: netip.MustParseAddr("239.9.9.9"), Data: three}, true), NotHere, 0, 0, 0)

	four := f.frame(tryRoom, tryAda, 4, text("four"))
	f.is("of another bridge", f.heardFrom(netip.MustParseAddrPort("10.1.0.9:1236"), four, true), Marked, 0, 0, 0)
	f.is("which a member repairs", f.heard(four, true), Duplicate, 0, 0, 0)
	five := f.frame(tryRoom, tryAda, 5, text("five"))
	f.is("another one leads", f.heard(five, false), Standby, 0, 0, 0)
	f.is("and no more, and it did not carry that", f.heard(five, true), Carried, 1, 0, 0)
	six := f.frame(tryRoom, tryAda, 6, text("six"))
	f.is("another one leads", f.heard(six, false), Standby, 0, 0, 0)
	f.is("and carries it", f.arrived("room-1", six, nil), OwnSite, 0, 0, 0)
	f.is("it is repaired", f.heard(six, true), Duplicate, 0, 0, 0)

	late := f.frame(tryRoom, tryAda, frame.FirstPassing+3, hello("ada"))
	f.is("a HELLO that waited", f.c.Heard(f.now, mcast.Datagram{At: f.now.Add(-3 * time.Second), From: tryFrom, To: simGroup.Addr, Data: late}, true), Late, 0, 0, 0)
}

// What came of a site is sent once, and what its author did not sign never.
func TestFrameArrived(t *testing.T) {
	f := newFrameTry(t, func(cfg *FrameCarrierConfig) {
		cfg.Trusted = func(p Parcel) bool { return p.Site != "bad" }
	})
	one := f.frame(tryRoom, tryAda, 1, text("one"))
	v := f.arrived("room-2", one, nil)
	f.is("a TEXT", v, Resent, 0, 0, 1)
	if !bytes.Equal(v.Send[0], one) {
		t.Error("other bytes are sent")
	}
	f.is("once more", f.arrived("room-3", one, nil), Duplicate, 0, 0, 0)
	f.is("by loopback", f.heardFrom(netip.MustParseAddrPort("10.1.0.1:1236"), one, true), Own, 0, 0, 0)
	f.is("a member repairs it", f.heard(one, true), Duplicate, 0, 0, 0)
	f.is("of a site that is not trusted", f.arrived("bad", f.frame(tryRoom, tryAda, 2, text("two")), nil), NotAllowed, 0, 0, 0)
	bad := f.frame(tryRoom, tryAda, 2, text("two"))
	bad[len(bad)-1] ^= 1
	f.is("a forged one", f.arrived("room-2", bad, nil), Forged, 0, 0, 0)
	f.is("the true one", f.arrived("room-2", f.frame(tryRoom, tryAda, 2, text("two")), nil), Resent, 0, 0, 1)
	f.is("SITES", f.arrived("room-2", f.frame(tryRoom, tryAda, frame.FirstPassing, &frame.Sites{Site: "x"}), nil), NotBridged, 0, 0, 0)
	f.is("a FACTS", f.arrived("room-2", f.frame(tryRoom, tryAda, frame.FirstDirect, &frame.Probe{Nonce: [8]byte{1}, To: tryBob.Stream.Ref()}), nil), NotBridged, 0, 0, 0)
	f.is("no frame", f.arrived("room-2", []byte("hello"), nil), Forged, 0, 0, 0)
	f.is("a long site", f.arrived(strings.Repeat("x", 200), one, nil), TooLong, 0, 0, 0)

	earlier := f.frame(tryRoom, tryBob, 7, text("seven"))
	f.is("of the history", f.arrived("room-2", earlier, func(p *Parcel) { p.Earlier = true }), Held, 0, 0, 0)
	own := f.frame(tryRoom, tryBob, 8, text("eight"))
	f.is("of this site's", f.arrived("room-1", own, func(p *Parcel) { p.Earlier = true }), Held, 0, 0, 0)
	f.is("it comes again as a live one", f.arrived("room-2", earlier, nil), Duplicate, 0, 0, 0)
	for n := uint64(7); n <= 8; n++ {
		if f.c.conv.Frame(tryBob.Stream.Ref(), n) == nil {
			t.Errorf("%d is not held", n)
		}
	}
	need := f.frame(tryRoom, tryAda, frame.FirstPassing+1, &frame.Need{Ranges: []frame.Range{{Ref: tryBob.Stream.Ref(), From: 7, To: 8}}})
	f.is("who asks for it is answered", f.heard(need, true), Answered, 0, 0, 0)
	f.heard(f.frame(tryRoom, tryAda, frame.FirstPassing+2, hello("ada")), true)
	if v := f.run(time.Second, true); countOf(v.Send, earlier) != 1 || countOf(v.Send, own) != 1 || len(v.Keep) != 0 {
		t.Errorf("it sends %d and %d of them, and keeps %d", countOf(v.Send, earlier), countOf(v.Send, own), len(v.Keep))
	}
}

func countOf(list [][]byte, data []byte) (n int) {
	for _, d := range list {
		if bytes.Equal(d, data) {
			n++
		}
	}
	return n
}

// In a sealed room nobody takes a name away by making up a frame first, and repairs cross
// once where another site asked.
func TestFrameSealed(t *testing.T) {
	f := newFrameTry(t, nil)
	real := func(n uint64) []byte { return f.frame(trySealed, tryAda, n, text("real")) }
	flooder := netip.MustParseAddrPort("10.1.0.66:6666")
	for i := range 20 {
		made := real(1)
		made[len(made)-1-i]++
		f.heardFrom(flooder, made, true)
	}
	f.is("after twenty made-up ones", f.heard(real(1), true), Carried, 1, 0, 0)
	f.is("once more", f.heard(real(1), true), Duplicate, 0, 0, 0)
	f.is("another bridge of the site", f.arrived("room-1", real(2), nil), OwnSite, 0, 0, 0)
	f.is("has carried it", f.heard(real(2), true), Duplicate, 0, 0, 0)

	need := func(n uint64) []byte {
		return f.frame(trySealed, tryBob, frame.FirstPassing-1+n, &frame.Need{Ranges: []frame.Range{{Ref: tryAda.Stream.Ref(), From: 1, To: 2}}})
	}
	f.is("another site asks", f.arrived("room-2", need(1), nil), Resent, 0, 0, 1)
	v := f.heard(real(1), true)
	f.is("a member repairs", v, Carried, 0, 1, 0)
	if p := v.Pass[0]; !p.Again || p.Kept {
		t.Errorf("it is passed as %+v", p)
	}
	f.is("another one, too", f.heard(real(1), true), Duplicate, 0, 0, 0)
	f.now = f.now.Add(4 * time.Second)
	f.is("and later", f.heard(real(2), true), Duplicate, 0, 0, 0)

	there := f.frame(trySealed, tryBob, 1, text("there"))
	f.is("a line of another site", f.arrived("room-2", there, nil), Resent, 0, 0, 1)
	f.now = f.now.Add(time.Second)
	again := func(p *Parcel) { p.Again, p.Kept = true, false }
	f.is("again, and nobody here asked", f.arrived("room-2", there, again), Duplicate, 0, 0, 0)
	f.is("a member asks its LAN", f.heard(f.frame(trySealed, tryAda, frame.FirstPassing, &frame.Need{Ranges: []frame.Range{{Ref: tryBob.Stream.Ref(), From: 1, To: 1}}}), true), Answered, 0, 0, 0)
	f.is("in vain", f.heard(f.frame(trySealed, tryAda, frame.FirstPassing+1, &frame.Need{Ranges: []frame.Range{{Ref: tryBob.Stream.Ref(), From: 1, To: 1}}}), true), Carried, 0, 1, 0)
	f.is("again", f.arrived("room-2", there, again), Resent, 0, 0, 1)
	f.is("of a third site", f.arrived("room-3", there, again), Duplicate, 0, 0, 0)
	if v := f.run(5*time.Second, true); len(v.Send) > 0 {
		t.Errorf("into a LAN of sealed rooms alone it sends %d frames of its own", len(v.Send))
	}
	f.is("what is said there", f.c.Plain(f.now, mcast.Datagram{From: flooder, Data: []byte("plain")}, true), "", 0, 0, 0)
	if v := f.run(5*time.Second, true); len(v.Keep) > 0 {
		t.Error("it made a RELAY of it")
	}
}
