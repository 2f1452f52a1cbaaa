package members

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"testing"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/groupcast/groupcast/mcast/frame"
)

// signed is a frame with any body and number, signed well by the member n. key seals
// it, unless it is nil.
func signed(t testing.TB, conversation string, key *frame.RoomKey, n int, kind frame.Kind, number uint64, body []byte) []byte {
	t.Helper()
	a := author(n, 0)
	room := frame.OpenRoom(conversation)
	if key != nil {
		room = frame.SealedRoom(*key, conversation)
	}
	out := append([]byte("\xfeMC\x01"), byte(kind), 0)
	out = binary.BigEndian.AppendUint16(out, room.Tag())
	out = append(out, a.Stream[:]...)
	out = binary.BigEndian.AppendUint64(out, number)
	public := a.Public()
	out = append(append(out, public[:]...), body...)
	var seed [32]byte
	seed[0], seed[1], seed[2], seed[3] = byte(n), byte(n>>8), byte(n>>16), 1
	id := room.ID()
	message := append(append([]byte("groupcast 1 frame\x00"), id[:]...), out...)
	out = append(out, ed25519.Sign(ed25519.NewKeyFromSeed(seed[:]), message)...)
	if key == nil {
		return out
	}
	seal, err := hkdf.Key(sha256.New, key[:], nil, "groupcast 1 seal "+conversation, 32)
	if err != nil {
		t.Fatal(err)
	}
	aead, err := chacha20poly1305.NewX(seal)
	if err != nil {
		t.Fatal(err)
	}
	return aead.Seal(out[:32:32], out[8:32], out[32:], out[:32])
}
