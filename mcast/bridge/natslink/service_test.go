package natslink

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge"
)

func statusOf(site, name string, g mcast.Group) bridge.Status {
	return bridge.Status{
		Site: site, Bridge: name, Addr: netip.MustParseAddr("fe80::1%eth0"), Interface: "eth0", Group: g, Leads: true,
		Since: time.Now().UTC().Round(0), Heard: 3, Arrived: 1<<64 - 1, AtLAN: map[bridge.Why]uint64{bridge.Carried: 2, bridge.Limited: 1},
		AtSites: map[bridge.Why]uint64{bridge.Resent: 1<<64 - 1},
	}
}

func TestStatusesOfAllBridges(t *testing.T) {
	inBubble(t, func(t *testing.T, s *testServer) {
		a, b, asker := s.client("room-2"), s.client("room-1"), s.client("desk")
		begin := time.Now()
		if got, err := asker.Statuses(t.Context(), time.Second); err != nil || len(got) != 0 || time.Since(begin) != 0 {
			t.Errorf("of no bridge: %v, %v after %v", got, err, time.Since(begin))
		}
		g2 := mustParse("192.0.2.1@232.1.1.1:5000")
		keeping := bridge.Keeping{Waiting: 3, WaitingBytes: 900, Kept: 1<<64 - 1, Dropped: 2, Err: errors.New("full")}
		ofA := []bridge.Status{statusOf("room-2/eth1", "00000000000000aa", group), statusOf("room-2", "00000000000000aa", g2), statusOf("room-2", "00000000000000aa", group)}
		ofB := []bridge.Status{{Site: "room-1", Bridge: "00000000000000ff", Group: group}}
		for i := range ofA {
			ofA[i].Keeping, ofA[i].FramesAtLAN, ofA[i].FramesAtSites = keeping, map[bridge.Why]uint64{bridge.Carried: 4}, map[bridge.Why]uint64{bridge.Resent: 5}
			ofA[i].NoFrames = fmt.Sprint(i)
		}
		check(t, a.Serve(func() []bridge.Status { return ofA }), b.Serve(func() []bridge.Status { return ofB }), a.conn.Flush(), b.conn.Flush())
		if a.Serve(nil) == nil {
			t.Error("served twice")
		}
		// Others answer, too, and make no sense.
		liar := s.client("room-9")
		lies := []string{
			"", "null", "{", `{"name":"groupcast-bridge","id":"1"}`, `{"name":"groupcast-bridge","id":"2","endpoints":[null]}`,
			`{"name":"groupcast-bridge","id":"3","endpoints":[{"data":{"bridges":[{"site":"\u001b"}]}}]}`, strings.Repeat("[", 60000),
		}
		_, err := liar.conn.Subscribe("$SRV.STATS.groupcast-bridge", func(m *nats.Msg) {
			for _, lie := range lies {
				check(t, liar.conn.Publish(m.Reply, []byte(lie)))
			}
		})
		check(t, err, liar.conn.Flush())
		begin = time.Now()
		got, err := asker.Statuses(t.Context(), time.Second)
		check(t, err)
		if want := []bridge.Status{ofB[0], ofA[1], ofA[2], ofA[0]}; !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v\nwant %+v", got, want)
		}
		if took := time.Since(begin); took != time.Second {
			t.Errorf("took %v", took)
		}
		if n := asker.Malformed(); n != uint64(len(lies)) {
			t.Errorf("%d answers made no sense, of %d", n, len(lies))
		}
		check(t, a.Close())
		got, err = asker.Statuses(t.Context(), time.Second)
		check(t, err)
		if len(got) != 1 || got[0].Site != "room-1" {
			t.Errorf("after one was closed: %+v", got)
		}
		check(t, b.Close(), asker.Close(), liar.Close())
	})
}

// A bridge answers nowhere but where answers go, and not without end.
func TestAnswersAreBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, s *testServer) {
		a, asker := s.client("room-1"), s.client("room-2")
		check(t, a.Serve(func() []bridge.Status { return nil }), a.conn.Flush())
		all, err := asker.conn.SubscribeSync(">")
		check(t, err)
		for _, reply := range []string{"$KV.groupcast_v1_lease.room-1", subjectSite, "$SRV.STATS", answerPrefix + "x", answerPrefix + goodName + ".x"} {
			check(t, asker.conn.PublishRequest(serviceSubject, reply, nil), asker.conn.PublishRequest("$SRV.PING", reply, nil))
		}
		for range 10 * answerBurst {
			check(t, asker.conn.PublishRequest(serviceSubject, answerPrefix+goodName, nil))
		}
		check(t, asker.conn.Flush(), a.conn.Flush(), asker.conn.Flush())
		synctest.Wait()
		answers := 0
		for n, _, _ := all.Pending(); n > 0; n-- {
			m, err := all.NextMsg(time.Second)
			check(t, err)
			switch m.Subject {
			case serviceSubject, "$SRV.PING":
			case answerPrefix + goodName:
				answers++
			default:
				t.Errorf("answered to %s: %s", m.Subject, m.Data)
			}
		}
		if answers != answerBurst {
			t.Errorf("%d answers at once, want %d", answers, answerBurst)
		}
		check(t, a.Close(), asker.Close())
	})
}

// What a bridge tells fits in one message.
func TestStatusIsBounded(t *testing.T) {
	all := make([]bridge.Status, 1000)
	for i := range all {
		all[i] = statusOf("room-1/"+strings.Repeat("\x00", maxLAN), "00000000000000ff", mustParse("[ff02::114]:5000"))
	}
	text := tellAll(all).Data
	if len(text) > maxStatusBytes+100 {
		t.Errorf("%d bytes", len(text))
	}
	var told told
	check(t, json.Unmarshal(text, &told))
	if n := len(told.Bridges); n == 0 || n+told.More != len(all) {
		t.Errorf("%d told, %d more", n, told.More)
	}
	few, err := hear(tellAll(all[:64]).Data)
	if err != nil || len(few) == 0 {
		t.Errorf("%d statuses, %v", len(few), err)
	}
}
