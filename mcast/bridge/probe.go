package bridge

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// Probe is a datagram that a bridge sends into its LAN to see where it comes out.
type Probe struct {
	Bridge string // that sent it
	// Nonce is its number, secret until it is heard. In a [Report] it is a digest of the
	// number and the reporting site instead: who has not heard the probe cannot make it,
	// and one site's report cannot be repeated by another.
	Nonce uint64
}

// probeMagic begins a probe, "GB" in Latin-1 after 0xfe: no frame of the group protocol
// begins so. The name of a bridge (8 bytes) and the nonce (8 bytes) follow.
var probeMagic = [3]byte{0xfe, 0x47, 0x42}

const probeSize = 3 + 8 + 8

// Bytes is the probe as a datagram. A Bridge that is not from [NewName] becomes zeros.
func (p Probe) Bytes() []byte {
	b := make([]byte, probeSize)
	copy(b, probeMagic[:])
	if name, err := hex.DecodeString(p.Bridge); err == nil && len(name) == 8 {
		copy(b[3:], name)
	}
	binary.BigEndian.PutUint64(b[11:], p.Nonce)
	return b
}

// ParseProbe reads a datagram. It is false if that is no probe.
func ParseProbe(data []byte) (Probe, bool) {
	if len(data) != probeSize || [3]byte(data) != probeMagic {
		return Probe{}, false
	}
	return Probe{Bridge: hex.EncodeToString(data[3:11]), Nonce: binary.BigEndian.Uint64(data[11:])}, true
}

// word is what a site says of a probe.
type word string

const (
	heardIt word = "heard" // it came out on the site's LAN
	sentIt  word = "sent"  // it is the site's own: so it answers who heard it
)

// digest is the number in the report of a site that says w of the probe with that nonce.
func digest(nonce uint64, site string, w word) uint64 {
	b := make([]byte, 0, 128)
	b = append(b, "groupcast.v1.loop\x00"...)
	b = append(b, w...)
	b = binary.BigEndian.AppendUint64(append(b, 0), nonce)
	b = append(b, site...)
	sum := sha256.Sum256(b)
	return binary.BigEndian.Uint64(sum[:])
}

// randomNonce is a number that cannot be guessed.
func randomNonce() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // it never fails
	return binary.BigEndian.Uint64(b[:])
}

// NewName names a bridge: 8 random bytes in hexadecimal.
func NewName() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // it never fails
	return hex.EncodeToString(b[:])
}
