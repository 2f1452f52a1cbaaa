package hub

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nkeys"
)

func publicKey(t *testing.T) string {
	t.Helper()
	key, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	public, err := key.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	return public
}

// What is in the directory may have been spoilt. The hub then says which file, and does
// not start.
func TestSpoiltDirectory(t *testing.T) {
	key := publicKey(t)
	var many strings.Builder
	for n := range MaxSites + 1 {
		fmt.Fprintf(&many, "s-%d %s\n", n, key)
	}
	for _, c := range []struct {
		file, text string
		mode       os.FileMode
		want       string
	}{
		{sitesFile, "room-1 " + key + "\nRoom " + key + "\n", 0o600, "sites, line 2: site"},
		{sitesFile, "room-1\n", 0o600, "sites, line 1: no public key"},
		{sitesFile, "room-1 SU" + key[2:] + "\n", 0o600, "sites, line 1: no public key"},
		{sitesFile, many.String(), 0o600, fmt.Sprintf("line %d: %v", MaxSites+1, ErrTooMany)},
		{sitesFile, strings.Repeat("x", 1<<17), 0o600, "sites: "},
		{keyFile, "no PEM", 0o600, "hub.pem: tls: "},
		{keyFile, "no PEM", 0o640, ErrReadable.Error()},
		{".", "", 0o770, ErrWritable.Error()},
		{".", "", 0o702, ErrWritable.Error()},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, c.file)
		if c.file != "." {
			if err := os.WriteFile(path, []byte(c.text), c.mode); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(os.Chmod(dir, 0o700), os.Chmod(path, c.mode)); err != nil {
			t.Fatal(err)
		}
		h, err := Start(t.Context(), Config{Dir: dir, Listen: "127.0.0.1:0"})
		if err == nil {
			h.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), key[2:]) {
			t.Errorf("%s, %04o: %v, want %s", c.file, c.mode, err, c.want)
		}
	}
}

// By the socket a hub is controlled by another process. What makes no sense is refused.
func TestControl(t *testing.T) {
	dir := t.TempDir()
	if _, err := Dial(dir); !errors.Is(err, ErrNone) {
		t.Errorf("without a hub: %v", err)
	}
	h := startHub(t, dir, nil)
	r, err := Dial(dir)
	if err != nil {
		t.Fatal(err)
	}
	f, err := r.Invite("room-1")
	if err != nil {
		t.Fatal(err)
	}
	connect(t, f)
	if key, err := r.Key("room-1"); err != nil || !nkeys.IsValidPublicUserKey(key) {
		t.Errorf("key %q, %v", key, err)
	}
	if _, err := r.Invite("room-1.*"); err == nil {
		t.Error("a name with a wildcard is accepted")
	}
	if err := r.Remove("room-2"); !errors.Is(err, ErrNoSite) {
		t.Errorf("an unknown site: %v", err)
	}
	for _, text := range []string{"\n", "[]\n", strings.Repeat("x", 2*maxRequest), `{"do":"stop"}` + "\n"} {
		c, err := net.Dial("unix", filepath.Join(dir, controlFile))
		if err != nil {
			t.Fatal(err)
		}
		c.Write([]byte(text)) // the hub may have closed it meanwhile
		var a answer
		if err := json.NewDecoder(c).Decode(&a); err == nil && a.Error == "" {
			t.Errorf("%.20q: %+v", text, a)
		}
		c.Close()
	}
	if names, err := r.Sites(); err != nil || len(names) != 1 {
		t.Errorf("%q, %v", names, err)
	}
	stopped, err := OpenStopped(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := stopped.Remove("room-1"); !errors.Is(err, ErrRunning) {
		t.Errorf("behind the back of a hub: %v", err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Dial(dir); !errors.Is(err, ErrNone) {
		t.Errorf("after it: %v", err)
	}
	if err := stopped.Remove("room-1"); err != nil {
		t.Error(err)
	}
}

func TestURL(t *testing.T) {
	at := &net.TCPAddr{IP: net.IPv6unspecified, Port: 4222}
	for _, c := range []struct {
		url  string
		at   net.Addr
		want string
	}{
		{"hub.example", at, "tls://hub.example:4222"},
		{"hub.example:443", at, "tls://hub.example:443"},
		{"2001:db8::1", at, "tls://[2001:db8::1]:4222"},
		{"[2001:db8::1]:443", at, "tls://[2001:db8::1]:443"},
		{"", &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 1}, "tls://192.0.2.7:1"},
		{"", at, "tls://" + net.JoinHostPort(thisHost(), "4222")},
	} {
		var cfg Config
		if c.url != "" {
			cfg.URLs = []string{c.url}
		}
		if got := urlOf(cfg, c.at); got != c.want {
			t.Errorf("%q at %s: %s, want %s", c.url, c.at, got, c.want)
		}
	}
}
