package main

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/tui/web"
)

// A certificate stays the same from one day to the next, and is new, which is said, when it
// no longer serves.
func TestClassCertificate(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "groupcast", "class.pem")
	now := time.Now()
	names := []string{"localhost", "desk"}
	addrs := []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("192.168.1.20"), netip.MustParseAddr("2001:db8::7")}
	others := []netip.Addr{netip.MustParseAddr("10.0.0.7")} // that no class is reached by at first
	last := ""
	for _, c := range []struct {
		what   string
		before func()
		after  time.Duration
		names  []string
		addrs  []netip.Addr
		remark string // "": it is the last one, or the first
	}{
		{what: "the first", names: names, addrs: addrs},
		{what: "a day later", names: names, addrs: addrs, after: 24 * time.Hour},
		{what: "one of the others", names: names, addrs: others},
		{what: "fewer addresses", names: names[:1], addrs: addrs[:1]},
		{what: "another address", names: names, addrs: append(addrs[:2:2], netip.MustParseAddr("10.0.0.9")), remark: "does not have the address 10.0.0.9"},
		{what: "another name", names: []string{"laptop"}, addrs: addrs[:2], remark: "does not have the name laptop"},
		{what: "a month later", names: []string{"LAPTOP"}, addrs: addrs[:2], after: 30*24*time.Hour - time.Hour, remark: "ends on"},
		{what: "an hour after that", names: []string{"laptop"}, addrs: addrs[:2], after: 30 * 24 * time.Hour},
		{what: "a clock that was set back", names: []string{"laptop"}, addrs: addrs[:2], remark: "set back"},
		{what: "a key that others can read", before: func() { os.Chmod(file, 0o640) }, names: names, addrs: addrs, remark: "others than you"},
		{what: "a damaged file", before: func() { os.WriteFile(file, []byte("x"), 0o600) }, names: names, addrs: addrs, remark: "damaged"},
		{what: "a link", before: func() { os.Rename(file, file+"2"); os.Symlink(file+"2", file) }, names: names, addrs: addrs, remark: "none of this program's"},
		{what: "the same", names: names, addrs: addrs},
	} {
		if c.before != nil {
			c.before()
		}
		got, err := certificate(file, now.Add(c.after), c.names, c.addrs, others)
		if err != nil || got.unkept != nil {
			t.Fatalf("%s: %v, %v", c.what, err, got.unkept)
		}
		sum, isNew := got.fingerprint(), c.remark != "" || last == ""
		if len(sum) != 95 || (sum != last) != isNew || !strings.Contains(got.remark, c.remark) || c.remark == "" && got.remark != "" {
			t.Errorf("%s: %s after %s, %q, want %q", c.what, sum, last, got.remark, c.remark)
		}
		last = sum
		info, err := os.Lstat(file)
		if err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: the file is %v, %v", c.what, info.Mode(), err)
		}
	}
	if got, err := certificate("/dev/null/class.pem", now, names, addrs, others); err != nil || got.unkept == nil {
		t.Errorf("where nothing can be kept: %v, %+v", err, got)
	}
}

// What comes by TLS is served; a browser that came without is led there; and a peer that
// says nothing keeps nobody waiting.
func TestClassTLS(t *testing.T) {
	t.Parallel()
	addr := netip.MustParseAddr("127.0.0.1")
	cert, err := certificate(filepath.Join(t.TempDir(), "class.pem"), time.Now(), []string{"localhost"}, []netip.Addr{addr}, nil)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	s := &http.Server{ConnContext: web.KeepConn, ReadHeaderTimeout: labtest.Patience, Handler: web.OrSecure(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/ws" {
			io.WriteString(w, "the page")
			return
		}
		conn, _, err := http.NewResponseController(w).Hijack() // as a websocket does
		if err != nil {
			t.Error(err)
			return
		}
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\ntaken over")
		conn.Close()
	}))}
	go func() { served <- s.Serve(web.Secured(l, cert.Certificate)) }()
	t.Cleanup(func() {
		s.Close()
		<-served
	})
	silent, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	roots := x509.NewCertPool()
	roots.AddCert(cert.Leaf)
	client := &http.Client{
		Timeout: labtest.Patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: roots}},
	}
	for _, c := range []struct {
		method, url, host string
		status            int
		text, location    string
	}{
		{"GET", "https://" + l.Addr().String(), "", 200, "the page", ""},
		{"GET", "https://" + l.Addr().String() + "/ws", "", 200, "taken over", ""},
		{"GET", "http://" + l.Addr().String() + "/board?x", "", 307, "", "https://" + l.Addr().String() + "/"},
		{"GET", "http://" + l.Addr().String(), "desk.local:8080", 307, "", "https://desk.local:8080/"},
		{"GET", "http://" + l.Addr().String(), "a@b", 400, "begin its address with https://", ""},
		{"POST", "http://" + l.Addr().String() + "/join", "", 400, "begin its address with https://", ""},
	} {
		r, err := http.NewRequestWithContext(t.Context(), c.method, c.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = c.host
		answer, err := client.Do(r)
		if err != nil {
			t.Errorf("%s %s: %v", c.method, c.url, err)
			continue
		}
		text, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil || answer.StatusCode != c.status || !strings.Contains(string(text), c.text) || answer.Header.Get("Location") != c.location {
			t.Errorf("%s %s as %q: %d %q to %q, %v; want %d %q to %q", c.method, c.url, c.host, answer.StatusCode, text, answer.Header.Get("Location"), err, c.status, c.text, c.location)
		}
	}
}
