package bridge

import (
	"bytes"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/frame"
)

// What plain text becomes.
func TestFrameRelay(t *testing.T) {
	for _, tt := range []struct {
		what  string
		data  []byte
		from  string
		parts int
	}{
		{"a line", []byte("hello"), "10.1.0.5:5000", 1},
		{"a long one", bytes.Repeat([]byte("x"), frame.MaxText), "10.1.0.5:5000", 1},
		{"a long one, from a long address", bytes.Repeat([]byte("x"), frame.MaxText), "[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:65535", 2},
		{"a longer one", bytes.Repeat([]byte("grüße "), 400), "10.1.0.5:5000", 4},
		{"bytes", bytes.Repeat([]byte{0xff, 0}, 700), "10.1.0.5:5000", 2},
		{"a numbered datagram", nil, "10.1.0.5:5000", 0},
		{"the longest", bytes.Repeat([]byte("y"), MaxSize), "255.255.255.255:65535", 64},
	} {
		f := newFrameTry(t, nil)
		f.c.SetInterface(f.now, 3, "enp0s31f6.4094x")
		say := func() {
			buf := slices.Clone(tt.data)
			if tt.data == nil {
				buf = []byte("\xfeGS\x01 of a stream that is measured")
			}
			f.c.Plain(f.now, mcast.Datagram{From: netip.MustParseAddrPort(tt.from), IfIndex: 3, Data: buf}, true)
			clear(buf)
		}
		say()
		if v := f.run(time.Second, true); len(v.Keep) > 0 {
			t.Errorf("%s: became a RELAY where no member is", tt.what)
		}
		f.arrived("room-2", f.frame(tryRoom, tryBob, frame.FirstPassing, hello("bob")), nil)
		say()
		v := f.run(2*time.Second, true)
		var got []byte
		for i, p := range v.Keep {
			fr, err := tryRoom.Decode(p.Data)
			if err != nil {
				t.Fatalf("%s: %v", tt.what, err)
			}
			r := fr.Body.(*frame.Relay)
			got = append(append(got, r.Text...), r.Data...)
			whole := len(v.Keep) == 1 && r.Part == 0 && r.Parts == 0
			if r.Source.String() != tt.from || !whole && (int(r.Part) != i+1 || int(r.Parts) != len(v.Keep)) || fr.Number != uint64(i+1) {
				t.Errorf("%s: frame %d is %+v", tt.what, i, r)
			}
			if countOf(v.Send, p.Data) != 1 {
				t.Errorf("%s: a RELAY is sent into its own LAN %d times", tt.what, countOf(v.Send, p.Data))
			}
		}
		if len(v.Keep) != tt.parts || !bytes.Equal(got, tt.data) {
			t.Errorf("%s: %d RELAYs of %d bytes, want %d of %d", tt.what, len(v.Keep), len(got), tt.parts, len(tt.data))
		}
	}
}

// Plain text that a member said is no RELAY, whichever comes first.
func TestFrameTwins(t *testing.T) {
	f := newFrameTry(t, nil)
	f.arrived("room-2", f.frame(tryRoom, tryBob, frame.FirstPassing, hello("bob")), nil)
	f.run(time.Second, true)
	plainOf := func(port uint16, s string) {
		f.c.Plain(f.now, mcast.Datagram{From: netip.AddrPortFrom(tryFrom.Addr(), port), Data: []byte(s)}, true)
	}
	plainOf(40000, "first")
	f.heard(f.frame(tryRoom, tryAda, 1, text("first")), true)
	f.heard(f.frame(tryRoom, tryAda, 2, text("second")), true)
	plainOf(40001, "second")
	if v := f.run(time.Second, true); len(v.Keep) > 0 {
		t.Errorf("%d RELAYs of what a member said", len(v.Keep))
	}
	plainOf(5000, "second")
	plainOf(5000, "third")
	if v := f.run(time.Second, true); len(v.Keep) != 2 {
		t.Errorf("%d RELAYs of two lines of a plain peer at the same address", len(v.Keep))
	}
	f.c.Plain(f.now, mcast.Datagram{From: tryFrom, Data: []byte("standby")}, false)
	if v := f.run(time.Second, true); len(v.Keep) > 0 {
		t.Error("a RELAY of what was heard while another bridge led")
	}
}
