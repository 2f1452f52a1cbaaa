package natslink

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/nats-io/nats.go"

	"github.com/groupcast/groupcast/mcast/bridge"
	"github.com/groupcast/groupcast/mcast/frame"
)

var (
	room   = frame.OpenRoom("239.1.2.3:1234")
	author = frame.NewAuthor(frame.NewIdentity([32]byte{1}), [8]byte{1})
)

// kept is a line of the talk with this number, from 1.
func kept(t *testing.T, number uint64) []byte {
	t.Helper()
	return renumbered(line, number)
}

var line = func() []byte {
	data, err := room.Encode(author, 1, &frame.Text{Text: "line", Time: 1})
	if err != nil {
		panic(err)
	}
	return data
}()

// renumbered is a frame with another number: its signature is wrong, which no link reads.
func renumbered(data []byte, number uint64) []byte {
	data = bytes.Clone(data)
	binary.BigEndian.PutUint64(data[24:], number)
	return data
}

func encoded(t *testing.T, number uint64, b frame.Body) []byte {
	t.Helper()
	data, err := room.Encode(author, number, b)
	check(t, err)
	return data
}

func parcelOf(site, name string, data []byte) bridge.Parcel {
	return bridge.Parcel{Group: group, Site: site, Bridge: name, Data: data}
}

func TestFramesCross(t *testing.T) {
	inBubble(t, func(t *testing.T, s *testServer) {
		a, b := s.client("room-1"), s.client("room-2")
		la, lb := linked(t, a, group), linked(t, b, group)
		name := bridge.NewName()
		need := encoded(t, frame.FirstPassing, &frame.Need{Ranges: []frame.Range{{From: 1, To: 2}}})
		again := parcelOf("room-1", name, kept(t, 1))
		again.Again = true
		arrives := func(want bridge.Parcel) {
			t.Helper()
			got := (<-lb.Arrivals()).Parcel
			if got == nil || got.Group != want.Group || got.Site != want.Site || got.Bridge != want.Bridge ||
				!bytes.Equal(got.Data, want.Data) || got.Kept != want.Kept || got.Again != want.Again || got.Earlier {
				t.Fatalf("came %+v, want %+v", got, want)
			}
		}
		for n, site := range []string{"room-1", "room-1/eth0"} {
			p := parcelOf(site, name, kept(t, uint64(n+1)))
			check(t, la.Keep(p))
			p.Kept = true
			arrives(p)
			p = parcelOf(site, name, need)
			check(t, la.Pass(p))
			arrives(p)
		}
		check(t, la.Pass(again))
		arrives(again)

		direct := encoded(t, frame.FirstDirect, &frame.Probe{Nonce: [8]byte{1}, To: frame.Ref{1}, Fill: 64})
		other := again
		other.Group = mustParse("239.9.9.9:1234")
		for n, err := range []error{
			la.Keep(parcelOf("room-1", name, need)), la.Pass(parcelOf("room-1", name, kept(t, 1))),
			la.Keep(parcelOf("room-1", name, direct)), la.Pass(parcelOf("room-1", name, direct)),
			la.Keep(parcelOf("room-1", name, []byte("text"))), la.Keep(parcelOf("room-1", name, nil)),
			la.Keep(parcelOf("room-1", name, append(kept(t, 1), make([]byte, frame.MaxSize)...))),
			la.Keep(parcelOf("room-2", name, kept(t, 1))), la.Keep(parcelOf("room-1/", name, kept(t, 1))),
			la.Keep(other), la.Pass(other),
		} {
			if err == nil || errors.Is(err, bridge.ErrAway) {
				t.Errorf("%d: sent: %v", n, err)
			}
		}
		// What others send that makes no sense, or what JetStream was made to say.
		head := func(more ...string) nats.Header {
			h := nats.Header{headBridge: {name}}
			for _, m := range more {
				h[m] = []string{"1"}
			}
			return h
		}
		const f, p = "groupcast.v1.f.239-1-2-3_1234.room-1._", "groupcast.v1.p.239-1-2-3_1234.room-1._"
		bad := []*nats.Msg{
			{Subject: f, Data: kept(t, 1)}, {Subject: f, Header: head(), Data: need}, {Subject: p, Header: head(), Data: kept(t, 1)},
			{Subject: f, Header: head("Nats-Sequence"), Data: kept(t, 1)}, {Subject: p, Header: head(nats.MsgIdHdr), Data: need},
			{Subject: f, Header: head(), Data: []byte(`{"stream":"GROUPCAST_V1","seq":1}`)}, {Subject: p, Header: head(headAgain), Data: direct},
		}
		for _, m := range bad {
			check(t, a.conn.PublishMsg(m))
		}
		check(t, la.Pass(again))
		arrives(again)
		synctest.Wait()
		if got := b.Malformed(); got != uint64(len(bad)) {
			t.Errorf("%d made no sense, want %d", got, len(bad))
		}
		check(t, la.Close(), lb.Close(), a.Close(), b.Close())
	})
}
