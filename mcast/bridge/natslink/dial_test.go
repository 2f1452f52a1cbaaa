package natslink

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/groupcast/groupcast/mcast/bridge"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// onLoopback is a server with a certificate and the keys of sites.
func onLoopback(t *testing.T, c tls.Certificate, public ...string) *testServer {
	s := &testServer{t: t, options: server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true, NoSystemAccount: true, TLSTimeout: 30, AuthTimeout: 30,
	}}
	s.secure(c)
	s.options.Nkeys = nkeyUsers(public)
	s.start()
	t.Cleanup(s.stop)
	return s
}

func (s *testServer) secure(c tls.Certificate) {
	s.options.TLSConfig = &tls.Config{Certificates: []tls.Certificate{c}, MinVersion: tls.VersionTLS13}
}

func nkeyUsers(public []string) (users []*server.NkeyUser) {
	for _, p := range public {
		users = append(users, &server.NkeyUser{Nkey: p})
	}
	return users
}

func (s *testServer) url(scheme string) string {
	return scheme + "://" + net.JoinHostPort("127.0.0.1", strings.TrimPrefix(s.now.Load().Addr().String(), "127.0.0.1:"))
}

// telling collects what Tell is told.
type telling struct {
	mu   sync.Mutex
	all  []string
	more chan struct{}
}

func newTold() *telling { return &telling{more: make(chan struct{}, 1)} }

func (w *telling) tell(reached bool, err error) {
	text := "reached"
	if !reached {
		text = err.Error()
	}
	w.mu.Lock()
	w.all = append(w.all, text)
	w.mu.Unlock()
	select {
	case w.more <- struct{}{}:
	default:
	}
}

// await waits for a word that contains text, and forgets those before.
func (w *telling) await(t *testing.T, text string) {
	t.Helper()
	limit := time.After(labtest.Patience)
	for {
		w.mu.Lock()
		for n, s := range w.all {
			if strings.Contains(s, text) {
				w.all = w.all[n+1:]
				w.mu.Unlock()
				return
			}
		}
		all := w.all
		w.mu.Unlock()
		select {
		case <-w.more:
		case <-limit:
			t.Fatalf("never told %q, but %q", text, all)
		}
	}
}

func refusedSoon(t *testing.T, c *Client) error {
	t.Helper()
	select {
	case <-c.Refused():
		return c.Err()
	case <-time.After(labtest.Patience):
		t.Fatal("it is not refused")
		return nil
	}
}

