package members

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

var stranger = netip.MustParseAddrPort("10.9.9.9:999")

func encode(t testing.TB, r *frame.Room, a frame.Author, number uint64, b frame.Body) []byte {
	t.Helper()
	data, err := r.Encode(a, number, b)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// flipped is a copy with another byte at a place, from the end if it is negative.
func flipped(data []byte, at int) []byte {
	out := bytes.Clone(data)
	if at < 0 {
		at += len(out)
	}
	out[at] ^= 0x40
	return out
}

// Each row of the table "Bad input" in docs/protocol.md, and each datagram in exactly
// one counter.
func TestBadInput(t *testing.T) {
	const name = "239.1.2.3:1234"
	open, key := frame.OpenRoom(name), frame.RoomKey{1}
	sealed := frame.SealedRoom(key, name)
	text := func(s string) *frame.Text { return &frame.Text{Text: s, Time: 1} }
	for _, room := range []*frame.Room{open, sealed} {
		seal := &key
		if room == open {
			seal = nil
		}
		w := newNetwork(t, 30, room)
		w.loops = true
		n := w.join(nil)
		alice := author(50, 0)
		good := encode(t, room, alice, 1, text("good"))
		second := encode(t, room, alice, 2, text("second"))
		own := w.say(n, "own")
		w.run(time.Second)
		wrongStream := bytes.Clone(second)
		wrongStream[8] ^= 1
		version := bytes.Clone(second)
		version[3] = 2
		before := n.c.Snapshot(w.now).Counters
		rows := []struct {
			name string
			data []byte
			want Outcome
		}{
			{"nothing", nil, NotFrame},
			{"plain text", []byte("hello"), NotFrame},
			{"a numbered datagram", []byte("\xfeGS and so on"), NotFrame},
			{"the beginning of a magic", []byte("\xfeM"), NotFrame},
			{"short", []byte("\xfeMC\x01"), Malformed},
			{"too short by one", second[:128], Malformed},
			{"too long", append(bytes.Clone(second), make([]byte, 1200)...), Malformed},
			{"flags", flipped(second, 5), Malformed},
			{"another version", version, Newer},
			{"another room", encode(t, frame.OpenRoom("239.1.2.4:1234"), alice, 3, text("other")), OtherRoom},
			{"another key", encode(t, frame.SealedRoom(frame.RoomKey{2}, name), alice, 3, text("other")), OtherRoom},
			{"a wrong tag or signature", flipped(second, -1), Forged},
			{"a changed body", flipped(second, 70), Forged},
			{"a changed key", flipped(second, 33), Forged},
			{"a changed number", flipped(second, 30), Forged},
			{"a key that does not make the stream", wrongStream, Forged},
			{"number 0", signed(t, name, seal, 50, 200, 0, []byte{0xa0}), BadBody},
			{"a number of another space", signed(t, name, seal, 50, frame.KindText, frame.FirstPassing, []byte("\xa1\x01\x61x")), BadBody},
			{"no CBOR", signed(t, name, seal, 50, frame.KindText, 7, []byte("\xff\xff")), BadBody},
			{"bytes after the map", signed(t, name, seal, 50, frame.KindText, 7, []byte("\xa1\x01\x61xx")), BadBody},
			{"part 0", signed(t, name, seal, 50, frame.KindText, 7, []byte("\xa3\x01\x61x\x08\x00\x09\x02")), BadBody},
			{"part 65", signed(t, name, seal, 50, frame.KindText, 7, []byte("\xa3\x01\x61x\x08\x18\x41\x09\x18\x41")), BadBody},
			{"an index that names no interface", signed(t, name, seal, 50, frame.KindHello, frame.FirstPassing,
				[]byte("\xa3\x01\x61x\x02\x81\x61e\x04\x81\x87\x48ABCDEFGH\x00\x00\x01\x00\x01\x00")), BadBody},
			{"from after to", signed(t, name, seal, 50, frame.KindNeed, frame.FirstPassing, []byte("\xa1\x0a\x81\x83\x48ABCDEFGH\x02\x01")), BadBody},
			{"good", good, Taken},
			{"good again", good, Again},
			{"good again, changed", flipped(good, -1), Again},
			{"late", encode(t, room, alice, 4, text("fourth")), Taken},
			{"what was missing", encode(t, room, alice, 3, text("third")), Repair},
			{"an unknown kind", encode(t, room, alice, 5, &frame.Unknown{Of: 200}), Taken},
			{"an unknown passing kind", encode(t, room, alice, frame.FirstPassing, &frame.Unknown{Of: 201}), Taken},
			{"an unknown direct kind", encode(t, room, alice, frame.FirstDirect, &frame.Unknown{Of: 201}), Taken},
			{"the same", encode(t, room, alice, frame.FirstDirect, &frame.Unknown{Of: 201}), Again},
			{"our own", n.c.self.frames[own.Number].data, Own},
		}
		if room == sealed {
			rows = append(rows, struct {
				name string
				data []byte
				want Outcome
			}{"open in a sealed room", encode(t, open, alice, 3, text("open")), OtherRoom})
		}
		var want [outcomes]uint64
		for _, r := range rows {
			if got := w.inject(n, stranger, r.data); got != r.want {
				t.Errorf("sealed %v: %s: %v, want %v", room.Sealed(), r.name, got, r.want)
			}
			want[r.want]++
		}
		after := n.c.Snapshot(w.now).Counters
		if got := after.Read - before.Read; got != uint64(len(rows)) {
			t.Errorf("%d datagrams are %d", len(rows), got)
		}
		sum := uint64(0)
		for o := range want {
			if got := after.Outcomes[o] - before.Outcomes[o]; got != want[o] {
				t.Errorf("sealed %v: %d of outcome %d, want %d", room.Sealed(), got, o, want[o])
			}
			sum += after.Outcomes[o]
		}
		if sum != after.Read {
			t.Errorf("the counters add up to %d, read were %d", sum, after.Read)
		}
		if got := eventsOf[NewerVersion](n); len(got) != 1 || got[0].Version != 2 || got[0].From != stranger.Addr() {
			t.Errorf("told %+v", got)
		}
		if got := eventsOf[AnotherRoom](n); len(got) != 2 || got[0].Sealed || !got[1].Sealed { // each reason once
			t.Errorf("told %+v", got)
		}
		said := eventsOf[Said](n)
		if len(said) != 3 || said[0].Text != "good" || said[2].Text != "third" || said[2].Before.Number != 4 {
			t.Errorf("heard %+v", said)
		}
	}
}

// Two keys: the first seals, both open.
func TestRotation(t *testing.T) {
	const name = "239.1.2.3:1234"
	first, second := frame.SealedRoom(frame.RoomKey{1}, name), frame.SealedRoom(frame.RoomKey{2}, name)
	w := newNetwork(t, 31)
	old := w.join(func(c *Config) { c.Rooms = []*frame.Room{first, second} })
	young := w.join(func(c *Config) { c.Rooms = []*frame.Room{second, first} })
	w.run(3 * time.Second)
	w.say(old, "by the first key")
	w.say(young, "by the second key")
	w.run(time.Second)
	for _, n := range w.nodes {
		if said := eventsOf[Said](n); len(said) != 1 {
			t.Errorf("m%d heard %+v", n.id, said)
		}
		if s := n.c.Snapshot(w.now); !s.Sealed {
			t.Error("the room is not sealed")
		}
	}
	// Rooms whose tags are the same are told apart by the key: one by one is tried.
	var same frame.RoomKey
	binary.BigEndian.PutUint32(same[4:], 59917) // the first one with that tag
	other := frame.SealedRoom(same, name)
	if other.Tag() != first.Tag() {
		t.Fatal("the rooms have not one tag")
	}
	both := w.join(func(c *Config) { c.Rooms = []*frame.Room{other, first} })
	if o := w.inject(both, stranger, encode(t, first, author(60, 0), 1, &frame.Text{Text: "hi"})); o != Taken {
		t.Errorf("a frame of the second of two rooms with one tag is %v", o)
	}
}

func TestMuted(t *testing.T) {
	w := newNetwork(t, 32)
	n := w.join(nil)
	room := w.rooms[0]
	bad, alice := author(50, 0), author(51, 0)
	for i := range uint64(badMost) {
		if o := w.inject(n, stranger, signed(t, "239.1.2.3:1234", nil, 50, frame.KindText, i+1, []byte{0xff})); o != BadBody {
			t.Fatalf("body %d is %v", i, o)
		}
	}
	good := encode(t, room, bad, 1, &frame.Text{Text: "good"})
	if o := w.inject(n, stranger, good); o != Muted {
		t.Errorf("then what is good is %v", o)
	}
	if o := w.inject(n, stranger, encode(t, room, alice, 1, &frame.Text{Text: "hi"})); o != Taken {
		t.Errorf("of another it is %v", o)
	}
	w.run(61 * time.Second)
	if o := w.inject(n, stranger, good); o != Taken {
		t.Errorf("a minute later it is %v", o)
	}
}

func TestTooMany(t *testing.T) {
	w := newNetwork(t, 33)
	n := w.join(nil)
	room := w.rooms[0]
	forged := flipped(encode(t, room, author(50, 0), 1, &frame.Text{Text: "x"}), -1)
	count := map[Outcome]int{}
	for range 1000 {
		count[n.c.Receive(w.now, Datagram{Data: forged, From: stranger})]++
	}
	if count[Forged] != unknownRate || count[TooMany] != 1000-unknownRate {
		t.Errorf("of strangers: %v", count)
	}
	w.run(time.Second)
	// A source may send 400 frames a second, 800 at first, if its stream is known.
	alice := author(51, 0)
	if o := w.inject(n, w.nodes[0].addr, encode(t, room, alice, 1, &frame.Text{Text: "x"})); o != Taken {
		t.Fatal(o)
	}
	forged = flipped(encode(t, room, alice, 2, &frame.Text{Text: "x"}), -1)
	other := netip.MustParseAddrPort("[2001:db8::1]:1")
	clear(count)
	for i := range 1000 {
		from := netip.AddrPortFrom(netip.MustParseAddr("2001:db8::"), uint16(i+1)) // of one /64
		if i%2 == 1 {
			from = other
		}
		count[n.c.Receive(w.now, Datagram{Data: forged, From: from})]++
	}
	if count[Forged] != sourceBurst || count[TooMany] != 1000-sourceBurst {
		t.Errorf("of one network: %v", count)
	}
	// Of the link, each address has its own budget.
	link := netip.MustParseAddrPort("[fe80::1%eth0]:1")
	if o := n.c.Receive(w.now, Datagram{Data: forged, From: link}); o != Forged {
		t.Errorf("of another source: %v", o)
	}
}
