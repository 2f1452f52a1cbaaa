package hub

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"

	"github.com/groupcast/groupcast/mcast/bridge/natslink"
)

// patience is for what should happen at once.
const patience = 30 * time.Second

const (
	lease  = "$KV." + Bucket + "."
	stream = "KV_" + Bucket
)

func startHub(t *testing.T, dir string, tell func(string)) *Hub {
	t.Helper()
	h, err := Start(t.Context(), Config{Dir: dir, Listen: "127.0.0.1:0", Tell: tell})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

func invite(t *testing.T, h *Hub, site string) natslink.File {
	t.Helper()
	f, err := h.Invite(site)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// client is a connection of a site, as a bridge has it.
type client struct {
	*nats.Conn
	t      *testing.T
	site   string
	closed chan struct{}
	errs   chan error
}

func dial(f natslink.File, errs chan error, closed chan struct{}) (*nats.Conn, error) {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(f.Certificate))
	key, err := nkeys.FromSeed([]byte(f.Seed))
	if err != nil {
		return nil, err
	}
	public, err := key.PublicKey()
	if err != nil {
		return nil, err
	}
	return nats.Connect(f.URL, nats.NoReconnect(), nats.Timeout(patience),
		nats.Secure(&tls.Config{RootCAs: pool, ServerName: Name, MinVersion: tls.VersionTLS13}),
		nats.Nkey(public, key.Sign), nats.CustomInboxPrefix("_INBOX_"+f.Site),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { errs <- err }),
		nats.ClosedHandler(func(*nats.Conn) { close(closed) }))
}

func connect(t *testing.T, f natslink.File) *client {
	t.Helper()
	c := &client{t: t, site: f.Site, closed: make(chan struct{}), errs: make(chan error, 16)}
	conn, err := dial(f, c.errs, c.closed)
	if err != nil {
		t.Fatalf("%s: %v", f.Site, err)
	}
	c.Conn = conn
	t.Cleanup(func() {
		conn.Close()
		<-c.closed
	})
	return c
}

// subscribe has read to the server when it returns.
func (c *client) subscribe(subject string) *nats.Subscription {
	c.t.Helper()
	sub, err := c.SubscribeSync(subject)
	if err == nil {
		err = c.Flush()
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return sub
}

// next is the next message's data.
func next(t *testing.T, sub *nats.Subscription) string {
	t.Helper()
	m, err := sub.NextMsg(patience)
	if err != nil {
		t.Fatalf("%s: %v", sub.Subject, err)
	}
	return string(m.Data)
}

// refused wants the server to have refused what was just sent.
func (c *client) refused(what string) {
	c.t.Helper()
	select {
	case err := <-c.errs:
		if !errors.Is(err, nats.ErrPermissionViolation) || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(what)) {
			c.t.Errorf("%s: %v", what, err)
		}
	case <-time.After(patience):
		c.t.Errorf("%s: the server refused nothing", what)
	}
}

// put sets a lease, as a bridge does.
func (c *client) put(key, holder string) (uint64, error) {
	kv, err := c.leases()
	if err != nil {
		return 0, err
	}
	return kv.Put(c.t.Context(), key, []byte(holder))
}

func (c *client) leases() (jetstream.KeyValue, error) {
	js, err := jetstream.NewWithAPIPrefix(c.Conn, natslink.LeaseAPI(c.site))
	if err != nil {
		return nil, err
	}
	return js.KeyValue(c.t.Context(), Bucket)
}

func holder(t *testing.T, c *client, key string) string {
	t.Helper()
	kv, err := c.leases()
	if err != nil {
		t.Fatal(err)
	}
	e, err := kv.Get(t.Context(), key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(e.Value())
}

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

// A site that is removed, or has another key, is cut. The others stay, and its leases go.
func TestRemovedIsCut(t *testing.T) {
	h := startHub(t, t.TempDir(), nil)
	files := map[string]natslink.File{}
	for _, site := range []string{"room-1", "room-2", "room-3", "room-10"} {
		files[site] = invite(t, h, site)
	}
	removed, replaced := connect(t, files["room-1"]), connect(t, files["room-2"])
	stays, like := connect(t, files["room-3"]), connect(t, files["room-10"])
	for c, site := range map[*client]string{removed: "room-1", stays: "room-3", like: "room-10"} {
		if _, err := c.put(site, "x"); err != nil {
			t.Fatal(err)
		}
	}
	heard := stays.subscribe("groupcast.v1.>")

	if err := h.Remove("room-1"); err != nil {
		t.Fatal(err)
	}
	again := invite(t, h, "room-2")
	for _, c := range []*client{removed, replaced} {
		select {
		case <-c.closed:
		case <-time.After(patience):
			t.Fatal("it is not cut")
		}
	}
	for _, site := range []string{"room-1", "room-2"} {
		if _, err := dial(files[site], make(chan error, 1), make(chan struct{})); !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("%s by its old key: %v", site, err)
		}
	}
	if err := connect(t, again).Publish("groupcast.v1.d.g.room-2._", []byte("still")); err != nil {
		t.Fatal(err)
	}
	if got := next(t, heard); got != "still" || !stays.IsConnected() || !like.IsConnected() {
		t.Errorf("room-3 hears %q", got)
	}
	for site, want := range map[string]string{"room-1": "", "room-3": "x", "room-10": "x"} {
		if got := holder(t, stays, site); got != want {
			t.Errorf("the lease of %s is held by %q, want %q", site, got, want)
		}
	}
	if err := h.Remove("room-1"); !errors.Is(err, ErrNoSite) {
		t.Errorf("removed again: %v", err)
	}
}