func TestDialAcceptsOneCertificateAndOneKey(t *testing.T) {
	t.Parallel()
	pinned, asAuthority := signed(t, nil, false, ServerName)
	secret, public := seed(t)
	s := onLoopback(t, pinned, public)
	f := File{URL: s.url("tls"), Site: "room-1", Seed: secret, Certificate: pemOf(pinned)}
	c := dialed(t, Config{File: f})
	check(t, c.Close(), c.Close())
	if err := c.Err(); err != nil {
		t.Errorf("after Close: %v", err)
	}

	wrong := func(change func(f *File)) Config {
		f := f
		change(&f)
		return Config{File: f}
	}
	other, _ := signed(t, nil, false, ServerName)
	stranger, _ := seed(t)
	signedByIt, _ := signed(t, asAuthority, false, ServerName)
	below := onLoopback(t, signedByIt, public)
	plain := &testServer{t: t, options: server.Options{Nkeys: nkeyUsers([]string{public}), Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true}}
	plain.start()
	t.Cleanup(plain.stop)
	keyless := onLoopback(t, pinned)
	for _, tt := range []struct {
		name string
		cfg  Config
		is   error
		want string
	}{
		{"certificate", wrong(func(f *File) { f.Certificate = pemOf(other) }), ErrCertificate, "has another certificate than the hub file"},
		{"signed-by-it", wrong(func(f *File) { f.URL = below.url("tls") }), ErrCertificate, "has another certificate than the hub file"},
		{"key", wrong(func(f *File) { f.Seed = stranger }), ErrKey, "does not know the key of site room-1"},
		{"no-tls", wrong(func(f *File) { f.URL = plain.url("tls") }), ErrCertificate, "offers no TLS"},
		{"no-keys", wrong(func(f *File) { f.URL = keyless.url("tls") }), ErrKey, "knows no keys: it is no hub"},
	} {
		_, err := Dial(t.Context(), tt.cfg)
		if !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "SUA") {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestDialRefusesAConfig(t *testing.T) {
	t.Parallel()
	f := hubFile(t)
	f.Site = "Room"
	for _, tt := range []struct {
		cfg  Config
		want string
	}{
		{Config{Site: "a"}, "not tls://HOST:PORT"},
		{Config{File: f}, "the site's name is not"},
		{Config{URL: "tls://h:4222", Site: "Room"}, `site "Room": want`},
		{Config{URL: "nats://192.0.2.1:4222", Site: "a"}, "is for this host only: use tls://"},
		{Config{URL: "nats://localhost.example:4222", Site: "a"}, "is for this host only: use tls://"},
		{Config{URL: "ws://127.0.0.1:4222", Site: "a"}, "does not begin with tls://"},
		{Config{URL: "tls://bob:secret@h:4222", Site: "a"}, "has a user in it"},
		{Config{URL: "tls://h:4222,tls://x:secret@h", Site: "a"}, "not tls://HOST:PORT"},
		{Config{URL: "tls://h:42:22secret", Site: "a"}, "not tls://HOST:PORT"},
		{Config{URL: "tls://h/secret", Site: "a"}, "not tls://HOST:PORT"},
		{Config{URL: "tls://h:1", Site: "a", Creds: "/none"}, "no such file"},
		{Config{URL: "tls://h:1", Site: "a", Creds: os.DevNull}, "not a file of credentials"},
		{Config{URL: "tls://h:1", Site: "a", CA: "/none"}, "no such file"},
		{Config{URL: "tls://h:1", Site: "a", CA: os.DevNull}, "not a file of certificates"},
	} {
		c, err := Dial(t.Context(), tt.cfg)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%+v: %v", tt.cfg, err)
		}
		if c != nil {
			c.Close()
		}
	}
}

func TestKeyIsTakenBack(t *testing.T) {
	t.Parallel()
	pinned, _ := signed(t, nil, false, ServerName)
	secret, public := seed(t)
	_, stays := seed(t)
	s := onLoopback(t, pinned, public, stays)
	c := dialed(t, Config{File: File{URL: s.url("tls"), Site: "room-1", Seed: secret, Certificate: pemOf(pinned)}})
	defer c.Close()
	o := s.options
	o.Nkeys = nkeyUsers([]string{stays})
	check(t, s.now.Load().ReloadOptions(&o))
	if err := refusedSoon(t, c); !errors.Is(err, ErrKey) || err.Error() != "the hub has taken the key of site room-1 back" {
		t.Errorf("got %v", err)
	}
	if _, err := c.Register("room-1").Get(t.Context()); !errors.Is(err, bridge.ErrAway) {
		t.Errorf("a lease: %v", err)
	}
}

// An absent hub is waited for; one that comes back is found; another in its place is not
// trusted.
func TestHubThatComesAndGoes(t *testing.T) {
	t.Parallel()
	pinned, _ := signed(t, nil, false, ServerName)
	secret, public := seed(t)
	s := onLoopback(t, pinned, public)
	f := File{URL: s.url("tls"), Site: "room-1", Seed: secret, Certificate: pemOf(pinned)}
	s.stop()
	told := newTold()
	c := dialed(t, Config{File: f, Tell: told.tell})
	defer c.Close()
	told.await(t, "connection refused")
	link, err := c.Link(nil)
	check(t, err)
	defer link.Close()
	if err := link.Announce(bridge.Presence{Site: "room-1", Bridge: bridge.NewName()}); !errors.Is(err, bridge.ErrAway) {
		t.Errorf("to nobody: %v", err)
	}
	s.start()
	told.await(t, "reached")
	check(t, link.Announce(bridge.Presence{Site: "room-1", Bridge: bridge.NewName()}))
	if a := <-link.Arrivals(); a.Presence == nil {
		t.Errorf("came %+v", a)
	}
	s.stop()
	told.await(t, "connection refused")
	other, _ := signed(t, nil, false, ServerName)
	s.secure(other)
	s.start()
	if err := refusedSoon(t, c); !errors.Is(err, ErrCertificate) {
		t.Errorf("got %v", err)
	}
	told.await(t, "has another certificate")
}

// A server that says nothing holds Dial no longer than its context, and Close not at all.
func TestServerThatSaysNothing(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	defer l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		c, err := l.Accept()
		if err == nil {
			cancel()
			defer c.Close()
			_, _ = c.Read(make([]byte, 1)) // until the client has gone
		}
	}()
	f := hubFile(t)
	f.URL = "tls://" + l.Addr().String()
	if _, err := Dial(ctx, Config{File: f}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
