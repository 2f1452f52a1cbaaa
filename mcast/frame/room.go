package frame

import (
	"bytes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"
)

// Room is one conversation under one key, or an open one. A frame of one room is
// not valid in another.
type Room struct {
	id   [32]byte
	seal cipher.AEAD // nil: it is open
}

// OpenRoom is the room of a conversation that all can read. The conversation is a
// group and a port, such as "239.1.2.3:1234" or "[ff02::114]:1234" (RFC 5952, without
// a zone).
func OpenRoom(conversation string) *Room {
	r := &Room{id: sha256.Sum256([]byte("groupcast 1 open " + conversation))}
	r.id[1] &^= 1
	return r
}

// SealedRoom is the room of a conversation for those who have the key.
func SealedRoom(key RoomKey, conversation string) *Room {
	r := &Room{id: derive(key, "groupcast 1 room "+conversation)}
	r.id[1] |= 1
	k := derive(key, "groupcast 1 seal "+conversation)
	seal, err := chacha20poly1305.NewX(k[:])
	if err != nil {
		panic(err) // a key of 32 bytes
	}
	r.seal = seal
	return r
}

func derive(key RoomKey, info string) (out [32]byte) {
	b, err := hkdf.Key(sha256.New, key[:], nil, info, len(out))
	if err != nil {
		panic(err) // 32 bytes are never too many
	}
	return [32]byte(b)
}

// ID is the room's id.
func (r *Room) ID() [32]byte { return r.id }

// Tag is what frames say of the room: the first two bytes of its id. Its lowest bit
// is set in a sealed room.
func (r *Room) Tag() uint16 { return binary.BigEndian.Uint16(r.id[:]) }

// Sealed reports whether the room has a key.
func (r *Room) Sealed() bool { return r.seal != nil }

// NewIdentity is the identity of a seed (RFC 8032).
func NewIdentity(seed [32]byte) Identity {
	return Identity{ed25519.NewKeyFromSeed(seed[:])}
}

// Public is the key that the identity is known by.
func (i Identity) Public() [32]byte { return [32]byte(i.key.Public().(ed25519.PublicKey)) }

// String keeps the key out of whatever prints it.
func (Identity) String() string { return "(an identity)" }

// GoString does so for %#v.
func (Identity) GoString() string { return "(an identity)" }

// NewAuthor begins a stream of the identity. The random bytes are to be new for each
// start and each conversation.
func NewAuthor(i Identity, random [8]byte) Author {
	public := i.Public()
	hash := sha256.Sum256(public[:])
	a := Author{Identity: i}
	copy(a.Stream[:8], hash[:8])
	copy(a.Stream[8:], random[:])
	return a
}

// Ref is how bodies name the stream.
func (s Stream) Ref() Ref {
	hash := sha256.Sum256(s[:])
	return Ref(hash[:8])
}

// Where the parts of a frame are, in bytes.
const (
	headerSize = 32
	keySize    = ed25519.PublicKeySize
	signSize   = ed25519.SignatureSize
	tagSize    = chacha20poly1305.Overhead

	nonceAt = 8 // up to headerSize: the name of the frame

	version = 1
)

var magic = [3]byte{0xfe, 'M', 'C'}

// signed is what stands before all that is signed: no signature is one of another
// protocol.
const signed = "groupcast 1 frame\x00"

// Encode makes a frame of the author's: signed, and in a sealed room sealed. The same
// arguments make the same bytes. The error is ErrRange, also of a number that is none
// of the kind's; ErrSize of a body that is too long; or ErrKey of an author whom
// NewAuthor did not make.
func (r *Room) Encode(a Author, number uint64, b Body) ([]byte, error) {
	if len(a.key) != ed25519.PrivateKeySize {
		return nil, ErrKey
	}
	public := a.Public()
	if !makes(public[:], a.Stream) {
		return nil, ErrKey
	}
	if err := checkNumber(b.Kind(), number); err != nil {
		return nil, err
	}
	body, err := encode(b, MaxSize-r.around())
	if err != nil {
		return nil, err
	}
	size := r.around() + len(body)
	if size > MaxSize {
		return nil, fmt.Errorf("%w: %d bytes", ErrSize, size)
	}
	return r.finish(a, b.Kind(), number, body), nil
}

// finish signs a body, and seals it.
func (r *Room) finish(a Author, k Kind, number uint64, body []byte) []byte {
	public := a.Public()
	out := make([]byte, 0, r.around()+len(body))
	out = append(out, magic[:]...)
	out = append(out, version, byte(k), 0)
	out = binary.BigEndian.AppendUint16(out, r.Tag())
	out = append(out, a.Stream[:]...)
	out = binary.BigEndian.AppendUint64(out, number)
	out = append(out, public[:]...)
	out = append(out, body...)
	out = append(out, ed25519.Sign(a.key, r.toSign(out))...)
	if r.seal != nil {
		header := out[:headerSize]
		out = r.seal.Seal(header, header[nonceAt:], out[headerSize:], header)
	}
	return out
}