// Whoever has no key, another's key or another hub's certificate stays out.
func TestStrangers(t *testing.T) {
	told := make(chan string, 100)
	h := startHub(t, t.TempDir(), func(text string) {
		select {
		case told <- text:
		default:
		}
	})
	f := invite(t, h, "room-1")
	other := startHub(t, t.TempDir(), nil)
	foreign := invite(t, other, "room-1")

	wrongKey := f
	wrongKey.Seed = foreign.Seed
	if _, err := dial(wrongKey, make(chan error, 1), make(chan struct{})); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("another hub's key: %v", err)
	}
	wrongHub := f
	wrongHub.Certificate = foreign.Certificate
	if _, err := dial(wrongHub, make(chan error, 1), make(chan struct{})); !errors.As(err, new(x509.UnknownAuthorityError)) {
		t.Errorf("another hub's certificate: %v", err)
	}
	plain, err := nats.Connect(strings.Replace(f.URL, "tls:", "nats:", 1), nats.NoReconnect())
	if err == nil {
		plain.Close()
		t.Error("without TLS and key it is let in")
	}
	admin, _ := h.admin.PublicKey()
	seed, _ := h.admin.Seed()
	if c, err := dial(natslink.File{URL: f.URL, Seed: string(seed), Certificate: f.Certificate}, make(chan error, 1), make(chan struct{})); err == nil {
		c.Close()
		t.Errorf("the hub's own key %s is let in from the network", admin)
	}
	for _, want := range []string{"127.0.0.1 was refused: its key is of no site (removed, or of another hub)", "127.0.0.1 has a hub file of another hub"} {
		select {
		case text := <-told:
			if text != want {
				t.Errorf("told %q, want %q", text, want)
			}
		case <-time.After(patience):
			t.Errorf("%q is not told", want)
		}
	}
	for len(told) > 0 {
		if text := <-told; strings.Contains(text, string(seed)) || strings.Contains(text, foreign.Seed) {
			t.Errorf("a secret was told: %s", text)
		}
	}
}

// A hub that is started again has its certificate, its sites and their leases.
func TestRestart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "hub")
	first := startHub(t, dir, nil)
	f := invite(t, first, "room-1")
	if _, err := connect(t, f).put("room-1", "x"); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), Config{Dir: dir, Listen: "127.0.0.1:0"}); !errors.Is(err, ErrRunning) {
		t.Errorf("a second hub on the directory: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "hub.pem", "sites", "lock"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
		if text, err := os.ReadFile(filepath.Join(dir, name)); err == nil && strings.Contains(string(text), f.Seed) {
			t.Errorf("%s has the seed", name)
		}
	}

	second := startHub(t, dir, nil)
	if names, err := second.Sites(); err != nil || strings.Join(names, " ") != "room-1" {
		t.Errorf("sites %q, %v", names, err)
	}
	f.URL = second.URL() // another port
	if got := holder(t, connect(t, f), "room-1"); got != "x" {
		t.Errorf("the lease is held by %q", got)
	}
}

// A hub that listens nowhere is reached within the process.
func TestInProcess(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	h, err := Start(ctx, Config{Dir: t.TempDir(), URLs: []string{"hub.example"}})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	f := invite(t, h, "room-1")
	key, _ := nkeys.FromSeed([]byte(f.Seed))
	public, _ := key.PublicKey()
	closed := make(chan struct{})
	c, err := nats.Connect("", nats.InProcessServer(h), nats.Nkey(public, key.Sign), nats.ClosedHandler(func(*nats.Conn) { close(closed) }))
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	<-closed
	if f.URL != "tls://hub.example:4222" {
		t.Errorf("URL %s", f.URL)
	}
}
