package natslink

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge"
	"github.com/groupcast/groupcast/mcast/frame"
)

// headAgain is in a frame that was sent before, and that somebody asked for: "1".
const headAgain = "Gc-Again"

// frameID names the bytes of a frame: its stream, its number, and 8 bytes of its SHA-256.
// The name alone would let whoever forges a frame take the name first.
type frameID [32]byte

// idOf is the id of a frame whose header was read.
func idOf(h frame.Header, data []byte) (id frameID) {
	copy(id[:], h.Stream[:])
	binary.BigEndian.PutUint64(id[16:], h.Number)
	sum := sha256.Sum256(data)
	copy(id[24:], sum[:8])
	return id
}

// text is the id as a Nats-Msg-Id.
func (id frameID) text() string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(id[:])
}

// checkFrame is the error of bytes that are no frame which may cross by this kind of
// subject: kept frames by kindKept; passing ones, and kept ones again, by kindPassing.
func checkFrame(data []byte, kind string, again bool) (frame.Header, error) {
	h, err := frame.Parse(data)
	if err != nil {
		return h, err
	}
	switch space := frame.SpaceOf(h.Number); {
	case kind == kindKept && space == frame.Kept, kind == kindPassing && space == frame.Passing, kind == kindPassing && space == frame.Kept && again:
		return h, nil
	}
	return h, fmt.Errorf("frame %d of a stream does not cross in this way", h.Number)
}

func headersOfParcel(p bridge.Parcel) nats.Header {
	h := nats.Header{headBridge: {p.Bridge}}
	if p.Again {
		h[headAgain] = []string{"1"}
	}
	return h
}

// parcel reads a message of kindKept or kindPassing.
func parcel(kind string, g mcast.Group, site string, msg *nats.Msg) (*bridge.Parcel, error) {
	p := &bridge.Parcel{Group: g, Site: site, Data: msg.Data, Kept: kind == kindKept}
	if v := msg.Header[headBridge]; len(v) == 1 {
		p.Bridge = v[0]
	}
	if v := msg.Header[headAgain]; len(v) == 1 && v[0] == "1" && kind == kindPassing {
		p.Again = true
	}
	if _, err := checkFrame(p.Data, kind, p.Again); err != nil || !isName(p.Bridge) {
		return nil, errMalformed
	}
	return p, nil
}
