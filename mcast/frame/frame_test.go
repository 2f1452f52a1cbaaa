package frame

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"net/netip"
	"reflect"
	"testing"
)

const conversation = "239.1.2.3:1234"

// seed is bytes that count up.
func seed(from byte) (b [32]byte) {
	for i := range b {
		b[i] = from + byte(i)
	}
	return b
}

var (
	alice  = NewAuthor(NewIdentity(seed(0)), half(0xa0))
	bob    = NewAuthor(NewIdentity(seed(0x40)), half(0xb0))
	open   = OpenRoom(conversation)
	sealed = SealedRoom(seed(0x20), conversation)
)

func TestFramesComeBack(t *testing.T) {
	hello := &Hello{
		Nick: "alice", Interfaces: []string{"eth0", "wlan0"}, Time: 1700000000000, Leaving: true, PlainPort: 4000, Bits: BitMesh | BitLog,
		Digest: []Entry{{Ref: alice.Stream.Ref()}, {bob.Stream.Ref(), 5, 2, 9, 1500, 1, 30}},
		Heard:  1, RowSum: bob.Stream.Ref(), Elsewhere: 1<<63 | 5,
	}
	for _, tt := range []struct {
		number uint64
		body   Body
	}{
		{FirstPassing, hello},
		{FirstPassing + 1, &Hello{Nick: "a"}},
		{FirstKept, &Text{Text: "grüße", Time: 1700000000000}},
		{FirstKept + 1, &Text{}},
		{FirstKept + 2, &Text{Text: "x", Part: 64, Parts: 64}},
		{FirstPassing + 2, &Need{[]Range{{bob.Stream.Ref(), 6, 7}}}},
		{FirstDirect, &Unknown{200}},
	} {
		for _, room := range []*Room{open, sealed} {
			b, err := room.Encode(alice, tt.number, tt.body)
			if err != nil {
				t.Fatalf("%+v: %v", tt.body, err)
			}
			again, _ := room.Encode(alice, tt.number, tt.body)
			if !bytes.Equal(b, again) {
				t.Errorf("%+v: one name, two frames", tt.body)
			}
			if n := room.Size(tt.body); n != len(b) {
				t.Errorf("%+v: %d bytes, said to be %d", tt.body, len(b), n)
			}
			f, err := room.Decode(b)
			if err != nil {
				t.Fatalf("%+v: %v", tt.body, err)
			}
			if !reflect.DeepEqual(f.Body, tt.body) || f.Number != tt.number || f.Stream != alice.Stream || f.Kind != tt.body.Kind() || !bytes.Equal(f.Bytes, b) {
				t.Errorf("%+v became %+v", tt.body, f)
			}
			for _, other := range []*Room{open, sealed, OpenRoom("239.1.2.3:1235"), SealedRoom(seed(0x21), conversation)} {
				if _, err := other.Decode(b); other != room && !errors.Is(err, ErrRoom) {
					t.Errorf("in another room: %v", err)
				}
			}
		}
	}
}

func half(from byte) [8]byte { b := seed(from); return [8]byte(b[:8]) }

var source = netip.MustParseAddrPort("192.0.2.1:5000")

func hashOf(s string) []byte { hash := sha256.Sum256([]byte(s)); return hash[:] }