// Size is how long the frame of a body is, in bytes, whoever is its author. It takes
// no account of MaxSize nor of ranges, and signs nothing.
func (r *Room) Size(b Body) int {
	if b.Kind() == KindAsk {
		return MaxSize
	}
	body, err := deterministic.Marshal(b.(wired).wire())
	if err != nil {
		panic(err) // integers, strings and arrays of them can always be written
	}
	return r.around() + len(body)
}

// around is how many bytes of a frame are not its body.
func (r *Room) around() int {
	if r.seal != nil {
		return headerSize + keySize + signSize + tagSize
	}
	return headerSize + keySize + signSize
}

// toSign is what is signed, of a frame as far as its body.
func (r *Room) toSign(frame []byte) []byte {
	out := make([]byte, 0, len(signed)+len(r.id)+MaxSize)
	out = append(out, signed...)
	out = append(out, r.id[:]...)
	return append(out, frame...)
}

// makes reports whether a key is that of the stream.
func makes(public []byte, s Stream) bool {
	hash := sha256.Sum256(public)
	return [8]byte(hash[:8]) == [8]byte(s[:8])
}

// Decode verifies a datagram. The errors are those of this package, by the first
// check that failed: ErrNotFrame, ErrSize, ErrVersion, ErrFlags, ErrRoom, ErrTag,
// ErrKey, ErrSignature, ErrBody, ErrRange. A frame whose error is ErrBody or ErrRange
// was signed by its author: it is returned too, without a Body, so that it can be
// counted for that author.
//
// The frame shares no memory with the datagram.
func (r *Room) Decode(datagram []byte) (*Frame, error) {
	h, err := Parse(datagram)
	if err != nil {
		return nil, err
	}
	if h.Tag != r.Tag() {
		return nil, ErrRoom
	}
	f := &Frame{Header: h, Bytes: append([]byte(nil), datagram...)}
	open := f.Bytes
	if r.seal != nil {
		header := f.Bytes[:headerSize]
		open = append(make([]byte, 0, len(f.Bytes)), header...)
		open, err = r.seal.Open(open, header[nonceAt:], f.Bytes[headerSize:], header)
		if err != nil {
			return nil, ErrTag
		}
	}
	f.Author = append(ed25519.PublicKey(nil), open[headerSize:headerSize+keySize]...)
	if !makes(f.Author, h.Stream) {
		return nil, ErrKey
	}
	end := len(open) - signSize
	if !ed25519.Verify(f.Author, r.toSign(open[:end]), open[end:]) {
		return nil, ErrSignature
	}
	body, err := decode(h.Kind, open[headerSize+keySize:end])
	if err != nil {
		return f, err
	}
	if err := checkNumber(h.Kind, h.Number); err != nil {
		return f, err
	}
	if h.Kind == KindAsk && len(datagram) != MaxSize {
		return f, fmt.Errorf("%w: a question of %d bytes, not %d", ErrRange, len(datagram), MaxSize)
	}
	f.Body = body
	return f, nil
}

// Parse reads the clear beginning of a datagram, and verifies nothing. The error is
// ErrNotFrame, ErrSize, ErrVersion or ErrFlags.
func Parse(datagram []byte) (Header, error) {
	if !bytes.HasPrefix(datagram, magic[:]) {
		return Header{}, ErrNotFrame
	}
	least := headerSize + keySize + 1 + signSize // a body is a byte at least
	if len(datagram) >= headerSize && datagram[7]&1 != 0 {
		least += tagSize
	}
	switch {
	case len(datagram) < least || len(datagram) > MaxSize:
		return Header{}, fmt.Errorf("%w: %d bytes", ErrSize, len(datagram))
	case datagram[3] != version:
		return Header{}, fmt.Errorf("%w: %d", ErrVersion, datagram[3])
	case datagram[5] != 0:
		return Header{}, fmt.Errorf("%w: %#02x", ErrFlags, datagram[5])
	}
	return Header{
		Kind:   Kind(datagram[4]),
		Tag:    binary.BigEndian.Uint16(datagram[6:]),
		Stream: Stream(datagram[8:24]),
		Number: binary.BigEndian.Uint64(datagram[24:]),
	}, nil
}

// SpaceOf is the space that a number is of; 0: of none.
func SpaceOf(number uint64) Space {
	switch {
	case number >= FirstDirect:
		return Direct
	case number >= FirstPassing && number < FirstDirect-1:
		return Passing
	case number >= FirstKept && number < FirstPassing-1:
		return Kept
	}
	return 0
}

// Fingerprint is how people compare a public key: "7f3c 91ab 02de 44c0", which is the
// beginning of its SHA-256, and of each of its streams.
func Fingerprint(public [32]byte) string {
	hash := sha256.Sum256(public[:])
	return fmt.Sprintf("%x %x %x %x", hash[0:2], hash[2:4], hash[4:6], hash[6:8])
}
