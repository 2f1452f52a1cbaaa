package bridge

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
)

// Probe is a datagram that a bridge sends into its LAN to see where it comes out.
type Probe struct {
	Bridge string // that sent it
	Nonce  uint64
}

// probeMagic begins a probe, "GB" in Latin-1 after 0xfe: no frame of the group protocol
// begins so. The name of a bridge (8 bytes) and the nonce (8 bytes) follow.
var probeMagic = [3]byte{0xfe, 0x47, 0x42}

const probeSize = 3 + 8 + 8

// Bytes is the probe as a datagram.
func (p Probe) Bytes() []byte {
	b := append(make([]byte, 0, probeSize), probeMagic[:]...)
	name, _ := hex.DecodeString(p.Bridge)
	b = append(b, name...)
	return binary.BigEndian.AppendUint64(b, p.Nonce)
}

// ParseProbe reads a datagram. It is false if that is no probe.
func ParseProbe(data []byte) (Probe, bool) {
	if len(data) != probeSize || [3]byte(data) != probeMagic {
		return Probe{}, false
	}
	return Probe{Bridge: hex.EncodeToString(data[3:11]), Nonce: binary.BigEndian.Uint64(data[11:])}, true
}

// NewName names a bridge: 8 random bytes in hexadecimal.
func NewName() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // it never fails
	return hex.EncodeToString(b[:])
}
