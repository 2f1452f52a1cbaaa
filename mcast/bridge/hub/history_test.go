package hub

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge"
	"github.com/groupcast/groupcast/mcast/bridge/natslink"
	"github.com/groupcast/groupcast/mcast/frame"
)

const keptIn = "groupcast.v1.f.239-1-2-3_1234."

func ourGroup(t *testing.T) mcast.Group {
	t.Helper()
	g, err := mcast.ParseGroup("239.1.2.3:1234")
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// lineOf is a kept frame of a room, with a number from 1.
func lineOf(t *testing.T, room *frame.Room, number uint64, text string) []byte {
	t.Helper()
	author := frame.NewAuthor(frame.NewIdentity([32]byte{7}), [8]byte{7})
	data, err := room.Encode(author, number, &frame.Text{Text: text, Time: 1})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// bridgeOf is the link of a site's bridge.
type bridgeOf struct {
	*natslink.Client
	bridge.Link
	t          *testing.T
	site, name string
	group      mcast.Group
}

func openBridge(t *testing.T, f natslink.File) *bridgeOf {
	t.Helper()
	c, err := natslink.Dial(t.Context(), natslink.Config{File: f, Alone: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	b := &bridgeOf{Client: c, t: t, site: f.Site, name: bridge.NewName(), group: ourGroup(t)}
	if b.Link, err = c.Link([]mcast.Group{b.group}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Link.Close() })
	if _, err := c.Register(f.Site).Get(t.Context()); err != nil { // the server has the subscriptions
		t.Fatal(err)
	}
	return b
}

func (b *bridgeOf) keep(data []byte) {
	b.t.Helper()
	if err := b.Keep(bridge.Parcel{Group: b.group, Site: b.site, Bridge: b.name, Data: data}); err != nil {
		b.t.Fatal(err)
	}
}

// next is the next parcel that arrives.
func (b *bridgeOf) next() *bridge.Parcel {
	b.t.Helper()
	select {
	case a := <-b.Arrivals():
		if a.Parcel == nil {
			b.t.Fatalf("at %s arrives %+v", b.site, a)
		}
		return a.Parcel
	case <-time.After(patience):
		b.t.Fatalf("at %s nothing arrives: %+v", b.site, b.Keeping())
	}
	return nil
}

// until waits until it holds of what the link keeps.
func (b *bridgeOf) until(holds func(k bridge.Keeping) bool) {
	b.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !holds(b.Keeping()); <-tick.C {
		if time.Now().After(end) {
			b.t.Fatalf("at %s: %+v", b.site, b.Keeping())
		}
	}
}

// stored are the frames in the hub's history, by their ids.
func stored(t *testing.T, h *Hub) (count map[string]int) {
	t.Helper()
	count = map[string]int{}
	err := h.administer(func(js jetstream.JetStream) error {
		s, err := js.Stream(t.Context(), natslink.HistoryStream)
		if err != nil {
			return err
		}
		for seq := range s.CachedInfo().State.LastSeq {
			m, err := s.GetMsg(t.Context(), seq+1)
			if err != nil {
				return err
			}
			count[m.Header.Get(nats.MsgIdHdr)]++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return count
}

// Kept frames of a site are at once at the others, and in the history for those that come
// later, also after the hub was started again. A removed site has nothing of it. Of a
// sealed room nothing can be read at the hub.
func TestHistoryOfAHub(t *testing.T) {
	dir := t.TempDir()
	h := startHub(t, dir, nil)
	spy, end, err := h.connectAdmin()
	if err != nil {
		t.Fatal(err)
	}
	seen, err := spy.SubscribeSync(">")
	if err == nil {
		err = spy.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	a, b := openBridge(t, invite(t, h, "room-1")), openBridge(t, invite(t, h, "room-2"))
	late := invite(t, h, "room-3")
	open, sealed := frame.OpenRoom("239.1.2.3:1234"), frame.SealedRoom(frame.RoomKey{1}, "239.1.2.3:1234")
	const secret = "what nobody else may read"
	lines := [][]byte{lineOf(t, open, 1, "open"), lineOf(t, sealed, 2, secret), lineOf(t, open, 3, "more")}
	for _, line := range lines {
		a.keep(line)
		if p := b.next(); !bytes.Equal(p.Data, line) || !p.Kept || p.Earlier || p.Site != "room-1" || p.Bridge != a.name {
			t.Errorf("at room-2 arrives %+v", p)
		}
	}
	a.until(func(k bridge.Keeping) bool { return k == bridge.Keeping{Kept: 3} })
	if err := spy.Flush(); err != nil {
		t.Fatal(err)
	}
	messages := 0
	for n, _, _ := seen.Pending(); n > 0; n-- {
		m, err := seen.NextMsg(patience)
		if err != nil {
			t.Fatal(err)
		}
		all, _ := json.Marshal(m)
		if bytes.Contains(m.Data, []byte(secret)) || bytes.Contains(all, []byte(secret)) {
			t.Errorf("the hub reads %q on %s", m.Data, m.Subject)
		}
		if strings.HasPrefix(m.Subject, keptIn) {
			messages++
		}
	}
	if messages != len(lines) {
		t.Errorf("the spy has %d frames, want %d", messages, len(lines))
	}
	end()

	for round := range 2 {
		c := openBridge(t, late)
		for _, line := range lines {
			if p := c.next(); !bytes.Equal(p.Data, line) || !p.Kept || !p.Earlier || p.At.IsZero() {
				t.Errorf("round %d: at room-3 arrives %+v", round, p)
			}
		}
		c.Client.Close()
		if round == 0 {
			if err := h.Close(); err != nil {
				t.Fatal(err)
			}
			h = startHub(t, dir, nil)
			late.URL = h.URL()
		}
	}

	c := openBridge(t, late)
	for range lines {
		c.next()
	}
	if err := h.Remove("room-3"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-c.Refused():
	case <-time.After(patience):
		t.Error("a removed site does not learn it")
	}
	if c.keep(lines[0]); c.Keeping().Waiting != 1 {
		t.Errorf("a removed site keeps: %+v", c.Keeping())
	}
	if got := stored(t, h); len(got) != len(lines) {
		t.Errorf("in the history: %v", got)
	}
}

// A hub without a history carries frames nevertheless, and the link says why none are kept.
func TestHubWithoutHistory(t *testing.T) {
	dir := t.TempDir()
	h := startHub(t, dir, nil)
	a := openBridge(t, invite(t, h, "room-1"))
	room := frame.OpenRoom("239.1.2.3:1234")
	a.keep(lineOf(t, room, 1, "kept"))
	a.until(func(k bridge.Keeping) bool { return k.Kept == 1 })
	a.Client.Close()
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	h, err := Start(t.Context(), Config{Dir: dir, Listen: "127.0.0.1:0", History: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	a = openBridge(t, invite(t, h, "room-1"))
	b := openBridge(t, invite(t, h, "room-2"))
	none := func(k bridge.Keeping) bool {
		return k.Err != nil && strings.Contains(k.Err.Error(), "without a history")
	}
	a.until(none)
	b.until(none)
	for number := range uint64(3) {
		line := lineOf(t, room, number+2, "passing")
		a.keep(line)
		if p := b.next(); !bytes.Equal(p.Data, line) || p.Earlier {
			t.Errorf("arrives %+v", p)
		}
	}
	a.until(func(k bridge.Keeping) bool { return k.Waiting == 0 && k.Kept == 0 && k.Dropped == 0 })
}

// The ways around: kept frames in another site's name; acknowledgements and answers on
// another's subjects; what is no frame; ids and headers of the site's own choice; reading
// more than a history.
func TestSiteMayNotByHistory(t *testing.T) {
	h := startHub(t, t.TempDir(), nil)
	a, b := connect(t, invite(t, h, "room-1")), connect(t, invite(t, h, "room-2"))
	mine := natslink.HistoryAPI("room-1") + "."
	for _, subject := range []string{
		keptIn + "room-1._", keptIn + "room-2._", natslink.HistoryAPI("room-2") + ".INFO", natslink.HistoryAPI("room-2") + ".KEEP.239-1-2-3_1234._",
		"$JS.API.STREAM.INFO." + natslink.HistoryStream, "$JS.API.DIRECT.GET." + natslink.HistoryStream, "$JS.API.STREAM.PURGE." + natslink.HistoryStream,
	} {
		if err := a.Publish(subject, []byte("forged")); err != nil {
			t.Fatal(err)
		}
		a.refused(`publish to "` + subject + `"`)
	}
	refused := a.subscribe("_INBOX_room-1.refused")
	heard, lease := b.subscribe("groupcast.v1.>"), lease+"room-2"
	inbox := b.subscribe("_INBOX_room-2.>")
	room := frame.OpenRoom("239.1.2.3:1234")
	line := lineOf(t, room, 1, "line")
	get := func(next string, batch, size int) []byte {
		data, err := json.Marshal(natslink.HistoryRequest{Seq: 1, NextFor: next, Batch: batch, MaxBytes: size})
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	const keep, ours = "KEEP.239-1-2-3_1234._", keptIn + "*.*"
	for _, reply := range []string{"groupcast.v1.d.239-1-2-3_1234.room-2._", keptIn + "room-2._", lease, "_INBOX_room-2.x", "_INBOX_room-1x.y"} {
		for subject, data := range map[string][]byte{keep: line, "INFO": nil, "GET": get(ours, 1, 1000)} {
			if err := a.PublishRequest(mine+subject, reply, data); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, m := range []*nats.Msg{
		{Subject: keep, Data: []byte("text")}, {Subject: keep, Data: append(line, make([]byte, frame.MaxSize)...)}, {Subject: keep},
		{Subject: "KEEP.239-1-2-3_1234", Data: line}, {Subject: keep + ".x", Data: line}, {Subject: "KEEP.other._", Data: line},
		{Subject: "KEEP.239-1-2-3_1234.%65", Data: line}, {Subject: "KEEP.239-1-2-03_1234._", Data: line}, {Subject: "KEEP.239-1-2-3_70000._", Data: line},
		{Subject: "GET", Data: get(">", 1, 1000)}, {Subject: "GET", Data: get("$KV.>", 1, 1000)}, {Subject: "GET", Data: get(ours, 100000, 1000)},
		{Subject: "GET", Data: get(ours, 1, 1<<30)}, {Subject: "GET", Data: []byte(`{"last_by_subj":"x"}`)}, {Subject: "GET"},
		{Subject: "PURGE"}, {Subject: "STREAM.INFO." + natslink.HistoryStream},
	} {
		m.Subject, m.Reply = mine+m.Subject, "_INBOX_room-1.refused"
		if err := a.PublishMsg(m); err != nil {
			t.Fatal(err)
		}
	}
	// Its own frame is kept, once, by the id that its bytes have.
	for _, id := range []string{"x", "y"} {
		m := nats.NewMsg(mine + keep)
		m.Data, m.Header = line, nats.Header{nats.MsgIdHdr: {id}, "Nats-Rollup": {"all"}, "Nats-Expected-Last-Sequence": {"9"}, natslink.HeadBridge: {"0123456789abcdef"}}
		answer, err := a.RequestMsg(m, patience)
		if err != nil || strings.Contains(string(answer.Data), "error") {
			t.Fatalf("its own frame: %v, %v", answer, err)
		}
	}
	want, err := natslink.KeptID(line)
	if err != nil {
		t.Fatal(err)
	}
	if got := stored(t, h); len(got) != 1 || got[want] != 1 {
		t.Errorf("in the history: %v", got)
	}
	for range 2 {
		if m, err := heard.NextMsg(patience); err != nil || m.Subject != keptIn+"room-1._" || !bytes.Equal(m.Data, line) || len(m.Header) != 2 {
			t.Fatalf("room-2 hears %+v, %v", m, err)
		}
	}
	for n := range maxStreams - 1 {
		if _, err := a.Request(fmt.Sprintf("%sKEEP.239-1-2-3_1234.eth%d", mine, n), line, patience); err != nil {
			t.Fatalf("LAN %d: %v", n, err)
		}
	}
	passes := b.subscribe("groupcast.v1.p.>")
	if err := a.PublishRequest(mine+"KEEP.239-1-2-3_1234.more", refused.Subject, line); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Request(mine+"INFO", nil, patience); err != nil { // after all before it
		t.Fatal(err)
	}
	if got := next(t, refused); !strings.Contains(got, "at most 128 groups and LANs") {
		t.Errorf("what is refused is answered by %s", got)
	}
	if m, err := passes.NextMsg(patience); err != nil || !strings.HasSuffix(m.Subject, ".room-1.more") || !bytes.Equal(m.Data, line) {
		t.Errorf("what is not kept does not cross: %+v, %v", m, err)
	}
	if got := stored(t, h); len(got) != 1 || got[want] != 1 { // one id
		t.Errorf("in the history: %v", got)
	}
	if n, _, _ := inbox.Pending(); n != 0 || holder(t, b, "room-2") != "" {
		t.Errorf("%d answers came to room-2, its lease is held by %q", n, holder(t, b, "room-2"))
	}
}

// What one site gives faster than it may waits in a queue of its own, which has an end.
// What another gives is kept and acknowledged meanwhile.
func TestFloodOfKeptFrames(t *testing.T) {
	h := startHub(t, t.TempDir(), nil)
	a := connect(t, invite(t, h, "room-1"))
	b, c := openBridge(t, invite(t, h, "room-2")), openBridge(t, invite(t, h, "room-3"))
	room := frame.OpenRoom("239.1.2.3:1234")
	flood := lineOf(t, room, 1, "flood")
	flooder := h.history.ask["room-1"]
	full := func() bool { n, _ := flooder.sub.Dropped(); return n > maxKept }
	for sent := 0; !full() && sent < 100*maxKept; sent++ {
		if err := a.Publish(natslink.HistoryAPI("room-1")+".KEEP.239-1-2-3_1234._", flood); err != nil {
			t.Fatal(err)
		}
	}
	const own = 50
	for n := range uint64(own) {
		b.keep(lineOf(t, room, n+2, "own"))
	}
	for came := map[string]bool{}; len(came) < own; {
		if p := c.next(); p.Site == "room-2" {
			came[string(p.Data)] = true
		}
	}
	b.until(func(k bridge.Keeping) bool { return k == bridge.Keeping{Kept: own} })
	if n, size, err := flooder.sub.Pending(); err != nil || n > maxKept || size > maxKeptIn || !full() {
		t.Errorf("%d frames of %d bytes wait, %v", n, size, err)
	}
}
