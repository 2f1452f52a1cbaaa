package ends

import (
	"crypto/ecdh"
	"crypto/hpke"
	"crypto/rand"
	"fmt"

	"github.com/groupcast/groupcast/mcast/frame"
)

// info is what binds an answer to those who exchange it.
func info(asker, answerer frame.Stream) []byte {
	b := append([]byte("groupcast 1 facts"), asker[:]...)
	return append(b, answerer[:]...)
}

// Seal encrypts for the key of a question (RFC 9180, base mode). The error is of a key
// that is no point to agree on.
func Seal(key [32]byte, asker, answerer frame.Stream, plain []byte) ([]byte, error) {
	point, err := ecdh.X25519().NewPublicKey(key[:])
	if err != nil {
		return nil, err
	}
	public, err := hpke.NewDHKEMPublicKey(point)
	if err != nil {
		return nil, err
	}
	return hpke.Seal(public, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), info(asker, answerer), plain)
}

// secret is the key of one question.
type secret struct{ key *ecdh.PrivateKey }

func newSecret() secret {
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		panic(err) // it never fails (crypto/rand)
	}
	return secret{key}
}

func (s secret) public() (b [32]byte) {
	copy(b[:], s.key.PublicKey().Bytes())
	return b
}

func (s secret) open(asker, answerer frame.Stream, sealed []byte) ([]byte, error) {
	private, err := hpke.NewDHKEMPrivateKey(s.key)
	if err != nil {
		return nil, err
	}
	plain, err := hpke.Open(private, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), info(asker, answerer), sealed)
	if err != nil {
		return nil, fmt.Errorf("an answer that is not for this question: %w", err)
	}
	return plain, nil
}
