package hub

import (
	"context"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"github.com/groupcast/groupcast/mcast/bridge/natslink"
)

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
