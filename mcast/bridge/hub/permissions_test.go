package hub

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/groupcast/groupcast/mcast/bridge/natslink"
)

// What a bridge needs, a site's key may do.
func TestSiteMay(t *testing.T) {
	h := startHub(t, t.TempDir(), nil)
	a, b := connect(t, invite(t, h, "room-1")), connect(t, invite(t, h, "room-2"))
	heard := b.subscribe("groupcast.v1.>")
	if err := a.Publish("groupcast.v1.d.239-1-2-3_1234.room-1._", []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if got := next(t, heard); got != "hello" {
		t.Errorf("heard %q", got)
	}

	for _, key := range []string{"room-1", "room-1.eth0"} {
		kv, err := a.leases()
		if err != nil {
			t.Fatal(err)
		}
		first, err := kv.Create(t.Context(), key, []byte("x"))
		if err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		if _, err := kv.Update(t.Context(), key, []byte("y"), first); err != nil {
			t.Errorf("%s: %v", key, err)
		}
		if _, err := kv.Update(t.Context(), key, []byte("z"), first); !errors.Is(err, jetstream.ErrKeyExists) {
			t.Errorf("%s: an older revision: %v", key, err)
		}
		if got := holder(t, b, key); got != "y" {
			t.Errorf("%s as another site reads it: %q", key, got)
		}
		if err := kv.Delete(t.Context(), key); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}

	asked := b.subscribe("$SRV.STATS.groupcast-bridge")
	answers := a.subscribe(Answers + ".1")
	if err := a.PublishRequest(asked.Subject, answers.Subject, nil); err != nil {
		t.Fatal(err)
	}
	q, err := asked.NextMsg(patience)
	if err == nil {
		err = q.Respond([]byte("well"))
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := next(t, answers); got != "well" {
		t.Errorf("the answer was %q", got)
	}
}

// The server refuses what would make a site another one.
func TestSiteMayNot(t *testing.T) {
	h := startHub(t, t.TempDir(), nil)
	a, b := connect(t, invite(t, h, "room-1")), connect(t, invite(t, h, "room-2"))
	if _, err := b.put("room-2", "b"); err != nil {
		t.Fatal(err)
	}
	heard := b.subscribe("groupcast.v1.>")

	for _, subject := range []string{
		"groupcast.v1.d.239-1-2-3_1234.room-2._",
		"groupcast.v1.site.x.room-2",
		"groupcast.v1.d.239-1-2-3_1234.room-1._.x",
		lease + "room-2", lease + "room-1", natslink.LeaseAPI("room-2") + "." + lease + "room-2",
		"_INBOX_room-2.x",
		"$JS.API.STREAM.DELETE." + stream, "$JS.API.STREAM.PURGE." + stream, "$JS.API.STREAM.UPDATE." + stream,
		"$JS.API.STREAM.MSG.DELETE." + stream, "$JS.API.STREAM.CREATE.OTHER", "$JS.API.CONSUMER.CREATE." + stream,
		"$JS.API.INFO", "$JS.API.STREAM.INFO." + stream, "$JS.API.DIRECT.GET." + stream,
		"$SYS.REQ.SERVER.PING", "other",
	} {
		if err := a.Publish(subject, []byte("forged")); err != nil {
			t.Fatal(err)
		}
		a.refused(`publish to "` + subject + `"`)
	}
	for _, subject := range []string{"_INBOX_room-2.>", "_INBOX.>", "$KV.>", "$JS.>", "$SYS.>", ">", "*.>"} {
		if _, err := a.SubscribeSync(subject); err != nil {
			t.Fatal(err)
		}
		a.refused(`subscription to "` + subject + `"`)
	}
	if got := holder(t, a, "room-2"); got != "b" {
		t.Errorf("the lease of room-2 is held by %q", got)
	}
	if err := a.Publish("groupcast.v1.d.239-1-2-3_1234.room-1._", []byte("its own")); err != nil {
		t.Fatal(err)
	}
	if got := next(t, heard); got != "its own" {
		t.Errorf("before it came %q", got)
	}
}

// The ways around the permissions: a reply that is another's subject, which the site sends
// to itself, or has the server answer to; a rollup, which deletes all messages of a stream;
// keys without end, which leave no room to the leases of others.
func TestSiteMayNotByWays(t *testing.T) {
	h := startHub(t, t.TempDir(), nil)
	a, b := connect(t, invite(t, h, "room-1")), connect(t, invite(t, h, "room-2"))
	if _, err := b.put("room-2", "b"); err != nil {
		t.Fatal(err)
	}
	const forged = "groupcast.v1.d.239-1-2-3_1234.room-2._"
	own := a.subscribe("groupcast.v1.d.239-1-2-3_1234.room-1._")
	for _, subject := range []string{forged, lease + "room-2"} {
		if err := a.PublishRequest(own.Subject, subject, nil); err != nil {
			t.Fatal(err)
		}
		m, err := own.NextMsg(patience)
		if err == nil {
			err = m.Respond([]byte("forged"))
		}
		if err != nil {
			t.Fatal(err)
		}
		a.refused(`publish to "` + subject + `"`)
	}

	heard, mine := b.subscribe("groupcast.v1.d.>"), natslink.LeaseAPI("room-1")+"."
	m := nats.NewMsg(mine + lease + "room-1")
	m.Header.Set("Nats-Rollup", "all")
	if answer, err := a.RequestMsg(m, patience); err != nil || strings.Contains(string(answer.Data), "error") {
		t.Errorf("its own lease, with a rollup: %v, %v", answer, err)
	}
	for _, reply := range []string{forged, lease + "room-2", natslink.LeaseAPI("room-2") + "." + lease + "room-2", "_INBOX_room-2.x", "_INBOX_room-1x.y"} {
		for _, subject := range []string{
			lease + "room-1", "STREAM.INFO." + stream, "DIRECT.GET." + stream + "." + lease + "room-1",
		} {
			if err := a.PublishRequest(mine+subject, reply, []byte("forged")); err != nil {
				t.Fatal(err)
			}
		}
	}
	inbox := a.subscribe("_INBOX_room-1.>")
	for _, subject := range []string{
		lease + "room-2", lease + "room-2.eth0", lease + "room-1.eth0.x", lease + "room-10", "INFO", "STREAM.PURGE." + stream, "STREAM.NAMES",
		"DIRECT.GET." + stream, "DIRECT.GET.OTHER." + lease + "room-1",
	} {
		if err := a.PublishRequest(mine+subject, "_INBOX_room-1.refused", []byte("forged")); err != nil {
			t.Fatal(err)
		}
	}
	for n := range maxLANs - 1 {
		if _, err := a.put(fmt.Sprintf("room-1.eth%d", n), "x"); err != nil {
			t.Fatalf("LAN %d: %v", n, err)
		}
	}
	if err := a.PublishRequest(mine+lease+"room-1.more", "_INBOX_room-1.refused", nil); err != nil {
		t.Fatal(err)
	}
	if got := holder(t, a, "room-1.more"); got != "" { // after all before it
		t.Errorf("of a LAN too many the lease is %q", got)
	}
	for n, _, _ := inbox.Pending(); n > 0; n-- {
		if m, err := inbox.NextMsg(patience); err != nil || strings.HasSuffix(m.Subject, ".refused") {
			t.Errorf("answered: %v, %s", err, m.Data)
		}
	}
	if err := b.Publish(forged, []byte("own")); err != nil {
		t.Fatal(err)
	}
	if got := next(t, heard); got != "own" {
		t.Errorf("room-2 has said %q", got)
	}
	if got := holder(t, b, "room-2.eth0"); got != "" {
		t.Errorf("the lease of room-2.eth0 is held by %q", got)
	}
	if got := holder(t, b, "room-2"); got != "b" {
		t.Errorf("the lease of room-2 is held by %q", got)
	}
}
